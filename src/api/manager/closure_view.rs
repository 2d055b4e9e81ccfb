//! Closures as they are answered: whom one would hit, and how far one has come.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::day_bookings::VenueBooking;
use super::people::People;
use crate::api::answer::Money;
use crate::api::open_data::venue_view::clock_text;
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::domain::catalogue::Closure;
use crate::domain::definition::{BookingsInside, ClosureDef};
use crate::domain::money::Minor;
use crate::domain::units::UNITS_PER_DAY;
use crate::engine::bookings::Booking;
use crate::engine::closing::Inside;
use crate::engine::world::World;

/// How many bookings are named of those that are hit.
pub const NAMED_MAX: usize = 500;

/// What happens to the bookings inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InsideView {
    /// They are cancelled, and all their money is given back.
    Refund,
    /// They stay: only new ones are refused.
    Leave,
}

impl InsideView {
    pub(super) const fn inside(self) -> BookingsInside {
        match self {
            Self::Refund => BookingsInside::Cancel,
            Self::Leave => BookingsInside::Keep,
        }
    }

    const fn of(inside: BookingsInside) -> Self {
        match inside {
            BookingsInside::Cancel => Self::Refund,
            BookingsInside::Keep => Self::Leave,
        }
    }
}

/// How far a closure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProgressView {
    /// Nothing can be booked inside any more; the bookings inside are being cancelled.
    UnderWay,
    Done,
}

/// A closure.
#[derive(Serialize, ToSchema)]
pub struct ClosureView {
    id: String,
    pitches: Vec<String>,
    #[schema(format = Date)]
    from: String,
    #[schema(format = Date)]
    to: String,
    start: String,
    end: String,
    bookings: InsideView,
    reason: String,
    status: ProgressView,
    /// How many bookings are still to be cancelled.
    left: usize,
}

impl ClosureView {
    pub(super) async fn of(desk: &Desk, world: &World, closure: &Closure, number: usize) -> Self {
        let def = &closure.def;
        let codes = def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no));
        let status = if closure.is_done { ProgressView::Done } else { ProgressView::UnderWay };
        let is_refunding = !closure.is_done && def.bookings == BookingsInside::Cancel;
        let units: Vec<u8> = (0..UNITS_PER_DAY).filter(|unit| def.units.bits() & (1 << unit) != 0).collect();
        let first = units.first().copied().unwrap_or(0);
        Self {
            // What was declared without a name is known by its place.
            id: def
                .code
                .as_ref()
                .map_or_else(|| format!("closure-{number}"), |code| code.as_str().to_owned()),
            pitches: codes.map(|pitch| pitch.code.as_str().to_owned()).collect(),
            from: def.first_day.to_string(),
            to: def.last_day.to_string(),
            start: clock_text(first),
            end: clock_text(units.last().copied().unwrap_or(first) + 1),
            bookings: InsideView::of(def.bookings),
            reason: def.reason.clone(),
            status,
            left: if is_refunding { inside(desk, world, def).await.count() } else { 0 },
        }
    }
}

/// Whether anything was closed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreviewStatus {
    Preview,
    /// The list is another one than that which was seen: nothing was closed.
    Changed,
}

/// Whom a closure would hit.
#[derive(Serialize, ToSchema)]
pub struct PreviewView<'a> {
    status: PreviewStatus,
    /// The first 500.
    bookings: Vec<VenueBooking<'a>>,
    count: usize,
    people: u64,
    /// What would be given back in all.
    refund: Money,
    /// To be sent with the closure, which is declared only while the list is this one.
    fingerprint: String,
}

/// The bookings that a closure would hit, and the list's fingerprint.
pub struct Hit {
    pub bookings: Vec<Booking>,
    pub fingerprint: String,
}

/// Looks through a closure, and lets others of this thread go first after each piece.
pub async fn inside<'a>(desk: &Desk, world: &World, def: &'a ClosureDef) -> Inside<'a> {
    let mut inside = Inside::of(world, def);
    while inside.look_on(&desk.engine, world) {
        tokio::task::yield_now().await;
    }
    inside
}

impl Hit {
    pub(super) async fn by(desk: &Desk, world: &World, def: &ClosureDef) -> Self {
        let bookings = inside(desk, world, def).await.found();
        let mut text = Vec::with_capacity(bookings.len() * 12);
        for booking in &bookings {
            text.extend_from_slice(&booking.no.get().to_le_bytes());
            text.extend_from_slice(&booking.terms.price.get().to_le_bytes());
        }
        let hash = desk.keys.body_hash(&text);
        Self { bookings, fingerprint: data_encoding::HEXLOWER.encode(&hash) }
    }

    /// How many people play in them.
    #[must_use]
    pub fn people(&self) -> u64 {
        self.bookings.iter().map(|booking| u64::from(booking.terms.party_size)).sum()
    }

    /// What would be given back in all.
    #[must_use]
    pub fn refund(&self, inside: BookingsInside) -> Minor {
        let is_given_back =
            |booking: &&Booking| inside == BookingsInside::Cancel && booking.state.settled().is_paid();
        Minor::new(self.bookings.iter().filter(is_given_back).map(|booking| booking.terms.price.get()).sum())
    }

    /// The list, with names.
    pub(super) async fn view<'a>(
        &self,
        desk: &Desk,
        world: &'a World,
        inside: BookingsInside,
        status: PreviewStatus,
    ) -> Result<PreviewView<'a>, Problem> {
        let named = &self.bookings[..self.bookings.len().min(NAMED_MAX)];
        let people = People::look_up(desk, named.iter().map(|booking| booking.terms.resident)).await?;
        Ok(PreviewView {
            status,
            bookings: named
                .iter()
                .filter_map(|booking| VenueBooking::of(world, desk, &people, booking))
                .collect(),
            count: self.bookings.len(),
            people: self.people(),
            refund: Money::new(self.refund(inside), world.catalogue.city().currency),
            fingerprint: self.fingerprint.clone(),
        })
    }
}
