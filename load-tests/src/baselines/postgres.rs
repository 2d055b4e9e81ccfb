//! Postgres behind axum and sqlx: a transaction as people usually write it, and the same in one statement.

pub(crate) mod bench_script;
mod usual;

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::Baseline;
use super::front::{self, BookingRequest, Created};
use crate::Failure;
use crate::arguments::BaselineArguments;
use crate::residents::{BOOKINGS_A_RESIDENT_MAX, Tokens};
use crate::rivals::stock_file::{self, StockLine};

/// More connections than this only wait for each other on two cores; fewer share too few syncs.
pub(crate) const CONNECTIONS: u32 = 48;

const SCHEMA: &str = "
CREATE TABLE resident (id int PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0));
CREATE TABLE slot (pitch text, starts text, day text NOT NULL, price bigint NOT NULL, places int NOT NULL CHECK (places >= 0), PRIMARY KEY (pitch, starts));
CREATE TABLE booking (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident int NOT NULL REFERENCES resident,
    pitch text NOT NULL,
    starts text NOT NULL,
    day text NOT NULL,
    price bigint NOT NULL,
    request text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (resident, request)
);
CREATE INDEX ON booking (resident, day);
";

/// Everything at once: a wallet that is too low breaks its constraint, and nothing has happened.
const BEST: &str = "
WITH taken AS (
    UPDATE slot SET places = places - 1
    WHERE pitch = $1 AND starts = $2 AND places > 0
      AND (SELECT count(*) FROM booking WHERE resident = $3 AND day = $4) < $5
    RETURNING price
), paid AS (
    UPDATE resident SET balance = balance - taken.price FROM taken WHERE id = $3 RETURNING taken.price
)
INSERT INTO booking (resident, pitch, starts, day, price, request)
SELECT $3, $1, $2, $4, paid.price, $6 FROM paid
RETURNING id";

struct Desk {
    pool: PgPool,
    /// Looked up in memory, which costs the database nothing.
    residents: HashMap<Box<str>, i32>,
    is_usual: bool,
    answer: Bytes,
}

/// What one asks for.
struct Wanted<'a> {
    resident: i32,
    request: &'a str,
    slot: &'a BookingRequest,
}

/// Why nothing was booked.
enum Refused {
    Taken,
    Quota,
    Funds,
    Fault,
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        let is_check = error.as_database_error().is_some_and(|error| error.is_check_violation());
        if is_check { Self::Funds } else { Self::Fault }
    }
}

async fn book(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    Json(slot): Json<BookingRequest>,
) -> Result<Created, StatusCode> {
    let token = front::token(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let resident = *desk.residents.get(token).ok_or(StatusCode::UNAUTHORIZED)?;
    let request = front::idempotency_key(&headers).ok_or(StatusCode::BAD_REQUEST)?;
    if !slot.is_whole() {
        return Err(StatusCode::BAD_REQUEST);
    }
    let wanted = Wanted { resident, request, slot: &slot };
    let booked =
        if desk.is_usual { usual::book(&desk.pool, &wanted).await } else { best(&desk.pool, &wanted).await };
    match booked {
        Ok(()) => Ok(front::created(desk.answer.clone())),
        Err(Refused::Taken) => Err(StatusCode::CONFLICT),
        Err(Refused::Quota) => Err(StatusCode::FORBIDDEN),
        Err(Refused::Funds) => Err(StatusCode::PAYMENT_REQUIRED),
        Err(Refused::Fault) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

fn quota() -> i64 {
    i64::try_from(BOOKINGS_A_RESIDENT_MAX).unwrap_or(i64::MAX)
}

async fn best(pool: &PgPool, wanted: &Wanted<'_>) -> Result<(), Refused> {
    let booked: Option<(i64,)> = sqlx::query_as(BEST)
        .bind(&wanted.slot.pitch)
        .bind(&wanted.slot.start)
        .bind(wanted.resident)
        .bind(wanted.slot.day())
        .bind(quota())
        .bind(wanted.request)
        .fetch_optional(pool)
        .await?;
    booked.map(drop).ok_or(Refused::Taken)
}

/// Fills the store with residents and what can be sold, and answers what is served.
pub(super) async fn router(arguments: &BaselineArguments) -> Result<Router, Failure> {
    let store = arguments.store.as_deref().ok_or("a store is needed: --store")?;
    let stock = stock_file::read(arguments.stock.as_deref().ok_or("a stock is needed: --stock")?)?;
    let tokens = Tokens::read(arguments.tokens.as_deref().ok_or("residents are needed: --tokens")?)?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(CONNECTIONS)
        .test_before_acquire(false)
        .connect(store)
        .await?;
    fill(&pool, tokens.len(), &stock).await?;
    let residents = (0i32..).zip(0..tokens.len()).map(|(id, at)| (tokens.get(at).into(), id)).collect();
    let desk = Desk {
        pool,
        residents,
        is_usual: arguments.name == Baseline::Postgres,
        answer: front::answer_of(arguments.answer_bytes),
    };
    Ok(Router::new().route("/v1/bookings", post(book)).with_state(Arc::new(desk)))
}

pub(crate) async fn fill(pool: &PgPool, residents: usize, stock: &[StockLine]) -> Result<(), Failure> {
    sqlx::raw_sql(SCHEMA).execute(pool).await?;
    sqlx::query("INSERT INTO resident SELECT id, 1000000 FROM generate_series(0, $1) AS id")
        .bind(i32::try_from(residents)?)
        .execute(pool)
        .await?;
    let mut text = String::new();
    for StockLine { pitch, start, places } in stock {
        let day = start.split('T').next().unwrap_or_default();
        text.push_str(&format!("{pitch}\t{start}\t{day}\t100\t{places}\n"));
    }
    let mut connection = pool.acquire().await?;
    let mut copy = connection.copy_in_raw("COPY slot FROM STDIN").await?;
    copy.send(text.into_bytes()).await?;
    copy.finish().await?;
    drop(connection);
    sqlx::raw_sql("VACUUM ANALYZE").execute(pool).await?;
    sqlx::raw_sql("CHECKPOINT").execute(pool).await?;
    Ok(())
}
