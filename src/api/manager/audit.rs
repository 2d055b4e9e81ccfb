//! `GET /v1/manage/venues/{venue}/audit`, `GET /v1/operator/audit`: what the staff did, the newest first; all of it, or what somebody
//! did, of one kind, or in a span of days.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::authority::{Task, at_venue, in_city};
use super::people::{People, PersonView};
use crate::api::answer::{Items, Rfc3339, city_moment};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::PathText;
use crate::api::page::{Page, list};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{PageLimit, QueryOf};
use crate::api::resident::Desk;
use crate::api::written_time::WrittenDay;
use crate::domain::calendar::moment_of;
use crate::domain::ids::VenueNo;
use crate::domain::time::LocalDay;
use crate::engine::audit_log::{ACTS, AuditEntry, AuditFilter, Subject};
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

/// Which acts are asked for; what is not said leaves all.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: PageLimit,
    cursor: Option<String>,
    /// Who acted, by the id that `by` has.
    by: Option<String>,
    /// What was done, as `what` has it.
    #[param(example = "pitch_changed")]
    what: Option<String>,
    /// The first day, in the city's time.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<WrittenDay>,
    /// The last day, in the city's time.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<WrittenDay>,
}

impl AuditQuery {
    fn filter(&self, desk: &Desk) -> Result<AuditFilter, Problem> {
        let mut faults = FieldFaults::new();
        let by = self.by.as_deref().map(|by| desk.ids.read_resident(by));
        if by == Some(None) {
            faults.add(FieldFault::new("by", Text::fixed("is no id of an account", "不是账号编号")));
        }
        let what = self.what.as_deref().map(act);
        if what == Some(None) {
            faults.add(FieldFault::new(
                "what",
                Text::fixed("is nothing that the staff do", "不是工作人员的操作"),
            ));
        }
        faults.check()?;
        let world = desk.engine.world();
        let days = (self.from.as_ref().map(|day| day.0), self.to.as_ref().map(|day| day.0));
        Ok(AuditFilter { by: by.flatten(), what: what.flatten(), ..of_days(world.catalogue.zone(), days) })
    }
}

/// The kind of act of this name.
#[must_use]
pub fn act(name: &str) -> Option<&'static str> {
    ACTS.into_iter().find(|act| *act == name)
}

/// What was done from the beginning of a day to the end of another, where the city is.
#[must_use]
pub fn of_days(zone: &TimeZone, (from, to): (Option<LocalDay>, Option<LocalDay>)) -> AuditFilter {
    AuditFilter {
        from: from.map(|day| moment_of(zone, day, 0)),
        until: to.map(|day| moment_of(zone, day.plus_days(1), 0)),
        ..AuditFilter::default()
    }
}

/// What was done at a venue.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}/audit",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), AuditQuery),
    responses((status = 200, body = Items<AuditEntryView>))
)]
pub async fn of_venue(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<AuditQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = Page::new(&desk.ids, list::AUDIT, query.limit, query.cursor.as_deref())?;
    let filter = query.filter(&desk)?;
    let no = desk.engine.world().catalogue.venue_by_code(&code).map(|venue| venue.no);
    let venue = at_venue(who, no, Task::Manage)?.venue;
    listed(&desk, &page, LogOf::Venue(venue), filter, &headers).await
}

/// What was done in the whole city.
#[utoipa::path(
    get,
    path = "/v1/operator/audit",
    tag = "operators",
    security(("token" = [])),
    params(AuditQuery),
    responses((status = 200, body = Items<AuditEntryView>))
)]
pub async fn of_city(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<AuditQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = Page::new(&desk.ids, list::AUDIT, query.limit, query.cursor.as_deref())?;
    let filter = query.filter(&desk)?;
    in_city(who)?;
    listed(&desk, &page, LogOf::City, filter, &headers).await
}

/// A page, read from the log without what lies before and behind it.
async fn listed(
    desk: &Desk,
    page: &Page<'_>,
    log: LogOf,
    filter: AuditFilter,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let before = page.after().map(|after| after.number);
    let venue = match log {
        LogOf::City => None,
        LogOf::Venue(venue) => Some(venue),
    };
    let filter = AuditFilter { venue, ..filter };
    let mut entries = desk.engine.audit_log().found(&filter, before, page.limit() + 1);
    let is_last = entries.len() <= page.limit();
    entries.truncate(page.limit());
    let last = entries.last().filter(|_| !is_last);
    let next = last.map(|last| page.cursor(Position { sort: 0, number: last.no }));
    let people = People::look_up(desk, entries.iter().map(|entry| entry.by)).await?;
    let world = World::clone(&desk.engine.world());
    let items = entries.iter().map(|entry| AuditEntryView::of(desk, &world, &people, entry, log)).collect();
    Ok(own_with_etag(headers, &Items { items, next }))
}
