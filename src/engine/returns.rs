//! What was given back and comes back to sale at a moment left to chance, where its release says so.
//!
//! Until then it stays claimed, by nobody's booking: so it is shown as taken, and watching for it gains nothing. Whoever gave it back has
//! money and quota at once. Always (I1): what waits here is claimed, and freed once, by its record or with its day. Numbers are given
//! in the journal's order, so a replay gives the same.

mod apply;
mod rows;

pub(super) use apply::{given_back, may_show};

use std::collections::BTreeMap;

use super::session::Seller;
use super::sync::{Mutex, lock};
use crate::domain::draw::Seed;
use crate::domain::ids::{PitchNo, ReleaseNo, ReturnNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;

/// Something that waits to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub pitch: PitchNo,
    pub day: LocalDay,
    pub span: UnitSpan,
    pub party_size: u16,
    pub seller: Seller,
    pub release: ReleaseNo,
    pub given_back_at: UtcMillis,
}

/// Something that has come back: kept until its release's seed is shown, by which its moment is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameBack {
    pub was: Waiting,
    pub at: UtcMillis,
}

/// All that waits, in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReturnsDigest {
    pub next: u32,
    pub waiting: Vec<(ReturnNo, Waiting)>,
    pub came_back: Vec<CameBack>,
    pub shown: Vec<(ReleaseNo, [u8; 32])>,
}

/// All that waits. A plain lock: the committer writes, the timekeeper looks some ten times a second, each for a moment.
#[derive(Default)]
pub struct Returns {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    next: u32,
    waiting: BTreeMap<ReturnNo, Waiting>,
    /// What the timekeeper has not put on its wheel yet.
    unseen: Vec<ReturnNo>,
    came_back: Vec<CameBack>,
    shown: BTreeMap<ReleaseNo, Seed>,
}

impl Returns {
    /// Something waits from now on. By the committer.
    pub(super) fn keep(&self, waiting: Waiting) {
        let mut kept = lock(&self.kept);
        let no = ReturnNo::new(kept.next);
        kept.next = kept.next.saturating_add(1);
        kept.waiting.insert(no, waiting);
        kept.unseen.push(no);
    }

    /// Something waits no more. Its day may be over, and it with it.
    fn take(&self, no: ReturnNo) -> Option<Waiting> {
        lock(&self.kept).waiting.remove(&no)
    }

    fn note_back(&self, came_back: CameBack) {
        lock(&self.kept).came_back.push(came_back);
    }

    /// Days are over: their places are used again, so nothing of theirs comes back. By the committer.
    pub(super) fn drop_before(&self, first_open: LocalDay) {
        lock(&self.kept).waiting.retain(|_, waiting| first_open <= waiting.day);
    }

    /// What has begun to wait since this was asked, for the timekeeper's wheel.
    pub(super) fn take_unseen(&self) -> Vec<(ReturnNo, Waiting)> {
        let mut kept = lock(&self.kept);
        let unseen = std::mem::take(&mut kept.unseen);
        unseen.into_iter().filter_map(|no| Some((no, *kept.waiting.get(&no)?))).collect()
    }

    /// The record of its coming back was not written: it waits on.
    pub(super) fn see_again(&self, no: ReturnNo) {
        lock(&self.kept).unseen.push(no);
    }

    /// Something that waits, if it does.
    #[must_use]
    pub fn get(&self, no: ReturnNo) -> Option<Waiting> {
        lock(&self.kept).waiting.get(&no).copied()
    }

    /// All that waits, in order.
    #[must_use]
    pub fn all(&self) -> Vec<Waiting> {
        lock(&self.kept).waiting.values().copied().collect()
    }

    /// A release's seed, once it is no secret any more.
    #[must_use]
    pub fn seed_shown(&self, release: ReleaseNo) -> Option<Seed> {
        lock(&self.kept).shown.get(&release).copied()
    }

    /// A release's seed is shown, and what was kept for its check is not needed any more.
    fn show(&self, release: ReleaseNo, seed: Seed) {
        let mut kept = lock(&self.kept);
        kept.shown.insert(release, seed);
        kept.came_back.retain(|came_back| came_back.was.release != release);
    }

    /// What came back of a release.
    fn came_back(&self, release: ReleaseNo) -> Vec<CameBack> {
        let kept = lock(&self.kept);
        kept.came_back.iter().filter(|came_back| came_back.was.release == release).copied().collect()
    }

    fn is_given(&self, no: ReturnNo) -> bool {
        no.get() < lock(&self.kept).next
    }

    /// All of it, to be compared.
    #[must_use]
    pub fn digest(&self) -> ReturnsDigest {
        let kept = lock(&self.kept);
        ReturnsDigest {
            next: kept.next,
            waiting: kept.waiting.iter().map(|(no, waiting)| (*no, *waiting)).collect(),
            came_back: kept.came_back.clone(),
            shown: kept.shown.iter().map(|(release, seed)| (*release, seed.0)).collect(),
        }
    }
}
