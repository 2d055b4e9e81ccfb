//! A resident's companions: `GET|POST /v1/residents/me/companions`, `DELETE /v1/residents/me/companions/{companion}`.
//!
//! The list is sealed under the resident's own key and changed as a whole: read, changed, sealed, and put in the place of what was read;
//! who was not quick enough begins anew. A companion's id is made of the request's key, so that a retry finds what its original added.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, LOCATION};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Desk;
use super::ordering::Replayed;
use crate::api::answer::{Items, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::manager::retry::{NewName, request_of};
use crate::api::page::{ListQuery, list as lists};
use crate::api::person::name_fault;
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::settled::{durably, with_lane};
use crate::domain::calendar::local_day;
use crate::domain::event::CompanionsListed;
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::companions::Listing;
use crate::identity::companions::{self, Companion};
use crate::identity::public_id::Position;

/// Where they stand.
pub const PATH: &str = "/v1/residents/me/companions";

/// How many one may have: a large family, or a team.
pub const COMPANIONS_MAX: usize = 20;
/// Nobody who plays is older.
const BIRTH_YEAR_MIN: u16 = 1900;
/// How long one waits for another change of the same list, and between two looks.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(1);

/// Somebody who comes along.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCompanion {
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
    /// 1900 or later, and not later than this year.
    #[schema(minimum = 1900)]
    pub birth_year: Option<u16>,
}

/// Somebody who comes along.
#[derive(Serialize, ToSchema)]
pub struct CompanionView {
    id: String,
    name: String,
    birth_year: Option<u16>,
}

impl CompanionView {
    #[must_use]
    pub fn of(companion: &Companion) -> Self {
        Self {
            id: companion.id.as_str().to_owned(),
            name: companion.name.clone(),
            birth_year: companion.birth_year,
        }
    }
}

/// One's companions, in the order in which they were added.
#[utoipa::path(
    get,
    path = "/v1/residents/me/companions",
    tag = "residents",
    security(("token" = [])),
    params(ListQuery),
    responses((status = 200, body = Items<CompanionView>))
)]
pub async fn list(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = query.page(&desk.ids, lists::COMPANIONS)?;
    let all = listed(&desk, who.resident()?).await?;
    let numbered = all.iter().zip(0u32..).map(|(one, number)| (Position { sort: 0, number }, one));
    Ok(own_with_etag(&headers, &page.of(numbered, CompanionView::of)))
}

/// Adds a companion, of at most 20 (`quota-exceeded`).
#[utoipa::path(
    post,
    path = "/v1/residents/me/companions",
    tag = "residents",
    security(("token" = [])),
    params(("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = NewCompanion,
    responses((status = 201, body = CompanionView))
)]
pub async fn add(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
    body: JsonBody<NewCompanion>,
) -> Result<Response, Problem> {
    let (companion, replayed) = added(&desk, who, idempotency_key(&headers), body.value).await?;
    let mut response = json(StatusCode::CREATED, &CompanionView::of(&companion));
    if let Ok(location) = HeaderValue::from_str(&format!("{PATH}/{}", companion.id)) {
        response.headers_mut().insert(LOCATION, location);
    }
    replayed.mark(&mut response);
    Ok(response)
}

