//! What the journal says, written into Postgres afterwards: exactly once, in order, in the transaction that moves the offset.
//!
//! I5 rests here. The row of `projection` says which record came last and of which journal; it is locked first and compared, so
//! that a crash anywhere repeats nothing and skips nothing, and another journal, an older copy or a second projector is refused
//! instead of mixed in. Nobody waits for Postgres: it may be away for as long as the journal is kept (`docs/postgres.md`).

mod at_once;
mod booking_row;
mod books;
mod burst;
mod catalogue_rows;
mod compare;
mod copy;
mod database;
mod difference;
mod fault;
mod filling;
mod fold;
mod history;
mod kept_records;
mod occupancy;
mod offset;
mod pace;
mod progress;
mod rebuild;
mod records;
mod reproject;
mod snapshot_city;
mod snapshot_rows;
mod tables;
mod uploaded;
mod worker;
mod write;

pub use compare::{Compared, Journal, Told, ToldBooking, compare};
pub use database::{Database, InvalidUrl};
pub use fault::{Fault, Refusal};
pub use history::{Away, History, Own, Wanted};
pub use progress::{Progress, Shown, State};
pub use rebuild::{NewCity, Rebuilt, rebuild};
pub use reproject::{SettledJournal, reproject};
pub use uploaded::UploadedSnapshot;
pub use worker::{Projector, WrappedKeys};
