//! `city.csv` and `quotas.csv`: what a city is founded with, and what stays so.

use std::collections::HashMap;

use super::cells::{ScopeName, code, measure, name, number, scope, window};
use super::faults::{Fault, Faults};
use super::files::{File, Sources};
use super::plan::{Defaults, Made, Work};
use super::table::{Row, Table};
use crate::domain::catalogue::{Catalogue, DAYS_AHEAD_MAX};
use crate::domain::definition::{CityDef, hold_minutes};
use crate::domain::event::Event;
use crate::domain::money::Currency;
use crate::domain::names::Names;
use crate::domain::policy::{QuotaRule, QuotaScope};

/// The definition that `city.csv` makes, without quotas, or the default where there is no file or nothing of it can be read.
pub(super) fn new_city(table: Option<&Table>, default: &CityDef, faults: &mut Faults) -> CityDef {
    let default = CityDef { quotas: Vec::new(), ..default.clone() };
    let Some(table) = table else { return default };
    one_row(table, faults).and_then(|row| read(&row, faults)).unwrap_or(default)
}

/// The catalogue of the definition, or of the default where the definition is faulty, so that the other files are judged too.
pub(super) fn found(def: CityDef, default: &CityDef) -> Option<Catalogue> {
    let default = CityDef { quotas: Vec::new(), ..default.clone() };
    Catalogue::found(def).or_else(|_| Catalogue::found(default)).ok()
}

fn one_row<'a>(table: &'a Table, faults: &mut Faults) -> Option<Row<'a>> {
    let mut rows = table.rows();
    let row = rows.next();
    if row.is_none() {
        faults.add(Fault::of_file(File::City, "has no line below its columns: a city has one"));
    }
    if let Some(second) = rows.next() {
        faults.add(Fault::of_line(File::City, second.line, "is a second city: there is one"));
    }
    row
}

fn read(row: &Row<'_>, faults: &mut Faults) -> Option<CityDef> {
    let zh_hans = name_of(row, "name_zh", faults);
    let en = name_of(row, "name_en", faults);
    let timezone = row.read("timezone", faults, |text| {
        // UTC and offsets have no place of their own in the city's calendar, but stand in the database as well.
        jiff::tz::TimeZone::get(text)
            .map(|_| text.to_owned())
            .map_err(|_| "a time zone of the IANA database, as Asia/Shanghai".to_owned())
    });
    let currency = row.read("currency", faults, |text| {
        Currency::new(text).map_err(|_| "a currency by its three capital letters, as CNY".to_owned())
    });
    let days_ahead = row.read("days_ahead", faults, number(1, i64::from(DAYS_AHEAD_MAX)));
    let hold_minutes = row.read_or("hold_minutes", hold_minutes(), faults, number(0, i64::from(u16::MAX)));
    Some(CityDef {
        name: Names { zh_hans: zh_hans?, en: en? },
        timezone: timezone?,
        currency: currency?,
        days_ahead: days_ahead?,
        hold_minutes: hold_minutes?,
        quotas: Vec::new(),
    })
}

/// A name, with the spaces around it.
pub(super) fn name_of(row: &Row<'_>, column: &str, faults: &mut Faults) -> Option<String> {
    row.read(column, faults, |_| name(row.whole(column)))
}

/// A name in both languages.
pub(super) fn names_of(row: &Row<'_>, columns: (&str, &str), faults: &mut Faults) -> Option<Names> {
    let (zh_hans, en) = (name_of(row, columns.0, faults), name_of(row, columns.1, faults));
    Some(Names { zh_hans: zh_hans?, en: en? })
}

/// A city that is there stays what it was founded as.
pub(super) fn compare(work: &mut Work<'_>, table: &Table) {
    let Some(row) = one_row(table, &mut work.faults) else { return };
    let Some(wanted) = read(&row, &mut work.faults) else { return };
    let was = work.catalogue.city().clone();
    let mut is_same = true;
    let mut stays = |column: &str, is_equal: bool, was: &dyn std::fmt::Display| {
        if !is_equal {
            is_same = false;
            row.fault(column, format!("stays {was} for ever: a city is founded with it"), &mut work.faults);
        }
    };
    stays("name_zh", wanted.name.zh_hans == was.name.zh_hans, &was.name.zh_hans);
    stays("name_en", wanted.name.en == was.name.en, &was.name.en);
    stays("timezone", wanted.timezone == was.timezone, &was.timezone);
    stays("currency", wanted.currency == was.currency, &was.currency);
    stays("days_ahead", wanted.days_ahead == was.days_ahead, &was.days_ahead);
    let is_equal = !row.has("hold_minutes") || wanted.hold_minutes == was.hold_minutes;
    stays("hold_minutes", is_equal, &was.hold_minutes);
    if is_same {
        work.count(File::City, Made::Unchanged);
    }
}

