//! A session's slot: how many of its places are sold, and how claims on them are decided without locks.
//!
//! One word holds 16 bits of places sold online, 16 of places sold at the counter and 32 of generation. Always (I1): a claim adds
//! only below its bound, by compare-and-swap, never add-then-check; closing bumps the generation, so a claim that looked at the
//! old mask looks again.

use super::sync::{AtomicU64, Ordering};
use super::word::{PitchDay, Refused};
use crate::domain::units::UnitMask;

const SOLD_MASK: u64 = 0xffff;
const COUNTER_SHIFT: u32 = 16;
const GENERATION_ONE: u64 = 1 << 32;
const ALL_SOLD_MASK: u64 = GENERATION_ONE - 1;

/// One slot of a session on one day.
pub struct SlotCount(AtomicU64);

impl Default for SlotCount {
    fn default() -> Self {
        Self(AtomicU64::new(0))
    }
}

/// Who sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seller {
    Online,
    Counter,
}

/// So many places of a session, in each of its slots that the units cover.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub places: u16,
    pub capacity: u16,
    /// How many of the capacity are sold at the counter only.
    pub kept: u16,
    pub seller: Seller,
}

impl Places {
    /// Places sold online, where none are kept.
    #[must_use]
    pub const fn online(places: u16, capacity: u16) -> Self {
        Self { places, capacity, kept: 0, seller: Seller::Online }
    }

    fn fit(self, word: u64) -> bool {
        let (online, counter) = (u32::from(sold_online(word)), u32::from(sold_at_counter(word)));
        let taken = match self.seller {
            Seller::Online => online + counter.max(self.kept.into()),
            Seller::Counter => online + counter,
        };
        taken + u32::from(self.places) <= u32::from(self.capacity)
    }

    fn bits(self) -> u64 {
        u64::from(self.places) << shift(self.seller)
    }
}

const fn shift(seller: Seller) -> u32 {
    match seller {
        Seller::Online => 0,
        Seller::Counter => COUNTER_SHIFT,
    }
}

impl SlotCount {
    /// The places that are sold or being sold now, by whomever.
    #[must_use]
    pub fn sold(&self) -> u16 {
        // ORDERING: Relaxed, a snapshot that is out of date as soon as it is read.
        let word = self.0.load(Ordering::Relaxed);
        sold_online(word).saturating_add(sold_at_counter(word))
    }

    /// How many places are left online, of a capacity of which so many are kept for the counter.
    #[must_use]
    pub fn left(&self, capacity: u16, kept: u16) -> u16 {
        // ORDERING: Relaxed, as in `sold`.
        let word = self.0.load(Ordering::Relaxed);
        capacity.saturating_sub(sold_online(word)).saturating_sub(sold_at_counter(word).max(kept))
    }

    /// Whether these places would be refused now.
    #[must_use]
    pub fn has_room(&self, wanted: Places) -> bool {
        // ORDERING: Relaxed, as in `sold`.
        wanted.fit(self.0.load(Ordering::Relaxed))
    }

