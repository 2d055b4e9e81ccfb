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
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::accounts::{FIRST_SESSION, LogIn};
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
    fn begin(desk: &Desk, tokens: &Tokens, claims: TokenClaims) -> Self {
        let minted = tokens.mint(claims, desk.clock.now());
        Self {
            id: desk.ids.resident(claims.resident),
            token: minted.token,
            expires_at: city_moment(desk.engine.world().catalogue.zone(), minted.expires_at),
        }
    }
}

/// The answer to a log-in, when its session is durable.
pub(super) async fn logged_in(
    state: &Residents,
    resident: ResidentNo,
    begun: LogIn,
) -> Result<Response, Problem> {
    durably(begun.ticket).await?;
    let claims = TokenClaims { resident, slot: begun.slot, generation: begun.generation };
    Ok(json(StatusCode::CREATED, &SessionView::begin(&state.desk, &state.doorkeeper.tokens, claims)))
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
    let Person { phone, password, name } = faults.check_read(person)?;
    // A number that somebody gave at a counter is taken by an account without a password: it is his who signs up with it.
    let opened = desk.open_account(phone.clone(), name.clone(), Some(password.clone())).await;
    let no = match opened {
        Err(Problem::PhoneTaken) => {
            let no = desk.complete_account(phone, name, password).await?;
            let begun = with_lane(|lane: &CommandLane| desk.engine.log_in(lane, no))
                .map_err(|refusal| desk.refuse(refusal))?;
            return logged_in(&state, no, begun).await;
        }
        opened => opened?,
    };
    let (slot, generation) = FIRST_SESSION;
    let claims = TokenClaims { resident: no, slot, generation };
    Ok(json(StatusCode::CREATED, &SessionView::begin(desk, &state.doorkeeper.tokens, claims)))
}
