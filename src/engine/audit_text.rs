//! What an act of the staff was, in words and in JSON: what the audit log keeps of it.
//!
//! Definitions stand as events have them, with codes in the places of numbers; of a change only what it changes.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::audit_log::Subject;
use super::bookings::Terms;
use super::state::Engine;
use super::world::World;
use crate::domain::catalogue::{Catalogue, PitchKind};
use crate::domain::change::{Named, PitchChange, VenueChange, VenueDay};
use crate::domain::definition::SpecialDay;
use crate::domain::entitlement::Verified;
use crate::domain::event::{Event, NewBooking, OfPeople};
use crate::domain::ids::{BookingNo, DistrictNo, PitchNo, VenueNo};

/// Every kind of act that the staff can do, as an entry names it.
pub const ACTS: [&str; 21] = [
    "venue_added",
    "venue_changed",
    "pitch_added",
    "pitch_changed",
    "closure_declared",
    "release_declared",
    "draw_made",
    "counter_booked",
    "booking_moved",
    "booking_cancelled",
    "booking_checked_in",
    "account_opened",
    "account_disabled",
    "resident_verified",
    "household_joined",
    "district_added",
    "district_changed",
    "sport_added",
    "sport_changed",
    "special_days_set",
    "something_else",
];

/// An act, told.
pub(super) struct Told {
    pub(super) venue: Option<VenueNo>,
    pub(super) what: &'static str,
    pub(super) subject: Subject,
    pub(super) before: Value,
    pub(super) after: Value,
}

