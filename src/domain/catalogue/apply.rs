//! What an event changes of a catalogue: the one way from the journal to it, for whoever keeps one.

use super::{Catalogue, InvalidDefinition};
use crate::domain::event::Event;
use crate::domain::time::UtcMillis;

impl Catalogue {
    /// Applies an event of this moment. One that changes nothing here is passed over.
    ///
    /// # Errors
    /// What is wrong with it; of what founds a city, that there is one.
    pub fn apply(&mut self, at: UtcMillis, event: &Event) -> Result<(), InvalidDefinition> {
        match event {
            Event::DistrictAdded(def) => self.add_district(def.as_ref().clone()).map(|_| ()),
            Event::SportAdded(def) => self.add_sport(def.as_ref().clone()).map(|_| ()),
            Event::VenueAdded(def) => self.add_venue(def.as_ref().clone()).map(|_| ()),
            Event::PitchAdded(def) => self.add_pitch(def.as_ref().clone()).map(|_| ()),
            Event::SpecialDaysSet(days) => {
                self.set_special_days(days);
                Ok(())
            }
            Event::ClosureDeclared(def) => self.add_closure(def.as_ref().clone()).map(|_| ()),
            Event::ClosureFinished(finished) => self.finish_closure(finished.no),
            Event::ReleaseDeclared(def) => self.add_release(def.as_ref().clone(), at).map(|_| ()),
            Event::PitchChanged(change) => self.change_pitch(change),
            Event::VenueChanged(change) => self.change_venue(change),
            Event::NameChanged(change) => self.change_name(change),
            Event::StaffActed(acted) => self.apply(at, &acted.action),
            Event::CityFounded(_) => Err(InvalidDefinition::TooMany("cities")),
            Event::DaysOpened(_)
            | Event::ReleaseOpened(_)
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
            | Event::OfCompanions(_) => Ok(()),
        }
    }
}
