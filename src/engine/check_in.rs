//! The gate: who is let in, once.
//!
//! A request with a key is noted as being at the gate, and as having let somebody in by the committer when that is durable: so a
//! twin of it never takes another's check-in of the same booking for its own.

use super::bookings::BookingState;
use super::known_requests::{CameTo, Known};
use super::lane::Ticket;
use super::refusal::Refusal;
use super::state::{CommandLane, Engine};
use crate::domain::event::{BookingCheckedIn, Event, RequestKey, StaffActed};
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::domain::time::UtcMillis;

/// How long before its beginning a booking lets in.
pub const EARLY_MS: i64 = 30 * 60_000;

/// What became of a check-in so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedIn {
    /// Let in, and queued.
    Queued(Ticket),
    /// The same request came before. It may be under way still.
    Before,
}

/// What a check-in's request that came before came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedInBefore {
    /// It is not known.
    Never,
    /// Not decided yet.
    UnderWay,
    LetIn(BookingNo),
    /// The key came with another body.
    OtherBody,
}

impl Engine {
    /// What is known of a check-in's request.
    #[must_use]
    pub fn checked_in_before(&self, request: RequestKey) -> CheckedInBefore {
        match self.known.look_up(request) {
            None => CheckedInBefore::Never,
            Some(Known::Same(CameTo::AtGate(_))) => CheckedInBefore::UnderWay,
            Some(Known::Same(CameTo::CheckIn(no))) => CheckedInBefore::LetIn(no),
            Some(
                Known::Same(CameTo::Booking(_) | CameTo::TopUp(_) | CameTo::Entry(_)) | Known::OtherBody,
            ) => CheckedInBefore::OtherBody,
        }
    }

    /// Checks a booking in under a key: the same request lets in once, and is told so again.
    ///
    /// # Errors
    /// As `check_in`.
    pub fn check_in_by_request(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        (venue, no): (VenueNo, BookingNo),
        request: RequestKey,
        now: UtcMillis,
    ) -> Result<CheckedIn, Refusal> {
        let result = self.try_by_request(lane, by, (venue, no), request, now);
        self.count(result)
    }

    fn try_by_request(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        (venue, no): (VenueNo, BookingNo),
        request: RequestKey,
        now: UtcMillis,
    ) -> Result<CheckedIn, Refusal> {
        let _command = lane.owner.begin_command();
        match self.known.begin(request, CameTo::AtGate(no)) {
            Ok(()) => {}
            Err(Known::Same(CameTo::AtGate(_) | CameTo::CheckIn(_))) => return Ok(CheckedIn::Before),
            Err(Known::Same(CameTo::Booking(_) | CameTo::TopUp(_) | CameTo::Entry(_)) | Known::OtherBody) => {
                return Err(Refusal::OtherBody);
            }
        }
        match self.let_in(lane, by, (venue, no), Some(request), now) {
            Ok(ticket) => Ok(CheckedIn::Queued(ticket)),
            Err(refusal) => {
                self.known.forget(request);
                Err(refusal)
            }
        }
    }

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
        let _command = lane.owner.begin_command();
        let result = self.let_in(lane, by, (venue, no), None, now);
        self.count(result)
    }

    /// Within a command of the lane.
    fn let_in(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        (venue, no): (VenueNo, BookingNo),
        request: Option<RequestKey>,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        if self.bookings.is_forgotten(no) {
            return Err(Refusal::TooLate);
        }
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
                let action = Box::new(Event::BookingCheckedIn(BookingCheckedIn { no, request }));
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
