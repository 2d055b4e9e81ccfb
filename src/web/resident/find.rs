//! `/find`: what is free where and when, by one form whose every choice stands in the address.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::free_venues::{Search, free_venues};
use super::venue::{DayLink, day_links};
use super::venue_rows::VenueRow;
use crate::api::open_data::OpenData;
use crate::api::open_data::directory::words as search_words;
use crate::api::open_data::near::Near;
use crate::api::open_data::slots::check_day;
use crate::api::open_data::venue_view::clock_text;
use crate::api::query::QueryOf;
use crate::api::written_time::{MinuteOfDay, WrittenDay};
use crate::domain::calendar::local_day;
use crate::domain::catalogue::Venue;
use crate::domain::names::Names;
use crate::domain::time::UtcMillis;
use crate::domain::units::{UNIT_MINUTES, UNITS_PER_DAY};
use crate::engine::world::World;
use crate::web::address::{encoded, with_parameter};
use crate::web::format;
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many venues are shown before one asks for more.
const VENUES: usize = 20;
const TIMES: usize = 4;
/// The longest text that is searched for.
const SEARCH_CHARS_MAX: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub struct FindQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sport: String,
    #[serde(default)]
    district: String,
    date: Option<WrittenDay>,
    #[serde(default)]
    from: String,
    near: Option<Near>,
    #[serde(default)]
    shown: usize,
}

#[derive(Template)]
#[template(path = "resident/find.html")]
struct FindPage {
    shell: Shell,
    q: String,
    near: Option<String>,
    near_address: String,
    date: String,
    sports: Vec<Selectable>,
    districts: Vec<Selectable>,
    times: Vec<Selectable>,
    days: Vec<DayLink>,
    told: String,
    venues: Vec<VenueRow>,
    more_address: Option<String>,
    loosened: Vec<Loosened>,
}

/// A choice of a form.
struct Selectable {
    value: String,
    text: String,
    is_chosen: bool,
}

/// What would be found with one choice less.
struct Loosened {
    text: String,
    address: String,
}

/// The page.
///
/// # Errors
/// `invalid-request` for a day that can't be asked for, or a fault of ours.
pub async fn show(
    State(open_data): State<OpenData>,
    visitor: Visitor,
    QueryOf(query): QueryOf<FindQuery>,
    headers: HeaderMap,
) -> Result<Response, Turned> {
    let world = Arc::clone(&open_data.engine.world());
    let now = open_data.clock.now();
    let today = local_day(world.catalogue.zone(), now);
    if let Some(date) = query.date {
        check_day(&world, "date", date.0, today)?;
    }
    let page = page_of(&open_data, &visitor, &world, &query, now);
    page::public(&visitor, &headers, &page)
}

fn page_of(
    open_data: &OpenData,
    visitor: &Visitor,
    world: &World,
    query: &FindQuery,
    now: UtcMillis,
) -> FindPage {
    let words = visitor.words;
    let catalogue = &world.catalogue;
    let day = query.date.map_or_else(|| local_day(catalogue.zone(), now), |date| date.0);
    let search = search_of(world, query, now);
    let count = |query: &FindQuery| found(open_data, world, query, now).len();
    let all = found(open_data, world, query, now);
    let shown = query.shown.clamp(VENUES, 10 * VENUES);
    let here = address_of(query);
    let option = |value: &str, names: &Names, chosen: &str| Selectable {
        value: value.to_owned(),
        text: format::name(words, names).to_owned(),
        is_chosen: value == chosen,
    };
    let any = |key: &'static str, chosen: &str| Selectable {
        value: String::new(),
        text: words.say(key).into_owned(),
        is_chosen: chosen.is_empty(),
    };
    let hours = (6..23u8).map(|hour| clock_text(hour * 2));
    let told = [("count", all.len().into()), ("day", format::day(words, day).into())];
    FindPage {
        shell: Shell::of(visitor, words.say("nav-find"), Place::Find).with_modules(&[
            "sheet.js",
            "near.js",
            "filters.js",
        ]),
        q: query.q.clone(),
        near: query.near.map(|near| near.to_string()),
        near_address: with_parameter(&here, "near", ""),
        date: day.to_string(),
        sports: std::iter::once(any("any-sport", &query.sport))
            .chain(catalogue.sports().iter().map(|def| option(def.code.as_str(), &def.name, &query.sport)))
            .collect(),
        districts: std::iter::once(any("whole-city", &query.district))
            .chain(
                catalogue.districts().iter().map(|def| option(def.code.as_str(), &def.name, &query.district)),
            )
            .collect(),
        times: std::iter::once(any("any-time", &query.from))
            .chain(hours.map(|time| Selectable {
                text: words.tell("from-time", &[("time", (&time).into())]),
                is_chosen: time == query.from,
                value: time,
            }))
            .collect(),
        days: day_links(words, world, day, |day| with_parameter(&here, "date", &day.to_string())),
        told: words.tell("found", &told),
        more_address: (all.len() > shown)
            .then(|| with_parameter(&here, "shown", &(shown + VENUES).to_string())),
        loosened: if all.is_empty() { loosened(words, query, count) } else { Vec::new() },
        venues: all
            .iter()
            .take(shown)
            .map(|free| VenueRow::of(words, world, &world.clock_of(search.day), free))
            .collect(),
    }
}

