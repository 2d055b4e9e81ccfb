//! The gate: who is let in, once.

use super::bookings::BookingState;
use super::lane::Ticket;
use super::refusal::Refusal;
use super::state::{CommandLane, Engine};
use crate::domain::event::{BookingStep, Event, StaffActed};
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::domain::time::UtcMillis;

/// How long before its beginning a booking lets in.
pub const EARLY_MS: i64 = 30 * 60_000;

impl Engine {
    /// Checks a booking in at a venue's gate.
    ///
    /// # Errors
    /// Why nobody is let in; `Forbidden` at another venue's gate.
    pub fn check_in(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        venue: VenueNo,
        no: BookingNo,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let result = self.try_check_in(lane, by, venue, no, now);
        self.count(result)
    }

    fn try_check_in(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        venue: VenueNo,
        no: BookingNo,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let is_there = self.bookings.get(no).is_some();
        let (booking, entry) = self
            .venues_booking(venue, no)
            .map_err(|_| if is_there { Refusal::Forbidden } else { Refusal::TicketInvalid })?;
        check_state(booking.state)?;
        let world = self.world.load();
        let clock = world.clock_of(booking.terms.day);
        if now < clock.start(booking.terms.span).plus_ms(-EARLY_MS) {
            return Err(Refusal::TooEarly);
        }
        if clock.end(booking.terms.span) <= now {
            return Err(Refusal::TooLate);
        }
        let permit = lane.owner.permit()?;
        match entry.intend(&booking.terms, BookingState::Confirmed, BookingState::CheckingIn) {
            Ok(()) => {
                let action = Box::new(Event::BookingCheckedIn(BookingStep { no }));
                Ok(permit.push(Event::StaffActed(StaffActed { by, action })))
            }
            Err(state) => Err(check_state(state).err().unwrap_or(Refusal::Overloaded)),
        }
    }
}

/// Whether a booking lets in, by where it stands.
fn check_state(state: BookingState) -> Result<(), Refusal> {
    match state {
        BookingState::Confirmed | BookingState::Moving | BookingState::Relocating => Ok(()),
        BookingState::CheckingIn | BookingState::CheckedIn | BookingState::Leaving => {
            Err(Refusal::AlreadyUsed)
        }
        BookingState::Completing | BookingState::Completed | BookingState::Missing | BookingState::Missed => {
            Err(Refusal::TooLate)
        }
        BookingState::Void
        | BookingState::Pending
        | BookingState::PendingHold
        | BookingState::Held
        | BookingState::Confirming
        | BookingState::GivingUp
        | BookingState::GivenUp
        | BookingState::Expiring
        | BookingState::Expired
        | BookingState::Cancelling
        | BookingState::Cancelled
        | BookingState::Alias => Err(Refusal::TicketInvalid),
    }
}
