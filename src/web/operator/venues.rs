//! `/operator/venues`: all venues, found by their words and districts, with the ways to what is done there.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::{Here, around};
use super::search::VenueSearch;
use crate::api::open_data::OpenData;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::catalogue::Venue;
use crate::web::address::encoded;
use crate::web::format;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many venues a page has.
const VENUES: usize = 48;

#[derive(Debug, Deserialize)]
pub struct VenuesQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    district: String,
    /// How many venues stand on the pages before.
    #[serde(default)]
    from: usize,
    /// The venue that was just added.
    #[serde(default)]
    added: String,
}

#[derive(Template)]
#[template(path = "operator/venues.html")]
struct VenuesPage {
    shell: Shell,
    head: Head,
    q: String,
    districts: Vec<Choice>,
    added: Option<String>,
    told: String,
    venues: Vec<VenueRow>,
    earlier: Option<String>,
    later: Option<String>,
}

/// A choice of a form.
pub struct Choice {
    pub value: String,
    pub text: String,
    pub is_chosen: bool,
}

struct VenueRow {
    name: String,
    code: String,
    address: String,
    district: String,
    pitches: String,
}

/// The list.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    State(open_data): State<OpenData>,
    visitor: Visitor,
    QueryOf(query): QueryOf<VenuesQuery>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let words = visitor.words;
    let catalogue = &city.world.catalogue;
    let search = VenueSearch::new(&open_data, catalogue, &query.q);
    let district = catalogue.district_by_code(&query.district);
    let is_there = |venue: &&Venue| district.is_none_or(|no| venue.def.district == no);
    let found: Vec<&Venue> = search.of(catalogue).into_iter().filter(is_there).collect();
    let row = |venue: &&Venue| {
        let def = &venue.def;
        let district = catalogue.district(def.district);
        VenueRow {
            name: format::name(words, &def.name).to_owned(),
            code: def.code.as_str().to_owned(),
            address: format::name(words, &def.address).to_owned(),
            district: district.map_or("", |district| format::name(words, &district.name)).to_owned(),
            pitches: words.tell("pitch-count", &[("count", venue.pitches.len().into())]),
        }
    };
    let at = |from: usize| {
        let (q, district) = (encoded(&query.q), encoded(&query.district));
        format!("/operator/venues?q={q}&district={district}&from={from}")
    };
    let later = query.from.saturating_add(VENUES);
    let (shell, head) = around(&city, &visitor, Here::Venues, words.say("operator-venues"));
    let page = VenuesPage {
        shell,
        head,
        districts: district_choices(
            &city,
            &visitor,
            &query.district,
            Some(words.say("every-district").into_owned()),
        ),
        added: catalogue
            .venue_by_code(&query.added)
            .map(|venue| format::name(words, &venue.def.name).to_owned()),
        told: words.tell("venues-found", &[("count", found.len().into())]),
        venues: found.iter().skip(query.from).take(VENUES).map(row).collect(),
        earlier: (query.from > 0).then(|| at(query.from.saturating_sub(VENUES))),
        later: (later < found.len()).then(|| at(later)),
        q: query.q,
    };
    page::own(StatusCode::OK, &page)
}

/// The districts to choose from, and all of them together where that has a name.
pub fn district_choices(city: &City, visitor: &Visitor, chosen: &str, all: Option<String>) -> Vec<Choice> {
    let words = visitor.words;
    let every = all.map(|text| Choice { value: String::new(), text, is_chosen: chosen.is_empty() });
    let choices = city.world.catalogue.districts().iter().map(|district| Choice {
        value: district.code.as_str().to_owned(),
        text: format::name(words, &district.name).to_owned(),
        is_chosen: district.code.as_str() == chosen,
    });
    every.into_iter().chain(choices).collect()
}
