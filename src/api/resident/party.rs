//! Who comes along to a booking: `GET|PUT /v1/bookings/{id}/companions`, and what an order names.
//!
//! Names are chosen from one's own list and kept as they stand there at that moment, sealed. An order that names nobody never comes here.
//! Who is named can be changed until the booking begins; the gate reads it, and it is forgotten when the booking is over.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Desk;
use super::companions::{CompanionView, listed, opened, sealed, unknown_companion};
use crate::api::answer::Items;
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::page::{ListQuery, list as lists};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::settled::{durably, with_lane};
use crate::domain::event::CompanionsNamed;
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::engine::CommandLane;
use crate::engine::bookings::Booking;
use crate::identity::companions::Companion;
use crate::identity::public_id::Position;

/// The field that names them, in bodies and in forms.
const FIELD: &str = "companions";

/// Who comes along.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyBody {
    /// Ids of one's companions, all who come along; fewer than `party_size`, which counts oneself.
    companions: Vec<String>,
}

/// Companions that were chosen for an order, sealed already: what can fail has failed before anything is claimed.
pub struct Chosen(Box<[u8]>);

/// Who comes along to one of one's own bookings; nobody once it is over.
#[utoipa::path(
    get,
    path = "/v1/bookings/{id}/companions",
    tag = "residents",
    security(("token" = [])),
    params(("id" = String, Path), ListQuery),
    responses((status = 200, body = Items<CompanionView>))
)]
pub async fn show(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    PathText(id): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, lists::BOOKING_COMPANIONS)?;
    let resident = who.resident()?;
    let booking = own(&desk, resident, &id)?;
    let party = party_of(&desk, resident, booking.no).await?;
    let numbered = party.iter().zip(0u32..).map(|(one, number)| (Position { sort: 0, number }, one));
    Ok(own_with_etag(&headers, &page.of(numbered, CompanionView::of)))
}

/// Says who comes along, until the booking begins (`too-late`).
#[utoipa::path(
    put,
    path = "/v1/bookings/{id}/companions",
    tag = "residents",
    security(("token" = [])),
    params(("id" = String, Path)),
    request_body = PartyBody,
    responses((status = 200, body = Items<CompanionView>))
)]
pub async fn set(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
    headers: HeaderMap,
    body: JsonBody<PartyBody>,
) -> Result<Response, Problem> {
    let party = named(&desk, who.resident()?, &id, &body.value.companions).await?;
    let items = Items { items: party.iter().map(CompanionView::of).collect(), next: None };
    Ok(own_with_etag(&headers, &items))
}

/// Names who comes along to a booking of somebody's own; durable when this returns.
///
/// # Errors
/// Why it stays as it is.
pub async fn named(
    desk: &Desk,
    resident: ResidentNo,
    id: &str,
    ids: &[String],
) -> Result<Vec<Companion>, Problem> {
    let booking = own(desk, resident, id)?;
    let party = picked(desk, resident, ids, booking.terms.party_size.into()).await?;
    let chosen = Chosen(sealed(desk, resident, party.clone()).await?);
    name(desk, resident, booking.no, chosen).await?;
    Ok(party)
}

/// Those of a resident's companions that an order of this many people names; nothing when it names nobody.
///
/// # Errors
/// `invalid-request` when one of them is none of his, is named twice, or they are too many.
pub(super) async fn chosen(
    desk: &Desk,
    resident: ResidentNo,
    ids: &[String],
    people: i64,
) -> Result<Option<Chosen>, Problem> {
    if ids.is_empty() {
        return Ok(None);
    }
    let party = picked(desk, resident, ids, people).await?;
    Ok(Some(Chosen(sealed(desk, resident, party).await?)))
}

/// Names who comes along to a booking that is durable.
///
/// # Errors
/// Why nobody is named.
pub(super) async fn name(
    desk: &Desk,
    resident: ResidentNo,
    no: BookingNo,
    Chosen(sealed): Chosen,
) -> Result<(), Problem> {
    let (named, now) = (CompanionsNamed { no, sealed }, desk.clock.now());
    let ticket = with_lane(|lane: &CommandLane| desk.engine.name_companions(lane, resident, named, now))
        .map_err(|refusal| desk.refuse(refusal))?;
    durably(ticket).await
}

/// Who comes along to a booking, as its resident named them.
///
/// # Errors
/// A fault of ours.
pub async fn party_of(desk: &Desk, resident: ResidentNo, no: BookingNo) -> Result<Vec<Companion>, Problem> {
    match desk.engine.companions_at(no) {
        Some(sealed) => opened(desk, resident, sealed).await,
        None => Ok(Vec::new()),
    }
}

async fn picked(
    desk: &Desk,
    resident: ResidentNo,
    ids: &[String],
    people: i64,
) -> Result<Vec<Companion>, Problem> {
    let known = listed(desk, resident).await?;
    let mut faults = FieldFaults::new();
    let mut party: Vec<Companion> = Vec::with_capacity(ids.len().min(known.len()));
    for (index, id) in ids.iter().enumerate() {
        match known.iter().find(|one| one.id.as_str() == id) {
            Some(one) if party.contains(one) => faults.add(FieldFault::duplicate(format!("{FIELD}.{index}"))),
            Some(one) => party.push(one.clone()),
            None => faults.add(unknown_companion(format!("{FIELD}.{index}"))),
        }
    }
    if !party.is_empty() && i64::try_from(party.len()).unwrap_or(i64::MAX) >= people {
        let with_self = party.len() + 1;
        faults.add(FieldFault::new(
            FIELD,
            Text::new(
                format!("with you they are {with_self}, and the booking is for {people}"),
                format!("连您共 {with_self} 人,而本次预订为 {people} 人"),
            ),
        ));
    }
    faults.check()?;
    Ok(party)
}

fn own(desk: &Desk, resident: ResidentNo, id: &str) -> Result<Booking, Problem> {
    let no = desk.ids.read_booking(id).ok_or(Problem::NotFound)?;
    let own = desk.engine.bookings().get(no).filter(|booking| booking.terms.resident == resident);
    own.filter(|booking| super::booking_view::BookingStatus::of(booking.state).is_some())
        .ok_or(Problem::NotFound)
}