/// Tells an act that is about to be applied.
pub(super) fn tell(engine: &Engine, world: &World, action: &Event) -> Told {
    let catalogue: &Catalogue = &world.catalogue;
    let city = |what, before, after| Told { venue: None, what, subject: Subject::City, before, after };
    match action {
        Event::PitchAdded(def) => {
            let mut after = of(def);
            name(&mut after, "venue", venue_code(catalogue, def.venue));
            let subject = Subject::Named(def.code.clone());
            Told { venue: Some(def.venue), what: "pitch_added", subject, before: Value::Null, after }
        }
        Event::PitchChanged(change) => pitch_changed(catalogue, change),
        Event::VenueChanged(change) => venue_changed(catalogue, change),
        Event::VenueAdded(def) => {
            let subject = Subject::Named(def.code.clone());
            Told { venue: None, what: "venue_added", subject, before: Value::Null, after: of(def) }
        }
        Event::ClosureDeclared(def) => {
            let mut after = of(def);
            name(&mut after, "pitches", pitch_codes(catalogue, &def.pitches));
            let venue = venue_of(catalogue, def.pitches.first().copied());
            let subject = def.code.clone().map_or(Subject::City, Subject::Named);
            Told { venue, what: "closure_declared", subject, before: Value::Null, after }
        }
        Event::ReleaseDeclared(def) => {
            let mut after = of(def);
            name(&mut after, "pitches", pitch_codes(catalogue, &def.pitches));
            name(&mut after, "venue", def.venue.map_or(Value::Null, |venue| venue_code(catalogue, venue)));
            let subject = Subject::Named(def.code.clone());
            Told { venue: def.venue, what: "release_declared", subject, before: Value::Null, after }
        }
        Event::DrawDone(done) => {
            let release = catalogue.release(done.release);
            Told {
                venue: release.and_then(|release| release.def.venue),
                what: "draw_made",
                subject: release.map_or(Subject::City, |release| Subject::Named(release.def.code.clone())),
                before: Value::Null,
                after: json!({ "value": done.value, "outcome": done.outcome }),
            }
        }
        Event::CounterBooked(booked) => counter_booked(catalogue, booked),
        Event::BookingMoved(moved) => {
            let old = engine.bookings.get(moved.no).map(|booking| booking.terms);
            let before = old.map_or(Value::Null, |terms| place(catalogue, &terms));
            let after = old.map_or(Value::Null, |terms| {
                place(catalogue, &super::move_booking::moved_terms(&terms, moved))
            });
            let venue = venue_of(catalogue, Some(moved.pitch));
            Told { venue, what: "booking_moved", subject: Subject::Booking(moved.no), before, after }
        }
        Event::BookingCancelled(event) => {
            let after = json!({ "status": "cancelled", "refund": event.refund });
            of_booking(engine, catalogue, event.no, "booking_cancelled", after)
        }
        Event::BookingCheckedIn(step) => {
            of_booking(engine, catalogue, step.no, "booking_checked_in", json!({ "status": "checked_in" }))
        }
        Event::AccountOpened(event) => Told {
            venue: match event.role {
                crate::domain::event::Role::VenueManager(venue)
                | crate::domain::event::Role::FrontDesk(venue) => Some(venue),
                crate::domain::event::Role::Resident | crate::domain::event::Role::Operator => None,
            },
            what: "account_opened",
            subject: Subject::Account(event.resident),
            before: Value::Null,
            after: json!({ "role": event.role }),
        },
        Event::AccountDisabled(event) => {
            let role = engine.residents.get(event.account).and_then(super::residents::Resident::role);
            let (subject, before) = (Subject::Account(event.account), json!({ "role": role }));
            Told { venue: None, what: "account_disabled", subject, before, after: Value::Null }
        }
        Event::DistrictAdded(def) => {
            let subject = Subject::Named(def.code.clone());
            Told { venue: None, what: "district_added", subject, before: Value::Null, after: of(def) }
        }
        Event::SportAdded(def) => {
            let subject = Subject::Named(def.code.clone());
            Told { venue: None, what: "sport_added", subject, before: Value::Null, after: of(def) }
        }
        Event::NameChanged(change) => {
            let known = catalogue.name_of(change.of).ok();
            let what = match change.of {
                Named::District(_) => "district_changed",
                Named::Sport(_) => "sport_changed",
            };
            let subject = known.map_or(Subject::City, |(code, _)| Subject::Named(code.clone()));
            let before = known.map_or(Value::Null, |(_, name)| json!({ "name": of(name) }));
            Told { venue: None, what, subject, before, after: json!({ "name": of(&change.name) }) }
        }
        Event::SpecialDaysSet(days) => {
            let known = catalogue.special_days();
            let was = |day: &SpecialDay| known.iter().find(|other| other.day == day.day).copied();
            let before: Vec<SpecialDay> = days.iter().filter_map(was).collect();
            city("special_days_set", of(&before), of(days))
        }
        Event::OfPeople(event) => of_people(engine, event),
        Event::CityFounded(_)
        | Event::ClosureFinished(_)
        | Event::ReleaseOpened(_)
        | Event::DaysOpened(_)
        | Event::AccountCompleted(_)
        | Event::AccountErased(_)
        | Event::ResidentsEnrolled(_)
        | Event::LoggedIn(_)
        | Event::LoggedOut(_)
        | Event::WalletToppedUp(_)
        | Event::BookingConfirmed(_)
        | Event::BookingCompleted(_)
        | Event::BookingMissed(_)
        | Event::HoldPlaced(_)
        | Event::HoldConfirmed(_)
        | Event::HoldGivenUp(_)
        | Event::HoldExpired(_)
        | Event::EntryMade(_)
        | Event::EntryChanged(_)
        | Event::EntryWithdrawn(_)
        | Event::DrawSealed(_)
        | Event::PrizeLapsed(_)
        | Event::OfQueue(_)
        | Event::BookingsForgotten(_)
        | Event::OfReturn(_)
        | Event::OfCompanions(_)
        | Event::StaffActed(_) => city("something_else", Value::Null, Value::Null),
    }
}

/// Of what was verified only which kinds: the log is kept for good, and what it says of somebody goes with his account.
fn of_people(engine: &Engine, event: &OfPeople) -> Told {
    let kinds = |verified: Verified| {
        json!({
            "real_name": verified.has_real_name(),
            "birth_year": verified.birth_year().is_some(),
            "district": verified.district().is_some(),
            "concessions": verified.concessions().count(),
        })
    };
    let account = |no| engine.residents.get(no);
    match event {
        OfPeople::Verified(event) => {
            let before = account(event.resident).map(super::residents::Resident::verified);
            Told {
                venue: None,
                what: "resident_verified",
                subject: Subject::Account(event.resident),
                before: kinds(before.unwrap_or_default()),
                after: kinds(event.verified),
            }
        }
        OfPeople::Household(event) => {
            let before = account(event.resident).is_some_and(|account| account.household() != 0);
            Told {
                venue: None,
                what: "household_joined",
                subject: Subject::Account(event.resident),
                before: json!({ "in_household": before }),
                after: json!({ "in_household": event.household.is_some() }),
            }
        }
    }
}

