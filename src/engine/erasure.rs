//! Erasing a resident's account: for good, with nothing of it left to come.
//!
//! An account that is erased has no booking ahead and nothing in its wallet: what was in it goes back to who brought it in, in the
//! same record (I3). That nothing comes behind that record is made sure of in three steps. The account is closed, so that no
//! command begins anything for it. Those that had begun before are waited for, first until they have queued their records, then
//! until these are settled (`Intake::queued_before`). What is found then is all that will ever be.

use super::bookings::{Booking, BookingState, Payment};
use super::lane::{Queued, Ticket};
use super::refusal::Refusal;
use super::replay::ReplayError;
use super::residents::Resident;
use super::state::{CommandLane, Engine};
use crate::domain::event::{AccountErased, Event, PhoneHash, Provider, Role};
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::invariant::Invariant;
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

/// An account that is closed and not erased yet: open again when this is dropped.
pub struct Erasure<'a> {
    engine: &'a Engine,
    account: &'a Resident,
    no: ResidentNo,
    is_queued: bool,
}

impl Engine {
    /// The bookings that a resident has ahead, to be called off before the account can be erased.
    ///
    /// # Errors
    /// `TooLate` when one of them can't be called off any more, or was paid at a counter, where alone its money can be given back.
    pub fn ahead_of(&self, no: ResidentNo, now: UtcMillis) -> Result<Vec<BookingNo>, Refusal> {
        let world = self.world.load();
        let account = self.residents.get(no).ok_or(Refusal::NotFound)?;
        let mut ahead = Vec::new();
        for booking in self.bookings.of_resident(&account.newest_booking).into_iter().filter(is_ahead) {
            let state = booking.state.settled();
            let terms = booking.terms;
            let pitch = world.catalogue.pitch(terms.pitch).ok_or(Refusal::NotFound)?;
            let start = world.clock_of(terms.day).start(terms.span);
            let is_cancellable = terms.payment == Payment::Wallet
                && state == BookingState::Confirmed
                && pitch.cancel.refund(terms.price, start, now).is_some();
            if !is_cancellable && state != BookingState::Held {
                return Err(Refusal::TooLate);
            }
            ahead.push(booking.no);
        }
        Ok(ahead)
    }

    /// Closes a resident's account, so that it can be erased.
    ///
    /// # Errors
    /// `Forbidden` for one of the staff; `NotFound` when it is no account any more, or another request is about to erase it.
    pub fn begin_erasure(&self, no: ResidentNo) -> Result<Erasure<'_>, Refusal> {
        let account = self.residents.get(no).ok_or(Refusal::NotFound)?;
        if account.close() {
            return Ok(Erasure { engine: self, account, no, is_queued: false });
        }
        match account.role() {
            Some(Role::VenueManager(_) | Role::FrontDesk(_) | Role::Operator) => Err(Refusal::Forbidden),
            Some(Role::Resident) | None => Err(Refusal::NotFound),
        }
    }

    fn has_anything_ahead(&self, account: &Resident) -> bool {
        self.bookings.of_resident(&account.newest_booking).kept.iter().any(is_ahead)
    }

    pub(super) fn settle_erased(&self, event: &AccountErased) {
        let Some(account) = self.residents.get(event.resident) else {
            unreachable!("an account that is erased was opened")
        };
        account.settle(Minor::new(-event.paid_back.get()));
        self.ledger.bring_in(Minor::new(-event.paid_back.get()));
        account.erase();
        self.sealed.remove(&event.resident);
        self.companions
            .forget_all_of(event.resident, self.bookings.of_resident(&account.newest_booking).into_iter());
        self.queues.forget(event.resident);
        self.forget_verified(event.resident);
        // Last: who signs up with the number finds nothing of the former account.
        self.phones.remove_if(&event.phone, |_, owner| *owner == event.resident);
    }

    pub(super) fn undo_erasure(&self, event: &AccountErased) {
        if let Some(account) = self.residents.get(event.resident) {
            account.credit_spendable(event.paid_back);
            account.reopen();
        }
    }

    pub(super) fn erase_again(&self, event: &AccountErased) -> Result<(), ReplayError> {
        let no = event.resident;
        let broken = |invariant, what: &str| ReplayError::Broken { invariant, what: format!("{no}: {what}") };
        let account = self.residents.get(no).filter(|account| account.role() == Some(Role::Resident));
        let account = account.ok_or_else(|| ReplayError::Missing { what: format!("the erasure of {no}") })?;
        if self.phones.get(&event.phone).is_some_and(|owner| *owner != no) {
            return Err(broken(Invariant::I7OnlyOnesOwn, "an erasure with another's telephone number"));
        }
        if self.has_anything_ahead(account) {
            return Err(broken(Invariant::I3MoneyConserved, "an erasure with a booking ahead"));
        }
        if event.paid_back.get() < 0 || event.paid_back != account.spendable() {
            return Err(broken(Invariant::I3MoneyConserved, "an erasure that leaves money in a wallet"));
        }
        account
            .debit(event.paid_back)
            .map_err(|_| broken(Invariant::I3MoneyConserved, "too much is paid back"))
    }
}

impl Erasure<'_> {
    /// Everything that may yet be settled for this account. To be called outside of a command, and waited for.
    #[must_use]
    pub fn queued_before(&self, lane: &CommandLane) -> Queued {
        lane.owner.intake().queued_before()
    }

    /// Erases the account, when all that was queued before is settled; for good when the ticket is durable.
    ///
    /// # Errors
    /// `Overloaded`, also when something was booked since `Engine::ahead_of` was asked: then it is to be asked again.
    pub fn erase(mut self, lane: &CommandLane, phone: PhoneHash) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        if self.engine.has_anything_ahead(self.account) {
            return Err(Refusal::Overloaded);
        }
        let permit = lane.owner.permit()?;
        let paid_back = self.account.spendable();
        self.account.debit(paid_back).map_err(|_| Refusal::Overloaded)?;
        self.is_queued = true;
        let event = AccountErased { resident: self.no, phone, paid_back, provider: Provider::Sandbox };
        Ok(permit.push(Event::AccountErased(event)))
    }
}

impl Drop for Erasure<'_> {
    fn drop(&mut self) {
        if !self.is_queued {
            self.account.reopen();
        }
    }
}

/// Whether anything may come of a booking yet but its end: who has been let in is owed nothing more.
fn is_ahead(booking: &Booking) -> bool {
    booking.state.is_live() && !matches!(booking.state, BookingState::CheckedIn | BookingState::Leaving)
}
