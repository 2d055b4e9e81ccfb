//! `POST /v1/manage/venues/{venue}/bookings`: sold at the counter, to somebody who pays there and is known by telephone number.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority::{Authority, Task, at_venue};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::person::{name_fault, read_phone};
use crate::api::problem::{FieldFaults, Problem};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::booking_view::BookingView;
use crate::api::resident::ordering::{Placed, Replayed, created, outcome_of};
use crate::api::settled::{durably, until, with_lane};
use crate::api::written_time::read_moment;
use crate::domain::event::RequestKey;
use crate::engine::CommandLane;
use crate::engine::book::{Booked, BookingRequest};

/// What is sold to whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterBody {
    /// The id of a pitch, or of a part of one.
    pub pitch: String,
    #[schema(format = DateTime)]
    pub start: String,
    #[schema(format = DateTime)]
    pub end: String,
    /// 1 where nothing is said.
    #[schema(minimum = 1)]
    pub party_size: Option<i64>,
    /// In E.164, or the 11 digits of a Chinese mobile number. An account is opened for one that is not known.
    #[schema(example = "+8613800138000")]
    pub phone: String,
    /// Of an account that is opened now; who has one keeps the name.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
}

/// Books for somebody at the counter. What is kept for the counter is sold here, and no quota counts it.
#[utoipa::path(
    post,
    path = "/v1/manage/venues/{venue}/bookings",
    tag = "managers",
    security(("token" = [])),
    params(
        ("venue" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = CounterBody,
    responses((status = 201, body = BookingView))
)]
pub async fn book(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(venue): PathText,
    headers: HeaderMap,
    body: JsonBody<CounterBody>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers);
    let Placed { booking, replayed } = sold(&desk, who, &venue, &body.value, key, &body.bytes).await?;
    created(&desk, Some(booking), replayed)
}

/// Sells at the counter, once a key; durable when this returns. A retry is compared by `asks_for`.
///
/// # Errors
/// Why nothing was sold.
pub async fn sold(
    desk: &Desk,
    who: SignedIn,
    venue: &str,
    body: &CounterBody,
    key: Result<Option<&str>, Problem>,
    asks_for: &[u8],
) -> Result<Placed, Problem> {
    let CounterBody { pitch, start, end, party_size, phone, name } = body;
    let mut faults = FieldFaults::new();
    let key = key.map_err(|problem| faults.add_all(problem)).ok().flatten();
    let start = read_moment("start", start).map_err(|fault| faults.add(fault)).ok();
    let end = read_moment("end", end).map_err(|fault| faults.add(fault)).ok();
    let phone = read_phone(phone).map_err(|fault| faults.add(fault)).ok();
    if let Some(fault) = name_fault(name) {
        faults.add(fault);
    }
    if party_size.is_some_and(|size| !(1..=i64::from(u16::MAX)).contains(&size)) {
        faults.add(crate::api::problem::FieldFault::out_of_range("party_size", 1, i64::from(u16::MAX)));
    }
    let ((start, end), phone) = faults.check_read(start.zip(end).zip(phone))?;
    let no = desk.engine.world().catalogue.venue_by_code(venue).map(|venue| venue.no);
    let Authority { by, venue: no } = at_venue(who, no, Task::Counter)?;
    let request = match key {
        Some(key) => {
            let path = format!("/v1/manage/venues/{venue}/bookings");
            desk.request_key(by, "POST", &path, key, asks_for)
        }
        None => drawn_request()?,
    };
    let party_size = party_size.unwrap_or(1);
    let request = BookingRequest { resident: by, pitch, start, end, party_size, request };
    let _known = desk.known_at_counter(&phone)?;
    // Before an account is opened: a sale that is refused opens none. Only who is overtaken between this look and the sale leaves one.
    let sellable = desk.engine.check_at_counter(&request, by, no, desk.clock.now());
    sellable.map_err(|refusal| desk.refuse(refusal))?;
    let request = BookingRequest { resident: desk.account_at_counter(phone, name.clone()).await?, ..request };
    loop {
        let now = desk.clock.now();
        let booked = with_lane(|lane: &CommandLane| desk.engine.book_at_counter(lane, &request, by, no, now));
        match booked {
            Ok(Booked::Queued { no, ticket }) => {
                durably(ticket).await?;
                let booking = desk.engine.bookings().get(no);
                let booking = booking.ok_or_else(|| Problem::internal(&"a durable booking is not there"))?;
                return Ok(Placed { booking, replayed: Replayed::No });
            }
            Ok(Booked::Before(no)) => match until(|| outcome_of(desk, &request, no)).await? {
                Some(booking) => return Ok(Placed { booking, replayed: Replayed::Yes }),
                None => continue,
            },
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
}

/// A key that nobody will send again.
fn drawn_request() -> Result<RequestKey, Problem> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|fault| Problem::internal(&fault))?;
    Ok(RequestKey { key: u128::from_le_bytes(key), body: 0 })
}
