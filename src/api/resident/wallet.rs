//! The wallet: `GET /v1/wallet`, `POST /v1/wallet/top-ups`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ordering::Replayed;
use super::{Desk, Residents};
use crate::api::answer::{Money, Rfc3339, city_moment, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::JsonBody;
use crate::api::headers::idempotency_key;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::settled::{durably, until, with_lane};
use crate::domain::event::Provider;
use crate::domain::ids::{ResidentNo, TopUpNo};
use crate::engine::CommandLane;
use crate::engine::accounts::{ToppedUp, ToppedUpBefore};
use crate::engine::top_ups::TopUp;
use crate::identity::public_id::PublicId;

const TOP_UPS_PATH: &str = "/v1/wallet/top-ups";

#[derive(Serialize, ToSchema)]
pub struct WalletView {
    /// What durable movements sum to.
    balance: Money,
}

/// The wallet's balance.
#[utoipa::path(
    get,
    path = "/v1/wallet",
    tag = "residents",
    security(("token" = [])),
    responses((status = 200, body = WalletView))
)]
pub async fn wallet(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = desk.engine.residents().get(who.resident()?).ok_or(Problem::NotFound)?;
    let currency = desk.engine.world().catalogue.city().currency;
    Ok(own_with_etag(&headers, &WalletView { balance: Money::new(account.settled(), currency) }))
}

/// Who is paid by. `sandbox` pays at once, with play money.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderName {
    Sandbox,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopUpBody {
    /// Minor units.
    #[schema(minimum = 1, maximum = 10_000_000)]
    amount: i64,
    provider: ProviderName,
}

#[derive(Serialize, ToSchema)]
pub struct TopUpView {
    #[schema(value_type = String)]
    id: PublicId,
    amount: Money,
    provider: ProviderName,
    #[schema(value_type = String, format = DateTime)]
    paid_at: Rfc3339,
}

/// Tops the wallet up.
#[utoipa::path(
    post,
    path = "/v1/wallet/top-ups",
    tag = "residents",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = TopUpBody,
    responses((status = 201, body = TopUpView))
)]
pub async fn top_up(
    State(state): State<Residents>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<TopUpBody>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let TopUpBody { amount, provider: ProviderName::Sandbox } = body.value;
    let (top_up, replayed) = put_in(&state.desk, who.no, amount, TOP_UPS_PATH, key).await?;
    paid(&state.desk, top_up, replayed)
}

/// Tops somebody's wallet up from the sandbox, once a key; durable when this returns.
///
/// # Errors
/// Why nothing was paid.
pub async fn put_in(
    desk: &Desk,
    resident: ResidentNo,
    amount: i64,
    path: &str,
    key: Option<&str>,
) -> Result<(TopUp, Replayed), Problem> {
    let request = key.map(|key| desk.request_key(resident, "POST", path, key, &amount.to_le_bytes()));
    loop {
        let queued = with_lane(|lane: &CommandLane| {
            desk.engine.top_up(lane, resident, amount, Provider::Sandbox, request)
        });
        match queued {
            Ok(ToppedUp::Queued { no, ticket }) => {
                durably(ticket).await?;
                let top_up = desk.engine.top_ups().get(no);
                let top_up = top_up.ok_or_else(|| Problem::internal(&"a durable top-up is not there"))?;
                return Ok((top_up, Replayed::No));
            }
            Ok(ToppedUp::Before(no)) => match until(|| outcome_of(desk, request, no)).await? {
                Some(top_up) => return Ok((top_up, Replayed::Yes)),
                None => continue,
            },
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
}

/// What a request that came before came to, when it is no longer under way: a top-up, or nothing.
fn outcome_of(
    desk: &Desk,
    request: Option<crate::domain::event::RequestKey>,
    no: TopUpNo,
) -> Option<Option<TopUp>> {
    match request.map(|request| desk.engine.topped_up_before(request, no)) {
        Some(ToppedUpBefore::UnderWay) => None,
        Some(ToppedUpBefore::Paid(top_up)) => Some(Some(top_up)),
        Some(ToppedUpBefore::Refused) | None => Some(None),
    }
}

fn paid(desk: &Desk, top_up: TopUp, replayed: Replayed) -> Result<Response, Problem> {
    let world = desk.engine.world();
    let view = TopUpView {
        id: desk.ids.top_up(top_up.no),
        amount: Money::new(top_up.amount, world.catalogue.city().currency),
        provider: ProviderName::Sandbox,
        paid_at: city_moment(world.catalogue.zone(), top_up.paid_at),
    };
    let mut response = json(StatusCode::CREATED, &view);
    replayed.mark(&mut response);
    Ok(response)
}
