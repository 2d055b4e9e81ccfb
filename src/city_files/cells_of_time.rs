//! Times and days in cells, as people and spreadsheets write them: `8:00`, `08:00:00`, `2026/10/1`.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::cells::Read;
use crate::domain::hours::DayKind;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::{UNIT_MINUTES, UNITS_PER_DAY, UnitMask, UnitSpan};

use super::files::DAY_COLUMNS;

const MINUTES_PER_DAY: u16 = 24 * 60;

/// A time of day in minutes since midnight, up to 24:00.
fn minute_of_day(text: &str) -> Option<u16> {
    let mut parts = text.split([':', '：']);
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next());
    let is_number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(hours, 1..=2) || !is_number(minutes, 2..=2) || parts.next().is_some() {
        return None;
    }
    let minute =
        hours.parse::<u16>().ok()? * 60 + minutes.parse::<u16>().ok().filter(|minute| *minute < 60)?;
    (seconds.is_none_or(|seconds| seconds == "00") && minute <= MINUTES_PER_DAY).then_some(minute)
}

/// A time of day before 24:00, in minutes.
pub(super) fn minute(text: &str) -> Read<u16> {
    let minute = minute_of_day(text).filter(|minute| *minute < MINUTES_PER_DAY);
    minute.ok_or_else(|| "a time of day, as 07:00".to_owned())
}

/// A time on the half hour, as the number of half hours since midnight, up to 24:00.
pub(super) fn half_hour(text: &str) -> Read<u8> {
    let minute = minute_of_day(text).filter(|minute| minute.is_multiple_of(UNIT_MINUTES));
    let unit = minute.and_then(|minute| u8::try_from(minute / UNIT_MINUTES).ok());
    unit.filter(|unit| *unit <= UNITS_PER_DAY)
        .ok_or_else(|| "a time on the hour or the half hour, from 00:00 to 24:00".to_owned())
}

/// Times of a day: `08:00-12:00 14:00-22:00`. Blank is none.
pub(super) fn times(text: &str) -> Read<UnitMask> {
    let plain: String = text
        .chars()
        .map(|sign| match sign {
            '–' | '—' | '~' | '～' | '－' | '至' => '-',
            ';' | '；' | ',' | '，' | '、' => ' ',
            other => other,
        })
        .collect();
    let mut open = UnitMask::EMPTY;
    for span in plain.split_whitespace() {
        let span = span_of(span).ok_or_else(|| {
            "times on the hour or the half hour, as 08:00-12:00 14:00-22:00, or nothing where it is closed".to_owned()
        })?;
        open = open.union(span.mask());
    }
    Ok(open)
}

fn span_of(text: &str) -> Option<UnitSpan> {
    let (from, to) = text.split_once('-')?;
    UnitSpan::between(half_hour(from).ok()?, half_hour(to).ok()?).ok()
}

/// A day, the year first.
pub(super) fn day(text: &str) -> Read<LocalDay> {
    read_day(text).ok_or_else(|| "a day, as 2026-10-01".to_owned())
}

fn read_day(text: &str) -> Option<LocalDay> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        let is_number = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { text.parse::<i16>().ok() } else { None }
    };
    let of_month = |text: &str| number(text, 1..=2).and_then(|number| i8::try_from(number).ok());
    Date::new(number(year, 4..=4)?, of_month(month)?, of_month(day)?).ok().map(LocalDay::from_date)
}

/// A kind of day, by the name of its column.
pub(super) fn day_kind(text: &str) -> Read<DayKind> {
    let known = DAY_COLUMNS.iter().position(|name| text.eq_ignore_ascii_case(name));
    known
        .and_then(|index| DayKind::ALL.get(index).copied())
        .ok_or_else(|| "monday to sunday or holiday".to_owned())
}

/// A moment: with its offset, or in the city's own time.
pub(super) fn moment(zone: &TimeZone, text: &str) -> Option<UtcMillis> {
    if !text.contains(':') {
        return None;
    }
    let with_offset = text.parse::<jiff::Timestamp>().ok();
    let stamp = with_offset.or_else(|| {
        let local = text.replace('/', "-").parse::<DateTime>().ok()?;
        zone.to_ambiguous_timestamp(local).compatible().ok()
    })?;
    Some(UtcMillis::new(stamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_and_spreadsheets_write_them() {
        let mask = |spans: &[(u8, u8)]| {
            spans.iter().fold(UnitMask::EMPTY, |mask, (from, to)| {
                mask.union(UnitSpan::between(*from, *to).expect("a span").mask())
            })
        };
        for (text, spans) in [
            ("08:00-22:00", &[(16, 44)][..]),
            ("8:00-12:00 14:00-22:30", &[(16, 24), (28, 45)]),
            ("8：00～12：00、14:00–24:00", &[(16, 24), (28, 48)]),
            ("08:00:00-09:00:00; 09:00-10:00", &[(16, 20)]),
            ("", &[]),
        ] {
            assert_eq!(times(text), Ok(mask(spans)), "{text}");
        }
        for bad in ["8-22", "08:00", "08:15-09:00", "09:00-08:00", "08:00-24:30", "08:00-08:00", "8:0-9:00"] {
            assert!(times(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_have_their_year_first() {
        let first = LocalDay::parse("2026-10-01");
        for text in ["2026-10-01", "2026/10/1", "2026.10.1"] {
            assert_eq!(day(text).ok(), first, "{text}");
        }
        for bad in ["", "26-10-01", "1/10/2026", "2026-13-01", "2026-10-01-1", "2026-10", "+026-10-01"] {
            assert!(day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moment_has_an_offset_or_is_the_citys() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let at = moment(&zone, "2026-11-30T07:00:00+08:00");
        assert!(at.is_some());
        for text in ["2026-11-30 07:00", "2026/11/30 07:00:00", "2026-11-29T23:00:00Z"] {
            assert_eq!(moment(&zone, text), at, "{text}");
        }
        assert_eq!((moment(&zone, "07:00"), moment(&zone, "2026-11-30")), (None, None));
    }
}
