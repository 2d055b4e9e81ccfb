//! What is shown: slots of a pitch, free slots of the whole city. Free only when it is durably free; a claim in flight is taken.

use super::pitch_days::OnDay;
use super::releases::{Gate, kept_places};
use super::state::Engine;
use super::world::World;
use crate::domain::calendar::DayClock;
use crate::domain::catalogue::{Pitch, PitchKind};
use crate::domain::ids::{DistrictNo, SportNo};
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::{UNITS_PER_DAY, UnitSpan};

/// How a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotStatus {
    Free,
    Taken,
    Closed,
    /// Its release has not opened yet.
    Unreleased,
}

/// A slot of a pitch on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub span: UnitSpan,
    pub status: SlotStatus,
    /// Of the whole slot, for one place.
    pub price: Minor,
    pub capacity: u16,
    pub left: u16,
}

/// Which free slots are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub day: LocalDay,
    pub sport: Option<SportNo>,
    pub district: Option<DistrictNo>,
    /// Not before this half hour.
    pub from: u8,
    /// Over by this half hour.
    pub to: u8,
}

/// A place in the list of free slots: by the slot's beginning, then by pitch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub unit: u8,
    pub pitch: u32,
}

impl Engine {
    /// The slots of a pitch on a day, in order. A day that is not open has closed slots only.
    #[must_use]
    pub fn slots(&self, world: &World, pitch: &Pitch, day: LocalDay, now: UtcMillis) -> Vec<Slot> {
        let clock = world.days.clock(day);
        let on_day = clock.and_then(|_| self.pitch_days.on(pitch, day));
        let kind = world.catalogue.day_kind(pitch.venue, day);
        let release = world.catalogue.release_of(pitch, day);
        let (gate, kept) = (self.releases.gate(release, pitch, day), kept_places(release, pitch));
        pitch
            .grid
            .slots()
            .map(|span| {
                let (status, left) = match (clock, &on_day) {
                    (Some(clock), Some(on_day)) => judge(clock, on_day, span, (gate, kept), now),
                    _ => (SlotStatus::Closed, 0),
                };
                Slot {
                    span,
                    status,
                    price: pitch.tariff.slot_price(kind, span.first()),
                    capacity: capacity(pitch),
                    left,
                }
            })
            .collect()
    }

    /// Free slots of the whole city, by their beginning: at most `limit` from a position on, and where to go on.
    pub fn free_slots<'a>(
        &self,
        world: &'a World,
        wanted: &Wanted,
        from: Position,
        limit: usize,
        now: UtcMillis,
    ) -> (Vec<(&'a Pitch, Slot)>, Option<Position>) {
        let mut found = Vec::new();
        let Some(clock) = world.days.clock(wanted.day) else { return (found, None) };
        // What isn't sold online now is left out at once, not slot by slot.
        let pitches: Vec<(&Pitch, u16)> = world
            .catalogue
            .pitches()
            .iter()
            .map(AsRef::as_ref)
            .filter(|pitch| is_wanted(world, pitch, wanted))
            .filter_map(|pitch| {
                let release = world.catalogue.release_of(pitch, wanted.day);
                let gate = self.releases.gate(release, pitch, wanted.day);
                matches!(gate, Gate::Open(_)).then(|| (pitch, kept_places(release, pitch)))
            })
            .collect();
        for unit in from.unit.max(wanted.from)..wanted.to.min(UNITS_PER_DAY) {
            if clock.start_of(unit) <= now {
                continue;
            }
            let first = if unit == from.unit { from.pitch } else { 0 };
            let start = pitches.partition_point(|(pitch, _)| pitch.no.get() < first);
            for (pitch, kept) in &pitches[start..] {
                let Ok(span) = UnitSpan::new(unit, pitch.grid.slot_units()) else { continue };
                if span.end() > wanted.to || pitch.grid.slots_in(span).is_none() {
                    continue;
                }
                let Some(on_day) = self.pitch_days.on(pitch, wanted.day) else { continue };
                // Later than now, as all slots of this half hour.
                let left = if on_day.is_closed(span) { 0 } else { on_day.left(span, *kept) };
                if left == 0 {
                    continue;
                }
                if found.len() == limit {
                    return (found, Some(Position { unit, pitch: pitch.no.get() }));
                }
                let kind = world.catalogue.day_kind(pitch.venue, wanted.day);
                let price = pitch.tariff.slot_price(kind, unit);
                let slot = Slot { span, status: SlotStatus::Free, price, capacity: capacity(pitch), left };
                found.push((*pitch, slot));
            }
        }
        (found, None)
    }
}

fn is_wanted(world: &World, pitch: &Pitch, wanted: &Wanted) -> bool {
    wanted.sport.is_none_or(|sport| pitch.sport == sport)
        && wanted.district.is_none_or(|district| {
            world.catalogue.venue(pitch.venue).is_some_and(|venue| venue.def.district == district)
        })
}

/// How a slot stands, and how many places are left in a free one: read once, so that a free slot has room.
fn judge(
    clock: &DayClock,
    on_day: &OnDay<'_>,
    span: UnitSpan,
    (gate, kept): (Gate<'_>, u16),
    now: UtcMillis,
) -> (SlotStatus, u16) {
    if clock.start(span) <= now || on_day.is_closed(span) {
        return (SlotStatus::Closed, 0);
    }
    match gate {
        Gate::KeptForCounter(_) => (SlotStatus::Closed, 0),
        Gate::Unreleased(_) => (SlotStatus::Unreleased, 0),
        Gate::Open(_) => match on_day.left(span, kept) {
            0 => (SlotStatus::Taken, 0),
            left => (SlotStatus::Free, left),
        },
    }
}

/// How many a slot has room for: places of a session, else one booking.
#[must_use]
pub const fn capacity(pitch: &Pitch) -> u16 {
    match pitch.kind {
        PitchKind::Session { capacity, .. } => capacity,
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => 1,
    }
}
