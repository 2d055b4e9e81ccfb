//! What somebody wants to book: read from an address or a form, with what it costs and what else there is.

use crate::api::open_data::slots::check_day;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::written_time::read_moment;
use crate::domain::calendar::{DayClock, local_day};
use crate::domain::catalogue::Pitch;
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::{UNITS_PER_DAY, UnitSpan};
use crate::engine::Engine;
use crate::engine::view::{Slot, SlotStatus};
use crate::engine::world::World;

use super::grid_day::{columns, is_session};

/// A pitch and a time of an open day.
pub struct Wish<'a> {
    pub pitch: &'a Pitch,
    pub day: LocalDay,
    pub clock: DayClock,
    pub span: UnitSpan,
    pub places: u16,
}

impl<'a> Wish<'a> {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// `not-found` or `invalid-request`.
    pub fn read(
        world: &'a World,
        (pitch, start, end): (&str, &str, &str),
        places: u16,
        now: UtcMillis,
    ) -> Result<Self, Problem> {
        let pitch = world.catalogue.pitch_by_code(pitch).ok_or(Problem::NotFound)?;
        let (from, to) = (read_moment("start", start)?.moment, read_moment("end", end)?.moment);
        let zone = world.catalogue.zone();
        let day = local_day(zone, from);
        check_day(world, "start", day, local_day(zone, now))?;
        let clock = world.clock_of(day).into_owned();
        let span = clock.unit_starting_at(from).and_then(|first| {
            let spans = (first + 1..=UNITS_PER_DAY).filter_map(|end| UnitSpan::between(first, end).ok());
            spans.into_iter().find(|span| clock.end(*span) == to)
        });
        let off_grid = || {
            FieldFault::new(
                "start",
                Text::fixed("is not where a slot begins or ends", "不在时段的起止时间上"),
            )
        };
        let span = span.filter(|span| pitch.grid.slots_in(*span).is_some()).ok_or_else(off_grid)?;
        Ok(Self { pitch, day, clock, span, places })
    }

    /// What it costs.
    #[must_use]
    pub fn price(&self, world: &World) -> Option<Minor> {
        self.price_of(world, self.span)
    }

    fn price_of(&self, world: &World, span: UnitSpan) -> Option<Minor> {
        let kind = world.catalogue.day_kind(self.pitch.venue, self.day);
        let places = if is_session(self.pitch) { self.places } else { 1 };
        self.pitch.tariff.price(self.pitch.grid, kind, span, places)
    }

    #[must_use]
    pub fn start(&self) -> UtcMillis {
        self.clock.start(self.span)
    }

    /// The lengths that can be had from the same beginning, each with its price.
    #[must_use]
    pub fn lengths(&self, engine: &Engine, world: &World, now: UtcMillis) -> Vec<(UnitSpan, Minor)> {
        let slots = engine.slots(world, self.pitch, self.day, now);
        let from_start = slots.iter().skip_while(|slot| slot.span.first() != self.span.first());
        let free = from_start.take_while(|slot| self.has_room(slot)).take(self.pitch.max_slots.into());
        let spans = free.filter_map(|slot| UnitSpan::between(self.span.first(), slot.span.end()).ok());
        spans.filter_map(|span| Some((span, self.price_of(world, span)?))).collect()
    }

    fn has_room(&self, slot: &Slot) -> bool {
        let places = if is_session(self.pitch) { self.places } else { 1 };
        slot.status == SlotStatus::Free && slot.left >= places
    }

    /// Whether all of it is free.
    #[must_use]
    pub fn is_free(&self, engine: &Engine, world: &World, now: UtcMillis) -> bool {
        self.is_free_on(engine, world, self.pitch, self.span, now)
    }

    fn is_free_on(
        &self,
        engine: &Engine,
        world: &World,
        pitch: &Pitch,
        span: UnitSpan,
        now: UtcMillis,
    ) -> bool {
        if pitch.grid.slots_in(span).is_none_or(|slots| slots > pitch.max_slots) {
            return false;
        }
        let slots = engine.slots(world, pitch, self.day, now);
        let inside = slots.iter().filter(|slot| span.mask().overlaps(slot.span.mask()));
        let mut covered = 0;
        for slot in inside {
            if !self.has_room(slot) {
                return false;
            }
            covered += slot.span.count();
        }
        covered == span.count()
    }

    /// Other pitches of the venue and the sport that are free at the same time.
    #[must_use]
    pub fn others_at_the_time<'w>(
        &self,
        engine: &Engine,
        world: &'w World,
        now: UtcMillis,
    ) -> Vec<&'w Pitch> {
        let Some(venue) = world.catalogue.venue(self.pitch.venue) else { return Vec::new() };
        let others = columns(world, venue, self.pitch.sport).into_iter();
        others
            .filter(|pitch| pitch.no != self.pitch.no)
            .filter(|pitch| self.is_free_on(engine, world, pitch, self.span, now))
            .collect()
    }

    /// What is nearest to it on its day at its venue: the same time on another pitch, then the times around it.
    #[must_use]
    pub fn nearest<'w>(
        &self,
        engine: &Engine,
        world: &'w World,
        count: usize,
        now: UtcMillis,
    ) -> Vec<(&'w Pitch, UnitSpan)> {
        let Some(venue) = world.catalogue.venue(self.pitch.venue) else { return Vec::new() };
        let mut found: Vec<(u8, u32, &Pitch, UnitSpan)> = Vec::new();
        for pitch in columns(world, venue, self.pitch.sport) {
            let mut last_end = 0;
            for slot in engine.slots(world, pitch, self.day, now) {
                let first = slot.span.first();
                let length = self.span.count().max(slot.span.count());
                let Ok(span) = UnitSpan::new(first, length) else { continue };
                let is_same = pitch.no == self.pitch.no && span == self.span;
                if is_same || first < last_end || !self.is_free_on(engine, world, pitch, span, now) {
                    continue;
                }
                last_end = first;
                found.push((first.abs_diff(self.span.first()), pitch.no.get(), pitch, span));
            }
        }
        found.sort_unstable_by_key(|(apart, no, _, _)| (*apart, *no));
        found.into_iter().take(count).map(|(_, _, pitch, span)| (pitch, span)).collect()
    }
}
