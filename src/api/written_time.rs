//! Moments and days as requests write them: RFC 3339 with an offset, `YYYY-MM-DD`, `HH:MM`, and nothing else.

use std::fmt;

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::problem::{FieldFault, Text};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::when::WrittenTime;

/// Reads an RFC 3339 moment of a field.
///
/// # Errors
/// What is wrong with the field.
pub fn read_moment(field: &'static str, text: &str) -> Result<WrittenTime, FieldFault> {
    moment(text.as_bytes()).ok_or_else(|| {
        FieldFault::new(
            field,
            Text::fixed(
                "must be an RFC 3339 time with an offset, as 2026-11-24T19:00:00+08:00",
                "必须是带时区偏移的 RFC 3339 时间,例如 2026-11-24T19:00:00+08:00",
            ),
        )
    })
}

fn moment(text: &[u8]) -> Option<WrittenTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let (separator, rest) = rest.split_first()?;
    if !separator.eq_ignore_ascii_case(&b'T') {
        return None;
    }
    let (clock, rest) = rest.split_at_checked(8)?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = clock else { return None };
    let (nanosecond, offset) = fraction(rest)?;
    // A leap second is no moment of the city's clock.
    let time = Time::new(pair(*h1, *h2)?, pair(*m1, *m2)?, pair(*s1, *s2)?, nanosecond).ok()?;
    let civil = read_date(date)?.to_datetime(time);
    let offset = read_offset(offset)?;
    let stamp = offset.to_timestamp(civil).ok()?;
    // Half hours are what is asked for: a part of a millisecond is off the grid and must stay so.
    let ms = stamp.as_millisecond();
    let ms = if stamp.subsec_nanosecond() % 1_000_000 == 0 { ms } else { ms.saturating_add(1) };
    Some(WrittenTime { moment: UtcMillis::new(ms), civil, offset })
}

fn read_date(text: &[u8]) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = i16::from(pair(*y1, *y2)?) * 100 + i16::from(pair(*y3, *y4)?);
    Date::new(year, pair(*m1, *m2)?, pair(*d1, *d2)?).ok()
}

/// The nanoseconds of a fraction, if there is one, and what follows it.
fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else { return Some((0, text)) };
    let count = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    // What is finer than a nanosecond still makes it no whole second.
    let mut nanosecond = 0;
    for at in 0..9 {
        nanosecond =
            nanosecond * 10 + digits.get(at).filter(|_| at < count).map_or(0, |d| i32::from(d - b'0'));
    }
    let finer = digits.get(9..count).is_some_and(|rest| rest.iter().any(|digit| *digit != b'0'));
    Some((if finer { nanosecond | 1 } else { nanosecond }, &digits[count..]))
}

fn read_offset(text: &[u8]) -> Option<Offset> {
    let (sign, rest) = match text {
        [b'Z' | b'z'] => return Some(Offset::UTC),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let [h1, h2, b':', m1, m2] = rest else { return None };
    let (hours, minutes) = (pair(*h1, *h2)?, pair(*m1, *m2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()
}

fn pair(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| (byte - b'0').cast_signed());
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// A day in a query or a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenDay(pub LocalDay);

impl<'de> Deserialize<'de> for WrittenDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(OfText {
            expected: "a date as YYYY-MM-DD",
            read: |text| LocalDay::parse(text).map(Self),
        })
    }
}

/// A time of day in a query: minutes since midnight, up to 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteOfDay(pub u16);

impl<'de> Deserialize<'de> for MinuteOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(OfText { expected: "a time as HH:MM", read: minute_of_day })
    }
}

/// A time of day as `HH:MM`, up to 24:00.
#[must_use]
pub fn minute_of_day(text: &str) -> Option<MinuteOfDay> {
    let [h1, h2, b':', m1, m2] = text.as_bytes() else { return None };
    let (hours, minutes) = (pair(*h1, *h2)?, pair(*m1, *m2)?);
    let minute = u16::try_from(hours).ok()? * 60 + u16::try_from(minutes).ok()?;
    (minutes < 60 && minute <= 24 * 60).then_some(MinuteOfDay(minute))
}

/// Reads a value from its text.
struct OfText<T> {
    expected: &'static str,
    read: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for OfText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).ok_or_else(|| E::custom(format_args!("must be {}", self.expected)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T08:00:00+08:00", 0),
            ("1970-01-01t00:00:00.25z", 250),
            ("1969-12-31T20:30:00.000-03:30", 0),
            ("2026-11-24T18:00:00+08:00", 1_795_514_400_000),
        ] {
            let read = read_moment("start", text).expect(text);
            assert_eq!(read.moment.get(), ms, "{text}");
        }
        let gap = read_moment("start", "2026-03-29T02:30:00+01:00").expect("written as it was");
        assert_eq!(gap.civil.to_string(), "2026-03-29T02:30:00");
        let off = read_moment("start", "1970-01-01T00:00:00.0000000001Z").expect("a moment");
        assert_ne!(off.moment.get(), 0, "a hair after the full hour is not the full hour");
    }

    #[test]
    fn nothing_else_is_a_moment() {
        for bad in [
            "",
            "2026-11-24",
            "2026-11-24T18:00:00",
            "2026-11-24 18:00:00+08:00",
            "2026-11-24T18:00+08:00",
            "2026-11-24T18:00:00+0800",
            "2026-11-24T18:00:00+08",
            "2026-11-24T18:00:00+24:00",
            "2026-11-24T18:00:00.+08:00",
            "2026-11-24T24:00:00+08:00",
            "2026-11-24T18:00:60+08:00",
            "2026-02-30T18:00:00+08:00",
            "2026-13-01T18:00:00+08:00",
            "2026-11-24T18:00:00+08:00[Asia/Shanghai]",
            "+002026-11-24T18:00:00+08:00",
            "2026-11-24T18:00:00Z ",
            "２０２６-11-24T18:00:00Z",
        ] {
            assert!(read_moment("start", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_of_day_end_at_midnight() {
        for (text, minute) in [
            ("00:00", Some(0)),
            ("18:30", Some(1110)),
            ("24:00", Some(1440)),
            ("24:01", None),
            ("18:60", None),
            ("8:00", None),
        ] {
            assert_eq!(minute_of_day(text).map(|minute| minute.0), minute, "{text}");
        }
    }
}
