//! The live state of a city and the commands that change it.
//!
//! Synchronous and free of I/O: no socket, no file, no runtime. A command consumes what it takes from atomics, queues one
//! event for the durable log and returns a ticket; the log's committer settles the event once it is durable. What an event
//! gives (a confirmed booking, a refund, units that are free again) appears only then, so every prefix of the log is sound.
//!
//! The model checker exchanges the primitives of `bookings`, `lane`, `quota_word`, `session` and `word`; what stands on them is tested on
//! real threads, and not built for the checker.

pub mod attendance;
pub mod booking_state;
pub mod bookings;
mod doorbell;
pub mod lane;
pub mod log;
#[cfg(feature = "planted-bugs")]
pub mod planted;
pub mod quota_word;
pub mod recycled;
pub mod session;
pub mod slab;
pub mod sync;
pub mod word;

#[cfg(not(feature = "loom"))]
pub mod accounts;
#[cfg(not(feature = "loom"))]
pub mod audit;
#[cfg(not(feature = "loom"))]
pub mod audit_log;
#[cfg(not(feature = "loom"))]
mod audit_text;
#[cfg(not(feature = "loom"))]
pub mod book;
#[cfg(not(feature = "loom"))]
pub mod cancel;
#[cfg(not(feature = "loom"))]
mod change_world;
#[cfg(not(feature = "loom"))]
pub mod changes;
#[cfg(not(feature = "loom"))]
pub mod check_in;
#[cfg(not(feature = "loom"))]
pub mod city_accounts;
#[cfg(not(feature = "loom"))]
pub mod claim;
#[cfg(not(feature = "loom"))]
pub mod closing;
#[cfg(not(feature = "loom"))]
pub mod companions;
#[cfg(not(feature = "loom"))]
pub mod counters;
#[cfg(not(feature = "loom"))]
pub mod drawing;
#[cfg(not(feature = "loom"))]
pub mod draws;
#[cfg(not(feature = "loom"))]
pub mod enter;
#[cfg(not(feature = "loom"))]
pub mod erasure;
#[cfg(not(feature = "loom"))]
mod event_record;
#[cfg(not(feature = "loom"))]
pub mod forgetting;
#[cfg(not(feature = "loom"))]
mod giving_back;
#[cfg(not(feature = "loom"))]
pub mod hold;
#[cfg(not(feature = "loom"))]
pub mod join;
#[cfg(not(feature = "loom"))]
pub mod known_requests;
#[cfg(not(feature = "loom"))]
pub mod log_ins;
#[cfg(not(feature = "loom"))]
pub mod move_booking;
#[cfg(not(feature = "loom"))]
pub mod open_units;
#[cfg(not(feature = "loom"))]
pub mod people;
#[cfg(not(feature = "loom"))]
pub mod pitch_days;
#[cfg(not(feature = "loom"))]
pub mod queues;
#[cfg(not(feature = "loom"))]
pub mod quota;
#[cfg(not(feature = "loom"))]
pub mod refusal;
#[cfg(not(feature = "loom"))]
mod release_days;
#[cfg(not(feature = "loom"))]
pub mod release_refusals;
#[cfg(not(feature = "loom"))]
pub mod release_report;
#[cfg(not(feature = "loom"))]
pub mod releases;
#[cfg(not(feature = "loom"))]
pub mod replay;
#[cfg(not(feature = "loom"))]
pub mod residents;
#[cfg(not(feature = "loom"))]
pub mod returns;
#[cfg(not(feature = "loom"))]
pub mod room;
#[cfg(not(feature = "loom"))]
pub mod serving;
#[cfg(not(feature = "loom"))]
pub mod settle;
#[cfg(not(feature = "loom"))]
pub mod snapshot;
#[cfg(not(feature = "loom"))]
pub mod staff;
#[cfg(not(feature = "loom"))]
pub mod state;
#[cfg(not(feature = "loom"))]
pub mod timekeeper;
#[cfg(not(feature = "loom"))]
pub mod top_ups;
#[cfg(not(feature = "loom"))]
mod undo;
#[cfg(not(feature = "loom"))]
pub mod view;
#[cfg(not(feature = "loom"))]
pub mod wheel;
#[cfg(not(feature = "loom"))]
pub mod when;
#[cfg(not(feature = "loom"))]
pub mod world;

#[cfg(not(feature = "loom"))]
pub use state::{CommandLane, Engine};
