//! `POST /v1/operator/sports`: what can be played in the city. Everyone sees them at `/v1/sports`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Made, created, make};
use crate::api::answer::NamesView;
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::JsonBody;
use crate::api::headers::idempotency_key;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::written_names::{WrittenNames, read_named};
use crate::domain::definition::SportDef;
use crate::domain::event::Event;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSport {
    /// 1 to 64 of a-z, 0-9 and -.
    #[schema(example = "badminton", pattern = "^[a-z0-9-]{1,64}$")]
    pub id: String,
    pub name: WrittenNames,
}

/// A sport of the city.
#[derive(Serialize, ToSchema)]
pub struct SportOfCity {
    id: String,
    name: NamesView,
}

/// Adds a sport.
#[utoipa::path(
    post,
    path = "/v1/operator/sports",
    tag = "operator",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = NewSport,
    responses((status = 201, body = SportOfCity))
)]
pub async fn add(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<NewSport>,
) -> Result<Response, Problem> {
    let (made, def) = added(&desk, who, idempotency_key(&headers)?, body.value).await?;
    let view = SportOfCity { id: def.code.as_str().to_owned(), name: NamesView::of(&def.name) };
    Ok(created(made, &view))
}

/// Adds a sport, for whoever asks: the API or a page.
///
/// # Errors
/// Why it isn't there; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn added(
    desk: &Desk,
    who: SignedIn,
    key: Option<&str>,
    wanted: NewSport,
) -> Result<(Made, SportDef), Problem> {
    let (code, name) = read_named(&wanted.id, wanted.name)?;
    let by = who.operator()?;
    let def = SportDef { code, name };
    let event = Event::SportAdded(Box::new(def.clone()));
    let made = make(desk, by, key, event, |catalogue| {
        let there = catalogue.sport_by_code(def.code.as_str()).and_then(|no| catalogue.sport(no));
        there == Some(&def)
    });
    Ok((made.await?, def))
}
