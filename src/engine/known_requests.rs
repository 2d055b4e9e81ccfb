//! Requests by their Idempotency-Key: what each came to, so that a retry finds its own outcome (I6).
//!
//! The entry names the booking or the top-up, whose own state says whether it is under way; a refused request has none.

use std::hash::{BuildHasherDefault, Hasher};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::domain::event::RequestKey;
use crate::domain::ids::{BookingNo, TopUpNo};

/// What a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CameTo {
    Booking(BookingNo),
    TopUp(TopUpNo),
    /// A check-in that is under way: not decided yet.
    AtGate(BookingNo),
    /// The check-in of this booking, durable.
    CheckIn(BookingNo),
}

/// A key that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The same request, and what it came to.
    Same(CameTo),
    /// Another body came with this key before.
    OtherBody,
}

/// All keys that are known.
pub struct KnownRequests {
    by_key: DashMap<u128, (u64, CameTo), BuildHasherDefault<AlreadyHashed>>,
}

/// Keys are hashes under the city's key: to hash them again would gain nothing.
#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "any half of a hash is a hash")]
    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

impl KnownRequests {
    #[must_use]
    pub fn new() -> Self {
        Self { by_key: DashMap::with_hasher(BuildHasherDefault::default()) }
    }

    /// What is known of a request.
    #[must_use]
    pub fn look_up(&self, request: RequestKey) -> Option<Known> {
        self.by_key.get(&request.key).map(|known| judge(*known, request))
    }

    /// Notes that a request is under way as this booking or top-up, unless its key is known.
    ///
    /// # Errors
    /// What is known.
    pub fn begin(&self, request: RequestKey, came_to: CameTo) -> Result<(), Known> {
        match self.by_key.entry(request.key) {
            Entry::Occupied(known) => Err(judge(*known.get(), request)),
            Entry::Vacant(place) => {
                place.insert((request.body, came_to));
                Ok(())
            }
        }
    }

    /// Forgets a request that was refused.
    pub fn forget(&self, request: RequestKey) {
        self.by_key.remove(&request.key);
    }

    /// Notes a request from the journal.
    pub fn replay(&self, request: RequestKey, came_to: CameTo) {
        self.by_key.insert(request.key, (request.body, came_to));
    }

    /// Notes that a check-in is durable. A replay, which notes bookings ahead, may have a later request with this key: that one stays.
    pub fn settle_check_in(&self, request: RequestKey, no: BookingNo) {
        let settled = (request.body, CameTo::CheckIn(no));
        match self.by_key.entry(request.key) {
            Entry::Occupied(mut known) => {
                if matches!(known.get().1, CameTo::AtGate(_)) {
                    known.insert(settled);
                }
            }
            Entry::Vacant(place) => {
                place.insert(settled);
            }
        }
    }

    /// Drops the requests that the judge has no more use for.
    pub fn retain(&self, keep: impl Fn(CameTo) -> bool) {
        self.by_key.retain(|_, (_, came_to)| keep(*came_to));
    }

    /// Room for so many more, so that a replay doesn't grow the map again and again.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self { by_key: DashMap::with_capacity_and_hasher(count, BuildHasherDefault::default()) }
    }

    /// All keys in order, for comparing two states.
    #[must_use]
    pub fn sorted(&self) -> Vec<(u128, u64, CameTo)> {
        let mut all: Vec<_> =
            self.by_key.iter().map(|entry| (*entry.key(), entry.value().0, entry.value().1)).collect();
        all.sort_unstable();
        all
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

impl Default for KnownRequests {
    fn default() -> Self {
        Self::new()
    }
}

fn judge((body, came_to): (u64, CameTo), request: RequestKey) -> Known {
    if body == request.body { Known::Same(came_to) } else { Known::OtherBody }
}
