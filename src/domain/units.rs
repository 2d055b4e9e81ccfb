//! Half hours of local time, the smallest thing that is sold, and sets of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Half hours in a day.
pub const UNITS_PER_DAY: u8 = 48;
/// Minutes in a unit.
pub const UNIT_MINUTES: u16 = 30;
/// Milliseconds in a unit.
pub const UNIT_MS: i64 = UNIT_MINUTES as i64 * 60_000;

const _: () = assert!(UNITS_PER_DAY < 64, "a day's units and the claim's own bits share one word");

/// Consecutive units of one day: from `first`, `count` of them, none over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u8, u8)", into = "(u8, u8)")]
pub struct UnitSpan {
    first: u8,
    count: u8,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a span has at least one half hour and ends by midnight")]
pub struct InvalidSpan;

impl UnitSpan {
    /// # Errors
    /// `InvalidSpan` when it is empty or runs over midnight.
    pub const fn new(first: u8, count: u8) -> Result<Self, InvalidSpan> {
        if count == 0 || first >= UNITS_PER_DAY || count > UNITS_PER_DAY - first {
            return Err(InvalidSpan);
        }
        Ok(Self { first, count })
    }

    /// From one half hour to another, the latter not included.
    ///
    /// # Errors
    /// `InvalidSpan` when the end is not after the start or over midnight.
    pub const fn between(from: u8, to: u8) -> Result<Self, InvalidSpan> {
        if to <= from {
            return Err(InvalidSpan);
        }
        Self::new(from, to - from)
    }

    #[must_use]
    pub const fn first(self) -> u8 {
        self.first
    }

    #[must_use]
    pub const fn count(self) -> u8 {
        self.count
    }

    /// The unit after the last one.
    #[must_use]
    pub const fn end(self) -> u8 {
        self.first + self.count
    }

    /// How long the span is, as the clock on the wall goes.
    #[must_use]
    pub const fn minutes(self) -> u16 {
        self.count as u16 * UNIT_MINUTES
    }

    #[must_use]
    pub const fn mask(self) -> UnitMask {
        UnitMask(((1 << self.count) - 1) << self.first)
    }
}

impl TryFrom<(u8, u8)> for UnitSpan {
    type Error = InvalidSpan;

    fn try_from((first, count): (u8, u8)) -> Result<Self, InvalidSpan> {
        Self::new(first, count)
    }
}

impl From<UnitSpan> for (u8, u8) {
    fn from(span: UnitSpan) -> Self {
        (span.first, span.count)
    }
}

/// A set of the units of one day.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitMask(u64);

impl UnitMask {
    pub const EMPTY: Self = Self(0);
    pub const ALL: Self = Self((1 << UNITS_PER_DAY) - 1);

    /// The bits that name units; others are dropped.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & Self::ALL.0)
    }

    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[must_use]
    pub const fn complement(self) -> Self {
        Self(!self.0 & Self::ALL.0)
    }

    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The stretches of half hours that follow each other, in order.
    pub fn runs(self) -> impl Iterator<Item = UnitSpan> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let first = left.trailing_zeros();
            let count = (left >> first).trailing_ones();
            left &= !(((1u64 << count) - 1) << first);
            UnitSpan::new(u8::try_from(first).ok()?, u8::try_from(count).ok()?).ok()
        })
    }
}

impl fmt::Debug for UnitMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnitMask({:#014x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_ends_by_midnight() {
        for (first, count, good) in [
            (0, 1, true),
            (47, 1, true),
            (0, 48, true),
            (0, 0, false),
            (47, 2, false),
            (48, 1, false),
            (1, 255, false),
        ] {
            assert_eq!(UnitSpan::new(first, count).is_ok(), good, "{first} {count}");
        }
    }

    #[test]
    fn a_mask_has_the_units_of_its_span() {
        let span = UnitSpan::between(38, 42).expect("a span");
        assert_eq!(span.mask().count(), 4);
        assert_eq!(span.mask().bits() >> 38, 0b1111);
        assert_eq!(UnitSpan::new(0, 48).expect("a span").mask(), UnitMask::ALL);
    }

    #[test]
    fn half_hours_fall_into_the_stretches_that_follow_each_other() {
        let runs = |bits| {
            UnitMask::from_bits(bits).runs().map(|span| (span.first(), span.count())).collect::<Vec<_>>()
        };
        assert_eq!(runs(0), []);
        assert_eq!(runs(0b1100_0111), [(0, 3), (6, 2)]);
        assert_eq!(runs(UnitMask::ALL.bits()), [(0, 48)]);
    }
}
