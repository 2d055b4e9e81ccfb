//! How many claims are let in: whoever wants something that others want too is refused at the door when more come than can be served,
//! before a token, a body or an engine's word is looked at. So a refusal costs next to nothing, those who are let in are served as
//! quickly as ever, and memory is bounded by the bound and not by the crowd.
//!
//! Three bounds, each of which refuses with `overloaded`:
//! - so many claims a second, where the operator has set it;
//! - so many claims in flight on a worker;
//! - a worker whose claims have not moved for a while takes no more until one of them has: they would wait behind those that
//!   wait already, and be answered when nobody listens any more.
//!
//! Who is refused is told when to come again, and not all are told the same: the crowd of a second is spread over as many seconds as
//! it takes to serve it. What gives back (cancelling, giving up a hold) and what was begun (confirming a hold) is never refused here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use axum::http::Method;
use axum::http::request::Parts;
use crossbeam::utils::CachePadded;
use metrics::Counter;

use super::problem::Problem;
use crate::domain::clock::Clock;

/// What may be let in ahead of the rate, after a moment in which nobody came.
const AHEAD: Duration = Duration::from_millis(50);
/// Claims in flight on one worker: more than a second's worth of any disk's.
const IN_FLIGHT_MAX: u32 = 8192;
/// With fewer in flight nobody looks whether they move.
const FEW: u32 = 64;
/// How long none may have been answered before no more are taken.
const STANDSTILL: Duration = Duration::from_secs(2);
/// The longest that somebody is told to stay away.
const RETRY_AFTER_MAX_S: u32 = 30;
/// The golden section of all 32-bit numbers: its multiples fall evenly over them, wherever they begin.
const GOLDEN: u32 = 0x9e37_79b9;

/// The bound that all workers share.
pub struct Admission {
    clock: Arc<dyn Clock>,
    /// Between two claims; 0 where there is no bound.
    interval_ns: u64,
    /// When the last claim that was let in would have come, had all come evenly.
    even_ns: CachePadded<AtomicU64>,
    turned_away: CachePadded<TurnedAway>,
    shed: Counter,
}

/// Who came in vain lately.
#[derive(Default)]
struct TurnedAway {
    /// A second, and how many were turned away in it, in the upper and the lower half.
    in_second: AtomicU64,
    /// So that each is told another second.
    turn: AtomicU32,
}

impl Admission {
    /// So many claims a second, or as many as come.
    #[must_use]
    pub fn new(claims_a_second: Option<u32>, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            interval_ns: claims_a_second.map_or(0, |claims| 1_000_000_000 / u64::from(claims.max(1))),
            even_ns: CachePadded::default(),
            turned_away: CachePadded::default(),
            shed: metrics::counter!("kaichang_claims_shed_total"),
        }
    }

    /// Takes one of the second's claims.
    fn take(&self) -> bool {
        if self.interval_ns == 0 {
            return true;
        }
        let now = nanos(self.clock.monotonic());
        let latest = now + self.interval_ns + nanos(AHEAD);
        // ORDERING: Relaxed, the number stands for itself.
        self.even_ns
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |even| {
                let next = even.max(now) + self.interval_ns;
                (next <= latest).then_some(next)
            })
            .is_ok()
    }

    fn refuse(&self) -> Problem {
        self.shed.increment(1);
        let second = self.clock.monotonic().as_secs() & u64::from(u32::MAX);
        // ORDERING: Relaxed, a guess at the crowd.
        let crowd_of = |seen: u64| if seen >> 32 == second { seen & u64::from(u32::MAX) } else { 0 };
        let before = self.turned_away.in_second.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |seen| {
            Some(second << 32 | (crowd_of(seen) + 1).min(u64::from(u32::MAX)))
        });
        let crowd = crowd_of(before.unwrap_or_else(|seen| seen));
        let seconds = u32::try_from(crowd * self.interval_ns / 1_000_000_000).unwrap_or(u32::MAX);
        let turn = self.turned_away.turn.fetch_add(GOLDEN, Ordering::Relaxed);
        Problem::Overloaded { retry_after_s: retry_after_s(seconds, turn), reason: None }
    }
}

/// A second from 1 on, of so many that the crowd needs and a few more, by somebody's turn.
fn retry_after_s(needed: u32, turn: u32) -> u32 {
    let span = needed.saturating_add(2).min(RETRY_AFTER_MAX_S);
    1 + u32::try_from((u64::from(turn) * u64::from(span)) >> 32).unwrap_or(0)
}

/// One worker's door.
#[derive(Clone)]
pub struct Door {
    admission: Arc<Admission>,
    inside: Arc<Inside>,
}

/// A worker's claims in flight.
#[derive(Default)]
struct Inside {
    count: AtomicU32,
    /// When one was last answered, or was let in while there were few.
    moved_ns: AtomicU64,
}

impl Door {
    #[must_use]
    pub fn new(admission: Arc<Admission>) -> Self {
        Self { admission, inside: Arc::default() }
    }

    /// Lets a request in that is a claim, until what this answers is dropped; every other request passes.
    ///
    /// # Errors
    /// `overloaded`, with a second to come again.
    pub fn let_in(&self, parts: &Parts) -> Result<Option<LetIn<'_>>, Problem> {
        if !is_claim(parts) {
            return Ok(None);
        }
        if self.is_full() || !self.admission.take() {
            return Err(self.admission.refuse());
        }
        // ORDERING: Relaxed, a bound that nothing else hangs on.
        self.inside.count.fetch_add(1, Ordering::Relaxed);
        Ok(Some(LetIn(self)))
    }

    fn is_full(&self) -> bool {
        // ORDERING: Relaxed, as in `let_in`.
        let count = self.inside.count.load(Ordering::Relaxed);
        if count < FEW {
            if count == FEW - 1 {
                self.moved();
            }
            return false;
        }
        let still_ns = nanos(self.admission.clock.monotonic())
            .saturating_sub(self.inside.moved_ns.load(Ordering::Relaxed));
        count >= IN_FLIGHT_MAX || still_ns > nanos(STANDSTILL)
    }

    fn moved(&self) {
        // ORDERING: Relaxed, as in `let_in`.
        self.inside.moved_ns.store(nanos(self.admission.clock.monotonic()), Ordering::Relaxed);
    }
}

/// A claim that was let in, until it is answered or given up.
pub struct LetIn<'a>(&'a Door);

impl Drop for LetIn<'_> {
    fn drop(&mut self) {
        // ORDERING: Relaxed, as in `let_in`.
        if self.0.inside.count.fetch_sub(1, Ordering::Relaxed) >= FEW {
            self.0.moved();
        }
    }
}

/// Whether it wants something that others want too.
fn is_claim(parts: &Parts) -> bool {
    parts.method == Method::POST && matches!(parts.uri.path(), "/v1/bookings" | "/v1/holds" | "/book")
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
