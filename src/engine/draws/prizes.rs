//! What entries got, and what became of it.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

use super::list::SealedList;
use crate::domain::draw::{Outcome, Seed};
use crate::domain::ids::BookingNo;
use crate::domain::time::UtcMillis;

/// What is known to all of a draw that was made.
pub struct PublicDraw {
    pub seed: Seed,
    pub value: Box<str>,
    pub outcome: Arc<Outcome>,
    pub at: UtcMillis,
    /// The file that is published, once somebody has asked for it: of a million entries it is large, and never another.
    pub file: OnceLock<Arc<[u8]>>,
}

impl std::fmt::Debug for PublicDraw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicDraw").field("value", &self.value).field("at", &self.at).finish_non_exhaustive()
    }
}

/// What an entry has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prize {
    /// Nothing so far.
    Reserve,
    /// An option, whose hold is to be placed.
    Due(u32),
    /// A hold, or what became of it.
    Held { option: u32, booking: BookingNo },
    /// What it got could not be given to it.
    Lapsed,
}

/// A draw that was made, and how far its prizes are given.
pub struct Drawn {
    pub(in crate::engine) public: Arc<PublicDraw>,
    prizes: Vec<Prize>,
    /// The place of each entry in the order of the draw.
    places: Vec<u32>,
    /// Of each place, how many before it are in reserve after the draw.
    reserve_before: Vec<u32>,
    /// The places that were in reserve and are not any more.
    moved_up: BTreeSet<u32>,
    /// The holds that were placed.
    given: HashSet<BookingNo>,
    due: usize,
    looks_at_reserve: bool,
}

fn index(no: u32) -> usize {
    usize::try_from(no).unwrap_or(usize::MAX)
}

impl Drawn {
    pub(super) fn new(public: Arc<PublicDraw>) -> Self {
        let outcome = &public.outcome;
        let mut prizes = vec![Prize::Reserve; outcome.order.len()];
        let mut places = vec![0; outcome.order.len()];
        let mut reserve_before = Vec::with_capacity(outcome.order.len());
        let (mut due, mut reserve) = (0, 0);
        for ((entry, won), place) in outcome.order.iter().zip(&outcome.won).zip(0..) {
            if let (Some(prize), Some(of)) = (prizes.get_mut(index(*entry)), places.get_mut(index(*entry))) {
                *prize = won.map_or(Prize::Reserve, Prize::Due);
                *of = place;
            }
            reserve_before.push(reserve);
            due += usize::from(won.is_some());
            reserve += u32::from(won.is_none());
        }
        let (moved_up, given) = (BTreeSet::new(), HashSet::new());
        Self { public, prizes, places, reserve_before, moved_up, given, due, looks_at_reserve: true }
    }

    pub(in crate::engine) fn prize(&self, entry: u32) -> Option<Prize> {
        self.prizes.get(index(entry)).copied()
    }

    pub(in crate::engine) fn prizes(&self) -> &[Prize] {
        &self.prizes
    }

    /// Whether a booking began as a prize.
    pub(in crate::engine) fn has_given(&self, booking: BookingNo) -> bool {
        self.given.contains(&booking)
    }

    /// Whether some holds are still to be placed.
    pub(in crate::engine) const fn has_due(&self) -> bool {
        self.due > 0
    }

    /// Whether an entry may get this option: it has won it, or waits in reserve.
    pub(super) fn may_get(&self, entry: u32, option: u32) -> bool {
        match self.prize(entry) {
            Some(Prize::Due(due)) => due == option,
            Some(Prize::Reserve) => true,
            Some(Prize::Held { .. } | Prize::Lapsed) | None => false,
        }
    }

    pub(in crate::engine) fn give(&mut self, entry: u32, option: u32, booking: BookingNo) {
        self.set(entry, Prize::Held { option, booking });
    }

    /// What an entry got can't be given to it: others may.
    pub(in crate::engine) fn lapse(&mut self, entry: u32) {
        self.set(entry, Prize::Lapsed);
        self.looks_at_reserve = true;
    }

    pub(in crate::engine) fn set(&mut self, entry: u32, prize: Prize) {
        let place = self.places.get(index(entry)).copied();
        let Some((was, place)) = self.prizes.get_mut(index(entry)).zip(place) else { return };
        match was {
            Prize::Due(_) => self.due -= 1,
            Prize::Reserve => {
                self.moved_up.insert(place);
            }
            Prize::Held { .. } | Prize::Lapsed => {}
        }
        *was = prize;
        if let Prize::Held { booking, .. } = prize {
            self.given.insert(booking);
        }
    }

    pub(in crate::engine) fn look_at_reserve(&mut self) {
        self.looks_at_reserve = true;
    }

    /// Whether the reserve is to be looked at, told once.
    pub(in crate::engine) fn take_look(&mut self) -> bool {
        std::mem::take(&mut self.looks_at_reserve)
    }

    /// How many are before an entry of the reserve, itself counted.
    pub(in crate::engine) fn rank_in_reserve(&self, entry: u32) -> Option<u32> {
        let place = *self.places.get(index(entry))?;
        let before = *self.reserve_before.get(index(place))?;
        let moved_up = u32::try_from(self.moved_up.range(..place).count()).unwrap_or(u32::MAX);
        Some(before.saturating_sub(moved_up) + 1)
    }

    /// The entries whose holds are to be placed, in the order of the draw, from a place in it on.
    pub(in crate::engine) fn due_from(&self, place: usize) -> impl Iterator<Item = (usize, u32, u32)> + '_ {
        let order = self.public.outcome.order.iter().enumerate().skip(place);
        order.filter_map(|(place, entry)| match self.prize(*entry) {
            Some(Prize::Due(option)) => Some((place, *entry, option)),
            Some(Prize::Reserve | Prize::Held { .. } | Prize::Lapsed) | None => None,
        })
    }

    /// Whom of the reserve something can be given that is left, in order, each with his dearest option.
    pub(in crate::engine) fn served(
        &self,
        sealed: &SealedList,
        left: &mut [u16],
        most: usize,
    ) -> Vec<(u32, u32)> {
        let reserve =
            self.public.outcome.order.iter().filter(|entry| self.prize(**entry) == Some(Prize::Reserve));
        reserve.filter_map(|entry| Some((*entry, sealed.list.give(*entry, left)?))).take(most).collect()
    }
}
