//! Values as cells hold them: what `cells.rs` and `cells_of_time.rs` read back.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::change::{Admission, Offered};
use crate::domain::definition::BookingsInside;
use crate::domain::hours::DayKind;
use crate::domain::money::{Currency, Minor};
use crate::domain::policy::{CancelRule, QuotaMeasure, QuotaScope, QuotaWindow};
use crate::domain::release::ReleaseMode;
use crate::domain::time::UtcMillis;
use crate::domain::units::{UNIT_MINUTES, UNITS_PER_DAY, UnitMask};

use super::files::DAY_COLUMNS;

/// Millionths as degrees.
pub(super) fn degrees(e6: i32) -> String {
    decimal(i64::from(e6), 6)
}

pub(super) fn price(price: Minor, currency: Currency) -> String {
    decimal(price.get(), currency.decimals())
}

/// A number in units of its last decimal place.
fn decimal(number: i64, decimals: u8) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0>1$}", number.unsigned_abs(), usize::from(decimals) + 1);
    match digits.split_at(digits.len() - usize::from(decimals)) {
        (whole, "") => format!("{sign}{whole}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

pub(super) fn minute(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

pub(super) fn half_hour(unit: u8) -> String {
    minute(u16::from(unit) * UNIT_MINUTES)
}

/// A set of half hours, by its spans.
pub(super) fn times(mask: UnitMask) -> String {
    let is_in = |unit: u8| unit < UNITS_PER_DAY && mask.bits() >> unit & 1 == 1;
    let mut spans = Vec::new();
    let mut first = None;
    for unit in 0..=UNITS_PER_DAY {
        match (first, is_in(unit)) {
            (None, true) => first = Some(unit),
            (Some(from), false) => {
                spans.push(format!("{}-{}", half_hour(from), half_hour(unit)));
                first = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    spans.join(" ")
}

pub(super) const fn day_kind(kind: DayKind) -> &'static str {
    DAY_COLUMNS[kind.index()]
}

/// A moment by the city's clocks, with its offset.
pub(super) fn moment(zone: &TimeZone, at: UtcMillis) -> String {
    Timestamp::from_millisecond(at.get())
        .map_or_else(|_| String::new(), |stamp| stamp.display_with_offset(zone.to_offset(stamp)).to_string())
}

pub(super) fn cancellation(rule: &CancelRule) -> String {
    let step = |minutes: u32, percent: u8| {
        if minutes.is_multiple_of(60) {
            format!("{}h:{percent}", minutes / 60)
        } else {
            format!("{minutes}m:{percent}")
        }
    };
    let steps: Vec<_> = rule.steps().iter().map(|each| step(each.minutes_before, each.percent)).collect();
    steps.join(" ")
}

pub(super) const fn admission(admission: Admission) -> &'static str {
    match admission {
        Admission::Open => "open",
        Admission::Checked => "checked",
    }
}

pub(super) const fn offered(offered: Offered) -> &'static str {
    match offered {
        Offered::Yes => "yes",
        Offered::No | Offered::Succeeded => "no",
    }
}

pub(super) const fn inside(bookings: BookingsInside) -> &'static str {
    match bookings {
        BookingsInside::Keep => "keep",
        BookingsInside::Cancel => "refund",
    }
}

pub(super) const fn scope(scope: QuotaScope) -> &'static str {
    match scope {
        QuotaScope::City => "city",
        QuotaScope::EachVenue => "each_venue",
        QuotaScope::Venue(_) => "venue",
        QuotaScope::EachSport => "each_sport",
        QuotaScope::Sport(_) => "sport",
    }
}

pub(super) const fn measure(measure: QuotaMeasure) -> &'static str {
    match measure {
        QuotaMeasure::Bookings => "bookings",
        QuotaMeasure::Minutes => "minutes",
    }
}

pub(super) const fn window(window: QuotaWindow) -> &'static str {
    match window {
        QuotaWindow::DayOfPlay => "day_of_play",
        QuotaWindow::Live => "live",
    }
}

pub(super) const fn mode(mode: ReleaseMode) -> &'static str {
    match mode {
        ReleaseMode::FirstCome => "first_come",
        ReleaseMode::Lottery => "lottery",
        ReleaseMode::Queue => "queue",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::units::UnitSpan;

    #[test]
    fn numbers_have_all_their_decimals() {
        let yuan = Currency::new("CNY").expect("a currency");
        for (minor, text) in [(6050, "60.50"), (5, "0.05"), (0, "0.00"), (123_456, "1234.56")] {
            assert_eq!(price(Minor::new(minor), yuan), text);
        }
        assert_eq!(price(Minor::new(60), Currency::new("JPY").expect("one")), "60");
        for (e6, text) in [(22_543_096, "22.543096"), (-33_900_000, "-33.900000"), (-1, "-0.000001")] {
            assert_eq!(degrees(e6), text);
        }
    }

    #[test]
    fn half_hours_are_written_as_spans() {
        let span = |from, to| UnitSpan::between(from, to).expect("a span").mask();
        assert_eq!(times(span(16, 24).union(span(28, 48))), "08:00-12:00 14:00-24:00");
        assert_eq!((times(UnitMask::ALL).as_str(), times(UnitMask::EMPTY).as_str()), ("00:00-24:00", ""));
    }
}
