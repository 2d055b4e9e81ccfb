//! `/`: what one comes for: the next booking with its ticket, what is free tonight, what opens next.
//!
//! Sport and district are the last booking's where nothing is chosen, so that the usual evening is one tap away. Where nothing is free
//! tonight, tomorrow evening is shown, and other districts.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::booking_card::BookingCard;
use super::free_venues::{FreeVenue, Search, free_venues};
use super::releases::{ReleaseCard, next_releases};
use super::venue::ChipLink;
use super::venue_rows::VenueRow;
use crate::api::open_data::OpenData;
use crate::api::open_data::near::Near;
use crate::api::query::QueryOf;
use crate::api::resident::{Desk, Residents};
use crate::domain::calendar::local_day;
use crate::domain::ids::{DistrictNo, SportNo};
use crate::domain::time::UtcMillis;
use crate::domain::units::UNITS_PER_DAY;
use crate::engine::world::World;
use crate::web::address::encoded;
use crate::web::format;
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// From when on it is evening, in half hours.
const EVENING_FROM: u8 = 36;
const VENUES: usize = 8;
const TIMES: usize = 3;
const RELEASES: usize = 3;
/// Which sport stands first where nobody has said anything.
const USUAL_SPORT: &str = "badminton";

#[derive(Debug, Default, Deserialize)]
pub struct HomeQuery {
    sport: Option<String>,
    district: Option<String>,
    near: Option<Near>,
}

#[derive(Template)]
#[template(path = "resident/home.html")]
struct HomePage {
    shell: Shell,
    next: Option<BookingCard>,
    sports: Vec<ChipLink>,
    districts: Vec<ChipLink>,
    sport: String,
    heading: String,
    near_address: String,
    is_elsewhere: bool,
    venues: Vec<VenueRow>,
    more_address: String,
    releases: Vec<ReleaseCard>,
}

/// The page.
///
/// # Errors
/// A fault of ours.
pub async fn show(
    State(open_data): State<OpenData>,
    State(state): State<Residents>,
    visitor: Visitor,
    QueryOf(query): QueryOf<HomeQuery>,
    headers: HeaderMap,
) -> Result<Response, Turned> {
    let world = Arc::clone(&open_data.engine.world());
    let page = page_of(&state.desk, &visitor, &world, &query, state.desk.clock.now());
    page::public(&visitor, &headers, &page)
}

fn page_of(desk: &Desk, visitor: &Visitor, world: &World, query: &HomeQuery, now: UtcMillis) -> HomePage {
    let words = visitor.words;
    let catalogue = &world.catalogue;
    let (last_sport, last_district) = last_choice(desk, visitor, world);
    let asked_sport = query.sport.as_deref().and_then(|code| catalogue.sport_by_code(code));
    let usual = || catalogue.sport_by_code(USUAL_SPORT).or_else(|| Some(SportNo::new(0)));
    let sport = asked_sport.or(last_sport).or_else(usual);
    let asked_district = query.district.as_deref().and_then(|code| catalogue.district_by_code(code));
    let is_asked = query.district.is_some() || query.near.is_some();
    let district = asked_district.or(last_district.filter(|_| !is_asked));
    let evening = tonight(desk, world, sport, district, query.near, now);
    let sport_def = sport.and_then(|no| catalogue.sport(no));
    let sport_code = sport_def.map_or("", |sport| sport.code.as_str());
    let district_code = district.and_then(|no| catalogue.district(no)).map_or("", |one| one.code.as_str());
    let near = query.near.map(|near| encoded(&near.to_string()));
    let address = |sport: &str, district: &str| {
        let district = if district.is_empty() { String::new() } else { format!("&district={district}") };
        let near = near.as_ref().map_or_else(String::new, |near| format!("&near={near}"));
        format!("/?sport={sport}{district}{near}")
    };
    let day = format::day(words, evening.search.day);
    HomePage {
        shell: Shell::of(visitor, words.say("nav-home"), Place::Home).with_modules(&["sheet.js", "near.js"]),
        next: next_booking(desk, visitor, world, now),
        sports: sports_first(world, sport)
            .into_iter()
            .filter_map(|no| catalogue.sport(no).map(|def| (no, def)))
            .map(|(no, def)| ChipLink {
                text: format::name(words, &def.name).to_owned(),
                address: address(def.code.as_str(), district_code),
                is_current: Some(no) == sport,
            })
            .collect(),
        districts: std::iter::once(ChipLink {
            text: words.say("whole-city").into_owned(),
            address: format!("/?sport={sport_code}&district="),
            is_current: district.is_none() && query.near.is_none(),
        })
        .chain(catalogue.districts().iter().map(|def| ChipLink {
            text: format::name(words, &def.name).to_owned(),
            address: format!("/?sport={sport_code}&district={}", def.code.as_str()),
            is_current: def.code.as_str() == district_code,
        }))
        .collect(),
        sport: sport_def.map_or_else(String::new, |def| format::name(words, &def.name).to_owned()),
        heading: if evening.is_today {
            words.say("free-tonight").into_owned()
        } else {
            words.tell("free-on", &[("day", day.into())])
        },
        near_address: format!("/?sport={sport_code}&near="),
        is_elsewhere: evening.search.district != district,
        more_address: format!(
            "/find?sport={sport_code}&district={district_code}&date={}&from=18:00",
            evening.search.day
        ),
        venues: evening
            .found
            .iter()
            .take(VENUES)
            .map(|free| VenueRow::of(words, world, &world.clock_of(evening.search.day), free))
            .collect(),
        releases: next_releases(words, world, now, RELEASES),
    }
}

