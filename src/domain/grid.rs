//! The grid of slots in a day: where they begin and how long they are.

use serde::{Deserialize, Serialize};

use super::units::{UNITS_PER_DAY, UnitSpan};

/// The longest slot: 240 minutes.
pub const SLOT_UNITS_MAX: u8 = 8;

/// Slots of equal length, the first at the anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u8, u8)", into = "(u8, u8)")]
pub struct SlotGrid {
    slot_units: u8,
    anchor: u8,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "slots last 30 to 240 minutes in steps of 30, and the first begins within the first slot's length of midnight"
)]
pub struct InvalidGrid;

impl SlotGrid {
    /// # Errors
    /// `InvalidGrid` when the length is not one to eight half hours or the anchor is not within it.
    pub const fn new(slot_units: u8, anchor: u8) -> Result<Self, InvalidGrid> {
        if slot_units == 0 || slot_units > SLOT_UNITS_MAX || anchor >= slot_units {
            return Err(InvalidGrid);
        }
        Ok(Self { slot_units, anchor })
    }

    #[must_use]
    pub const fn slot_units(self) -> u8 {
        self.slot_units
    }

    #[must_use]
    pub const fn anchor(self) -> u8 {
        self.anchor
    }

    /// How many slots a day has.
    #[must_use]
    pub const fn slots_per_day(self) -> u8 {
        (UNITS_PER_DAY - self.anchor) / self.slot_units
    }

    /// The slots of a day, in order.
    pub fn slots(self) -> impl Iterator<Item = UnitSpan> {
        (0..self.slots_per_day())
            .filter_map(move |slot| UnitSpan::new(self.anchor + slot * self.slot_units, self.slot_units).ok())
    }

    /// The number of slots that a span covers when it is on the grid: whole slots, from a slot's beginning.
    #[must_use]
    pub const fn slots_in(self, span: UnitSpan) -> Option<u8> {
        if span.first() < self.anchor
            || !(span.first() - self.anchor).is_multiple_of(self.slot_units)
            || !span.count().is_multiple_of(self.slot_units)
        {
            return None;
        }
        Some(span.count() / self.slot_units)
    }

    /// The first slot of a span that is on the grid, counted from the day's first.
    #[must_use]
    pub const fn slot_index(self, span: UnitSpan) -> u8 {
        (span.first() - self.anchor) / self.slot_units
    }
}

impl TryFrom<(u8, u8)> for SlotGrid {
    type Error = InvalidGrid;

    fn try_from((slot_units, anchor): (u8, u8)) -> Result<Self, InvalidGrid> {
        Self::new(slot_units, anchor)
    }
}

impl From<SlotGrid> for (u8, u8) {
    fn from(grid: SlotGrid) -> Self {
        (grid.slot_units, grid.anchor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_on_the_grid_or_it_is_not() {
        let grid = SlotGrid::new(3, 1).expect("a grid");
        let span = |from, to| UnitSpan::between(from, to).expect("a span");
        for (from, to, slots) in
            [(1, 4, Some(1)), (4, 10, Some(2)), (0, 3, None), (2, 5, None), (1, 3, None), (46, 48, None)]
        {
            assert_eq!(grid.slots_in(span(from, to)), slots, "{from}-{to}");
        }
        assert_eq!(grid.slots().count(), 15);
        assert_eq!(grid.slots().last(), Some(span(43, 46)));
    }

    #[test]
    fn slots_last_30_to_240_minutes() {
        for (units, anchor, good) in [(0, 0, false), (1, 0, true), (8, 7, true), (9, 0, false), (2, 2, false)]
        {
            assert_eq!(SlotGrid::new(units, anchor).is_ok(), good, "{units} {anchor}");
        }
    }
}
