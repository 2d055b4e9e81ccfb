//! A week's hours and prices as a form writes them: a line for each kind of day, `08:00–12:00, 14:00–22:00`, with the price behind
//! each span where prices are meant. Only the writing is read here; what it means is judged where the API judges it.

use std::collections::BTreeMap;

use crate::api::manager::written_rules::{BandBody, OpenBody};
use crate::api::open_data::venue_view::{DayKindView, clock_text};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::written_time::{MinuteOfDay, minute_of_day};
use crate::domain::hours::{DayKind, WeeklyHours};
use crate::domain::tariff::PriceBand;
use crate::domain::units::UNITS_PER_DAY;
use crate::web::i18n::Words;

/// What a form sends, by field.
pub type Fields = BTreeMap<String, String>;

/// A kind of day and what is written for it.
pub struct DayLine {
    pub field: &'static str,
    pub name: String,
    pub text: String,
    pub fault: Option<String>,
}

/// The name of a kind of day's field.
#[must_use]
pub const fn field(kind: DayKind) -> &'static str {
    match kind {
        DayKind::Monday => "monday",
        DayKind::Tuesday => "tuesday",
        DayKind::Wednesday => "wednesday",
        DayKind::Thursday => "thursday",
        DayKind::Friday => "friday",
        DayKind::Saturday => "saturday",
        DayKind::Sunday => "sunday",
        DayKind::Holiday => "holiday",
    }
}

/// What a kind of day is called.
#[must_use]
pub fn name(words: Words, kind: DayKind) -> String {
    if kind == DayKind::Holiday {
        return words.say("day-holiday").into_owned();
    }
    words.say(&format!("weekday-{}", kind.index() + 1)).into_owned()
}

fn lines(words: Words, text: impl Fn(DayKind) -> String) -> Vec<DayLine> {
    let line = |kind| DayLine { field: field(kind), name: name(words, kind), text: text(kind), fault: None };
    DayKind::ALL.into_iter().map(line).collect()
}

/// A week's hours, as they stand.
#[must_use]
pub fn hours_lines(words: Words, hours: &WeeklyHours) -> Vec<DayLine> {
    lines(words, |kind| {
        let open = hours.on(kind).bits();
        let is_open = |unit: u8| unit < UNITS_PER_DAY && open & (1 << unit) != 0;
        let mut spans = Vec::new();
        let mut first = None;
        for unit in 0..=UNITS_PER_DAY {
            match (first, is_open(unit)) {
                (None, true) => first = Some(unit),
                (Some(from), false) => {
                    spans.push(format!("{}–{}", clock_text(from), clock_text(unit)));
                    first = None;
                }
                (None, false) | (Some(_), true) => {}
            }
        }
        spans.join(", ")
    })
}

/// A week's prices, as they stand; `unit` of the smallest are one.
#[must_use]
pub fn prices_lines(words: Words, bands: &[PriceBand], unit: i64) -> Vec<DayLine> {
    lines(words, |kind| {
        let of_day = bands.iter().filter(|band| band.days.contains(kind));
        let span = |band: &PriceBand| {
            let amount = amount_text(band.price.get(), unit);
            format!("{}–{} {amount}", clock_text(band.span.first()), clock_text(band.span.end()))
        };
        of_day.map(span).collect::<Vec<_>>().join(", ")
    })
}

/// What was sent, to be shown again.
#[must_use]
pub fn sent_lines(words: Words, fields: &Fields) -> Vec<DayLine> {
    lines(words, |kind| fields.get(field(kind)).cloned().unwrap_or_default())
}

/// The hours that were written.
///
/// # Errors
/// `invalid-request` with the days that can't be read.
pub fn read_hours(fields: &Fields) -> Result<Vec<OpenBody>, Problem> {
    let mut faults = FieldFaults::new();
    let mut open = Vec::new();
    for (kind, piece) in pieces(fields) {
        match span(piece) {
            Some((from, to)) => open.push(OpenBody { days: vec![DayKindView::of(kind)], from, to }),
            None => faults.add(FieldFault::new(
                field(kind),
                Text::fixed(
                    "must be written as 08:00–12:00, 14:00–22:00",
                    "格式应为 08:00–12:00, 14:00–22:00",
                ),
            )),
        }
    }
    faults.check()?;
    Ok(open)
}

