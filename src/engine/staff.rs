//! What the staff change: the catalogue, releases, closures, and who belongs to the staff.
//!
//! Changes of the catalogue are judged and made one at a time, so that what was judged can be made when it is durable. Who comes
//! while one is under way comes again in a moment.

use std::ops::Bound;

use super::lane::Ticket;
use super::refusal::Refusal;
use super::residents::Resident;
use super::state::{CommandLane, Engine};
use super::sync::{Ordering, lock};
use crate::domain::catalogue::{Catalogue, InvalidDefinition};
use crate::domain::event::{AccountDisabled, Event, Role, StaffActed};
use crate::domain::ids::ResidentNo;

/// Why a change of the catalogue was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// Another change is under way: to be tried again in a moment.
    #[error("another change is under way")]
    Busy,
    #[error("too much is under way")]
    Overloaded,
    #[error(transparent)]
    Invalid(#[from] InvalidDefinition),
}

impl Engine {
    /// Changes the catalogue, by one of the staff. What is changed is there when the ticket is durable.
    ///
    /// # Errors
    /// Why nothing is changed.
    pub fn change_catalogue(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        event: Event,
    ) -> Result<Ticket, NotChanged> {
        assert!(event.changes_world(), "this event is no change of the catalogue");
        let _command = lane.owner.begin_command();
        // ORDERING: Acquire pairs with the Release in `change_ended`: who finds none under way sees the world that the last
        // one made.
        if self.change_under_way.swap(true, Ordering::Acquire) {
            return Err(NotChanged::Busy);
        }
        let judged = judge(&self.world.load().catalogue, &event)
            .map_err(NotChanged::from)
            .and_then(|()| lane.owner.permit().map_err(|_| NotChanged::Overloaded));
        match judged {
            Ok(permit) => Ok(permit.push(Event::StaffActed(StaffActed { by, action: Box::new(event) }))),
            Err(refused) => {
                self.change_ended();
                Err(refused)
            }
        }
    }

    /// The change that was under way has come to something, or to nothing. By the committer, or by who gave it up.
    pub(super) fn change_ended(&self) {
        // ORDERING: Release pairs with the Acquire in `change_catalogue`.
        self.change_under_way.store(false, Ordering::Release);
    }

    /// The staff after this number, by number, with what each may do. Who may do nothing any more is left out.
    #[must_use]
    pub fn staff_after(&self, after: Option<ResidentNo>, count_max: usize) -> Vec<(ResidentNo, Role)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let numbers = lock(&self.staff);
        let staff = numbers.range((from, Bound::Unbounded));
        staff.filter_map(|no| Some((*no, self.staff_role(*no)?))).take(count_max).collect()
    }

    /// What one of the staff may do, or nothing for who is none of the staff.
    #[must_use]
    pub fn staff_role(&self, no: ResidentNo) -> Option<Role> {
        self.residents.get(no).and_then(Resident::role).filter(|role| *role != Role::Resident)
    }

    /// Takes all rights from one of the staff: the sessions are dead when the ticket is durable.
    ///
    /// # Errors
    /// `Overloaded`, or `NotFound` for who is none of the staff.
    pub fn disable_account(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        account: ResidentNo,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        self.staff_role(account).ok_or(Refusal::NotFound)?;
        let permit = lane.owner.permit()?;
        let action = Box::new(Event::AccountDisabled(AccountDisabled { account }));
        Ok(permit.push(Event::StaffActed(StaffActed { by, action })))
    }
}

/// Whether an event can be applied to this catalogue.
fn judge(catalogue: &Catalogue, event: &Event) -> Result<(), InvalidDefinition> {
    // What is few and small is tried on a copy.
    let copy = || catalogue.clone();
    match event {
        Event::ClosureDeclared(def) => catalogue.check_closure(def),
        Event::ReleaseDeclared(def) => catalogue.check_release(def),
        Event::PitchChanged(change) => catalogue.check_pitch_change(change),
        Event::VenueChanged(change) => catalogue.check_venue_change(change),
        Event::NameChanged(change) => catalogue.name_of(change.of).map(|_| ()),
        Event::DistrictAdded(def) => copy().add_district(def.as_ref().clone()).map(|_| ()),
        Event::SportAdded(def) => copy().add_sport(def.as_ref().clone()).map(|_| ()),
        Event::VenueAdded(def) => copy().add_venue(def.as_ref().clone()).map(|_| ()),
        Event::PitchAdded(def) => copy().add_pitch(def.as_ref().clone()).map(|_| ()),
        Event::SpecialDaysSet(_) => Ok(()),
        Event::CityFounded(_)
        | Event::ClosureFinished(_)
        | Event::ReleaseOpened(_)
        | Event::DaysOpened(_)
        | Event::AccountOpened(_)
        | Event::AccountDisabled(_)
        | Event::AccountCompleted(_)
        | Event::AccountErased(_)
        | Event::ResidentsEnrolled(_)
        | Event::LoggedIn(_)
        | Event::LoggedOut(_)
        | Event::WalletToppedUp(_)
        | Event::BookingConfirmed(_)
        | Event::BookingCancelled(_)
        | Event::BookingCompleted(_)
        | Event::BookingMissed(_)
        | Event::BookingCheckedIn(_)
        | Event::BookingMoved(_)
        | Event::CounterBooked(_)
        | Event::HoldPlaced(_)
        | Event::HoldConfirmed(_)
        | Event::HoldGivenUp(_)
        | Event::HoldExpired(_)
        | Event::EntryMade(_)
        | Event::EntryChanged(_)
        | Event::EntryWithdrawn(_)
        | Event::DrawSealed(_)
        | Event::DrawDone(_)
        | Event::PrizeLapsed(_)
        | Event::OfQueue(_)
        | Event::BookingsForgotten(_)
        | Event::OfReturn(_)
        | Event::OfPeople(_)
        | Event::OfCompanions(_)
        | Event::StaffActed(_) => unreachable!("the staff don't do this: {event:?}"),
    }
}
