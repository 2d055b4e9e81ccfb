//! Kaichang (开场): one-click booking and ticket-grabbing for all the sports venues of a city.
//!
//! The arrows go one way: `domain` <- `engine` <- whatever does I/O (`identity`, `journal`, `projection`) <- `api` <- `app`, which
//! wires the program. `demo` and `city_files` stand on
//! `domain` alone. The model checker builds what it checks, and nothing that does I/O.

#[cfg(not(feature = "loom"))]
pub mod api;
#[cfg(not(feature = "loom"))]
pub mod app;
pub mod city_files;
pub mod demo;
pub mod domain;
pub mod engine;
#[cfg(not(feature = "loom"))]
pub mod identity;
#[cfg(not(feature = "loom"))]
pub mod journal;
#[cfg(not(feature = "loom"))]
pub mod projection;
#[cfg(not(feature = "loom"))]
pub mod web;
