//! What cells hold: each rule reads a text by the domain's own constructors, or says what it expects.

use crate::domain::change::{Admission, Offered};
use crate::domain::definition::BookingsInside;
use crate::domain::ids::Code;
use crate::domain::money::{Currency, Minor};
use crate::domain::names::check_name;
use crate::domain::policy::{CancelRule, QuotaMeasure, QuotaWindow, RefundStep};
use crate::domain::release::ReleaseMode;

/// Millionths in a degree.
const E6: i64 = 1_000_000;
const MINUTES_PER_HOUR: u32 = 60;

/// What a rule answers: the value, or what it expects.
pub(super) type Read<T> = Result<T, String>;

pub(super) fn code(text: &str) -> Read<Code> {
    Code::new(text).map_err(|_| "an id of 1 to 64 of a-z, 0-9 and -".to_owned())
}

/// Ids with spaces between them.
pub(super) fn codes(text: &str) -> Read<Vec<Code>> {
    let ids: Result<Vec<Code>, _> = text.split_whitespace().map(Code::new).collect();
    ids.map_err(|_| "ids of 1 to 64 of a-z, 0-9 and -, with spaces between them".to_owned())
}

pub(super) fn name(text: &str) -> Read<String> {
    check_name(text).map_err(|_| {
        format!(
            "a name of 1 to {} characters in one line, none of them a control character",
            crate::domain::names::NAME_CHARS_MAX
        )
    })?;
    Ok(text.to_owned())
}

/// A whole number within bounds.
pub(super) fn number<T: TryFrom<i64>>(min: i64, max: i64) -> impl Fn(&str) -> Read<T> {
    move |text| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text);
        let read = digits.and_then(|text| text.parse::<i64>().ok()).filter(|n| (min..=max).contains(n));
        read.and_then(|n| T::try_from(n).ok()).ok_or_else(|| format!("a whole number from {min} to {max}"))
    }
}

/// Degrees as millionths.
pub(super) fn degrees_e6(max: i64) -> impl Fn(&str) -> Read<i32> {
    move |text| {
        let e6 = decimal(text, 6).filter(|e6| (-max * E6..=max * E6).contains(e6));
        e6.and_then(|e6| i32::try_from(e6).ok()).ok_or_else(|| {
            format!(
                "degrees from -{max} to {max} with at most 6 decimals and a point before them, as 22.543096"
            )
        })
    }
}

/// An amount of money as people write it: 60 or 60.50.
pub(super) fn price(currency: Currency) -> impl Fn(&str) -> Read<Minor> {
    move |text| {
        let is_price = |minor: &i64| (0..=crate::domain::catalogue::PRICE_MAX).contains(minor);
        decimal(text, currency.decimals()).filter(is_price).map(Minor::new).ok_or_else(|| {
            let example = match currency.decimals() {
                0 => "as 60".to_owned(),
                decimals => {
                    format!("as 60 or 60.{:0<1$}, with at most {1} decimals", 5, usize::from(decimals))
                }
            };
            format!("a price in {currency}, {example}")
        })
    }
}

/// A decimal number in units of its last allowed place: of 6 decimals, `-33.9` is -33,900,000.
fn decimal(text: &str, decimals: u8) -> Option<i64> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // What is finer must be nothing: spreadsheets write 22.5 as 22.50000000 at times.
    let (part, finer) = part.split_at_checked(usize::from(decimals)).unwrap_or((part, ""));
    let is_whole = unsigned.ends_with('.') || whole.is_empty();
    if is_whole || !are_digits(whole) || !are_digits(part) || finer.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let digits = format!("{whole}{part:0<0$}", usize::from(decimals));
    digits.parse::<i64>().ok().map(|number| sign * number)
}

/// A choice between words.
fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Read<T> {
    let chosen = choices.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        match words.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    })
}

pub(super) fn admission(text: &str) -> Read<Admission> {
    one_of(text, &[("open", Admission::Open), ("checked", Admission::Checked)])
}

pub(super) fn offered(text: &str) -> Read<Offered> {
    one_of(text, &[("yes", Offered::Yes), ("no", Offered::No)])
}

pub(super) fn inside(text: &str) -> Read<BookingsInside> {
    one_of(text, &[("keep", BookingsInside::Keep), ("refund", BookingsInside::Cancel)])
}

pub(super) fn measure(text: &str) -> Read<QuotaMeasure> {
    one_of(text, &[("bookings", QuotaMeasure::Bookings), ("minutes", QuotaMeasure::Minutes)])
}

pub(super) fn window(text: &str) -> Read<QuotaWindow> {
    one_of(text, &[("day_of_play", QuotaWindow::DayOfPlay), ("live", QuotaWindow::Live)])
}

