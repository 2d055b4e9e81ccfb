//! Signing up: `POST /v1/residents`.

use std::net::IpAddr;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, Residents};
use crate::api::answer::{Rfc3339, city_moment, json};
use crate::api::extract::JsonBody;
use crate::api::front::Peer;
use crate::api::person::Person;
use crate::api::problem::{FieldFaults, Problem};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::rate_limit::Limited;
use crate::api::settled::{durably, with_lane};
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::accounts::{FIRST_SESSION, LogIn};
use crate::identity::public_id::PublicId;
use crate::identity::token::{Minted, TokenClaims, TokenText};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpBody {
    /// In E.164, or the 11 digits of a Chinese mobile number.
    #[schema(example = "+8613800138000")]
    phone: String,
    /// 8 to 1024 bytes, taken as they are.
    #[schema(min_length = 8)]
    password: String,
    #[schema(min_length = 1, max_length = 64)]
    name: String,
}

/// A session that has begun.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    #[schema(value_type = String)]
    id: PublicId,
    #[schema(value_type = String)]
    token: TokenText,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Rfc3339,
}

/// A session that is durable, and its token.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    pub resident: ResidentNo,
    pub minted: Minted,
}

impl Session {
    fn of(state: &Residents, claims: TokenClaims) -> Self {
        let minted = state.doorkeeper.tokens.mint(claims, state.desk.clock.now());
        Self { resident: claims.resident, minted }
    }

    /// The session of a log-in, when it is durable.
    pub(super) async fn begun(
        state: &Residents,
        resident: ResidentNo,
        begun: LogIn,
    ) -> Result<Self, Problem> {
        durably(begun.ticket).await?;
        let claims = TokenClaims { resident, slot: begun.slot, generation: begun.generation };
        Ok(Self::of(state, claims))
    }

    /// The answer that gives it.
    pub(super) fn answer(&self, desk: &Desk) -> Response {
        let view = SessionView {
            id: desk.ids.resident(self.resident),
            token: self.minted.token,
            expires_at: city_moment(desk.engine.world().catalogue.zone(), self.minted.expires_at),
        };
        json(StatusCode::CREATED, &view)
    }
}

/// Opens an account, and begins its first session.
#[utoipa::path(
    post,
    path = "/v1/residents",
    tag = "residents",
    request_body = SignUpBody,
    responses((status = 201, body = SessionView))
)]
pub async fn sign_up(
    State(state): State<Residents>,
    Peer(peer): Peer,
    _none: QueryOf<NoParameters>,
    body: JsonBody<SignUpBody>,
) -> Result<Response, Problem> {
    let SignUpBody { phone, password, name } = body.value;
    Ok(open(&state, peer, &phone, password, name).await?.answer(&state.desk))
}

/// Opens an account for somebody at this address, and begins its first session.
///
/// # Errors
/// Why there is none.
pub async fn open(
    state: &Residents,
    peer: IpAddr,
    phone: &str,
    password: String,
    name: String,
) -> Result<Session, Problem> {
    let desk = &state.desk;
    // Counted first, as the contract orders: also what is malformed.
    state.doorkeeper.limits.check(Limited::SignUpsFrom(peer))?;
    let mut faults = FieldFaults::new();
    let person = Person::read(phone, password, name, &mut faults);
    let Person { phone, password, name } = faults.check_read(person)?;
    // A number that somebody gave at a counter is taken by an account without a password: it is his who signs up with it.
    let opened = desk.open_account(phone.clone(), name.clone(), Some(password.clone())).await;
    let no = match opened {
        Err(Problem::PhoneTaken) => {
            let no = desk.complete_account(phone, name, password).await?;
            let begun = with_lane(|lane: &CommandLane| desk.engine.log_in(lane, no))
                .map_err(|refusal| desk.refuse(refusal))?;
            return Session::begun(state, no, begun).await;
        }
        opened => opened?,
    };
    let (slot, generation) = FIRST_SESSION;
    let claims = TokenClaims { resident: no, slot, generation };
    Ok(Session::of(state, claims))
}
