//! Booking: claimed, paid from the wallet and confirmed in one command.

use super::bookings::{Booking, BookingState};
use super::claim::Purpose;
pub use super::claim::{Booked, BookingRequest};
use super::known_requests::{CameTo, Known};
use super::refusal::Refusal;
use super::state::{CommandLane, Engine};
use crate::domain::event::RequestKey;
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::domain::time::UtcMillis;

/// What a request that came before came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookedBefore {
    /// Not decided yet.
    UnderWay,
    Booked(Booking),
    /// Nothing: the same request is judged anew.
    Refused,
}

impl Engine {
    /// Books. On success the claim belongs to the committer, whatever becomes of the caller.
    ///
    /// # Errors
    /// Why nothing was booked; nothing is held or changed then.
    pub fn book(
        &self,
        lane: &CommandLane,
        request: &BookingRequest<'_>,
        now: UtcMillis,
    ) -> Result<Booked, Refusal> {
        self.claim(lane, request, Purpose::Book, now)
    }

    /// Sells at the counter of a venue, for somebody who pays there.
    ///
    /// # Errors
    /// As `book`; `NotFound` also for another venue's pitch.
    pub fn book_at_counter(
        &self,
        lane: &CommandLane,
        request: &BookingRequest<'_>,
        by: ResidentNo,
        venue: VenueNo,
        now: UtcMillis,
    ) -> Result<Booked, Refusal> {
        self.claim(lane, request, Purpose::Counter { by, venue }, now)
    }

    /// What the request came to that was answered with `Booked::Before`.
    #[must_use]
    pub fn booked_before(&self, request: RequestKey, no: BookingNo) -> BookedBefore {
        let booking = self.bookings.get(no);
        // Looked up behind the booking: a number that a refused request gave up may be another's by now, and then this
        // request isn't known by it any more.
        if self.known.look_up(request) != Some(Known::Same(CameTo::Booking(no))) {
            return BookedBefore::Refused;
        }
        match booking {
            Some(booking) if booking.state.settled() != BookingState::Void => BookedBefore::Booked(booking),
            Some(_) | None => BookedBefore::UnderWay,
        }
    }
}
