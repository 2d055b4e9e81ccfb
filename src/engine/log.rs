//! What the engine asks of a durable log. The engine owns these traits; `journal` implements its side of them.
//!
//! The log takes records from the lanes of an `Intake`, stamps them, makes them durable in batches and settles each with
//! its outcome, in the order of their sequence. Only then are the lanes told.

use crate::domain::time::UtcMillis;

/// A record's place in the log, from 1, without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(u64);

impl Sequence {
    /// Before the first record.
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Something that the log keeps: opaque bytes to it.
pub trait Record: Send {
    /// Appends the record's bytes. The moment at which it was committed is kept by the log beside them.
    fn encode(&self, out: &mut Vec<u8>);
}

/// Who is told what became of each record; called on the committer's thread, in the order of sequence.
pub trait Settle<R: Record>: Send {
    /// The record is durable: what it gives becomes usable, what it changed may be shown.
    fn durable(&mut self, sequence: Sequence, at: UtcMillis, record: R);

    /// The record is certainly not in the log and never will be: what it took is given back.
    fn not_written(&mut self, record: R);
}

/// How a record ended, as its waiter learns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Durable,
    NotWritten,
    /// The log stopped while the record was under way: it may be there or not, and nothing may be said of it.
    Unknown,
}
