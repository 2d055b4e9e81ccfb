//! `POST /v1/manage/pitches/{pitch}/closures` and its preview, `GET /v1/manage/venues/{venue}/closures`.
//!
//! Who has seen whom a closure hits sends the list's fingerprint along: when the list is another one by now, nothing is closed and
//! the new list is answered. What is booked between that look and the closure is hit all the same.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority::{Authority, Task, at_venue};
use super::change::{Changed, change, taken};
use super::closure_view::{ClosureView, Hit, InsideView, PreviewStatus, PreviewView};
use super::pitches::managed;
use super::retry::{NewName, Retry, request_of};
use super::written_rules::read_span;
use crate::api::answer::{Items, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::page::{ListQuery, list};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::ordering::Replayed;
use crate::api::written_time::{MinuteOfDay, WrittenDay};
use crate::domain::definition::ClosureDef;
use crate::domain::event::Event;
use crate::domain::ids::{Code, PitchNo, ResidentNo};
use crate::domain::units::UNIT_MINUTES;
use crate::engine::world::World;
use crate::identity::public_id::Position;

/// The longest reason.
const REASON_CHARS_MAX: usize = 200;
/// The longest closure.
const DAYS_MAX: i32 = 3_660;

/// What is to be closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosureBody {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: WrittenDay,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub to: WrittenDay,
    /// From when on each of these days; from midnight where nothing is said.
    #[schema(value_type = Option<String>, example = "12:00")]
    pub start: Option<MinuteOfDay>,
    /// Until when on each of these days; until midnight where nothing is said.
    #[schema(value_type = Option<String>, example = "18:00")]
    pub end: Option<MinuteOfDay>,
    pub bookings: InsideView,
    /// What is told to the public.
    #[schema(max_length = 200)]
    pub reason: String,
    /// Of the preview that was seen. Not for a preview.
    pub fingerprint: Option<String>,
}

impl ClosureBody {
    /// The definition, of a pitch that is looked for later.
    fn read(&self) -> Result<ClosureDef, Problem> {
        let mut faults = FieldFaults::new();
        let days = self.to.0.days_since(self.from.0);
        if days < 0 {
            faults.add(FieldFault::new("to", Text::fixed("must not be before from", "不能早于开始日期")));
        } else if days > DAYS_MAX {
            faults.add(FieldFault::new("to", Text::fixed("is more than ten years after from", "超过十年")));
        }
        for (field, minute) in [("start", self.start), ("end", self.end)] {
            if minute.is_some_and(|minute| !minute.0.is_multiple_of(UNIT_MINUTES)) {
                let text = Text::fixed("must be on the half hour", "必须是整点或半点");
                faults.add(FieldFault::new(field, text));
            }
        }
        faults.check()?;
        let mut faults = FieldFaults::new();
        let (start, end) = (self.start.unwrap_or(MinuteOfDay(0)), self.end.unwrap_or(MinuteOfDay(24 * 60)));
        let span = read_span("", start, end, &mut FieldFaults::new());
        if span.is_none() {
            faults.add(FieldFault::new("end", Text::fixed("must be after start", "必须晚于 start")));
        }
        if self.reason.chars().count() > REASON_CHARS_MAX {
            faults.add(FieldFault::too_long("reason", REASON_CHARS_MAX));
        }
        faults.check()?;
        Ok(ClosureDef {
            code: None,
            pitches: Vec::new(),
            first_day: self.from.0,
            last_day: self.to.0,
            units: span.map(crate::domain::units::UnitSpan::mask).unwrap_or_default(),
            bookings: self.bookings.inside(),
            reason: self.reason.clone(),
        })
    }
}

/// Shows whom a closure would hit, and closes nothing.
#[utoipa::path(
    post,
    path = "/v1/manage/pitches/{pitch}/closures/preview",
    tag = "managers",
    security(("token" = [])),
    params(("pitch" = String, Path)),
    request_body = ClosureBody,
    responses((status = 200, body = PreviewView))
)]
pub async fn preview(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    body: JsonBody<ClosureBody>,
) -> Result<Response, Problem> {
    let world = World::clone(&desk.engine.world());
    let (def, hit) = foreseen(&desk, &world, who, &[&code], &body.value).await?;
    let view = hit.view(&desk, &world, def.bookings, PreviewStatus::Preview).await?;
    Ok(json(StatusCode::OK, &view))
}

/// What a closure would be, and whom it would hit.
///
/// # Errors
/// `invalid-request`, or as `authority` judges.
pub async fn foreseen(
    desk: &Desk,
    world: &World,
    who: SignedIn,
    codes: &[&str],
    body: &ClosureBody,
) -> Result<(ClosureDef, Hit), Problem> {
    let mut def = body.read()?;
    if body.fingerprint.is_some() {
        return Err(FieldFault::unknown("fingerprint").into());
    }
    put_pitches(world, who, codes, &mut def)?;
    let hit = Hit::by(desk, world, &def).await;
    Ok((def, hit))
}

