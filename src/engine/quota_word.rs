//! A resident's city-wide counts in words: six bits for each day of play, sixteen for live bookings.
//!
//! The first word has eight days and the live count, each further word ten days. Always (I4): a count is raised only
//! below its limit, by compare-and-swap, never add-then-check; a day and the live count in one word rise together.

#[cfg(not(feature = "loom"))]
use super::snapshot::bytes::{Fields, Malformed, put};
use super::sync::{AtomicU64, Ordering};

/// Words for 29 days: today and 28 ahead.
const WORDS: usize = 4;
const DAY_BITS: u32 = 6;
const DAY_MAX: u64 = (1 << DAY_BITS) - 1;
const DAYS_IN_FIRST: u32 = 8;
const DAYS_IN_OTHERS: u32 = 10;
const LIVE_SHIFT: u32 = DAYS_IN_FIRST * DAY_BITS;
const LIVE_MAX: u64 = (1 << 16) - 1;

/// The highest limit that a day's six bits can keep.
pub const DAY_LIMIT_MAX: u32 = 63;
/// The highest limit of live bookings that sixteen bits can keep.
pub const LIVE_LIMIT_MAX: u32 = 65_535;

const _: () = assert!(DAYS_IN_FIRST as usize + (WORDS - 1) * DAYS_IN_OTHERS as usize >= 29);

/// A resident's counts.
pub struct QuotaWords([AtomicU64; WORDS]);

/// Limits on the counts; none counts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DenseLimits {
    pub day: Option<u8>,
    pub live: Option<u16>,
}

/// Which limit stands in the way, and how much is used of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    Day { used: u32 },
    Live { used: u32 },
}

impl Default for QuotaWords {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl QuotaWords {
    /// Counts one booking more for a day's place in the ring and as live, or nothing.
    ///
    /// # Errors
    /// Which limit stands in the way.
    #[inline]
    pub fn take(&self, place: u32, limits: DenseLimits) -> Result<(), Exceeded> {
        let (word, shift) = position(place);
        if word == 0 {
            return raise(&self.0[0], limits.day.map(|limit| (shift, limit)), limits.live);
        }
        raise(&self.0[0], None, limits.live)?;
        raise(&self.0[word], limits.day.map(|limit| (shift, limit)), None).inspect_err(|_| {
            if limits.live.is_some() {
                lower(&self.0[0], LIVE_SHIFT, LIVE_MAX);
            }
        })
    }

    /// Counts one booking less for a day.
    ///
    /// # Panics
    /// When none was counted (I4).
    #[inline]
    pub fn give_back_day(&self, place: u32) {
        let (word, shift) = position(place);
        lower(&self.0[word], shift, DAY_MAX);
    }

    /// Counts one live booking less.
    ///
    /// # Panics
    /// When none was counted (I4).
    #[inline]
    pub fn give_back_live(&self) {
        lower(&self.0[0], LIVE_SHIFT, LIVE_MAX);
    }

    /// The count of a day.
    #[must_use]
    pub fn day(&self, place: u32) -> u32 {
        let (word, shift) = position(place);
        // ORDERING: Relaxed, a snapshot that is out of date as soon as it is read.
        field(self.0[word].load(Ordering::Relaxed), shift, DAY_MAX)
    }

    /// The count of live bookings.
    #[must_use]
    pub fn live(&self) -> u32 {
        // ORDERING: Relaxed, a snapshot that is out of date as soon as it is read.
        field(self.0[0].load(Ordering::Relaxed), LIVE_SHIFT, LIVE_MAX)
    }

