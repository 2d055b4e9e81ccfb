//! `pitches.csv` with `hours.csv` and `prices.csv`: new pitches with their parts, and what changes of those that are there.

use std::collections::{BTreeMap, HashMap};

use super::files::File;
use super::hours::HoursOfAll;
use super::pitch_changes::{Changes, change_lines, change_others};
use super::pitch_lines::{Kind, PitchLine};
use super::plan::{Made, Work};
use super::prices::PricesOfAll;
use super::table::{Row, Table};
use crate::domain::change::{Offered, PitchChange};
use crate::domain::definition::{KindDef, PartDef, PitchDef, Terms};
use crate::domain::event::Event;
use crate::domain::hours::WeeklyHours;
use crate::domain::ids::{Code, PitchNo};

/// Which wholes the lines say to be of which releases, each with its line, in the order of the file.
#[derive(Default)]
pub(super) struct ReleasesNamed<'a> {
    pub(super) lines: Vec<(Row<'a>, PitchNo, Vec<Code>)>,
}

/// Plans all pitches.
pub(super) fn pitches<'a>(
    work: &mut Work<'_>,
    table: Option<&'a Table>,
    hours: &HoursOfAll<'_>,
    prices: &PricesOfAll<'_>,
) -> ReleasesNamed<'a> {
    let mut named = ReleasesNamed::default();
    let mut changes = Changes::new();
    let (wholes, mut parts) = read(work, table);
    for line in &wholes {
        let of_whole = parts.remove(line.code.as_str()).unwrap_or_default();
        if let Some(no) = work.catalogue.pitch_by_code(line.code.as_str()).map(|pitch| pitch.no) {
            change_lines(work, &mut changes, line, &of_whole);
            named.lines.push((line.row, no, line.releases.clone()));
        } else if let Some(no) = add(work, line, &of_whole, hours, prices) {
            named.lines.push((line.row, no, line.releases.clone()));
        } else {
            for faulty in std::iter::once(line).chain(&of_whole) {
                work.note_faulty(File::Pitches, faulty.code.as_str());
            }
        }
    }
    for (_, orphans) in parts {
        for part in orphans {
            part_without_whole(work, &mut changes, &part);
        }
    }
    change_others(work, &mut changes, hours, prices);
    hours.check(work);
    prices.lines().check_keys(work);
    changes.make(work);
    named
}

/// Parts by their whole's id.
type Parts<'a> = BTreeMap<String, Vec<PitchLine<'a>>>;

fn read<'a>(work: &mut Work<'_>, table: Option<&'a Table>) -> (Vec<PitchLine<'a>>, Parts<'a>) {
    let mut seen = HashMap::new();
    let (mut wholes, mut parts) = (Vec::new(), Parts::new());
    for row in table.into_iter().flat_map(Table::rows) {
        match PitchLine::read(work, row, &mut seen) {
            Some(line) => match &line.kind {
                Kind::Part { of, .. } => parts.entry(of.as_str().to_owned()).or_default().push(line),
                Kind::Exclusive | Kind::Divisible { .. } | Kind::Session { .. } => wholes.push(line),
            },
            None => {
                work.note_faulty(File::Pitches, row.text("id"));
                // Nor is its whole what the file says.
                if !row.text("part_of").is_empty() {
                    work.note_faulty(File::Pitches, row.text("part_of"));
                }
            }
        }
    }
    (wholes, parts)
}

/// A part whose whole has no line: it may be in the city, and then so may the part.
fn part_without_whole(work: &mut Work<'_>, changes: &mut Changes, part: &PitchLine<'_>) {
    let Kind::Part { of, .. } = &part.kind else { return };
    if work.catalogue.pitch_by_code(of.as_str()).is_some() {
        super::pitch_changes::change_part(work, changes, part);
        return;
    }
    work.note_faulty(File::Pitches, part.code.as_str());
    if !work.is_faulty(File::Pitches, of.as_str()) {
        let text = format!("expected the id of a divisible pitch, found {of}, which is none");
        part.row.fault("part_of", text, &mut work.faults);
    }
}

