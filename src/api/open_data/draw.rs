//! `GET /v1/releases/{release}/draw`: the file of a draw, from which anybody can repeat it (`docs/draw.md`).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::OpenData;
use crate::api::etag::{bytes_with_etag, json_with_etag};
use crate::api::extract::PathText;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::domain::draw::{ALGORITHM, DrawFile, Drawn, Sealed};
use crate::domain::lottery::LotteryDef;
use crate::engine::draws::{PublicDraw, SealedList, Stage};

/// What is published of a draw: first what binds the seed, then what binds the entries, and everything when it is drawn.
#[utoipa::path(
    get,
    path = "/v1/releases/{release}/draw",
    tag = "everyone",
    params(("release" = String, Path)),
    responses((status = 200, body = serde_json::Value, description = "as docs/draw.md describes it"))
)]
pub async fn draw(
    State(state): State<OpenData>,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (terms, stage) = {
        let world = state.engine.world();
        let release = world.catalogue.release_by_code(&code).ok_or(Problem::NotFound)?;
        let terms = release.def.lottery.clone().ok_or(Problem::NotFound)?;
        (terms, state.engine.draw_stage(release.no).ok_or(Problem::NotFound)?)
    };
    match stage {
        Stage::Open { .. } => Ok(json_with_etag(&headers, &file(&code, &terms, None, None))),
        Stage::Sealed(list) => Ok(json_with_etag(&headers, &file(&code, &terms, Some(&list), None))),
        Stage::Drawn(list, drawn) => {
            // Of a million entries it takes a while to write; it is written once.
            let writing = tokio::task::spawn_blocking(move || written(&code, &terms, &list, &drawn));
            let bytes = writing.await.map_err(|fault| Problem::internal(&fault))?;
            Ok(bytes_with_etag(&headers, bytes.map_err(|fault| Problem::internal(&fault))?))
        }
    }
}

fn written(
    code: &str,
    terms: &LotteryDef,
    list: &SealedList,
    drawn: &PublicDraw,
) -> Result<Bytes, serde_json::Error> {
    let bytes = match drawn.file.get() {
        Some(bytes) => Arc::clone(bytes),
        None => {
            let written = serde_json::to_vec(&file(code, terms, Some(list), Some(drawn)))?;
            Arc::clone(drawn.file.get_or_init(|| written.into()))
        }
    };
    Ok(Bytes::from_owner(bytes))
}

fn file(code: &str, terms: &LotteryDef, list: Option<&SealedList>, drawn: Option<&PublicDraw>) -> DrawFile {
    let count = |list: &SealedList| u32::try_from(list.list.entries.len()).unwrap_or(u32::MAX);
    DrawFile {
        algorithm: ALGORITHM.to_owned(),
        release: code.to_owned(),
        commitment: terms.commitment,
        beacon: terms.beacon.clone(),
        sealed: list.map(|list| Sealed { root: list.root, count: count(list) }),
        drawn: list
            .zip(drawn)
            .map(|(list, drawn)| Drawn::of(&list.list, drawn.seed, &drawn.value, &drawn.outcome)),
    }
}