/// The prices that were written.
///
/// # Errors
/// As `read_hours`.
pub fn read_prices(fields: &Fields, unit: i64) -> Result<Vec<BandBody>, Problem> {
    let mut faults = FieldFaults::new();
    let mut bands = Vec::new();
    for (kind, piece) in pieces(fields) {
        let read = piece.rsplit_once(char::is_whitespace).and_then(|(times, price)| {
            let (from, to) = span(times)?;
            Some(BandBody { days: vec![DayKindView::of(kind)], from, to, price: amount(price, unit)? })
        });
        match read {
            Some(band) => bands.push(band),
            None => faults.add(FieldFault::new(
                field(kind),
                Text::fixed(
                    "must be written as 08:00–18:00 40, 18:00–22:00 60.50",
                    "格式应为 08:00–18:00 40, 18:00–22:00 60.50",
                ),
            )),
        }
    }
    faults.check()?;
    Ok(bands)
}

/// What is written for each kind of day, piece by piece.
fn pieces(fields: &Fields) -> impl Iterator<Item = (DayKind, &str)> {
    DayKind::ALL.into_iter().flat_map(|kind| {
        let text = fields.get(field(kind)).map_or("", String::as_str);
        let pieces = text.split([',', ';', '\u{ff0c}', '\u{ff1b}', '\u{3001}']).map(str::trim);
        pieces.filter(|piece| !piece.is_empty()).map(move |piece| (kind, piece))
    })
}

fn span(text: &str) -> Option<(MinuteOfDay, MinuteOfDay)> {
    let (from, to) = text.split_once(['-', '–', '—', '~'])?;
    Some((minute_of_day(from.trim())?, minute_of_day(to.trim())?))
}

/// An amount in the smallest unit.
pub(super) fn amount(text: &str, unit: i64) -> Option<i64> {
    let text = text.trim_start_matches(|sign: char| !sign.is_ascii_digit() && sign != '-');
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let places = unit.checked_ilog10()? as usize;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > places || !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let part: i64 = format!("{part:0<places$}").parse().or(if places == 0 { Ok(0) } else { Err(()) }).ok()?;
    whole.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(part)
}

fn amount_text(minor: i64, unit: i64) -> String {
    let places = unit.checked_ilog10().unwrap_or(0) as usize;
    match minor % unit {
        0 => (minor / unit).to_string(),
        part => format!("{}.{part:0places$}", minor / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::language::Language;
    use crate::domain::hours::DayKinds;
    use crate::domain::money::Minor;
    use crate::domain::units::UnitSpan;

    fn fields(text: &str) -> Fields {
        [("monday".to_owned(), text.to_owned())].into()
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let open = |from, to| {
            (DayKinds::of(&[DayKind::Monday]), UnitSpan::between(from, to).expect("a span").mask())
        };
        let hours = WeeklyHours::of(&[open(16, 24), open(28, 48)]);
        let lines = hours_lines(Words::of(Language::En), &hours);
        assert_eq!((lines[0].text.as_str(), lines[1].text.as_str()), ("08:00–12:00, 14:00–24:00", ""));
        let read = read_hours(&fields(&lines[0].text)).expect("hours");
        let read: Vec<_> = read.iter().map(|open| (open.from.0, open.to.0)).collect();
        assert_eq!(read, [(480, 720), (840, 1440)]);
        let chinese = read_hours(&fields("08:00-12:00\u{ff0c}14:00-22:00")).expect("hours");
        assert_eq!(chinese.len(), 2, "as a Chinese keyboard writes it");
        let band = PriceBand {
            days: DayKinds::of(&[DayKind::Monday]),
            span: UnitSpan::between(16, 44).expect("a span"),
            price: Minor::new(6050),
        };
        let lines = prices_lines(Words::of(Language::En), &[band], 100);
        assert_eq!(lines[0].text, "08:00–22:00 60.50");
        let read = read_prices(&fields(&lines[0].text), 100).expect("prices");
        assert_eq!((read[0].from.0, read[0].to.0, read[0].price), (480, 1320, 6050));
    }

    #[test]
    fn what_cannot_be_read_is_told_and_not_guessed() {
        for text in ["8", "08:00", "08:00-", "08:00–25:00", "from 08:00–12:00", "08:00–12:00 x"] {
            assert!(read_hours(&fields(text)).is_err(), "{text}");
        }
        for text in ["08:00–12:00", "08:00–12:00 1.234", "08:00–12:00 -1", "08:00–12:00 1e3", "08:00–12:00 ."]
        {
            assert!(read_prices(&fields(text), 100).is_err(), "{text}");
        }
        for (text, minor) in [("40", 4000), ("¥40.5", 4050), ("0", 0)] {
            assert_eq!(amount(text, 100), Some(minor), "{text}");
        }
        assert_eq!((amount("1500", 1), amount("1.5", 1)), (Some(1500), None));
    }
}
