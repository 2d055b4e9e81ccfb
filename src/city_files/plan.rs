//! What files come to: the events that make a city what they say, in the order in which a catalogue takes them.
//!
//! The plan is made on a copy of the catalogue, which is changed as the events will change it: what is judged is what will be
//! there. What a faulty line would have made is remembered by its id, so that one slip is told once and not by every line that
//! speaks of it.

use std::collections::{HashMap, HashSet};

use super::faults::{Fault, Faults};
use super::files::{File, Sources};
use super::hours::HoursOfAll;
use super::prices::PricesOfAll;
use super::table::{Row, Table};
use super::{city, closures, holidays, pitches, places, releases};
use crate::domain::catalogue::Catalogue;
use crate::domain::definition::{CityDef, ClosureDef, SportDef};
use crate::domain::event::Event;
use crate::domain::ids::{Code, PitchNo};

/// The longest event, as it is kept: a journal has to take it with who did it.
pub const EVENT_BYTES_MAX: usize = 60_000;

/// What a new city has where no file says so.
#[derive(Debug, Clone)]
pub struct Defaults {
    pub city: CityDef,
    pub sports: Vec<SportDef>,
}

/// A city that is there already.
pub struct Standing<'a> {
    pub catalogue: &'a Catalogue,
    /// How many live bookings and holds lie inside a closure.
    pub bookings_inside: &'a dyn Fn(&ClosureDef) -> usize,
}

/// What the files are for.
pub enum Target<'a> {
    New(Box<Defaults>),
    Standing(Standing<'a>),
}

/// How many things of a file are new, become something else, and stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
}

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    pub events: Vec<Event>,
    /// By file, of those that there are.
    pub counts: Vec<(File, Counts)>,
    /// How many bookings are given back because of new closures.
    pub bookings_refunded: usize,
}

/// What a file's line made, for the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    New,
    Changed,
    Unchanged,
}

/// The plan in the making.
pub(super) struct Work<'a> {
    pub(super) catalogue: Catalogue,
    pub(super) standing: Option<Standing<'a>>,
    pub(super) events: Vec<Event>,
    pub(super) faults: Faults,
    /// Ids that stand in faulty lines, in small letters: an id in capitals is the slip itself.
    pub(super) faulty: HashMap<File, HashSet<String>>,
    pub(super) bookings_refunded: usize,
    counts: Vec<(File, Counts)>,
}

/// Makes the plan of all files.
///
/// # Errors
/// Everything that is wrong with them.
pub fn plan(sources: &Sources, target: Target<'_>) -> Result<Plan, Faults> {
    let mut faults = Faults::default();
    let mut tables = HashMap::new();
    for file in File::ALL {
        if let Some(table) = sources.of(file).and_then(|bytes| Table::read(file, bytes, &mut faults)) {
            tables.insert(file, table);
        }
    }
    let table = |file| tables.get(&file);
    let is_new = matches!(target, Target::New(_));
    let (catalogue, defaults, standing) = match target {
        Target::New(defaults) => {
            let def = city::new_city(table(File::City), &defaults.city, &mut faults);
            let Some(catalogue) = city::found(def, &defaults.city) else {
                faults.add(Fault::of_file(File::City, "no city can be founded by what it says"));
                return Err(faults);
            };
            (catalogue, Some(defaults), None)
        }
        Target::Standing(standing) => (standing.catalogue.clone(), None, Some(standing)),
    };
    let mut work = Work {
        catalogue,
        standing,
        events: Vec::new(),
        faults,
        faulty: HashMap::new(),
        bookings_refunded: 0,
        counts: File::ALL
            .into_iter()
            .filter(|file| tables.contains_key(file))
            .map(|file| (file, Counts::default()))
            .collect(),
    };
    if !is_new && let Some(table) = table(File::City) {
        city::compare(&mut work, table);
    }
    if let Some(table) = table(File::Districts) {
        places::districts(&mut work, table);
    }
    match (table(File::Sports), &defaults) {
        (Some(table), _) => places::sports(&mut work, table),
        (None, Some(defaults)) if sources.of(File::Sports).is_none() => {
            places::default_sports(&mut work, &defaults.sports);
        }
        (None, _) => {}
    }
    if let Some(table) = table(File::Venues) {
        places::venues(&mut work, table);
    }
    let hours = HoursOfAll::read(&mut work, table(File::Hours));
    let prices = PricesOfAll::read(&mut work, table(File::Prices));
    let named = pitches::pitches(&mut work, table(File::Pitches), &hours, &prices);
    if let Some(table) = table(File::Holidays) {
        holidays::holidays(&mut work, table);
    }
    if let Some(table) = table(File::Closures) {
        closures::closures(&mut work, table);
    }
    releases::releases(&mut work, table(File::Releases), &named);
    if let Some(defaults) = defaults {
        city::found_first(&mut work, table(File::Quotas), sources, &defaults);
    } else if let Some(table) = table(File::Quotas) {
        city::compare_quotas(&mut work, table);
    }
    work.finish()
}

