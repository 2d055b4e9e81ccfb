//! The ticket of a booking: `GET /v1/bookings/{id}/ticket`, and as a picture to hold up, `GET /v1/bookings/{id}/ticket.svg`.
//!
//! Only a paid booking that is not over has one. Whoever holds the text gets in, so no cache keeps it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use super::booking_view::BookingStatus;
use crate::api::answer::{Rfc3339, city_moment};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::PathText;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::engine::bookings::Booking;
use crate::engine::check_in::EARLY_MS;
use crate::identity::ticket::Ticket;

/// The smallest picture, in the picture's own units: small enough for any page, large enough for any camera.
const PICTURE_SIDE_MIN: u32 = 240;

const SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");

/// What gets somebody in.
#[derive(Serialize, ToSchema)]
pub struct TicketView {
    /// The signed text that the QR code shows.
    ticket: String,
    /// Eight signs to say at the desk.
    #[schema(example = "K7QD93FM")]
    code: String,
    #[schema(value_type = String, format = DateTime)]
    not_before: Rfc3339,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Rfc3339,
}

/// The ticket of a booking that is confirmed or checked in. A hold has none (`not-found`); what is over, called off or expired
/// has none any more (`too-late`, `already-cancelled`, `hold-expired`).
#[utoipa::path(
    get,
    path = "/v1/bookings/{id}/ticket",
    tag = "residents",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = TicketView))
)]
pub async fn ticket(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ticket, text) = ticket_of(&desk, &who, &id).await?;
    let world = desk.engine.world();
    let zone = world.catalogue.zone();
    let view = TicketView {
        ticket: text,
        code: desk.tickets.code(ticket.booking).as_str().to_owned(),
        not_before: city_moment(zone, ticket.not_before),
        expires_at: city_moment(zone, ticket.expires_at),
    };
    Ok(own_with_etag(&headers, &view))
}

/// The ticket's text as a QR code.
#[utoipa::path(
    get,
    path = "/v1/bookings/{id}/ticket.svg",
    tag = "residents",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "image/svg+xml"))
)]
pub async fn picture(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
) -> Result<Response, Problem> {
    let (_, text) = ticket_of(&desk, &who, &id).await?;
    let code = code_of(&text)?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(PICTURE_SIDE_MIN, PICTURE_SIDE_MIN).build();
    let mut response = picture.into_response();
    response.headers_mut().insert(CONTENT_TYPE, SVG);
    Ok(response)
}

/// The QR code of a ticket's text.
///
/// # Errors
/// A fault of ours: a ticket's text is short.
pub fn code_of(text: &str) -> Result<QrCode, Problem> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(|fault| Problem::internal(&fault))
}

/// The ticket of one of somebody's own bookings, and its text.
///
/// # Errors
/// Why there is none.
pub async fn ticket_of(desk: &Desk, who: &SignedIn, id: &str) -> Result<(Ticket, String), Problem> {
    let resident = who.resident()?;
    let no = desk.ids.read_booking(id).ok_or(Problem::NotFound)?;
    let booking = desk.past.own_booking(resident, no).await?;
    check_status(&booking)?;
    let world = desk.engine.world();
    let pitch = world.catalogue.pitch(booking.terms.pitch).ok_or(Problem::NotFound)?;
    let venue = world.catalogue.venue(pitch.venue).ok_or(Problem::NotFound)?;
    let clock = world.clock_of(booking.terms.day);
    let ticket = Ticket {
        booking: no,
        venue: venue.def.code.clone(),
        not_before: clock.start(booking.terms.span).plus_ms(-EARLY_MS),
        expires_at: clock.end(booking.terms.span),
    };
    let text = desk.tickets.sign(&ticket).map_err(|fault| Problem::internal(&fault))?;
    Ok((ticket, text))
}

fn check_status(booking: &Booking) -> Result<(), Problem> {
    match BookingStatus::of(booking.state).ok_or(Problem::NotFound)? {
        BookingStatus::Confirmed | BookingStatus::CheckedIn => Ok(()),
        BookingStatus::Held => Err(Problem::NotFound),
        BookingStatus::Expired => Err(Problem::HoldExpired),
        BookingStatus::Cancelled => Err(Problem::AlreadyCancelled),
        BookingStatus::Completed | BookingStatus::NoShow => Err(Problem::TooLate),
    }
}
