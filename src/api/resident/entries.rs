//! Entering for a release that is drawn by lot: `POST /v1/releases/{release}/entries`, and one's own entry under `entries/mine`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, LOCATION};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::entry_view::{EntryView, Own};
use super::ordering::Replayed;
use super::{Desk, Residents};
use crate::api::answer::json;
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::problem::{FieldFaults, Problem};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::settled::{durably, until, with_lane};
use crate::api::written_time::read_moment;
use crate::domain::draw::EntryId;
use crate::domain::event::RequestKey;
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::engine::CommandLane;
use crate::engine::enter::{Entering, EntryRequest, Standing, WrittenWish};

/// A slot, or some that follow each other.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceBody {
    /// The id of a pitch, or of a part of one.
    pub pitch: String,
    #[schema(format = DateTime)]
    pub start: String,
    /// At most `max_slots` slots after `start`.
    #[schema(format = DateTime)]
    pub end: String,
}

/// What is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryBody {
    /// The dearest first: one of them is given at most.
    #[schema(min_items = 1, max_items = 8)]
    pub choices: Vec<ChoiceBody>,
    /// How many will come; 1 where nothing is said. A group enters as one and wins as one.
    #[schema(minimum = 1)]
    pub party_size: Option<i64>,
}

/// Enters for a release that is drawn by lot, once.
#[utoipa::path(
    post,
    path = "/v1/releases/{release}/entries",
    tag = "residents",
    security(("token" = [])),
    params(
        ("release" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")
    ),
    request_body = EntryBody,
    responses((status = 201, body = EntryView))
)]
pub async fn enter(
    State(state): State<Residents>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
    headers: HeaderMap,
    body: JsonBody<EntryBody>,
) -> Result<Response, Problem> {
    let desk = &state.desk;
    let replayed = entered(desk, who.no, &release, idempotency_key(&headers), &body.value).await?;
    let mut response = shown(desk, who.no, &release, StatusCode::CREATED).await?;
    replayed.mark(&mut response);
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/releases/{release}/entries/mine")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Enters, once a key; durable when this returns.
///
/// # Errors
/// Why nobody entered.
pub async fn entered(
    desk: &Desk,
    resident: ResidentNo,
    release: &str,
    key: Result<Option<&str>, Problem>,
    body: &EntryBody,
) -> Result<Replayed, Problem> {
    let mut faults = FieldFaults::new();
    let key = key.map_err(|problem| faults.add_all(problem)).ok().flatten();
    let choices = read(&body.choices, &mut faults);
    faults.check()?;
    let party_size = body.party_size.unwrap_or(1);
    let path = format!("/v1/releases/{release}/entries");
    let key = key.map(|key| desk.request_key(resident, "POST", &path, key, &asks_for(&choices, party_size)));
    let request = EntryRequest { resident, release, choices: &choices, party_size };
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|fault| Problem::internal(&fault))?;
    let id = EntryId::new(u128::from_le_bytes(id));
    loop {
        let now = desk.clock.now();
        match with_lane(|lane: &CommandLane| desk.engine.enter(lane, &request, (id, key), now)) {
            Ok(Entering::Queued(ticket)) => {
                durably(ticket).await?;
                return Ok(Replayed::No);
            }
            Ok(Entering::Before) => {
                let no = desk.release_no(release)?;
                // A second one in flight waits for the first; where that came to nothing, this one is judged anew.
                if until(|| entered_before(desk, resident, no, key)).await? {
                    return Ok(Replayed::Yes);
                }
            }
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
}

/// Whether a request that came before has entered, when it is no longer under way.
fn entered_before(
    desk: &Desk,
    resident: ResidentNo,
    release: ReleaseNo,
    key: Option<RequestKey>,
) -> Option<bool> {
    if desk.engine.is_entering(resident, release) {
        return None;
    }
    // Looked up behind it: a request that came to nothing is forgotten before it ends.
    Some(key.is_some_and(|key| desk.engine.known().look_up(key).is_some()))
}

fn read<'a>(choices: &'a [ChoiceBody], faults: &mut FieldFaults) -> Vec<WrittenWish<'a>> {
    let mut read = Vec::with_capacity(choices.len());
    for ChoiceBody { pitch, start, end } in choices {
        let start = read_moment("choices", start).map_err(|fault| faults.add(fault)).ok();
        let end = read_moment("choices", end).map_err(|fault| faults.add(fault)).ok();
        if let Some((start, end)) = start.zip(end) {
            read.push(WrittenWish { pitch, start, end });
        }
    }
    read
}

