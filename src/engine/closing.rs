//! What a closure hits: shown to the staff before they close, and called off when they have closed.
//!
//! There may be ten thousand bookings inside, so both go through them piece by piece: who books elsewhere waits behind a piece, never
//! behind the whole. A walk remembers no place that is used again: between two pieces a day may be over, and its bookings with it.

use std::collections::VecDeque;

use super::bookings::{Booking, BookingState, DayCursor};
use super::pitch_days::OnDay;
use super::state::{CommandLane, Engine};
use super::world::World;
use crate::domain::catalogue::{Closure, Pitch, PitchKind};
use crate::domain::definition::ClosureDef;
use crate::domain::ids::PitchNo;
use crate::domain::time::LocalDay;
use crate::domain::units::{UNITS_PER_DAY, UnitMask, UnitSpan};

/// How many bookings are looked at in one piece: some tens of microseconds.
const LOOKED_AT_MAX: usize = 512;
/// How many records are queued at once. They are committed as one batch, behind which others' bookings wait: so few that the journal
/// doesn't wait for company (`Gathering::records_min`), even where some bookings come with them.
const RECORDS_AT_ONCE: usize = 5;
/// For how many ticks others have the journal to themselves after that. Nobody waits for a refund as for a booking.
const TICKS_OF_REST: u32 = 1;

/// The days of a closure's pitches that are still to be gone through, the first of them from where the last piece ended.
struct Walk {
    days: VecDeque<(PitchNo, LocalDay)>,
    cursor: Option<DayCursor>,
}

/// Where a walk stands.
struct Stop<'a> {
    pitch: &'a Pitch,
    day: LocalDay,
    cursor: DayCursor,
}

impl Walk {
    fn through(world: &World, def: &ClosureDef) -> Self {
        let days = || world.days.iter().map(|clock| clock.day);
        let is_inside = |day: &LocalDay| def.first_day <= *day && *day <= def.last_day;
        let of_pitch = |no: &PitchNo| days().filter(is_inside).map(|day| (*no, day)).collect::<Vec<_>>();
        Self { days: def.pitches.iter().flat_map(of_pitch).collect(), cursor: None }
    }

    /// Where to go on; nothing at the end.
    fn stop<'a>(&mut self, engine: &Engine, world: &'a World) -> Option<Stop<'a>> {
        loop {
            let (no, day) = self.days.front().copied()?;
            let pitch = world.catalogue.pitch(no);
            let whole = pitch.and_then(|pitch| world.catalogue.pitch(pitch.whole));
            // A day that is over has no place any more.
            let on_day =
                whole.filter(|_| world.days.is_open(day)).and_then(|whole| engine.pitch_days.on(whole, day));
            if let (Some(pitch), Some(on_day)) = (pitch, on_day) {
                let cursor = self.cursor.unwrap_or_else(|| DayCursor::at(on_day.newest_booking()));
                return Some(Stop { pitch, day, cursor });
            }
            self.next_day();
        }
    }

    fn next_day(&mut self) {
        self.days.pop_front();
        self.cursor = None;
    }
}

/// Whom a closure hits, found piece by piece.
pub struct Inside<'a> {
    def: &'a ClosureDef,
    walk: Walk,
    found: Vec<Booking>,
}

impl<'a> Inside<'a> {
    #[must_use]
    pub fn of(world: &World, def: &'a ClosureDef) -> Self {
        Self { def, walk: Walk::through(world, def), found: Vec::new() }
    }

    /// Looks at one piece more. Returns whether there is more to look at.
    pub fn look_on(&mut self, engine: &Engine, world: &World) -> bool {
        let Some(Stop { pitch, mut cursor, .. }) = self.walk.stop(engine, world) else { return false };
        for booking in engine.bookings.piece_of_day(&mut cursor, LOOKED_AT_MAX) {
            let is_hit = matches!(booking.state.settled(), BookingState::Held | BookingState::Confirmed)
                && !has_begun_to_end(booking.state)
                && is_inside(world, self.def, pitch, &booking);
            if is_hit {
                self.found.push(booking);
            }
        }
        self.walk.cursor = Some(cursor);
        if cursor.is_at_end() {
            self.walk.next_day();
        }
        true
    }

    /// The bookings and holds inside, by day, beginning and number. Whom somebody has let in already is not hit, and who books
    /// at this moment is not there yet.
    #[must_use]
    pub fn found(mut self) -> Vec<Booking> {
        self.found
            .sort_unstable_by_key(|booking| (booking.terms.day, booking.terms.span.first(), booking.no));
        // A closure may name a pitch and a part of it.
        self.found.dedup_by_key(|booking| booking.no);
        self.found
    }

    /// How many there are so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.found.len()
    }
}

/// The closure that is being dealt with: its bookings are cancelled, the holds given up.
pub(super) struct Closing {
    no: u32,
    walk: Walk,
    held: Held,
    /// Whether all that this walk has seen is none of the closure's business any more.
    is_empty: bool,
    ticks_to_rest: u32,
}

