//! Releases that are drawn by lot: who has entered, what was settled when the window closed, and who got what.
//!
//! Each release has a round behind a plain lock: an entry is a matter of people and minutes, and nothing that is sold by the second
//! comes by here. Always: a round's list is settled once and never changes; what a draw came to is what its seed and value give for
//! that list (I8), and nobody believes otherwise, not the replay either.

mod apply;
mod list;
mod prizes;
mod round;
mod rows;

use std::sync::Arc;

use dashmap::DashMap;

pub use apply::RoundDigest;
pub use list::SealedList;
pub(super) use list::{Cell, cells_of, slots_of};
pub use prizes::{Drawn, Prize, PublicDraw};
pub use round::{Entered, Round, Row, Stage};

use super::sync::{Mutex, lock};
use crate::domain::catalogue::{Catalogue, Release};
use crate::domain::draw::EntryId;
use crate::domain::event::RequestKey;
use crate::domain::ids::{BookingNo, ReleaseNo};
use crate::domain::lottery::Wish;
use crate::domain::time::UtcMillis;

/// All rounds.
#[derive(Default)]
pub struct Draws {
    rounds: DashMap<ReleaseNo, Arc<Mutex<Round>>>,
}

/// A hold that is somebody's prize is known by its request: the entry's id, and its place in the list.
#[must_use]
pub(super) fn request_of(id: EntryId, entry: u32) -> RequestKey {
    RequestKey { key: id.get(), body: entry.into() }
}

impl Draws {
    /// The round of a release that is drawn by lot begins. By the committer.
    pub(super) fn begin(&self, release: &Release) {
        if let Some(lottery) = &release.def.lottery {
            self.rounds.insert(release.no, Arc::new(Mutex::new(Round::new(lottery.until))));
        }
    }

    /// The rounds of all releases of a catalogue.
    pub(super) fn begin_all(&self, catalogue: &Catalogue) {
        catalogue.releases().iter().for_each(|release| self.begin(release));
    }

    /// The round of a release, if it is drawn by lot.
    pub(super) fn round(&self, release: ReleaseNo) -> Option<Arc<Mutex<Round>>> {
        if self.rounds.is_empty() {
            return None;
        }
        self.rounds.get(&release).map(|round| Arc::clone(&round))
    }

    /// Looks at a round.
    pub(super) fn with<T>(&self, release: ReleaseNo, look: impl FnOnce(&mut Round) -> T) -> Option<T> {
        let round = self.round(release)?;
        let mut round = lock(&round);
        Some(look(&mut round))
    }

    /// The releases that have rounds, in order.
    pub(super) fn releases(&self) -> Vec<ReleaseNo> {
        let mut all: Vec<_> = self.rounds.iter().map(|round| *round.key()).collect();
        all.sort_unstable();
        all
    }

    /// Until when one could enter for a release.
    pub(super) fn until(&self, release: ReleaseNo) -> Option<UtcMillis> {
        self.with(release, |round| round.until)
    }

    /// Whether a hold is what an entry got, or may get from the reserve.
    pub(super) fn is_prize(&self, release: ReleaseNo, request: RequestKey, wish: Wish) -> bool {
        self.with(release, |round| round.prize_of(request, wish).is_some()) == Some(true)
    }

    /// Notes that a hold is durable, where it is a prize. By the committer.
    pub(super) fn note_held(&self, release: ReleaseNo, request: RequestKey, wish: Wish, booking: BookingNo) {
        self.with(release, |round| {
            if let Some((entry, option)) = round.prize_of(request, wish)
                && let Some(drawn) = round.drawn_mut()
            {
                drawn.give(entry, option, booking);
            }
        });
    }

    /// Notes that something was given back that may have been a prize: the reserve is looked at again.
    pub(super) fn note_freed(&self, release: Option<ReleaseNo>) {
        if let Some(release) = release {
            self.with(release, |round| round.drawn_mut().map(Drawn::look_at_reserve));
        }
    }

    /// Whether a release's rest may be sold: it isn't drawn by lot, or the draw is done with.
    pub(super) fn may_open(&self, release: ReleaseNo) -> bool {
        self.with(release, |round| round.drawn().is_some_and(|drawn| !drawn.has_due())) != Some(false)
    }
}
