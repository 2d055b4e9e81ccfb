//! A line that has begun to move: who stands where, and how far it has come.

use std::sync::Arc;

use super::turns::Turns;
use crate::domain::draw::Seed;
use crate::domain::time::UtcMillis;

/// The order of those who came early.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Order {
    /// By place, the number.
    pub(super) numbers: Vec<u32>,
    /// By number, the place.
    pub(super) places: Vec<u32>,
}

/// A line that has begun to move.
pub(super) struct Opened {
    pub(super) at: UtcMillis,
    pub(super) seed: Seed,
    pub(super) early: u32,
    pub(super) order: Arc<Order>,
    pub(super) served: u32,
    pub(super) turns: Turns,
    /// By place, a bit each: who left before it was his turn.
    pub(super) gone: Vec<u64>,
}

impl Order {
    /// The order that a seed gives.
    #[must_use]
    pub(in crate::engine) fn of(seed: &Seed, early: u32) -> Self {
        let numbers = crate::domain::queue::order(seed, early);
        let mut places = vec![0; numbers.len()];
        for (number, place) in numbers.iter().zip(1u32..) {
            if let Some(at) = places.get_mut(index(*number)) {
                *at = place;
            }
        }
        Self { numbers, places }
    }
}

/// Where what is counted from 1 stands in a list.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1)
}

pub(super) fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

impl Opened {
    pub(super) fn place_of(&self, number: u32) -> u32 {
        self.order.places.get(index(number)).copied().unwrap_or(number)
    }

    pub(super) fn number_at(&self, place: u32) -> u32 {
        self.order.numbers.get(index(place)).copied().unwrap_or(place)
    }

    pub(super) fn note_gone(&mut self, place: u32) {
        let at = index(place);
        if at / 64 >= self.gone.len() {
            self.gone.resize(at / 64 + 1, 0);
        }
        if let Some(word) = self.gone.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// How many wait between those who were served and a place.
    pub(super) fn before(&self, place: u32) -> u32 {
        let (from, to) = (index(self.served + 1), index(place));
        if to <= from {
            return 0;
        }
        let words = self.gone.iter().enumerate().skip(from / 64).take(to / 64 - from / 64 + 1);
        let gone: u32 = words
            .map(|(no, word)| {
                let begin = if no == from / 64 { u64::MAX << (from % 64) } else { u64::MAX };
                let end = if no == to / 64 { !(u64::MAX << (to % 64)) } else { u64::MAX };
                (word & begin & end).count_ones()
            })
            .sum();
        count(to - from) - gone
    }
}
