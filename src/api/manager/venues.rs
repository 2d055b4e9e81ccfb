//! `/v1/manage/venues`: one's own venues, and what of them can be changed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authority::{Authority, Own, Task, at_venue, own_venues};
use super::change::make;
use super::written_rules::{NamesBody, read_names};
use crate::api::answer::{Items, NamesView, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::open_data::venue_view::DayKindView;
use crate::api::page::{ListQuery, list};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::written_time::WrittenDay;
use crate::domain::catalogue::{Catalogue, Venue};
use crate::domain::change::{Admission, VenueChange, VenueDay};
use crate::domain::event::Event;
use crate::engine::world::World;
use crate::identity::public_id::Position;

/// How many days one change may set.
const DAYS_MAX: usize = 400;

/// Who is let in without a check.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionView {
    /// Nobody checks: who booked counts as having come.
    Open,
    /// A gate or a desk checks: who was not checked in did not come.
    Checked,
}

/// A venue as its staff sees it.
#[derive(Serialize, ToSchema)]
pub struct ManagedVenue {
    id: String,
    name: NamesView,
    address: NamesView,
    district: String,
    admission: AdmissionView,
    /// The days that go by another kind here than in the city.
    special_days: Vec<SpecialDayView>,
    pitch_count: usize,
}

/// A day and the kind of day whose hours and prices it goes by.
#[derive(Serialize, ToSchema)]
pub struct SpecialDayView {
    #[schema(format = Date)]
    day: String,
    goes_by: DayKindView,
}

impl ManagedVenue {
    fn of(catalogue: &Catalogue, venue: &Venue) -> Self {
        let district = catalogue.district(venue.def.district);
        let special = |day: crate::domain::definition::SpecialDay| SpecialDayView {
            day: day.day.to_string(),
            goes_by: DayKindView::of(day.goes_by),
        };
        Self {
            id: venue.def.code.as_str().to_owned(),
            name: NamesView::of(&venue.def.name),
            address: NamesView::of(&venue.def.address),
            district: district.map_or_else(String::new, |district| district.code.as_str().to_owned()),
            admission: match venue.admission {
                Admission::Open => AdmissionView::Open,
                Admission::Checked => AdmissionView::Checked,
            },
            special_days: venue.special_days().into_iter().map(special).collect(),
            pitch_count: venue.pitches.len(),
        }
    }
}

/// The venues that one works for; an operator's are all.
#[utoipa::path(
    get,
    path = "/v1/manage/venues",
    tag = "managers",
    security(("token" = [])),
    params(ListQuery),
    responses((status = 200, body = Items<ManagedVenue>))
)]
pub async fn venues(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, list::MANAGED_VENUES)?;
    let own = own_venues(who)?;
    let world = World::clone(&desk.engine.world());
    let is_own = |venue: &&Arc<Venue>| own == Own::All || own == Own::One(venue.no);
    let all = world.catalogue.venues().iter().filter(is_own);
    let answer = page.of(all.map(|venue| (Position { sort: 0, number: venue.no.get() }, venue)), |venue| {
        ManagedVenue::of(&world.catalogue, venue)
    });
    Ok(own_with_etag(&headers, &answer))
}

/// A venue.
#[utoipa::path(
    get,
    path = "/v1/manage/venues/{venue}",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path)),
    responses((status = 200, body = ManagedVenue))
)]
pub async fn venue(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = World::clone(&desk.engine.world());
    let venue = world.catalogue.venue_by_code(&code);
    let _may = at_venue(who, venue.map(|venue| venue.no), Task::Manage)?;
    let venue = venue.ok_or(Problem::NotFound)?;
    Ok(own_with_etag(&headers, &ManagedVenue::of(&world.catalogue, venue)))
}

/// What is to be changed. What is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueChangeBody {
    name: Option<NamesBody>,
    address: Option<NamesBody>,
    admission: Option<AdmissionView>,
    /// Days that go by another kind here than in the city.
    special_days: Option<Vec<SpecialDayBody>>,
}

/// A day, and the kind of day that it goes by from now on; null for what it is in the city.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialDayBody {
    #[schema(value_type = String, format = Date)]
    day: WrittenDay,
    goes_by: Option<DayKindView>,
}

/// Changes a venue, at once.
#[utoipa::path(
    patch,
    path = "/v1/manage/venues/{venue}",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path)),
    request_body = VenueChangeBody,
    responses((status = 200, body = ManagedVenue))
)]
pub async fn change_venue(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    body: JsonBody<VenueChangeBody>,
) -> Result<Response, Problem> {
    let body = &body.value;
    let mut faults = FieldFaults::new();
    let name = body.name.as_ref().map(|name| read_names("name", name, &mut faults));
    let address = body.address.as_ref().map(|address| read_names("address", address, &mut faults));
    let days = body.special_days.as_deref().unwrap_or_default();
    if days.len() > DAYS_MAX {
        let text = Text::fixed("must be at most 400 days", "最多 400 天");
        faults.add(FieldFault::new("special_days", text));
    }
    faults.check()?;
    let no = desk.engine.world().catalogue.venue_by_code(&code).map(|venue| venue.no);
    let Authority { by, venue } = at_venue(who, no, Task::Manage)?;
    let special_days =
        days.iter().map(|day| VenueDay { day: day.day.0, goes_by: day.goes_by.map(DayKindView::kind) });
    let wanted = VenueChange {
        name,
        address,
        admission: body.admission.map(|admission| match admission {
            AdmissionView::Open => Admission::Open,
            AdmissionView::Checked => Admission::Checked,
        }),
        special_days: special_days.collect(),
        ..VenueChange::of(venue)
    };
    make(&desk, by, Event::VenueChanged(Box::new(wanted))).await?;
    let world = World::clone(&desk.engine.world());
    let venue = world.catalogue.venue(venue).ok_or(Problem::NotFound)?;
    Ok(json(StatusCode::OK, &ManagedVenue::of(&world.catalogue, venue)))
}
