//! `GET /v1/sports`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::OpenData;
use crate::api::answer::{Items, NamesView};
use crate::api::etag::json_with_etag;
use crate::api::page::{ListQuery, list};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::identity::public_id::Position;

/// A sport, and how many pitches the city has for it.
#[derive(Serialize, ToSchema)]
pub struct SportView {
    #[schema(example = "badminton")]
    id: String,
    name: NamesView,
    pitches: u32,
}

/// The sports of the city.
#[utoipa::path(get, path = "/v1/sports", tag = "everyone", params(ListQuery), responses((status = 200, body = Items<SportView>)))]
pub async fn sports(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&state.ids, list::SPORTS)?;
    let world = state.engine.world();
    let mut pitches = vec![0u32; world.catalogue.sports().len()];
    for pitch in world.catalogue.wholes() {
        if let Some(count) = pitches.get_mut(pitch.sport.index()) {
            *count += 1;
        }
    }
    let sports = world.catalogue.sports().iter().zip(pitches).zip(0u32..);
    let answer =
        page.of(sports.map(|(sport, number)| (Position { sort: 0, number }, sport)), |(sport, pitches)| {
            SportView { id: sport.code.as_str().to_owned(), name: NamesView::of(&sport.name), pitches }
        });
    Ok(json_with_etag(&headers, &answer))
}
