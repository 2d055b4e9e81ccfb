//! A city as files of a spreadsheet: read into events, and written so that reading them again changes nothing.
//!
//! `docs/YOUR-CITY.md` says what each column means. A plan is made of all files at once against a copy of the city's catalogue, by
//! the catalogue's own checks, and gathers every fault with its file, line and column; it has events only where there is no fault.
//! Always: what `write` writes is read as what it was, and planned against its own city it comes to no event. Nothing here touches
//! a disk: bytes come in and go out.

mod cells;
mod cells_of_time;
mod city;
mod closures;
mod faults;
mod files;
mod harmless;
mod holidays;
mod hours;
mod keyed;
mod pitch_changes;
mod pitch_lines;
mod pitches;
mod places;
mod plan;
mod prices;
mod releases;
mod table;
mod text;
mod write;
mod write_cells;

pub use faults::{Fault, Faults};
pub use files::{File, Named, Sources};
pub use plan::{Counts, Defaults, EVENT_BYTES_MAX, Plan, Standing, Target, plan};
pub use write::{NotWritten, write};

#[cfg(test)]
mod tests;
