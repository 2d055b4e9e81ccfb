//! What a durable record gives, and what a refused one gives back. On the committer's thread alone, in the order of sequence.

use std::sync::Arc;

use super::bookings::{BookingState, Bookings, Terms};
use super::change_world::Live;
use super::known_requests::CameTo;
use super::lane::Intake;
use super::log::{Sequence, Settle};
use super::quota::Windows;
use super::residents::Resident;
use super::state::{Engine, counted};
use super::sync::{Ordering, lock};
use super::top_ups::TopUps;
use super::world::World;
use crate::domain::event::{
    AccountOpened, BookingCancelled, BookingCompleted, BookingConfirmed, Event, ResidentsEnrolled, Role,
    SessionChanged, WalletToppedUp,
};
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

/// Settles the records of a live engine.
pub struct Settlement {
    engine: Arc<Engine>,
    intake: Arc<Intake<Event>>,
}

impl Settlement {
    #[must_use]
    pub fn new(engine: Arc<Engine>, intake: Arc<Intake<Event>>) -> Self {
        Self { engine, intake }
    }
}

impl Live for Settlement {
    fn publish(&self, world: &World) {
        self.engine.world.store(Arc::new(world.clone()));
    }

    fn await_commands(&self) {
        self.intake.await_commands();
    }
}

impl Settle<Event> for Settlement {
    fn durable(&mut self, _sequence: Sequence, at: UtcMillis, event: Event) {
        if event.changes_world() {
            let mut world = World::clone(&self.engine.world.load());
            let changed = self.engine.change_world(&mut world, at, &event, self);
            // It was judged before it was queued, and the log is written by this engine alone.
            assert!(changed.is_ok(), "an event that was judged can't be applied: {changed:?}");
            self.publish(&world);
        } else {
            self.engine.settle(&self.engine.world.load(), at, &event);
        }
    }

    fn not_written(&mut self, event: Event) {
        self.engine.undo(&event);
    }
}

impl Engine {
    /// Shows and gives what a durable record of bookings, money or sessions says. What the record took was taken before.
    pub(super) fn settle(&self, world: &World, at: UtcMillis, event: &Event) {
        match event {
            Event::BookingConfirmed(event) => self.settle_confirmed(world, at, event),
            Event::BookingCancelled(event) => self.settle_cancelled(world, at, event),
            Event::BookingCompleted(event) => self.settle_completed(world, event),
            Event::WalletToppedUp(event) => self.settle_top_up(at, event),
            Event::AccountOpened(event) => self.settle_account(event),
            Event::ResidentsEnrolled(event) => self.settle_enrolled(event),
            Event::LoggedIn(event) | Event::LoggedOut(event) => self.settle_session(event),
            Event::CityFounded(_)
            | Event::DistrictAdded(_)
            | Event::SportAdded(_)
            | Event::VenueAdded(_)
            | Event::PitchAdded(_)
            | Event::SpecialDaysSet(_)
            | Event::ClosureDeclared(_)
            | Event::ClosureFinished(_)
            | Event::DaysOpened(_) => unreachable!("the world is changed elsewhere"),
        }
    }

    fn settle_confirmed(&self, world: &World, at: UtcMillis, event: &BookingConfirmed) {
        let (Some(entry), Some(resident)) =
            (self.bookings.entry(event.no), self.residents.get(event.resident))
        else {
            unreachable!("a booking that was queued has its places")
        };
        let Some(pitch) = world.catalogue.pitch(event.pitch) else {
            unreachable!("a booking that was queued has its pitch")
        };
        entry.note_created(at);
        let advanced = entry.advance(BookingState::Pending, BookingState::Confirmed);
        assert!(advanced.is_ok(), "I2: {} is confirmed twice", event.no);
        resident.settle(Minor::new(-event.price.get()));
        self.ledger.earn(pitch.venue, event.price);
        Bookings::link(&resident.newest_booking, entry.of_resident(), event.no);
        let clock = world.days.clock(event.day);
        if clock.is_some()
            && let Some(whole) = world.catalogue.pitch(pitch.whole)
            && let Some(on_day) = self.pitch_days.on(whole, event.day)
        {
            Bookings::link(on_day.newest_booking(), entry.of_pitch_day(), event.no);
        }
        // A day that is not open is over: the booking is due at once.
        let due = clock.map_or(at, |clock| clock.end(event.span));
        lock(&self.wheel).insert(due, event.no);
        // ORDERING: Relaxed, a count that is right by itself.
        self.counters.confirmed.fetch_add(1, Ordering::Relaxed);
    }

