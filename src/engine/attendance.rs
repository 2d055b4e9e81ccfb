//! Which of the threads that push records are at work, so that whoever gathers records knows when waiting is in vain.
//!
//! A thread that rests has nothing to do until something comes from outside. When all of them rest, those who could be waited for are
//! those who wait themselves. A hint: nothing but time is lost when it is out of date.

use std::time::Duration;

use super::doorbell::Doorbell;
use super::sync::{AtomicBool, AtomicU32, Ordering};

/// How many of the threads that have announced themselves are at work.
pub struct Attendance {
    any_announced: AtomicBool,
    at_work: AtomicU32,
    bell: Doorbell,
}

impl Attendance {
    pub(super) fn new() -> Self {
        Self { any_announced: AtomicBool::new(false), at_work: AtomicU32::new(0), bell: Doorbell::new() }
    }

    /// A thread begins to work: at first, and whenever it has rested.
    pub fn begin(&self) {
        // ORDERING: Relaxed, a hint; nothing is read that it would publish.
        self.any_announced.store(true, Ordering::Relaxed);
        self.at_work.fetch_add(1, Ordering::Relaxed);
    }

    /// A thread that had begun has nothing to do. Whoever waits for the last one is woken.
    pub fn rest(&self) {
        // ORDERING: Relaxed, made strong by the fence of `ring_if_waiting`: either the sleeper sees that all rest, or is rung for.
        if self.at_work.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.bell.ring_if_waiting();
        }
    }

    /// Whether all who have announced themselves rest. Where nobody has, nobody knows.
    #[must_use]
    pub fn all_rest(&self) -> bool {
        // ORDERING: Relaxed, a hint.
        self.any_announced.load(Ordering::Relaxed) && self.at_work.load(Ordering::Relaxed) == 0
    }

    /// Sleeps until all rest, for so long at most. For one thread only.
    pub fn wait_until_all_rest_at_most(&self, duration: Duration) {
        self.bell.wait_at_most_unless(duration, || self.all_rest());
    }
}
