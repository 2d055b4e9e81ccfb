//! Requests by their Idempotency-Key: what each came to, so that a retry finds its own outcome (I6).
//!
//! The entry names the booking or the top-up, whose own state says whether it is under way; a refused request has none.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::event::RequestKey;
use crate::domain::ids::{BookingNo, ReleaseNo, TopUpNo};

/// How many parts the keys are kept in: so many that a part is seldom waited for, and that one that grows is soon done.
const PARTS: usize = 256;
/// How many ranges of keys the parts are made of.
const RANGES: usize = 1 << 12;
/// Which part a range belongs to. The last part has twice as many ranges as the first, and those between have their share: so no two
/// parts grow at the same time, and the memory that one leaves when it grows is where another grows into.
static PART_OF_RANGE: [u8; RANGES] = parts_of_ranges();
/// How many keys of a part are noted together at replay.
const NOTED_TOGETHER: usize = 32;

/// What a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CameTo {
    Booking(BookingNo),
    TopUp(TopUpNo),
    /// A check-in that is under way: not decided yet.
    AtGate(BookingNo),
    /// The check-in of this booking, durable.
    CheckIn(BookingNo),
    /// The resident's entry for this release, durable or under way.
    Entry(ReleaseNo),
}

/// A key that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The same request, and what it came to.
    Same(CameTo),
    /// Another body came with this key before.
    OtherBody,
}

/// All keys that are known, in parts.
pub struct KnownRequests {
    parts: Box<[Mutex<Part>]>,
}

type Part = HashMap<u128, (u64, CameTo), BuildHasherDefault<AlreadyHashed>>;

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

/// The part of a key. By bits that the map within a part doesn't look at.
fn part_of(key: u128) -> usize {
    let range = (key >> (u128::BITS - RANGES.ilog2())) as usize;
    PART_OF_RANGE.get(range).copied().map_or(0, usize::from)
}

/// Part `i` begins with range `RANGES * (2^(i / PARTS) - 1)`.
const fn parts_of_ranges() -> [u8; RANGES] {
    /// What a factor of one is written as.
    const ONE: u64 = 1 << 30;
    /// 2^(1/256).
    const STEP: u64 = ONE + 2_911_209;
    let mut parts = [0; RANGES];
    let (mut part, mut next_begins, mut range) = (0u8, STEP, 0);
    while range < RANGES {
        while part < u8::MAX && (range as u64) * ONE >= (next_begins - ONE) * RANGES as u64 {
            part += 1;
            next_begins = next_begins * STEP / ONE;
        }
        parts[range] = part;
        range += 1;
    }
    parts
}

impl KnownRequests {
    #[must_use]
    pub fn new() -> Self {
        Self { parts: (0..PARTS).map(|_| Mutex::default()).collect() }
    }

    /// What is known of a request.
    #[must_use]
    pub fn look_up(&self, request: RequestKey) -> Option<Known> {
        self.part(request.key).get(&request.key).map(|known| judge(*known, request))
    }

    /// Notes that a request is under way as this booking or top-up, unless its key is known.
    ///
    /// # Errors
    /// What is known.
    pub fn begin(&self, request: RequestKey, came_to: CameTo) -> Result<(), Known> {
        match self.part(request.key).entry(request.key) {
            Entry::Occupied(known) => Err(judge(*known.get(), request)),
            Entry::Vacant(place) => {
                place.insert((request.body, came_to));
                Ok(())
            }
        }
    }

    /// Forgets a request that was refused.
    pub fn forget(&self, request: RequestKey) {
        self.part(request.key).remove(&request.key);
    }

    /// Notes that a check-in is durable. A replay, which notes bookings ahead, may have a later request with this key: that one stays.
    pub fn settle_check_in(&self, request: RequestKey, no: BookingNo) {
        let settled = (request.body, CameTo::CheckIn(no));
        match self.part(request.key).entry(request.key) {
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
        for part in &self.parts {
            enter(part).retain(|_, (_, came_to)| keep(*came_to));
        }
    }

    /// All keys in order, for comparing two states.
    #[must_use]
    pub fn sorted(&self) -> Vec<(u128, u64, CameTo)> {
        let mut all = Vec::with_capacity(self.len());
        for part in &self.parts {
            all.extend(enter(part).iter().map(|(key, (body, came_to))| (*key, *body, *came_to)));
        }
        all.sort_unstable();
        all
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| enter(part).len()).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn note(&self, index: usize, gathered: &mut Vec<(RequestKey, CameTo)>) {
        let mut part = enter(&self.parts[index]);
        for (request, came_to) in gathered.drain(..) {
            part.insert(request.key, (request.body, came_to));
        }
    }

    fn part(&self, key: u128) -> MutexGuard<'_, Part> {
        enter(&self.parts[part_of(key)])
    }
}

/// A map is whole between any two of its calls, and who panics within one ends the process.
fn enter(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keys of a journal that are to be known, gathered by part: so a part is entered once for many, and their places are fetched from
/// memory together instead of one after the other. Of one key the newest stays.
pub struct Notes {
    gathered: Box<[Vec<(RequestKey, CameTo)>]>,
}

impl Default for Notes {
    fn default() -> Self {
        Self { gathered: (0..PARTS).map(|_| Vec::with_capacity(NOTED_TOGETHER)).collect() }
    }
}

impl Notes {
    /// Notes a request, perhaps not at once.
    pub fn add(&mut self, known: &KnownRequests, request: RequestKey, came_to: CameTo) {
        let index = part_of(request.key);
        let gathered = &mut self.gathered[index];
        gathered.push((request, came_to));
        if gathered.len() == NOTED_TOGETHER {
            known.note(index, gathered);
        }
    }

    /// Notes all that were added.
    pub fn enter(&mut self, known: &KnownRequests) {
        let some = self.gathered.iter_mut().enumerate().filter(|(_, gathered)| !gathered.is_empty());
        for (index, gathered) in some {
            known.note(index, gathered);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_a_range_and_the_last_twice_as_many_as_the_first() {
        let count = |part: u8| PART_OF_RANGE.iter().filter(|of| **of == part).count();
        assert!((0..=u8::MAX).all(|part| (10..=24).contains(&count(part))));
        assert!(PART_OF_RANGE.is_sorted());
        let (first, last) = (0..16u8)
            .map(|part| (count(part), count(u8::MAX - part)))
            .fold((0, 0), |sum, two| (sum.0 + two.0, sum.1 + two.1));
        assert!((18 * first..22 * first).contains(&(10 * last)), "{first} and {last}");
    }

    #[test]
    fn notes_come_to_the_newest_of_each_key_whether_entered_together_or_not() {
        let (known, mut notes) = (KnownRequests::new(), Notes::default());
        let request =
            |key: u32| RequestKey { key: u128::from(key % 100) << 115 | u128::from(key % 7), body: 0 };
        let mut dull = HashMap::new();
        for no in 0..20_000 {
            let came_to = CameTo::Booking(BookingNo::new(no));
            notes.add(&known, request(no), came_to);
            dull.insert(request(no).key, came_to);
            if no % 999 == 0 {
                notes.enter(&known);
                assert_eq!(known.len(), dull.len());
            }
        }
        notes.enter(&known);
        let mut dull: Vec<_> = dull.into_iter().map(|(key, came_to)| (key, 0, came_to)).collect();
        dull.sort_unstable();
        assert_eq!(known.sorted(), dull);
    }
}
