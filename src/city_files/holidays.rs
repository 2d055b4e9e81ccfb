//! `holidays.csv`: days that go by the hours and prices of another kind of day, in the whole city or at one venue. Days that it
//! doesn't name stay as they are.

use std::collections::{BTreeMap, HashMap};

use super::cells_of_time::{day, day_kind};
use super::files::File;
use super::plan::{Made, Work};
use super::table::Table;
use crate::domain::change::{VenueChange, VenueDay};
use crate::domain::definition::SpecialDay;
use crate::domain::event::Event;
use crate::domain::hours::DayKind;
use crate::domain::ids::VenueNo;
use crate::domain::time::LocalDay;

/// Where a venue goes by the city's calendar again.
const AS_THE_CITY: &str = "city";
/// How many days an event names, as for those who set them by the API.
const DAYS_MAX: usize = 400;

pub(super) fn holidays(work: &mut Work<'_>, table: &Table) {
    let mut seen: HashMap<(Option<VenueNo>, LocalDay), u64> = HashMap::new();
    let mut of_city = Vec::new();
    let mut of_venues: BTreeMap<VenueNo, Vec<VenueDay>> = BTreeMap::new();
    let in_city: BTreeMap<LocalDay, DayKind> =
        work.catalogue.special_days().into_iter().map(|special| (special.day, special.goes_by)).collect();
    for row in table.rows() {
        let day = row.read("date", &mut work.faults, day);
        let is_of_city = row.text("venue").is_empty();
        let venue = if is_of_city {
            None
        } else {
            work.named(&row, "venue", File::Venues, |catalogue, id| {
                catalogue.venue_by_code(id).map(|venue| venue.no)
            })
        };
        let goes_by = row.read("goes_by", &mut work.faults, |text| {
            if !is_of_city && text.eq_ignore_ascii_case(AS_THE_CITY) {
                return Ok(None);
            }
            let or_city = if is_of_city { "" } else { ", or city for what it is in the city" };
            day_kind(text).map(Some).map_err(|expected| expected + or_city)
        });
        let (Some(day), Some(goes_by)) = (day, goes_by) else { continue };
        if !is_of_city && venue.is_none() {
            continue;
        }
        if let Some(before) = seen.insert((venue, day), row.line) {
            row.fault("date", format!("{day} stands in line {before} already"), &mut work.faults);
            continue;
        }
        let was = match venue {
            None => in_city.get(&day).copied(),
            Some(no) => work.catalogue.venue(no).and_then(|venue| venue.special_day(day)),
        };
        if was == goes_by {
            work.count(File::Holidays, Made::Unchanged);
            continue;
        }
        work.count(File::Holidays, if was.is_none() { Made::New } else { Made::Changed });
        match (venue, goes_by) {
            (Some(venue), goes_by) => of_venues.entry(venue).or_default().push(VenueDay { day, goes_by }),
            (None, Some(goes_by)) => of_city.push(SpecialDay { day, goes_by }),
            // A day of the city's always goes by some kind.
            (None, None) => {}
        }
    }
    for days in of_city.chunks(DAYS_MAX) {
        work.catalogue.set_special_days(days);
        work.events.push(Event::SpecialDaysSet(days.to_vec()));
    }
    for (venue, days) in of_venues {
        for days in days.chunks(DAYS_MAX) {
            let change = VenueChange { special_days: days.to_vec(), ..VenueChange::of(venue) };
            if work.catalogue.change_venue(&change).is_ok() {
                work.events.push(Event::VenueChanged(Box::new(change)));
            }
        }
    }
}
