//! Money, days and times as people read them.
//!
//! Always with the digits 0 to 9 and on the clock of 24 hours, in every language; what differs by language stands among the
//! messages. Money has its decimals only where they are not zero, and sums always.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::i18n::{Words, group};
use crate::api::language::Language;
use crate::api::open_data::venue_view::clock_text;
use crate::domain::calendar::local_day;
use crate::domain::money::{Currency, Minor};
use crate::domain::names::Names;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;

/// Currencies whose smallest unit is not a hundredth, by their decimals (ISO 4217).
const OTHER_DECIMALS: [(&str, u32); 7] =
    [("JPY", 0), ("KRW", 0), ("VND", 0), ("CLP", 0), ("BHD", 3), ("KWD", 3), ("TND", 3)];
/// Signs that stand for a currency in its own country; every other is written by its code.
const SIGNS: [(&str, &str); 7] =
    [("CNY", "¥"), ("JPY", "¥"), ("EUR", "€"), ("GBP", "£"), ("USD", "$"), ("KRW", "₩"), ("INR", "₹")];

/// A price: decimals only where there are any.
#[must_use]
pub fn money(amount: Minor, currency: Currency) -> String {
    let decimals = decimals_of(currency);
    let is_whole = amount.get() % 10i64.pow(decimals) == 0;
    written(amount, currency, if is_whole { 0 } else { decimals })
}

/// A sum, as in accounts: always with its decimals.
#[must_use]
pub fn sum(amount: Minor, currency: Currency) -> String {
    written(amount, currency, decimals_of(currency))
}

/// What stands before an amount.
#[must_use]
pub fn symbol(currency: Currency) -> String {
    let known = SIGNS.iter().find(|(code, _)| *code == currency.as_str()).map(|(_, symbol)| *symbol);
    known.map_or_else(|| format!("{currency}\u{a0}"), str::to_owned)
}

/// How many of the smallest unit are one.
#[must_use]
pub fn unit(currency: Currency) -> i64 {
    10i64.pow(decimals_of(currency))
}

fn decimals_of(currency: Currency) -> u32 {
    let other = OTHER_DECIMALS.iter().find(|(code, _)| *code == currency.as_str());
    other.map_or(2, |(_, decimals)| *decimals)
}

fn written(amount: Minor, currency: Currency, decimals_shown: u32) -> String {
    let unit = 10u64.pow(decimals_of(currency));
    let minor = amount.get().unsigned_abs();
    let sign = if amount.get() < 0 { "−" } else { "" };
    let symbol = symbol(currency);
    let whole = group(&(minor / unit).to_string());
    match decimals_shown {
        0 => format!("{sign}{symbol}{whole}"),
        decimals => format!("{sign}{symbol}{whole}.{:0width$}", minor % unit, width = decimals as usize),
    }
}

/// A day: `7月27日 周四`, `Thu 27 Jul`.
#[must_use]
pub fn day(words: Words, day: LocalDay) -> String {
    let date = day.date();
    words.tell(
        "date",
        &[
            ("weekday", weekday(words, day).into()),
            ("day", date.day().to_string().into()),
            ("month", month(words, date.month()).into()),
        ],
    )
}

/// A day of the week, short.
#[must_use]
pub fn weekday(words: Words, day: LocalDay) -> String {
    words.say(&format!("weekday-{}", day.weekday().index() + 1)).into_owned()
}

fn month(words: Words, month: i8) -> String {
    words.say(&format!("month-{month}")).into_owned()
}

/// A day of the month by itself.
#[must_use]
pub fn day_of_month(day: LocalDay) -> String {
    day.date().day().to_string()
}

/// A moment of the city: `7月27日 周四 19:00`, `Thu 27 Jul, 19:00`.
#[must_use]
pub fn moment(words: Words, zone: &TimeZone, at: UtcMillis) -> String {
    let date = day(words, local_day(zone, at));
    words.tell("date-time", &[("date", date.into()), ("time", time(zone, at).into())])
}

/// A time of the city's clock: `19:00`.
#[must_use]
pub fn time(zone: &TimeZone, at: UtcMillis) -> String {
    let local = local(zone, at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// The same to the second.
#[must_use]
pub fn time_to_the_second(zone: &TimeZone, at: UtcMillis) -> String {
    let local = local(zone, at);
    format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
}

fn local(zone: &TimeZone, at: UtcMillis) -> jiff::civil::DateTime {
    let stamp = Timestamp::from_millisecond(at.get()).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(stamp)
}

/// A span of a day: `19:00–20:00`.
#[must_use]
pub fn span(span: UnitSpan) -> String {
    format!("{}–{}", clock_text(span.first()), clock_text(span.end()))
}

/// Minutes as hours and minutes.
#[must_use]
pub fn minutes(words: Words, minutes: u32) -> String {
    let (hours, rest) = (i64::from(minutes / 60), i64::from(minutes % 60));
    match (hours, rest) {
        (0, rest) => words.tell("minutes", &[("count", rest.into())]),
        (hours, 0) => words.tell("hours", &[("count", hours.into())]),
        (hours, rest) => words.tell("hours-minutes", &[("hours", hours.into()), ("minutes", rest.into())]),
    }
}

/// A name in the language of the page.
#[must_use]
pub fn name(words: Words, names: &Names) -> &str {
    match words.language() {
        Language::En => &names.en,
        Language::ZhHans => &names.zh_hans,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Language; 2] = [Language::En, Language::ZhHans];

    #[test]
    fn money_has_its_decimals_where_they_say_something() {
        for (amount, code, price, total) in [
            (4500, "CNY", "¥45", "¥45.00"),
            (4550, "CNY", "¥45.50", "¥45.50"),
            (4505, "CNY", "¥45.05", "¥45.05"),
            (0, "CNY", "¥0", "¥0.00"),
            (-123_456_700, "CNY", "−¥1,234,567", "−¥1,234,567.00"),
            (1500, "JPY", "¥1,500", "¥1,500"),
            (1500, "CHF", "CHF\u{a0}15", "CHF\u{a0}15.00"),
            (1500, "KWD", "KWD\u{a0}1.500", "KWD\u{a0}1.500"),
        ] {
            let currency = Currency::new(code).expect("a currency");
            assert_eq!(money(Minor::new(amount), currency), price);
            assert_eq!(sum(Minor::new(amount), currency), total);
        }
    }

    #[test]
    fn days_and_moments_are_written_as_their_language_does() {
        let thursday = LocalDay::parse("2028-07-27").expect("a date");
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let evening = crate::domain::calendar::moment_of(&zone, thursday, 19 * 60);
        let told = BOTH.map(|language| {
            let words = Words::of(language);
            (day(words, thursday), moment(words, &zone, evening))
        });
        let owned = |date: &str, moment: &str| (date.to_owned(), moment.to_owned());
        assert_eq!(told[0], owned("Thu 27 Jul", "Thu 27 Jul, 19:00"));
        assert_eq!(told[1], owned("7月27日 周四", "7月27日 周四 19:00"));
        assert_eq!(time_to_the_second(&zone, evening.plus_ms(30_999)), "19:00:30");
    }

    #[test]
    fn lengths_are_hours_and_minutes() {
        let words = Words::of(Language::En);
        let told = [30, 60, 90, 120].map(|length| minutes(words, length));
        assert_eq!(told, ["30 min", "1 h", "1 h 30 min", "2 h"]);
    }
}
