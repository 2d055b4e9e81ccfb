//! When a pitch is open: a set of half hours for each kind of day.

use serde::{Deserialize, Serialize};

use super::time::Weekday;
use super::units::UnitMask;

/// Kinds of days: Monday to Sunday, and holidays.
pub const DAY_KINDS: usize = 8;

/// What hours and prices go by on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
    Holiday,
}

impl DayKind {
    pub const ALL: [Self; DAY_KINDS] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
        Self::Holiday,
    ];

    /// The kind of a day on which nothing special is.
    #[must_use]
    pub const fn of(weekday: Weekday) -> Self {
        Self::ALL[weekday.index()]
    }

    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A set of kinds of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DayKinds(u8);

impl DayKinds {
    pub const ALL: Self = Self(0xff);
    /// Monday to Friday, unless they are holidays.
    pub const WORKDAYS: Self = Self(0b0001_1111);
    /// Saturday, Sunday and holidays.
    pub const FREE_DAYS: Self = Self(0b1110_0000);

    #[must_use]
    pub fn of(kinds: &[DayKind]) -> Self {
        Self(kinds.iter().fold(0, |bits, kind| bits | (1 << kind.index())))
    }

    /// The kinds, Monday first.
    pub fn iter(self) -> impl Iterator<Item = DayKind> {
        DayKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }

    #[must_use]
    pub const fn contains(self, kind: DayKind) -> bool {
        self.0 & (1 << kind.index()) != 0
    }
}

/// The half hours in which a pitch is open, by the kind of day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WeeklyHours([UnitMask; DAY_KINDS]);

impl WeeklyHours {
    /// Hours from pairs of days and open half hours; what is not named is closed.
    #[must_use]
    pub fn of(open: &[(DayKinds, UnitMask)]) -> Self {
        let mut masks = [UnitMask::EMPTY; DAY_KINDS];
        for kind in DayKind::ALL {
            for (kinds, mask) in open {
                if kinds.contains(kind) {
                    masks[kind.index()] = masks[kind.index()].union(*mask);
                }
            }
        }
        Self(masks)
    }

    #[must_use]
    pub const fn on(&self, kind: DayKind) -> UnitMask {
        self.0[kind.index()]
    }

    /// Whether bits stand where no half hour is; such hours come from a damaged or foreign file.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.0.iter().all(|mask| UnitMask::from_bits(mask.bits()) == *mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::UnitSpan;

    #[test]
    fn a_school_is_open_on_weekday_evenings_and_all_day_on_holidays() {
        let evening = UnitSpan::between(38, 42).expect("a span").mask();
        let day = UnitSpan::between(16, 42).expect("a span").mask();
        let hours = WeeklyHours::of(&[(DayKinds::WORKDAYS, evening), (DayKinds::FREE_DAYS, day)]);
        assert_eq!(hours.on(DayKind::Tuesday), evening);
        assert_eq!(hours.on(DayKind::Holiday), day);
        assert_eq!(hours.on(DayKind::Sunday), day);
    }
}
