//! When requests go first: while the journal grows quickly, what is written into Postgres waits, for so long as it may.
//!
//! Work that is put off costs nobody anything as long as processors are short; afterwards there is time for it. The journal keeps
//! whatever waits, so the bound is for those who read Postgres: they see no more than a minute less.

use std::time::Duration;

/// So many records a second are a burst.
const RECORDS_A_SECOND: f64 = 2_000.0;
/// In a burst it rests so many times as long as it worked,
const REST: u32 = 12;
/// until it is behind by more than this.
const LAG_MAX: Duration = Duration::from_secs(60);
/// How long records are counted before they make a rate.
const COUNTED: Duration = Duration::from_millis(200);

/// How quickly the journal grows.
#[derive(Debug, Default)]
pub(super) struct Burst {
    last: Option<(u64, Duration)>,
    records_a_second: f64,
}

impl Burst {
    /// Notes how far the journal is durable now.
    #[expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "an estimate")]
    pub(super) fn note(&mut self, durable: u64, now: Duration) {
        let (before, at) = *self.last.get_or_insert((durable, now));
        let passed = now.saturating_sub(at);
        if passed >= COUNTED {
            self.records_a_second = durable.saturating_sub(before) as f64 / passed.as_secs_f64();
            self.last = Some((durable, now));
        }
    }

    /// How long to rest after so much work, when the oldest record has waited so long.
    pub(super) fn rest_after(&self, worked: Duration, lag: Duration) -> Duration {
        if self.records_a_second > RECORDS_A_SECOND && lag < LAG_MAX { worked * REST } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKED: Duration = Duration::from_millis(300);

    #[test]
    fn it_rests_in_a_burst_and_not_before_or_after_it() {
        let ms = Duration::from_millis;
        let mut burst = Burst::default();
        burst.note(1_000_000, ms(0));
        burst.note(1_000_100, ms(250));
        assert_eq!(burst.rest_after(WORKED, ms(50)), Duration::ZERO, "400 a second are no burst");
        burst.note(1_020_100, ms(500));
        assert_eq!(burst.rest_after(WORKED, ms(50)), WORKED * REST);
        burst.note(1_020_100, ms(600));
        assert_eq!(burst.rest_after(WORKED, ms(50)), WORKED * REST, "a moment says nothing");
        burst.note(1_020_101, ms(750));
        assert_eq!(burst.rest_after(WORKED, ms(50)), Duration::ZERO, "it is over");
    }

    #[test]
    fn it_rests_no_more_when_the_oldest_record_has_waited_for_a_minute() {
        let mut burst = Burst::default();
        burst.note(0, Duration::ZERO);
        burst.note(80_000, Duration::from_secs(1));
        assert!(burst.rest_after(WORKED, LAG_MAX - Duration::from_millis(1)) > Duration::ZERO);
        assert_eq!(burst.rest_after(WORKED, LAG_MAX), Duration::ZERO);
    }
}
