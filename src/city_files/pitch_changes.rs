//! What changes of pitches that are in the city already.
//!
//! What may change is what managers may change: the name, how long and for how many, cancelling, places, whether it is
//! offered, hours, prices. Where a pitch lies, what is played on it, its kind, its parts and its slots stay, whether somebody has
//! booked or not, for bookings, tickets and reports speak of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::files::File;
use super::hours::HoursOfAll;
use super::pitch_lines::{Kind, PitchLine};
use super::plan::{Made, Work};
use super::prices::PricesOfAll;
use crate::domain::catalogue::{Pitch, PitchKind};
use crate::domain::change::{Offered, PitchChange};
use crate::domain::definition::{BookingsInside, ClosureDef};
use crate::domain::event::Event;
use crate::domain::ids::PitchNo;
use crate::domain::time::LocalDay;
use crate::domain::units::{UNIT_MINUTES, UnitMask};

/// One change for each pitch that has any, by number.
pub(super) struct Changes(BTreeMap<PitchNo, PitchChange>);

impl Changes {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn of(&mut self, pitch: PitchNo) -> &mut PitchChange {
        self.0.entry(pitch).or_insert_with(|| PitchChange::of(pitch))
    }

    /// Makes the changes.
    pub(super) fn make(self, work: &mut Work<'_>) {
        for (no, change) in self.0 {
            if change == PitchChange::of(no) {
                continue;
            }
            // What a cell may hold is what a change may be, so this is never refused.
            if let Err(invalid) = work.catalogue.change_pitch(&change) {
                work.faults.add(super::faults::Fault::of_file(File::Pitches, invalid.to_string()));
                continue;
            }
            work.events.push(Event::PitchChanged(Box::new(change)));
        }
    }
}

/// A closure that everything of a pitch lies in, to find its bookings by.
pub(super) fn everything_of(pitch: PitchNo) -> ClosureDef {
    ClosureDef {
        code: None,
        pitches: vec![pitch],
        first_day: LocalDay::new(i32::MIN),
        last_day: LocalDay::new(i32::MAX),
        units: UnitMask::ALL,
        bookings: BookingsInside::Keep,
        reason: String::new(),
    }
}

