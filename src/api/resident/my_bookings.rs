//! A resident's own bookings: `GET /v1/bookings`, `GET /v1/bookings/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Desk;
use super::booking_view::{BookingStatus, BookingView};
use crate::api::answer::Items;
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::PathText;
use crate::api::page::{Page, list};
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, PageLimit, QueryOf};
use crate::api::written_time::WrittenDay;
use crate::engine::bookings::Booking;
use crate::engine::world::World;
use crate::identity::public_id::Position;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BookingsQuery {
    #[param(inline)]
    status: Option<BookingStatus>,
    /// The first day of play.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<WrittenDay>,
    /// The last day of play.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<WrittenDay>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: PageLimit,
    cursor: Option<String>,
}

/// One's own bookings, the newest start first.
#[utoipa::path(
    get,
    path = "/v1/bookings",
    tag = "residents",
    security(("token" = [])),
    params(BookingsQuery),
    responses((status = 200, body = Items<BookingView>))
)]
pub async fn bookings(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<BookingsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = Page::new(&desk.ids, list::BOOKINGS, query.limit, query.cursor.as_deref())?;
    let resident = who.resident()?;
    let world = desk.engine.world();
    let account = desk.engine.residents().get(resident).ok_or(Problem::NotFound)?;
    let all = desk.engine.bookings().of_resident(&account.newest_booking);
    let mut found: Vec<(Position, Booking)> = all
        .filter(|booking| {
            let day = booking.terms.day;
            let status = BookingStatus::of(booking.state);
            status.is_some()
                && query.status.is_none_or(|wanted| status == Some(wanted))
                && query.from.is_none_or(|from| from.0 <= day)
                && query.to.is_none_or(|to| day <= to.0)
        })
        .map(|booking| (newest_first(&world, &booking), booking))
        .collect();
    found.sort_unstable_by_key(|(position, _)| (position.sort, position.number));
    let answer = page.of(found.into_iter(), |booking| BookingView::of(&world, &desk.ids, &booking));
    let items = answer.items.into_iter().flatten().collect();
    Ok(own_with_etag(&headers, &Items { items, next: answer.next }))
}

/// By start, the newest first; of equals the one that was booked last.
#[must_use]
pub fn newest_first(world: &World, booking: &Booking) -> Position {
    let start = world.clock_of(booking.terms.day).start(booking.terms.span);
    Position { sort: u64::MAX - start.get().unsigned_abs(), number: u32::MAX - booking.no.get() }
}

/// One of one's own bookings.
#[utoipa::path(
    get,
    path = "/v1/bookings/{id}",
    tag = "residents",
    security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = BookingView))
)]
pub async fn booking(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let resident = who.resident()?;
    let no = desk.ids.read_booking(&id).ok_or(Problem::NotFound)?;
    let own = desk.engine.bookings().get(no).filter(|booking| booking.terms.resident == resident);
    let booking = own.ok_or(Problem::NotFound)?;
    let world = desk.engine.world();
    let view = BookingView::of(&world, &desk.ids, &booking).ok_or(Problem::NotFound)?;
    Ok(own_with_etag(&headers, &view))
}
