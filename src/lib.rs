//! Kaichang (开场): one-click booking and ticket-grabbing for all the sports venues of a city.
//!
//! The arrows go one way: `domain` <- `engine`, and whatever does I/O will stand on both.

pub mod domain;
pub mod engine;
#[cfg(not(feature = "loom"))]
pub mod journal;
