//! A session's slot: how many of its places are sold, and how claims on them are decided without locks.
//!
//! One word holds 16 bits of sold places and 16 bits of generation. Always (I1): a claim adds only below the capacity, by
//! compare-and-swap, never add-then-check; closing bumps the generation, so a claim that looked at the old mask looks again.

use super::sync::{AtomicU32, Ordering};
use super::word::{PitchDay, Refused};
use crate::domain::units::UnitMask;

const SOLD_MASK: u32 = 0xffff;
const GENERATION_ONE: u32 = 0x1_0000;

/// One slot of a session on one day.
pub struct SlotCount(AtomicU32);

impl Default for SlotCount {
    fn default() -> Self {
        Self(AtomicU32::new(0))
    }
}

/// So many places of a session, in each of its slots that the units cover.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    pub places: u16,
    pub capacity: u16,
}

impl SlotCount {
    /// The places that are sold or being sold now.
    #[must_use]
    pub fn sold(&self) -> u16 {
        // ORDERING: Relaxed, a snapshot that is out of date as soon as it is read.
        sold(self.0.load(Ordering::Relaxed))
    }

    fn take(&self, day: &PitchDay, units: UnitMask, wanted: Places) -> Result<(), Refused> {
        // ORDERING: Acquire pairs with the Release in `bump`: a new generation comes with its mask, and an old one fails below.
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            if day.closed().overlaps(units) {
                return Err(Refused::Closed);
            }
            if u32::from(sold(word)) + u32::from(wanted.places) > u32::from(wanted.capacity) {
                return Err(Refused::Taken);
            }
            // ORDERING: AcqRel, what the last holder of these places wrote is seen by the new one.
            match self.0.compare_exchange_weak(
                word,
                word + u32::from(wanted.places),
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
    fn give_back(&self, places: u16) {
        // ORDERING: Release publishes what the holder wrote to the next one.
        let before = self.0.fetch_sub(u32::from(places), Ordering::AcqRel);
        assert!(sold(before) >= places, "I1: places are freed that nobody holds");
    }

    /// From here no claim goes by what it looked at before. After the day's mask was set.
    pub fn bump(&self) {
        // ORDERING: Release publishes the mask to whoever loads the new generation (`take`).
        self.0.fetch_add(GENERATION_ONE, Ordering::AcqRel);
    }

    /// The place of an old day becomes that of a new one, with nothing sold.
    pub fn begin_day(&self) {
        // ORDERING: Relaxed, nobody claims here now: the roll-over waited for those that did. Release publishes the mask,
        // which was set before, to whoever loads the new generation (`take`).
        let word = self.0.load(Ordering::Relaxed);
        self.0.store((word & !SOLD_MASK).wrapping_add(GENERATION_ONE), Ordering::Release);
    }

    /// Sells places at replay, whatever the day's mask says now.
    ///
    /// # Errors
    /// `Taken` when they are over the capacity (I1).
    pub fn replay(&self, wanted: Places) -> Result<(), Refused> {
        // ORDERING: AcqRel as in `take`; at replay one thread is alone, and any ordering would do.
        let before = self.0.fetch_add(u32::from(wanted.places), Ordering::AcqRel);
        let after = u32::from(sold(before)) + u32::from(wanted.places);
        if after > u32::from(wanted.capacity) { Err(Refused::Taken) } else { Ok(()) }
    }
}

const fn sold(word: u32) -> u16 {
    (word & SOLD_MASK) as u16
}

/// Claims places in all of these slots, or in none.
///
/// # Errors
/// Why it was refused; nothing is held then.
pub fn claim(day: &PitchDay, slots: &[SlotCount], units: UnitMask, wanted: Places) -> Result<(), Refused> {
    for (index, slot) in slots.iter().enumerate() {
        if let Err(refused) = slot.take(day, units, wanted) {
            free(&slots[..index], wanted.places);
            return Err(refused);
        }
    }
    Ok(())
}

/// Gives back places in all of these slots.
///
/// # Panics
/// When they are not held (I1).
pub fn free(slots: &[SlotCount], places: u16) {
    for slot in slots {
        slot.give_back(places);
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
        let wanted = |places| Places { places, capacity: 10 };
        assert_eq!(claim(&day, &slots[1..], UNITS, wanted(8)), Ok(()));
        assert_eq!(claim(&day, &slots, UNITS, wanted(3)), Err(Refused::Taken));
        assert_eq!(slots.each_ref().map(SlotCount::sold), [0, 8]);
        assert_eq!(claim(&day, &slots, UNITS, wanted(2)), Ok(()));
        assert_eq!(claim(&day, &slots[1..], UNITS, wanted(1)), Err(Refused::Taken));
        free(&slots, 2);
        assert_eq!(slots.each_ref().map(SlotCount::sold), [0, 8]);
    }

    #[test]
    fn closing_refuses_and_keeps_what_is_sold() {
        let day = PitchDay::new(UnitMask::EMPTY);
        let slots = [SlotCount::default()];
        let wanted = Places { places: 2, capacity: 10 };
        assert_eq!(claim(&day, &slots, UNITS, wanted), Ok(()));
        day.set_closed(UNITS);
        for _ in 0..0x1_0001 {
            slots[0].bump();
        }
        assert_eq!(claim(&day, &slots, UNITS, wanted), Err(Refused::Closed));
        assert_eq!(slots[0].sold(), 2);
    }
}
