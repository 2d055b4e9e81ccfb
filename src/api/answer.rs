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
        // Outside of the years 0 to 9999 there is no RFC 3339; no moment of a city lies there.
        let timestamp = Timestamp::from_millisecond(self.moment.get()).unwrap_or(Timestamp::UNIX_EPOCH);
        let local = self.offset.to_datetime(timestamp);
        let ms = local.millisecond();
        let minutes = self.offset.seconds() / 60;
        two_digits(out, local.year() / 100);
        two_digits(out, local.year());
        for (mark, value) in [
            (b'-', local.month()),
            (b'-', local.day()),
            (b'T', local.hour()),
            (b':', local.minute()),
            (b':', local.second()),
        ] {
            out.push(mark);
            two_digits(out, i16::from(value));
        }
        if ms != 0 {
            out.push(b'.');
            two_digits(out, ms / 10);
            out.push(digit(ms));
        }
        out.push(if minutes < 0 { b'-' } else { b'+' });
        let minutes = i16::try_from(minutes.abs()).unwrap_or(0);
        two_digits(out, minutes / 60);
        out.push(b':');
        two_digits(out, minutes % 60);
    }
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

fn two_digits(out: &mut Vec<u8>, value: i16) {
    out.extend_from_slice(&[digit(value / 10), digit(value)]);
}

/// The last digit of a value.
fn digit(value: i16) -> u8 {
    b'0' + u8::try_from(value.rem_euclid(10)).unwrap_or(0)
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(Self::TEXT_BYTES_MAX);
        self.write_to(&mut text);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Vec::with_capacity(Self::TEXT_BYTES_MAX);
        self.write_to(&mut text);
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
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

/// JSON that is written already.
pub fn json_bytes(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
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
    fn money_is_an_amount_and_a_currency() {
        let money = Money::new(Minor::new(1500), Currency::new("CNY").expect("a currency"));
        assert_eq!(serde_json::to_string(&money).expect("written"), r#"{"amount":1500,"currency":"CNY"}"#);
    }
}
