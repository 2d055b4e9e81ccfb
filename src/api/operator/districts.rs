//! `POST|GET /v1/operator/districts`, `PATCH …/{district}`: the parts of the city that venues lie in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;

use super::created;
use super::named::{Kind, NamedView, NewName, NewNamed, added, renamed};
use crate::api::answer::{Items, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::page::{ListQuery, list as lists};
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::identity::public_id::Position;

/// Adds a district.
#[utoipa::path(
    post,
    path = "/v1/operator/districts",
    tag = "operator",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = NewNamed,
    responses((status = 201, body = NamedView))
)]
pub async fn add(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<NewNamed>,
) -> Result<Response, Problem> {
    let (made, view) = added(&desk, who, Kind::District, idempotency_key(&headers)?, body.value).await?;
    Ok(created(made, &view))
}

/// Renames a district, at once. Its id stays.
#[utoipa::path(
    patch,
    path = "/v1/operator/districts/{district}",
    tag = "operator",
    security(("token" = [])),
    params(("district" = String, Path)),
    request_body = NewName,
    responses((status = 200, body = NamedView))
)]
pub async fn rename(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    body: JsonBody<NewName>,
) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &renamed(&desk, who, Kind::District, &code, body.value.name).await?))
}

/// The districts, in the order in which they were added.
#[utoipa::path(
    get,
    path = "/v1/operator/districts",
    tag = "operator",
    security(("token" = [])),
    params(ListQuery),
    responses((status = 200, body = Items<NamedView>))
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
            NamedView::of(&district.code, &district.name)
        });
    Ok(own_with_etag(&headers, &answer))
}
