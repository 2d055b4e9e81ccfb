//! What the engine counts about itself, for operators.

use crossbeam::utils::CachePadded;

use super::refusal::Refusal;
use super::sync::{AtomicU64, Ordering};

/// The refusals that are counted, by name.
const REFUSALS: [&str; 19] = [
    "overloaded",
    "invalid-request",
    "forbidden",
    "not-found",
    "idempotency-mismatch",
    "slot-closed",
    "slot-taken",
    "sold-out",
    "quota-exceeded",
    "insufficient-funds",
    "not-released",
    "hold-expired",
    "too-early",
    "too-late",
    "already-cancelled",
    "already-used",
    "phone-taken",
    "ticket-invalid",
    "not-entitled",
];

/// Counts since the start. Those of durable records are written by the committer alone.
#[derive(Default)]
pub struct Counters {
    pub confirmed: CachePadded<AtomicU64>,
    pub cancelled: AtomicU64,
    pub completed: AtomicU64,
    pub topped_up: AtomicU64,
    pub held: AtomicU64,
    pub expired: AtomicU64,
    pub checked_in: AtomicU64,
    refused: [CachePadded<AtomicU64>; REFUSALS.len()],
}

// ORDERING: Relaxed, each count is right by itself, and nothing is concluded from two together.
impl Counters {
    /// Counts a refusal.
    pub fn refuse(&self, refusal: &Refusal) {
        if let Some(index) = REFUSALS.iter().position(|name| *name == refusal.name()) {
            self.refused[index].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The refusals so far, by name.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        REFUSALS.iter().zip(&self.refused).map(|(name, count)| (*name, count.load(Ordering::Relaxed)))
    }
}
