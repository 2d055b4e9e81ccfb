//! Whom a closure hits: the bookings that lie inside, for the staff to see before they close, and while it is dealt with.

use std::collections::HashSet;

use super::bookings::{Booking, BookingState};
use super::state::Engine;
use super::timekeeper::{do_share, has_begun_to_end};
use super::world::World;
use crate::domain::definition::ClosureDef;

impl Engine {
    /// The bookings and holds inside, by day, beginning and number. Whom somebody has let in already is not hit, and who books
    /// at this moment is not there yet.
    #[must_use]
    pub fn bookings_inside(&self, world: &World, def: &ClosureDef) -> Vec<Booking> {
        let mut seen = HashSet::new();
        let mut inside = Vec::new();
        for pitch in def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no)) {
            let Some(whole) = world.catalogue.pitch(pitch.whole) else { continue };
            let days = world.days.iter().map(|clock| clock.day);
            for day in days.filter(|day| def.first_day <= *day && *day <= def.last_day) {
                for booking in self.bookings_of_day(world, whole, day) {
                    let booked = world.catalogue.pitch(booking.terms.pitch);
                    let is_hit =
                        matches!(booking.state.settled(), BookingState::Held | BookingState::Confirmed)
                            && !has_begun_to_end(booking.state)
                            && booking.terms.span.mask().overlaps(def.units)
                            && booked.is_some_and(|booked| do_share(booked, pitch));
                    if is_hit && seen.insert(booking.no) {
                        inside.push(booking);
                    }
                }
            }
        }
        inside.sort_unstable_by_key(|booking| (booking.terms.day, booking.terms.span.first(), booking.no));
        inside
    }
}
