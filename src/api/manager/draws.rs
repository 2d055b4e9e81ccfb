//! `POST /v1/manage/releases/{release}/draw`: the public value is put in, and everything else follows from it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authority::{Task, at_venue, in_city};
use crate::api::answer::{Rfc3339, city_moment, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::ordering::Replayed;
use crate::api::settled::{durably, with_lane};
use crate::domain::catalogue::Release;
use crate::domain::draw::is_value;
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::draws::{PublicDraw, SealedList, Stage};

/// The public value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawBody {
    /// One line, as the named source gives it.
    #[schema(min_length = 1, max_length = 256)]
    pub value: String,
}

/// A draw that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct DrawnView {
    release: String,
    value: String,
    #[schema(value_type = String, format = DateTime)]
    drawn_at: Rfc3339,
    entries: u64,
    /// How many entries got a slot; the others are in reserve.
    won: u64,
}

/// Draws a release's lot. The same value again answers the same; another one is too late.
#[utoipa::path(
    post,
    path = "/v1/manage/releases/{release}/draw",
    tag = "managers",
    security(("token" = [])),
    params(
        ("release" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")
    ),
    request_body = DrawBody,
    responses((status = 200, body = DrawnView))
)]
pub async fn draw(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
    headers: HeaderMap,
    body: JsonBody<DrawBody>,
) -> Result<Response, Problem> {
    idempotency_key(&headers)?;
    let (view, replayed) = drawn(&desk, who, &release, &body.value.value).await?;
    let mut response = json(StatusCode::OK, &view);
    replayed.mark(&mut response);
    Ok(response)
}

/// Draws; durable when this returns.
///
/// # Errors
/// Why nothing was drawn.
pub async fn drawn(
    desk: &Arc<Desk>,
    who: SignedIn,
    code: &str,
    value: &str,
) -> Result<(DrawnView, Replayed), Problem> {
    if !is_value(value) {
        let text = Text::fixed("must be one line of 1 to 256 bytes", "必须是一行 1 至 256 字节的文字");
        return Err(FieldFault::new("value", text).into());
    }
    let by = authority(desk, who, code)?;
    if let Some(view) = drawn_before(desk, code) {
        return if view.value == value { Ok((view, Replayed::Yes)) } else { Err(Problem::TooLate) };
    }
    let (salt, now) = (salt_of(desk, code)?, desk.clock.now());
    let seed = desk.keys.draw_seed(code, &salt);
    let (engine, code_of_release, value_of_draw) =
        (Arc::clone(&desk.engine), code.to_owned(), value.to_owned());
    // A draw of a million entries takes half a second, which this thread doesn't have.
    let computing =
        tokio::task::spawn_blocking(move || engine.compute_draw(&code_of_release, seed, &value_of_draw, now));
    let computed = computing.await.map_err(|fault| Problem::internal(&fault))?;
    let computed = computed.map_err(|refusal| desk.refuse(refusal))?;
    let ticket = with_lane(|lane: &CommandLane| desk.engine.make_draw(lane, by, computed));
    durably(ticket.map_err(|refusal| desk.refuse(refusal))?).await?;
    let view = drawn_before(desk, code).ok_or_else(|| Problem::internal(&"a durable draw is not there"))?;
    Ok((view, Replayed::No))
}

fn authority(desk: &Desk, who: SignedIn, code: &str) -> Result<ResidentNo, Problem> {
    let world = desk.engine.world();
    let release = world.catalogue.release_by_code(code).filter(|release| release.def.lottery.is_some());
    match release {
        Some(Release { def, .. }) if def.venue.is_none() => in_city(who),
        _ => {
            let venue = release.and_then(|release| release.def.venue);
            at_venue(who, venue, Task::Manage).map(|authority| authority.by)
        }
    }
}

fn salt_of(desk: &Desk, code: &str) -> Result<[u8; 16], Problem> {
    let world = desk.engine.world();
    let release = world.catalogue.release_by_code(code);
    let terms = release.and_then(|release| release.def.lottery.as_deref()).ok_or(Problem::NotFound)?;
    let salt = terms.salt.0;
    // A city that was copied under another master key can't draw what it has not committed to.
    if desk.keys.draw_seed(code, &salt).commitment() == terms.commitment {
        Ok(salt)
    } else {
        Err(Problem::internal(&"the city's master key is not the one that this draw was committed to with"))
    }
}

fn drawn_before(desk: &Desk, code: &str) -> Option<DrawnView> {
    let world = desk.engine.world();
    let release = world.catalogue.release_by_code(code)?;
    let Some(Stage::Drawn(list, drawn)) = desk.engine.draw_stage(release.no) else { return None };
    let (list, drawn): (&SealedList, &PublicDraw) = (&list, &drawn);
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Some(DrawnView {
        release: code.to_owned(),
        value: drawn.value.as_ref().to_owned(),
        drawn_at: city_moment(world.catalogue.zone(), drawn.at),
        entries: count(list.list.entries.len()),
        won: count(drawn.outcome.won.iter().filter(|won| won.is_some()).count()),
    })
}
