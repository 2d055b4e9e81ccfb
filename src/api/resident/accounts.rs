//! Signing up: `POST /v1/residents`.

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
use crate::engine::CommandLane;
use crate::engine::accounts::FIRST_SESSION;
use crate::identity::public_id::PublicId;
use crate::identity::token::{TokenClaims, TokenText, Tokens};

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

impl SessionView {
    /// A token for a session that is durable.
    pub(super) fn begin(desk: &Desk, tokens: &Tokens, claims: TokenClaims) -> Self {
        let minted = tokens.mint(claims, desk.clock.now());
        Self {
            id: desk.ids.resident(claims.resident),
            token: minted.token,
            expires_at: city_moment(desk.engine.world().catalogue.zone(), minted.expires_at),
        }
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
    let desk = &state.desk;
    // Counted first, as the contract orders: also what is malformed.
    state.doorkeeper.limits.check(Limited::SignUpsFrom(peer))?;
    let SignUpBody { phone, password, name } = body.value;
    let mut faults = FieldFaults::new();
    let person = Person::read(&phone, password, name, &mut faults);
    faults.check()?;
    let Person { phone, password, name } =
        person.ok_or_else(|| Problem::internal(&"a fault was not told"))?;
    // A number that somebody gave at a counter is taken by an account without a password: it is his who signs up with it.
    let opened = desk.open_account(phone.clone(), name.clone(), Some(password.clone())).await;
    let no = match opened {
        Err(Problem::PhoneTaken) => {
            let no = desk.complete_account(phone, name, password).await?;
            let begun = with_lane(|lane: &CommandLane| desk.engine.log_in(lane, no))
                .map_err(|refusal| desk.refuse(refusal))?;
            durably(begun.ticket).await?;
            let claims = TokenClaims { resident: no, slot: begun.slot, generation: begun.generation };
            let session = SessionView::begin(desk, &state.doorkeeper.tokens, claims);
            return Ok(json(StatusCode::CREATED, &session));
        }
        opened => opened?,
    };
    let (slot, generation) = FIRST_SESSION;
    let claims = TokenClaims { resident: no, slot, generation };
    Ok(json(StatusCode::CREATED, &SessionView::begin(desk, &state.doorkeeper.tokens, claims)))
}