fn asks_for(choices: &[WrittenWish<'_>], party_size: i64) -> Vec<u8> {
    let mut asks_for = party_size.to_le_bytes().to_vec();
    for choice in choices {
        asks_for.extend_from_slice(choice.pitch.as_bytes());
        // No code has a NUL, so the parts can't run into each other.
        asks_for.push(0);
        for moment in [choice.start.moment, choice.end.moment] {
            asks_for.extend_from_slice(&moment.get().to_le_bytes());
        }
    }
    asks_for
}

/// One's own entry, and what came of it.
#[utoipa::path(
    get,
    path = "/v1/releases/{release}/entries/mine",
    tag = "residents",
    security(("token" = [])),
    params(("release" = String, Path)),
    responses((status = 200, body = EntryView))
)]
pub async fn entry(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = whole(&desk, own(&desk, who.resident()?, &release)?).await?;
    let world = desk.engine.world();
    let view = EntryView::of(&desk.engine, &world, &desk.ids, view).ok_or(Problem::NotFound)?;
    Ok(own_with_etag(&headers, &view))
}

/// Changes one's own entry: it asks for this from now on. Its id stays.
#[utoipa::path(
    put,
    path = "/v1/releases/{release}/entries/mine",
    tag = "residents",
    security(("token" = [])),
    params(("release" = String, Path)),
    request_body = EntryBody,
    responses((status = 200, body = EntryView))
)]
pub async fn change(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
    body: JsonBody<EntryBody>,
) -> Result<Response, Problem> {
    changed(&desk, who.no, &release, &body.value).await?;
    shown(&desk, who.no, &release, StatusCode::OK).await
}

/// Changes somebody's own entry; durable when this returns.
///
/// # Errors
/// Why it stays as it is.
pub async fn changed(
    desk: &Desk,
    resident: ResidentNo,
    release: &str,
    body: &EntryBody,
) -> Result<(), Problem> {
    let mut faults = FieldFaults::new();
    let choices = read(&body.choices, &mut faults);
    faults.check()?;
    let request =
        EntryRequest { resident, release, choices: &choices, party_size: body.party_size.unwrap_or(1) };
    let now = desk.clock.now();
    let ticket = with_lane(|lane: &CommandLane| desk.engine.change_entry(lane, &request, now));
    durably(ticket.map_err(|refusal| desk.refuse(refusal))?).await
}

/// Withdraws one's own entry. While the window is open one may enter again.
#[utoipa::path(
    delete,
    path = "/v1/releases/{release}/entries/mine",
    tag = "residents",
    security(("token" = [])),
    params(("release" = String, Path)),
    responses((status = 200, body = EntryView))
)]
pub async fn withdraw(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
) -> Result<Response, Problem> {
    withdrawn(&desk, who.resident()?, &release).await?;
    shown(&desk, who.no, &release, StatusCode::OK).await
}

/// Withdraws somebody's own entry; durable when this returns.
///
/// # Errors
/// Why it stays.
pub async fn withdrawn(desk: &Desk, resident: ResidentNo, release: &str) -> Result<(), Problem> {
    let now = desk.clock.now();
    let ticket = with_lane(|lane: &CommandLane| desk.engine.withdraw_entry(lane, resident, release, now));
    durably(ticket.map_err(|refusal| desk.refuse(refusal))?).await
}

/// Somebody's own entry for a release.
///
/// # Errors
/// `not-found` when there is none.
pub fn own(desk: &Desk, resident: ResidentNo, release: &str) -> Result<super::entry_view::Own, Problem> {
    let no = desk.release_no(release)?;
    let entry = desk.engine.own_entry(resident, no).ok_or(Problem::NotFound)?;
    let booking = match entry.standing {
        Standing::Held(_, no) => desk.engine.bookings().get(no),
        Standing::Entered
        | Standing::Withdrawn
        | Standing::Won(_)
        | Standing::Reserve(_)
        | Standing::Lapsed => None,
    };
    Ok(super::entry_view::Own { release: no, entry, booking })
}

/// The same, with what was booked by it, however long ago.
async fn whole(desk: &Desk, own: Own) -> Result<Own, Problem> {
    let Standing::Held(_, no) = own.entry.standing else { return Ok(own) };
    let booking = match own.booking {
        Some(booking) => Some(booking),
        None => desk.past.booking(no).await?,
    };
    Ok(Own { booking, ..own })
}

async fn shown(
    desk: &Desk,
    resident: ResidentNo,
    release: &str,
    status: StatusCode,
) -> Result<Response, Problem> {
    let own = whole(desk, own(desk, resident, release)?).await?;
    let world = desk.engine.world();
    let view = EntryView::of(&desk.engine, &world, &desk.ids, own);
    Ok(json(status, &view.ok_or_else(|| Problem::internal(&"a durable entry can't be shown"))?))
}
