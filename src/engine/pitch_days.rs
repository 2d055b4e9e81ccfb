//! Where the days of all pitches lie: leaf by leaf for what is claimed by units, slot by slot for sessions.
//!
//! The place is computed, not looked up. The ring has one place more than days are open, so that a day that is over still
//! has a place of its own while the new one begins.

use std::ops::Range;
use std::sync::OnceLock;

use super::session::{Places, Seller, SlotCount};
use super::word::{self, PitchDay, Refused};
use super::{session, sync};
use crate::domain::catalogue::{LEAVES_PER_BLOCK, Pitch, PitchKind};
use crate::domain::ids::PitchNo;
use crate::domain::time::LocalDay;
use crate::domain::units::{UNITS_PER_DAY, UnitMask, UnitSpan};

/// How many leaves a city may have.
const LEAVES_MAX: u32 = 1 << 20;
const SESSIONS_PER_BLOCK: u32 = 64;
const SLOTS: usize = UNITS_PER_DAY as usize;

/// The days of all pitches.
pub struct PitchDays {
    ring: u32,
    leaves: Box<[OnceLock<Box<[PitchDay]>>]>,
    sessions: Box<[OnceLock<Box<[SlotCount]>>]>,
}

/// A pitch on a day: what a claim needs.
#[derive(Clone, Copy)]
pub struct OnDay<'a> {
    pitch: &'a Pitch,
    leaves: &'a [PitchDay],
    /// All slots of a session; empty for the other kinds.
    slots: &'a [SlotCount],
}

impl PitchDays {
    /// Places for so many open days after today.
    #[must_use]
    pub fn new(days_ahead: u8) -> Self {
        let blocks = |count: u32| (0..count).map(|_| OnceLock::new()).collect();
        let leaf_blocks = (0..LEAVES_MAX / LEAVES_PER_BLOCK).map(|_| OnceLock::new()).collect();
        Self {
            ring: u32::from(days_ahead) + 2,
            leaves: leaf_blocks,
            sessions: blocks(LEAVES_MAX / SESSIONS_PER_BLOCK),
        }
    }

    /// How many days have places.
    #[must_use]
    pub fn ring(&self) -> u32 {
        self.ring
    }

    fn place(&self, day: LocalDay) -> usize {
        #[expect(clippy::cast_possible_wrap, reason = "the ring has 30 places at most")]
        let place = day.get().rem_euclid(self.ring as i32);
        place.unsigned_abs() as usize
    }

    /// The leaves of a pitch on a day, or nothing when the city has no room for them.
    fn leaves(&self, leaves: &Range<u32>, day: LocalDay) -> Option<&[PitchDay]> {
        let per_block = LEAVES_PER_BLOCK as usize;
        let block = self.leaves.get(leaves.start as usize / per_block)?;
        let block =
            block.get_or_init(|| (0..self.ring as usize * per_block).map(|_| PitchDay::default()).collect());
        let first = self.place(day) * per_block + leaves.start as usize % per_block;
        block.get(first..first + leaves.len())
    }

    fn slots(&self, session: u32, day: LocalDay) -> Option<&[SlotCount]> {
        let block = self.sessions.get((session / SESSIONS_PER_BLOCK) as usize)?;
        let per_day = SESSIONS_PER_BLOCK as usize * SLOTS;
        let block =
            block.get_or_init(|| (0..self.ring as usize * per_day).map(|_| SlotCount::default()).collect());
        let first = self.place(day) * per_day + (session % SESSIONS_PER_BLOCK) as usize * SLOTS;
        block.get(first..first + SLOTS)
    }

    /// A pitch on a day. The day must be one that has a place: the caller looked at the open days.
    #[must_use]
    pub fn on<'a>(&'a self, pitch: &'a Pitch, day: LocalDay) -> Option<OnDay<'a>> {
        let slots = match pitch.kind {
            PitchKind::Session { session, .. } => self.slots(session, day)?,
            PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => &[],
        };
        Some(OnDay { pitch, leaves: self.leaves(&pitch.leaves, day)?, slots })
    }

    /// Bytes of memory that the days take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let leaves = self.leaves.iter().filter_map(OnceLock::get).map(|block| size_of_val(&**block));
        let sessions = self.sessions.iter().filter_map(OnceLock::get).map(|block| size_of_val(&**block));
        leaves.sum::<usize>() + sessions.sum::<usize>()
    }
}

/// Who claims, and what is kept from him. It matters for sessions only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale {
    pub seller: Seller,
    /// How many places of each slot are sold at the counter only.
    pub kept: u16,
    /// The most places that may be sold, where that is less than the capacity.
    pub at_most: u16,
}

impl Sale {
    /// Sold online, with nothing kept for the counter.
    pub const ONLINE: Self = Self { seller: Seller::Online, kept: 0, at_most: u16::MAX };
}

