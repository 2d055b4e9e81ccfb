//! `POST /v1/operator/sports`, `PATCH …/{sport}`: what can be played in the city. Everyone sees them at `/v1/sports`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;

use super::created;
use super::named::{Kind, NamedView, NewName, NewNamed, added, renamed};
use crate::api::answer::json;
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;

/// Adds a sport.
#[utoipa::path(
    post,
    path = "/v1/operator/sports",
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
    let (made, view) = added(&desk, who, Kind::Sport, idempotency_key(&headers)?, body.value).await?;
    Ok(created(made, &view))
}

/// Renames a sport, at once. Its id stays.
#[utoipa::path(
    patch,
    path = "/v1/operator/sports/{sport}",
    tag = "operator",
    security(("token" = [])),
    params(("sport" = String, Path)),
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
    Ok(json(StatusCode::OK, &renamed(&desk, who, Kind::Sport, &code, body.value.name).await?))
}
