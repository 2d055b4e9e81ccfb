//! Releases that one queues for: who has come, in which order it is their turn, and whose turn it is now.
//!
//! Each release has a line behind a plain lock, held for what a map and a few counters take: a claim looks here only when its release
//! has a queue. Always: a place depends on the journal's order and on the published seed alone (I8); a turn begins by a record and ends
//! with its time, so that no record is needed for each; nobody has two turns at once.

mod apply;
mod line;
mod opened;
mod pace;
mod row;
mod rows;
mod stock;
mod turns;
mod waits;

use std::sync::Arc;

use dashmap::DashMap;

pub use apply::LineDigest;
pub use line::{Board, Line, OwnPlace, Stand};
pub(super) use opened::Order;
pub use pace::Wait;
pub use row::{Left, Row};
pub(super) use stock::places_left;
pub use waits::WaitsTold;

use super::sync::{Mutex, lock};
use crate::domain::catalogue::{Catalogue, Release};
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::domain::time::{LocalDay, UtcMillis};

/// All lines.
#[derive(Default)]
pub struct Queues {
    lines: DashMap<ReleaseNo, Arc<Mutex<Line>>>,
}

impl Queues {
    /// The line of a release that has a queue begins. By the committer.
    pub(super) fn begin(&self, release: &Release) {
        if let Some(line) = Line::of(&release.def) {
            self.lines.insert(release.no, Arc::new(Mutex::new(line)));
        }
    }

    /// The lines of all releases of a catalogue.
    pub(super) fn begin_all(&self, catalogue: &Catalogue) {
        catalogue.releases().iter().for_each(|release| self.begin(release));
    }

    /// Looks at a line.
    pub(super) fn with<T>(&self, release: ReleaseNo, look: impl FnOnce(&mut Line) -> T) -> Option<T> {
        if self.lines.is_empty() {
            return None;
        }
        let line = self.lines.get(&release).map(|line| Arc::clone(&line))?;
        let mut line = lock(&line);
        Some(look(&mut line))
    }

    /// The releases that have lines, in order.
    pub fn releases(&self) -> Vec<ReleaseNo> {
        let mut all: Vec<_> = self.lines.iter().map(|line| *line.key()).collect();
        all.sort_unstable();
        all
    }

    /// How a line stands, for everybody.
    #[must_use]
    pub fn board(&self, release: ReleaseNo, now: UtcMillis) -> Option<Board> {
        self.with(release, |line| line.board(now))
    }

    /// How many have come in all, how many of them before the instant, and how long those waited whose turn has come.
    #[must_use]
    pub fn waits(&self, release: ReleaseNo) -> Option<(u32, Option<u32>, Option<WaitsTold>)> {
        self.with(release, |line| (line.count(), line.early(), line.waits.told()))
    }

    /// A resident's place in a line.
    #[must_use]
    pub fn own(&self, release: ReleaseNo, resident: ResidentNo, now: UtcMillis) -> Option<OwnPlace> {
        self.with(release, |line| line.own(resident, now))?
    }

    /// What somebody has to show who comes into a line now, if anything: up to which number he searches, and how many-th he came before.
    #[must_use]
    pub fn proof_for(&self, release: ReleaseNo, resident: ResidentNo, now: UtcMillis) -> Option<(u32, u32)> {
        self.with(release, |line| line.proof_for(resident, now))?
    }

    /// Notes that somebody has booked or holds something, when that is durable. By the committer.
    pub(super) fn note_used(&self, release: Option<ReleaseNo>, resident: ResidentNo) {
        if let Some(release) = release {
            self.with(release, |line| line.use_turn(resident));
        }
    }

    /// Somebody's account is gone: he waits nowhere any more.
    pub(super) fn forget(&self, resident: ResidentNo) {
        for release in self.releases() {
            self.with(release, |line| line.leave(resident));
        }
    }

    /// Days are over: who waited for them waits no more.
    pub(super) fn end_before(&self, first: LocalDay) {
        for release in self.releases() {
            self.with(release, |line| line.end_before(first));
        }
    }

    /// Bytes of memory that the lines take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.releases().into_iter().filter_map(|release| self.with(release, |line| line.bytes())).sum()
    }
}
