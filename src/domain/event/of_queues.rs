//! Events of releases that one queues for.

use crate::domain::draw::Seed;
use crate::domain::ids::{ReleaseNo, ResidentNo};

/// Something that happened in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfQueue {
    Joined(QueueJoined),
    Left(QueueLeft),
    Opened(QueueOpened),
    Served(QueueServed),
}

/// Somebody has come. His number is how many came before him, and one: the journal's order is the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueJoined {
    pub release: ReleaseNo,
    pub resident: ResidentNo,
}

/// Somebody waits no more, or has ended his turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueLeft {
    pub release: ReleaseNo,
    pub resident: ResidentNo,
}

/// The instant has come. Who of those with the numbers up to `early` stands where follows from the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueOpened {
    pub release: ReleaseNo,
    pub early: u32,
    pub seed: Seed,
}

/// It is the turn of all places up to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueServed {
    pub release: ReleaseNo,
    pub up_to: u32,
}

impl OfQueue {
    /// Which release it is about.
    #[must_use]
    pub const fn release(&self) -> ReleaseNo {
        match self {
            Self::Joined(event) => event.release,
            Self::Left(event) => event.release,
            Self::Opened(event) => event.release,
            Self::Served(event) => event.release,
        }
    }
}
