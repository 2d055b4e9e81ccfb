//! `closures.csv`: times in which pitches can't be booked, whatever their hours say. A closure is declared once and stays.

use std::collections::HashMap;

use super::cells::{codes, inside};
use super::cells_of_time::{day, times};
use super::files::File;
use super::plan::{Made, Work};
use super::table::{Row, Table};
use crate::domain::catalogue::{Catalogue, Closure};
use crate::domain::definition::{BookingsInside, ClosureDef};
use crate::domain::event::Event;
use crate::domain::ids::{Code, PitchNo};
use crate::domain::units::UnitMask;

/// The longest reason, as at the API.
const REASON_CHARS_MAX: usize = 200;

/// By what a closure is known in files: its name, or its number where it was given none.
pub(super) fn id_of(number: usize, closure: &Closure) -> String {
    closure.def.code.as_ref().map_or_else(|| format!("closure-{number}"), ToString::to_string)
}

/// The definition of the closure of an id.
fn there(catalogue: &Catalogue, id: &str) -> Option<ClosureDef> {
    let mut all = catalogue.closures().iter().enumerate();
    let (_, closure) = all.find(|(number, closure)| id_of(*number, closure) == id)?;
    Some(closure.def.clone())
}

pub(super) fn closures(work: &mut Work<'_>, table: &Table) {
    let mut seen = HashMap::new();
    for row in table.rows() {
        let code = work.own_id(&row, &mut seen);
        let Some(wanted) = read(work, &row, code) else { continue };
        match wanted.code.as_ref().and_then(|code| there(&work.catalogue, code.as_str())) {
            Some(was) if is_same(&was, &wanted, &row) => work.count(File::Closures, Made::Unchanged),
            Some(_) => {
                let text = "is declared already, and stays as it is: declare another with a new id";
                row.fault("id", text, &mut work.faults);
            }
            None => declare(work, &row, wanted),
        }
    }
}

fn declare(work: &mut Work<'_>, row: &Row<'_>, wanted: ClosureDef) {
    if wanted.bookings == BookingsInside::Cancel && wanted.pitches.iter().all(|pitch| work.stood(*pitch)) {
        let inside = work.standing.as_ref().map(|standing| (standing.bookings_inside)(&wanted));
        work.bookings_refunded += inside.unwrap_or(0);
    }
    match work.catalogue.add_closure(wanted.clone()) {
        Ok(_) => {
            work.push(row, Event::ClosureDeclared(Box::new(wanted)));
            work.count(File::Closures, Made::New);
        }
        Err(invalid) => work.refused(row, "id", &invalid),
    }
}

/// Whether a closure is what its line says, as far as the line says it.
fn is_same(was: &ClosureDef, wanted: &ClosureDef, row: &Row<'_>) -> bool {
    let reason = if row.has("reason") { &wanted.reason } else { &was.reason };
    let units = if row.has("times") { wanted.units } else { was.units };
    let wanted = ClosureDef { code: was.code.clone(), reason: reason.clone(), units, ..wanted.clone() };
    *was == wanted
}

fn read(work: &mut Work<'_>, row: &Row<'_>, code: Option<Code>) -> Option<ClosureDef> {
    let pitches = row.read("pitches", &mut work.faults, codes).and_then(|ids| numbers_of(work, row, &ids));
    let first_day = row.read("first_day", &mut work.faults, day);
    let last_day = row.read("last_day", &mut work.faults, day);
    let units = row.read_or("times", UnitMask::ALL, &mut work.faults, times);
    let bookings = row.read("bookings", &mut work.faults, inside);
    let reason = row.read("reason", &mut work.faults, |_| {
        let reason = row.whole("reason");
        let fits = reason.chars().count() <= REASON_CHARS_MAX;
        fits.then(|| reason.to_owned()).ok_or_else(|| format!("at most {REASON_CHARS_MAX} characters"))
    });
    Some(ClosureDef {
        code: Some(code?),
        pitches: pitches?,
        first_day: first_day?,
        last_day: last_day?,
        units: units?,
        bookings: bookings?,
        reason: reason?,
    })
}

fn numbers_of(work: &mut Work<'_>, row: &Row<'_>, ids: &[Code]) -> Option<Vec<PitchNo>> {
    let mut numbers = Vec::new();
    let mut are_all_there = true;
    for id in ids {
        match work.catalogue.pitch_by_code(id.as_str()).map(|pitch| pitch.no) {
            Some(no) => numbers.push(no),
            None => {
                are_all_there = false;
                if !work.is_faulty(File::Pitches, id.as_str()) {
                    row.fault("pitches", format!("{id} is no pitch of this city"), &mut work.faults);
                }
            }
        }
    }
    are_all_there.then_some(numbers)
}
