//! Coming into a release's queue, one's own place there, and leaving: `/v1/releases/{release}/queue` and `queue/me`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::challenge::expect_solution;
use super::ordering::Replayed;
use super::{Desk, Residents};
use crate::api::answer::{Rfc3339, city_moment, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::extract::{JsonBody, PathText};
use crate::api::headers::idempotency_key;
use crate::api::open_data::queue::spread_of;
use crate::api::open_data::queue_view::{QueueState, state_of};
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::settled::{durably, until, with_lane};
use crate::domain::catalogue::Release;
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::domain::time::UtcMillis;
use crate::engine::CommandLane;
use crate::engine::join::Joining;
use crate::engine::queues::{Board, OwnPlace, Stand};

/// Nobody asks for his own place more often than so many seconds, nor less often.
const AGAIN_S: (i64, i64) = (2, 30);

/// A place is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinBody {
    /// The solution of a challenge (`GET …/queue/challenge`), where one is asked for: ALTCHA's, in base 64.
    pub altcha: Option<String>,
}

/// How one stands in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceState {
    Waiting,
    /// It is one's turn, until `act_until`.
    Admitted,
    /// Nothing is left at this moment; one waits on for what is given back, at the same place.
    SoldOut,
    /// One's turn is over, or one has had what one may have. Coming again gives a new place.
    Over,
    Left,
}

/// One's own place in a queue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlaceView {
    pub release: String,
    pub state: PlaceState,
    /// How many-th one came.
    pub number: u32,
    /// The number signed by the city, with whose it is.
    pub ticket: String,
    /// How many-th it is one's turn; null before the instant.
    pub place: Option<u32>,
    /// Up to which place it is the turn.
    pub now_serving: u32,
    /// How many wait before one; null before the instant and when one waits no more.
    pub before: Option<u32>,
    /// From when to when it will be one's turn, as it looks now.
    pub expected: Option<ExpectedView>,
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Rfc3339,
    /// Until when it is one's turn.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub act_until: Option<Rfc3339>,
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Rfc3339,
}

/// A range of time.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ExpectedView {
    #[schema(value_type = String, format = DateTime)]
    pub from: Rfc3339,
    #[schema(value_type = String, format = DateTime)]
    pub to: Rfc3339,
}

/// A place with all that is told of it.
#[derive(Debug, Clone, Copy)]
pub struct Own {
    pub place: OwnPlace,
    pub board: Board,
}

/// Comes into a queue, or finds oneself there: coming again gives the same place.
#[utoipa::path(
    post,
    path = "/v1/releases/{release}/queue",
    tag = "residents",
    security(("token" = [])),
    params(
        ("release" = String, Path),
        ("idempotency-key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")
    ),
    request_body = JoinBody,
    responses((status = 201, body = PlaceView))
)]
pub async fn join(
    State(state): State<Residents>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
    headers: HeaderMap,
    body: JsonBody<JoinBody>,
) -> Result<Response, Problem> {
    let has_key = idempotency_key(&headers)?.is_some();
    let desk = &state.desk;
    let replayed = joined(desk, who.no, &release, body.value.altcha.as_deref()).await?;
    let mut response = shown(desk, who.no, &release, StatusCode::CREATED)?;
    if has_key {
        replayed.mark(&mut response);
    }
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/releases/{release}/queue/me")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Comes into a queue; durable when this returns.
///
/// # Errors
/// Why he didn't come.
pub async fn joined(
    desk: &Desk,
    resident: ResidentNo,
    release: &str,
    solution: Option<&str>,
) -> Result<Replayed, Problem> {
    expect_solution(desk, resident, release, solution)?;
    loop {
        let now = desk.clock.now();
        match with_lane(|lane: &CommandLane| desk.engine.join(lane, resident, release, now)) {
            Ok(Joining::Queued(ticket)) => {
                durably(ticket).await?;
                return Ok(Replayed::No);
            }
            Ok(Joining::There) => return Ok(Replayed::Yes),
            Ok(Joining::UnderWay) => {
                let no = desk.release_no(release)?;
                until(|| (!desk.engine.is_joining(resident, no)).then_some(())).await?;
            }
            Err(refusal) => return Err(desk.refuse(refusal)),
        }
    }
}

/// One's own place in a queue, on whatever device.
#[utoipa::path(
    get,
    path = "/v1/releases/{release}/queue/me",
    tag = "residents",
    security(("token" = [])),
    params(("release" = String, Path)),
    responses((status = 200, body = PlaceView))
)]
pub async fn place(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (view, again_s) = view(&desk, who.resident()?, &release)?;
    let mut response = own_with_etag(&headers, &view);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(again_s));
    Ok(response)
}

