//! Whole requests without a socket, from the parsed head to the last byte of the answer, on the demo city with everything
//! free: the routes, the query, the engine and the JSON. Beside them the check of a token, which most requests begin with.
//!
//! `cargo bench --bench request`.

#[expect(dead_code, reason = "it founds the cities of other benches")]
#[path = "shared/city.rs"]
mod bench_city;
#[path = "shared/open_data.rs"]
mod bench_open_data;

use std::hint::black_box;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bench_city::{DAY_0, midnight};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::BodyExt;
use kaichang::api::{compose, open_data};
use kaichang::demo;
use kaichang::domain::event::{DaysOpened, Event};
use kaichang::domain::ids::ResidentNo;
use kaichang::domain::time::LocalDay;
use kaichang::engine::replay::Replay;
use kaichang::identity::token::{TokenClaims, Tokens};
use tower::ServiceExt;

/// The city's first day, and the days that are open behind it.
const DAYS: i32 = 7;

fn routes() -> Router {
    let mut replay = Replay::new();
    for event in demo::city(1) {
        replay.apply_event(midnight(), &event).expect("a city");
    }
    let days = DaysOpened { first: LocalDay::new(DAY_0), last: LocalDay::new(DAY_0 + DAYS) };
    replay.apply_event(midnight(), &Event::DaysOpened(days)).expect("days");
    let engine = Arc::new(replay.finish().expect("a city"));
    compose::router([open_data::routes(bench_open_data::of(engine))], Router::new())
}

/// The answer's status and bytes.
async fn ask(routes: &Router, path: &str) -> (StatusCode, usize) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let Ok(response) = routes.clone().oneshot(request).await;
    let status = response.status();
    (status, response.into_body().collect().await.expect("a body").to_bytes().len())
}

fn whole_requests(criterion: &mut Criterion) {
    let routes = routes();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let day = LocalDay::new(DAY_0 + 1);
    let mut group = criterion.benchmark_group("request");
    for (name, path) in [
        ("sports", "/v1/sports?limit=500".to_owned()),
        ("availability_of_the_city_200", format!("/v1/availability?sport=badminton&date={day}&limit=200")),
        (
            "availability_of_the_city_evening_50",
            format!("/v1/availability?sport=tennis&date={day}&from=18:00&to=22:00"),
        ),
        ("slots_of_a_pitch", format!("/v1/pitches/sz-0027-p1/slots?date={day}")),
        ("venue", "/v1/venues/sz-0027".to_owned()),
    ] {
        let (status, bytes) = runtime.block_on(ask(&routes, &path));
        assert_eq!(status, StatusCode::OK, "{path}");
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(ask(&routes, black_box(&path))));
        });
    }
    group.finish();
}

fn tokens(criterion: &mut Criterion) {
    let tokens = Tokens::new(&[7; 32]);
    let claims = TokenClaims { resident: ResidentNo::new(7), slot: 1, generation: 3 };
    let minted = tokens.mint(claims, midnight());
    let text = minted.token.as_str().to_owned();
    let forged = format!("{}A", &text[..text.len() - 1]);
    assert_eq!(tokens.check(&text, midnight()), Some(claims));
    let mut group = criterion.benchmark_group("token");
    group.bench_function("check", |bencher| bencher.iter(|| tokens.check(black_box(&text), midnight())));
    group.bench_function("check_forged", |bencher| {
        bencher.iter(|| tokens.check(black_box(&forged), midnight()))
    });
    group.bench_function("mint", |bencher| bencher.iter(|| tokens.mint(black_box(claims), midnight())));
    group.finish();
}

criterion_group!(benches, tokens, whole_requests);
criterion_main!(benches);
