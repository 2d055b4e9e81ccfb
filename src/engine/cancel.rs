//! Cancelling a booking, by its resident or by a closure.

use super::bookings::{Booking, BookingState};
use super::lane::Ticket;
use super::refusal::Refusal;
use super::state::{CommandLane, Engine};
use crate::domain::event::{BookingCancelled, CancelReason, Event};
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::time::UtcMillis;

impl Engine {
    /// Cancels a resident's booking. What it gives back is there when the ticket is durable.
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
        let result = self.try_cancel(lane, resident, no, now);
        if let Err(refusal) = &result {
            self.counters.refuse(refusal);
        }
        result
    }

    fn try_cancel(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        no: BookingNo,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let booking = self.bookings.get(no).filter(|booking| booking.terms.resident == resident);
        let booking = booking.ok_or(Refusal::NotFound)?;
        match booking.state {
            BookingState::Void | BookingState::Pending => return Err(Refusal::NotFound),
            BookingState::Cancelled | BookingState::Cancelling => {
                #[cfg(feature = "planted-bugs")]
                if super::planted::is_on(super::planted::Bug::FreeByBits) {
                    self.free_units(&self.world.load(), &booking.terms);
                }
                return Err(Refusal::AlreadyCancelled);
            }
            BookingState::Completed | BookingState::Completing => return Err(Refusal::TooLate),
            BookingState::Confirmed => {}
        }
        let world = self.world.load();
        let pitch = world.catalogue.pitch(booking.terms.pitch).ok_or(Refusal::NotFound)?;
        let start = world.clock_of(booking.terms.day).start(booking.terms.span);
        let refund = pitch.cancel.refund(booking.terms.price, start, now).ok_or(Refusal::TooLate)?;
        let permit = lane.owner.permit()?;
        let Some(entry) = self.bookings.entry(no) else { return Err(Refusal::NotFound) };
        match entry.advance(BookingState::Confirmed, BookingState::Cancelling) {
            Ok(()) => {
                let event = BookingCancelled { no, refund, reason: CancelReason::ByResident };
                Ok(permit.push(Event::BookingCancelled(event)))
            }
            Err(BookingState::Completing | BookingState::Completed) => Err(Refusal::TooLate),
            Err(_) => Err(Refusal::AlreadyCancelled),
        }
    }

    /// Cancels a booking that lies in a closure, with all its money back; nothing when it is not confirmed now.
    pub(super) fn cancel_for_closure(&self, lane: &CommandLane, booking: &Booking) -> Option<Ticket> {
        let _command = lane.owner.begin_command();
        let permit = lane.owner.permit().ok()?;
        let entry = self.bookings.entry(booking.no)?;
        entry.advance(BookingState::Confirmed, BookingState::Cancelling).ok()?;
        let refund = booking.terms.price;
        let event = BookingCancelled { no: booking.no, refund, reason: CancelReason::Closure };
        Some(permit.push(Event::BookingCancelled(event)))
    }
}
