//! Deleting one's account: `DELETE /v1/residents/me`, with the password again.
//!
//! Bookings ahead are called off by their rules, what is in the wallet goes back to who brought it in, the sessions are dead and the
//! person's key is destroyed when this is answered (`docs/decisions/0009-an-account-ends-whole.md`). The staff's accounts are the
//! operator's to remove.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Desk, Residents};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::JsonBody;
use crate::api::front::Peer;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::rate_limit::Limited;
use crate::api::resident::logins::{password_of_attempt, verified};
use crate::api::resident::me::known_of;
use crate::api::settled::{durably, until, with_lane};
use crate::domain::event::PhoneHash;
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::lane::Ticket;
use crate::engine::refusal::Refusal;
use crate::identity::resident_keys::ResidentKeys;

/// How often it is begun anew when something was booked meanwhile.
const TRIES_MAX: usize = 5;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveBody {
    /// The account's password, again.
    password: String,
}

/// Deletes one's account for good.
#[utoipa::path(
    delete,
    path = "/v1/residents/me",
    tag = "residents",
    security(("token" = [])),
    request_body = LeaveBody,
    responses((status = 204))
)]
pub async fn leave(
    State(state): State<Residents>,
    who: SignedIn,
    Peer(peer): Peer,
    _none: QueryOf<NoParameters>,
    body: JsonBody<LeaveBody>,
) -> Result<Response, Problem> {
    left(&state, &who, peer, body.value.password).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Deletes an account of somebody at this address who knows its password; for good when this returns.
///
/// # Errors
/// `unauthenticated` for a wrong password; `too-late` when a booking ahead can't be called off; `forbidden` for the staff.
pub async fn left(state: &Residents, who: &SignedIn, peer: IpAddr, password: String) -> Result<(), Problem> {
    let desk = &state.desk;
    // Guesses are counted as those of a log-in, for that is what they are.
    state.doorkeeper.limits.check(Limited::LoginsFrom(peer))?;
    let password = password_of_attempt(password)?;
    // Before the password is looked at: the staff are told so whatever they send.
    let no = who.resident()?;
    let known = known_of(desk, who).await?;
    let hash = known.as_ref().map(|known| known.phone.hash(desk.keys.phone()));
    if let Some(hash) = hash {
        state.doorkeeper.limits.check(Limited::LoginsTo(hash))?;
    }
    let is_right = verified(desk, password, known).await?;
    let (Some(hash), true) = (hash, is_right) else { return Err(Problem::Unauthenticated) };
    let ticket = erasure_queued(desk, no, PhoneHash(hash.bytes())).await?;
    // By a task of its own: whoever asked may hang up, and the key is destroyed all the same.
    let end = tokio::spawn(end(Arc::clone(&desk.resident_keys), ticket, no));
    end.await.map_err(|fault| Problem::internal(&fault))?
}

/// Calls off what is ahead and queues the end of the account.
async fn erasure_queued(desk: &Desk, no: ResidentNo, phone: PhoneHash) -> Result<Ticket, Problem> {
    for _ in 0..TRIES_MAX {
        call_off(desk, no).await?;
        let erasure = desk.engine.begin_erasure(no).map_err(|refusal| {
            // Another request is about to delete it, or has done so.
            if refusal == Refusal::NotFound { Problem::Unauthenticated } else { desk.refuse(refusal) }
        })?;
        let (intake, queued) =
            with_lane(|lane: &CommandLane| (Arc::clone(lane.owner().intake()), erasure.queued_before(lane)));
        until(|| intake.is_settled(&queued).then_some(())).await?;
        match with_lane(|lane: &CommandLane| erasure.erase(lane, phone)) {
            Ok(ticket) => return Ok(ticket),
            // Booked from another device since we looked: called off too.
            Err(Refusal::Overloaded) => {}
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
    Err(Problem::OVERLOADED)
}

/// Calls off every booking ahead, when all of them can be; durable when this returns.
async fn call_off(desk: &Desk, no: ResidentNo) -> Result<(), Problem> {
    let now = desk.clock.now();
    let ahead = desk.engine.ahead_of(no, now).map_err(|refusal| desk.refuse(refusal))?;
    let mut tickets = Vec::with_capacity(ahead.len());
    for booking in ahead {
        match with_lane(|lane: &CommandLane| desk.engine.cancel(lane, no, booking, now)) {
            Ok(ticket) => tickets.push(ticket),
            // It has ended meanwhile.
            Err(Refusal::AlreadyCancelled | Refusal::HoldExpired) => {}
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
    for ticket in tickets {
        durably(ticket).await?;
    }
    Ok(())
}

/// The account's end is durable, then the key is destroyed, never the other way round (`identity::resident_keys`).
async fn end(keys: Arc<ResidentKeys>, ticket: Ticket, no: ResidentNo) -> Result<(), Problem> {
    durably(ticket).await?;
    let erased = tokio::task::spawn_blocking(move || keys.erase(no).map_err(|fault| fault.to_string())).await;
    let fault = match erased {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(fault)) => fault,
        Err(fault) => fault.to_string(),
    };
    tracing::error!(%fault, "the key of a deleted account could not be destroyed; the next start destroys it");
    Err(Problem::internal(&fault))
}
