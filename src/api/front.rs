//! What every request and every answer goes through, whatever its route: one thin wrapper around a worker's router.
//!
//! On the way in it names the request, judges the body's size and media type and reads all of it, bounded in size and
//! time. So both are judged before the route, the token and the content, as the contract orders, and no handler waits for
//! a slow sender. On the way out it writes problems in the request's language, catches panics, and adds the headers that
//! every answer has. What hyper refuses by itself (a head that is too large or malformed) doesn't come here.

use std::cell::Cell;
use std::future::poll_fn;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::FromRequestParts;
use axum::http::header::{
    ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use metrics::{Counter, Histogram};
use tokio::time::Instant;
use tower::Service;

use super::entrance::{Audience, Entrance};
use super::handler_time::{HANDLER_TIME_MAX, TookTooLong, in_time};
use super::language::Language;
use super::problem::page::Explained;
use super::problem::{AskedForPage, Carried, FieldFault, Problem, Text, ToShow};
use super::proxies::{Scheme, Sender};
use super::request_id::{RequestId, X_REQUEST_ID};

/// The largest body that is taken.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a body may take to arrive.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// What is read and thrown away of a body that is too large, so that its sender gets to read the answer.
const DISCARDED_BYTES_MAX: usize = 4 * 1024 * 1024;
const DISCARDED_TIME_MAX: Duration = Duration::from_secs(2);

/// Of so many requests the time of one is taken.
const ONE_TIMED_OF: u32 = 16;

/// What browsers are told with every answer.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// What nobody asks by, and no address takes.
const NO_METHOD: &[u8] = b"WHICH";

/// Below this every body is JSON and every answer somebody's own, unless its handler says otherwise.
const API_PREFIX: &str = "/v1/";

/// One worker's way from requests to answers. Each worker has its own, so that what all handlers share is cloned from
/// memory that no other core writes to.
pub struct Front {
    router: Router,
    entrance: Entrance,
    answered: [Counter; 6],
    seconds: Histogram,
    requests: AtomicU32,
}

/// The address that a request comes from: the connection's other end, or whom a trusted proxy was asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// How a request came, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Through(pub Scheme);

thread_local! {
    /// Whose request is being polled on this thread. A request's extensions would cost every request a map.
    static SENDER: Cell<Option<Sender>> = const { Cell::new(None) };
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(_parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        sender().map(|sender| Self(sender.address))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Through {
    type Rejection = Problem;

    async fn from_request_parts(_parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        sender().map(|sender| Self(sender.scheme))
    }
}

fn sender() -> Result<Sender, Problem> {
    SENDER.get().ok_or_else(|| Problem::internal(&"the request came past the front"))
}

impl Front {
    #[must_use]
    pub fn new(router: Router, entrance: Entrance) -> Self {
        let classes = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
        Self {
            router,
            entrance,
            answered: classes
                .map(|class| metrics::counter!("kaichang_http_answers_total", "status" => class)),
            seconds: metrics::histogram!("kaichang_http_request_seconds"),
            requests: AtomicU32::new(0),
        }
    }

    /// Answers a request. Never fails and never panics.
    pub async fn answer<B>(&self, request: Request<B>, other_end: Sender) -> Response
    where
        B: HttpBody<Data = Bytes> + Send,
        B::Error: Send,
    {
        // ORDERING: Relaxed, it is only to be one of so many.
        let is_timed = self.requests.fetch_add(1, Ordering::Relaxed).is_multiple_of(ONE_TIMED_OF);
        let began = is_timed.then(Instant::now);
        let (parts, body) = request.into_parts();
        let request_id = RequestId::of(&parts.headers);
        let accept_language = parts.headers.get(ACCEPT_LANGUAGE).cloned();
        let is_api = parts.uri.path().starts_with(API_PREFIX);
        let audience = if is_api { Audience::Programs } else { Audience::People };
        let for_page = if is_api { None } else { AskedForPage::of(&parts) };
        let version = parts.version;
        let logged = tracing::enabled!(tracing::Level::DEBUG)
            .then(|| (parts.method.clone(), parts.uri.path().to_owned()));

        let sender = self.entrance.sender(other_end, &parts.headers);
        let mut response = match arrived(&parts, body, is_api).await {
            Ok(body) => match self.entrance.door.as_ref().map(|door| door.let_in(&parts)).transpose() {
                Ok(_until_answered) => match self.entrance.let_in(sender, audience, &parts.headers) {
                    Ok(()) => self.routed(Request::from_parts(parts, Body::from(body)), sender).await,
                    Err(problem) => self.not_let_in(problem, parts, sender).await,
                },
                Err(overloaded) => overloaded.into_response(),
            },
            Err(refused) => {
                let mut response = refused.problem.into_response();
                if refused.rest == Rest::Unread && version < Version::HTTP_2 {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                response
            }
        };

        if let Some(Carried(problem)) = response.extensions_mut().remove::<Carried>() {
            if let Problem::Internal { fault } = &problem {
                tracing::error!(request_id = request_id.as_str(), %fault, "a request met a fault");
            }
            match (for_page, self.entrance.problem_page) {
                (Some(asked), Some(page)) => problem.show(&mut response, page, &asked, request_id.as_str()),
                (Some(_), None) | (None, _) => {
                    let language = accept_language.as_ref().and_then(|header| header.to_str().ok());
                    let language = language.map_or_else(Language::default, Language::negotiate);
                    problem.render(&mut response, language, request_id.as_str());
                }
            }
            no_store(response.headers_mut());
        } else if is_api {
            no_store(response.headers_mut());
        } else if let (Some(asked), Some(page)) = (for_page, self.entrance.problem_page)
            && let Some(Explained(name)) = response.extensions_mut().remove::<Explained>()
        {
            response.headers_mut().remove(CONTENT_LENGTH);
            page(&ToShow::Explained(name), &asked, &mut response);
        }
        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, request_id.header().clone());
        for (name, value) in SECURITY_HEADERS {
            // A page says some of this more closely.
            headers.entry(name).or_insert(value);
        }
        if sender.scheme == Scheme::Https {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        let status = response.status();
        self.answered[usize::from(status.as_u16() / 100).min(5)].increment(1);
        if let Some(began) = began {
            self.seconds.record(began.elapsed());
        }
        if let Some((method, path)) = logged {
            let (request_id, status) = (request_id.as_str(), status.as_u16());
            tracing::debug!(request_id, %method, path, status, "answered");
        }
        response
    }

    /// Whether an address takes the method is judged before how often its sender asks, as the contract orders. So the router is asked
    /// what the address takes, by a method that none takes: no handler runs for somebody who is not let in.
    async fn not_let_in(&self, problem: Problem, parts: Parts, sender: Sender) -> Response {
        let Ok(none) = Method::from_bytes(NO_METHOD) else { return problem.into_response() };
        let mut asked = Request::new(Body::empty());
        *asked.method_mut() = none;
        *asked.uri_mut() = parts.uri;
        let answer = self.routed(asked, sender).await;
        let taken = answer.headers().get(ALLOW).and_then(|methods| methods.to_str().ok()).unwrap_or_default();
        let is_taken = taken.split(',').any(|method| method.trim() == parts.method.as_str());
        if answer.status() == StatusCode::METHOD_NOT_ALLOWED && !is_taken {
            answer
        } else {
            problem.into_response()
        }
    }

    /// A panic in a handler is a fault of ours, and so is one that takes too long; a panic's message stays with its hook.
    async fn routed(&self, request: Request<Body>, sender: Sender) -> Response {
        let mut router = self.router.clone();
        let version = request.version();
        let mut answer = pin!(router.call(request));
        let answered = in_time(HANDLER_TIME_MAX, version, |cx| {
            SENDER.set(Some(sender));
            let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx)));
            SENDER.set(None);
            match polled {
                Ok(poll) => poll.map(|answer| match answer {
                    Ok(response) => response,
                    Err(never) => match never {},
                }),
                Err(_) => Problem::internal(&"a handler panicked").into_response().into(),
            }
        });
        match answered.await {
            Ok(response) => response,
            Err(TookTooLong) => Problem::internal(&"a handler took too long").into_response(),
        }
    }
}

fn no_store(headers: &mut HeaderMap) {
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// A body that was not taken.
struct Refused {
    problem: Problem,
    rest: Rest,
}

/// What became of the rest of a body that was not taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Read,
    Unread,
}

/// The whole body, judged by size and media type.
async fn arrived<B>(parts: &Parts, body: B, is_api: bool) -> Result<Bytes, Refused>
where
    B: HttpBody<Data = Bytes> + Send,
{
    let takes_body = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !takes_body || body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut body = pin!(body);
    let too_large = body.size_hint().lower() > BODY_BYTES_MAX as u64;
    let taken = if too_large { Err(NotTaken::TooLarge) } else { collect_in_time(body.as_mut()).await };
    match taken {
        Ok(bytes) if is_api && !bytes.is_empty() && !is_json(&parts.headers) => {
            Err(Refused { problem: Problem::UnsupportedMediaType, rest: Rest::Read })
        }
        Ok(bytes) => Ok(bytes),
        Err(NotTaken::TooLarge) => {
            let discarded = tokio::time::timeout(DISCARDED_TIME_MAX, discard(&mut body)).await;
            let rest = discarded.unwrap_or(Rest::Unread);
            Err(Refused { problem: Problem::PayloadTooLarge, rest })
        }
        Err(NotTaken::Broken) => Err(Refused {
            problem: FieldFault::new("", Text::fixed("the body ended early", "请求内容不完整")).into(),
            rest: Rest::Unread,
        }),
        Err(NotTaken::Late) => Err(Refused {
            problem: FieldFault::new(
                "",
                Text::fixed("the body did not arrive in time", "请求内容未及时送达"),
            )
            .into(),
            rest: Rest::Unread,
        }),
    }
}

enum NotTaken {
    TooLarge,
    Broken,
    Late,
}

/// Almost every body is there when it is looked for: only for one that isn't a timer is set.
async fn collect_in_time<B: HttpBody<Data = Bytes>>(mut body: Pin<&mut B>) -> Result<Bytes, NotTaken> {
    let mut collecting = pin!(collect(&mut body));
    let at_once = poll_fn(|cx| Poll::Ready(collecting.as_mut().poll(cx))).await;
    match at_once {
        Poll::Ready(taken) => taken,
        Poll::Pending => match tokio::time::timeout(BODY_TIME_MAX, collecting).await {
            Ok(taken) => taken,
            Err(_) => Err(NotTaken::Late),
        },
    }
}

async fn collect<B: HttpBody<Data = Bytes> + Unpin>(body: &mut B) -> Result<Bytes, NotTaken> {
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| NotTaken::Broken)?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + all.len() + data.len() > BODY_BYTES_MAX {
            return Err(NotTaken::TooLarge);
        }
        // Almost every body is one frame, which is then passed on as it is.
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

async fn discard<B: HttpBody<Data = Bytes> + Unpin>(body: &mut B) -> Rest {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Rest::Unread };
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > DISCARDED_BYTES_MAX {
            return Rest::Unread;
        }
    }
    Rest::Read
}

/// `application/json` or another kind of JSON, in UTF-8 if a charset is named.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = value.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    let json = essence.eq_ignore_ascii_case("application/json") || {
        let essence = essence.to_ascii_lowercase();
        essence.strip_prefix("application/").is_some_and(|kind| kind.ends_with("+json"))
    };
    json && parts.all(|parameter| match parameter.trim().split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        Some(_) | None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_what_is_not() {
        for (value, json) in [
            ("application/json", true),
            ("Application/JSON; Charset=\"UTF-8\"", true),
            ("application/merge-patch+json", true),
            ("application/json; charset=gbk", false),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(is_json(&headers), json, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