pub(super) fn mode(text: &str) -> Read<ReleaseMode> {
    let modes = [
        ("first_come", ReleaseMode::FirstCome),
        ("lottery", ReleaseMode::Lottery),
        ("queue", ReleaseMode::Queue),
    ];
    one_of(text, &modes)
}

/// What a quota counts over, without which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeName {
    City,
    EachVenue,
    Venue,
    EachSport,
    Sport,
}

pub(super) fn scope(text: &str) -> Read<ScopeName> {
    one_of(
        text,
        &[
            ("city", ScopeName::City),
            ("each_venue", ScopeName::EachVenue),
            ("venue", ScopeName::Venue),
            ("each_sport", ScopeName::EachSport),
            ("sport", ScopeName::Sport),
        ],
    )
}

/// How a pitch is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KindName {
    Exclusive,
    Divisible,
    Part,
    Session,
}

pub(super) fn kind(text: &str) -> Read<KindName> {
    one_of(
        text,
        &[
            ("exclusive", KindName::Exclusive),
            ("divisible", KindName::Divisible),
            ("part", KindName::Part),
            ("session", KindName::Session),
        ],
    )
}

/// A cancellation rule: `24h:100 2h:50` gives all back until 24 hours before and half until two; blank gives nothing back.
pub(super) fn cancellation(text: &str) -> Read<CancelRule> {
    let expected = || {
        "at most 8 steps of time before the beginning and per cent given back, as 24h:100 2h:50 or 90m:100"
            .to_owned()
    };
    let steps: Option<Vec<RefundStep>> = text.split_whitespace().map(refund_step).collect();
    steps.and_then(|steps| CancelRule::new(steps).ok()).ok_or_else(expected)
}

fn refund_step(text: &str) -> Option<RefundStep> {
    let (before, percent) = text.split_once(':')?;
    let count = |text: &str| number::<u32>(0, i64::from(u32::MAX))(text).ok();
    let minutes_before = match before.strip_suffix('h') {
        Some(hours) => count(hours)?.checked_mul(MINUTES_PER_HOUR)?,
        None => count(before.strip_suffix('m')?)?,
    };
    let percent = number::<u8>(0, 100)(percent.strip_suffix('%').unwrap_or(percent)).ok()?;
    Some(RefundStep { minutes_before, percent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_and_prices_are_decimal_numbers() {
        for (text, e6) in [
            ("22.543096", Some(22_543_096)),
            ("-33.9", Some(-33_900_000)),
            ("0", Some(0)),
            ("-0.000001", Some(-1)),
            ("90.0000000", Some(90_000_000)),
            ("90.000001", None),
            ("22,5", None),
            ("22.5430961", None),
            ("1e3", None),
            ("+1", None),
            (".5", None),
            ("5.", None),
            ("--5", None),
            ("-", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(degrees_e6(90)(text).ok(), e6, "{text}");
        }
        let (yuan, yen) = (Currency::new("CNY").expect("a currency"), Currency::new("JPY").expect("one"));
        for (text, currency, minor) in [
            ("60", yuan, Some(6000)),
            ("60.5", yuan, Some(6050)),
            ("60.00", yuan, Some(6000)),
            ("0", yuan, Some(0)),
            ("60.005", yuan, None),
            ("-1", yuan, None),
            ("60元", yuan, None),
            ("10000000000.01", yuan, None),
            ("60", yen, Some(60)),
            ("60.5", yen, None),
            ("60.00", yen, Some(60)),
        ] {
            assert_eq!(price(currency)(text).ok().map(Minor::get), minor, "{text}");
        }
        assert_eq!(
            price(yuan)("x"),
            Err("a price in CNY, as 60 or 60.50, with at most 2 decimals".to_owned())
        );
    }

    #[test]
    fn a_choice_names_its_words() {
        assert_eq!(admission("Checked"), Ok(Admission::Checked));
        assert_eq!(admission("x"), Err("open or checked".to_owned()));
        assert_eq!(mode("x"), Err("first_come, lottery or queue".to_owned()));
        assert_eq!(kind("x"), Err("exclusive, divisible, part or session".to_owned()));
    }

    #[test]
    fn a_cancellation_rule_has_steps_of_time_and_per_cent() {
        let steps = |text| cancellation(text).ok().map(|rule| rule.steps().to_vec());
        let step = |minutes_before, percent| RefundStep { minutes_before, percent };
        assert_eq!(steps("2h:50 24h:100%"), Some(vec![step(1440, 100), step(120, 50)]));
        assert_eq!(steps("90m:100"), Some(vec![step(90, 100)]));
        assert_eq!(steps(""), Some(Vec::new()));
        for bad in
            ["24:100", "24h", "24h:101", "h:5", "-1h:5", "1h:1 2h:1 3h:1 4h:1 5h:1 6h:1 7h:1 8h:1 9h:1"]
        {
            assert_eq!(steps(bad), None, "{bad}");
        }
    }
}
