//! What the staff did, as rows.

use serde::Serialize;

use super::{Changes, Record};
use crate::domain::event::{Event, OfPeople, Role, StaffActed};
use crate::domain::ids::{BookingNo, PitchNo, ResidentNo, VenueNo};
use crate::projection::books::{Books, Unfit};
use crate::projection::tables::AUDIT;

/// What an act was done to.
#[derive(Default)]
struct Act {
    action: &'static str,
    venue: Option<VenueNo>,
    pitch: Option<PitchNo>,
    booking: Option<BookingNo>,
    resident: Option<ResidentNo>,
    details: Option<String>,
}

impl Changes {
    pub(super) fn add_act(
        &mut self,
        books: &Books,
        record: &Record,
        acted: &StaffActed,
    ) -> Result<(), Unfit> {
        let mut act = told(&acted.action);
        if let Some(pitch) = act.pitch {
            act.venue = Some(books.pitch(pitch)?.venue);
        } else if let Some(touched) = act.booking.and_then(|no| self.bookings.get(&no)) {
            act.venue = Some(touched.now.venue);
        }
        let by = (acted.by != StaffActed::THE_IMPORT).then_some(acted.by);
        self.audit
            .row(AUDIT.width())
            .int8(record.number())
            .time(record.at.get())
            .maybe(by, |rows, by| rows.int8(by.get().into()))
            .text(act.action)
            .maybe(act.venue, |rows, no| rows.int4(no.get().cast_signed()))
            .maybe(act.pitch, |rows, no| rows.int8(no.get().into()))
            .maybe(act.booking, |rows, no| rows.int8(no.get().into()))
            .maybe(act.resident, |rows, no| rows.int8(no.get().into()))
            .maybe(act.details.as_deref(), super::Rows::text);
        Ok(())
    }
}

fn details(of: &impl Serialize) -> Option<String> {
    serde_json::to_string(of).ok()
}

fn told(action: &Event) -> Act {
    let of_booking = |action, no| Act { action, booking: Some(no), ..Act::default() };
    let of_city = |action, details| Act { action, details, ..Act::default() };
    match action {
        Event::CityFounded(def) => of_city("city_founded", details(def)),
        Event::DistrictAdded(def) => of_city("district_added", details(def)),
        Event::SportAdded(def) => of_city("sport_added", details(def)),
        Event::VenueAdded(def) => of_city("venue_added", details(def)),
        Event::PitchAdded(def) => {
            Act { action: "pitch_added", venue: Some(def.venue), details: details(def), ..Act::default() }
        }
        Event::SpecialDaysSet(days) => of_city("special_days_set", details(days)),
        Event::ClosureDeclared(def) => Act {
            action: "closure_declared",
            pitch: def.pitches.first().copied(),
            details: details(def),
            ..Act::default()
        },
        Event::ClosureFinished(_) => of_city("closure_finished", None),
        Event::ReleaseDeclared(def) => {
            Act { action: "release_declared", venue: def.venue, details: details(def), ..Act::default() }
        }
        Event::ReleaseOpened(_) => of_city("release_opened", None),
        Event::PitchChanged(change) => Act {
            action: "pitch_changed",
            pitch: Some(change.pitch),
            details: details(change),
            ..Act::default()
        },
        Event::VenueChanged(change) => Act {
            action: "venue_changed",
            venue: Some(change.venue),
            details: details(change),
            ..Act::default()
        },
        Event::NameChanged(change) => of_city("name_changed", details(change)),
        Event::DaysOpened(_) => of_city("days_opened", None),
        // Who it is stays sealed.
        Event::AccountOpened(event) => Act {
            action: "account_opened",
            venue: match event.role {
                Role::VenueManager(venue) | Role::FrontDesk(venue) => Some(venue),
                Role::Resident | Role::Operator => None,
            },
            resident: Some(event.resident),
            details: details(&event.role),
            ..Act::default()
        },
        Event::AccountDisabled(event) => {
            Act { action: "account_disabled", resident: Some(event.account), ..Act::default() }
        }
        Event::AccountCompleted(event) => {
            Act { action: "account_completed", resident: Some(event.resident), ..Act::default() }
        }
        Event::AccountErased(event) => {
            Act { action: "account_erased", resident: Some(event.resident), ..Act::default() }
        }
        Event::ResidentsEnrolled(event) => {
            Act { action: "residents_enrolled", resident: Some(event.first), ..Act::default() }
        }
        Event::LoggedIn(event) => {
            Act { action: "logged_in", resident: Some(event.resident), ..Act::default() }
        }
        Event::LoggedOut(event) => {
            Act { action: "logged_out", resident: Some(event.resident), ..Act::default() }
        }
        Event::WalletToppedUp(event) => {
            Act { action: "wallet_topped_up", resident: Some(event.resident), ..Act::default() }
        }
        Event::BookingConfirmed(event) => of_booking("booking_confirmed", event.no),
        Event::CounterBooked(event) => {
            Act { pitch: Some(event.pitch), ..of_booking("counter_booked", event.no) }
        }
        Event::BookingCancelled(event) => of_booking("booking_cancelled", event.no),
        Event::BookingCompleted(event) => of_booking("booking_completed", event.no),
        Event::BookingMissed(event) => of_booking("booking_missed", event.no),
        Event::BookingCheckedIn(event) => of_booking("booking_checked_in", event.no),
        Event::BookingMoved(event) => {
            Act { pitch: Some(event.pitch), ..of_booking("booking_moved", event.no) }
        }
        Event::HoldPlaced(event) => of_booking("hold_placed", event.booking.no),
        Event::HoldConfirmed(event) => of_booking("hold_confirmed", event.no),
        Event::HoldGivenUp(event) => of_booking("hold_given_up", event.no),
        Event::HoldExpired(event) => of_booking("hold_expired", event.no),
        Event::EntryMade(event) => {
            Act { action: "entry_made", resident: Some(event.resident), ..Act::default() }
        }
        Event::EntryChanged(event) => {
            Act { action: "entry_changed", resident: Some(event.resident), ..Act::default() }
        }
        Event::EntryWithdrawn(event) => {
            Act { action: "entry_withdrawn", resident: Some(event.resident), ..Act::default() }
        }
        Event::DrawSealed(_) => of_city("draw_sealed", None),
        Event::DrawDone(event) => of_city("draw_made", details(&event.value)),
        Event::PrizeLapsed(_) => of_city("prize_lapsed", None),
        Event::OfQueue(_) | Event::OfReturn(_) | Event::OfCompanions(_) | Event::BookingsForgotten(_) => {
            of_city("something_else", None)
        }
        // What was verified is nothing for tables.
        Event::OfPeople(OfPeople::Verified(event)) => {
            Act { action: "resident_verified", resident: Some(event.resident), ..Act::default() }
        }
        Event::OfPeople(OfPeople::Household(event)) => {
            Act { action: "household_joined", resident: Some(event.resident), ..Act::default() }
        }
        Event::StaffActed(acted) => told(&acted.action),
    }
}