/// Adds a new pitch with its parts.
fn add(
    work: &mut Work<'_>,
    line: &PitchLine<'_>,
    parts: &[PitchLine<'_>],
    hours: &HoursOfAll<'_>,
    prices: &PricesOfAll<'_>,
) -> Option<PitchNo> {
    let venue = line.row.text("venue");
    let week = match hours.of(venue, line.code.as_str()) {
        Some(hours) => hours.value.clone(),
        None => {
            let text = format!("no line of {} says when it is open", File::Hours.name());
            line.row.fault("id", text, &mut work.faults);
            None
        }
    };
    let whole = line.code.as_str();
    let terms = terms(work, line, whole, week.as_ref(), prices);
    let mut part_defs = Vec::new();
    let mut is_good = true;
    for part in parts {
        let terms = self::terms(work, part, whole, week.as_ref(), prices);
        is_good &= check_part(work, line, part);
        let Kind::Part { first_leaf, leaves, .. } = part.kind else { continue };
        match terms {
            Some(terms) => part_defs.push(PartDef {
                code: part.code.clone(),
                name: part.name.clone(),
                first_leaf,
                leaves,
                terms,
            }),
            None => is_good = false,
        }
    }
    let kind = match line.kind {
        Kind::Divisible { leaves } => KindDef::Divisible { leaves, parts: part_defs },
        Kind::Session { capacity } => KindDef::Session { capacity },
        Kind::Exclusive | Kind::Part { .. } => KindDef::Exclusive,
    };
    let def = PitchDef {
        code: line.code.clone(),
        venue: line.venue,
        name: line.name.clone(),
        hours: week?,
        terms: terms?,
        kind,
    };
    // A part that is faulty was told; the catalogue would tell of what is missing without it.
    if !is_good || work.is_faulty(File::Pitches, whole) {
        return None;
    }
    let no = match work.catalogue.add_pitch(def.clone()) {
        Ok(no) => no,
        Err(invalid) => {
            work.refused(&line.row, "id", &invalid);
            return None;
        }
    };
    work.push(&line.row, Event::PitchAdded(Box::new(def)));
    for _ in 0..=parts.len() {
        work.count(File::Pitches, Made::New);
        work.count(File::Prices, Made::New);
    }
    work.count(File::Hours, Made::New);
    if line.offered == Offered::No {
        let change = PitchChange { offered: Some(Offered::No), ..PitchChange::of(no) };
        match work.catalogue.change_pitch(&change) {
            Ok(()) => work.events.push(Event::PitchChanged(Box::new(change))),
            Err(invalid) => work.refused(&line.row, "offered", &invalid),
        }
    }
    Some(no)
}

/// A part is of a divisible pitch at the same venue.
fn check_part(work: &mut Work<'_>, whole: &PitchLine<'_>, part: &PitchLine<'_>) -> bool {
    let mut is_good = true;
    if !matches!(whole.kind, Kind::Divisible { .. }) {
        let text = format!("expected the id of a divisible pitch, found {}, which is none", whole.code);
        part.row.fault("part_of", text, &mut work.faults);
        is_good = false;
    }
    if part.venue != whole.venue {
        let text = format!("expected the venue of its whole, {}", whole.row.text("venue"));
        part.row.fault("venue", text, &mut work.faults);
        is_good = false;
    }
    is_good
}

/// The terms of a new pitch, with its prices.
fn terms(
    work: &mut Work<'_>,
    line: &PitchLine<'_>,
    whole: &str,
    hours: Option<&WeeklyHours>,
    prices: &PricesOfAll<'_>,
) -> Option<Terms> {
    let Some(prices) = prices.of(line.row.text("venue"), whole, line.code.as_str()) else {
        let is_ever_open = hours.is_some_and(|hours| *hours != WeeklyHours::of(&[]));
        if is_ever_open {
            let text = format!("no line of {} says what it costs", File::Prices.name());
            line.row.fault("id", text, &mut work.faults);
            return None;
        }
        return Some(terms_of(line, Vec::new()));
    };
    if let Some(hours) = hours
        && !prices.are_faulty()
    {
        prices.check_cover(work, line.code.as_str(), hours, line.grid);
    }
    Some(terms_of(line, prices.tariff()?.bands()))
}

fn terms_of(line: &PitchLine<'_>, prices: Vec<crate::domain::tariff::PriceBand>) -> Terms {
    Terms {
        sport: line.sport,
        grid: line.grid,
        max_slots: line.max_slots,
        party_max: line.party_max,
        prices,
        cancel: line.cancel.clone(),
    }
}