    fn take(&self, day: &PitchDay, units: UnitMask, wanted: Places) -> Result<(), Refused> {
        // ORDERING: Acquire pairs with the Release in `bump`: a new generation comes with its mask, and an old one fails below.
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            if day.closed().overlaps(units) {
                return Err(Refused::Closed);
            }
            if !wanted.fit(word) {
                return Err(Refused::Taken);
            }
            // ORDERING: AcqRel, what the last holder of these places wrote is seen by the new one.
            match self.0.compare_exchange_weak(
                word,
                word + wanted.bits(),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// Gives back places that the caller claimed.
    ///
    /// # Panics
    /// When fewer are sold: somebody frees what is not theirs (I1).
    fn give_back(&self, places: u16, seller: Seller) {
        // ORDERING: Release publishes what the holder wrote to the next one.
        let before = self.0.fetch_sub(u64::from(places) << shift(seller), Ordering::AcqRel);
        let sold = match seller {
            Seller::Online => sold_online(before),
            Seller::Counter => sold_at_counter(before),
        };
        assert!(sold >= places, "I1: places are freed that nobody holds");
    }

    /// The places sold online and at the counter, in one word.
    pub(super) fn sales(&self) -> u32 {
        // ORDERING: Relaxed, asked where nobody else is at work.
        (self.0.load(Ordering::Relaxed) & ALL_SOLD_MASK) as u32
    }

    /// Sets what is sold of a new day, as a snapshot has it.
    pub(super) fn set_sales(&self, sales: u32) {
        // ORDERING: Relaxed, as in `sales`.
        self.0.fetch_or(sales.into(), Ordering::Relaxed);
    }

    /// From here no claim goes by what it looked at before. After the day's mask was set.
    pub fn bump(&self) {
        // ORDERING: AcqRel pairs with the Acquire in `take`: who sees the new generation sees its mask.
        self.0.fetch_add(GENERATION_ONE, Ordering::AcqRel);
    }

    /// The place of an old day becomes that of a new one, with nothing sold.
    pub fn begin_day(&self) {
        // ORDERING: Relaxed, nobody claims here now; Release as in `bump`.
        let word = self.0.load(Ordering::Relaxed);
        self.0.store((word & !ALL_SOLD_MASK).wrapping_add(GENERATION_ONE), Ordering::Release);
    }

    /// Sells places at replay, whatever the day's mask says now and whatever is kept.
    ///
    /// # Errors
    /// `Taken` when they are over the capacity (I1).
    pub fn replay(&self, places: u16, capacity: u16, seller: Seller) -> Result<(), Refused> {
        // ORDERING: AcqRel, as in `take`.
        let before = self.0.fetch_add(u64::from(places) << shift(seller), Ordering::AcqRel);
        let after = u32::from(sold_online(before)) + u32::from(sold_at_counter(before)) + u32::from(places);
        if after > u32::from(capacity) { Err(Refused::Taken) } else { Ok(()) }
    }
}

const fn sold_online(word: u64) -> u16 {
    (word & SOLD_MASK) as u16
}

const fn sold_at_counter(word: u64) -> u16 {
    (word >> COUNTER_SHIFT & SOLD_MASK) as u16
}

/// Claims places in all of these slots, or in none.
///
/// # Errors
/// Why it was refused; nothing is held then.
pub fn claim(day: &PitchDay, slots: &[SlotCount], units: UnitMask, wanted: Places) -> Result<(), Refused> {
    for (index, slot) in slots.iter().enumerate() {
        if let Err(refused) = slot.take(day, units, wanted) {
            free(&slots[..index], wanted.places, wanted.seller);
            return Err(refused);
        }
    }
    Ok(())
}

/// Gives back places in all of these slots.
///
/// # Panics
/// When they are not held (I1).
pub fn free(slots: &[SlotCount], places: u16, seller: Seller) {
    for slot in slots {
        slot.give_back(places, seller);
    }
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;

    const UNITS: UnitMask = UnitMask::from_bits(0b1111);

    #[test]
    fn places_are_sold_up_to_the_capacity_and_a_refusal_holds_nothing() {
        let day = PitchDay::new(UnitMask::EMPTY);
        let slots = [SlotCount::default(), SlotCount::default()];
        let wanted = |places| Places::online(places, 10);
        assert_eq!(claim(&day, &slots[1..], UNITS, wanted(8)), Ok(()));
        assert_eq!(claim(&day, &slots, UNITS, wanted(3)), Err(Refused::Taken));
        assert_eq!(slots.each_ref().map(SlotCount::sold), [0, 8]);
        assert_eq!(claim(&day, &slots, UNITS, wanted(2)), Ok(()));
        assert_eq!(claim(&day, &slots[1..], UNITS, wanted(1)), Err(Refused::Taken));
        free(&slots, 2, Seller::Online);
        assert_eq!(slots.each_ref().map(SlotCount::sold), [0, 8]);
    }

    #[test]
    fn the_counter_has_its_share_and_may_sell_the_rest_too() {
        let day = PitchDay::new(UnitMask::EMPTY);
        let slots = [SlotCount::default()];
        let wanted = |places, seller| Places { places, capacity: 10, kept: 3, seller };
        let take = |places, seller| claim(&day, &slots, UNITS, wanted(places, seller));
        assert_eq!(take(8, Seller::Online), Err(Refused::Taken));
        assert_eq!(take(7, Seller::Online), Ok(()));
        assert_eq!((slots[0].left(10, 3), slots[0].sold()), (0, 7));
        assert_eq!(take(3, Seller::Counter), Ok(()));
        assert_eq!(take(1, Seller::Counter), Err(Refused::Taken));
        free(&slots, 4, Seller::Online);
        assert_eq!(take(2, Seller::Counter), Ok(()), "what nobody wanted online");
        assert_eq!(slots[0].left(10, 3), 2);
    }

    #[test]
    fn closing_refuses_and_keeps_what_is_sold() {
        let day = PitchDay::new(UnitMask::EMPTY);
        let slots = [SlotCount::default()];
        let wanted = Places::online(2, 10);
        assert_eq!(claim(&day, &slots, UNITS, wanted), Ok(()));
        day.set_closed(UNITS);
        for _ in 0..0x1_0001 {
            slots[0].bump();
        }
        assert_eq!(claim(&day, &slots, UNITS, wanted), Err(Refused::Closed));
        assert_eq!(slots[0].sold(), 2);
    }
}
