//! Events of releases that are drawn by lot.

use super::RequestKey;
use crate::domain::draw::{EntryId, Hash, Seed};
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::domain::lottery::Wish;

/// Somebody has entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryMade {
    pub release: ReleaseNo,
    pub resident: ResidentNo,
    pub id: EntryId,
    pub party: u16,
    /// The dearest first.
    pub wishes: Vec<Wish>,
    pub request: Option<RequestKey>,
}

/// An entry asks for something else from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryChanged {
    pub release: ReleaseNo,
    pub resident: ResidentNo,
    pub party: u16,
    pub wishes: Vec<Wish>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryWithdrawn {
    pub release: ReleaseNo,
    pub resident: ResidentNo,
}

/// The window has closed: who takes part, and what there is of what they ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawSealed {
    pub release: ReleaseNo,
    pub count: u32,
    pub root: Hash,
    pub stock: Stock,
}

/// What there is of the cells of a draw's list, in its order: half hours of pitches first, then slots of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stock {
    /// A bit for each half hour, the lowest of the first byte first: whether it is free.
    pub half_hours: Vec<u8>,
    /// The free places of each slot.
    pub places: Vec<u16>,
}

/// It is drawn. Who got what follows from the list, the seed and the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawDone {
    pub release: ReleaseNo,
    pub seed: Seed,
    pub outcome: Hash,
    pub value: Box<str>,
}

/// A slot that an entry got can't be given to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrizeLapsed {
    pub release: ReleaseNo,
    pub id: EntryId,
}
