//! Lines about a pitch, or about all pitches of a venue that have no lines of their own: hours and prices.

use std::collections::{BTreeMap, HashMap};

use super::files::File;
use super::plan::Work;
use super::table::Row;
use crate::domain::ids::Code;

/// A line and what it says; nothing where it is faulty.
#[derive(Clone)]
pub(super) struct Line<'a, T> {
    pub(super) row: Row<'a>,
    pub(super) value: Option<T>,
}

/// A file's lines by what they are about.
pub(super) struct Keyed<'a, T> {
    of_pitch: HashMap<&'a str, Vec<Line<'a, T>>>,
    of_venue: HashMap<&'a str, Vec<Line<'a, T>>>,
}

impl<'a, T> Keyed<'a, T> {
    pub(super) fn none() -> Self {
        Self { of_pitch: HashMap::new(), of_venue: HashMap::new() }
    }

    /// Adds a line under what it is about.
    pub(super) fn add(&mut self, work: &mut Work<'_>, row: Row<'a>, value: Option<T>) {
        let (venue, pitch) = (row.text("venue"), row.text("pitch"));
        let lines = match (venue, pitch) {
            ("", "") => {
                let text = "expected the id of a venue or of a pitch, found neither";
                return row.fault("venue", text, &mut work.faults);
            }
            (venue, "") => self.of_venue.entry(venue),
            (_, pitch) => self.of_pitch.entry(pitch),
        };
        lines.or_default().push(Line { row, value });
    }

    /// The lines about a pitch alone.
    pub(super) fn own(&self, pitch: &str) -> Option<&[Line<'a, T>]> {
        self.of_pitch.get(pitch).map(Vec::as_slice)
    }

    /// The lines about all pitches of a venue.
    pub(super) fn of_venue(&self, venue: &str) -> Option<&[Line<'a, T>]> {
        self.of_venue.get(venue).map(Vec::as_slice)
    }

    /// All lines that are about the same, together, in the order of the file.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Line<'a, T>]> {
        let first = |lines: &Vec<Line<'a, T>>| lines.first().map_or(0, |line| line.row.line);
        let all = self.of_pitch.values().chain(self.of_venue.values());
        let in_order: BTreeMap<u64, &[Line<'a, T>]> =
            all.map(|lines| (first(lines), lines.as_slice())).collect();
        in_order.into_values()
    }

    /// The ids of the pitches that are there and that lines are about, by lines of their own or of their venue.
    pub(super) fn pitches_meant(&self, work: &Work<'_>) -> Vec<Code> {
        let of_pitch = self.of_pitch.keys().filter_map(|id| work.catalogue.pitch_by_code(id));
        let venues = self.of_venue.keys().filter_map(|id| work.catalogue.venue_by_code(id));
        let wholes = venues.flat_map(|venue| venue.pitches.iter().filter_map(|no| work.catalogue.pitch(*no)));
        let with_parts = wholes.flat_map(|whole| {
            let parts = whole.parts.clone().map(crate::domain::ids::PitchNo::new);
            std::iter::once(whole).chain(parts.filter_map(|no| work.catalogue.pitch(no)))
        });
        of_pitch.chain(with_parts).map(|pitch| pitch.code.clone()).collect()
    }

    /// What lines are about is there, when all pitches are.
    pub(super) fn check_keys(&self, work: &mut Work<'_>) {
        for lines in self.groups() {
            for line in lines {
                check_key(work, &line.row);
            }
        }
    }
}

fn check_key(work: &mut Work<'_>, row: &Row<'_>) {
    let (venue, pitch) = (row.text("venue"), row.text("pitch"));
    if pitch.is_empty() {
        let _ = work.named(row, "venue", File::Venues, |catalogue, id| {
            catalogue.venue_by_code(id).map(|venue| venue.no)
        });
        return;
    }
    let found = work.named(row, "pitch", File::Pitches, |catalogue, id| {
        let pitch = catalogue.pitch_by_code(id)?;
        Some(catalogue.venue(pitch.venue)?.def.code.clone())
    });
    if let Some(its) = found.filter(|its| !venue.is_empty() && its.as_str() != venue) {
        let text = format!("{pitch} is a pitch of {its}, not of {venue}");
        row.fault("venue", text, &mut work.faults);
    }
}