impl Closing {
    pub(super) fn begin(world: &World, no: u32, closure: &Closure) -> Self {
        let walk = Walk::through(world, &closure.def);
        Self { no, walk, held: Held::default(), is_empty: true, ticks_to_rest: 0 }
    }

    pub(super) const fn no(&self) -> u32 {
        self.no
    }

    /// Goes on for a tick. Returns whether nothing is left inside, be it confirmed or under way: a whole walk has to find nothing.
    pub(super) fn go_on(
        &mut self,
        engine: &Engine,
        world: &World,
        closure: &Closure,
        lane: &CommandLane,
    ) -> bool {
        if self.ticks_to_rest > 0 {
            self.ticks_to_rest -= 1;
            return false;
        }
        let def = &closure.def;
        let Some(Stop { pitch, day, mut cursor }) = self.walk.stop(engine, world) else {
            let is_empty = self.is_empty;
            *self = Self::begin(world, self.no, closure);
            return is_empty;
        };
        if self.walk.cursor.is_none() {
            self.held = Held::nothing_of(pitch);
            // What was given back and waits is nobody's, so there is nobody to call off.
            for waiting in engine.returns().all().iter().filter(|waiting| waiting.day == day) {
                let given_back = world.catalogue.pitch(waiting.pitch).filter(|other| do_share(other, pitch));
                if let Some(given_back) = given_back {
                    self.held.add(pitch, given_back, waiting.span, waiting.party_size);
                }
            }
        }
        let mut queued = 0;
        for booking in engine.bookings.piece_of_day(&mut cursor, LOOKED_AT_MAX) {
            if !is_inside(world, def, pitch, &booking) || !booking.state.holds_units() {
                continue;
            }
            if let Some(booked) = world.catalogue.pitch(booking.terms.pitch) {
                self.held.add(pitch, booked, booking.terms.span, booking.terms.party_size);
            }
            self.is_empty &= has_begun_to_end(booking.state);
            queued += usize::from(call_off(engine, lane, &booking));
            if queued == RECORDS_AT_ONCE {
                break;
            }
        }
        self.ticks_to_rest = if queued > 0 { TICKS_OF_REST } else { 0 };
        self.walk.cursor = Some(cursor);
        if cursor.is_at_end() {
            // What is claimed and in no list is a booking whose record is under way: it is dealt with when it is there.
            let on_pitch = engine.pitch_days.on(pitch, day);
            self.is_empty &=
                !on_pitch.is_some_and(|on_pitch| self.held.is_exceeded(pitch, &on_pitch, def.units));
            self.walk.next_day();
        }
        false
    }
}

/// Cancels a booking with its money back, or ends a hold; what is being changed comes with a later walk.
fn call_off(engine: &Engine, lane: &CommandLane, booking: &Booking) -> bool {
    if booking.state == BookingState::Held {
        return engine.give_up_hold(lane, booking.terms.resident, booking.no).is_ok();
    }
    booking.state == BookingState::Confirmed && engine.cancel_for_closure(lane, booking).is_some()
}

/// Whether a booking lies in a closure of this pitch, at least in part.
fn is_inside(world: &World, def: &ClosureDef, pitch: &Pitch, booking: &Booking) -> bool {
    let booked = world.catalogue.pitch(booking.terms.pitch);
    booking.terms.span.mask().overlaps(def.units) && booked.is_some_and(|booked| do_share(booked, pitch))
}

/// Whether a booking inside a closure is none of the closure's business: somebody has come, or its time is over.
fn has_begun_to_end(state: BookingState) -> bool {
    matches!(
        state,
        BookingState::CheckedIn
            | BookingState::Completing
            | BookingState::Leaving
            | BookingState::Completed
            | BookingState::Missing
            | BookingState::Missed
    )
}

/// Whether two pitches have a leaf in common.
fn do_share(one: &Pitch, other: &Pitch) -> bool {
    one.leaves.start < other.leaves.end && other.leaves.start < one.leaves.end
}

/// What the bookings hold that are in the list of a whole's day, as far as it is a pitch's.
#[derive(Default)]
struct Held {
    leaves: Vec<UnitMask>,
    places: Vec<u32>,
}

impl Held {
    fn nothing_of(pitch: &Pitch) -> Self {
        Self {
            leaves: vec![UnitMask::EMPTY; pitch.leaves.len()],
            places: vec![0; usize::from(UNITS_PER_DAY)],
        }
    }

    fn add(&mut self, pitch: &Pitch, booked: &Pitch, span: UnitSpan, party_size: u16) {
        for (leaf, held) in pitch.leaves.clone().zip(&mut self.leaves) {
            if booked.leaves.contains(&leaf) {
                *held = held.union(span.mask());
            }
        }
        for unit in span.first()..span.end() {
            self.places[usize::from(unit)] += u32::from(party_size);
        }
    }

    /// Whether more of these half hours is claimed than the bookings hold.
    fn is_exceeded(&self, pitch: &Pitch, on_day: &OnDay<'_>, units: UnitMask) -> bool {
        match pitch.kind {
            PitchKind::Session { .. } => pitch.grid.slots().zip(on_day.slots()).any(|(span, slot)| {
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
