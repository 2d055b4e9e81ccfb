//! Cancelling a booking: by its resident, by the venue's staff, or by a closure.

use super::bookings::{Booking, BookingState, Entry};
use super::lane::Ticket;
use super::refusal::Refusal;
use super::state::{CommandLane, Engine};
use crate::domain::event::{BookingCancelled, CancelReason, Event, StaffActed};
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

impl Engine {
    /// Cancels a resident's booking, or gives up a hold. What it gives back is there when the ticket is durable.
    ///
    /// # Errors
    /// Why it stays as it is.
    pub fn cancel(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        no: BookingNo,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let is_hold = self
            .own_booking(resident, no)
            .is_ok_and(|(booking, _)| booking.state.settled() == BookingState::Held);
        if is_hold {
            return self.give_up_hold(lane, resident, no);
        }
        let result = self.try_cancel(lane, resident, no, now);
        self.count(result)
    }

    fn try_cancel(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        no: BookingNo,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let (booking, entry) = self.own_booking(resident, no)?;
        self.check_cancellable(&booking)?;
        let world = self.world.load();
        let pitch = world.catalogue.pitch(booking.terms.pitch).ok_or(Refusal::NotFound)?;
        let start = world.clock_of(booking.terms.day).start(booking.terms.span);
        let refund = pitch.cancel.refund(booking.terms.price, start, now).ok_or(Refusal::TooLate)?;
        let event = BookingCancelled { no, refund, reason: CancelReason::ByResident };
        intend(lane, &booking, entry, Event::BookingCancelled(event))
    }

    /// Cancels a booking of a venue by its staff, with as much back as they say, whatever the rule says.
    ///
    /// # Errors
    /// Why it stays as it is; `NotFound` for another venue's.
    pub fn cancel_by_staff(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        venue: VenueNo,
        no: BookingNo,
        refund: Option<Minor>,
    ) -> Result<Ticket, Refusal> {
        let cancel = || {
            let _command = lane.owner.begin_command();
            let (booking, entry) = self.venues_booking(venue, no)?;
            self.check_cancellable(&booking)?;
            let refund = refund.unwrap_or(booking.terms.price);
            if refund.get() < 0 || refund > booking.terms.price {
                return Err(Refusal::invalid("refund", super::refusal::Wrong::Refund));
            }
            let event = BookingCancelled { no, refund, reason: CancelReason::ByStaff };
            let action = Box::new(Event::BookingCancelled(event));
            intend(lane, &booking, entry, Event::StaffActed(StaffActed { by, action }))
        };
        self.count(cancel())
    }

    /// Cancels a booking that lies in a closure, with all its money back; nothing when it is not confirmed now.
    pub(super) fn cancel_for_closure(&self, lane: &CommandLane, booking: &Booking) -> Option<Ticket> {
        let _command = lane.owner.begin_command();
        let refund = booking.terms.price;
        let event = BookingCancelled { no: booking.no, refund, reason: CancelReason::Closure };
        let entry = self.bookings.entry(booking.no)?;
        intend(lane, booking, entry, Event::BookingCancelled(event)).ok()
    }

    fn check_cancellable(&self, booking: &Booking) -> Result<(), Refusal> {
        match booking.state {
            BookingState::Cancelled
            | BookingState::Cancelling
            | BookingState::GivingUp
            | BookingState::GivenUp => {
                #[cfg(feature = "planted-bugs")]
                if super::planted::is_on(super::planted::Bug::FreeByBits) {
                    self.free_claimed(&self.world.load(), &booking.terms);
                }
                Err(Refusal::AlreadyCancelled)
            }
            BookingState::Expiring | BookingState::Expired => Err(Refusal::HoldExpired),
            BookingState::Confirmed | BookingState::Moving => Ok(()),
            BookingState::CheckingIn
            | BookingState::CheckedIn
            | BookingState::Completing
            | BookingState::Leaving
            | BookingState::Completed
            | BookingState::Missing
            | BookingState::Missed
            | BookingState::Held
            | BookingState::Confirming => Err(Refusal::TooLate),
            BookingState::Void
            | BookingState::Pending
            | BookingState::PendingHold
            | BookingState::Relocating
            | BookingState::Alias => Err(Refusal::NotFound),
        }
    }
}

/// Sets the intent and queues its record.
fn intend(lane: &CommandLane, booking: &Booking, entry: &Entry, record: Event) -> Result<Ticket, Refusal> {
    let permit = lane.owner.permit()?;
    entry.intend(&booking.terms, BookingState::Confirmed, BookingState::Cancelling).map_err(not_confirmed)?;
    Ok(permit.push(record))
}

/// Why a booking that stands so, and was thought to be confirmed, can't be cancelled or moved.
pub(super) fn not_confirmed(state: BookingState) -> Refusal {
    if matches!(state, BookingState::Cancelling | BookingState::Cancelled) {
        Refusal::AlreadyCancelled
    } else if matches!(state, BookingState::Moving | BookingState::Relocating) {
        // It is being moved, or was since one looked: in a moment it can be changed where it is then.
        Refusal::Overloaded
    } else {
        Refusal::TooLate
    }
}
