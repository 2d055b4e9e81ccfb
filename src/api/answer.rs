//! The forms that answers share: money, moments, lists.

use std::fmt;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::problem::Problem;
use crate::domain::calendar::DayClock;
use crate::domain::money::{Currency, Minor};
use crate::domain::names::Names;
use crate::domain::time::UtcMillis;
use crate::domain::units::UnitSpan;

/// Money in an answer: minor units and their currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Money {
    #[schema(value_type = i64)]
    amount: Minor,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
}

impl Money {
    #[must_use]
    pub const fn new(amount: Minor, currency: Currency) -> Self {
        Self { amount, currency }
    }

    #[must_use]
    pub const fn amount(self) -> Minor {
        self.amount
    }

    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }
}

/// A moment in RFC 3339 with an offset, to the second or, where there are any, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rfc3339 {
    moment: UtcMillis,
    offset: Offset,
}

impl Rfc3339 {
    /// The longest text: `2026-11-24T18:00:00.123+08:00`.
    const TEXT_BYTES_MAX: usize = 29;

    #[must_use]
    pub const fn new(moment: UtcMillis, offset: Offset) -> Self {
        Self { moment, offset }
    }

    #[must_use]
    pub const fn moment(self) -> UtcMillis {
        self.moment
    }

    /// Appends the text. For answers that are written by hand.
    pub fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text(&mut [0; Self::TEXT_BYTES_MAX]));
    }

    /// The text, in this room. An answer holds dozens of moments, so nothing is allocated and no library of calendars asked: the offset is known.
    fn text(self, room: &mut [u8; Self::TEXT_BYTES_MAX]) -> &[u8] {
        let offset_s = i64::from(self.offset.seconds());
        let local_ms = self.moment.get().saturating_add(offset_s * 1000);
        let (day, ms_of_day) = (local_ms.div_euclid(DAY_MS), local_ms.rem_euclid(DAY_MS));
        let (year, month, day) = civil(day);
        let (ms, s) = (ms_of_day % 1000, ms_of_day / 1000);
        let mut text = Text { room, bytes: 0 };
        // Outside of the years 0 to 9999 there is no RFC 3339; no moment of a city lies there.
        text.two_digits(year / 100);
        text.two_digits(year);
        for (mark, value) in
            [(b'-', month), (b'-', day), (b'T', s / 3600), (b':', s / 60 % 60), (b':', s % 60)]
        {
            text.byte(mark);
            text.two_digits(value);
        }
        if ms != 0 {
            text.byte(b'.');
            text.two_digits(ms / 10);
            text.byte(digit(ms));
        }
        text.byte(if offset_s < 0 { b'-' } else { b'+' });
        let minutes = offset_s.abs() / 60;
        text.two_digits(minutes / 60);
        text.byte(b':');
        text.two_digits(minutes % 60);
        let Text { room, bytes } = text;
        &room[..bytes]
    }
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Year, month and day of a day after 1970-01-01. Years are counted from March on, so that the day which only some have is their last.
const fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    // From 0000-03-01.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // March is 0. Five months from March or August on have 153 days.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = year_of_era + era * 400;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

/// A text that is being written into room that is large enough.
struct Text<'a> {
    room: &'a mut [u8; Rfc3339::TEXT_BYTES_MAX],
    bytes: usize,
}

impl Text<'_> {
    fn byte(&mut self, byte: u8) {
        self.room[self.bytes] = byte;
        self.bytes += 1;
    }

    fn two_digits(&mut self, value: i64) {
        self.byte(digit(value / 10));
        self.byte(digit(value));
    }
}

/// The last digit of a value.
fn digit(value: i64) -> u8 {
    b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or(0)
}

/// When a span of a day begins and ends, each with the offset that the city has then.
#[must_use]
pub fn span_of_day(clock: &DayClock, span: UnitSpan) -> (Rfc3339, Rfc3339) {
    (
        Rfc3339::new(clock.start(span), clock.offset_of(span.first())),
        Rfc3339::new(clock.end(span), clock.offset_of(span.end() - 1)),
    )
}

/// A moment with the offset that the city has then.
#[must_use]
pub fn city_moment(zone: &TimeZone, moment: UtcMillis) -> Rfc3339 {
    let offset = Timestamp::from_millisecond(moment.get()).map(|moment| zone.to_offset(moment));
    Rfc3339::new(moment, offset.unwrap_or(Offset::UTC))
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.text(&mut [0; Self::TEXT_BYTES_MAX])).unwrap_or_default())
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut room = [0; Self::TEXT_BYTES_MAX];
        serializer.serialize_str(std::str::from_utf8(self.text(&mut room)).unwrap_or_default())
    }
}

/// A name in the languages of the city.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct NamesView {
    #[serde(rename = "zh-Hans")]
    zh_hans: String,
    en: String,
}

impl NamesView {
    #[must_use]
    pub fn of(names: &Names) -> Self {
        Self { zh_hans: names.zh_hans.clone(), en: names.en.clone() }
    }
}

/// A list in an answer. `next` is the cursor that goes on, or null at the end.
#[derive(Debug, Serialize, ToSchema)]
pub struct Items<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// So many headers have room in an answer at first: what is added to all of them on their way out, and a few of its own.
const HEADERS_USUAL: usize = 12;

/// JSON that is written already.
pub fn json_bytes(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().reserve(HEADERS_USUAL);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// JSON of a value.
pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    // Room for a booking, which is answered most often.
    let mut body = Vec::with_capacity(512);
    match serde_json::to_writer(&mut body, value) {
        Ok(()) => json_bytes(status, body),
        Err(fault) => Problem::internal(&fault).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_with_the_offset_that_they_are_shown_in() {
        let east = Offset::from_seconds(8 * 3600).expect("an offset");
        let west = Offset::from_seconds(-(3 * 3600 + 1800)).expect("an offset");
        for (ms, offset, text) in [
            (0, Offset::UTC, "1970-01-01T00:00:00+00:00"),
            (1_795_514_400_000, east, "2026-11-24T18:00:00+08:00"),
            (1_795_514_400_120, west, "2026-11-24T06:30:00.120-03:30"),
            (1_795_514_400_007, east, "2026-11-24T18:00:00.007+08:00"),
            (-1, Offset::UTC, "1969-12-31T23:59:59.999+00:00"),
        ] {
            let written = Rfc3339::new(UtcMillis::new(ms), offset).to_string();
            assert_eq!(written, text);
            let read: Timestamp = written.parse().expect("RFC 3339");
            assert_eq!(read.as_millisecond(), ms);
        }
    }

    #[test]
    fn every_day_has_the_date_that_the_calendar_gives_it() {
        let offset = Offset::from_seconds(-3600).expect("an offset");
        for day in (-719_000..2_932_000).step_by(97).chain([-1, 0, 11_016, 11_017, 47_540, 47_541]) {
            let ms = day * DAY_MS + 5;
            let moment = Timestamp::from_millisecond(ms).expect("within the calendar");
            let local = offset.to_datetime(moment);
            let written = Rfc3339::new(UtcMillis::new(ms), offset).to_string();
            assert_eq!(written, format!("{}T23:00:00.005-01:00", local.date()));
        }
    }

    #[test]
    fn money_is_an_amount_and_a_currency() {
        let money = Money::new(Minor::new(1500), Currency::new("CNY").expect("a currency"));
        assert_eq!(serde_json::to_string(&money).expect("written"), r#"{"amount":1500,"currency":"CNY"}"#);
    }
}