/// Leaves a queue. Who comes again stands at the end.
#[utoipa::path(
    delete,
    path = "/v1/releases/{release}/queue/me",
    tag = "residents",
    security(("token" = [])),
    params(("release" = String, Path)),
    responses((status = 200, body = PlaceView))
)]
pub async fn leave(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(release): PathText,
) -> Result<Response, Problem> {
    left(&desk, who.resident()?, &release).await?;
    shown(&desk, who.no, &release, StatusCode::OK)
}

/// Leaves a queue; durable when this returns.
///
/// # Errors
/// Why he stays.
pub async fn left(desk: &Desk, resident: ResidentNo, release: &str) -> Result<(), Problem> {
    let now = desk.clock.now();
    let ticket = with_lane(|lane: &CommandLane| desk.engine.leave_queue(lane, resident, release, now));
    durably(ticket.map_err(|refusal| desk.refuse(refusal))?).await
}

/// Somebody's place in the queue of a release.
///
/// # Errors
/// `not-found` when he isn't there.
pub fn own(desk: &Desk, release: ReleaseNo, resident: ResidentNo, now: UtcMillis) -> Result<Own, Problem> {
    let place = desk.engine.queues().own(release, resident, now).ok_or(Problem::NotFound)?;
    let board = desk.engine.queues().board(release, now).ok_or(Problem::NotFound)?;
    Ok(Own { place, board })
}

impl Own {
    /// How he stands.
    #[must_use]
    pub fn state(&self, release: &Release, now: UtcMillis) -> PlaceState {
        match self.place.stand {
            Stand::Waiting if state_of(release, &self.board, now) == QueueState::SoldOut => {
                PlaceState::SoldOut
            }
            Stand::Waiting => PlaceState::Waiting,
            Stand::Admitted { .. } => PlaceState::Admitted,
            Stand::Over => PlaceState::Over,
            Stand::Left => PlaceState::Left,
        }
    }

    /// After how many seconds he asks again: the nearer his turn, the sooner.
    #[must_use]
    pub fn again_s(&self, opens_at: UtcMillis, now: UtcMillis) -> u32 {
        let (least, most) = AGAIN_S;
        let until_open = opens_at.since_ms(now).div_euclid(1000) + 1;
        let seconds = match (self.place.stand, self.place.wait) {
            (Stand::Waiting, _) if self.board.opened.is_none() => until_open,
            (Stand::Waiting, Some(wait)) => wait.from_ms / 2000,
            (Stand::Waiting, None) if self.place.before == Some(0) => least,
            (Stand::Waiting, None) => 5,
            (Stand::Admitted { .. } | Stand::Over | Stand::Left, _) => most,
        };
        let seconds = u32::try_from(seconds.clamp(least, most)).unwrap_or(1);
        // His number puts him apart from those who came with him.
        seconds + spread_of(self.place.number, seconds.min(4))
    }
}

/// A place as it is answered, and after how many seconds to ask again.
///
/// # Errors
/// `not-found` when he isn't in the queue.
pub fn view(desk: &Desk, resident: ResidentNo, code: &str) -> Result<(PlaceView, u32), Problem> {
    let now = desk.clock.now();
    let world = desk.engine.world();
    let release = world.catalogue.release_by_code(code).ok_or(Problem::NotFound)?;
    let opens_at = release.def.queue_opens_at().ok_or(Problem::NotFound)?;
    let own = own(desk, release.no, resident, now)?;
    let zone = world.catalogue.zone();
    let moment = |at: UtcMillis| city_moment(zone, at);
    let view = PlaceView {
        release: code.to_owned(),
        state: own.state(release, now),
        number: own.place.number,
        ticket: desk.queue_numbers.sign(code, own.place.number, resident),
        place: own.place.place,
        now_serving: own.board.served,
        before: own.place.before,
        expected: own.place.wait.map(|wait| ExpectedView {
            // To the second: it is an estimate.
            from: moment(to_second(now.plus_ms(wait.from_ms))),
            to: moment(to_second(now.plus_ms(wait.to_ms))),
        }),
        opens_at: moment(opens_at),
        act_until: match own.place.stand {
            Stand::Admitted { until } => Some(moment(until)),
            Stand::Waiting | Stand::Over | Stand::Left => None,
        },
        joined_at: moment(own.place.came_at),
    };
    Ok((view, own.again_s(opens_at, now)))
}

fn to_second(at: UtcMillis) -> UtcMillis {
    UtcMillis::new(at.get().div_euclid(1000) * 1000)
}

fn shown(desk: &Desk, resident: ResidentNo, release: &str, status: StatusCode) -> Result<Response, Problem> {
    let (view, again_s) = view(desk, resident, release)?;
    let mut response = json(status, &view);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(again_s));
    Ok(response)
}
