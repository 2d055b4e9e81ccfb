//! Holds: units that are kept for a resident for some minutes, until they are paid or given up or the time is over.
//!
//! A hold is a booking that is not paid yet: it has its units and its place in the quotas, and keeps its price. When its time is
//! over an event ends it, never a look at the clock; of payment and expiry one wins the booking's state.

use super::book::{Booked, BookingRequest};
use super::bookings::BookingState;
use super::claim::Purpose;
use super::known_requests::{CameTo, Known};
use super::lane::Ticket;
use super::refusal::Refusal;
use super::state::{CommandLane, Engine};
use crate::domain::event::{BookingStep, Event, HoldConfirmed, RequestKey};
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::time::UtcMillis;

/// What became of a payment so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// Paid and queued.
    Queued(Ticket),
    /// It is paid already, or about to be, by this request or another.
    Before,
}

impl Engine {
    /// Holds. On success the claim belongs to the committer, whatever becomes of the caller.
    ///
    /// # Errors
    /// As `book`.
    pub fn place_hold(
        &self,
        lane: &CommandLane,
        request: &BookingRequest<'_>,
        now: UtcMillis,
    ) -> Result<Booked, Refusal> {
        self.claim(lane, request, Purpose::Hold, now)
    }

    /// Pays a hold from its resident's wallet.
    ///
    /// # Errors
    /// Why it stays as it is.
    pub fn confirm_hold(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        no: BookingNo,
        request: Option<RequestKey>,
        now: UtcMillis,
    ) -> Result<Confirmed, Refusal> {
        let result = self.try_confirm(lane, resident, no, request, now);
        self.count(result)
    }

    fn try_confirm(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        no: BookingNo,
        request: Option<RequestKey>,
        now: UtcMillis,
    ) -> Result<Confirmed, Refusal> {
        let _command = lane.owner.begin_command();
        let (booking, entry) = self.own_booking(resident, no)?;
        match request.and_then(|request| self.known.look_up(request)) {
            Some(Known::Same(CameTo::Booking(before))) if before == no => return Ok(Confirmed::Before),
            Some(_) => return Err(Refusal::OtherBody),
            None => {}
        }
        if booking.state != BookingState::Held {
            return not_held(booking.state);
        }
        // Over is over, even where the wheel has not come by yet.
        if booking.changed_at <= now {
            return Err(Refusal::HoldExpired);
        }
        let account = self.residents.get(resident).ok_or(Refusal::NotFound)?;
        let permit = lane.owner.permit()?;
        if let Some(request) = request {
            match self.known.begin(request, CameTo::Booking(no)) {
                Ok(()) => {}
                Err(Known::Same(CameTo::Booking(before))) if before == no => return Ok(Confirmed::Before),
                Err(_) => return Err(Refusal::OtherBody),
            }
        }
        let undo_request = |refusal| {
            if let Some(request) = request {
                self.known.forget(request);
            }
            refusal
        };
        let price = booking.terms.price;
        account
            .debit(price)
            .map_err(|balance| undo_request(Refusal::InsufficientFunds { balance, price }))?;
        match entry.advance(BookingState::Held, BookingState::Confirming) {
            Ok(()) => Ok(Confirmed::Queued(permit.push(Event::HoldConfirmed(HoldConfirmed { no, request })))),
            Err(state) => {
                account.credit_spendable(price);
                if let Some(request) = request {
                    self.known.forget(request);
                }
                not_held(state)
            }
        }
    }

    /// Gives a hold up.
    ///
    /// # Errors
    /// Why it stays as it is.
    pub fn give_up_hold(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        no: BookingNo,
    ) -> Result<Ticket, Refusal> {
        let result = self.try_give_up(lane, resident, no);
        self.count(result)
    }

    fn try_give_up(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        no: BookingNo,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let (_, entry) = self.own_booking(resident, no)?;
        let permit = lane.owner.permit()?;
        match entry.advance(BookingState::Held, BookingState::GivingUp) {
            Ok(()) => Ok(permit.push(Event::HoldGivenUp(BookingStep { no }))),
            Err(BookingState::GivingUp | BookingState::GivenUp | BookingState::Cancelled) => {
                Err(Refusal::AlreadyCancelled)
            }
            Err(BookingState::Expiring | BookingState::Expired) => Err(Refusal::HoldExpired),
            // It is paid: whoever wants to be rid of it cancels the booking.
            Err(_) => Err(Refusal::TooLate),
        }
    }
}

/// What a payment comes to that finds its hold held no more: paid by another request, called off, or over.
fn not_held(state: BookingState) -> Result<Confirmed, Refusal> {
    if state.is_paid() && state.settled() != BookingState::Cancelled || state == BookingState::Confirming {
        return Ok(Confirmed::Before);
    }
    if matches!(state, BookingState::Expiring | BookingState::Expired) {
        return Err(Refusal::HoldExpired);
    }
    Err(Refusal::AlreadyCancelled)
}