impl Work<'_> {
    fn finish(mut self) -> Result<Plan, Faults> {
        if !self.faults.is_empty() {
            self.faults.sort();
            return Err(self.faults);
        }
        Ok(Plan { events: self.events, counts: self.counts, bookings_refunded: self.bookings_refunded })
    }

    /// Adds an event that a line comes to, unless it is longer than any may be.
    pub(super) fn push(&mut self, row: &Row<'_>, event: Event) {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        if bytes.len() > EVENT_BYTES_MAX {
            let text =
                "is more than can be kept of one thing: give it fewer or shorter parts, prices or pitches";
            row.fault("id", text, &mut self.faults);
        }
        self.events.push(event);
    }

    pub(super) fn count(&mut self, file: File, made: Made) {
        let Some((_, counts)) = self.counts.iter_mut().find(|(counted, _)| *counted == file) else { return };
        match made {
            Made::New => counts.new += 1,
            Made::Changed => counts.changed += 1,
            Made::Unchanged => counts.unchanged += 1,
        }
    }

    /// A line's id, which no other line of the file may have.
    pub(super) fn own_id(&mut self, row: &Row<'_>, seen: &mut HashMap<String, u64>) -> Option<Code> {
        let id = row.read("id", &mut self.faults, super::cells::code)?;
        match seen.insert(id.as_str().to_owned(), row.line) {
            Some(before) => {
                row.fault("id", format!("{id} stands in line {before} already"), &mut self.faults);
                None
            }
            None => Some(id),
        }
    }

    /// Notes that a line with this id is faulty.
    pub(super) fn note_faulty(&mut self, file: File, id: &str) {
        self.faulty.entry(file).or_default().insert(id.to_lowercase());
    }

    pub(super) fn is_faulty(&self, file: File, id: &str) -> bool {
        self.faulty.get(&file).is_some_and(|ids| ids.contains(&id.to_lowercase()))
    }

    /// The thing that a cell names by its id. One that stands in a faulty line is not told again.
    pub(super) fn named<N>(
        &mut self,
        row: &Row<'_>,
        column: &str,
        file: File,
        find: impl Fn(&Catalogue, &str) -> Option<N>,
    ) -> Option<N> {
        let id = row.text(column);
        let found = find(&self.catalogue, id);
        if found.is_none() && !self.is_faulty(file, id) {
            let expected = format!("an id that stands in {} or in the city", file.name());
            return row.read(column, &mut self.faults, |_| Err(expected));
        }
        found
    }

    /// How many live bookings and holds a pitch has, its parts or its whole included.
    pub(super) fn live_bookings(&self, pitch: PitchNo) -> usize {
        self.standing
            .as_ref()
            .map_or(0, |standing| (standing.bookings_inside)(&super::pitch_changes::everything_of(pitch)))
    }

    /// Whether something of this number was in the city before.
    pub(super) fn stood(&self, pitch: PitchNo) -> bool {
        self.standing.as_ref().is_some_and(|standing| standing.catalogue.pitch(pitch).is_some())
    }

    /// A catalogue's own refusal, at a column.
    pub(super) fn refused(&mut self, row: &Row<'_>, column: &str, why: &impl std::fmt::Display) {
        row.fault(column, why.to_string(), &mut self.faults);
    }
}
