//! A pitch-day: which units are claimed, which are closed, and how claims on it are decided without locks.
//!
//! One word holds 48 bits of claimed units, one `busy` bit and 15 bits of generation. A claim of consecutive units of one
//! leaf is one compare-and-swap. A claim over several leaves (a whole pitch) loads all, then takes them in ascending order
//! with `busy` set and clears `busy` after the last; a conflict rolls back what it took.
//!
//! Always (I1): a bit is set by one claim only and cleared only by whoever set it. Closing units bumps the generation, so a claim
//! that looked at the old mask fails its compare-and-swap and looks again. A refusal costs loads only.

use super::sync::{AtomicU32, AtomicU64, Ordering, yield_now};
use crate::domain::units::{UNITS_PER_DAY, UnitMask};

const BUSY: u64 = 1 << UNITS_PER_DAY;
const GENERATION_ONE: u64 = BUSY << 1;
const GENERATION_MASK: u64 = !(GENERATION_ONE - 1);
/// How often a claim that meets another's unfinished one yields and looks again before it refuses.
#[cfg(not(feature = "loom"))]
const LOOKS_MAX: u32 = 64;
#[cfg(feature = "loom")]
const LOOKS_MAX: u32 = 2;

/// The end of a list of bookings.
pub const NO_BOOKING: u32 = u32::MAX;
/// The end of a resident's list whose older bookings are forgotten.
pub const FORGOTTEN: u32 = u32::MAX - 1;

/// Why a claim was refused; nothing is held by it then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A unit is closed.
    Closed,
    /// Somebody has a unit, or is about to.
    Taken,
    /// Somebody's claim of other units was under way for too long; try again.
    Contended,
}

/// One leaf pitch on one day, on a cache line of its own.
#[repr(align(64))]
pub struct PitchDay {
    word: AtomicU64,
    closed: AtomicU64,
    /// The newest booking of a whole's day, at its first leaf: the head of a list that the committer alone writes.
    pub newest_booking: AtomicU32,
}

impl Default for PitchDay {
    fn default() -> Self {
        Self::new(UnitMask::ALL)
    }
}

impl PitchDay {
    #[must_use]
    pub fn new(closed: UnitMask) -> Self {
        Self {
            word: AtomicU64::new(0),
            closed: AtomicU64::new(closed.bits()),
            newest_booking: AtomicU32::new(NO_BOOKING),
        }
    }

    /// The units that are claimed now, by claims in flight too.
    #[must_use]
    pub fn claimed(&self) -> UnitMask {
        // ORDERING: Relaxed, a snapshot that is out of date as soon as it is read.
        UnitMask::from_bits(self.word.load(Ordering::Relaxed))
    }

    #[must_use]
    pub fn closed(&self) -> UnitMask {
        // ORDERING: Relaxed, a snapshot. A claim of places that goes by it loads its generation first, with Acquire (`SlotCount`).
        UnitMask::from_bits(self.closed.load(Ordering::Relaxed))
    }

