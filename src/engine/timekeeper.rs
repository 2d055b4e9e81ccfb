//! What time brings: bookings that are over, days that roll over, and closures that are dealt with. Each is an event; nothing
//! changes by looking at the clock.

use std::collections::VecDeque;

use super::bookings::{Booking, BookingState, Entry};
use super::pitch_days::OnDay;
use super::state::{CommandLane, Engine};
use super::sync::{Ordering, lock};
use super::world::World;
use crate::domain::catalogue::{Closure, Pitch, PitchKind};
use crate::domain::definition::BookingsInside;
use crate::domain::event::{BookingCompleted, ClosureFinished, Event};
use crate::domain::ids::BookingNo;
use crate::domain::time::UtcMillis;
use crate::domain::units::{UNITS_PER_DAY, UnitMask};

/// How many records one tick queues at most, so that it gives way to bookings.
const RECORDS_PER_TICK: usize = 512;

/// Turns the wheel. One a city, on a thread and a lane of its own.
pub struct Timekeeper {
    lane: CommandLane,
    /// Bookings that are due and found no room in the lane.
    due: VecDeque<BookingNo>,
    /// The closures whose end is queued.
    finishing: Option<u32>,
}

impl Timekeeper {
    #[must_use]
    pub fn new(lane: CommandLane) -> Self {
        Self { lane, due: VecDeque::new(), finishing: None }
    }

    /// Does what is due at this moment. Returns whether more is to be done at once.
    pub fn tick(&mut self, engine: &Engine, now: UtcMillis) -> bool {
        self.open_days(engine, now);
        let more_bookings = self.complete(engine, now);
        let more_closures = self.close(engine);
        more_bookings || more_closures
    }

    /// A new day has begun: its event, once.
    fn open_days(&self, engine: &Engine, now: UtcMillis) {
        let _command = self.lane.owner.begin_command();
        let world = engine.world();
        let due = world.days_due(now);
        let is_due = world.days.first() < due.first || world.days.last().is_none_or(|last| last < due.last);
        // ORDERING: Acquire pairs with the Release where the roll-over is settled or undone.
        if !is_due || engine.days_under_way.load(Ordering::Acquire) {
            return;
        }
        if let Ok(permit) = self.lane.owner.permit() {
            // ORDERING: Release; the lane's queue orders it before the committer's `false`.
            engine.days_under_way.store(true, Ordering::Release);
            permit.push(Event::DaysOpened(due));
        }
    }

    fn complete(&mut self, engine: &Engine, now: UtcMillis) -> bool {
        lock(&engine.wheel).turn(now, |booking| self.due.push_back(booking));
        for _ in 0..RECORDS_PER_TICK {
            let Some(no) = self.due.front() else { break };
            let _command = self.lane.owner.begin_command();
            let Ok(permit) = self.lane.owner.permit() else { return true };
            let Some(entry) = engine.bookings.entry(*no) else { break };
            match entry.advance(BookingState::Confirmed, BookingState::Completing) {
                Ok(()) => {
                    permit.push(Event::BookingCompleted(BookingCompleted { no: *no }));
                    self.due.pop_front();
                }
                // A cancellation is under way: if it comes to nothing, the booking is due with the next tick.
                Err(BookingState::Cancelling) => {
                    let no = *no;
                    self.due.pop_front();
                    lock(&engine.wheel).insert(now.plus_ms(1000), no);
                }
                Err(_) => {
                    self.due.pop_front();
                }
            }
        }
        !self.due.is_empty()
    }

    /// Goes on with the first closure that is not dealt with.
    fn close(&mut self, engine: &Engine) -> bool {
        let world = engine.world();
        let Some((no, closure)) =
            world.catalogue.closures().iter().enumerate().find(|(_, closure)| !closure.is_done)
        else {
            return false;
        };
        let Ok(no) = u32::try_from(no) else { return false };
        if self.finishing == Some(no) {
            return false;
        }
        let is_done = match closure.def.bookings {
            BookingsInside::Keep => true,
            BookingsInside::Cancel => self.cancel_inside(engine, &world, closure),
        };
        if is_done && let Ok(permit) = self.lane.owner.permit() {
            permit.push(Event::ClosureFinished(ClosureFinished { no }));
            self.finishing = Some(no);
        }
        !is_done
    }

