//! How the city does: what it did in the last minute, and how long its journal takes, from what is counted anyway.
//!
//! Counts only grow, so what happened lately is the difference of two looks at them. Somebody looks every few seconds
//! (`VitalSigns::look`); whoever asks compares the present with the oldest look that is kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;

use crate::domain::clock::Clock;
use crate::engine::Engine;
use crate::engine::sync::{AtomicU64, Ordering};

/// What is called lately.
const LATELY: Duration = Duration::from_secs(60);
/// How long a batch of records takes until it is durable, and how many records wait for that, as the journal counts them.
const SYNC_BUCKET: &str = "kaichang_journal_sync_seconds_bucket{le=\"";
const QUEUED: &str = "kaichang_journal_queued ";

/// Looks at the city's counts, the oldest first.
pub struct VitalSigns {
    engine: Arc<Engine>,
    figures: PrometheusHandle,
    clock: Arc<dyn Clock>,
    looks: Mutex<VecDeque<Look>>,
}

/// The counts of a moment.
#[derive(Debug, Clone, Default, PartialEq)]
struct Look {
    at: Duration,
    bookings: u64,
    cancelled: u64,
    entries: u64,
    refused: Vec<(&'static str, u64)>,
    journal: JournalLook,
}

/// What the journal counts.
#[derive(Debug, Clone, Default, PartialEq)]
struct JournalLook {
    /// How many batches were durable within so long.
    within: Vec<(Bound, u64)>,
    queued: u64,
}

/// The upper end of a bucket of times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    Within(Duration),
    /// Longer than all that is told apart.
    Longer,
}

/// How the city does.
#[derive(Debug, Clone, PartialEq)]
pub struct Signs {
    /// Over how long, a minute where the city is that old.
    pub over: Duration,
    pub bookings: u64,
    pub cancelled: u64,
    pub entries: u64,
    /// The refusals by name, the most frequent first, without those that nobody met.
    pub refused: Vec<(&'static str, u64)>,
    /// How soon 99 of 100 batches were durable, where any were.
    pub durable: Option<Bound>,
    /// How many records waited for that when the last batch was written.
    pub queued: u64,
}

impl VitalSigns {
    /// With a first look.
    #[must_use]
    pub fn new(engine: Arc<Engine>, figures: PrometheusHandle, clock: Arc<dyn Clock>) -> Self {
        let signs = Self { engine, figures, clock, looks: Mutex::default() };
        signs.look();
        signs
    }

    /// Looks, and keeps what is seen for a minute.
    pub fn look(&self) {
        let look = self.present();
        let mut looks = self.looks();
        while looks.get(1).is_some_and(|next| look.at.saturating_sub(next.at) >= LATELY) {
            looks.pop_front();
        }
        looks.push_back(look);
    }

    /// How the city does now.
    #[must_use]
    pub fn now(&self) -> Signs {
        let present = self.present();
        let past = self.looks().front().cloned().unwrap_or_default();
        signs(&past, present)
    }

    fn present(&self) -> Look {
        let counters = self.engine.counters();
        // ORDERING: Relaxed, each count is right by itself.
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Look {
            at: self.clock.monotonic(),
            bookings: count(&counters.confirmed),
            cancelled: count(&counters.cancelled),
            entries: count(&counters.checked_in),
            refused: counters.refused().collect(),
            journal: journal_look(&self.figures.render()),
        }
    }

