//! `GET /v1/manage/venues/{venue}/audit`, `GET /v1/operator/audit`: what the staff did, the newest first.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::authority::{Task, at_venue, in_city};
use super::people::{People, PersonView};
use crate::api::answer::{Items, Rfc3339, city_moment};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::PathText;
use crate::api::page::{ListQuery, Page, list};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::ids::VenueNo;
use crate::engine::audit_log::{AuditEntry, Subject};
use crate::engine::world::World;
use crate::identity::public_id::Position;

/// One act of the staff. `before` and `after` are what the act changed, in the form that the journal's events have.
#[derive(Serialize, ToSchema)]
pub struct AuditEntryView {
    /// Its place in the city's log, from 0.
    no: u32,
    #[schema(value_type = String, format = DateTime)]
    at: Rfc3339,
    by: Option<PersonView>,
    venue: Option<String>,
    what: String,
    /// The id of what it was done to; null for the city.
    subject: Option<String>,
    before: Value,
    after: Value,
    /// The hash of the entry before it in the city's log.
    previous: String,
    /// BLAKE3 of the 32 bytes of `previous` and the bytes of `hashed` behind them.
    hash: String,
    /// The text that was hashed, in the city's log. Null in a venue's, since its numbers tell how much goes on in the whole city.
    hashed: Option<String>,
}

/// Whose log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LogOf {
    City,
    Venue(VenueNo),
}

impl AuditEntryView {
    fn of(desk: &Desk, world: &World, people: &People, entry: &AuditEntry, log: LogOf) -> Self {
        let hex = |hash: &[u8; 32]| data_encoding::HEXLOWER.encode(hash);
        let venue = entry.venue.and_then(|venue| world.catalogue.venue(venue));
        Self {
            no: entry.no,
            at: city_moment(world.catalogue.zone(), entry.at),
            by: people.get(entry.by),
            venue: venue.map(|venue| venue.def.code.as_str().to_owned()),
            what: entry.what.clone().into_owned(),
            subject: match &entry.subject {
                Subject::Named(code) => Some(code.as_str().to_owned()),
                Subject::Booking(no) => Some(desk.ids.booking(*no).as_str().to_owned()),
                Subject::Account(no) => Some(desk.ids.resident(*no).as_str().to_owned()),
                Subject::City => None,
            },
            before: entry.before.clone(),
            after: entry.after.clone(),
            previous: hex(&entry.previous),
            hash: hex(&entry.hash),
            hashed: match log {
                LogOf::City => Some(entry.hashed_text(venue.map(|venue| &venue.def.code))),
                LogOf::Venue(_) => None,
            },
        }
    }
}

/// What was done at a venue.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}/audit",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), ListQuery),
    responses((status = 200, body = Items<AuditEntryView>))
)]
pub async fn of_venue(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, list::AUDIT)?;
    let no = desk.engine.world().catalogue.venue_by_code(&code).map(|venue| venue.no);
    let venue = at_venue(who, no, Task::Manage)?.venue;
    listed(&desk, &page, LogOf::Venue(venue), &headers).await
}

/// What was done in the whole city.
#[utoipa::path(
    get,
    path = "/v1/operator/audit",
    tag = "operators",
    security(("token" = [])),
    params(ListQuery),
    responses((status = 200, body = Items<AuditEntryView>))
)]
pub async fn of_city(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, list::AUDIT)?;
    in_city(who)?;
    listed(&desk, &page, LogOf::City, &headers).await
}

/// A page, read from the log without what lies before and behind it.
async fn listed(desk: &Desk, page: &Page<'_>, log: LogOf, headers: &HeaderMap) -> Result<Response, Problem> {
    let before = page.after().map(|after| after.number);
    let venue = match log {
        LogOf::City => None,
        LogOf::Venue(venue) => Some(venue),
    };
    let mut entries = desk.engine.audit_log().page(venue, before, page.limit() + 1);
    let is_last = entries.len() <= page.limit();
    entries.truncate(page.limit());
    let last = entries.last().filter(|_| !is_last);
    let next = last.map(|last| page.cursor(Position { sort: 0, number: last.no }));
    let people = People::look_up(desk, entries.iter().map(|entry| entry.by)).await?;
    let world = World::clone(&desk.engine.world());
    let items = entries.iter().map(|entry| AuditEntryView::of(desk, &world, &people, entry, log)).collect();
    Ok(own_with_etag(headers, &Items { items, next }))
}