    /// Cancels what lies inside, some at a time. Returns whether nothing is left there, be it confirmed or under way.
    fn cancel_inside(&self, engine: &Engine, world: &World, closure: &Closure) -> bool {
        let mut queued = 0;
        let mut is_empty = true;
        let def = &closure.def;
        for pitch in def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no)) {
            let Some(whole) = world.catalogue.pitch(pitch.whole) else { continue };
            let days = world.days.iter().map(|clock| clock.day);
            for day in days.filter(|day| def.first_day <= *day && *day <= def.last_day) {
                let Some(on_day) = engine.pitch_days.on(whole, day) else { continue };
                let mut held = Held::nothing_of(pitch);
                for booking in engine.bookings.list(on_day.newest_booking(), Entry::of_pitch_day) {
                    let booked = world.catalogue.pitch(booking.terms.pitch);
                    let Some(booked) = booked.filter(|booked| do_share(booked, pitch)) else { continue };
                    let is_inside = booking.terms.span.mask().overlaps(def.units);
                    if !is_inside || booking.state == BookingState::Cancelled {
                        continue;
                    }
                    held.add(&booking, booked);
                    is_empty &= matches!(booking.state, BookingState::Completed | BookingState::Completing);
                    if booking.state == BookingState::Confirmed && queued < RECORDS_PER_TICK {
                        queued += usize::from(engine.cancel_for_closure(&self.lane, &booking).is_some());
                    }
                }
                // What is claimed and in no list is a booking whose record is under way: it is dealt with when it is there.
                let on_pitch = engine.pitch_days.on(pitch, day);
                is_empty &= !on_pitch.is_some_and(|on_pitch| held.is_exceeded(&on_pitch, def.units));
            }
        }
        is_empty
    }
}

/// Whether two pitches have a leaf in common.
fn do_share(one: &Pitch, other: &Pitch) -> bool {
    one.leaves.start < other.leaves.end && other.leaves.start < one.leaves.end
}

/// What the bookings hold that are in the list of a whole's day, as far as it is a pitch's.
struct Held<'a> {
    pitch: &'a Pitch,
    leaves: Vec<UnitMask>,
    places: Vec<u32>,
}

impl<'a> Held<'a> {
    fn nothing_of(pitch: &'a Pitch) -> Self {
        Self {
            pitch,
            leaves: vec![UnitMask::EMPTY; pitch.leaves.len()],
            places: vec![0; usize::from(UNITS_PER_DAY)],
        }
    }

    fn add(&mut self, booking: &Booking, booked: &Pitch) {
        let span = booking.terms.span;
        for (leaf, held) in self.pitch.leaves.clone().zip(&mut self.leaves) {
            if booked.leaves.contains(&leaf) {
                *held = held.union(span.mask());
            }
        }
        for unit in span.first()..span.end() {
            self.places[usize::from(unit)] += u32::from(booking.terms.party_size);
        }
    }

    /// Whether more of these half hours is claimed than the bookings hold.
    fn is_exceeded(&self, on_day: &OnDay<'_>, units: UnitMask) -> bool {
        match self.pitch.kind {
            PitchKind::Session { .. } => self.pitch.grid.slots().zip(on_day.slots()).any(|(span, slot)| {
                let held = self.places[usize::from(span.first())];
                span.mask().overlaps(units) && u32::from(slot.sold()) > held
            }),
            PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => on_day
                .leaves()
                .iter()
                .zip(&self.leaves)
                .any(|(leaf, held)| leaf.claimed().without(*held).overlaps(units)),
        }
    }
}
