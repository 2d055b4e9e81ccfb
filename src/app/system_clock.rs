//! The clock of the operating system, the only place that asks for it.
//!
//! Wall time is believed while it goes with monotonic time. A step of more than ten seconds is not: the clock goes on by monotonic time
//! from what it believed, and says so, until wall time comes back or the service is started anew.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use metrics::gauge;

use crate::domain::clock::Clock;
use crate::domain::time::UtcMillis;

/// A step that is not believed.
const STEP_MAX_MS: i64 = 10_000;

/// Wall and monotonic time.
pub struct SystemClock {
    beginning: Instant,
    /// Believed wall time at the beginning, in milliseconds; follows small corrections.
    offset_ms: AtomicI64,
    is_doubted: AtomicBool,
    /// How much it is ahead of the system's.
    ahead_ms: i64,
}

impl SystemClock {
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are given")]
    pub fn new() -> Self {
        Self {
            beginning: Instant::now(),
            offset_ms: AtomicI64::new(wall_ms(SystemTime::now())),
            is_doubted: AtomicBool::new(false),
            ahead_ms: 0,
        }
    }

    /// A clock that is so much ahead of the system's: for a rehearsal of what is to come.
    #[must_use]
    pub fn ahead(ms: i64) -> Self {
        let clock = Self { ahead_ms: ms, ..Self::new() };
        // ORDERING: Relaxed, nobody else has it yet.
        clock.offset_ms.fetch_add(ms, Ordering::Relaxed);
        clock
    }

    /// Whether wall time has left monotonic time.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        // ORDERING: Relaxed, a flag for operators, right by itself.
        self.is_doubted.load(Ordering::Relaxed)
    }

    /// What is believed, when the system says `wall_ms` at `elapsed_ms` after the beginning.
    fn believe(&self, wall_ms: i64, elapsed_ms: i64) -> i64 {
        // ORDERING: Relaxed, each is right by itself.
        let believed = self.offset_ms.load(Ordering::Relaxed).saturating_add(elapsed_ms);
        if wall_ms.abs_diff(believed) > STEP_MAX_MS.unsigned_abs() {
            if !self.is_doubted.swap(true, Ordering::Relaxed) {
                gauge!("kaichang_clock_doubted").set(1.0);
                tracing::error!(
                    wall_ms,
                    believed_ms = believed,
                    "the wall clock was stepped and is not believed"
                );
            }
            return believed;
        }
        if self.is_doubted.swap(false, Ordering::Relaxed) {
            gauge!("kaichang_clock_doubted").set(0.0);
            tracing::warn!(wall_ms, "the wall clock is believed again");
        }
        self.offset_ms.store(wall_ms.saturating_sub(elapsed_ms), Ordering::Relaxed);
        wall_ms
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are given")]
    fn now(&self) -> UtcMillis {
        let elapsed_ms = i64::try_from(self.beginning.elapsed().as_millis()).unwrap_or(i64::MAX);
        let wall_ms = wall_ms(SystemTime::now()).saturating_add(self.ahead_ms);
        UtcMillis::new(self.believe(wall_ms, elapsed_ms))
    }

    fn monotonic(&self) -> Duration {
        self.beginning.elapsed()
    }
}

fn wall_ms(wall: SystemTime) -> i64 {
    match wall.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_corrections_are_followed_and_steps_are_not() {
        let clock = SystemClock::new();
        clock.offset_ms.store(1_000_000, Ordering::Relaxed);
        assert_eq!(clock.believe(1_005_000, 1_000), 1_005_000, "four seconds ahead");
        assert_eq!(clock.believe(4_600_000, 2_000), 1_006_000, "an hour ahead");
        assert!(clock.is_doubted());
        assert_eq!(clock.believe(0, 3_000), 1_007_000, "back to the beginning");
        assert_eq!(clock.believe(1_008_500, 4_000), 1_008_500, "and right again");
        assert!(!clock.is_doubted());
    }
}
