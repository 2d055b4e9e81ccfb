//! How much of a release is left to be booked online: so many may have their turn at most.

use crate::domain::catalogue::{Pitch, PitchKind, Release};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::pitch_days::OnDay;
use crate::engine::releases::kept_places;
use crate::engine::state::Engine;
use crate::engine::world::World;

/// How many slots, parts of pitches and places of sessions are left; counted no further than so many, for more makes no difference.
#[must_use]
pub(in crate::engine) fn places_left(
    engine: &Engine,
    world: &World,
    release: &Release,
    now: UtcMillis,
    enough: u32,
) -> u32 {
    let mut left = 0;
    let is_open = |day: LocalDay| engine.releases.opened_at(release.no, day).is_some();
    let days = world.days.iter().filter(|clock| release.def.governs(clock.day) && is_open(clock.day));
    for clock in days {
        for pitch in release.def.pitches.iter().filter_map(|no| world.catalogue.pitch(*no)) {
            let governs = world.catalogue.release_of(pitch, clock.day).map(|other| other.no);
            if governs != Some(release.no) || release.keeps(pitch) {
                continue;
            }
            let Some(on_day) = engine.pitch_days.on(pitch, clock.day) else { continue };
            for slot in pitch.grid.slots() {
                if clock.start(slot) <= now {
                    continue;
                }
                left += of_slot(pitch, release, &on_day, slot);
                if left >= enough {
                    return enough;
                }
            }
        }
    }
    left
}

fn of_slot(
    pitch: &Pitch,
    release: &Release,
    on_day: &OnDay<'_>,
    slot: crate::domain::units::UnitSpan,
) -> u32 {
    if matches!(pitch.kind, PitchKind::Session { .. }) {
        let places = on_day.left(slot, kept_places(Some(release), pitch));
        return if on_day.is_closed(slot) { 0 } else { places.into() };
    }
    let is_free =
        |leaf: &crate::engine::word::PitchDay| !leaf.claimed().union(leaf.closed()).overlaps(slot.mask());
    u32::try_from(on_day.leaves().iter().filter(|leaf| is_free(leaf)).count()).unwrap_or(u32::MAX)
}
