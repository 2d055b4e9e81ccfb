//! The live state of a city and the commands that change it.
//!
//! Synchronous and free of I/O: no socket, no file, no runtime. A command consumes what it takes from atomics, queues one
//! record for the durable log and returns a ticket; the log's committer settles the record once it is durable.

pub mod lane;
pub mod log;
pub mod sync;
pub mod word;