impl<'a> OnDay<'a> {
    /// Claims a span for a party, or nothing of it.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn claim(&self, span: UnitSpan, party_size: u16, sale: Sale) -> Result<(), Refused> {
        match self.places(party_size, sale) {
            Some(places) => session::claim(&self.leaves[0], self.slots_of(span), span.mask(), places),
            None => word::claim(self.leaves, span.mask()),
        }
    }

    /// Gives back what a booking had. By whoever won the booking's state.
    pub fn free(&self, span: UnitSpan, party_size: u16, seller: Seller) {
        match self.pitch.kind {
            PitchKind::Session { .. } => session::free(self.slots_of(span), party_size, seller),
            PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => self.free_units(span.mask()),
        }
    }

    /// Whether a span is open, whoever has it.
    ///
    /// # Errors
    /// `Closed` when it isn't.
    pub fn check_open(&self, span: UnitSpan) -> Result<(), Refused> {
        if self.is_closed(span) { Err(Refused::Closed) } else { Ok(()) }
    }

    /// Claims half hours of a pitch that is no session, or none of them.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn claim_units(&self, units: UnitMask) -> Result<(), Refused> {
        if units.is_empty() { Ok(()) } else { word::claim(self.leaves, units) }
    }

    /// Gives half hours back. By whoever won the booking's state.
    pub fn free_units(&self, units: UnitMask) {
        for leaf in self.leaves {
            leaf.free(units);
        }
    }

    /// Whether a claim would be refused now: loads only.
    ///
    /// # Errors
    /// Why.
    pub fn judge(&self, span: UnitSpan, party_size: u16, sale: Sale) -> Result<(), Refused> {
        if let Some(places) = self.places(party_size, sale) {
            if self.leaves[0].closed().overlaps(span.mask()) {
                return Err(Refused::Closed);
            }
            let has_room = self.slots_of(span).iter().all(|slot| slot.has_room(places));
            return if has_room { Ok(()) } else { Err(Refused::Taken) };
        }
        let mut taken = Ok(());
        for leaf in self.leaves {
            match leaf.judge(span.mask()) {
                // Closed is answered before taken, wherever either stands.
                Err(Refused::Closed) => return Err(Refused::Closed),
                Err(other) => taken = Err(other),
                Ok(()) => {}
            }
        }
        taken
    }

    /// Claims at replay, whatever the hours and closures say now.
    ///
    /// # Errors
    /// When it is somebody else's (I1).
    pub fn replay(&self, span: UnitSpan, party_size: u16, seller: Seller) -> Result<(), Refused> {
        if let PitchKind::Session { capacity_ever, .. } = self.pitch.kind {
            let mut slots = self.slots_of(span).iter();
            return slots.try_for_each(|slot| slot.replay(party_size, capacity_ever, seller));
        }
        self.replay_units(span.mask())
    }

    /// Claims half hours at replay.
    ///
    /// # Errors
    /// When one is somebody else's (I1).
    pub fn replay_units(&self, units: UnitMask) -> Result<(), Refused> {
        self.leaves.iter().try_for_each(|leaf| leaf.replay(units))
    }

    /// How many places are left in a slot online, with so many kept for the counter: 1 or 0 for what is not a session.
    #[must_use]
    pub fn left(&self, slot: UnitSpan, kept: u16) -> u16 {
        if let PitchKind::Session { capacity, .. } = self.pitch.kind {
            return self.slots_of(slot).iter().map(|slot| slot.left(capacity, kept)).min().unwrap_or(0);
        }
        u16::from(!self.leaves.iter().any(|leaf| leaf.claimed().overlaps(slot.mask())))
    }

    /// Whether a half hour of a slot is closed on any leaf.
    #[must_use]
    pub fn is_closed(&self, slot: UnitSpan) -> bool {
        self.leaves.iter().any(|leaf| leaf.closed().overlaps(slot.mask()))
    }

    /// The leaves, in the order of the pitch's range.
    #[must_use]
    pub fn leaves(&self) -> &'a [PitchDay] {
        self.leaves
    }

    /// The slots that a session's day has.
    #[must_use]
    pub fn slots(&self) -> &'a [SlotCount] {
        &self.slots[..self.slots.len().min(usize::from(self.pitch.grid.slots_per_day()))]
    }

    /// The head of the list of a whole's bookings on this day.
    #[must_use]
    pub fn newest_booking(&self) -> &'a sync::AtomicU32 {
        &self.leaves[0].newest_booking
    }

    fn places(&self, places: u16, sale: Sale) -> Option<Places> {
        match self.pitch.kind {
            PitchKind::Session { capacity, .. } => Some(Places {
                places,
                capacity: capacity.min(sale.at_most),
                kept: sale.kept,
                seller: sale.seller,
            }),
            PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => None,
        }
    }

    fn slots_of(&self, span: UnitSpan) -> &'a [SlotCount] {
        let grid = self.pitch.grid;
        let first = usize::from(grid.slot_index(span));
        let count = usize::from(span.count() / grid.slot_units());
        // A span off the grid would be a claim of nothing (I1): requests are judged before, so this is a bug.
        assert!(grid.slots_in(span).is_some(), "I1: a span off the grid");
        &self.slots[first..first + count]
    }

    /// The pitch.
    #[must_use]
    pub fn pitch_no(&self) -> PitchNo {
        self.pitch.no
    }
}