/// What is free in an evening.
struct Evening<'a> {
    search: Search,
    is_today: bool,
    found: Vec<FreeVenue<'a>>,
}

/// Tonight in the district, else in the whole city; else the first evening after, in the same order.
fn tonight<'a>(
    desk: &Desk,
    world: &'a World,
    sport: Option<SportNo>,
    district: Option<DistrictNo>,
    near: Option<Near>,
    now: UtcMillis,
) -> Evening<'a> {
    let today = local_day(world.catalogue.zone(), now);
    let look = |day, district| {
        let search = Search { day, sport, district, units: (EVENING_FROM, UNITS_PER_DAY), near };
        let found = free_venues(&desk.engine, world, &search, TIMES, now, |_| true);
        Evening { search, is_today: day == today, found }
    };
    let mut evening = look(today, district);
    for clock in world.days.iter() {
        for district in [district, None] {
            if !evening.found.is_empty() {
                return evening;
            }
            evening = look(clock.day, district);
        }
    }
    evening
}

/// The sport and the district of the last booking.
fn last_choice(desk: &Desk, visitor: &Visitor, world: &World) -> (Option<SportNo>, Option<DistrictNo>) {
    let account = visitor.resident_if_any().and_then(|no| desk.engine.residents().get(no));
    let own = account.map(|account| desk.engine.bookings().of_resident(&account.newest_booking));
    let last = own.and_then(|own| own.into_iter().next());
    let pitch = last.and_then(|booking| world.catalogue.pitch(booking.terms.pitch));
    let venue = pitch.and_then(|pitch| world.catalogue.venue(pitch.venue));
    (pitch.map(|pitch| pitch.sport), venue.map(|venue| venue.def.district))
}

fn next_booking(desk: &Desk, visitor: &Visitor, world: &World, now: UtcMillis) -> Option<BookingCard> {
    let account = desk.engine.residents().get(visitor.resident_if_any()?)?;
    let all = desk.engine.bookings().of_resident(&account.newest_booking).into_iter();
    let cards = all.filter_map(|booking| BookingCard::of(desk, world, visitor.words, &booking, now));
    cards.filter(|card| card.is_coming).min_by_key(|card| card.start)
}

/// All sports, the chosen one first: it stands where it is seen.
fn sports_first(world: &World, chosen: Option<SportNo>) -> Vec<SportNo> {
    let all = (0..world.catalogue.sports().len()).filter_map(|at| u16::try_from(at).ok()).map(SportNo::new);
    chosen.into_iter().chain(all.filter(|no| Some(*no) != chosen)).collect()
}