    fn settle_cancelled(&self, world: &World, at: UtcMillis, event: &BookingCancelled) {
        let (terms, resident) = self.live_booking(event.no);
        if let Some(entry) = self.bookings.entry(event.no) {
            entry.note_cancelled(at, event.refund);
            let advanced = entry.advance(BookingState::Cancelling, BookingState::Cancelled);
            assert!(advanced.is_ok(), "I1: {} is cancelled twice", event.no);
        }
        self.give_back(world, &terms, resident);
        resident.credit_spendable(event.refund);
        resident.settle(event.refund);
        if let Some(pitch) = world.catalogue.pitch(terms.pitch) {
            self.ledger.earn(pitch.venue, Minor::new(-event.refund.get()));
        }
        // ORDERING: Relaxed, a count that is right by itself.
        self.counters.cancelled.fetch_add(1, Ordering::Relaxed);
    }

    fn settle_completed(&self, world: &World, event: &BookingCompleted) {
        let (terms, resident) = self.live_booking(event.no);
        if let Some(entry) = self.bookings.entry(event.no) {
            let advanced = entry.advance(BookingState::Completing, BookingState::Completed);
            assert!(advanced.is_ok(), "I4: {} is completed twice", event.no);
        }
        if let Some(pitch) = world.catalogue.pitch(terms.pitch) {
            self.quotas.give_back(&resident.quota, &counted(pitch, &terms), Windows::Live);
        }
        // ORDERING: Relaxed, a count that is right by itself.
        self.counters.completed.fetch_add(1, Ordering::Relaxed);
    }

    fn settle_top_up(&self, at: UtcMillis, event: &WalletToppedUp) {
        let (Some(entry), Some(resident)) =
            (self.top_ups.entry(event.no), self.residents.get(event.resident))
        else {
            unreachable!("a top-up that was queued has its places")
        };
        entry.note_paid(at);
        TopUps::link(&resident.newest_top_up, entry, event.no);
        resident.settle(event.amount);
        resident.credit_spendable(event.amount);
        self.ledger.bring_in(event.amount);
        // ORDERING: Relaxed, a count that is right by itself.
        self.counters.topped_up.fetch_add(1, Ordering::Relaxed);
    }

    fn settle_account(&self, event: &AccountOpened) {
        self.residents.note_used(event.resident);
        self.phones.insert(event.phone, event.resident);
        self.sealed.insert(event.resident, Arc::from(&*event.sealed));
        if let Some(place) = self.residents.place(event.resident) {
            if event.role == Role::Resident {
                place.log_ins.set(super::accounts::FIRST_SESSION.0, super::accounts::FIRST_SESSION.1);
            }
            place.open(event.role, Minor::ZERO);
        }
    }

    fn settle_enrolled(&self, event: &ResidentsEnrolled) {
        let end = event.first.get().saturating_add(event.count);
        for no in event.first.get()..end {
            if let Some(place) = self.residents.place(ResidentNo::new(no)) {
                place.log_ins.set(super::accounts::FIRST_SESSION.0, super::accounts::FIRST_SESSION.1);
                place.open(Role::Resident, event.balance);
            }
            self.ledger.bring_in(event.balance);
        }
        if let Some(last) = end.checked_sub(1) {
            self.residents.note_used(ResidentNo::new(last));
        }
    }

