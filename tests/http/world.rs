//! A small world: workers, a log that settles on command, a few routes, and a client that speaks HTTP by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use jiff::tz::TimeZone;
use kaichang::api::answer::{Money, Rfc3339, json};
use kaichang::api::compose;
use kaichang::api::entrance::Entrance;
use kaichang::api::extract::JsonBody;
use kaichang::api::headers::{bearer_token, idempotency_key};
use kaichang::api::ops::{self, CityTime, Readiness};
use kaichang::api::problem::{Problem, Text};
use kaichang::api::runtime::{Drained, RuntimeLimits, Workers, bind};
use kaichang::api::settled::{settled, with_lane};
use kaichang::domain::clock::Clock;
use kaichang::domain::money::{Currency, Minor};
use kaichang::domain::time::UtcMillis;
use kaichang::engine::lane::LaneOwner;
use kaichang::engine::lane::{Intake, LaneNo};
use kaichang::engine::log::Outcome;
use serde::Deserialize;

pub(crate) struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> UtcMillis {
        UtcMillis::new(1_795_514_400_120)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    pitch: String,
    #[serde(default)]
    party_size: Option<u32>,
}

/// A log that settles what it takes, while it is let to.
pub(crate) struct Log {
    pub(crate) intake: Arc<Intake<u64>>,
    held_back: Arc<Mutex<bool>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Log {
    fn start(intake: Arc<Intake<u64>>) -> Self {
        let held_back = Arc::new(Mutex::new(false));
        let ended = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (intake, held_back, ended) =
                (Arc::clone(&intake), Arc::clone(&held_back), Arc::clone(&ended));
            move || {
                let mut taken = Vec::new();
                while !ended.load(Ordering::Acquire) {
                    intake.wait_for_records_at_most(Duration::from_millis(1));
                    let held_back = held_back.lock().expect("not poisoned");
                    if *held_back {
                        continue;
                    }
                    intake.take(64, &mut taken);
                    for (lane, record) in taken.drain(..) {
                        let outcome = if record == 13 { Outcome::NotWritten } else { Outcome::Durable };
                        intake.settle(lane, 1, outcome);
                    }
                    for lane in 0..intake.lanes() {
                        intake.notify(LaneNo::new(lane));
                    }
                }
            }
        });
        Self { intake, held_back, ended, thread: Some(thread) }
    }
}

impl Log {
    /// From here on nothing is taken, until it is let go.
    pub(crate) fn hold_back(&self) {
        *self.held_back.lock().expect("not poisoned") = true;
    }

    pub(crate) fn let_go(&self) {
        *self.held_back.lock().expect("not poisoned") = false;
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) log: Log,
    pub(crate) readiness: Readiness,
    pub(crate) workers: Workers,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(RuntimeLimits::default())
    }

    pub(crate) fn with(limits: RuntimeLimits) -> Self {
        let (intake, lanes) = Intake::<u64>::new(2, 64);
        let log = Log::start(intake);
        let readiness = Readiness::not_yet(Text::fixed("starting", "正在启动"));
        let workers = Workers::start(limits, lanes).expect("workers");
        let listener = bind("127.0.0.1:0".parse().expect("an address")).expect("a socket");
        let address = listener.local_addr().expect("an address");
        workers
            .listen(listener, None, || (router(readiness.clone()), Entrance::default()))
            .expect("listening");
        Self { address, log, readiness, workers }
    }

    pub(crate) fn shutdown(self) -> Drained {
        self.workers.shutdown()
    }

    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
        Client { stream, rest: Vec::new() }
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, head: &str, body: &[u8]) -> Answer {
        self.connect().ask(head, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: x\r\n"), b"")
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        self.ask(&format!("POST {path} HTTP/1.1\r\nhost: x\r\n{headers}"), body)
    }
}

pub(crate) const JSON: &str = "content-type: application/json\r\n";
pub(crate) const TOKEN: &str = "authorization: Bearer good\r\n";

