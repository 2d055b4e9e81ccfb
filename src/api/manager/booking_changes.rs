//! `POST /v1/manage/bookings/{id}/move` and `…/cancel`: what the staff do for somebody, or in spite of the rule.
//!
//! A retry under an Idempotency-Key finds what its original did: the booking where it was to be, or cancelled by the same account
//! with the same refund.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority::{Authority, Task, at_venue};
use super::day_bookings::VenueBooking;
use super::people::People;
use crate::api::answer::json;
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::past::over;
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::ordering::Replayed;
use crate::api::settled::{durably, with_lane};
use crate::api::written_time::read_moment;
use crate::domain::event::{BookingCancelled, CancelReason, Event};
use crate::domain::ids::BookingNo;
use crate::domain::money::Minor;
use crate::engine::CommandLane;
use crate::engine::bookings::Booking;
use crate::engine::move_booking::{NewPlace, NewPrice};
use crate::engine::refusal::Refusal;
use crate::engine::when::WrittenTime;
use crate::engine::world::World;

/// What a moved booking costs.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriceName {
    /// What it cost before.
    Kept,
    /// What its new place costs: the difference is paid from the wallet or given back, or settled at the counter.
    OfPlace,
}

/// Where a booking is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    /// A pitch of the same venue.
    pub pitch: String,
    #[schema(format = DateTime)]
    pub start: String,
    #[schema(format = DateTime)]
    pub end: String,
    pub price: PriceName,
}

/// The booking of an id, for who may change it.
///
/// # Errors
/// `forbidden`, or `not-found` for another venue's; `overloaded` when one that is long over can't be read now.
pub async fn changeable(desk: &Desk, who: SignedIn, id: &str) -> Result<(Authority, Booking), Problem> {
    let booking = match desk.ids.read_booking(id) {
        Some(no) => desk.past.booking(no).await?,
        None => None,
    };
    let world = desk.engine.world();
    let pitch = booking.and_then(|booking| world.catalogue.pitch(booking.terms.pitch));
    let authority = at_venue(who, pitch.map(|pitch| pitch.venue), Task::Counter)?;
    Ok((authority, booking.ok_or(Problem::NotFound)?))
}

async fn shown(desk: &Desk, no: BookingNo) -> Result<Response, Problem> {
    let booking = desk.engine.bookings().get(no).ok_or(Problem::NotFound)?;
    let people = People::look_up(desk, std::iter::once(booking.terms.resident)).await?;
    let world = World::clone(&desk.engine.world());
    let view = VenueBooking::of(&world, desk, &people, &booking).ok_or(Problem::NotFound)?;
    Ok(json(StatusCode::OK, &view))
}

/// Moves a booking to another pitch or time of its venue.
#[utoipa::path(
    post,
    path = "/v1/manage/bookings/{id}/move",
    tag = "managers",
    security(("token" = [])),
    params(
        ("id" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = MoveBody,
    responses((status = 200, body = VenueBooking))
)]
pub async fn move_booking(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
    headers: HeaderMap,
    body: JsonBody<MoveBody>,
) -> Result<Response, Problem> {
    let (no, replayed_or_not) = moved(&desk, who, &id, &body.value, idempotency_key(&headers)).await?;
    let mut answer = shown(&desk, no).await?;
    replayed_or_not.mark(&mut answer);
    Ok(answer)
}

/// Moves a booking; durable when this returns.
///
/// # Errors
/// Why it stays where it is.
pub async fn moved(
    desk: &Desk,
    who: SignedIn,
    id: &str,
    body: &MoveBody,
    key: Result<Option<&str>, Problem>,
) -> Result<(BookingNo, Replayed), Problem> {
    let MoveBody { pitch, start, end, price } = body;
    let mut faults = FieldFaults::new();
    let key = key.map_err(|problem| faults.add_all(problem)).ok().flatten();
    let start = read_moment("start", start).map_err(|fault| faults.add(fault)).ok();
    let end = read_moment("end", end).map_err(|fault| faults.add(fault)).ok();
    let (start, end) = faults.check_read(start.zip(end))?;
    let (Authority { by, venue }, booking) = changeable(desk, who, id).await?;
    let no = booking.no;
    if key.is_some() && stands_at(desk, no, pitch, start, end) {
        return Ok((no, Replayed::Yes));
    }
    let price = match price {
        PriceName::Kept => NewPrice::Kept,
        PriceName::OfPlace => NewPrice::OfPlace,
    };
    let (to, now) = (NewPlace { pitch, start, end, price }, desk.clock.now());
    let moved = with_lane(|lane: &CommandLane| desk.engine.move_booking(lane, by, venue, no, &to, now));
    let ticket = match moved {
        Ok(ticket) => ticket,
        Err(Refusal::NotFound) if desk.engine.bookings().is_forgotten(no) => return Err(over(&booking)),
        Err(refusal) => return Err(desk.refuse(refusal)),
    };
    durably(ticket).await?;
    Ok((no, Replayed::No))
}

