//! When a pitch's day opens for booking, where it hasn't yet.

use crate::domain::catalogue::Pitch;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::world::World;

/// The moment at which the release that governs a pitch's day opens; nothing where none governs it.
#[must_use]
pub fn opening_told(world: &World, pitch: &Pitch, day: LocalDay) -> Option<UtcMillis> {
    let release = world.catalogue.release_of(pitch, day)?;
    Some(release.def.opens_at(world.catalogue.zone(), day))
}
