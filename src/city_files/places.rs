//! `districts.csv`, `sports.csv` and `venues.csv`.

use std::collections::HashMap;

use super::cells::{admission, degrees_e6};
use super::city::names_of;
use super::files::File;
use super::plan::{Made, Work};
use super::table::{Row, Table};
use crate::domain::catalogue::{Catalogue, InvalidDefinition};
use crate::domain::change::{Admission, NameChange, Named, VenueChange};
use crate::domain::definition::{DistrictDef, Location, SportDef, VenueDef};
use crate::domain::event::Event;
use crate::domain::ids::Code;
use crate::domain::names::Names;

pub(super) fn districts(work: &mut Work<'_>, table: &Table) {
    let is_there = |catalogue: &Catalogue, id: &str| catalogue.district_by_code(id).map(Named::District);
    let add = |catalogue: &mut Catalogue, code: Code, name: Names| {
        let def = DistrictDef { code, name };
        catalogue.add_district(def.clone())?;
        Ok(Event::DistrictAdded(Box::new(def)))
    };
    named(work, table, File::Districts, is_there, add);
}

pub(super) fn sports(work: &mut Work<'_>, table: &Table) {
    let is_there = |catalogue: &Catalogue, id: &str| catalogue.sport_by_code(id).map(Named::Sport);
    let add = |catalogue: &mut Catalogue, code: Code, name: Names| {
        let def = SportDef { code, name };
        catalogue.add_sport(def.clone())?;
        Ok(Event::SportAdded(Box::new(def)))
    };
    named(work, table, File::Sports, is_there, add);
}

/// The sports that a new city has without a file of them.
pub(super) fn default_sports(work: &mut Work<'_>, sports: &[SportDef]) {
    for def in sports {
        if work.catalogue.add_sport(def.clone()).is_ok() {
            work.events.push(Event::SportAdded(Box::new(def.clone())));
        }
    }
}

/// What has an id and a name and nothing else. It is added once, and called as its line says.
fn named(
    work: &mut Work<'_>,
    table: &Table,
    file: File,
    is_there: impl Fn(&Catalogue, &str) -> Option<Named>,
    add: impl Fn(&mut Catalogue, Code, Names) -> Result<Event, InvalidDefinition>,
) {
    let mut seen = HashMap::new();
    for row in table.rows() {
        let code = work.own_id(&row, &mut seen);
        let name = names_of(&row, ("name_zh", "name_en"), &mut work.faults);
        let (Some(code), Some(name)) = (code, name) else {
            work.note_faulty(file, row.text("id"));
            continue;
        };
        match is_there(&work.catalogue, code.as_str()) {
            Some(of) if work.catalogue.name_of(of).is_ok_and(|(_, was)| *was == name) => {
                work.count(file, Made::Unchanged);
            }
            Some(of) => {
                let change = NameChange { of, name };
                match work.catalogue.change_name(&change) {
                    Ok(()) => {
                        work.events.push(Event::NameChanged(Box::new(change)));
                        work.count(file, Made::Changed);
                    }
                    Err(invalid) => work.refused(&row, "id", &invalid),
                }
            }
            None => match add(&mut work.catalogue, code, name) {
                Ok(event) => {
                    work.events.push(event);
                    work.count(file, Made::New);
                }
                Err(invalid) => {
                    work.note_faulty(file, row.text("id"));
                    work.refused(&row, "id", &invalid);
                }
            },
        }
    }
}

pub(super) fn venues(work: &mut Work<'_>, table: &Table) {
    let mut seen = HashMap::new();
    for row in table.rows() {
        let code = work.own_id(&row, &mut seen);
        let Some(wanted) = read_venue(work, &row, code) else {
            work.note_faulty(File::Venues, row.text("id"));
            continue;
        };
        match work.catalogue.venue_by_code(wanted.code.as_str()).is_some() {
            true => change(work, &row, &wanted),
            false => match work.catalogue.add_venue(wanted.clone()) {
                Ok(_) => {
                    work.events.push(Event::VenueAdded(Box::new(wanted)));
                    work.count(File::Venues, Made::New);
                }
                Err(invalid) => work.refused(&row, "id", &invalid),
            },
        }
    }
}

fn read_venue(work: &mut Work<'_>, row: &Row<'_>, code: Option<Code>) -> Option<VenueDef> {
    let name = names_of(row, ("name_zh", "name_en"), &mut work.faults);
    let district = work.named(row, "district", File::Districts, Catalogue::district_by_code);
    let address = names_of(row, ("address_zh", "address_en"), &mut work.faults);
    let latitude = row.read("latitude", &mut work.faults, degrees_e6(90));
    let longitude = row.read("longitude", &mut work.faults, degrees_e6(180));
    let admission = row.read_or("admission", Admission::Open, &mut work.faults, admission);
    Some(VenueDef {
        code: code?,
        name: name?,
        district: district?,
        address: address?,
        location: Location { latitude_e6: latitude?, longitude_e6: longitude? },
        admission: admission?,
    })
}

/// Changes a venue that is there to what its line says.
fn change(work: &mut Work<'_>, row: &Row<'_>, wanted: &VenueDef) {
    let Some(venue) = work.catalogue.venue_by_code(wanted.code.as_str()) else { return };
    let was = &venue.def;
    let change = VenueChange {
        name: (was.name != wanted.name).then(|| wanted.name.clone()),
        address: (was.address != wanted.address).then(|| wanted.address.clone()),
        district: (was.district != wanted.district).then_some(wanted.district),
        location: (was.location != wanted.location).then_some(wanted.location),
        admission: (row.has("admission") && venue.admission != wanted.admission).then_some(wanted.admission),
        ..VenueChange::of(venue.no)
    };
    if change == VenueChange::of(venue.no) {
        return work.count(File::Venues, Made::Unchanged);
    }
    match work.catalogue.change_venue(&change) {
        Ok(()) => {
            work.events.push(Event::VenueChanged(Box::new(change)));
            work.count(File::Venues, Made::Changed);
        }
        Err(invalid) => work.refused(row, "id", &invalid),
    }
}