/// Puts the pitches into a closure, for who may manage all of them.
fn put_pitches(
    world: &World,
    who: SignedIn,
    codes: &[&str],
    def: &mut ClosureDef,
) -> Result<ResidentNo, Problem> {
    let mut by = who.no;
    for code in codes {
        let (authority, pitch): (Authority, PitchNo) = managed(world, who, None, code)?;
        by = authority.by;
        def.pitches.push(pitch);
    }
    Ok(by)
}

/// What became of a closure that was to be declared.
pub enum Declared {
    Closed(Code, Replayed),
    /// The list is another one than that which was seen: nothing was closed.
    Changed(ClosureDef, Hit),
}

/// Closes a pitch, or a part of one: nothing can be booked inside from now on, and the bookings inside are left or refunded.
#[utoipa::path(
    post,
    path = "/v1/manage/pitches/{pitch}/closures",
    tag = "managers",
    security(("token" = [])),
    params(
        ("pitch" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = ClosureBody,
    responses(
        (status = 201, body = ClosureView),
        (status = 200, description = "The list has changed, and nothing was closed", body = PreviewView),
    )
)]
pub async fn close(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    headers: HeaderMap,
    body: JsonBody<ClosureBody>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let path = format!("/v1/manage/pitches/{code}/closures");
    let retry = Retry { path: &path, key, asks_for: &body.bytes };
    match closed(&desk, who, &[&code], &body.value, retry).await? {
        Declared::Closed(code, again) => {
            let mut answer = declared(&desk, &code).await?;
            again.mark(&mut answer);
            Ok(answer)
        }
        Declared::Changed(def, hit) => {
            let world = World::clone(&desk.engine.world());
            let view = hit.view(&desk, &world, def.bookings, PreviewStatus::Changed).await?;
            Ok(json(StatusCode::OK, &view))
        }
    }
}

/// Closes pitches of one venue; durable when this returns.
///
/// # Errors
/// Why nothing was closed.
pub async fn closed(
    desk: &Desk,
    who: SignedIn,
    codes: &[&str],
    body: &ClosureBody,
    retry: Retry<'_>,
) -> Result<Declared, Problem> {
    let mut def = body.read()?;
    let world = World::clone(&desk.engine.world());
    let by = put_pitches(&world, who, codes, &mut def)?;
    let name = NewName::of('c', request_of(desk, by, retry.path, retry.key, retry.asks_for))?;
    let names = world.catalogue.closures().iter().filter_map(|closure| closure.def.code.as_ref());
    if name.is_among(names)? {
        return Ok(Declared::Closed(name.code, Replayed::Yes));
    }
    if let Some(seen) = &body.fingerprint {
        let hit = Hit::by(desk, &world, &def).await;
        if hit.fingerprint != *seen {
            return Ok(Declared::Changed(def, hit));
        }
    }
    def.code = Some(name.code.clone());
    match change(desk, by, Event::ClosureDeclared(Box::new(def))).await? {
        Changed::Yes => Ok(Declared::Closed(name.code, Replayed::No)),
        Changed::CodeTaken if retry.key.is_some() => Ok(Declared::Closed(name.code, Replayed::Yes)),
        Changed::CodeTaken => Err(taken()),
    }
}

async fn declared(desk: &Desk, code: &Code) -> Result<Response, Problem> {
    let world = World::clone(&desk.engine.world());
    let closure = world.catalogue.closure_by_code(code.as_str()).ok_or(Problem::NotFound)?;
    Ok(json(StatusCode::CREATED, &ClosureView::of(desk, &world, closure, 0).await))
}

/// The closures of a venue, the newest first, each with how far it has come.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}/closures",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), ListQuery),
    responses((status = 200, body = Items<ClosureView>))
)]
pub async fn closures(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, list::CLOSURES)?;
    let world = World::clone(&desk.engine.world());
    let venue = world.catalogue.venue_by_code(&code).map(|venue| venue.no);
    let venue = at_venue(who, venue, Task::Manage)?.venue;
    let is_here = |no: &PitchNo| world.catalogue.pitch(*no).is_some_and(|pitch| pitch.venue == venue);
    let all = world.catalogue.closures().iter().enumerate().rev();
    let of_venue = all.filter(|(_, closure)| closure.def.pitches.iter().any(is_here));
    let newest_first = |number: usize| {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Position { sort: 0, number: u32::MAX - number }
    };
    let shown = page
        .of(of_venue.map(|(number, closure)| (newest_first(number), (number, closure))), |closure| closure);
    let mut items = Vec::with_capacity(shown.items.len());
    for (number, closure) in shown.items {
        items.push(ClosureView::of(&desk, &world, closure, number).await);
    }
    Ok(own_with_etag(&headers, &Items { items, next: shown.next }))
}