    /// Closes and opens units: from here no claim goes by the old mask. What is claimed stays claimed. One caller at a time.
    pub fn set_closed(&self, closed: UnitMask) {
        self.closed.store(closed.bits(), Ordering::Relaxed);
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let bumped = (word & !GENERATION_MASK) | (word & GENERATION_MASK).wrapping_add(GENERATION_ONE);
            // ORDERING: Release publishes the mask to whoever loads the new generation (`look`).
            match self.word.compare_exchange_weak(word, bumped, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// The place of an old day becomes that of a new one: nothing is claimed, and what looked at the old day fails.
    /// After the commands that may have done so have ended.
    pub fn begin_day(&self, closed: UnitMask) {
        self.closed.store(closed.bits(), Ordering::Relaxed);
        self.newest_booking.store(NO_BOOKING, Ordering::Relaxed);
        let generation = self.word.load(Ordering::Relaxed) & GENERATION_MASK;
        // ORDERING: Release publishes the mask to whoever loads the new generation (`look`).
        self.word.store(generation.wrapping_add(GENERATION_ONE), Ordering::Release);
    }

    /// Claims units at replay, whatever the mask says now.
    ///
    /// # Errors
    /// `Taken` when one is claimed already (I1).
    pub fn replay(&self, units: UnitMask) -> Result<(), Refused> {
        // ORDERING: AcqRel as in `take`; at replay one thread is alone, and any ordering would do.
        let before = self.word.fetch_or(units.bits(), Ordering::AcqRel);
        if before & units.bits() != 0 { Err(Refused::Taken) } else { Ok(()) }
    }

    /// Whether a claim of these units would be refused now: loads only.
    ///
    /// # Errors
    /// Why.
    pub fn judge(&self, units: UnitMask) -> Result<(), Refused> {
        self.look(units).map(|_| ()).map_err(|(refused, _)| refused)
    }

    /// Loads the word, then the mask that goes with it, and judges.
    fn look(&self, units: UnitMask) -> Result<u64, (Refused, u64)> {
        // ORDERING: Acquire pairs with `set_closed`: a new generation comes with its mask; a claim that read an old
        // generation with either mask fails its compare-and-swap once the generation is bumped.
        let word = self.word.load(Ordering::Acquire);
        if self.closed.load(Ordering::Relaxed) & units.bits() != 0 {
            return Err((Refused::Closed, word));
        }
        if word & units.bits() != 0 {
            return Err((Refused::Taken, word));
        }
        Ok(word)
    }

    /// Takes units on this leaf, with `busy` where more leaves follow.
    fn take(&self, units: UnitMask, busy: u64) -> Result<(), Refused> {
        let mut looks = 0;
        loop {
            let in_the_way = match self.look(units) {
                Ok(word) if busy == 0 || word & BUSY == 0 => {
                    // ORDERING: AcqRel, what the last holder of these units wrote is seen by the new one.
                    let taken = word | units.bits() | busy;
                    if self.word.compare_exchange(word, taken, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                        return Ok(());
                    }
                    continue;
                }
                Ok(_) => Refused::Contended,
                // The other claim may yet roll back.
                Err((Refused::Taken, word)) if word & BUSY != 0 => Refused::Taken,
                Err((refused, _)) => return Err(refused),
            };
            looks += 1;
            if looks > LOOKS_MAX {
                return Err(in_the_way);
            }
            yield_now();
        }
    }

    /// Gives back units that the caller claimed.
    ///
    /// # Panics
    /// When a unit is not claimed: somebody frees what is not theirs (I1).
    pub fn free(&self, units: UnitMask) {
        self.give_back(units, 0);
    }

    /// Undoes `take`, with the same `busy`.
    fn give_back(&self, units: UnitMask, busy: u64) {
        // ORDERING: Release publishes what the holder wrote to the next one.
        let before = self.word.fetch_and(!(units.bits() | busy), Ordering::AcqRel);
        assert!(UnitMask::from_bits(before).contains(units), "I1: units are freed that nobody holds");
    }
}

/// Claims the same units on all of these leaves, or none. Leaves are given in ascending order by every caller.
///
/// # Errors
/// Why it was refused; nothing is held then.
///
/// # Panics
/// When a leaf that was just taken is found without its bits (I1).
pub fn claim(leaves: &[PitchDay], units: UnitMask) -> Result<(), Refused> {
    if let [leaf] = leaves {
        return leaf.take(units, 0);
    }
    // What is closed or finally taken anywhere refuses before anything is touched; closed is answered before taken.
    let mut looked = Ok(());
    for leaf in leaves {
        match leaf.look(units) {
            Err((Refused::Taken, word)) if word & BUSY != 0 => {}
            Err((Refused::Closed, _)) => return Err(Refused::Closed),
            Err((refused, _)) => looked = Err(refused),
            Ok(_) => {}
        }
    }
    looked?;
    for (index, leaf) in leaves.iter().enumerate() {
        if let Err(refused) = leaf.take(units, BUSY) {
            for taken in leaves.iter().take(index) {
                taken.give_back(units, BUSY);
            }
            return Err(refused);
        }
    }
    for leaf in leaves {
        // ORDERING: Release, the claim is whole for whoever sees `busy` gone.
        leaf.word.fetch_and(!BUSY, Ordering::Release);
    }
    Ok(())
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;

    const EVENING: UnitMask = UnitMask::from_bits(0b11 << 38);

    #[test]
    fn a_whole_is_closed_when_a_part_is_and_another_is_taken() {
        let leaves = [PitchDay::new(UnitMask::EMPTY), PitchDay::new(EVENING)];
        assert_eq!(claim(&leaves[..1], EVENING), Ok(()));
        assert_eq!(claim(&leaves, EVENING), Err(Refused::Closed));
    }

    #[test]
    fn a_whole_is_refused_when_a_part_is_taken_and_holds_nothing_then() {
        let leaves = [PitchDay::new(UnitMask::EMPTY), PitchDay::new(UnitMask::EMPTY)];
        assert_eq!(claim(&leaves[1..], EVENING), Ok(()));
        assert_eq!(claim(&leaves, EVENING), Err(Refused::Taken));
        assert!(leaves[0].claimed().is_empty());
        leaves[1].free(EVENING);
        assert_eq!(claim(&leaves, EVENING), Ok(()));
        assert_eq!(claim(&leaves[..1], EVENING), Err(Refused::Taken));
    }

    #[test]
    fn closed_units_are_refused_and_generations_wrap() {
        let leaf = PitchDay::new(EVENING);
        assert_eq!(claim(std::slice::from_ref(&leaf), EVENING), Err(Refused::Closed));
        for _ in 0..(1 << 15) + 1 {
            leaf.set_closed(UnitMask::EMPTY);
        }
        assert!(leaf.claimed().is_empty());
        assert_eq!(claim(std::slice::from_ref(&leaf), EVENING), Ok(()));
    }

    #[test]
    #[should_panic(expected = "I1")]
    fn freeing_what_nobody_holds_ends_the_process() {
        PitchDay::new(UnitMask::EMPTY).free(EVENING);
    }
}
