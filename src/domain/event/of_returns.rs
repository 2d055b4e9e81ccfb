//! Events of what was given back and comes back to sale at a moment left to chance.

use crate::domain::draw::Seed;
use crate::domain::ids::{ReleaseNo, ReturnNo};
use crate::domain::time::LocalDay;

/// Something that happened to what was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfReturn {
    Returned(SlotReturned),
    Shown(ReturnSeedShown),
}

/// What was given back can be booked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotReturned {
    pub no: ReturnNo,
    /// Its day of play.
    pub day: LocalDay,
}

/// A release's last day is over: its seed is no secret any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnSeedShown {
    pub release: ReleaseNo,
    pub seed: Seed,
}
