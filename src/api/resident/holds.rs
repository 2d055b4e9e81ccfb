//! Holding what is not paid yet: `POST /v1/holds`, `POST /v1/holds/{id}/confirm`, `DELETE /v1/holds/{id}`.
//!
//! A hold is a booking with status `held`, seen, listed and found like any other, and keeps its id when it is paid.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::booking_view::BookingView;
use super::bookings::PayWith;
use super::ordering::{self, Placed, Replayed, WrittenOrder, shown};
use super::{Desk, Residents};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::past::over;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::settled::{durably, until, with_lane};
use crate::domain::event::RequestKey;
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::engine::bookings::{Booking, BookingState};
use crate::engine::hold::Confirmed;
use crate::engine::refusal::Refusal;
use crate::engine::{CommandLane, Engine};

const PATH: &str = "/v1/holds";

/// What is to be held.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// The id of a pitch, or of a part of one.
    pitch: String,
    #[schema(format = DateTime)]
    start: String,
    /// At most `max_slots` slots after `start`.
    #[schema(format = DateTime)]
    end: String,
    /// As in a booking.
    #[schema(minimum = 1)]
    party_size: Option<i64>,
    /// Ids of one's companions who come along; fewer than `party_size`, which counts oneself.
    #[serde(default)]
    companions: Vec<String>,
}

/// How a hold is paid for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    #[serde(rename = "pay_with")]
    _pay_with: PayWith,
}

/// Holds for some minutes, until `expires_at`, at the price that it has now.
#[utoipa::path(
    post,
    path = "/v1/holds",
    tag = "residents",
    security(("token" = [])),
    params(("idempotency-key" = String, Header, description = "1 to 128 visible ASCII characters")),
    request_body = HoldBody,
    responses((status = 201, body = BookingView))
)]
pub async fn hold(
    State(state): State<Residents>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<HoldBody>,
) -> Result<Response, Problem> {
    let HoldBody { pitch, start, end, party_size, companions } = &body.value;
    let order = WrittenOrder { pitch, start, end, party_size: *party_size, companions };
    ordering::place(&state.desk, who.no, PATH, &headers, order, Engine::place_hold).await
}

/// Pays a hold. One that is paid is answered as it stands, and never paid again.
#[utoipa::path(
    post,
    path = "/v1/holds/{id}/confirm",
    tag = "residents",
    security(("token" = [])),
    params(
        ("id" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")
    ),
    request_body = ConfirmBody,
    responses((status = 200, body = BookingView))
)]
pub async fn confirm(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
    headers: HeaderMap,
    body: JsonBody<ConfirmBody>,
) -> Result<Response, Problem> {
    let ConfirmBody { _pay_with: PayWith::Wallet } = body.value;
    let key = idempotency_key(&headers)?;
    let Placed { booking, replayed } = pay(&desk, who.resident()?, &id, key).await?;
    shown(&desk, StatusCode::OK, &booking, replayed)
}

/// Pays one of somebody's own holds from the wallet; durable when this returns.
///
/// # Errors
/// Why it isn't paid.
pub async fn pay(desk: &Desk, resident: ResidentNo, id: &str, key: Option<&str>) -> Result<Placed, Problem> {
    let no = desk.ids.read_booking(id).ok_or(Problem::NotFound)?;
    let path = format!("{PATH}/{id}/confirm");
    let request = key.map(|key| desk.request_key(resident, "POST", &path, key, b"wallet"));
    loop {
        let now = desk.clock.now();
        let confirmed =
            with_lane(|lane: &CommandLane| desk.engine.confirm_hold(lane, resident, no, request, now));
        match confirmed {
            Ok(Confirmed::Queued(ticket)) => {
                durably(ticket).await?;
                let booking = desk.engine.bookings().get(no).ok_or(Problem::NotFound)?;
                return Ok(Placed { booking, replayed: Replayed::No });
            }
            Ok(Confirmed::Before) => {
                // Where a payment that is waited for comes to nothing, this one is judged anew.
                if let Some((booking, replayed)) = until(|| paid_before(desk, no, request)).await? {
                    return Ok(Placed { booking, replayed });
                }
            }
            Err(Refusal::NotFound) if desk.engine.bookings().is_forgotten(no) => {
                return Err(over(&desk.past.own_booking(resident, no).await?));
            }
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
}

/// What a payment that came before came to, when it is no longer under way: the booking, or nothing.
fn paid_before(
    desk: &Desk,
    no: BookingNo,
    request: Option<RequestKey>,
) -> Option<Option<(Booking, Replayed)>> {
    let booking = desk.engine.bookings().get(no)?;
    // Looked up behind the booking: a request that came to nothing is forgotten before its hold is held again.
    let is_known = request.is_some_and(|request| desk.engine.known().look_up(request).is_some());
    match booking.state {
        BookingState::Confirming => None,
        BookingState::Held | BookingState::GivingUp | BookingState::Expiring if is_known => None,
        BookingState::Held | BookingState::GivingUp | BookingState::Expiring => Some(None),
        BookingState::Void
        | BookingState::Pending
        | BookingState::PendingHold
        | BookingState::GivenUp
        | BookingState::Expired
        | BookingState::Confirmed
        | BookingState::Moving
        | BookingState::Relocating
        | BookingState::CheckingIn
        | BookingState::CheckedIn
        | BookingState::Cancelling
        | BookingState::Cancelled
        | BookingState::Completing
        | BookingState::Leaving
        | BookingState::Completed
        | BookingState::Missing
        | BookingState::Missed
        | BookingState::Alias => {
            let is_paid = booking.state.is_paid();
            Some(is_paid.then_some((booking, if is_known { Replayed::Yes } else { Replayed::No })))
        }
    }
}

/// Gives a hold up: what it held is free when this is answered.
#[utoipa::path(
    delete,
    path = "/v1/holds/{id}",
    tag = "residents",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 204))
)]
pub async fn give_up(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
) -> Result<Response, Problem> {
    let resident = who.resident()?;
    let no = desk.ids.read_booking(&id).ok_or(Problem::NotFound)?;
    let ticket = match with_lane(|lane: &CommandLane| desk.engine.give_up_hold(lane, resident, no)) {
        Ok(ticket) => ticket,
        Err(Refusal::NotFound) if desk.engine.bookings().is_forgotten(no) => {
            return Err(over(&desk.past.own_booking(resident, no).await?));
        }
        Err(refusal) => return Err(desk.refuse(refusal)),
    };
    durably(ticket).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