    /// The places of days that are over become those of new ones.
    pub fn clear_days(&self, days: &DayBits) {
        for (word, bits) in self.0.iter().zip(days.0) {
            // ORDERING: Relaxed, no command counts for these places now: the roll-over waited for those that did.
            if word.load(Ordering::Relaxed) & bits != 0 {
                word.fetch_and(!bits, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(not(feature = "loom"))]
impl QuotaWords {
    /// The words as a snapshot keeps them.
    pub(super) fn put_row(&self, out: &mut Vec<u8>) {
        for word in &self.0 {
            // ORDERING: Relaxed, a snapshot is made of a state in which nobody else is at work.
            put!(out, word.load(Ordering::Relaxed));
        }
    }

    pub(super) fn of_row(row: &mut Fields<'_>) -> Result<Self, Malformed> {
        let words = Self::default();
        for word in &words.0 {
            // ORDERING: Relaxed, as in `put_row`.
            word.store(row.u64()?, Ordering::Relaxed);
        }
        Ok(words)
    }
}

/// The bits of some days' counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct DayBits([u64; WORDS]);

impl DayBits {
    /// Those of the days that have these places.
    #[must_use]
    pub fn of(places: impl Iterator<Item = u32>) -> Self {
        let mut bits = Self::default();
        for place in places {
            let (word, shift) = position(place);
            bits.0[word] |= DAY_MAX << shift;
        }
        bits
    }
}

#[inline]
const fn position(place: u32) -> (usize, u32) {
    if place < DAYS_IN_FIRST {
        return (0, place * DAY_BITS);
    }
    let later = place - DAYS_IN_FIRST;
    (1 + (later / DAYS_IN_OTHERS) as usize, later % DAYS_IN_OTHERS * DAY_BITS)
}

#[expect(clippy::cast_possible_truncation, reason = "masked to sixteen bits at most")]
#[inline]
const fn field(word: u64, shift: u32, max: u64) -> u32 {
    ((word >> shift) & max) as u32
}

/// Raises a day's count and the live one together, each below its limit.
#[inline]
fn raise(word: &AtomicU64, day: Option<(u32, u8)>, live: Option<u16>) -> Result<(), Exceeded> {
    // ORDERING: Relaxed throughout, the word is all there is to the count; what a booking does with it is ordered by the
    // queue of the lane.
    let mut before = word.load(Ordering::Relaxed);
    loop {
        let mut after = before;
        if let Some((shift, limit)) = day {
            let used = field(before, shift, DAY_MAX);
            if used >= u32::from(limit) {
                return Err(Exceeded::Day { used });
            }
            after += 1 << shift;
        }
        if let Some(limit) = live {
            let used = field(before, LIVE_SHIFT, LIVE_MAX);
            if used >= u32::from(limit) {
                return Err(Exceeded::Live { used });
            }
            after += 1 << LIVE_SHIFT;
        }
        if after == before {
            return Ok(());
        }
        #[cfg(feature = "planted-bugs")]
        if super::planted::is_on(super::planted::Bug::CheckThenAddQuota) {
            super::sync::yield_now();
            word.fetch_add(after - before, Ordering::Relaxed);
            return Ok(());
        }
        match word.compare_exchange_weak(before, after, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return Ok(()),
            Err(now) => before = now,
        }
    }
}

#[inline]
fn lower(word: &AtomicU64, shift: u32, max: u64) {
    // ORDERING: Relaxed, as in `raise`.
    let before = word.fetch_sub(1 << shift, Ordering::Relaxed);
    assert!(field(before, shift, max) > 0, "I4: a quota is given back that nobody took");
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_a_count_of_its_own() {
        let words = QuotaWords::default();
        let limits = DenseLimits { day: Some(63), live: None };
        for place in 0..29 {
            for _ in 0..=place {
                assert_eq!(words.take(place, limits), Ok(()));
            }
        }
        for place in 0..29 {
            assert_eq!(words.day(place), place + 1);
            words.clear_days(&DayBits::of(std::iter::once(place)));
            assert_eq!(words.day(place), 0);
        }
    }

    #[test]
    fn a_refusal_counts_nothing() {
        let words = QuotaWords::default();
        let limits = DenseLimits { day: Some(2), live: Some(3) };
        for place in [0, 20] {
            words.take(place, limits).expect("room");
        }
        words.take(20, limits).expect("room");
        assert_eq!(words.take(0, limits), Err(Exceeded::Live { used: 3 }));
        words.give_back_live();
        assert_eq!(words.take(20, limits), Err(Exceeded::Day { used: 2 }));
        assert_eq!((words.day(0), words.day(20), words.live()), (1, 2, 2));
    }
}
