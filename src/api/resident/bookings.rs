//! Booking and cancelling: `POST /v1/bookings`, `DELETE /v1/bookings/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::booking_view::BookingView;
use super::ordering::{self, WrittenOrder};
use super::{Desk, Residents};
use crate::api::answer::json;
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::past::over;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::settled::{durably, with_lane};
use crate::domain::ids::ResidentNo;
use crate::engine::bookings::Booking;
use crate::engine::refusal::Refusal;
use crate::engine::{CommandLane, Engine};

/// Where bookings stand.
pub(super) const PATH: &str = "/v1/bookings";

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
    /// Ids of one's companions who come along; fewer than `party_size`, which counts oneself.
    #[serde(default)]
    companions: Vec<String>,
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
    let BookingBody { pitch, start, end, party_size, companions, _pay_with: PayWith::Wallet } = &body.value;
    let order = WrittenOrder { pitch, start, end, party_size: *party_size, companions };
    ordering::place(&state.desk, who.no, PATH, &headers, order, Engine::book).await
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
    let booking = call_off(&desk, who.resident()?, &id).await?;
    let world = desk.engine.world();
    let view = BookingView::of(&world, &desk.ids, &booking).ok_or(Problem::NotFound)?;
    Ok(json(StatusCode::OK, &view))
}

/// Calls one of somebody's own bookings off, or gives up a hold; durable when this returns.
///
/// # Errors
/// Why it stays as it is.
pub async fn call_off(desk: &Desk, resident: ResidentNo, id: &str) -> Result<Booking, Problem> {
    let no = desk.ids.read_booking(id).ok_or(Problem::NotFound)?;
    let now = desk.clock.now();
    let ticket = match with_lane(|lane: &CommandLane| desk.engine.cancel(lane, resident, no, now)) {
        Ok(ticket) => ticket,
        Err(Refusal::NotFound) if desk.engine.bookings().is_forgotten(no) => {
            return Err(over(&desk.past.own_booking(resident, no).await?));
        }
        Err(refusal) => return Err(desk.refuse(refusal)),
    };
    durably(ticket).await?;
    desk.engine.bookings().get(no).ok_or(Problem::NotFound)
}
