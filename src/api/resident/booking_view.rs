//! A booking as it is answered.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::{Money, Rfc3339, city_moment, span_of_day};
use crate::domain::catalogue::Catalogue;
use crate::engine::bookings::{Booking, BookingState, Payment};
use crate::engine::world::World;
use crate::identity::public_id::{PublicId, PublicIds};

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStatus {
    Held,
    Confirmed,
    CheckedIn,
    Completed,
    Cancelled,
    Expired,
    NoShow,
}

impl BookingStatus {
    /// What is shown of a state: a change whose record is under way is not shown yet, and a booking whose own record is under
    /// way is not there yet.
    #[must_use]
    pub const fn of(state: BookingState) -> Option<Self> {
        match state.settled() {
            BookingState::Held => Some(Self::Held),
            BookingState::Confirmed => Some(Self::Confirmed),
            BookingState::CheckedIn => Some(Self::CheckedIn),
            BookingState::Completed => Some(Self::Completed),
            BookingState::Cancelled | BookingState::GivenUp => Some(Self::Cancelled),
            BookingState::Expired => Some(Self::Expired),
            BookingState::Missed => Some(Self::NoShow),
            // Nothing else is where a booking stands when all is durable.
            BookingState::Void
            | BookingState::Pending
            | BookingState::PendingHold
            | BookingState::Confirming
            | BookingState::GivingUp
            | BookingState::Expiring
            | BookingState::Moving
            | BookingState::Relocating
            | BookingState::CheckingIn
            | BookingState::Cancelling
            | BookingState::Completing
            | BookingState::Leaving
            | BookingState::Missing
            | BookingState::Alias => None,
        }
    }
}

impl BookingStatus {
    /// Where bookings stand for good that are shown so.
    #[must_use]
    pub fn for_good(self) -> Vec<BookingState> {
        match self {
            Self::Held | Self::Confirmed | Self::CheckedIn => Vec::new(),
            Self::Completed => vec![BookingState::Completed],
            Self::Cancelled => vec![BookingState::Cancelled, BookingState::GivenUp],
            Self::Expired => vec![BookingState::Expired],
            Self::NoShow => vec![BookingState::Missed],
        }
    }
}

/// A booking.
#[derive(Serialize, ToSchema)]
pub struct BookingView<'a> {
    #[schema(value_type = String)]
    id: PublicId,
    status: BookingStatus,
    #[schema(value_type = String)]
    pitch: &'a str,
    #[schema(value_type = String)]
    venue: &'a str,
    #[schema(value_type = String, format = DateTime)]
    start: Rfc3339,
    #[schema(value_type = String, format = DateTime)]
    end: Rfc3339,
    party_size: u16,
    /// Of all slots and places.
    price: Money,
    #[schema(value_type = Option<String>, example = "wallet")]
    paid_with: Option<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Rfc3339,
    /// Of a hold.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Rfc3339>,
    /// What a cancellation gave back; null while the booking is not cancelled.
    refund: Option<Money>,
}

impl<'a> BookingView<'a> {
    /// The view, unless there is nothing to show yet.
    #[must_use]
    pub fn of(world: &'a World, ids: &PublicIds, booking: &Booking) -> Option<Self> {
        let status = BookingStatus::of(booking.state)?;
        let catalogue: &Catalogue = &world.catalogue;
        let pitch = catalogue.pitch(booking.terms.pitch)?;
        let venue = catalogue.venue(pitch.venue)?;
        let span = booking.terms.span;
        let (start, end) = span_of_day(&world.clock_of(booking.terms.day), span);
        let currency = catalogue.city().currency;
        Some(Self {
            id: ids.booking(booking.no),
            status,
            pitch: pitch.code.as_str(),
            venue: venue.def.code.as_str(),
            start,
            end,
            party_size: booking.terms.party_size,
            price: Money::new(booking.terms.price, currency),
            paid_with: booking.state.settled().is_paid().then_some(match booking.terms.payment {
                Payment::Wallet => "wallet",
                Payment::Counter => "counter",
            }),
            created_at: city_moment(catalogue.zone(), booking.created_at),
            expires_at: (status == BookingStatus::Held || status == BookingStatus::Expired)
                .then(|| city_moment(catalogue.zone(), booking.changed_at)),
            refund: (status == BookingStatus::Cancelled).then(|| Money::new(booking.refund, currency)),
        })
    }
}
