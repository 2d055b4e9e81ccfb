//! How a projection keeps time: what it has seen of the journal's growth, when it gives way to requests, when it has to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::burst::Burst;
use super::progress::Progress;
use crate::domain::clock::Clock;
use crate::engine::log::Sequence;
use crate::journal::JournalHandle;

/// How often it is looked whether there is more.
pub(super) const LOOK: Duration = Duration::from_millis(25);
/// How long an end may take to write what is left.
const END_MAX: Duration = Duration::from_secs(5);

pub(super) struct Pace {
    journal: JournalHandle,
    clock: Arc<dyn Clock>,
    progress: Progress,
    is_ending: Arc<AtomicBool>,
    ending_since: Option<Duration>,
    burst: Burst,
}

impl Pace {
    pub(super) fn new(
        journal: JournalHandle,
        clock: Arc<dyn Clock>,
        progress: Progress,
        is_ending: Arc<AtomicBool>,
    ) -> Self {
        Self { journal, clock, progress, is_ending, ending_since: None, burst: Burst::default() }
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// How far the journal is durable; the lag is counted on by it.
    pub(super) fn look(&mut self) -> Sequence {
        let durable = self.journal.durable();
        let now = self.now();
        self.progress.note_durable(durable.get(), now);
        self.burst.note(durable.get(), now);
        durable
    }

    /// Waits, while the lag is counted on; whether it is time to end.
    pub(super) async fn rest(&mut self, pause: Duration) -> bool {
        let until = self.now() + pause;
        while self.now() < until {
            self.look();
            // An end doesn't wait for who is away.
            if self.is_ending() {
                return true;
            }
            tokio::time::sleep(LOOK.min(pause)).await;
        }
        self.is_ending()
    }

    /// Lets requests go first after so much work, until the burst is over or the lag is as long as it may be.
    pub(super) async fn give_way(&mut self, worked: Duration) {
        let began = self.now();
        while !self.is_ending() {
            let rested = self.now().saturating_sub(began);
            if rested >= self.burst.rest_after(worked, self.progress.shown().lag) {
                return;
            }
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `Projector::end`.
        self.is_ending.load(Ordering::Acquire)
    }

    /// Whether what is left is left to the next start.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        self.is_ending() && now.saturating_sub(*self.ending_since.get_or_insert(now)) > END_MAX
    }
}