    fn settle_session(&self, event: &SessionChanged) {
        if let Some(resident) = self.residents.get(event.resident) {
            resident.log_ins.set(event.slot, event.generation);
        }
    }

    /// Gives back what a record took that will never be in the log.
    pub(super) fn undo(&self, event: &Event) {
        match event {
            Event::BookingConfirmed(event) => {
                let (terms, resident) = self.live_booking(event.no);
                self.give_back(&self.world.load(), &terms, resident);
                resident.credit_spendable(event.price);
                self.known.forget(event.request);
                self.step_back(event.no, BookingState::Pending, BookingState::Void);
            }
            Event::BookingCancelled(event) => {
                self.step_back(event.no, BookingState::Cancelling, BookingState::Confirmed);
            }
            Event::BookingCompleted(event) => {
                self.step_back(event.no, BookingState::Completing, BookingState::Confirmed);
                // It is due still: with the wheel's next turn.
                lock(&self.wheel).insert(UtcMillis::new(0), event.no);
            }
            Event::WalletToppedUp(event) => {
                if let Some(request) = event.request {
                    self.known.forget(request);
                }
                if let Some(entry) = self.top_ups.entry(event.no) {
                    entry.void();
                }
            }
            Event::AccountOpened(event) => self.release_phone(event.phone, event.resident),
            // ORDERING: Release pairs with the Acquire in `Timekeeper::open_days`.
            Event::DaysOpened(_) => self.days_under_way.store(false, Ordering::Release),
            // These took nothing.
            Event::ResidentsEnrolled(_)
            | Event::LoggedIn(_)
            | Event::LoggedOut(_)
            | Event::CityFounded(_)
            | Event::DistrictAdded(_)
            | Event::SportAdded(_)
            | Event::VenueAdded(_)
            | Event::PitchAdded(_)
            | Event::SpecialDaysSet(_)
            | Event::ClosureDeclared(_)
            | Event::ClosureFinished(_) => {}
        }
    }

    fn step_back(&self, no: BookingNo, from: BookingState, to: BookingState) {
        if let Some(entry) = self.bookings.entry(no) {
            let advanced = entry.advance(from, to);
            assert!(advanced.is_ok(), "I1: {no} moved on while its record was under way");
        }
    }

    /// A booking that holds what it took, and its resident.
    fn live_booking(&self, no: BookingNo) -> (Terms, &Resident) {
        let terms = self.bookings.get(no).map(|booking| booking.terms);
        let resident = terms.and_then(|terms| self.residents.get(terms.resident));
        let (Some(terms), Some(resident)) = (terms, resident) else {
            unreachable!("a record names a booking that is not there: {no}")
        };
        (terms, resident)
    }

    /// Frees a booking's units and gives its quotas back, as far as its day is not over. By whoever won the booking's state.
    fn give_back(&self, world: &World, terms: &Terms, resident: &Resident) {
        let is_day_over = terms.day < world.days.first();
        self.free_units(world, terms);
        if let Some(pitch) = world.catalogue.pitch(terms.pitch) {
            self.quotas.give_back(&resident.quota, &counted(pitch, terms), Windows::All { is_day_over });
        }
    }

    pub(super) fn free_units(&self, world: &World, terms: &Terms) {
        // The place of a day that is over may be another day's by now.
        if terms.day >= world.days.first()
            && let Some(pitch) = world.catalogue.pitch(terms.pitch)
            && let Some(on_day) = self.pitch_days.on(pitch, terms.day)
        {
            on_day.free(terms.span, terms.party_size);
        }
    }

    /// Notes at replay by what request a booking or a top-up came.
    pub(super) fn note_request(&self, request: crate::domain::event::RequestKey, came_to: CameTo) {
        self.known.replay(request, came_to);
    }
}
