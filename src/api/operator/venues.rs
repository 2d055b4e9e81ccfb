//! `POST /v1/operator/venues`, `PATCH …/{venue}`: a venue begins without pitches, which its manager adds; where it lies and what it is
//! called can be changed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Made, created, make};
use crate::api::answer::{NamesView, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::open_data::near::{degrees, place};
use crate::api::open_data::venue_view::LocationView;
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::written_names::{WrittenNames, read_code};
use crate::domain::catalogue::{Catalogue, Venue};
use crate::domain::change::{Admission, VenueChange};
use crate::domain::definition::{Location, VenueDef};
use crate::domain::event::Event;

/// Whether somebody checks who comes.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdmissionName {
    /// Nobody checks: who booked counts as having come.
    #[default]
    Open,
    /// A gate or a desk checks: who was not checked in by the end did not come.
    Checked,
}

impl AdmissionName {
    const fn meant(self) -> Admission {
        match self {
            Self::Open => Admission::Open,
            Self::Checked => Admission::Checked,
        }
    }

    const fn of(admission: Admission) -> Self {
        match admission {
            Admission::Open => Self::Open,
            Admission::Checked => Self::Checked,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVenue {
    /// 1 to 64 of a-z, 0-9 and -.
    #[schema(example = "bay-sports-centre", pattern = "^[a-z0-9-]{1,64}$")]
    pub id: String,
    pub name: WrittenNames,
    /// A district's id.
    pub district: String,
    pub address: WrittenNames,
    /// In degrees.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: f64,
    #[serde(default)]
    pub admission: AdmissionName,
}

/// A venue as its city knows it.
#[derive(Serialize, ToSchema)]
pub struct VenueOfCity {
    id: String,
    name: NamesView,
    /// A district's id.
    district: String,
    address: NamesView,
    location: LocationView,
    admission: AdmissionName,
}

impl VenueOfCity {
    fn of(catalogue: &Catalogue, venue: &Venue) -> Self {
        let def = &venue.def;
        let (latitude, longitude) = degrees(def.location);
        let district = catalogue.district(def.district);
        Self {
            id: def.code.as_str().to_owned(),
            name: NamesView::of(&def.name),
            district: district.map_or_else(String::new, |district| district.code.as_str().to_owned()),
            address: NamesView::of(&def.address),
            location: LocationView { latitude, longitude },
            admission: AdmissionName::of(venue.admission),
        }
    }
}

/// Adds a venue.
#[utoipa::path(
    post,
    path = "/v1/operator/venues",
    tag = "operator",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = NewVenue,
    responses((status = 201, body = VenueOfCity))
)]
pub async fn add(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<NewVenue>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let (made, view) = added(&desk, who, key, body.value).await?;
    Ok(created(made, &view))
}

/// Adds a venue, for whoever asks: the API or a page.
///
/// # Errors
/// Why it isn't there; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn added(
    desk: &Desk,
    who: SignedIn,
    key: Option<&str>,
    wanted: NewVenue,
) -> Result<(Made, VenueOfCity), Problem> {
    let NewVenue { id, name, district, address, latitude, longitude, admission } = wanted;
    let mut faults = FieldFaults::new();
    let code = read_code("id", &id, &mut faults);
    let name = name.read("name", &mut faults);
    let address = address.read("address", &mut faults);
    let location = read_place(latitude, longitude, &mut faults);
    let ((code, name), (address, location)) = faults.check_read(code.zip(name).zip(address.zip(location)))?;
    let by = who.operator()?;
    let district_no = desk.engine.world().catalogue.district_by_code(&district).ok_or(Problem::NotFound)?;
    let admitted = admission.meant();
    let def = VenueDef { code, name, district: district_no, address, location, admission: admitted };
    let event = Event::VenueAdded(Box::new(def.clone()));
    let made = make(desk, by, key, event, |catalogue| {
        catalogue.venue_by_code(def.code.as_str()).is_some_and(|venue| venue.def == def)
    });
    let made = made.await?;
    let (latitude, longitude) = degrees(location);
    let view = VenueOfCity {
        id: def.code.as_str().to_owned(),
        name: NamesView::of(&def.name),
        district,
        address: NamesView::of(&def.address),
        location: LocationView { latitude, longitude },
        admission,
    };
    Ok((made, view))
}

/// The place of these degrees. What is none on earth is told of each.
fn read_place(latitude: f64, longitude: f64, faults: &mut FieldFaults) -> Option<Location> {
    for (field, value, max) in [("latitude", latitude, 90.0), ("longitude", longitude, 180.0)] {
        // Also what is no number at all.
        if value.is_nan() || value.abs() > max {
            faults.add(FieldFault::new(field, Text::fixed("is no place on earth", "不是地球上的位置")));
        }
    }
    place(latitude, longitude)
}

/// What is to be changed of a venue. What is not named stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueDetails {
    pub name: Option<WrittenNames>,
    /// A district's id.
    pub district: Option<String>,
    pub address: Option<WrittenNames>,
    /// In degrees; together with the longitude.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: Option<f64>,
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: Option<f64>,
    pub admission: Option<AdmissionName>,
}

/// Changes a venue, at once.
#[utoipa::path(
    patch,
    path = "/v1/operator/venues/{venue}",
    tag = "operator",
    security(("token" = [])),
    params(("venue" = String, Path)),
    request_body = VenueDetails,
    responses((status = 200, body = VenueOfCity))
)]
pub async fn change(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    body: JsonBody<VenueDetails>,
) -> Result<Response, Problem> {
    changed(&desk, who, &code, body.value).await?;
    let world = desk.engine.world();
    let venue = world.catalogue.venue_by_code(&code).ok_or(Problem::NotFound)?;
    Ok(json(StatusCode::OK, &VenueOfCity::of(&world.catalogue, venue)))
}

/// Changes a venue, for whoever asks: the API or a page. Durable when this returns.
///
/// # Errors
/// Why nothing was changed; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn changed(desk: &Desk, who: SignedIn, code: &str, wanted: VenueDetails) -> Result<(), Problem> {
    let mut faults = FieldFaults::new();
    let name = wanted.name.and_then(|name| name.read("name", &mut faults));
    let address = wanted.address.and_then(|address| address.read("address", &mut faults));
    let location = match (wanted.latitude, wanted.longitude) {
        (Some(latitude), Some(longitude)) => read_place(latitude, longitude, &mut faults),
        (Some(_), None) => {
            faults.add(FieldFault::missing("longitude"));
            None
        }
        (None, Some(_)) => {
            faults.add(FieldFault::missing("latitude"));
            None
        }
        (None, None) => None,
    };
    let world = Arc::clone(&desk.engine.world());
    let district = wanted.district.map(|district| world.catalogue.district_by_code(&district));
    if district == Some(None) {
        let text = Text::fixed("is no district of this city", "本市没有此行政区");
        faults.add(FieldFault::new("district", text));
    }
    faults.check()?;
    let by = who.operator()?;
    let venue = world.catalogue.venue_by_code(code).ok_or(Problem::NotFound)?.no;
    let change = VenueChange {
        name,
        address,
        district: district.flatten(),
        location,
        admission: wanted.admission.map(AdmissionName::meant),
        ..VenueChange::of(venue)
    };
    if change != VenueChange::of(venue) {
        super::change(desk, by, Event::VenueChanged(Box::new(change))).await?;
    }
    Ok(())
}
