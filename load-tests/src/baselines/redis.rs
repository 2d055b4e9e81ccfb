//! Redis as people use it for such a thing: one Lua script that claims, counts against the quota, takes the money and notes the owner, so
//! that all of it happens or nothing. Commands of all requests share a few connections, whose client sends them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use redis::Script;
use redis::aio::MultiplexedConnection;

use super::front::{self, BookingRequest, Created};
use crate::Failure;
use crate::arguments::BaselineArguments;
use crate::rivals::stock_file::{self, StockLine};

/// One a core would do; two more don't hurt.
pub(crate) const CONNECTIONS: usize = 4;
/// How many pitches are noted at once before anybody comes.
const PIECE: usize = 1000;

/// What a booking costs, and what each resident has and may have, as in the demo city.
const PRICE: i64 = 100;
const BALANCE: i64 = 1_000_000;
const BOOKINGS_A_DAY_MAX: u32 = 4;
const BOOKINGS_LIVE_MAX: u32 = 20;

/// KEYS: the slot's owners, the resident, the request. ARGV: pitch, day, booking, resident. Answers what became of it; the first key of
/// the resident is made with what the wallet is opened with, so that a million of them need not stand there beforehand.
const BOOK: &str = r"
local known = redis.call('GET', KEYS[3])
if known then return {'known', known} end
local capacity = tonumber(redis.call('HGET', 'pitches', ARGV[1]))
if not capacity then return {'unknown', ''} end
if redis.call('HLEN', KEYS[1]) >= capacity then return {'taken', ''} end
local resident = redis.call('HMGET', KEYS[2], 'balance', 'live', ARGV[2])
local balance = tonumber(resident[1] or ARGV[5])
local live = tonumber(resident[2] or 0)
local today = tonumber(resident[3] or 0)
local price = tonumber(ARGV[6])
if today >= tonumber(ARGV[7]) or live >= tonumber(ARGV[8]) then return {'quota', ''} end
if balance < price then return {'funds', ''} end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
redis.call('HSET', KEYS[2], 'balance', balance - price, 'live', live + 1, ARGV[2], today + 1)
redis.call('SET', KEYS[3], ARGV[3], 'EX', 86400)
return {'booked', ARGV[3]}
";

struct Desk {
    connections: Vec<MultiplexedConnection>,
    next: AtomicUsize,
    script: Script,
    answer: Bytes,
}

async fn book(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Json(request): Json<BookingRequest>,
) -> Result<Created, StatusCode> {
    let token = front::token(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let key = front::idempotency_key(&headers).ok_or(StatusCode::BAD_REQUEST)?;
    if !request.is_whole() {
        return Err(StatusCode::BAD_REQUEST);
    }
    // ORDERING: Relaxed, each number is given once, which is all.
    let number = desk.next.fetch_add(1, Ordering::Relaxed);
    let mut connection = desk.connections[number % desk.connections.len()].clone();
    let mut call = desk.script.prepare_invoke();
    call.key(format!("slot:{}:{}", request.pitch, request.start));
    call.key(format!("resident:{token}"));
    call.key(format!("request:{token}:{key}"));
    call.arg(&request.pitch).arg(request.day()).arg(number).arg(token);
    call.arg(BALANCE).arg(PRICE).arg(BOOKINGS_A_DAY_MAX).arg(BOOKINGS_LIVE_MAX);
    let (outcome, _): (String, String) =
        call.invoke_async(&mut connection).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    match outcome.as_str() {
        "booked" | "known" => Ok(front::created(desk.answer.clone())),
        "taken" => Err(StatusCode::CONFLICT),
        "quota" => Err(StatusCode::FORBIDDEN),
        "funds" => Err(StatusCode::PAYMENT_REQUIRED),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

/// The script's place in a store, where it is from now on, with so many pitches that are sold once.
pub(crate) async fn prepare_for_bench(store: &str, pitches: usize) -> Result<String, Failure> {
    let client = redis::Client::open(store)?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut command = redis::cmd("HSET");
    command.arg("pitches");
    for pitch in 0..pitches {
        command.arg(format!("pitch-{pitch}")).arg(1);
    }
    let _: i64 = command.query_async(&mut connection).await?;
    let script = Script::new(BOOK);
    script.prepare_invoke().load_async(&mut connection).await?;
    Ok(script.get_hash().to_owned())
}

/// What redis-benchmark sends: a slot, a resident and a request by lot each time, out of so many that hardly one comes twice.
pub(crate) fn bench_command(hash: &str) -> Vec<String> {
    let lot = "__rand_int__";
    let keys = [format!("slot:{lot}"), format!("resident:{lot}"), format!("request:{lot}")];
    let arguments = ["pitch-0", "2026-11-25", lot, lot].map(str::to_owned);
    let rules = [
        BALANCE.to_string(),
        PRICE.to_string(),
        BOOKINGS_A_DAY_MAX.to_string(),
        BOOKINGS_LIVE_MAX.to_string(),
    ];
    let command = ["evalsha".to_owned(), hash.to_owned(), keys.len().to_string()];
    command.into_iter().chain(keys).chain(arguments).chain(rules).collect()
}

/// Fills the store with what can be sold, and answers what is served.
pub(super) async fn router(arguments: &BaselineArguments) -> Result<Router, Failure> {
    let store = arguments.store.as_deref().ok_or("a store is needed: --store")?;
    let stock = stock_file::read(arguments.stock.as_deref().ok_or("a stock is needed: --stock")?)?;
    let client = redis::Client::open(store)?;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(client.get_multiplexed_async_connection().await?);
    }
    for piece in stock.chunks(PIECE) {
        let mut command = redis::cmd("HSET");
        command.arg("pitches");
        for StockLine { pitch, places, .. } in piece {
            command.arg(&**pitch).arg(*places);
        }
        let _: i64 = command.query_async(&mut connections[0]).await?;
    }
    let script = Script::new(BOOK);
    script.prepare_invoke().load_async(&mut connections[0]).await?;
    let answer = front::answer_of(arguments.answer_bytes);
    let desk = Desk { connections, next: AtomicUsize::new(0), script, answer };
    Ok(Router::new().route("/v1/bookings", post(book)).with_state(Arc::new(desk)))
}
