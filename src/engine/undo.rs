//! What a record gives back that will never be in the log. On the committer's thread alone, as settling.

use super::bookings::BookingState;
use super::move_booking::{dearer, moved_terms};
use super::settle::Leaving;
use super::state::Engine;
use super::sync::{Ordering, lock};
use super::world::World;
use crate::domain::event::{BookingMoved, Event, NewBooking};
use crate::domain::ids::BookingNo;
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

impl Engine {
    /// Gives back what a record took that will never be in the log.
    pub(super) fn undo(&self, event: &Event) {
        match event {
            Event::BookingConfirmed(event) => self.undo_claim(event, BookingState::Pending, event.price),
            Event::CounterBooked(event) => self.undo_claim(event, BookingState::Pending, Minor::ZERO),
            Event::HoldPlaced(event) => {
                self.undo_claim(&event.booking, BookingState::PendingHold, Minor::ZERO)
            }
            Event::HoldConfirmed(event) => {
                let (terms, resident, _) = self.live_booking(event.no);
                resident.credit_spendable(terms.price);
                if let Some(request) = event.request {
                    self.known.forget(request);
                }
                // Held still, and perhaps over by now: with the wheel's next turn that is found out.
                self.step_back(event.no, BookingState::Confirming);
                self.wind_again(event.no);
            }
            Event::HoldGivenUp(event) => self.step_back(event.no, BookingState::GivingUp),
            Event::HoldExpired(event) => {
                self.step_back(event.no, BookingState::Expiring);
                self.wind_again(event.no);
            }
            Event::BookingCancelled(event) => self.step_back(event.no, BookingState::Cancelling),
            Event::BookingCompleted(event) => {
                let state = self.bookings.get(event.no).map(|booking| booking.state);
                let is_leaving = state == Some(BookingState::Leaving);
                let intent = if is_leaving { BookingState::Leaving } else { BookingState::Completing };
                self.step_back(event.no, intent);
                self.wind_again(event.no);
            }
            Event::BookingMissed(event) => {
                self.step_back(event.no, BookingState::Missing);
                self.wind_again(event.no);
            }
            Event::BookingCheckedIn(event) => {
                if let Some(request) = event.request {
                    self.known.forget(request);
                }
                self.step_back(event.no, BookingState::CheckingIn);
            }
            Event::BookingMoved(event) => self.undo_move(event),
            Event::WalletToppedUp(event) => {
                if let Some(request) = event.request {
                    self.known.forget(request);
                }
                if let Some(entry) = self.top_ups.entry(event.no) {
                    entry.void();
                }
            }
            Event::AccountOpened(event) => self.release_phone(event.phone, event.resident),
            Event::AccountCompleted(event) => {
                self.completing.remove(&event.resident);
            }
            Event::EntryMade(event) => {
                if let Some(request) = event.request {
                    self.known.forget(request);
                }
                self.draws.with(event.release, |round| round.end(event.resident));
            }
            Event::EntryChanged(event) => {
                self.draws.with(event.release, |round| round.end(event.resident));
            }
            Event::EntryWithdrawn(event) => {
                self.draws.with(event.release, |round| round.end(event.resident));
            }
            Event::DrawSealed(event) => {
                self.draws.with(event.release, |round| round.sealing = None);
            }
            Event::DrawDone(event) => {
                self.draws.with(event.release, |round| round.drawing = None);
            }
            Event::PrizeLapsed(event) => self.draws.note_freed(Some(event.release)),
            Event::OfQueue(event) => self.undo_of_queue(event),
            Event::OfReturn(event) => self.undo_of_return(event),
            Event::OfCompanions(event) => self.undo_companions(event),
            Event::AccountErased(event) => self.undo_erasure(event),
            // ORDERING: Release pairs with the Acquire in `Timekeeper::open_days`.
            Event::DaysOpened(_) => self.days_under_way.store(false, Ordering::Release),
            Event::StaffActed(event) => {
                if event.action.changes_world() {
                    self.change_ended();
                }
                self.undo(&event.action);
            }
            // These took nothing.
            Event::ResidentsEnrolled(_)
            | Event::OfPeople(_)
            | Event::AccountDisabled(_)
            | Event::LoggedIn(_)
            | Event::LoggedOut(_)
            | Event::CityFounded(_)
            | Event::DistrictAdded(_)
            | Event::SportAdded(_)
            | Event::VenueAdded(_)
            | Event::PitchAdded(_)
            | Event::SpecialDaysSet(_)
            | Event::ClosureDeclared(_)
            | Event::ClosureFinished(_)
            | Event::ReleaseDeclared(_)
            | Event::ReleaseOpened(_)
            | Event::PitchChanged(_)
            | Event::VenueChanged(_)
            | Event::NameChanged(_)
            // Whoever proposed it looks again.
            | Event::BookingsForgotten(_) => {}
        }
    }

    fn undo_claim(&self, event: &NewBooking, from: BookingState, debited: Minor) {
        let (terms, resident, _) = self.live_booking(event.no);
        self.give_back(&self.world.load(), &terms, resident);
        resident.credit_spendable(debited);
        self.known.forget(event.request);
        self.step_back(event.no, from);
    }

    fn undo_move(&self, event: &BookingMoved) {
        let world: &World = &self.world.load();
        let (old, resident, _) = self.live_booking(event.no);
        let new = moved_terms(&old, event);
        self.leave(world, resident, &new, &old, Leaving::Undone);
        resident.credit_spendable(dearer(&old, &new));
        self.step_back(event.no, BookingState::Moving);
    }

    /// An intent that came to nothing: the booking stands where it stood before.
    fn step_back(&self, no: BookingNo, from: BookingState) {
        if let Some(entry) = self.bookings.entry(no) {
            let advanced = entry.advance(from, from.settled());
            assert!(advanced.is_ok(), "I1: {no} moved on while its record was under way");
        }
    }

    /// It is due still: with the wheel's next turn.
    fn wind_again(&self, no: BookingNo) {
        lock(&self.wheel).insert(UtcMillis::new(0), no);
    }
}