/// Plans the changes of a whole and of those of its parts that have lines.
pub(super) fn change_lines(
    work: &mut Work<'_>,
    changes: &mut Changes,
    line: &PitchLine<'_>,
    parts: &[PitchLine<'_>],
) {
    let Some(was) = work.catalogue.pitch_by_code(line.code.as_str()).cloned() else { return };
    change_one(work, changes, line, &was);
    for part in parts {
        change_part(work, changes, part);
    }
}

/// Plans the changes of a part whose whole is in the city: a whole gets no new parts.
pub(super) fn change_part(work: &mut Work<'_>, changes: &mut Changes, part: &PitchLine<'_>) {
    match work.catalogue.pitch_by_code(part.code.as_str()).cloned() {
        Some(was) => change_one(work, changes, part, &was),
        None => {
            let text = "the pitch that it would be a part of is there, and gets no new parts: make another with a new id";
            part.row.fault("part_of", text, &mut work.faults);
            work.note_faulty(File::Pitches, part.code.as_str());
        }
    }
}

fn change_one(work: &mut Work<'_>, changes: &mut Changes, line: &PitchLine<'_>, was: &Pitch) {
    if !check_fixed(work, line, was) {
        return;
    }
    let has = |column| line.row.has(column);
    let mut change = PitchChange::of(was.no);
    change.name = (was.name != line.name).then(|| line.name.clone());
    change.max_slots = (was.max_slots != line.max_slots).then_some(line.max_slots);
    change.party_max = (was.party_max != line.party_max).then_some(line.party_max);
    change.cancel = (*was.cancel != line.cancel).then(|| line.cancel.clone());
    if let (PitchKind::Session { capacity, .. }, Kind::Session { capacity: wanted }) = (was.kind, &line.kind)
    {
        change.capacity = (capacity != *wanted).then_some(*wanted);
    }
    // A part goes with its whole.
    if was.whole == was.no {
        let is_offered = was.offered == Offered::Yes;
        let is_to_be = line.offered == Offered::Yes;
        change.offered = (has("offered") && is_offered != is_to_be).then_some(line.offered);
    }
    let made = if change == PitchChange::of(was.no) { Made::Unchanged } else { Made::Changed };
    work.count(File::Pitches, made);
    *changes.of(was.no) = change;
}

/// Whether all is as it was of what can't be changed.
fn check_fixed(work: &mut Work<'_>, line: &PitchLine<'_>, was: &Pitch) -> bool {
    let catalogue = &work.catalogue;
    let venue = catalogue.venue(was.venue).map_or_else(String::new, |venue| venue.def.code.to_string());
    let sport = catalogue.sport(was.sport).map_or_else(String::new, |sport| sport.code.to_string());
    let whole = catalogue.pitch(was.whole).cloned();
    let first_leaf = whole.as_ref().map_or(0, |whole| was.leaves.start - whole.leaves.start);
    let whole = whole.map_or_else(String::new, |whole| whole.code.to_string());
    let leaves = was.leaves.end - was.leaves.start;
    let mut fixed = Fixed { work, line, no: was.no, is_good: true };
    fixed.stays("venue", line.venue == was.venue, &venue);
    fixed.stays("sport", line.sport == was.sport, &sport);
    match (was.kind, &line.kind) {
        (PitchKind::Exclusive, Kind::Exclusive) | (PitchKind::Session { .. }, Kind::Session { .. }) => {}
        (PitchKind::Divisible, Kind::Divisible { leaves: wanted }) => {
            fixed.stays("leaves", u32::from(*wanted) == leaves, &leaves);
        }
        (PitchKind::Part, Kind::Part { of, first_leaf: first, leaves: wanted }) => {
            fixed.stays("part_of", of.as_str() == whole, &whole);
            fixed.stays("first_leaf", u32::from(*first) == first_leaf, &first_leaf);
            fixed.stays("leaves", u32::from(*wanted) == leaves, &leaves);
        }
        (PitchKind::Exclusive, _) => fixed.stays("kind", false, &"exclusive"),
        (PitchKind::Session { .. }, _) => fixed.stays("kind", false, &"session"),
        (PitchKind::Divisible, _) => fixed.stays("kind", false, &"divisible"),
        (PitchKind::Part, _) => fixed.stays("kind", false, &"part"),
    }
    let slot_minutes = u16::from(was.grid.slot_units()) * UNIT_MINUTES;
    let is_as_long = line.grid.slot_units() == was.grid.slot_units();
    fixed.stays("slot_minutes", is_as_long, &slot_minutes);
    let first = u16::from(was.grid.anchor()) * UNIT_MINUTES;
    let first = format!("{:02}:{:02}", first / 60, first % 60);
    // Where the slots are as long as they were and nothing is said, nothing is meant.
    let is_said = line.row.has("first_slot");
    fixed.stays("first_slot", !is_said || !is_as_long || line.grid.anchor() == was.grid.anchor(), &first);
    fixed.is_good
}

/// What stays as it is once a pitch is there.
struct Fixed<'w, 'c, 'l, 'a> {
    work: &'w mut Work<'c>,
    line: &'l PitchLine<'a>,
    no: PitchNo,
    is_good: bool,
}

impl Fixed<'_, '_, '_, '_> {
    fn stays(&mut self, column: &str, is_equal: bool, was: &dyn Display) {
        if is_equal {
            return;
        }
        self.is_good = false;
        let live = match self.work.live_bookings(self.no) {
            0 => String::new(),
            1 => ", and a live booking stands on it".to_owned(),
            count => format!(", and {count} live bookings stand on it"),
        };
        let text = format!(
            "stays {was} once a pitch is there{live}: take it out of sale (offered: no) and make another with a new id"
        );
        self.line.row.fault(column, text, &mut self.work.faults);
    }
}

/// Plans the hours and prices of the pitches that were in the city, with a line in `pitches.csv` or without one.
pub(super) fn change_others(
    work: &mut Work<'_>,
    changes: &mut Changes,
    hours: &HoursOfAll<'_>,
    prices: &PricesOfAll<'_>,
) {
    let meant = hours.lines().pitches_meant(work).into_iter().chain(prices.lines().pitches_meant(work));
    let numbers: BTreeSet<PitchNo> =
        meant.filter_map(|code| work.catalogue.pitch_by_code(code.as_str()).map(|pitch| pitch.no)).collect();
    for no in numbers.into_iter().filter(|no| work.stood(*no)).collect::<Vec<_>>() {
        let Some(was) = work.catalogue.pitch(no).cloned() else { continue };
        let Some(whole) = work.catalogue.pitch(was.whole).cloned() else { continue };
        let venue =
            work.catalogue.venue(was.venue).map_or_else(String::new, |venue| venue.def.code.to_string());
        change_hours(work, changes, (&venue, &was, &whole), hours);
        change_prices(work, changes, (&venue, &was, &whole), prices);
    }
}

fn change_hours(
    work: &mut Work<'_>,
    changes: &mut Changes,
    (venue, was, whole): (&str, &Pitch, &Pitch),
    hours: &HoursOfAll<'_>,
) {
    if was.no != whole.no {
        return;
    }
    let Some(wanted) = hours.of(venue, was.code.as_str()).and_then(|line| line.value.as_ref()) else {
        return;
    };
    if *was.hours == *wanted {
        return work.count(File::Hours, Made::Unchanged);
    }
    changes.of(was.no).hours = Some(wanted.clone());
    work.count(File::Hours, Made::Changed);
}

fn change_prices(
    work: &mut Work<'_>,
    changes: &mut Changes,
    (venue, was, whole): (&str, &Pitch, &Pitch),
    prices: &PricesOfAll<'_>,
) {
    let Some(prices) = prices.of(venue, whole.code.as_str(), was.code.as_str()) else { return };
    let Some(tariff) = prices.tariff() else { return };
    let hours = changes.0.get(&whole.no).and_then(|change| change.hours.clone());
    prices.check_cover(work, was.code.as_str(), hours.as_ref().unwrap_or(&whole.hours), was.grid);
    if *was.tariff == tariff {
        return work.count(File::Prices, Made::Unchanged);
    }
    changes.of(was.no).prices = Some(tariff.bands());
    work.count(File::Prices, Made::Changed);
}