/// What a booking would cost at another place of its venue, and nothing is moved.
///
/// # Errors
/// Why it could not be there at all. Whether the place is free is judged when it is moved.
pub async fn price_of_move(
    desk: &Desk,
    who: SignedIn,
    id: &str,
    pitch: &str,
    (start, end): (&str, &str),
) -> Result<Minor, Problem> {
    let (start, end) = (read_moment("start", start)?, read_moment("end", end)?);
    let (Authority { venue, .. }, Booking { no, .. }) = changeable(desk, who, id).await?;
    let to = NewPlace { pitch, start, end, price: NewPrice::OfPlace };
    desk.engine.price_of_move(venue, no, &to, desk.clock.now()).map_err(|refusal| desk.refuse(refusal))
}

/// Whether a booking is where it is to be.
fn stands_at(desk: &Desk, no: BookingNo, pitch: &str, start: WrittenTime, end: WrittenTime) -> bool {
    let world = desk.engine.world();
    desk.engine.bookings().get(no).is_some_and(|booking| {
        let (clock, span) = (world.clock_of(booking.terms.day), booking.terms.span);
        let on = world.catalogue.pitch(booking.terms.pitch);
        on.is_some_and(|on| on.code.as_str() == pitch)
            && clock.start(span) == start.moment
            && clock.end(span) == end.moment
    })
}

/// What is given back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// Minor units, at most what was paid; all of it where nothing is said.
    #[schema(minimum = 0)]
    pub refund: Option<i64>,
}

/// Cancels a booking, whatever the rule says.
#[utoipa::path(
    post,
    path = "/v1/manage/bookings/{id}/cancel",
    tag = "managers",
    security(("token" = [])),
    params(
        ("id" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = CancelBody,
    responses((status = 200, body = VenueBooking))
)]
pub async fn cancel(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
    headers: HeaderMap,
    body: JsonBody<CancelBody>,
) -> Result<Response, Problem> {
    let (no, replayed_or_not) = called_off(&desk, who, &id, &body.value, idempotency_key(&headers)?).await?;
    let mut answer = shown(&desk, no).await?;
    replayed_or_not.mark(&mut answer);
    Ok(answer)
}

/// Cancels a booking, whatever the rule says; durable when this returns.
///
/// # Errors
/// Why it stays.
pub async fn called_off(
    desk: &Desk,
    who: SignedIn,
    id: &str,
    body: &CancelBody,
    key: Option<&str>,
) -> Result<(BookingNo, Replayed), Problem> {
    let refund = body.refund.map(Minor::new);
    if refund.is_some_and(|refund| refund.get() < 0) {
        let text = Text::fixed("must be from 0 to what was paid", "必须在 0 与实付金额之间");
        return Err(FieldFault::new("refund", text).into());
    }
    let (Authority { by, venue }, booking) = changeable(desk, who, id).await?;
    let no = booking.no;
    let cancelled = with_lane(|lane: &CommandLane| desk.engine.cancel_by_staff(lane, by, venue, no, refund));
    match cancelled {
        Ok(ticket) => {
            durably(ticket).await?;
            Ok((no, Replayed::No))
        }
        Err(Refusal::AlreadyCancelled) if key.is_some() && was_cancelled_so(desk, by, no, refund) => {
            Ok((no, Replayed::Yes))
        }
        Err(Refusal::NotFound) if desk.engine.bookings().is_forgotten(no) => Err(over(&booking)),
        Err(refusal) => Err(desk.refuse(refusal)),
    }
}

/// Whether the same account cancelled it before with the same refund.
fn was_cancelled_so(
    desk: &Desk,
    by: crate::domain::ids::ResidentNo,
    no: BookingNo,
    refund: Option<Minor>,
) -> bool {
    desk.engine.bookings().get(no).is_some_and(|booking| {
        let refund = refund.unwrap_or(booking.terms.price);
        let event = BookingCancelled { no, refund, reason: CancelReason::ByStaff };
        desk.engine.is_done(by, &Event::BookingCancelled(event))
    })
}
