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
use crate::api::past::numbers_before;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, PageLimit, QueryOf};
use crate::api::written_time::WrittenDay;
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::bookings::{Booking, OwnBookings};
use crate::engine::world::World;
use crate::identity::public_id::Position;
use crate::projection::{Own, Wanted};

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

/// One's own bookings, the newest start first. Where older ones can't be read now, the newer ones are a page that goes on.
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
    let world = World::clone(&desk.engine.world());
    let own = desk.past.in_memory(resident);
    let mut found: Vec<(Position, Booking)> = own
        .kept
        .iter()
        .filter(|booking| query.is_for(booking))
        .map(|booking| (newest_first(&world, booking), *booking))
        .filter(|(position, _)| page.is_behind(*position))
        .collect();
    let mut missing = None;
    if let Some(older) = older(&desk, resident, &own, &query, &page) {
        // What lies behind the oldest that is forgotten is newer than all that is.
        let is_recent = |booking: &Booking| booking.terms.day > older.last_forgotten;
        if found.iter().filter(|(_, booking)| is_recent(booking)).count() <= page.limit() {
            match desk.past.ask(Wanted::Own(older.wanted)).await {
                Ok(older) => {
                    let placed = older.into_iter().map(|booking| (newest_first(&world, &booking), booking));
                    found.extend(placed);
                }
                Err(problem) => {
                    found.retain(|(_, booking)| is_recent(booking));
                    missing = Some(problem);
                }
            }
        }
    }
    found.sort_unstable_by_key(|(position, _)| (position.sort, position.number));
    let show = |booking: Booking| BookingView::of(&world, &desk.ids, &booking);
    let answer = match missing {
        None => page.of(found.into_iter(), show),
        Some(missing) if found.is_empty() => return Err(missing),
        Some(_) => page.of_first(found.into_iter(), show),
    };
    let items = answer.items.into_iter().flatten().collect();
    Ok(own_with_etag(&headers, &Items { items, next: answer.next }))
}

impl BookingsQuery {
    fn is_for(&self, booking: &Booking) -> bool {
        let (day, status) = (booking.terms.day, BookingStatus::of(booking.state));
        status.is_some()
            && self.status.is_none_or(|wanted| status == Some(wanted))
            && self.from.is_none_or(|from| from.0 <= day)
            && self.to.is_none_or(|to| day <= to.0)
    }
}

/// What this page may need that memory has no more.
struct Older {
    wanted: Own,
    /// Nothing is forgotten that is played later.
    last_forgotten: LocalDay,
}

fn older(
    desk: &Desk,
    resident: ResidentNo,
    own: &OwnBookings,
    query: &BookingsQuery,
    page: &Page<'_>,
) -> Option<Older> {
    let before = desk.past.before().filter(|_| own.had_more)?;
    let last_forgotten = before.plus_days(-1);
    let last = query.to.map_or(last_forgotten, |to| to.0.min(last_forgotten));
    let states = query.status.map(BookingStatus::for_good);
    if query.from.is_some_and(|from| last < from.0) || states.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    let wanted = Own {
        resident,
        first: query.from.map(|from| from.0),
        last,
        states,
        after: page.after().map(start_and_number),
        but: numbers_before(&own.kept, before),
        // One more tells whether the list goes on.
        limit: Some(page.limit() + 1),
    };
    Some(Older { wanted, last_forgotten })
}

/// By start, the newest first; of equals the one that was booked last.
#[must_use]
pub fn newest_first(world: &World, booking: &Booking) -> Position {
    let start = world.clock_of(booking.terms.day).start(booking.terms.span);
    Position { sort: u64::MAX - start.get().unsigned_abs(), number: u32::MAX - booking.no.get() }
}

/// The start and the booking of a position, as `newest_first` made it.
fn start_and_number(position: Position) -> (UtcMillis, BookingNo) {
    let start = i64::try_from(u64::MAX - position.sort).unwrap_or(i64::MAX);
    (UtcMillis::new(start), BookingNo::new(u32::MAX - position.number))
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
    let booking = desk.past.own_booking(resident, no).await?;
    let world = desk.engine.world();
    let view = BookingView::of(&world, &desk.ids, &booking).ok_or(Problem::NotFound)?;
    Ok(own_with_etag(&headers, &view))
}
