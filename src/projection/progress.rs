//! How far a projection is, for those who show it: the figures, `/readyz`, and whoever waits for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// How many samples of the journal's growth are kept; when there are more, every second one goes.
const SAMPLES_MAX: usize = 512;

/// What a projection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Postgres was not reached yet.
    Connecting,
    /// Empty tables are filled from a snapshot.
    Filling,
    Projecting,
    /// Postgres is away; it is tried again.
    Away,
    /// Somebody has to look.
    Refused,
}

impl State {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Filling => "filling",
            Self::Projecting => "projecting",
            Self::Away => "away",
            Self::Refused => "refused",
        }
    }
}

/// What is shown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub state: State,
    /// How many durable records are not in Postgres; not known before Postgres has said how far it is.
    pub lag_records: Option<u64>,
    /// How long the oldest of them has been waiting, as far as this process has seen.
    pub lag: Duration,
}

/// Shared by the projection, which writes it, and those who read it. A plain lock: it is held for moments, a few times a second.
#[derive(Clone)]
pub struct Progress(Arc<Mutex<Inner>>);

struct Inner {
    state: State,
    durable: u64,
    /// Asks the journal how far it is: the projection looks only now and then.
    ask: Option<Box<dyn Fn() -> u64 + Send>>,
    projected: Option<u64>,
    now: Duration,
    /// How far the journal was durable when.
    samples: VecDeque<(u64, Duration)>,
    meters: Meters,
}

struct Meters {
    up: Gauge,
    refused: Gauge,
    lag_records: Gauge,
    lag_seconds: Gauge,
    records: Counter,
    batches: Counter,
    batch_seconds: Histogram,
}

impl Progress {
    #[must_use]
    pub fn new() -> Self {
        let meters = Meters {
            up: gauge!("kaichang_projection_up"),
            refused: gauge!("kaichang_projection_refused"),
            lag_records: gauge!("kaichang_projection_lag_records"),
            lag_seconds: gauge!("kaichang_projection_lag_seconds"),
            records: counter!("kaichang_projection_records_total"),
            batches: counter!("kaichang_projection_batches_total"),
            batch_seconds: histogram!("kaichang_projection_batch_seconds"),
        };
        Self(Arc::new(Mutex::new(Inner {
            state: State::Connecting,
            durable: 0,
            ask: None,
            projected: None,
            now: Duration::ZERO,
            samples: VecDeque::new(),
            meters,
        })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How it stands at this moment: whoever was told that a booking is durable finds it in the lag until Postgres has it.
    #[must_use]
    pub fn shown(&self) -> Shown {
        self.with(|inner| {
            let durable = inner.ask.as_ref().map_or(0, |ask| ask());
            inner.durable = inner.durable.max(durable);
            inner.shown()
        })
    }

    /// From now on the journal is asked whenever somebody looks.
    pub(super) fn ask(&self, durable: impl Fn() -> u64 + Send + 'static) {
        self.with(|inner| inner.ask = Some(Box::new(durable)));
    }

    /// The last record that Postgres has, as it said last.
    #[must_use]
    pub fn projected(&self) -> Option<u64> {
        self.with(|inner| inner.projected)
    }

    /// Sets what is being done; whether that is new.
    pub(super) fn set_state(&self, state: State) -> bool {
        self.with(|inner| {
            let is_new = inner.state != state;
            inner.state = state;
            inner.tell();
            is_new
        })
    }

    /// Notes how far the journal is durable now.
    pub(super) fn note_durable(&self, durable: u64, now: Duration) {
        self.with(|inner| {
            (inner.durable, inner.now) = (durable, now);
            let is_missing = inner.projected.is_none_or(|projected| projected < durable);
            if is_missing && inner.samples.back().is_none_or(|(last, _)| *last < durable) {
                inner.samples.push_back((durable, now));
            }
            if inner.samples.len() > SAMPLES_MAX {
                let mut nth = 0;
                inner.samples.retain(|_| {
                    nth += 1;
                    nth % 2 == 1
                });
            }
            inner.tell();
        });
    }

    /// Notes how far Postgres is.
    pub(super) fn note_projected(&self, projected: u64) {
        self.with(|inner| {
            inner.projected = Some(projected);
            while inner.samples.front().is_some_and(|(durable, _)| *durable <= projected) {
                inner.samples.pop_front();
            }
            inner.tell();
        });
    }

    pub(super) fn count_batch(&self, records: usize, took: Duration) {
        self.with(|inner| {
            inner.meters.records.increment(records as u64);
            inner.meters.batches.increment(1);
            inner.meters.batch_seconds.record(took.as_secs_f64());
        });
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    fn shown(&self) -> Shown {
        let lag_records = self.projected.map(|projected| self.durable.saturating_sub(projected));
        let since = self.samples.front().filter(|_| lag_records != Some(0)).map(|(_, at)| *at);
        Shown {
            state: self.state,
            lag_records,
            lag: since.map_or(Duration::ZERO, |at| self.now.saturating_sub(at)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn tell(&self) {
        let shown = self.shown();
        self.meters.up.set(f64::from(u8::from(matches!(self.state, State::Filling | State::Projecting))));
        self.meters.refused.set(f64::from(u8::from(self.state == State::Refused)));
        // Before Postgres has said how far it is, all there is may be missing.
        self.meters.lag_records.set(shown.lag_records.unwrap_or(self.durable) as f64);
        self.meters.lag_seconds.set(shown.lag.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_that_of_the_oldest_record_that_is_missing() {
        let progress = Progress::new();
        let seconds = Duration::from_secs;
        progress.note_durable(100, seconds(1));
        assert_eq!(progress.shown().lag_records, None, "nobody knows how far Postgres is");
        progress.note_projected(100);
        progress.note_durable(100, seconds(50));
        assert_eq!(progress.shown().lag, Duration::ZERO);
        progress.note_durable(150, seconds(60));
        progress.note_durable(170, seconds(65));
        assert_eq!((progress.shown().lag_records, progress.shown().lag), (Some(70), seconds(5)));
        progress.note_projected(150);
        progress.note_durable(170, seconds(66));
        assert_eq!((progress.shown().lag_records, progress.shown().lag), (Some(20), seconds(1)));
    }

    #[test]
    fn what_became_durable_a_moment_ago_is_missing_already() {
        let progress = Progress::new();
        progress.note_durable(100, Duration::ZERO);
        progress.note_projected(100);
        progress.ask(|| 103);
        assert_eq!(progress.shown().lag_records, Some(3), "though the projection has not looked since");
        progress.note_durable(101, Duration::ZERO);
        assert_eq!(progress.shown().lag_records, Some(3));
    }

    #[test]
    fn a_long_absence_takes_no_more_memory_and_keeps_its_beginning() {
        let progress = Progress::new();
        progress.note_projected(0);
        for second in 1..=10_000 {
            progress.note_durable(second, Duration::from_secs(second));
        }
        assert!(progress.with(|inner| inner.samples.len()) <= SAMPLES_MAX);
        assert_eq!(progress.shown().lag, Duration::from_secs(9_999));
    }
}