fn router(readiness: Readiness) -> Router {
    let time =
        CityTime { clock: Arc::new(StillClock), zone: TimeZone::get("Asia/Shanghai").expect("a zone") };
    let pages = Router::new()
        .route("/v1/orders", post(order))
        .route("/v1/panics", post(panics))
        .route("/v1/refusals", post(refuse))
        .route("/v1/records", post(record));
    compose::router([ops::routes(readiness, time)], pages)
}

fn authenticated(headers: &axum::http::HeaderMap) -> Result<(), Problem> {
    (bearer_token(headers) == Some("good")).then_some(()).ok_or(Problem::Unauthenticated)
}

struct Somebody;

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Somebody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _state: &S) -> Result<Self, Problem> {
        authenticated(&parts.headers).map(|()| Self)
    }
}

async fn order(
    _somebody: Somebody,
    headers: axum::http::HeaderMap,
    order: JsonBody<Order>,
) -> Result<Response, Problem> {
    idempotency_key(&headers)?;
    let Order { pitch, party_size } = order.value;
    Ok(json(StatusCode::CREATED, &serde_json::json!({ "pitch": pitch, "party_size": party_size })))
}

async fn panics() -> Response {
    panic!("a secret of the handler")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    name: String,
}

async fn refuse(refusal: JsonBody<Refusal>) -> Problem {
    let money = |amount| Money::new(Minor::new(amount), Currency::new("CNY").expect("a currency"));
    match refusal.value.name.as_str() {
        "not-released" => Problem::NotReleased {
            releases_at: Rfc3339::new(UtcMillis::new(0), jiff::tz::Offset::UTC),
            retry_after_s: 0,
            queue: None,
        },
        "quota-exceeded" => Problem::QuotaExceeded { quota: "per-day".to_owned(), limit: 4, used: 4 },
        "insufficient-funds" => Problem::InsufficientFunds { balance: money(5), price: money(1500) },
        "rate-limited" => Problem::RateLimited { retry_after_s: 7 },
        "slot-taken" => Problem::SlotTaken,
        _ => Problem::internal(&"a secret of the engine"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    number: u64,
}

/// Queues a record and answers what became of it.
async fn record(number: JsonBody<Number>) -> Result<Response, Problem> {
    let number = number.value.number;
    let ticket = with_lane::<LaneOwner<u64>, _>(|lane| lane.permit().map(|permit| permit.push(number)))
        .map_err(|_| Problem::OVERLOADED)?;
    match settled(ticket).await {
        Outcome::Durable => Ok(json(StatusCode::CREATED, &serde_json::json!({ "number": number }))),
        Outcome::NotWritten => Err(Problem::OVERLOADED),
        Outcome::Unknown => Err(Problem::internal(&"the log has stopped")),
    }
}

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    rest: Vec<u8>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

impl Client {
    pub(crate) fn send(&mut self, head: &str, body: &[u8]) {
        let mut request = head.as_bytes().to_vec();
        if !body.is_empty() {
            request.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        self.stream.write_all(&request).expect("sent");
    }

    pub(crate) fn ask(&mut self, head: &str, body: &[u8]) -> Answer {
        self.send(head, body);
        self.answer().expect("an answer")
    }

    /// The next answer, or nothing when the connection ends before it.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let head_end = loop {
            if let Some(at) = self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more()?;
        };
        let head = String::from_utf8(self.rest[..head_end].to_vec()).expect("a head of text");
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        let mut answer = Answer { status, head, body: Vec::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        while self.rest.len() < head_end + length {
            self.read_more()?;
        }
        answer.body = self.rest[head_end..head_end + length].to_vec();
        self.rest.drain(..head_end + length);
        Some(answer)
    }

    fn read_more(&mut self) -> Option<()> {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(0) => None,
            Ok(read) => {
                self.rest.extend_from_slice(&chunk[..read]);
                Some(())
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}
