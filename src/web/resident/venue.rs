//! `/venues/{venue}`: what a venue is, and its day in one sport, live.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::grid_day::GridDay;
use super::grid_view::{GridView, grid_view};
use super::links;
use crate::api::extract::PathText;
use crate::api::open_data::OpenData;
use crate::api::open_data::near::degrees;
use crate::api::open_data::slots::check_day;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::written_time::WrittenDay;
use crate::domain::calendar::local_day;
use crate::domain::catalogue::{Pitch, Venue};
use crate::domain::ids::SportNo;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct VenueQuery {
    sport: Option<String>,
    date: Option<WrittenDay>,
    #[serde(default)]
    view: View,
}

/// Which form of the day is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// What fits the screen: times on a phone, the table where there is room.
    #[default]
    Fitting,
    Times,
    All,
}

impl View {
    /// As styles know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fitting => "fitting",
            Self::Times => "times",
            Self::All => "all",
        }
    }
}

#[derive(Template)]
#[template(path = "resident/venue.html")]
pub struct VenuePage {
    pub shell: Shell,
    address: String,
    district: String,
    map: String,
    sports: Vec<ChipLink>,
    days: Vec<DayLink>,
    grid: GridView,
    rules: Vec<String>,
}

/// A choice that is a link.
pub struct ChipLink {
    pub text: String,
    pub address: String,
    pub is_current: bool,
}

/// A day to choose.
pub struct DayLink {
    pub weekday: String,
    pub day: String,
    pub address: String,
    pub is_current: bool,
}

/// The page.
///
/// # Errors
/// `not-found`, `invalid-request`, or a fault of ours.
pub async fn show(
    State(open_data): State<OpenData>,
    visitor: Visitor,
    QueryOf(query): QueryOf<VenueQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Turned> {
    let world = Arc::clone(&open_data.engine.world());
    let venue = world.catalogue.venue_by_code(&code).ok_or(Problem::NotFound)?;
    let sports = sports_of(&open_data, &world, venue);
    let sport = match &query.sport {
        Some(code) => world.catalogue.sport_by_code(code).filter(|sport| sports.contains(sport)),
        None => sports.first().copied(),
    };
    let sport = sport.ok_or(Problem::NotFound)?;
    let now = open_data.clock.now();
    let today = local_day(world.catalogue.zone(), now);
    let day = query.date.map_or(today, |date| date.0);
    check_day(&world, "date", day, today)?;
    let page = page_of(&open_data, &visitor, &world, venue, (sport, &sports), day, query.view, now);
    page::public(&visitor, &headers, &page)
}

/// The page of a venue's day: all that is decided by now and nothing that is asked for.
#[expect(clippy::too_many_arguments, reason = "what a day of a venue depends on")]
#[must_use]
pub fn page_of(
    open_data: &OpenData,
    visitor: &Visitor,
    world: &World,
    venue: &Venue,
    (sport, sports): (SportNo, &[SportNo]),
    day: LocalDay,
    view: View,
    now: UtcMillis,
) -> VenuePage {
    let words = visitor.words;
    let catalogue = &world.catalogue;
    let venue_code = venue.def.code.as_str();
    let sport_code = |no: SportNo| catalogue.sport(no).map_or("", |sport| sport.code.as_str());
    let grid = GridDay::of(&open_data.engine, world, venue, sport, day, visitor.resident_if_any(), now);
    let chips = sports.iter().filter_map(|no| catalogue.sport(*no).map(|sport| (*no, sport)));
    let others = chips.clone().filter(|(no, _)| *no != sport);
    let (latitude, longitude) = degrees(venue.def.location);
    VenuePage {
        shell: Shell::of(visitor, format::name(words, &venue.def.name), Place::Find)
            .with_modules(&["live.js", "keys.js", "sheet.js"]),
        address: format::name(words, &venue.def.address).to_owned(),
        district: catalogue
            .district(venue.def.district)
            .map_or_else(String::new, |district| format::name(words, &district.name).to_owned()),
        map: format!("geo:{latitude:.6},{longitude:.6}"),
        sports: chips
            // The one that is looked at stands where it is seen.
            .filter(|(no, _)| *no == sport)
            .chain(others)
            .map(|(no, def)| ChipLink {
                text: format::name(words, &def.name).to_owned(),
                address: links::venue_day(venue_code, def.code.as_str(), day),
                is_current: no == sport,
            })
            .collect(),
        days: day_links(words, world, day, |day| links::venue_day(venue_code, sport_code(sport), day)),
        rules: rules_of(words, &grid.columns),
        grid: grid_view(open_data, words, world, venue, sport_code(sport), day, view, &grid),
    }
}

/// The sports of a venue, in the city's order.
#[must_use]
pub fn sports_of(open_data: &OpenData, world: &World, venue: &Venue) -> Vec<SportNo> {
    let listing = open_data.directory.of(&world.catalogue);
    listing.entry(venue).map(|entry| entry.sports.clone()).unwrap_or_default()
}

/// The days that can be booked, as links.
pub fn day_links(
    words: Words,
    world: &World,
    current: LocalDay,
    address: impl Fn(LocalDay) -> String,
) -> Vec<DayLink> {
    let link = |day: LocalDay| DayLink {
        weekday: format::weekday(words, day),
        day: format::day_of_month(day),
        address: address(day),
        is_current: day == current,
    };
    world.days.iter().map(|clock| link(clock.day)).collect()
}

/// The rules of cancelling of these pitches, each once.
fn rules_of(words: Words, pitches: &[&Pitch]) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for pitch in pitches {
        for step in pitch.cancel.steps() {
            let before = format::minutes(words, step.minutes_before);
            let args = [("before", before.into()), ("percent", i64::from(step.percent).into())];
            let told = words.tell("refund-step", &args);
            if !rules.contains(&told) {
                rules.push(told);
            }
        }
    }
    if rules.is_empty() {
        rules.push(words.say("refund-never").into_owned());
    }
    rules
}
