//! `/v1/manage/venues/{venue}/pitches`: the pitches of a venue, added, listed, changed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, LOCATION};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority::{Authority, Task, at_venue};
use super::change::{Changed, change, make, taken};
use super::new_pitch::{NewPitch, NewPitchBody};
use super::pitch_view::ManagedPitch;
use super::retry::{NewName, Retry, request_of};
use super::succession::predecessor;
use super::written_rules::{NamesBody, RefundStepBody, read_cancellation, read_names, read_number};
use crate::api::answer::{Items, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText, PathTexts};
use crate::api::headers::idempotency_key;
use crate::api::page::{ListQuery, list};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::ordering::Replayed;
use crate::domain::catalogue::{Pitch, PitchKind, SLOTS_PER_BOOKING_MAX};
use crate::domain::change::{Offered, PitchChange};
use crate::domain::event::Event;
use crate::domain::ids::{Code, PitchNo};
use crate::engine::world::World;
use crate::identity::public_id::Position;

/// The pitches of a venue, each with its parts.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}/pitches",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), ListQuery),
    responses((status = 200, body = Items<ManagedPitch>))
)]
pub async fn pitches(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    PathText(venue): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, list::MANAGED_PITCHES)?;
    let world = World::clone(&desk.engine.world());
    let venue = world.catalogue.venue_by_code(&venue);
    let _may = at_venue(who, venue.map(|venue| venue.no), Task::Manage)?;
    let numbers = venue.map_or(&[][..], |venue| &venue.pitches);
    let all = numbers.iter().filter_map(|no| world.catalogue.pitch(*no));
    let answer = page.of(all.map(|pitch| (Position { sort: 0, number: pitch.no.get() }, pitch)), |pitch| {
        ManagedPitch::of(&world.catalogue, pitch)
    });
    Ok(own_with_etag(&headers, &answer))
}

/// Adds a pitch of any kind, with its parts. It can be booked at once, in its hours.
#[utoipa::path(
    post,
    path = "/v1/manage/venues/{venue}/pitches",
    tag = "managers",
    security(("token" = [])),
    params(
        ("venue" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = NewPitchBody,
    responses((status = 201, body = ManagedPitch))
)]
pub async fn add_pitch(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(venue): PathText,
    headers: HeaderMap,
    body: JsonBody<NewPitchBody>,
) -> Result<Response, Problem> {
    let path = format!("/v1/manage/venues/{venue}/pitches");
    let retry = Retry { path: &path, key: idempotency_key(&headers)?, asks_for: &body.bytes };
    let (code, came) = pitch_added(&desk, who, &venue, &body.value, retry).await?;
    let mut answer = added(&desk, &code, StatusCode::CREATED)?;
    came.mark(&mut answer);
    Ok(answer)
}

/// Adds a pitch, once a key; durable when this returns.
///
/// # Errors
/// Why nothing was added; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn pitch_added(
    desk: &Desk,
    who: SignedIn,
    venue: &str,
    body: &NewPitchBody,
    retry: Retry<'_>,
) -> Result<(Code, Replayed), Problem> {
    let world = World::clone(&desk.engine.world());
    let new = NewPitch::read(&world.catalogue, body)?;
    let Authority { by, venue: no } =
        at_venue(who, world.catalogue.venue_by_code(venue).map(|venue| venue.no), Task::Manage)?;
    let request = request_of(desk, by, retry.path, retry.key, retry.asks_for);
    let name = NewName::chosen_or(new.chosen.clone(), 'p', request)?;
    let codes = world.catalogue.pitches().iter().map(|pitch| &pitch.code);
    if name.is_among(codes)? {
        return Ok((name.code, Replayed::Yes));
    }
    let event = Event::PitchAdded(Box::new(new.define(name.code.clone(), no)?));
    let added = match &body.instead_of {
        Some(code) => predecessor(&world, no, code)?.replace(desk, by, event.clone()).await?,
        None => change(desk, by, event.clone()).await?,
    };
    match added {
        Changed::Yes => Ok((name.code, Replayed::No)),
        // The same request came at the same moment, or before with a name of its own choice.
        Changed::CodeTaken if retry.key.is_some() && desk.engine.is_done(by, &event) => {
            Ok((name.code, Replayed::Yes))
        }
        Changed::CodeTaken => Err(taken()),
    }
}

/// Shows a pitch as it is now.
pub(super) fn added(desk: &Desk, code: &Code, status: StatusCode) -> Result<Response, Problem> {
    let world = desk.engine.world();
    let pitch = world.catalogue.pitch_by_code(code.as_str()).ok_or(Problem::NotFound)?;
    let mut answer = json(status, &ManagedPitch::of(&world.catalogue, pitch));
    let venue = world.catalogue.venue(pitch.venue).map_or("", |venue| venue.def.code.as_str());
    if status == StatusCode::CREATED
        && let Ok(location) = HeaderValue::from_str(&format!("/v1/manage/venues/{venue}/pitches/{code}"))
    {
        answer.headers_mut().insert(LOCATION, location);
    }
    Ok(answer)
}

