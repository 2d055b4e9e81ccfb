//! `GET /v1/wallet/entries`: every movement of one's own wallet, the newest first. They sum to its balance (I3).

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::api::answer::{Items, Money, Rfc3339, city_moment};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::page::{ListQuery, list};
use crate::api::past::{UpTo, begin_of};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::domain::ids::{BookingNo, ResidentNo, TopUpNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;
use crate::engine::bookings::{Booking, BookingState, Payment};
use crate::engine::residents::Resident;
use crate::engine::world::World;
use crate::identity::public_id::{Position, PublicId};
use crate::projection::Wanted;

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// What the wallet was opened with.
    Opening,
    TopUp,
    Booking,
    Refund,
}

/// A movement of the wallet. Its other side is a venue's account or a payment provider's.
#[derive(Serialize, ToSchema)]
pub struct EntryView {
    kind: EntryKind,
    /// Positive when money came in.
    amount: Money,
    /// Null for what the wallet was opened with.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Rfc3339>,
    #[schema(value_type = Option<String>)]
    booking: Option<PublicId>,
    #[schema(value_type = Option<String>)]
    top_up: Option<PublicId>,
}

impl EntryView {
    /// A movement as it is shown.
    #[must_use]
    pub fn of(desk: &Desk, world: &World, movement: &Movement) -> Self {
        let (zone, currency) = (world.catalogue.zone(), world.catalogue.city().currency);
        Self {
            kind: movement.kind,
            amount: Money::new(movement.amount, currency),
            at: (movement.kind != EntryKind::Opening).then(|| city_moment(zone, movement.at)),
            booking: movement.booking.map(|no| desk.ids.booking(no)),
            top_up: movement.top_up.map(|no| desk.ids.top_up(no)),
        }
    }
}

/// A movement, before it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Movement {
    pub kind: EntryKind,
    pub amount: Minor,
    pub at: UtcMillis,
    pub booking: Option<BookingNo>,
    pub top_up: Option<TopUpNo>,
}

impl Movement {
    /// The newest first. Of one millisecond refunds, then bookings, then top-ups, each by number: the places keep no finer time, and this
    /// order is the same on every page, so that nothing is shown twice or left out.
    fn position(&self) -> Position {
        let number = self.booking.map(BookingNo::get).or(self.top_up.map(TopUpNo::get)).unwrap_or(0);
        let sort = self.at.get().unsigned_abs() << 2 | self.kind as u64;
        Position { sort: u64::MAX - sort, number: u32::MAX - number }
    }
}

/// The movements of one's own wallet, the newest first. Where older ones can't be read now, the newer ones are a page that goes on.
#[utoipa::path(
    get,
    path = "/v1/wallet/entries",
    tag = "residents",
    security(("token" = [])),
    params(ListQuery),
    responses((status = 200, body = Items<EntryView>))
)]
pub async fn entries(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, list::WALLET_ENTRIES)?;
    let resident = who.resident()?;
    let world = World::clone(&desk.engine.world());
    let UpTo { found, missing } =
        last_movements(&desk, &world, resident, (page.after(), page.limit())).await?;
    let show = |movement: Movement| EntryView::of(&desk, &world, &movement);
    let found = found.into_iter().map(|movement| (movement.position(), movement));
    let answer = match missing {
        None => page.of(found, show),
        Some(missing) if found.len() == 0 => return Err(missing),
        Some(_) => page.of_first(found, show),
    };
    Ok(own_with_etag(&headers, &answer))
}

/// The movements of a wallet behind a position, the newest first: at least one more than so many, where there are so many.
///
/// # Errors
/// `not-found` when there is no such account.
pub async fn last_movements(
    desk: &Desk,
    world: &World,
    resident: ResidentNo,
    (after, limit): (Option<Position>, usize),
) -> Result<UpTo<Movement>, Problem> {
    let account = desk.engine.residents().get(resident).ok_or(Problem::NotFound)?;
    let own = desk.past.in_memory(resident);
    let is_behind = |movement: &Movement| after.is_none_or(|after| key(after) < key(movement.position()));
    let mut found = newest_first(desk, account, own.kept.iter().copied());
    found.retain(is_behind);
    let mut missing = None;
    if let Some(before) = desk.past.before().filter(|_| own.had_more) {
        // All that is forgotten was moved before.
        let begin = begin_of(world, before);
        let is_recent = |movement: &Movement| begin <= movement.at;
        if found.iter().filter(|movement| is_recent(movement)).count() <= limit {
            let up_to = after.map(moment_of);
            let wanted = Wanted::Moved { resident, before, up_to, limit: limit + 1 + own.kept.len() };
            match desk.past.ask(wanted).await {
                Ok(older) => {
                    let is_known = |no| own.kept.iter().any(|known| known.no == no);
                    let older = older.into_iter().filter(|booking| !is_known(booking.no));
                    found.extend(older.flat_map(of_booking).filter(is_behind));
                    sort(&mut found);
                }
                Err(problem) => {
                    found.retain(is_recent);
                    missing = Some(problem);
                }
            }
        }
    }
    Ok(UpTo { found, missing })
}

/// All movements of a wallet that has these bookings, the newest first.
#[must_use]
pub fn newest_first(
    desk: &Desk,
    account: &Resident,
    bookings: impl Iterator<Item = Booking>,
) -> Vec<Movement> {
    let opening = Movement {
        kind: EntryKind::Opening,
        amount: account.opening(),
        at: UtcMillis::new(0),
        booking: None,
        top_up: None,
    };
    let opening = Some(opening).filter(|opening| opening.amount != Minor::ZERO);
    let top_ups = desk.engine.top_ups().list(&account.newest_top_up).map(|top_up| Movement {
        kind: EntryKind::TopUp,
        amount: top_up.amount,
        at: top_up.paid_at,
        booking: None,
        top_up: Some(top_up.no),
    });
    let mut found: Vec<_> = opening.into_iter().chain(top_ups).chain(bookings.flat_map(of_booking)).collect();
    sort(&mut found);
    found
}

fn sort(movements: &mut [Movement]) {
    movements.sort_unstable_by_key(|movement| key(movement.position()));
}

const fn key(position: Position) -> (u64, u32) {
    (position.sort, position.number)
}

/// The moment of a position, as `Movement::position` made it.
fn moment_of(position: Position) -> UtcMillis {
    UtcMillis::new(i64::try_from((u64::MAX - position.sort) >> 2).unwrap_or(i64::MAX))
}

/// What a booking moved.
fn of_booking(booking: Booking) -> impl Iterator<Item = Movement> {
    let movement = |kind, amount, at| Movement { kind, amount, at, booking: Some(booking.no), top_up: None };
    let price = Minor::new(-booking.terms.price.get());
    let is_paid = booking.state.is_paid();
    let paid = (is_paid && booking.terms.payment == Payment::Wallet)
        .then(|| movement(EntryKind::Booking, price, booking.created_at));
    let refund = (booking.state == BookingState::Cancelled)
        .then(|| movement(EntryKind::Refund, booking.refund, booking.changed_at));
    [paid, refund].into_iter().flatten()
}