fn search_of(world: &World, query: &FindQuery, now: UtcMillis) -> Search {
    let catalogue = &world.catalogue;
    Search {
        day: query.date.map_or_else(|| local_day(catalogue.zone(), now), |date| date.0),
        sport: catalogue.sport_by_code(&query.sport),
        district: catalogue.district_by_code(&query.district),
        units: (from_unit(&query.from), UNITS_PER_DAY),
        near: query.near,
    }
}

/// A time of day that can't be read is none: the form offers whole hours.
fn from_unit(text: &str) -> u8 {
    let minute: Option<MinuteOfDay> = serde_json::from_value(text.into()).ok();
    minute.map_or(0, |minute| u8::try_from(minute.0.div_ceil(UNIT_MINUTES)).unwrap_or(UNITS_PER_DAY))
}

fn found<'a>(
    open_data: &OpenData,
    world: &'a World,
    query: &FindQuery,
    now: UtcMillis,
) -> Vec<super::free_venues::FreeVenue<'a>> {
    let listing = open_data.directory.of(&world.catalogue);
    let text: String = query.q.chars().take(SEARCH_CHARS_MAX).collect();
    let wanted = search_words(&text);
    let is_wanted = |venue: &Venue| listing.entry(venue).is_some_and(|entry| entry.has_all(&wanted));
    free_venues(&open_data.engine, world, &search_of(world, query, now), TIMES, now, is_wanted)
}

/// For each choice that is made: what would be found without it.
fn loosened(
    words: crate::web::i18n::Words,
    query: &FindQuery,
    count: impl Fn(&FindQuery) -> usize,
) -> Vec<Loosened> {
    let without = |change: &dyn Fn(&mut FindQuery)| {
        let mut query = FindQuery {
            q: query.q.clone(),
            sport: query.sport.clone(),
            district: query.district.clone(),
            date: query.date,
            from: query.from.clone(),
            near: query.near,
            shown: 0,
        };
        change(&mut query);
        query
    };
    let mut all = Vec::new();
    let mut offer = |is_chosen: bool, text: std::borrow::Cow<'static, str>, query: FindQuery| {
        let found = if is_chosen { count(&query) } else { 0 };
        if found > 0 {
            let args = [("what", text.into_owned().into()), ("count", found.into())];
            all.push(Loosened { text: words.tell("loosen", &args), address: address_of(&query) });
        }
    };
    offer(!query.from.is_empty(), words.say("any-time"), without(&|query| query.from.clear()));
    offer(!query.district.is_empty(), words.say("whole-city"), without(&|query| query.district.clear()));
    offer(!query.q.is_empty(), words.say("any-name"), without(&|query| query.q.clear()));
    offer(!query.sport.is_empty(), words.say("any-sport"), without(&|query| query.sport.clear()));
    let next = without(&|query| query.date = query.date.map(|date| WrittenDay(date.0.plus_days(1))));
    offer(query.date.is_some(), words.say("next-day"), next);
    all
}

/// The address of a search.
fn address_of(query: &FindQuery) -> String {
    let mut parts = Vec::new();
    for (name, value) in
        [("q", &query.q), ("sport", &query.sport), ("district", &query.district), ("from", &query.from)]
    {
        if !value.is_empty() {
            parts.push(format!("{name}={}", encoded(value)));
        }
    }
    if let Some(date) = query.date {
        parts.push(format!("date={}", date.0));
    }
    if let Some(near) = query.near {
        parts.push(format!("near={}", encoded(&near.to_string())));
    }
    format!("/find?{}", parts.join("&"))
}
