//! `POST|GET /v1/operator/districts`: the parts of the city that venues lie in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Made, created, make};
use crate::api::answer::{Items, NamesView};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::JsonBody;
use crate::api::headers::idempotency_key;
use crate::api::page::{ListQuery, list as lists};
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::written_names::{WrittenNames, read_named};
use crate::domain::definition::DistrictDef;
use crate::domain::event::Event;
use crate::identity::public_id::Position;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDistrict {
    /// 1 to 64 of a-z, 0-9 and -.
    #[schema(example = "nanshan", pattern = "^[a-z0-9-]{1,64}$")]
    pub id: String,
    pub name: WrittenNames,
}

/// A district of the city.
#[derive(Serialize, ToSchema)]
pub struct DistrictOfCity {
    id: String,
    name: NamesView,
}

impl DistrictOfCity {
    fn of(def: &DistrictDef) -> Self {
        Self { id: def.code.as_str().to_owned(), name: NamesView::of(&def.name) }
    }
}

/// Adds a district.
#[utoipa::path(
    post,
    path = "/v1/operator/districts",
    tag = "operator",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = NewDistrict,
    responses((status = 201, body = DistrictOfCity))
)]
pub async fn add(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<NewDistrict>,
) -> Result<Response, Problem> {
    let (made, def) = added(&desk, who, idempotency_key(&headers)?, body.value).await?;
    Ok(created(made, &DistrictOfCity::of(&def)))
}

/// Adds a district, for whoever asks: the API or a page.
///
/// # Errors
/// Why it isn't there; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn added(
    desk: &Desk,
    who: SignedIn,
    key: Option<&str>,
    wanted: NewDistrict,
) -> Result<(Made, DistrictDef), Problem> {
    let (code, name) = read_named(&wanted.id, wanted.name)?;
    let by = who.operator()?;
    let def = DistrictDef { code, name };
    let event = Event::DistrictAdded(Box::new(def.clone()));
    let made = make(desk, by, key, event, |catalogue| {
        let there = catalogue.district_by_code(def.code.as_str()).and_then(|no| catalogue.district(no));
        there == Some(&def)
    });
    Ok((made.await?, def))
}

/// The districts, in the order in which they were added.
#[utoipa::path(
    get,
    path = "/v1/operator/districts",
    tag = "operator",
    security(("token" = [])),
    params(ListQuery),
    responses((status = 200, body = Items<DistrictOfCity>))
)]
pub async fn list(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, lists::DISTRICTS)?;
    who.operator()?;
    let world = desk.engine.world();
    let districts = world.catalogue.districts().iter().zip(0u32..);
    let answer = page
        .of(districts.map(|(district, number)| (Position { sort: 0, number }, district)), |district| {
            DistrictOfCity::of(district)
        });
    Ok(own_with_etag(&headers, &answer))
}
