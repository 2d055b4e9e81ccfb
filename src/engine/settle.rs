//! What a durable record gives, and what a refused one gives back. On the committer's thread alone, in the order of sequence.

use std::sync::Arc;

use super::bookings::{BookingState, Bookings, Entry, Payment, Terms};
use super::change_world::Live;
use super::changes::Change;
use super::lane::Intake;
use super::log::{Sequence, Settle};
use super::move_booking::{along, moved_terms, quota_change, seller_of};
use super::quota::Windows;
use super::residents::Resident;
use super::state::{Engine, counted};
use super::sync::{AtomicU64, Ordering, lock};
use super::top_ups::TopUps;
use super::world::World;
use crate::domain::event::{
    AccountOpened, BookingCancelled, BookingCheckedIn, BookingMoved, Event, HoldConfirmed, NewBooking,
    ResidentsEnrolled, Role, SessionChanged, WalletToppedUp,
};
use crate::domain::ids::{BookingNo, PitchNo, ResidentNo, VenueNo};
use crate::domain::lottery::Wish;
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;

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
        if let Event::StaffActed(acted) = &event {
            self.engine.note_act(&self.engine.world.load(), at, acted);
        }
        if let Event::BookingsForgotten(forgotten) = &event {
            self.engine.forget(forgotten, self);
        } else if event.changes_world() {
            let mut world = World::clone(&self.engine.world.load());
            let changed = self.engine.change_world(&mut world, at, &event, self);
            // It was judged before it was queued, one change at a time, and the log is written by this engine alone.
            assert!(changed.is_ok(), "an event that was judged can't be applied: {changed:?}");
            self.publish(&world);
            self.engine.changes.push(Change::Everything);
            if matches!(event, Event::StaffActed(_)) {
                self.engine.change_ended();
            }
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
            Event::BookingConfirmed(event) => self.settle_confirmed(world, at, event, Payment::Wallet),
            Event::CounterBooked(event) => self.settle_confirmed(world, at, event, Payment::Counter),
            Event::BookingCancelled(event) => self.settle_cancelled(world, at, event),
            Event::BookingCompleted(event) => {
                let from = [BookingState::Completing, BookingState::Leaving];
                self.settle_over(world, event.no, &from, BookingState::Completed);
                count(&self.counters.completed);
            }
            Event::BookingMissed(event) => {
                self.settle_over(world, event.no, &[BookingState::Missing], BookingState::Missed);
            }
            Event::BookingCheckedIn(event) => self.settle_checked_in(at, event),
            Event::BookingMoved(event) => self.settle_moved(world, at, event),
            Event::HoldPlaced(event) => self.settle_held(world, at, &event.booking, event.expires_at),
            Event::HoldConfirmed(event) => self.settle_hold_confirmed(world, event),
            Event::HoldGivenUp(event) => {
                self.settle_hold_ended(world, at, event.no, BookingState::GivingUp, BookingState::GivenUp);
            }
            Event::HoldExpired(event) => {
                self.settle_hold_ended(world, at, event.no, BookingState::Expiring, BookingState::Expired);
                count(&self.counters.expired);
            }
            Event::WalletToppedUp(event) => self.settle_top_up(at, event),
            Event::AccountOpened(event) => self.settle_account(at, event),
            Event::AccountDisabled(event) => {
                if let Some(account) = self.residents.get(event.account) {
                    account.disable();
                }
            }
            Event::AccountCompleted(event) => {
                self.sealed.insert(event.resident, Arc::from(&*event.sealed));
                self.completing.remove(&event.resident);
            }
            Event::AccountErased(event) => self.settle_erased(event),
            Event::ResidentsEnrolled(event) => self.settle_enrolled(event),
            Event::LoggedIn(event) | Event::LoggedOut(event) => self.settle_session(event),
            Event::EntryMade(_)
            | Event::EntryChanged(_)
            | Event::EntryWithdrawn(_)
            | Event::DrawSealed(_)
            | Event::DrawDone(_)
            | Event::PrizeLapsed(_) => self.settle_of_draw(world, at, event),
            Event::OfQueue(event) => self.settle_of_queue(at, event),
            Event::OfReturn(event) => self.settle_of_return(world, at, event),
            Event::OfPeople(event) => self.settle_of_people(event),
            Event::OfCompanions(event) => self.settle_companions(event),
            Event::ReleaseOpened(event) => {
                self.releases.open(event.no, event.day, at);
                self.changes.push(Change::Everything);
            }
            Event::StaffActed(event) => self.settle(world, at, &event.action),
            Event::CityFounded(_)
            | Event::DistrictAdded(_)
            | Event::SportAdded(_)
            | Event::VenueAdded(_)
            | Event::PitchAdded(_)
            | Event::SpecialDaysSet(_)
            | Event::ClosureDeclared(_)
            | Event::ClosureFinished(_)
            | Event::ReleaseDeclared(_)
            | Event::PitchChanged(_)
            | Event::VenueChanged(_)
            | Event::NameChanged(_)
            | Event::DaysOpened(_)
            | Event::BookingsForgotten(_) => unreachable!("it needs who can wait for commands"),
        }
    }

    pub(super) fn settle_confirmed(
        &self,
        world: &World,
        at: UtcMillis,
        event: &NewBooking,
        payment: Payment,
    ) {
        let (entry, resident) = self.places(event);
        let venue = venue_of(world, event.pitch);
        entry.note_created(at);
        step(entry, event.no, BookingState::Pending, BookingState::Confirmed);
        match payment {
            Payment::Wallet => resident.settle(Minor::new(-event.price.get())),
            Payment::Counter => self.ledger.ring_up(venue, event.price),
        }
        self.ledger.earn(venue, event.price);
        Bookings::link(&resident.newest_booking, entry.of_resident(), event.no);
        self.list_on_day(world, event.pitch, event.day, entry, event.no);
        self.tell(world, event.pitch, event.day);
        self.wind(world, at, event.no, (event.day, event.span));
        if payment == Payment::Wallet {
            self.queues.note_used(event.release, event.resident);
        }
        count(&self.counters.confirmed);
    }

    fn settle_held(&self, world: &World, at: UtcMillis, event: &NewBooking, expires_at: UtcMillis) {
        let (entry, resident) = self.places(event);
        entry.note_created(at);
        entry.note_changed(expires_at);
        step(entry, event.no, BookingState::PendingHold, BookingState::Held);
        Bookings::link(&resident.newest_booking, entry.of_resident(), event.no);
        self.list_on_day(world, event.pitch, event.day, entry, event.no);
        self.tell(world, event.pitch, event.day);
        lock(&self.wheel).insert(expires_at, event.no);
        if let Some(release) = event.release {
            self.draws.note_held(release, event.request, wish_of(event), event.no);
        }
        self.queues.note_used(event.release, event.resident);
        count(&self.counters.held);
    }

    fn settle_hold_confirmed(&self, world: &World, event: &HoldConfirmed) {
        let (terms, resident, entry) = self.live_booking(event.no);
        // What is paid expires no more.
        entry.note_changed(UtcMillis::new(0));
        step(entry, event.no, BookingState::Confirming, BookingState::Confirmed);
        resident.settle(Minor::new(-terms.price.get()));
        self.ledger.earn(venue_of(world, terms.pitch), terms.price);
        self.wind(world, UtcMillis::new(0), event.no, (terms.day, terms.span));
        count(&self.counters.confirmed);
    }

    fn settle_hold_ended(
        &self,
        world: &World,
        at: UtcMillis,
        no: BookingNo,
        from: BookingState,
        to: BookingState,
    ) {
        let (terms, resident, entry) = self.live_booking(no);
        entry.note_changed(at);
        step(entry, no, from, to);
        self.give_back_by_rule(world, at, &terms, resident);
        self.companions.forget(no);
    }

    fn settle_cancelled(&self, world: &World, at: UtcMillis, event: &BookingCancelled) {
        let (terms, resident, entry) = self.live_booking(event.no);
        entry.note_changed(at);
        entry.note_refund(event.refund);
        step(entry, event.no, BookingState::Cancelling, BookingState::Cancelled);
        self.give_back_by_rule(world, at, &terms, resident);
        let venue = venue_of(world, terms.pitch);
        let refund = Minor::new(-event.refund.get());
        match terms.payment {
            Payment::Wallet => {
                resident.credit_spendable(event.refund);
                resident.settle(event.refund);
            }
            // Given back where it was paid.
            Payment::Counter => self.ledger.ring_up(venue, refund),
        }
        self.ledger.earn(venue, refund);
        self.companions.forget(event.no);
        count(&self.counters.cancelled);
    }

    /// A booking's time is over: it counts as live no more.
    fn settle_over(&self, world: &World, no: BookingNo, from: &[BookingState], to: BookingState) {
        let (terms, resident, entry) = self.live_booking(no);
        let advanced = from.iter().any(|from| entry.advance(*from, to).is_ok());
        assert!(advanced, "I4: {no} is over twice");
        if let Some(pitch) = world.catalogue.pitch(terms.pitch).filter(|_| takes_quota(&terms)) {
            self.quotas.give_back(&resident.quota, &counted(world, pitch, &terms), Windows::Live);
        }
        self.companions.forget(no);
    }

    fn settle_checked_in(&self, at: UtcMillis, event: &BookingCheckedIn) {
        let (_, _, entry) = self.live_booking(event.no);
        entry.note_changed(at);
        step(entry, event.no, BookingState::CheckingIn, BookingState::CheckedIn);
        if let Some(request) = event.request {
            self.known.settle_check_in(request, event.no);
        }
        count(&self.counters.checked_in);
    }

    fn settle_moved(&self, world: &World, at: UtcMillis, event: &BookingMoved) {
        let (old, resident, entry) = self.live_booking(event.no);
        let new = moved_terms(&old, event);
        let moved = entry.relocate(&new, event.place);
        assert!(moved.is_ok(), "I1: {} is moved twice", event.no);
        if let Some(alias) = self.bookings.place(event.place) {
            alias.stand_for(event.no);
            self.list_on_day(world, new.pitch, new.day, alias, event.place);
        }
        self.leave(world, resident, &old, &new, Leaving::Moved { at });
        self.tell(world, new.pitch, new.day);
        let difference = Minor::new(new.price.get() - old.price.get());
        let venue = venue_of(world, new.pitch);
        match new.payment {
            Payment::Wallet => {
                resident.settle(Minor::new(-difference.get()));
                resident.credit_spendable(Minor::new((-difference.get()).max(0)));
            }
            Payment::Counter => self.ledger.ring_up(venue, difference),
        }
        self.ledger.earn(venue, difference);
        self.wind(world, UtcMillis::new(0), event.no, (new.day, new.span));
    }

    /// Gives back what a booking that has two places has in one of them only: its old place, or the new one that came to nothing.
    pub(super) fn leave(
        &self,
        world: &World,
        resident: &Resident,
        gone: &Terms,
        stays: &Terms,
        leaving: Leaving,
    ) {
        let is_day_over = gone.day < world.days.first();
        if let Some((less, _)) = quota_change(world, gone, stays) {
            self.quotas.give_back(&resident.quota, &less, Windows::All { is_day_over });
        }
        if let Some(pitch) = world.catalogue.pitch(gone.pitch).filter(|_| !is_day_over)
            && let Some(on_day) = self.pitch_days.on(pitch, gone.day)
        {
            let along = along(gone, stays, pitch);
            let left = along.map_or(gone.span.mask(), |(_, left)| left);
            if let Leaving::Moved { at } = leaving
                && self.keep_back(world, at, gone, left)
            {
                return;
            }
            match along {
                Some(_) => on_day.free_units(left),
                None => on_day.free(gone.span, gone.party_size, seller_of(gone)),
            }
        }
        self.tell(world, gone.pitch, gone.day);
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
        count(&self.counters.topped_up);
    }

    fn settle_account(&self, at: UtcMillis, event: &AccountOpened) {
        self.residents.note_used(event.resident);
        self.phones.insert(event.phone, event.resident);
        self.sealed.insert(event.resident, Arc::from(&*event.sealed));
        if let Some(place) = self.residents.place(event.resident) {
            if event.role == Role::Resident {
                place.log_ins.set(super::accounts::FIRST_SESSION.0, super::accounts::FIRST_SESSION.1);
            } else {
                lock(&self.staff).insert(event.resident);
            }
            place.note_opened(at);
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

    /// The places of a booking that was queued.
    fn places(&self, event: &NewBooking) -> (&Entry, &Resident) {
        let (Some(entry), Some(resident)) =
            (self.bookings.entry(event.no), self.residents.get(event.resident))
        else {
            unreachable!("a booking that was queued has its places")
        };
        (entry, resident)
    }

    /// Puts a booking, or what stands for it, into the list of its day.
    fn list_on_day(&self, world: &World, pitch: PitchNo, day: LocalDay, entry: &Entry, no: BookingNo) {
        let whole = world.catalogue.pitch(pitch).and_then(|pitch| world.catalogue.pitch(pitch.whole));
        if world.days.is_open(day)
            && let Some(whole) = whole
            && let Some(on_day) = self.pitch_days.on(whole, day)
        {
            Bookings::link(on_day.newest_booking(), entry.of_pitch_day(), no);
        }
    }

    /// A booking is due when its time is over; on a day that is over already, at once.
    fn wind(&self, world: &World, at_once: UtcMillis, no: BookingNo, (day, span): (LocalDay, UnitSpan)) {
        let due = world.days.clock(day).map_or(at_once, |clock| clock.end(span));
        lock(&self.wheel).insert(due, no);
    }

    /// A booking that holds what it took, its resident, and its place.
    pub(super) fn live_booking(&self, no: BookingNo) -> (Terms, &Resident, &Entry) {
        let terms = self.bookings.get(no).map(|booking| booking.terms);
        let resident = terms.and_then(|terms| self.residents.get(terms.resident));
        let (Some(terms), Some(resident), Some(entry)) = (terms, resident, self.bookings.entry(no)) else {
            unreachable!("a record names a booking that is not there: {no}")
        };
        (terms, resident, entry)
    }

    /// Gives back what a booking had that has ended: to sale when its release says so, everything else at once. Nobody is told of what
    /// is kept back, for nothing of it is to be seen.
    fn give_back_by_rule(&self, world: &World, at: UtcMillis, terms: &Terms, resident: &Resident) {
        if self.keep_back(world, at, terms, terms.span.mask()) {
            self.give_quotas_back(world, terms, resident);
        } else {
            self.give_back(world, terms, resident);
        }
    }

    /// Frees a booking's units and gives its quotas back, as far as its day is not over. By whoever won the booking's state.
    pub(super) fn give_back(&self, world: &World, terms: &Terms, resident: &Resident) {
        self.free_claimed(world, terms);
        self.draws.note_freed(terms.release);
        self.tell(world, terms.pitch, terms.day);
        self.give_quotas_back(world, terms, resident);
    }

    fn give_quotas_back(&self, world: &World, terms: &Terms, resident: &Resident) {
        let is_day_over = terms.day < world.days.first();
        if let Some(pitch) = world.catalogue.pitch(terms.pitch).filter(|_| takes_quota(terms)) {
            let windows = Windows::All { is_day_over };
            self.quotas.give_back(&resident.quota, &counted(world, pitch, terms), windows);
        }
    }

    pub(super) fn free_claimed(&self, world: &World, terms: &Terms) {
        // The place of a day that is over may be another day's by now.
        if terms.day >= world.days.first()
            && let Some(pitch) = world.catalogue.pitch(terms.pitch)
            && let Some(on_day) = self.pitch_days.on(pitch, terms.day)
        {
            on_day.free(terms.span, terms.party_size, seller_of(terms));
        }
    }
}

/// How it comes that a booking leaves a place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaving {
    /// It was moved.
    Moved { at: UtcMillis },
    /// Its move came to nothing: the place was shown as its for a moment.
    Undone,
}

/// What a booking would be as somebody's wish.
pub(super) fn wish_of(event: &NewBooking) -> Wish {
    Wish::new(event.pitch, event.day, event.span)
}

/// Whether a booking counts in its resident's quotas: what is sold at the counter doesn't.
pub(super) fn takes_quota(terms: &Terms) -> bool {
    terms.payment == Payment::Wallet
}

fn venue_of(world: &World, pitch: PitchNo) -> VenueNo {
    match world.catalogue.pitch(pitch) {
        Some(pitch) => pitch.venue,
        None => unreachable!("a booking that was queued has its pitch"),
    }
}

fn step(entry: &Entry, no: BookingNo, from: BookingState, to: BookingState) {
    let advanced = entry.advance(from, to);
    assert!(advanced.is_ok(), "I1: {no} can't become {to:?}: it is {advanced:?}, not {from:?}");
}

fn count(counter: &AtomicU64) {
    // ORDERING: Relaxed, a figure for people.
    counter.fetch_add(1, Ordering::Relaxed);
}
