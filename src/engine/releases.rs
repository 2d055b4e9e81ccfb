//! Which releases have opened for which days of play (I8).
//!
//! One atomic for each release and day, set by the committer when the opening is durable: so it opens for all at one moment,
//! and a claim's look costs one load. Days share a ring; a place says which day it speaks of.

use super::release_days::{NEVER, ReleaseDays};
use super::sync::{AtomicI64, Ordering};
use crate::domain::catalogue::{Pitch, PitchKind, Release};
use crate::domain::ids::ReleaseNo;
use crate::domain::time::{LocalDay, UtcMillis};

use super::pitch_days::Sale;
use super::session::Seller;

/// All releases' days.
pub struct Releases {
    days: ReleaseDays<Place>,
}

struct Place {
    day: AtomicI64,
    opened_at: AtomicI64,
}

impl Default for Place {
    fn default() -> Self {
        Self { day: AtomicI64::new(NEVER), opened_at: AtomicI64::new(NEVER) }
    }
}

/// How a pitch's day stands towards its release.
#[derive(Debug, Clone, Copy)]
pub enum Gate<'a> {
    /// No release governs it, or the one that does has opened.
    Open(Option<&'a Release>),
    Unreleased(&'a Release),
    /// It is sold at the counter only.
    KeptForCounter(&'a Release),
}

impl Releases {
    #[must_use]
    pub fn new() -> Self {
        Self { days: ReleaseDays::new() }
    }

    /// Opens a release for a day of play. By the committer.
    pub fn open(&self, no: ReleaseNo, day: LocalDay, at: UtcMillis) {
        if let Some(place) = self.days.get_or_make(no, day) {
            // ORDERING: Relaxed, published by the Release of the day.
            place.opened_at.store(at.get(), Ordering::Relaxed);
            // ORDERING: Release; who sees the day open needs to see nothing else but when.
            place.day.store(day.get().into(), Ordering::Release);
        }
    }

    /// When a release opened for a day of play, if it has.
    #[must_use]
    pub fn opened_at(&self, no: ReleaseNo, day: LocalDay) -> Option<UtcMillis> {
        let place = self.days.get(no, day)?;
        // ORDERING: Acquire pairs with the Release in `open`.
        let is_open = place.day.load(Ordering::Acquire) == i64::from(day.get());
        is_open.then(|| UtcMillis::new(place.opened_at.load(Ordering::Relaxed)))
    }

    /// How a pitch's day stands towards the release that governs it.
    #[must_use]
    pub fn gate<'a>(&self, release: Option<&'a Release>, pitch: &Pitch, day: LocalDay) -> Gate<'a> {
        match release {
            None => Gate::Open(None),
            Some(release) if release.keeps(pitch) => Gate::KeptForCounter(release),
            Some(release) if self.opened_at(release.no, day).is_some() => Gate::Open(Some(release)),
            Some(release) => Gate::Unreleased(release),
        }
    }
}

impl Default for Releases {
    fn default() -> Self {
        Self::new()
    }
}

/// How many of a session's places the release keeps for the counter.
#[must_use]
pub fn kept_places(release: Option<&Release>, pitch: &Pitch) -> u16 {
    match (release, pitch.kind) {
        (Some(release), PitchKind::Session { capacity, .. }) => capacity - release.def.online(capacity),
        _ => 0,
    }
}

/// What is sold of a pitch's day by whom: online what has opened and is not kept; at the counter everything that has opened, and
/// before that what is kept. Nothing when nothing is.
#[must_use]
pub fn sale(gate: Gate<'_>, pitch: &Pitch, seller: Seller) -> Option<Sale> {
    let kept = |release| kept_places(release, pitch);
    match (gate, seller) {
        (Gate::Open(release), _) => Some(Sale { seller, kept: kept(release), at_most: u16::MAX }),
        (Gate::KeptForCounter(_), Seller::Counter) => Some(Sale { seller, kept: 0, at_most: u16::MAX }),
        (Gate::Unreleased(release), Seller::Counter) if kept(Some(release)) > 0 => {
            let kept = kept(Some(release));
            Some(Sale { seller, kept, at_most: kept })
        }
        (Gate::Unreleased(_), _) | (Gate::KeptForCounter(_), Seller::Online) => None,
    }
}