/// Takes a companion from the list. Bookings that name him go on naming him.
#[utoipa::path(
    delete,
    path = "/v1/residents/me/companions/{companion}",
    tag = "residents",
    security(("token" = [])),
    params(("companion" = String, Path)),
    responses((status = 204))
)]
pub async fn remove(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(id): PathText,
) -> Result<Response, Problem> {
    removed(&desk, who.resident()?, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Adds a companion, once a key; durable when this returns.
///
/// # Errors
/// Why nobody was added; `invalid-request` with all that is wrong, before it is asked who asks.
pub async fn added(
    desk: &Desk,
    who: SignedIn,
    key: Result<Option<&str>, Problem>,
    wanted: NewCompanion,
) -> Result<(Companion, Replayed), Problem> {
    let mut faults = FieldFaults::new();
    let key = key.map_err(|problem| faults.add_all(problem)).ok();
    let NewCompanion { name, birth_year } = wanted;
    if let Some(fault) = name_fault(&name) {
        faults.add(fault);
    }
    let this_year = local_day(desk.engine.world().catalogue.zone(), desk.clock.now()).date().year();
    let is_possible = |year: u16| year >= BIRTH_YEAR_MIN && i64::from(year) <= i64::from(this_year);
    if birth_year.is_some_and(|year| !is_possible(year)) {
        faults.add(FieldFault::out_of_range("birth_year", BIRTH_YEAR_MIN.into(), this_year.into()));
    }
    let key = faults.check_read(key)?;
    let resident = who.resident()?;
    let mut asks_for = birth_year.unwrap_or(0).to_le_bytes().to_vec();
    asks_for.extend_from_slice(name.as_bytes());
    let new_name = NewName::of('c', request_of(desk, resident, PATH, key, &asks_for))?;
    let companion = Companion { id: new_name.code.clone(), name, birth_year };
    let mut replayed = Replayed::No;
    change(desk, resident, |list| {
        if new_name.is_among(list.iter().map(|one| &one.id))? {
            replayed = Replayed::Yes;
            return Ok(Change::None);
        }
        if list.len() >= COMPANIONS_MAX {
            let count = COMPANIONS_MAX as u64;
            return Err(Problem::QuotaExceeded { quota: "companions".to_owned(), limit: count, used: count });
        }
        replayed = Replayed::No;
        list.push(companion.clone());
        Ok(Change::Made)
    })
    .await?;
    Ok((companion, replayed))
}

/// Takes a companion from a resident's list; durable when this returns.
///
/// # Errors
/// `not-found`, or why he stays.
pub async fn removed(desk: &Desk, resident: ResidentNo, id: &str) -> Result<(), Problem> {
    change(desk, resident, |list| {
        let at = list.iter().position(|one| one.id.as_str() == id).ok_or(Problem::NotFound)?;
        list.remove(at);
        Ok(Change::Made)
    })
    .await
}

/// What a change of a list came to.
enum Change {
    Made,
    None,
}

/// Changes a resident's list, after whoever is changing it now.
async fn change(
    desk: &Desk,
    resident: ResidentNo,
    mut alter: impl FnMut(&mut Vec<Companion>) -> Result<Change, Problem>,
) -> Result<(), Problem> {
    let began = desk.clock.monotonic();
    loop {
        let before = desk.engine.companions_of(resident);
        let mut list = match &before {
            Some(sealed) => opened(desk, resident, Arc::clone(sealed)).await?,
            None => Vec::new(),
        };
        if let Change::None = alter(&mut list)? {
            return Ok(());
        }
        let sealed = sealed(desk, resident, list).await?;
        let listed = CompanionsListed { resident, sealed };
        let queued =
            with_lane(|lane: &CommandLane| desk.engine.list_companions(lane, before.as_ref(), listed));
        match queued.map_err(|refusal| desk.refuse(refusal))? {
            Listing::Queued(ticket) => return durably(ticket).await,
            Listing::Meanwhile if desk.clock.monotonic().saturating_sub(began) < PATIENCE => {
                tokio::time::sleep(LOOK).await;
            }
            Listing::Meanwhile => return Err(Problem::OVERLOADED),
        }
    }
}

/// A resident's companions.
///
/// # Errors
/// A fault of ours.
pub async fn listed(desk: &Desk, resident: ResidentNo) -> Result<Vec<Companion>, Problem> {
    match desk.engine.companions_of(resident) {
        Some(sealed) => opened(desk, resident, sealed).await,
        None => Ok(Vec::new()),
    }
}

/// Opens what a resident has said of his companions.
///
/// # Errors
/// A fault of ours.
pub(super) async fn opened(
    desk: &Desk,
    resident: ResidentNo,
    sealed: Arc<[u8]>,
) -> Result<Vec<Companion>, Problem> {
    desk.with_keys(move |keys| {
        let key = keys.get(resident).map_err(|fault| fault.to_string())?;
        companions::open(resident, &key, &sealed).map_err(|fault| fault.to_string())
    })
    .await
}

/// Seals companions under the key of who has them.
///
/// # Errors
/// `forbidden` for an account that was made for trials and has no key; a fault of ours.
pub(super) async fn sealed(
    desk: &Desk,
    resident: ResidentNo,
    companions: Vec<Companion>,
) -> Result<Box<[u8]>, Problem> {
    if desk.engine.sealed_of(resident).is_none() {
        return Err(Problem::Forbidden);
    }
    desk.with_keys(move |keys| {
        let key = keys.get(resident).map_err(|fault| fault.to_string())?;
        companions::seal(&companions, resident, &key).map_err(|fault| fault.to_string())
    })
    .await
}

/// What is told where companions are named that are not in the list.
#[must_use]
pub(super) fn unknown_companion(field: String) -> FieldFault {
    FieldFault::new(field, Text::fixed("is none of your companions", "不在您的同行人名单中"))
}
