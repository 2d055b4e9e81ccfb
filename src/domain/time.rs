//! Moments and days.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A moment in UTC, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcMillis(i64);

impl UtcMillis {
    #[must_use]
    pub const fn new(ms: i64) -> Self {
        Self(ms)
    }

    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How many milliseconds this is after the other.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A day of the city's calendar, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalDay(i32);

/// A day of the week, Monday first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weekday(u8);

impl Weekday {
    /// 0 for Monday to 6 for Sunday; later numbers wrap.
    #[must_use]
    pub const fn from_index(index: u8) -> Self {
        Self(index % 7)
    }

    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl LocalDay {
    #[must_use]
    pub const fn new(days: i32) -> Self {
        Self(days)
    }

    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }

    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// How many days this is after the other; negative when before.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    #[must_use]
    pub const fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        #[expect(clippy::cast_possible_truncation, reason = "a remainder of seven")]
        Weekday(((self.0 as i64 + 3).rem_euclid(7)) as u8)
    }

    /// The calendar's date.
    #[must_use]
    pub fn date(self) -> jiff::civil::Date {
        jiff::civil::Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(self.0))
    }

    /// The day of a calendar's date.
    #[must_use]
    pub fn from_date(date: jiff::civil::Date) -> Self {
        let since = date - jiff::civil::Date::constant(1970, 1, 1);
        Self(since.get_days())
    }

    /// A day from `YYYY-MM-DD`, and from nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 10 || text.as_bytes().get(4) != Some(&b'-') || text.as_bytes().get(7) != Some(&b'-')
        {
            return None;
        }
        text.parse::<jiff::civil::Date>().ok().map(Self::from_date)
    }
}

impl fmt::Display for LocalDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_weekdays_and_dates() {
        let day = LocalDay::parse("2026-11-24").expect("a date");
        assert_eq!(day.weekday().index(), 1, "a Tuesday");
        assert_eq!(day.to_string(), "2026-11-24");
        assert_eq!(LocalDay::new(-1).weekday().index(), 2, "a Wednesday");
        assert_eq!(LocalDay::parse("1970-01-01"), Some(LocalDay::new(0)));
    }

    #[test]
    fn only_plain_dates_are_days() {
        for bad in
            ["", "2026-02-30", "20261124", "2026-11-24T00:00", "2026-1-2", "+002026-11-24", "2026-11-2x"]
        {
            assert_eq!(LocalDay::parse(bad), None, "{bad}");
        }
    }
}
