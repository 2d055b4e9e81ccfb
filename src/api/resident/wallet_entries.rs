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
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::domain::ids::{BookingNo, TopUpNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;
use crate::engine::bookings::{BookingState, Payment};
use crate::engine::residents::Resident;
use crate::engine::world::World;
use crate::identity::public_id::{Position, PublicId};

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

/// The movements of one's own wallet, the newest first.
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
    let account = desk.engine.residents().get(who.resident()?).ok_or(Problem::NotFound)?;
    let found = newest_first(&desk, account).into_iter().map(|movement| (movement.position(), movement));
    let world = desk.engine.world();
    let answer = page.of(found, |movement| EntryView::of(&desk, &world, &movement));
    Ok(own_with_etag(&headers, &answer))
}

/// All movements of a wallet, the newest first.
#[must_use]
pub fn newest_first(desk: &Desk, account: &Resident) -> Vec<Movement> {
    let mut found: Vec<_> = movements(desk, account).collect();
    found.sort_unstable_by_key(|movement| {
        let Position { sort, number } = movement.position();
        (sort, number)
    });
    found
}

fn movements<'a>(desk: &'a Desk, account: &'a Resident) -> impl Iterator<Item = Movement> + 'a {
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
    let bookings = desk.engine.bookings().of_resident(&account.newest_booking);
    let of_bookings = bookings.filter(|booking| booking.state.is_paid()).flat_map(|booking| {
        let movement =
            |kind, amount, at| Movement { kind, amount, at, booking: Some(booking.no), top_up: None };
        let price = Minor::new(-booking.terms.price.get());
        let paid = (booking.terms.payment == Payment::Wallet)
            .then(|| movement(EntryKind::Booking, price, booking.created_at));
        let refund = (booking.state == BookingState::Cancelled)
            .then(|| movement(EntryKind::Refund, booking.refund, booking.changed_at));
        [paid, refund].into_iter().flatten()
    });
    opening.into_iter().chain(top_ups).chain(of_bookings)
}
