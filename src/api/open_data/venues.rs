//! `GET /v1/venues` and `GET /v1/venues/{venue}`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::directory::words;
use super::near::Near;
use super::venue_view::{VenueView, VenueWithPitches};
use super::{OpenData, district_of, sport_of};
use crate::api::answer::Items;
use crate::api::etag::json_with_etag;
use crate::api::extract::PathText;
use crate::api::page::{Page, list};
use crate::api::problem::{FieldFault, Problem};
use crate::api::query::{NoParameters, PageLimit, QueryOf};
use crate::identity::public_id::Position;

/// The longest text that is searched for.
const SEARCH_CHARS_MAX: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VenuesQuery {
    /// A sport's id.
    sport: Option<String>,
    /// A district's id.
    district: Option<String>,
    /// Words of the name, the address, the district or a sport, in Chinese or English; all must be there.
    q: Option<String>,
    /// `LAT,LON` in degrees: the nearest come first.
    #[param(value_type = Option<String>, example = "22.5431,114.0579")]
    near: Option<Near>,
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: PageLimit,
    cursor: Option<String>,
}

/// Venues, by number or, with `near`, by distance.
#[utoipa::path(get, path = "/v1/venues", tag = "everyone", params(VenuesQuery), responses((status = 200, body = Items<VenueView>)))]
pub async fn venues(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<VenuesQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = Page::new(&state.ids, list::VENUES, query.limit, query.cursor.as_deref())?;
    let text = query.q.unwrap_or_default();
    if text.chars().count() > SEARCH_CHARS_MAX {
        return Err(FieldFault::too_long("q", SEARCH_CHARS_MAX).into());
    }
    let wanted = words(&text);
    let world = state.engine.world();
    let catalogue = &world.catalogue;
    let sport = sport_of(catalogue, query.sport.as_deref())?;
    let district = district_of(catalogue, query.district.as_deref())?;
    let listing = state.directory.of(catalogue);
    let mut found: Vec<_> = catalogue
        .venues()
        .iter()
        .filter_map(|venue| Some((venue, listing.entry(venue)?)))
        .filter(|(venue, entry)| {
            sport.is_none_or(|sport| entry.sports.contains(&sport))
                && district.is_none_or(|district| venue.def.district == district)
                && entry.has_all(&wanted)
        })
        .map(|(venue, entry)| {
            let distance_m = query.near.map(|near| near.distance_m(venue.def.location));
            let position = Position { sort: u64::from(distance_m.unwrap_or(0)), number: venue.no.get() };
            (position, (venue, entry, distance_m))
        })
        .collect();
    found.sort_unstable_by_key(|(position, _)| (position.sort, position.number));
    let answer = page.of(found.into_iter(), |(venue, entry, distance_m)| {
        VenueView::of(catalogue, venue, entry, distance_m)
    });
    Ok(json_with_etag(&headers, &answer))
}

/// A venue with its pitches.
#[utoipa::path(
    get,
    path = "/v1/venues/{venue}",
    tag = "everyone",
    params(("venue" = String, Path)),
    responses((status = 200, body = VenueWithPitches))
)]
pub async fn venue(
    State(state): State<OpenData>,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = state.engine.world();
    let venue = world.catalogue.venue_by_code(&code).ok_or(Problem::NotFound)?;
    let listing = state.directory.of(&world.catalogue);
    let entry = listing.entry(venue).ok_or(Problem::NotFound)?;
    Ok(json_with_etag(&headers, &VenueWithPitches::of(&world.catalogue, venue, entry)))
}