/// The pitch of a path, for who may manage it.
///
/// # Errors
/// As `authority` judges.
pub fn managed(
    world: &World,
    who: SignedIn,
    venue: Option<&str>,
    code: &str,
) -> Result<(Authority, PitchNo), Problem> {
    let pitch = world.catalogue.pitch_by_code(code).filter(|pitch| {
        let at = world.catalogue.venue(pitch.venue).map(|venue| venue.def.code.as_str());
        venue.is_none_or(|venue| at == Some(venue))
    });
    let authority = at_venue(who, pitch.map(|pitch| pitch.venue), Task::Manage)?;
    Ok((authority, pitch.ok_or(Problem::NotFound)?.no))
}

/// A pitch, or a part of one.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}/pitches/{pitch}",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), ("pitch" = String, Path)),
    responses((status = 200, body = ManagedPitch))
)]
pub async fn pitch(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathTexts(venue, code): PathTexts,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = World::clone(&desk.engine.world());
    let (_, no) = managed(&world, who, Some(&venue), &code)?;
    let pitch = world.catalogue.pitch(no).ok_or(Problem::NotFound)?;
    Ok(own_with_etag(&headers, &ManagedPitch::of(&world.catalogue, pitch)))
}

/// What is to be changed. What is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PitchChangeBody {
    pub name: Option<NamesBody>,
    #[schema(minimum = 1, maximum = 48)]
    pub max_slots: Option<i64>,
    #[schema(minimum = 1, maximum = 65_535)]
    pub party_size_max: Option<i64>,
    /// Of a session. What is sold stays sold.
    #[schema(minimum = 1, maximum = 65_535)]
    pub capacity: Option<i64>,
    pub cancellation: Option<Vec<RefundStepBody>>,
    /// Of a whole: its parts go with it. What is not offered is closed.
    pub offered: Option<bool>,
}

impl PitchChangeBody {
    /// Whether it is shown and sold, and nothing else.
    #[must_use]
    pub fn of_offered(is_offered: bool) -> Self {
        Self { offered: Some(is_offered), ..Self::default() }
    }
}

/// Changes a pitch, at once.
#[utoipa::path(
    patch,
    path = "/v1/manage/venues/{venue}/pitches/{pitch}",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), ("pitch" = String, Path)),
    request_body = PitchChangeBody,
    responses((status = 200, body = ManagedPitch))
)]
pub async fn change_pitch(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathTexts(venue, code): PathTexts,
    body: JsonBody<PitchChangeBody>,
) -> Result<Response, Problem> {
    let code = changed(&desk, who, &venue, &code, &body.value).await?;
    added(&desk, &code, StatusCode::OK)
}

/// Changes a pitch; durable when this returns.
///
/// # Errors
/// Why nothing was changed.
pub async fn changed(
    desk: &Desk,
    who: SignedIn,
    venue: &str,
    code: &str,
    body: &PitchChangeBody,
) -> Result<Code, Problem> {
    let mut faults = FieldFaults::new();
    let people = (1, 65_535);
    let slots = (1, i64::from(SLOTS_PER_BOOKING_MAX));
    let mut wanted = PitchChange::of(PitchNo::new(0));
    wanted.name = body.name.as_ref().map(|name| read_names("name", name, &mut faults));
    wanted.max_slots = body.max_slots.map(|count| read_number("max_slots", count, slots, &mut faults));
    wanted.party_max =
        body.party_size_max.map(|count| read_number("party_size_max", count, people, &mut faults));
    wanted.capacity = body.capacity.map(|count| read_number("capacity", count, people, &mut faults));
    wanted.cancel =
        body.cancellation.as_deref().map(|steps| read_cancellation("cancellation", steps, &mut faults));
    wanted.offered = body.offered.map(|is_offered| if is_offered { Offered::Yes } else { Offered::No });
    let world = World::clone(&desk.engine.world());
    let pitch = world.catalogue.pitch_by_code(code);
    if let Some(pitch) = pitch {
        let is_session = matches!(pitch.kind, PitchKind::Session { .. });
        if wanted.capacity.is_some() && !is_session {
            let text = Text::fixed("is a session's only", "仅适用于场次类场地");
            faults.add(FieldFault::new("capacity", text));
        }
        if wanted.offered.is_some() && pitch.kind == PitchKind::Part {
            let text = Text::fixed("is that of the whole", "由整块场地决定");
            faults.add(FieldFault::new("offered", text));
        }
    }
    if let Some(Pitch { offered: Offered::Succeeded, .. }) = pitch {
        if wanted.offered == Some(Offered::Yes) {
            let text = Text::fixed("another pitch has taken its place", "已由另一块场地取代");
            faults.add(FieldFault::new("offered", text));
        }
        wanted.offered = None;
    }
    faults.check()?;
    let (Authority { by, .. }, no) = managed(&world, who, Some(venue), code)?;
    wanted.pitch = no;
    if wanted != PitchChange::of(no) {
        make(desk, by, Event::PitchChanged(Box::new(wanted))).await?;
    }
    world.catalogue.pitch(no).map(|pitch| pitch.code.clone()).ok_or(Problem::NotFound)
}
