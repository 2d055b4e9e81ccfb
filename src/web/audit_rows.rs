//! What the staff did, as a page tells it: a venue's log and the city's.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::format;
use super::i18n::Words;
use crate::api::manager::people::People;
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::domain::event::StaffActed;
use crate::engine::audit_log::{AuditEntry, Subject};
use crate::engine::world::World;

/// An act in a log.
pub struct AuditRow {
    pub at: String,
    pub what: String,
    pub by: String,
    /// What else the same person did.
    pub of_whom: String,
    pub venue: Option<VenueLink>,
    pub subject: String,
    pub address: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Its place in the city's log with its hash, which follows from all entries before it.
    pub chained: Option<String>,
}

/// The venue at which something was done.
pub struct VenueLink {
    pub name: String,
    pub address: String,
}

/// Whose log is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOf {
    /// To an operator.
    City,
    /// To one of the venue's staff.
    Venue,
}

/// Tells these entries.
///
/// # Errors
/// A fault of ours.
pub async fn rows(
    desk: &Desk,
    world: &World,
    words: Words,
    log: LogOf,
    of_whom: impl Fn(&str) -> String,
    entries: &[Arc<AuditEntry>],
) -> Result<Vec<AuditRow>, Problem> {
    let people = People::look_up(desk, entries.iter().map(|entry| entry.by)).await?;
    let row = |entry: &Arc<AuditEntry>| {
        let venue = entry.venue.and_then(|no| world.catalogue.venue(no));
        let (subject, address) = match &entry.subject {
            Subject::Named(code) => (code.as_str().to_owned(), None),
            Subject::Booking(no) => {
                let id = desk.ids.booking(*no).as_str().to_owned();
                let address = venue.map(|venue| format!("/manage/{}/bookings/{id}", venue.def.code));
                (id, address)
            }
            Subject::Account(no) => {
                let id = desk.ids.resident(*no).as_str().to_owned();
                let address = (log == LogOf::City && desk.engine.staff_role(*no).is_some())
                    .then(|| format!("/operator/staff/{id}"));
                (id, address)
            }
            Subject::City => (String::new(), None),
        };
        let by = if entry.by == StaffActed::THE_IMPORT {
            words.say("audit-the-import").into_owned()
        } else {
            let name = people.get(entry.by).and_then(|person| person.name);
            name.unwrap_or_else(|| words.say("no-name").into_owned())
        };
        let hex = |hash: &[u8; 32]| data_encoding::HEXLOWER.encode(hash);
        AuditRow {
            at: format::moment(words, world.catalogue.zone(), entry.at),
            what: what_told(words, &entry.what).into_owned(),
            by,
            of_whom: of_whom(desk.ids.resident(entry.by).as_str()),
            venue: venue.filter(|_| log == LogOf::City).map(|venue| VenueLink {
                name: format::name(words, &venue.def.name).to_owned(),
                address: format!("/operator/audit?venue={}", venue.def.code),
            }),
            subject,
            address,
            before: told(&entry.before),
            after: told(&entry.after),
            chained: (log == LogOf::City).then(|| {
                words.tell(
                    "audit-chained",
                    &[("no", i64::from(entry.no).into()), ("hash", hex(&entry.hash).into())],
                )
            }),
        }
    };
    Ok(entries.iter().map(row).collect())
}

fn told(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}

/// What somebody did, in words; what has none by its own name.
#[must_use]
pub fn what_told<'a>(words: Words, what: &'a str) -> Cow<'a, str> {
    match what {
        "pitch_added" => words.say("audit-pitch-added"),
        "pitch_changed" => words.say("audit-pitch-changed"),
        "venue_added" => words.say("audit-venue-added"),
        "venue_changed" => words.say("audit-venue-changed"),
        "closure_declared" => words.say("audit-closure-declared"),
        "release_declared" => words.say("audit-release-declared"),
        "booking_moved" => words.say("audit-booking-moved"),
        "booking_cancelled" => words.say("audit-booking-cancelled"),
        "booking_checked_in" => words.say("audit-booking-checked-in"),
        "counter_booked" => words.say("audit-counter-booked"),
        "account_opened" => words.say("audit-account-opened"),
        "account_disabled" => words.say("audit-account-disabled"),
        "resident_verified" => words.say("audit-resident-verified"),
        "household_joined" => words.say("audit-household-joined"),
        "district_added" => words.say("audit-district-added"),
        "district_changed" => words.say("audit-district-changed"),
        "sport_changed" => words.say("audit-sport-changed"),
        "sport_added" => words.say("audit-sport-added"),
        "special_days_set" => words.say("audit-special-days-set"),
        "draw_made" => words.say("audit-draw-made"),
        "something_else" => words.say("audit-something-else"),
        other => Cow::Borrowed(other),
    }
}