/// Of a pitch only what the change names, before and after.
fn pitch_changed(catalogue: &Catalogue, change: &PitchChange) -> Told {
    let pitch = catalogue.pitch(change.pitch);
    let before = pitch.map_or(Value::Null, |pitch| {
        let capacity = match pitch.kind {
            PitchKind::Session { capacity, .. } => Some(capacity),
            PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => None,
        };
        of(&PitchChange {
            pitch: change.pitch,
            name: change.name.as_ref().map(|_| pitch.name.clone()),
            hours: change.hours.as_ref().map(|_| pitch.hours.as_ref().clone()),
            prices: change.prices.as_ref().map(|_| pitch.tariff.bands()),
            cancel: change.cancel.as_ref().map(|_| pitch.cancel.as_ref().clone()),
            max_slots: change.max_slots.map(|_| pitch.max_slots),
            party_max: change.party_max.map(|_| pitch.party_max),
            capacity: change.capacity.and(capacity),
            offered: change.offered.map(|_| pitch.offered),
        })
    });
    Told {
        venue: pitch.map(|pitch| pitch.venue),
        what: "pitch_changed",
        subject: pitch.map_or(Subject::City, |pitch| Subject::Named(pitch.code.clone())),
        before: without(before, "pitch"),
        after: without(of(change), "pitch"),
    }
}

fn venue_changed(catalogue: &Catalogue, change: &VenueChange) -> Told {
    let venue = catalogue.venue(change.venue);
    let before = venue.map_or(Value::Null, |venue| {
        let was = |day: &VenueDay| VenueDay { day: day.day, goes_by: venue.special_day(day.day) };
        of(&VenueChange {
            venue: change.venue,
            name: change.name.as_ref().map(|_| venue.def.name.clone()),
            address: change.address.as_ref().map(|_| venue.def.address.clone()),
            district: change.district.map(|_| venue.def.district),
            location: change.location.map(|_| venue.def.location),
            admission: change.admission.map(|_| venue.admission),
            special_days: change.special_days.iter().map(was).collect(),
        })
    });
    let mut after = of(change);
    let mut before = before;
    if let Some(district) = change.district {
        name(&mut after, "district", district_code(catalogue, district));
        let was = venue.map_or(Value::Null, |venue| district_code(catalogue, venue.def.district));
        name(&mut before, "district", was);
    }
    Told {
        venue: Some(change.venue),
        what: "venue_changed",
        subject: venue.map_or(Subject::City, |venue| Subject::Named(venue.def.code.clone())),
        before: without(before, "venue"),
        after: without(after, "venue"),
    }
}

fn counter_booked(catalogue: &Catalogue, booked: &NewBooking) -> Told {
    let terms = Terms::of(booked, super::bookings::Payment::Counter);
    Told {
        venue: venue_of(catalogue, Some(booked.pitch)),
        what: "counter_booked",
        subject: Subject::Booking(booked.no),
        before: Value::Null,
        after: place(catalogue, &terms),
    }
}

fn of_booking(
    engine: &Engine,
    catalogue: &Catalogue,
    no: BookingNo,
    what: &'static str,
    after: Value,
) -> Told {
    let pitch = engine.bookings.get(no).map(|booking| booking.terms.pitch);
    let before = json!({ "status": "confirmed" });
    Told { venue: venue_of(catalogue, pitch), what, subject: Subject::Booking(no), before, after }
}

/// Where and when a booking is, and for how much.
fn place(catalogue: &Catalogue, terms: &Terms) -> Value {
    json!({
        "pitch": catalogue.pitch(terms.pitch).map(|pitch| pitch.code.as_str()),
        "day": terms.day.to_string(),
        "span": terms.span,
        "party_size": terms.party_size,
        "price": terms.price,
    })
}

fn of<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn name(value: &mut Value, field: &str, code: Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.insert(field.to_owned(), code);
    }
}

fn without(value: Value, field: &str) -> Value {
    let Value::Object(fields) = value else { return value };
    Value::Object(fields.into_iter().filter(|(name, _)| name != field).collect::<Map<_, _>>())
}

fn venue_of(catalogue: &Catalogue, pitch: Option<PitchNo>) -> Option<VenueNo> {
    pitch.and_then(|no| catalogue.pitch(no)).map(|pitch| pitch.venue)
}

fn venue_code(catalogue: &Catalogue, venue: VenueNo) -> Value {
    catalogue.venue(venue).map_or(Value::Null, |venue| json!(venue.def.code))
}

fn district_code(catalogue: &Catalogue, district: DistrictNo) -> Value {
    catalogue.district(district).map_or(Value::Null, |district| json!(district.code))
}

fn pitch_codes(catalogue: &Catalogue, pitches: &[PitchNo]) -> Value {
    pitches.iter().filter_map(|no| catalogue.pitch(*no)).map(|pitch| json!(pitch.code)).collect()
}