    fn looks(&self) -> MutexGuard<'_, VecDeque<Look>> {
        // What a look writes is whole at every step.
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the journal's counts from the text in which all figures stand.
fn journal_look(figures: &str) -> JournalLook {
    let mut look = JournalLook::default();
    for line in figures.lines() {
        if let Some((bound, count)) = line.strip_prefix(SYNC_BUCKET).and_then(|line| line.split_once("\"} "))
        {
            let bound = match bound.parse::<f64>().map(Duration::try_from_secs_f64) {
                Ok(Ok(bound)) => Bound::Within(bound),
                // Infinity.
                Ok(Err(_)) | Err(_) => Bound::Longer,
            };
            look.within.push((bound, count.parse().unwrap_or(0)));
        }
        if let Some(count) = line.strip_prefix(QUEUED) {
            look.queued = count.parse().unwrap_or(0);
        }
    }
    look
}

fn signs(past: &Look, present: Look) -> Signs {
    let before = |name: &str| past.refused.iter().find(|(other, _)| *other == name).map_or(0, |(_, n)| *n);
    let since = |(name, count): (&'static str, u64)| (name, count.saturating_sub(before(name)));
    let mut refused: Vec<_> =
        present.refused.iter().copied().map(since).filter(|(_, count)| *count > 0).collect();
    refused.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Signs {
        over: present.at.saturating_sub(past.at),
        bookings: present.bookings.saturating_sub(past.bookings),
        cancelled: present.cancelled.saturating_sub(past.cancelled),
        entries: present.entries.saturating_sub(past.entries),
        refused,
        durable: durable(&past.journal, &present.journal),
        queued: present.journal.queued,
    }
}

/// The least bound within which 99 of 100 of what came between two looks lie.
fn durable(past: &JournalLook, present: &JournalLook) -> Option<Bound> {
    let before = |bound: Bound| past.within.iter().find(|(other, _)| *other == bound).map_or(0, |(_, n)| *n);
    let since: Vec<(Bound, u64)> =
        present.within.iter().map(|(bound, count)| (*bound, count.saturating_sub(before(*bound)))).collect();
    let (_, all) = since.last().filter(|(_, all)| *all > 0)?;
    since
        .iter()
        .find(|(_, count)| count.saturating_mul(100) >= all.saturating_mul(99))
        .map(|(bound, _)| *bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(counts: [u64; 3], queued: u64) -> String {
        let [quick, slow, all] = counts;
        format!(
            "# TYPE kaichang_journal_sync_seconds histogram\n\
             kaichang_journal_sync_seconds_bucket{{le=\"0.001\"}} {quick}\n\
             kaichang_journal_sync_seconds_bucket{{le=\"0.05\"}} {slow}\n\
             kaichang_journal_sync_seconds_bucket{{le=\"+Inf\"}} {all}\n\
             kaichang_journal_sync_seconds_sum 1.5\n\
             kaichang_journal_queued_more 99\n\
             kaichang_journal_queued {queued}\n"
        )
    }

    fn look(seconds: u64, bookings: u64, refused: [u64; 2], counts: [u64; 3]) -> Look {
        Look {
            at: Duration::from_secs(seconds),
            bookings,
            cancelled: bookings / 4,
            entries: bookings / 2,
            refused: vec![("slot-taken", refused[0]), ("quota-exceeded", refused[1])],
            journal: journal_look(&figures(counts, 7)),
        }
    }

    #[test]
    fn what_happened_lately_is_the_difference_of_two_looks() {
        let past = look(100, 40, [3, 0], [10, 10, 10]);
        let signs = signs(&past, look(160, 100, [4, 6], [10, 110, 110]));
        assert_eq!((signs.bookings, signs.cancelled, signs.entries), (60, 15, 30));
        assert_eq!(signs.over, Duration::from_secs(60));
        assert_eq!(signs.refused, [("quota-exceeded", 6), ("slot-taken", 1)]);
        assert_eq!(signs.durable, Some(Bound::Within(Duration::from_millis(50))));
        assert_eq!(signs.queued, 7);
    }

    #[test]
    fn ninety_nine_of_a_hundred_lie_within_the_bound_that_is_told() {
        let none = look(0, 0, [0, 0], [0, 0, 0]);
        for (counts, bound) in [
            ([0, 0, 0], None),
            ([1, 1, 1], Some(Bound::Within(Duration::from_millis(1)))),
            ([99, 100, 100], Some(Bound::Within(Duration::from_millis(1)))),
            ([98, 99, 100], Some(Bound::Within(Duration::from_millis(50)))),
            ([98, 98, 100], Some(Bound::Longer)),
        ] {
            assert_eq!(signs(&none, look(1, 0, [0, 0], counts)).durable, bound, "{counts:?}");
        }
    }
}
