//! Booking and cancelling: `POST /v1/bookings`, `DELETE /v1/bookings/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, LOCATION};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::booking_view::BookingView;
use super::{Desk, Residents};
use crate::api::answer::json;
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::{IDEMPOTENCY_REPLAYED, required_idempotency_key};
use crate::api::problem::{FieldFaults, Problem};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::settled::{durably, until, with_lane};
use crate::api::written_time::read_moment;
use crate::domain::ids::BookingNo;
use crate::engine::CommandLane;
use crate::engine::book::{Booked, BookedBefore, BookingRequest};
use crate::engine::bookings::Booking;

const PATH: &str = "/v1/bookings";

/// How a booking is paid for.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayWith {
    Wallet,
}

/// What is to be booked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingBody {
    /// The id of a pitch, or of a part of one.
    pitch: String,
    #[schema(format = DateTime)]
    start: String,
    /// At most `max_slots` slots after `start`.
    #[schema(format = DateTime)]
    end: String,
    /// Places of a session; on other kinds only checked against the pitch's maximum. 1 where nothing is said.
    #[schema(minimum = 1)]
    party_size: Option<i64>,
    #[serde(rename = "pay_with")]
    _pay_with: PayWith,
}

/// Books and pays, in one request.
#[utoipa::path(
    post,
    path = "/v1/bookings",
    tag = "residents",
    security(("token" = [])),
    params(("idempotency-key" = String, Header, description = "1 to 128 visible ASCII characters")),
    request_body = BookingBody,
    responses((status = 201, body = BookingView))
)]
pub async fn book(
    State(state): State<Residents>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<BookingBody>,
) -> Result<Response, Problem> {
    let desk = &state.desk;
    let BookingBody { pitch, start, end, party_size, _pay_with: PayWith::Wallet } = &body.value;
    let mut faults = FieldFaults::new();
    let key = required_idempotency_key(&headers).map_err(|problem| faults.add_all(problem)).ok();
    let start = read_moment("start", start).map_err(|fault| faults.add(fault)).ok();
    let end = read_moment("end", end).map_err(|fault| faults.add(fault)).ok();
    faults.check()?;
    let (Some(key), Some(start), Some(end)) = (key, start, end) else {
        return Err(Problem::internal(&"a fault was not told"));
    };
    let party_size = party_size.unwrap_or(1);
    let mut asks_for = Vec::with_capacity(pitch.len() + 24);
    asks_for.extend_from_slice(pitch.as_bytes());
    for number in [start.moment.get(), end.moment.get(), party_size] {
        asks_for.extend_from_slice(&number.to_le_bytes());
    }
    let request = BookingRequest {
        resident: who.no,
        pitch,
        start,
        end,
        party_size,
        request: desk.request_key(who.no, "POST", PATH, key, &asks_for),
    };
    loop {
        let now = desk.clock.now();
        match with_lane(|lane: &CommandLane| desk.engine.book(lane, &request, now)) {
            Ok(Booked::Queued { no, ticket }) => {
                durably(ticket).await?;
                return created(desk, desk.engine.bookings().get(no), Replayed::No);
            }
            Ok(Booked::Before(no)) => {
                // A second one in flight waits for the first; where that came to nothing, this one is judged anew.
                match until(|| outcome_of(desk, &request, no)).await? {
                    Some(booking) => return created(desk, Some(booking), Replayed::Yes),
                    None => continue,
                }
            }
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
}

/// What a request that came before came to, when it is no longer under way: a booking, or nothing.
pub fn outcome_of(desk: &Desk, request: &BookingRequest<'_>, no: BookingNo) -> Option<Option<Booking>> {
    match desk.engine.booked_before(request.request, no) {
        BookedBefore::UnderWay => None,
        BookedBefore::Booked(booking) => Some(Some(booking)),
        BookedBefore::Refused => Some(None),
    }
}

/// Whether an answer was given before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    No,
    Yes,
}

/// The answer to who has booked.
///
/// # Errors
/// A fault of ours.
pub fn created(desk: &Desk, booking: Option<Booking>, replayed: Replayed) -> Result<Response, Problem> {
    let booking = booking.ok_or_else(|| Problem::internal(&"a durable booking is not there"))?;
    let world = desk.engine.world();
    let view = BookingView::of(&world, &desk.ids, &booking)
        .ok_or_else(|| Problem::internal(&"a durable booking can't be shown"))?;
    let mut response = json(StatusCode::CREATED, &view);
    let location = [PATH, "/", desk.ids.booking(booking.no).as_str()].concat();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    if replayed == Replayed::Yes {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Cancels a booking. What the rule gives back is in the wallet when this is answered.
#[utoipa::path(
    delete,
    path = "/v1/bookings/{id}",
    tag = "residents",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = BookingView))
)]
pub async fn cancel(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
) -> Result<Response, Problem> {
    let resident = who.resident()?;
    let no = desk.ids.read_booking(&id).ok_or(Problem::NotFound)?;
    let now = desk.clock.now();
    let ticket = with_lane(|lane: &CommandLane| desk.engine.cancel(lane, resident, no, now))
        .map_err(|refusal| desk.refuse(refusal))?;
    durably(ticket).await?;
    let booking = desk.engine.bookings().get(no).ok_or(Problem::NotFound)?;
    let world = desk.engine.world();
    let view = BookingView::of(&world, &desk.ids, &booking).ok_or(Problem::NotFound)?;
    Ok(json(StatusCode::OK, &view))
}
