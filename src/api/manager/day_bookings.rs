//! `GET /v1/manage/venues/{venue}/bookings`: who comes on a day.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::authority::{Task, at_venue};
use super::people::{People, PersonView};
use crate::api::answer::Items;
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::PathText;
use crate::api::page::{Page, list};
use crate::api::problem::Problem;
use crate::api::query::{PageLimit, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::booking_view::{BookingStatus, BookingView};
use crate::api::written_time::WrittenDay;
use crate::domain::ids::VenueNo;
use crate::domain::time::LocalDay;
use crate::engine::bookings::Booking;
use crate::engine::world::World;
use crate::identity::public_id::Position;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DayQuery {
    /// The day of play, by the venue's calendar.
    #[param(value_type = String, format = Date)]
    date: WrittenDay,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: PageLimit,
    cursor: Option<String>,
}

/// A booking, with who has booked.
#[derive(Serialize, ToSchema)]
pub struct VenueBooking<'a> {
    #[serde(flatten)]
    booking: BookingView<'a>,
    resident: Option<PersonView>,
}

impl<'a> VenueBooking<'a> {
    pub(super) fn of(world: &'a World, desk: &Desk, people: &People, booking: &Booking) -> Option<Self> {
        let resident = people.get(booking.terms.resident);
        Some(Self { booking: BookingView::of(world, &desk.ids, booking)?, resident })
    }
}

/// All bookings of a venue's day, whatever became of them, by their beginning.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}/bookings",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path), DayQuery),
    responses((status = 200, body = Items<VenueBooking>))
)]
pub async fn bookings(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<DayQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = Page::new(&desk.ids, list::DAY_BOOKINGS, query.limit, query.cursor.as_deref())?;
    let world = World::clone(&desk.engine.world());
    let venue = world.catalogue.venue_by_code(&code).map(|venue| venue.no);
    let venue = at_venue(who, venue, Task::Counter)?.venue;
    let found = of_day(&desk, &world, venue, query.date.0).await?;
    let answer = page.of(found.into_iter(), |booking| booking);
    let people = People::look_up(&desk, answer.items.iter().map(|booking| booking.terms.resident)).await?;
    let shown = answer.items.iter().filter_map(|booking| VenueBooking::of(&world, &desk, &people, booking));
    Ok(own_with_etag(&headers, &Items { items: shown.collect(), next: answer.next }))
}

/// A day's bookings in the order of their beginning.
///
/// # Errors
/// `overloaded` when a day that is long over can't be read now; `invalid-request` when nobody has it any more.
pub async fn of_day(
    desk: &Desk,
    world: &World,
    venue: VenueNo,
    day: LocalDay,
) -> Result<Vec<(Position, Booking)>, Problem> {
    let pitches = world.catalogue.venue(venue).map_or(&[][..], |venue| &venue.pitches);
    let wholes = || pitches.iter().filter_map(|no| world.catalogue.pitch(*no));
    let past = desk.past.of_days(world, wholes(), (day, day), "date").await?;
    let mut all = Vec::new();
    for whole in wholes() {
        all.extend(past.of(&desk.engine, world, whole, day)?);
    }
    let mut found: Vec<(Position, Booking)> = all
        .into_iter()
        .filter(|booking| BookingStatus::of(booking.state).is_some())
        .map(|booking| {
            let sort = u64::from(booking.terms.span.first());
            (Position { sort, number: booking.no.get() }, booking)
        })
        .collect();
    found.sort_unstable_by_key(|(position, _)| (position.sort, position.number));
    Ok(found)
}
