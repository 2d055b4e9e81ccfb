//! Addresses of residents' pages that more than one page points to.

use crate::api::answer::span_of_day;
use crate::domain::calendar::DayClock;
use crate::domain::time::LocalDay;
use crate::domain::units::UnitSpan;
use crate::web::address::encoded;

/// The sheet of a pitch and a time.
#[must_use]
pub fn book(pitch: &str, clock: &DayClock, span: UnitSpan) -> String {
    let (start, end) = span_of_day(clock, span);
    let (start, end) = (encoded(&start.to_string()), encoded(&end.to_string()));
    format!("/book?pitch={pitch}&start={start}&end={end}")
}

/// A venue's day in a sport.
#[must_use]
pub fn venue_day(venue: &str, sport: &str, day: LocalDay) -> String {
    format!("/venues/{venue}?sport={sport}&date={day}")
}
