//! `GET /v1/pitches/{pitch}/events` and `GET /v1/venues/{venue}/events`: a day's changes as server-sent events.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use super::OpenData;
use super::live::event_id::EventId;
use super::live::hub::Topic;
use super::live::stream::{EventStream, Subject};
use super::slots::{SlotsQuery, check_day};
use crate::api::extract::PathText;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::domain::calendar::local_day;
use crate::domain::time::LocalDay;
use crate::engine::world::World;

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies to pass each event on at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The changes of a pitch's day, as server-sent events.
///
/// At first one event for each slot, in the form of `GET /v1/pitches/{pitch}/slots`; from then on one for each slot that changes.
/// Who comes back with `Last-Event-ID` gets what has changed since, or the whole day again.
#[utoipa::path(
    get,
    path = "/v1/pitches/{pitch}/events",
    tag = "everyone",
    params(
        ("pitch" = String, Path), SlotsQuery,
        ("last-event-id" = Option<String>, Header, description = "The id of the last event that was received"),
    ),
    responses((status = 200, description = "Events without end", body = serde_json::Value, content_type = "text/event-stream"))
)]
pub async fn pitch_events(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<SlotsQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = state.engine.world().clone();
    let day = day_of(&state, &world, &query)?;
    let pitch = world.catalogue.pitch_by_code(&code).ok_or(Problem::NotFound)?;
    listen(&state, Topic::Pitch(pitch.whole, day), Subject::Pitch(pitch.no), day, &headers)
}

/// The changes of all pitches of a venue on a day, as server-sent events.
///
/// As the events of a pitch, each with the `pitch` that it is of.
#[utoipa::path(
    get,
    path = "/v1/venues/{venue}/events",
    tag = "everyone",
    params(
        ("venue" = String, Path), SlotsQuery,
        ("last-event-id" = Option<String>, Header, description = "The id of the last event that was received"),
    ),
    responses((status = 200, description = "Events without end", body = serde_json::Value, content_type = "text/event-stream"))
)]
pub async fn venue_events(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<SlotsQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = state.engine.world().clone();
    let day = day_of(&state, &world, &query)?;
    let venue = world.catalogue.venue_by_code(&code).ok_or(Problem::NotFound)?;
    listen(&state, Topic::Venue(venue.no, day), Subject::Venue(venue.no), day, &headers)
}

fn day_of(state: &OpenData, world: &World, query: &SlotsQuery) -> Result<LocalDay, Problem> {
    let day = query.date.0;
    check_day(world, "date", day, local_day(world.catalogue.zone(), state.clock.now()))?;
    Ok(day)
}

fn listen(
    state: &OpenData,
    topic: Topic,
    subject: Subject,
    day: LocalDay,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let known = known_position(state, headers);
    let membership = state.live.enter(topic)?;
    let lasting = membership.pulse.lasting();
    let mut response = Response::new(Body::new(EventStream::new(membership, subject, day, known)));
    response.extensions_mut().insert(lasting);
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, EVENT_STREAM);
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    out.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// The position up to which the listener knows all. An id that this start didn't give says nothing, as none does.
fn known_position(state: &OpenData, headers: &HeaderMap) -> Option<u64> {
    let id = EventId::parse(headers.get(LAST_EVENT_ID)?.to_str().ok()?)?;
    let is_ours = id.epoch == state.live.epoch() && id.position <= state.engine.changes().head();
    is_ours.then_some(id.position)
}
