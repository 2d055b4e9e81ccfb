//! Events of the catalogue and of the open days: what they change in the arrays of pitch-days.
//!
//! One thread changes the world. Where a change takes something away, it first shows the new state to new commands, then waits for
//! the commands that may have gone by the old one (the barrier), and only then reuses what was taken away.

use std::sync::Arc;

use super::bookings::BookingState;
use super::known_requests::CameTo;
use super::state::Engine;
use super::sync::Ordering;
use super::word::NO_BOOKING;
use super::world::{OpenDays, World};
use crate::domain::calendar::DayClock;
use crate::domain::catalogue::{InvalidDefinition, Pitch};
use crate::domain::definition::ClosureDef;
use crate::domain::event::{DaysOpened, Event};
use crate::domain::ids::{BookingNo, Code, PitchNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitMask;

/// How long the outcome of a request is remembered at least: twice what is promised.
const REQUESTS_KEPT_MS: i64 = 48 * 3_600_000;

/// The commands that run beside a change. At replay there are none.
pub(super) trait Live {
    /// New commands go by this world from now on.
    fn publish(&self, world: &World);
    /// Waits for the commands that may have gone by the old one.
    fn await_commands(&self);
}

/// Nobody runs beside.
pub(super) struct Alone;

impl Live for Alone {
    fn publish(&self, _world: &World) {}
    fn await_commands(&self) {}
}

impl Engine {
    /// Applies an event of the catalogue or of the open days.
    pub(super) fn change_world(
        &self,
        world: &mut World,
        at: UtcMillis,
        event: &Event,
        live: &impl Live,
    ) -> Result<(), InvalidDefinition> {
        if let Event::StaffActed(acted) = event {
            return self.change_world(world, at, &acted.action, live);
        }
        if let Event::DaysOpened(opened) = event {
            self.open_days(world, at, *opened, live);
            return Ok(());
        }
        Arc::make_mut(&mut world.catalogue).apply(at, event)?;
        match event {
            Event::PitchAdded(def) => self.begin_days_of(world, &def.code),
            Event::SpecialDaysSet(_) => {
                self.close_anew_all(world, world.catalogue.wholes().map(|whole| whole.no));
                live.await_commands();
            }
            Event::ClosureDeclared(def) => self.begin_closure(world, def, live),
            Event::ReleaseDeclared(def) => {
                if let Some(release) = world.catalogue.release_by_code(def.code.as_str()) {
                    self.draws.begin(release);
                    self.queues.begin(release);
                }
                // What is claimed from now on goes by the release; who claimed before has queued when this returns.
                live.publish(world);
                live.await_commands();
            }
            Event::PitchChanged(change) => {
                if change.may_close() {
                    let whole = world.catalogue.pitch(change.pitch).map(|pitch| pitch.whole);
                    self.close_anew_all(world, whole.into_iter());
                    live.publish(world);
                    live.await_commands();
                }
            }
            Event::VenueChanged(change) => {
                if !change.special_days.is_empty() {
                    let venue = world.catalogue.venue(change.venue);
                    let pitches = venue.map_or_else(Vec::new, |venue| venue.pitches.clone());
                    self.close_anew_all(world, pitches.into_iter());
                    live.await_commands();
                }
            }
            // Nothing of a pitch's day.
            Event::DistrictAdded(_)
            | Event::SportAdded(_)
            | Event::VenueAdded(_)
            | Event::NameChanged(_)
            | Event::ClosureFinished(_) => {}
            Event::StaffActed(_)
            | Event::DaysOpened(_)
            | Event::CityFounded(_)
            | Event::AccountOpened(_)
            | Event::AccountDisabled(_)
            | Event::AccountCompleted(_)
            | Event::AccountErased(_)
            | Event::ResidentsEnrolled(_)
            | Event::LoggedIn(_)
            | Event::LoggedOut(_)
            | Event::WalletToppedUp(_)
            | Event::ReleaseOpened(_)
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
            | Event::OfCompanions(_) => {
                unreachable!("it is dealt with above, or doesn't change the world")
            }
        }
        Ok(())
    }

    /// A pitch is new: nothing is sold on any open day.
    fn begin_days_of(&self, world: &World, code: &Code) {
        let Some(pitch) = world.catalogue.pitch_by_code(code.as_str()) else { return };
        for clock in world.days.iter() {
            self.begin_day(world, pitch, clock);
        }
    }

    fn begin_day(&self, world: &World, whole: &Pitch, clock: &DayClock) {
        let Some(on_day) = self.pitch_days.on(whole, clock.day) else { return };
        for (leaf, place) in whole.leaves.clone().zip(on_day.leaves()) {
            place.begin_day(closed(world, whole, leaf, clock));
        }
        for slot in on_day.slots() {
            slot.begin_day();
        }
    }

    fn begin_closure(&self, world: &World, def: &ClosureDef, live: &impl Live) {
        let wholes = def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no)).map(|pitch| pitch.whole);
        self.close_anew_all(world, wholes);
        // Whoever claimed by the old mask has queued when this returns: the job that deals with the bookings inside finds them
        // all, in their units if not yet in the lists.
        live.await_commands();
    }

    /// Computes the closed half hours of these wholes anew, on all open days.
    fn close_anew_all(&self, world: &World, wholes: impl Iterator<Item = PitchNo>) {
        for whole in wholes.filter_map(|no| world.catalogue.pitch(no)) {
            for clock in world.days.iter() {
                let Some(on_day) = self.pitch_days.on(whole, clock.day) else { continue };
                for (leaf, place) in whole.leaves.clone().zip(on_day.leaves()) {
                    place.set_closed(closed(world, whole, leaf, clock));
                }
                for slot in on_day.slots() {
                    slot.bump();
                }
            }
        }
    }

    /// Days roll over: the first ones are over, new ones begin in their places.
    pub(super) fn open_days(&self, world: &mut World, at: UtcMillis, opened: DaysOpened, live: &impl Live) {
        let before = Arc::clone(&world.days);
        let kept_until = before.last().map_or(opened.first.plus_days(-1), |last| last.min(opened.last));
        world.days = Arc::new(OpenDays::between(&world.catalogue, &before, opened.first, kept_until));
        live.publish(world);
        live.await_commands();
        self.keep_past_days(world, before.iter().map(|clock| clock.day).filter(|day| *day < opened.first));
        // Nobody claims on a day that is over now, so its places can be used again.
        world.days = Arc::new(OpenDays::between(&world.catalogue, &before, opened.first, opened.last));
        let is_new = |day: LocalDay| day > kept_until;
        for clock in world.days.iter().filter(|clock| is_new(clock.day)) {
            for whole in world.catalogue.wholes() {
                self.begin_day(world, whole, clock);
            }
        }
        let new_days = world.days.iter().map(|clock| clock.day).filter(|day| is_new(*day));
        let bits = self.quotas.day_bits(new_days);
        for (_, resident) in self.residents.iter() {
            resident.quota.clear_days(&bits);
        }
        self.quotas.drop_before(opened.first);
        self.queues.end_before(opened.first);
        self.returns.drop_before(opened.first);
        self.known.retain(|came_to| self.is_remembered(came_to, at));
        // ORDERING: Release pairs with the Acquire in `Timekeeper::open_days`. The flag spares a second roll-over and
        // guards nothing: one that is queued all the same opens days that are open already.
        self.days_under_way.store(false, Ordering::Release);
    }

    /// Keeps where the lists of days begin that are over, as their places will be used again; and how much was open on them.
    fn keep_past_days(&self, world: &World, days: impl Iterator<Item = LocalDay>) {
        for day in days {
            self.keep_open_units(world, day);
            for whole in world.catalogue.wholes() {
                let Some(on_day) = self.pitch_days.on(whole, day) else { continue };
                // ORDERING: Relaxed, the committer alone writes and reads it here.
                let newest = on_day.newest_booking().load(Ordering::Relaxed);
                if newest != NO_BOOKING {
                    self.past_days.insert((whole.no, day), BookingNo::new(newest));
                }
            }
        }
    }

    /// Whether a request's outcome is kept on, judged by its record's moment: replay comes to the same.
    fn is_remembered(&self, came_to: CameTo, now: UtcMillis) -> bool {
        let since = |moment: UtcMillis| now.since_ms(moment) < REQUESTS_KEPT_MS;
        match came_to {
            CameTo::Booking(no) | CameTo::CheckIn(no) if self.bookings.is_forgotten(no) => false,
            CameTo::Booking(no) => self.bookings.get(no).is_none_or(|booking| {
                booking.state.settled() == BookingState::Void || since(booking.created_at)
            }),
            // Nobody is checked in twice: the moment is that of the request.
            CameTo::CheckIn(no) => self.bookings.get(no).is_none_or(|booking| since(booking.changed_at)),
            // A day and more behind the end of its window nobody tries to enter again.
            CameTo::Entry(release) => self.draws.until(release).is_none_or(since),
            CameTo::AtGate(_) => true,
            CameTo::TopUp(no) => {
                self.top_ups.get(no).is_none_or(|top_up| top_up.is_pending || since(top_up.paid_at))
            }
        }
    }
}

/// The half hours that nobody can book on a leaf: outside of hours, in a closure, or skipped by the clocks.
fn closed(world: &World, whole: &Pitch, leaf: u32, clock: &DayClock) -> UnitMask {
    world.catalogue.closed(whole, leaf, clock.day).union(clock.skipped)
}
