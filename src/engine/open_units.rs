//! How much of a pitch's day is open, and how much of it was when the day was over: hours, closures and capacities that are changed
//! later change nothing of what was.

use super::bookings::Booking;
use super::state::Engine;
use super::world::World;
use crate::domain::catalogue::{Pitch, PitchKind};
use crate::domain::time::LocalDay;

impl Engine {
    /// The half hours of a whole that are open on a day, of each of its smallest parts; of a session those of each place. Of a day that
    /// is over as it was then, and nothing of one that was never open.
    #[must_use]
    pub fn units_open(&self, world: &World, whole: &Pitch, day: LocalDay) -> u64 {
        if day >= world.days.first() {
            return u64::from(by_rule(world, whole, day));
        }
        let of_day = self.past_open.get(&day);
        of_day.and_then(|open| open.get(whole.no.index()).copied()).map_or(0, u64::from)
    }

    /// Keeps what was open on a day that is over. By the committer, and at replay.
    pub(super) fn keep_open_units(&self, world: &World, day: LocalDay) {
        let of_pitch = |pitch: &Pitch| if pitch.whole == pitch.no { by_rule(world, pitch, day) } else { 0 };
        let open = world.catalogue.pitches().iter().map(|pitch| of_pitch(pitch)).collect();
        self.past_open.insert(day, open);
    }
}

/// How many of a whole's smallest parts, or of a session's places, a booking has.
#[must_use]
pub fn share(world: &World, booking: &Booking) -> u64 {
    let Some(pitch) = world.catalogue.pitch(booking.terms.pitch) else { return 0 };
    match pitch.kind {
        PitchKind::Session { .. } => u64::from(booking.terms.party_size),
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => {
            u64::try_from(pitch.leaves.len()).unwrap_or(0)
        }
    }
}

/// By the hours and closures of now.
fn by_rule(world: &World, whole: &Pitch, day: LocalDay) -> u32 {
    let skipped = world.clock_of(day).skipped;
    let open = |leaf| world.catalogue.closed(whole, leaf, day).union(skipped).complement().count();
    let units: u32 = whole.leaves.clone().map(open).sum();
    let places = match whole.kind {
        PitchKind::Session { capacity, .. } => u32::from(capacity),
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => 1,
    };
    units * places
}
