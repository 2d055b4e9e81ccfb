//! `/manage/{venue}/audit`: what the staff did here, the newest first.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::frame::{Head, Here, around};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::manager::authority::Task;
use crate::api::manager::people::People;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::engine::audit_log::{AuditEntry, Subject};
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many entries a page has.
const ENTRIES: usize = 50;

#[derive(Debug, Deserialize)]
pub struct AuditQuery {
    /// Only entries before this one.
    before: Option<u32>,
}

#[derive(Template)]
#[template(path = "manager/audit.html")]
struct AuditPage {
    shell: Shell,
    head: Head,
    entries: Vec<Entry>,
    older: Option<String>,
}

struct Entry {
    at: String,
    what: String,
    by: String,
    subject: String,
    address: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

/// The log.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<AuditQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let words = visitor.words;
    let mut found = desk.engine.audit_log().page(Some(at.venue), query.before, ENTRIES + 1);
    let has_more = found.len() > ENTRIES;
    found.truncate(ENTRIES);
    let people = People::look_up(&desk, found.iter().map(|entry| entry.by)).await?;
    let entry = |entry: &Arc<AuditEntry>| {
        let (subject, address) = match &entry.subject {
            Subject::Named(code) => (code.as_str().to_owned(), None),
            Subject::Booking(no) => {
                let id = desk.ids.booking(*no).as_str().to_owned();
                let address = at.address(&format!("/bookings/{id}"));
                (id, Some(address))
            }
            Subject::Account(no) => (desk.ids.resident(*no).as_str().to_owned(), None),
            Subject::City => (String::new(), None),
        };
        Entry {
            at: format::moment(words, at.world.catalogue.zone(), entry.at),
            what: what_told(words, &entry.what).into_owned(),
            by: people
                .get(entry.by)
                .and_then(|person| person.name)
                .unwrap_or_else(|| words.say("no-name").into_owned()),
            subject,
            address,
            before: told(&entry.before),
            after: told(&entry.after),
        }
    };
    let entries = found.iter().map(entry).collect();
    let last = found.last().filter(|_| has_more);
    let (shell, head) = around(&at, &visitor, Here::Audit, words.say("manage-audit"))?;
    let older = last.map(|last| at.address(&format!("/audit?before={}", last.no)));
    page::own(StatusCode::OK, &AuditPage { shell, head, entries, older })
}

fn told(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}

/// What somebody did, in words; what has none yet by its own name.
fn what_told<'a>(words: Words, what: &'a str) -> Cow<'a, str> {
    match what {
        "pitch_added" => words.say("audit-pitch-added"),
        "pitch_changed" => words.say("audit-pitch-changed"),
        "venue_changed" => words.say("audit-venue-changed"),
        "closure_declared" => words.say("audit-closure-declared"),
        "release_declared" => words.say("audit-release-declared"),
        "booking_moved" => words.say("audit-booking-moved"),
        "booking_cancelled" => words.say("audit-booking-cancelled"),
        "counter_booked" => words.say("audit-counter-booked"),
        other => Cow::Borrowed(other),
    }
}
