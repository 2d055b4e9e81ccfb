//! `GET /v1/releases/{release}/queue`: how a queue stands, the same few bytes for everybody who waits.
//!
//! A million may poll it, so it is written a few times a second at most, whoever asks, and kept as bytes: an answer costs a look at the
//! clock and at a map. Whoever stands between may keep it for a second. `Retry-After` says when to ask next, a little different for each
//! answer, so that those who came together don't go on together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderMap, HeaderValue, RETRY_AFTER};
use axum::http::{Response as HttpResponse, StatusCode};
use axum::response::Response;

use super::OpenData;
use super::queue_view::{QueueBoard, QueueState};
use crate::api::answer::json_bytes;
use crate::api::etag::{has, tag};
use crate::api::extract::PathText;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::domain::time::UtcMillis;
use crate::engine::sync::lock;

/// For how long a written answer is given.
const KEPT_MS: i64 = 250;
const FOR_A_SECOND: HeaderValue = HeaderValue::from_static("public, max-age=1");
/// Who waits for the instant asks again within so many seconds.
const BEFORE_S: i64 = 30;
/// Who waits for his turn asks again after so many seconds at least, and some more.
const SERVING_S: u32 = 2;
const SPREAD_S: u32 = 4;
/// When nothing is left one asks seldom.
const SOLD_OUT_S: u32 = 20;

/// The answers that are written already. One a worker.
#[derive(Default)]
pub struct Boards {
    /// A plain lock: entered by one thread, for a look.
    written: Mutex<HashMap<String, Written>>,
}

/// An answer as it was written.
#[derive(Clone)]
struct Written {
    body: Bytes,
    etag: HeaderValue,
    /// After how many seconds one asks again, and how many more at most.
    again_s: (u32, u32),
    at: UtcMillis,
    /// Counts the answers, so that one isn't as the other.
    given: u32,
}

/// How a queue stands: "now serving" and how many wait. Who knows his place compares.
#[utoipa::path(
    get,
    path = "/v1/releases/{release}/queue",
    tag = "everyone",
    params(("release" = String, Path)),
    responses((status = 200, body = QueueBoard))
)]
pub async fn queue(
    State(state): State<OpenData>,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let written = match state.boards.fresh(&code, now) {
        Some(written) => written,
        None => state.boards.write(&state, &code, now)?,
    };
    Ok(written.answer(&headers))
}

impl Boards {
    fn fresh(&self, code: &str, now: UtcMillis) -> Option<Written> {
        let mut all = lock(&self.written);
        let written = all.get_mut(code)?;
        let age = now.since_ms(written.at);
        if !(0..KEPT_MS).contains(&age) {
            return None;
        }
        written.given = written.given.wrapping_add(1);
        Some(written.clone())
    }

    fn write(&self, state: &OpenData, code: &str, now: UtcMillis) -> Result<Written, Problem> {
        let board = {
            let world = state.engine.world();
            let release = world.catalogue.release_by_code(code);
            release.and_then(|release| QueueBoard::of(&state.engine, world.catalogue.zone(), release, now))
        };
        let board = board.ok_or(Problem::NotFound)?;
        let body = Bytes::from(serde_json::to_vec(&board).map_err(|fault| Problem::internal(&fault))?);
        let etag = HeaderValue::from_str(&tag(&body)).map_err(|fault| Problem::internal(&fault))?;
        let again_s = again_s(&board, now);
        let mut all = lock(&self.written);
        let given = all.get(code).map_or(0, |before| before.given.wrapping_add(1));
        let written = Written { body, etag, again_s, at: now, given };
        all.insert(code.to_owned(), written.clone());
        Ok(written)
    }
}

/// After how many seconds one asks again at least, and within how many more.
fn again_s(board: &QueueBoard, now: UtcMillis) -> (u32, u32) {
    let until_open = board.opens_at.moment().since_ms(now).div_euclid(1000) + 1;
    match board.state {
        QueueState::Announced | QueueState::Gathering if until_open > BEFORE_S => {
            (u32::try_from(BEFORE_S).unwrap_or(1), SPREAD_S)
        }
        // Not before the instant, and not all at it.
        QueueState::Announced | QueueState::Gathering => {
            (u32::try_from(until_open.max(1)).unwrap_or(1), SPREAD_S)
        }
        QueueState::Serving => (SERVING_S, SPREAD_S),
        QueueState::SoldOut => (SOLD_OUT_S, SOLD_OUT_S),
        QueueState::Over => (3600, 0),
    }
}

impl Written {
    fn answer(self, headers: &HeaderMap) -> Response {
        let mut response = match self.etag.to_str() {
            Ok(etag) if has(headers, etag) => {
                let mut unchanged = HttpResponse::new(Body::empty());
                *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
                unchanged
            }
            _ => json_bytes(StatusCode::OK, self.body),
        };
        let (least, spread) = self.again_s;
        let again = least + spread_of(self.given, spread);
        let out = response.headers_mut();
        out.insert(ETAG, self.etag);
        out.insert(CACHE_CONTROL, FOR_A_SECOND);
        out.insert(RETRY_AFTER, HeaderValue::from(again));
        response
    }
}

/// Spreads those who ask over the seconds: by golden steps, so that any few that follow each other lie apart.
pub(in crate::api) fn spread_of(given: u32, spread: u32) -> u32 {
    let mixed = u64::from(given.wrapping_mul(0x9e37_79b9));
    u32::try_from((mixed * (u64::from(spread) + 1)) >> 32).unwrap_or(0)
}

/// The answers, shared by the handlers of one worker.
pub type SharedBoards = Arc<Boards>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_ask_one_after_the_other_come_again_at_different_times() {
        let mut counted = [0u32; 5];
        for given in 0..1000 {
            let after = usize::try_from(spread_of(given, 4)).expect("few");
            counted[after] += 1;
        }
        assert!(counted.iter().all(|count| (180..=220).contains(count)), "{counted:?}");
        assert_eq!((0..100).map(|given| spread_of(given, 0)).max(), Some(0));
    }
}