/// Puts the founding of the city before all other events: its quotas speak of venues and sports that are known by now.
pub(super) fn found_first(
    work: &mut Work<'_>,
    quotas: Option<&Table>,
    sources: &Sources,
    defaults: &Defaults,
) {
    let quotas = match quotas {
        Some(table) => read_quotas(work, table),
        None if sources.of(File::Quotas).is_none() => defaults.city.quotas.clone(),
        None => Vec::new(),
    };
    let def = CityDef { quotas, ..work.catalogue.city().clone() };
    if let Err(invalid) = Catalogue::found(def.clone()) {
        work.faults.add(Fault::of_file(File::Quotas, invalid.to_string()));
    }
    work.count(File::City, Made::New);
    work.events.insert(0, Event::CityFounded(Box::new(def)));
}

fn read_quotas(work: &mut Work<'_>, table: &Table) -> Vec<QuotaRule> {
    let mut seen = HashMap::new();
    let mut rules = Vec::new();
    for row in table.rows() {
        if let Some(rule) = read_quota(work, &row, &mut seen) {
            rules.push(rule);
            work.count(File::Quotas, Made::New);
        }
    }
    rules
}

fn read_quota(work: &mut Work<'_>, row: &Row<'_>, seen: &mut HashMap<String, u64>) -> Option<QuotaRule> {
    let name = work.own_id(row, seen);
    let scope = row.read("scope", &mut work.faults, scope).and_then(|scope| read_scope(work, row, scope));
    let measure = row.read("measure", &mut work.faults, measure);
    let window = row.read("window", &mut work.faults, window);
    let limit = row.read("limit", &mut work.faults, number(1, i64::from(u32::MAX)));
    Some(QuotaRule { name: name?, scope: scope?, measure: measure?, window: window?, limit: limit? })
}

/// A scope of one venue or one sport names it; others name none.
fn read_scope(work: &mut Work<'_>, row: &Row<'_>, scope: ScopeName) -> Option<QuotaScope> {
    let (of_venue, of_sport) = (scope == ScopeName::Venue, scope == ScopeName::Sport);
    let mut is_good = true;
    for (column, is_wanted) in [("venue", of_venue), ("sport", of_sport)] {
        if !is_wanted && !row.text(column).is_empty() {
            row.fault(column, "stands only where the scope is one of these", &mut work.faults);
            is_good = false;
        }
        if is_wanted {
            is_good &= row.read(column, &mut work.faults, code).is_some();
        }
    }
    if !is_good {
        return None;
    }
    Some(match scope {
        ScopeName::City => QuotaScope::City,
        ScopeName::EachVenue => QuotaScope::EachVenue,
        ScopeName::EachSport => QuotaScope::EachSport,
        ScopeName::Venue => QuotaScope::Venue(work.named(row, "venue", File::Venues, |catalogue, id| {
            catalogue.venue_by_code(id).map(|venue| venue.no)
        })?),
        ScopeName::Sport => {
            QuotaScope::Sport(work.named(row, "sport", File::Sports, Catalogue::sport_by_code)?)
        }
    })
}

/// The quotas of a city that is there stay as they are.
pub(super) fn compare_quotas(work: &mut Work<'_>, table: &Table) {
    let was = work.catalogue.city().quotas.clone();
    let mut seen = HashMap::new();
    for row in table.rows() {
        let Some(wanted) = read_quota(work, &row, &mut seen) else { continue };
        if was.contains(&wanted) {
            work.count(File::Quotas, Made::Unchanged);
        } else {
            let text = "quotas stay what the city was founded with: neither changed nor added";
            row.fault("id", text, &mut work.faults);
        }
    }
}
