//! Wakes one sleeper, for which who rings pays next to nothing while nobody sleeps.

use std::time::Duration;

use super::sync::{AtomicBool, Condvar, Mutex, Ordering, fence, lock};

/// Wakes one sleeper. Ringing costs a fence and a load while nobody sleeps.
pub(super) struct Doorbell {
    waiting: AtomicBool,
    rung: Mutex<bool>,
    condvar: Condvar,
}

impl Doorbell {
    pub(super) fn new() -> Self {
        Self { waiting: AtomicBool::new(false), rung: Mutex::new(false), condvar: Condvar::new() }
    }

    pub(super) fn ring_if_waiting(&self) {
        // ORDERING: SeqCst pairs with the one in `announce`: either the sleeper sees what was pushed before
        // this call, or this load sees that it waits.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) {
            self.ring();
        }
    }

    pub(super) fn ring(&self) {
        *lock(&self.rung) = true;
        self.condvar.notify_one();
    }

    fn announce(&self) {
        // ORDERING: Relaxed, made strong by the fence.
        self.waiting.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    pub(super) fn wait_unless(&self, ready: impl Fn() -> bool) {
        self.announce();
        let mut rung = lock(&self.rung);
        while !*rung && !ready() {
            rung = match self.condvar.wait(rung) {
                Ok(guard) => guard,
                Err(poisoned) => poisoned.into_inner(),
            };
        }
        *rung = false;
        // ORDERING: Relaxed, who still sees `true` rings once in vain; the next sleep announces itself anew.
        self.waiting.store(false, Ordering::Relaxed);
    }

    #[cfg(not(feature = "loom"))]
    pub(super) fn wait_at_most_unless(&self, duration: Duration, ready: impl Fn() -> bool) {
        self.announce();
        let mut rung = lock(&self.rung);
        if !*rung && !ready() {
            rung = match self.condvar.wait_timeout(rung, duration) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        *rung = false;
        // ORDERING: Relaxed, who still sees `true` rings once in vain; the next sleep announces itself anew.
        self.waiting.store(false, Ordering::Relaxed);
    }

    #[cfg(feature = "loom")]
    pub(super) fn wait_at_most_unless(&self, _duration: Duration, ready: impl Fn() -> bool) {
        self.wait_unless(ready);
    }
}
