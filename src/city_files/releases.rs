//! `releases.csv`, and the column `releases` of `pitches.csv`: what opens for booking when. A release is declared once and stays.

use std::collections::{BTreeSet, HashMap};

use super::cells::{mode, number};
use super::cells_of_time::{day, minute, moment};
use super::city::names_of;
use super::files::File;
use super::pitches::ReleasesNamed;
use super::plan::{Made, Work};
use super::table::{Row, Table};
use crate::domain::catalogue::Catalogue;
use crate::domain::event::Event;
use crate::domain::ids::{Code, PitchNo};
use crate::domain::release::{DAYS_BEFORE_MAX, ReleaseDef, ReleaseMode, ReleaseWhen};
use crate::domain::time::UtcMillis;

pub(super) fn releases(work: &mut Work<'_>, table: Option<&Table>, named: &ReleasesNamed<'_>) {
    check_pitches_of_declared(work, named);
    let mut seen = HashMap::new();
    for row in table.into_iter().flat_map(Table::rows) {
        let code = work.own_id(&row, &mut seen);
        let Some(wanted) = read(work, &row, code, named) else {
            work.note_faulty(File::Releases, row.text("id"));
            continue;
        };
        match work.catalogue.release_by_code(wanted.code.as_str()) {
            Some(was) if is_same(&was.def, &wanted, &row) => work.count(File::Releases, Made::Unchanged),
            Some(_) => {
                let text = "is declared already, and stays as it is: declare another with a new id, which governs \
                            where both do";
                row.fault("id", text, &mut work.faults);
            }
            None => declare(work, &row, wanted),
        }
    }
    check_names(work, named);
}

/// Each release that a pitch names is there.
fn check_names(work: &mut Work<'_>, named: &ReleasesNamed<'_>) {
    for (row, _, codes) in &named.lines {
        for code in codes {
            let is_there = work.catalogue.release_by_code(code.as_str()).is_some();
            if !is_there && !work.is_faulty(File::Releases, code.as_str()) {
                let text = format!("expected ids that stand in releases.csv or in the city, found {code}");
                row.fault("releases", text, &mut work.faults);
            }
        }
    }
}

/// The pitches of a release that is declared stay its pitches, and no others become its.
fn check_pitches_of_declared(work: &mut Work<'_>, named: &ReleasesNamed<'_>) {
    for (row, no, codes) in named.lines.iter().filter(|(row, _, _)| row.has("releases")) {
        for release in work.catalogue.releases().to_vec() {
            let is_its = release.def.pitches.contains(no);
            if is_its != codes.contains(&release.def.code) {
                let (code, is) = (&release.def.code, if is_its { "is" } else { "is not" });
                let text =
                    format!("it {is} of {code}, and that stays: declare another release with a new id");
                row.fault("releases", text, &mut work.faults);
            }
        }
    }
}

fn declare(work: &mut Work<'_>, row: &Row<'_>, wanted: ReleaseDef) {
    if wanted.pitches.is_empty() {
        // What is wrong with its pitches was told at their lines, if anything was.
        if work.faults.is_empty() {
            let text = "no line of pitches.csv names it in its column releases";
            row.fault("id", text, &mut work.faults);
        }
        return;
    }
    match work.catalogue.add_release(wanted.clone(), UtcMillis::new(0)) {
        Ok(_) => {
            work.push(row, Event::ReleaseDeclared(Box::new(wanted)));
            work.count(File::Releases, Made::New);
        }
        Err(invalid) => {
            work.note_faulty(File::Releases, wanted.code.as_str());
            work.refused(row, "id", &invalid);
        }
    }
}

/// Whether a release is what its line says, as far as the line says it. Its pitches are compared at their own lines.
fn is_same(was: &ReleaseDef, wanted: &ReleaseDef, row: &Row<'_>) -> bool {
    let has = |column| row.has(column);
    let wanted = ReleaseDef {
        venue: if has("venue") { wanted.venue } else { was.venue },
        last_day: if has("last_day") { wanted.last_day } else { was.last_day },
        mode: if has("mode") { wanted.mode } else { was.mode },
        limit_per_resident: if has("limit_per_resident") {
            wanted.limit_per_resident
        } else {
            was.limit_per_resident
        },
        counter_share_percent: if has("counter_share_percent") {
            wanted.counter_share_percent
        } else {
            was.counter_share_percent
        },
        pitches: was.pitches.clone(),
        // Its terms don't stand in the file: a lottery is made by the API, with its seed.
        lottery: was.lottery.clone(),
        queue: was.queue.clone(),
        returned: was.returned.clone(),
        who: was.who.clone(),
        ..wanted.clone()
    };
    *was == wanted
}

fn read(
    work: &mut Work<'_>,
    row: &Row<'_>,
    code: Option<Code>,
    named: &ReleasesNamed<'_>,
) -> Option<ReleaseDef> {
    let name = names_of(row, ("name_zh", "name_en"), &mut work.faults);
    let is_of_city = row.text("venue").is_empty();
    let venue = if is_of_city {
        Some(None)
    } else {
        let find = |catalogue: &Catalogue, id: &str| catalogue.venue_by_code(id).map(|venue| venue.no);
        work.named(row, "venue", File::Venues, find).map(Some)
    };
    let first_day = row.read("first_day", &mut work.faults, day);
    let last_day = row.read_or("last_day", None, &mut work.faults, |text| day(text).map(Some));
    if let (Some(first), Some(Some(last))) = (first_day, last_day)
        && last < first
    {
        row.fault("last_day", format!("expected a day from {first} on, found {last}"), &mut work.faults);
    }
    let when = read_when(work, row);
    let faults = &mut work.faults;
    let mode = row.read_or("mode", ReleaseMode::FirstCome, faults, mode);
    let limit = number::<u16>(1, i64::from(u16::MAX));
    let limit = row.read_or("limit_per_resident", None, faults, |text| limit(text).map(Some));
    let share = row.read_or("counter_share_percent", 0, faults, number(0, 100));
    let code = code?;
    let pitches: BTreeSet<PitchNo> =
        named.lines.iter().filter(|(_, _, codes)| codes.contains(&code)).map(|(_, no, _)| *no).collect();
    Some(ReleaseDef {
        code,
        name: name?,
        venue: venue?,
        pitches: pitches.into_iter().collect(),
        first_day: first_day?,
        last_day: last_day?,
        when: when?,
        mode: mode?,
        limit_per_resident: limit?,
        counter_share_percent: share?,
        lottery: None,
        queue: None,
        returned: None,
        who: None,
    })
}

/// A time of day so many days before, or one moment for all days.
fn read_when(work: &mut Work<'_>, row: &Row<'_>) -> Option<ReleaseWhen> {
    if row.text("days_before").is_empty() {
        let zone = work.catalogue.zone().clone();
        return row.read("opens_at", &mut work.faults, |text| {
            let at = moment(&zone, text).ok_or_else(|| {
                "a moment, as 2026-11-30 07:00, or a time of day with the days before the day of play"
                    .to_owned()
            });
            at.map(|at| ReleaseWhen::Once { at })
        });
    }
    let days_before = row.read("days_before", &mut work.faults, number(0, i64::from(DAYS_BEFORE_MAX)));
    let minute = row.read("opens_at", &mut work.faults, minute);
    Some(ReleaseWhen::Daily { days_before: days_before?, minute: minute? })
}
