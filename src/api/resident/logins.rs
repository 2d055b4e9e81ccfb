//! Sessions: `POST /v1/logins`, `DELETE /v1/logins/current`. Staff log in here too.
//!
//! Whether the phone is unknown or the password wrong, the answer is the same and takes the same time.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::accounts::{Session, SessionView};
use super::{Desk, Residents};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::JsonBody;
use crate::api::front::Peer;
use crate::api::person::{open, password_problem, read_phone};
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::rate_limit::Limited;
use crate::api::settled::{durably, with_lane};
use crate::domain::event::PhoneHash;
use crate::engine::CommandLane;
use crate::engine::refusal::Refusal;
use crate::identity::password::{PASSWORD_BYTES_MAX, Password};
use crate::identity::personal::PersonalData;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogInBody {
    /// In E.164, or the 11 digits of a Chinese mobile number.
    #[schema(example = "+8613800138000")]
    phone: String,
    password: String,
}

/// Begins a session.
#[utoipa::path(
    post,
    path = "/v1/logins",
    tag = "residents",
    request_body = LogInBody,
    responses((status = 201, body = SessionView))
)]
pub async fn log_in(
    State(state): State<Residents>,
    Peer(peer): Peer,
    _none: QueryOf<NoParameters>,
    body: JsonBody<LogInBody>,
) -> Result<Response, Problem> {
    let LogInBody { phone, password } = body.value;
    Ok(begin(&state, peer, &phone, password).await?.answer(&state.desk))
}

/// Begins a session for somebody at this address who knows the password.
///
/// # Errors
/// Why there is none.
pub async fn begin(
    state: &Residents,
    peer: IpAddr,
    phone: &str,
    password: String,
) -> Result<Session, Problem> {
    let desk = &state.desk;
    state.doorkeeper.limits.check(Limited::LoginsFrom(peer))?;
    let phone = read_phone(phone)?;
    let password = password_of_attempt(password)?;
    let hash = phone.hash(desk.keys.phone());
    state.doorkeeper.limits.check(Limited::LoginsTo(hash))?;
    let account = desk.engine.account_by_phone(PhoneHash(hash.bytes()));
    let kept = match &account {
        Some((no, sealed)) => open(&desk.resident_keys, vec![(*no, Arc::clone(sealed))]).await?.pop(),
        None => None,
    };
    let is_right = verified(desk, password, kept).await?;
    let (Some((no, _)), true) = (account, is_right) else { return Err(Problem::Unauthenticated) };
    let begun = with_lane(|lane: &CommandLane| desk.engine.log_in(lane, no)).map_err(|refusal| {
        // One of the staff who is none any more.
        if refusal == Refusal::NotFound { Problem::Unauthenticated } else { desk.refuse(refusal) }
    })?;
    Session::begun(state, no, begun).await
}

/// A password that somebody tries.
///
/// # Errors
/// What is wrong with its form.
pub fn password_of_attempt(password: String) -> Result<Password, FieldFault> {
    Password::attempt(password).map_err(|_| {
        FieldFault::new(
            "password",
            Text::new(
                format!("must have at most {PASSWORD_BYTES_MAX} bytes"),
                format!("最多 {PASSWORD_BYTES_MAX} 字节"),
            ),
        )
    })
}

/// Whether this is the person's password. Of nobody it takes the same time.
///
/// # Errors
/// `overloaded`, or a fault of ours.
pub async fn verified(desk: &Desk, password: Password, of: Option<PersonalData>) -> Result<bool, Problem> {
    let kept = of.and_then(|data| data.password_hash).map(Arc::from);
    desk.passwords.verify(password, kept).await.map_err(|fault| password_problem(&fault))
}

/// Ends the session that this request came with: its token is dead when this is answered.
#[utoipa::path(
    delete,
    path = "/v1/logins/current",
    tag = "residents",
    security(("token" = [])),
    responses((status = 204))
)]
pub async fn log_out(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
) -> Result<Response, Problem> {
    end(&desk, &who).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ends a session: its token is dead when this returns.
///
/// # Errors
/// Why it goes on.
pub async fn end(desk: &Desk, who: &SignedIn) -> Result<(), Problem> {
    let ended = with_lane(|lane: &CommandLane| {
        desk.engine.log_out(lane, who.no, who.session_slot, who.session_generation)
    });
    let ticket = ended.map_err(|refusal| {
        // Another request has ended it meanwhile.
        if refusal == Refusal::NotFound { Problem::Unauthenticated } else { desk.refuse(refusal) }
    })?;
    durably(ticket).await
}
