//! Placing an order, to book or to hold: what is asked for is read, claimed, made durable and answered the same way.

use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, LOCATION};
use axum::response::Response;

use super::Desk;
use super::booking_view::BookingView;
use super::bookings::PATH as BOOKINGS;
use super::party;
use crate::api::answer::json;
use crate::api::headers::{IDEMPOTENCY_REPLAYED, required_idempotency_key};
use crate::api::problem::{FieldFaults, Problem};
use crate::api::settled::{durably, until, with_lane};
use crate::api::written_time::read_moment;
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::time::UtcMillis;
use crate::engine::book::{Booked, BookedBefore, BookingRequest};
use crate::engine::bookings::Booking;
use crate::engine::refusal::Refusal;
use crate::engine::{CommandLane, Engine};

/// What is asked for, as it was written.
#[derive(Debug, Clone, Copy)]
pub struct WrittenOrder<'a> {
    pub pitch: &'a str,
    pub start: &'a str,
    pub end: &'a str,
    pub party_size: Option<i64>,
    /// Ids of the companions who come along.
    pub companions: &'a [String],
}

/// What an order came to.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    pub booking: Booking,
    pub replayed: Replayed,
}

/// The command that claims.
pub type Claim = fn(&Engine, &CommandLane, &BookingRequest<'_>, UtcMillis) -> Result<Booked, Refusal>;

/// Whether an answer was given before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    No,
    Yes,
}

impl Replayed {
    /// Says so in the answer.
    pub fn mark(self, response: &mut Response) {
        if self == Self::Yes {
            response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
    }
}

/// Claims what is asked for, once a key, and answers when it is durable.
pub(super) async fn place(
    desk: &Desk,
    resident: ResidentNo,
    path: &str,
    headers: &HeaderMap,
    order: WrittenOrder<'_>,
    claim: Claim,
) -> Result<Response, Problem> {
    let Placed { booking, replayed } =
        placed(desk, resident, path, required_idempotency_key(headers), order, claim).await?;
    created(desk, Some(booking), replayed)
}

/// Claims what is asked for, once a key; durable when this returns. What is wrong with the key is told with what is wrong with
/// the order.
///
/// # Errors
/// Why nothing was claimed.
pub async fn placed(
    desk: &Desk,
    resident: ResidentNo,
    path: &str,
    key: Result<&str, Problem>,
    order: WrittenOrder<'_>,
    claim: Claim,
) -> Result<Placed, Problem> {
    let WrittenOrder { pitch, start, end, party_size, companions } = order;
    let mut faults = FieldFaults::new();
    let key = key.map_err(|problem| faults.add_all(problem)).ok();
    let start = read_moment("start", start).map_err(|fault| faults.add(fault)).ok();
    let end = read_moment("end", end).map_err(|fault| faults.add(fault)).ok();
    let (key, (start, end)) = faults.check_read(key.zip(start.zip(end)))?;
    let party_size = party_size.unwrap_or(1);
    let mut asks_for = Vec::with_capacity(pitch.len() + 24);
    asks_for.extend_from_slice(pitch.as_bytes());
    for number in [start.moment.get(), end.moment.get(), party_size] {
        asks_for.extend_from_slice(&number.to_le_bytes());
    }
    for companion in companions {
        // No id has a NUL in it.
        asks_for.push(0);
        asks_for.extend_from_slice(companion.as_bytes());
    }
    let request = desk.request_key(resident, "POST", path, key, &asks_for);
    let chosen = match party::chosen(desk, resident, companions, party_size).await {
        // Whose list is another since is answered as before.
        Err(Problem::InvalidRequest(_)) if desk.engine.known().look_up(request).is_some() => None,
        chosen => chosen?,
    };
    let request = BookingRequest { resident, pitch, start, end, party_size, request };
    let placed = claimed(desk, &request, claim).await?;
    if let Some(chosen) = chosen
        && desk.engine.companions_at(placed.booking.no).is_none()
        && let Err(problem) = party::name(desk, resident, placed.booking.no, chosen).await
    {
        // It is booked: who comes along can be named again, and a retry under the same key does so.
        tracing::warn!(problem = problem.name().as_str(), "companions could not be named for a booking");
    }
    Ok(placed)
}

/// Claims once a key; durable when this returns.
async fn claimed(desk: &Desk, request: &BookingRequest<'_>, claim: Claim) -> Result<Placed, Problem> {
    loop {
        let now = desk.clock.now();
        match with_lane(|lane: &CommandLane| claim(&desk.engine, lane, request, now)) {
            Ok(Booked::Queued { no, ticket }) => {
                durably(ticket).await?;
                let booking = desk.engine.bookings().get(no);
                let booking = booking.ok_or_else(|| Problem::internal(&"a durable booking is not there"))?;
                return Ok(Placed { booking, replayed: Replayed::No });
            }
            Ok(Booked::Before(no)) => {
                // A second one in flight waits for the first; where that came to nothing, this one is judged anew.
                match until(|| outcome_of(desk, request, no)).await? {
                    Some(booking) => return Ok(Placed { booking, replayed: Replayed::Yes }),
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

/// The answer to who has placed an order.
///
/// # Errors
/// A fault of ours.
pub fn created(desk: &Desk, booking: Option<Booking>, replayed: Replayed) -> Result<Response, Problem> {
    let booking = booking.ok_or_else(|| Problem::internal(&"a durable booking is not there"))?;
    let mut response = shown(desk, StatusCode::CREATED, &booking, replayed)?;
    let location = [BOOKINGS, "/", desk.ids.booking(booking.no).as_str()].concat();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// A booking in an answer.
pub(super) fn shown(
    desk: &Desk,
    status: StatusCode,
    booking: &Booking,
    replayed: Replayed,
) -> Result<Response, Problem> {
    let world = desk.engine.world();
    let view = BookingView::of(&world, &desk.ids, booking)
        .ok_or_else(|| Problem::internal(&"a durable booking can't be shown"))?;
    let mut response = json(status, &view);
    replayed.mark(&mut response);
    Ok(response)
}
