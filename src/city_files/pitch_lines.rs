//! A line of `pitches.csv`, read by itself: what is to be of a pitch or a part, before it is looked for in the city.

use std::collections::HashMap;

use super::cells::{KindName, cancellation, codes, kind, number, offered};
use super::cells_of_time::minute;
use super::city::names_of;
use super::files::File;
use super::plan::Work;
use super::table::Row;
use crate::domain::catalogue::{Catalogue, LEAVES_PER_PITCH_MAX, SLOTS_PER_BOOKING_MAX};
use crate::domain::change::Offered;
use crate::domain::grid::{SLOT_UNITS_MAX, SlotGrid};
use crate::domain::ids::{Code, SportNo, VenueNo};
use crate::domain::names::Names;
use crate::domain::policy::CancelRule;
use crate::domain::units::UNIT_MINUTES;

/// A line that makes sense by itself.
#[derive(Clone)]
pub(super) struct PitchLine<'a> {
    pub(super) row: Row<'a>,
    pub(super) code: Code,
    pub(super) venue: VenueNo,
    pub(super) name: Names,
    pub(super) sport: SportNo,
    pub(super) kind: Kind,
    pub(super) grid: SlotGrid,
    pub(super) max_slots: u8,
    pub(super) party_max: u16,
    pub(super) cancel: CancelRule,
    pub(super) offered: Offered,
    pub(super) releases: Vec<Code>,
}

/// What kind a line's pitch is of, with what only this kind has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Exclusive,
    Divisible { leaves: u8 },
    Part { of: Code, first_leaf: u8, leaves: u8 },
    Session { capacity: u16 },
}

impl<'a> PitchLine<'a> {
    /// Reads a line. What is wrong is gathered, and nothing is answered then.
    pub(super) fn read(work: &mut Work<'_>, row: Row<'a>, seen: &mut HashMap<String, u64>) -> Option<Self> {
        let code = work.own_id(&row, seen);
        let venue = work.named(&row, "venue", File::Venues, |catalogue, id| {
            catalogue.venue_by_code(id).map(|venue| venue.no)
        });
        let name = names_of(&row, ("name_zh", "name_en"), &mut work.faults);
        let sport = work.named(&row, "sport", File::Sports, Catalogue::sport_by_code);
        let kind = read_kind(work, &row);
        let grid = read_grid(work, &row);
        let faults = &mut work.faults;
        let max_slots = row.read("max_slots", faults, number(1, i64::from(SLOTS_PER_BOOKING_MAX)));
        let party_max = row.read("party_size_max", faults, number(1, i64::from(u16::MAX)));
        let cancel = row.read("cancellation", faults, cancellation);
        let offered = row.read_or("offered", Offered::Yes, faults, offered);
        let releases = row.read_or("releases", Vec::new(), faults, codes);
        Some(Self {
            row,
            code: code?,
            venue: venue?,
            name: name?,
            sport: sport?,
            kind: kind?,
            grid: grid?,
            max_slots: max_slots?,
            party_max: party_max?,
            cancel: cancel?,
            offered: offered?,
            releases: releases?,
        })
    }
}

/// The kind, and the cells that belong to it; those that belong to others are blank.
fn read_kind(work: &mut Work<'_>, row: &Row<'_>) -> Option<Kind> {
    let kind = row.read("kind", &mut work.faults, kind)?;
    let wanted: &[&str] = match kind {
        KindName::Exclusive => &[],
        KindName::Divisible => &["leaves"],
        KindName::Part => &["part_of", "first_leaf", "leaves"],
        KindName::Session => &["capacity"],
    };
    let mut is_good = true;
    let mut blank = vec!["part_of", "first_leaf", "leaves", "capacity"];
    if kind == KindName::Part {
        blank.extend(["offered", "releases"]);
    }
    for column in blank.into_iter().filter(|column| !wanted.contains(column)) {
        if !row.text(column).is_empty() {
            let text = match kind {
                KindName::Part => "expected nothing for a part, which goes with its whole",
                KindName::Exclusive | KindName::Divisible | KindName::Session => {
                    "expected nothing for a pitch of this kind"
                }
            };
            row.fault(column, text, &mut work.faults);
            is_good = false;
        }
    }
    let faults = &mut work.faults;
    let leaves_max = i64::from(LEAVES_PER_PITCH_MAX);
    let kind = match kind {
        KindName::Exclusive => Kind::Exclusive,
        KindName::Divisible => Kind::Divisible { leaves: row.read("leaves", faults, number(2, leaves_max))? },
        KindName::Session => {
            Kind::Session { capacity: row.read("capacity", faults, number(1, i64::from(u16::MAX)))? }
        }
        KindName::Part => {
            let of = row.read("part_of", faults, super::cells::code);
            let first_leaf = row.read("first_leaf", faults, number(0, leaves_max - 1));
            let leaves = row.read("leaves", faults, number(1, leaves_max));
            Kind::Part { of: of?, first_leaf: first_leaf?, leaves: leaves? }
        }
    };
    is_good.then_some(kind)
}

/// Slots of so many minutes, one of which begins at `first_slot`.
fn read_grid(work: &mut Work<'_>, row: &Row<'_>) -> Option<SlotGrid> {
    let faults = &mut work.faults;
    let slot_units = row.read("slot_minutes", faults, |text| {
        let minutes = number::<u16>(0, i64::from(u16::MAX))(text).ok();
        let units = minutes.filter(|minutes| minutes.is_multiple_of(UNIT_MINUTES));
        units
            .and_then(|minutes| u8::try_from(minutes / UNIT_MINUTES).ok())
            .filter(|units| SlotGrid::new(*units, 0).is_ok())
            .ok_or_else(|| {
                format!("30 to {} minutes in steps of 30", u16::from(SLOT_UNITS_MAX) * UNIT_MINUTES)
            })
    });
    let first = row.read_or("first_slot", 0, faults, |text| {
        let on_half_hour = minute(text).ok().filter(|minute| minute.is_multiple_of(UNIT_MINUTES));
        on_half_hour.ok_or_else(|| "a time on the hour or the half hour, as 08:00".to_owned())
    });
    let (slot_units, first) = (slot_units?, first?);
    let anchor = u8::try_from(first / UNIT_MINUTES % u16::from(slot_units)).ok()?;
    SlotGrid::new(slot_units, anchor).ok()
}
