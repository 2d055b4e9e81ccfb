//! `GET /v1/releases/{release}/queue/challenge`: what whoever comes into a queue has to solve while more wait than may have their turn.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::api::answer::json;
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::PathText;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::domain::ids::ResidentNo;
use crate::identity::challenge::{Bound, Challenge};

/// A challenge in ALTCHA's form.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeView {
    /// `SHA-256`.
    algorithm: String,
    /// The hash of the salt and the number that is searched for, in hexadecimal digits.
    challenge: String,
    /// Between 0 and this the number lies.
    maxnumber: u32,
    salt: String,
    signature: String,
}

/// A challenge for who comes into this queue. `not-found` where none is asked for at this moment.
#[utoipa::path(
    get,
    path = "/v1/releases/{release}/queue/challenge",
    tag = "residents",
    security(("token" = [])),
    params(("release" = String, Path)),
    responses((status = 200, body = ChallengeView))
)]
pub async fn challenge(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
) -> Result<Response, Problem> {
    let made = made(&desk, who.resident()?, &release)?.ok_or(Problem::NotFound)?;
    let Challenge { algorithm, challenge, maxnumber, salt, signature } = made;
    let algorithm = algorithm.to_owned();
    let view = ChallengeView { algorithm, challenge, maxnumber, salt, signature };
    let mut response = json(StatusCode::OK, &view);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A challenge for somebody who comes now, where one is asked for.
///
/// # Errors
/// A fault of ours.
pub fn made(desk: &Desk, resident: ResidentNo, release: &str) -> Result<Option<Challenge>, Problem> {
    let now = desk.clock.now();
    let Some((most, latest)) = asked_for(desk, resident, release) else { return Ok(None) };
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|fault| Problem::internal(&fault))?;
    let bound = Bound { release, resident, latest };
    Ok(Some(desk.challenges.make(bound, most, random, now)))
}

/// Lets nobody come without a solution while one is asked for.
///
/// # Errors
/// `invalid-request` when it is missing, of another, used, or too old.
pub fn expect_solution(
    desk: &Desk,
    resident: ResidentNo,
    release: &str,
    solution: Option<&str>,
) -> Result<(), Problem> {
    let Some((_, latest)) = asked_for(desk, resident, release) else { return Ok(()) };
    let Some(solution) = solution else { return Err(FieldFault::missing("altcha").into()) };
    if desk.challenges.is_solved(solution, Bound { release, resident, latest }, desk.clock.now()) {
        return Ok(());
    }
    let text = Text::fixed(
        "is no solution of a challenge that was made for you and is in time",
        "不是为您生成且仍然有效的验证答案",
    );
    Err(FieldFault::new("altcha", text).into())
}

fn asked_for(desk: &Desk, resident: ResidentNo, release: &str) -> Option<(u32, u32)> {
    let world = desk.engine.world();
    let release = world.catalogue.release_by_code(release)?.no;
    desk.engine.queues().proof_for(release, resident, desk.clock.now())
}
