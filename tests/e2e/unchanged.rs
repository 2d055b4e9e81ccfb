//! What must be the same before and after requests that are refused: nothing is written, paid or taken.

use serde_json::Value;

use crate::city::City;
use crate::client::{Answer, Request};
use crate::problems::problem;
use crate::routes::Scene;

/// A city's state as far as refused requests could have changed it.
#[derive(Debug, PartialEq)]
pub(crate) struct State {
    wallet: Value,
    entries: Value,
    bookings: Value,
    slot: Value,
    /// How far the journal goes, by `kaichang verify`.
    journal: String,
}

impl State {
    #[track_caller]
    pub(crate) fn of(city: &City, scene: &Scene) -> Self {
        // Not counted among the account's requests, of which the tests make many.
        let asked = |path: &str| loop {
            let answer = city.ask(&Request::get(path).token(&scene.resident.token));
            if answer.status == 429 {
                wait_for_turn(&answer);
                continue;
            }
            return answer.expect(200, path).json();
        };
        Self {
            wallet: asked("/v1/wallet"),
            entries: asked("/v1/wallet/entries?limit=500"),
            bookings: asked("/v1/bookings?limit=500"),
            slot: city.slot(&scene.slot),
            journal: city.ground.verify().said,
        }
    }
}

/// Waits as long as a limited client is told to, which is part of the contract.
pub(crate) fn wait_for_turn(answer: &Answer) {
    let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse().ok()).expect("seconds");
    std::thread::sleep(std::time::Duration::from_secs(seconds));
}

/// The problem of a request that must be refused for what it is, however many came before it.
#[track_caller]
pub(crate) fn refused(city: &City, request: &Request, asked: &str) -> Value {
    loop {
        let answer = city.ask(request);
        let refusal = problem(&answer, asked);
        assert!((400..500).contains(&answer.status), "{asked}: {refusal}");
        if answer.status == 429 {
            wait_for_turn(&answer);
            continue;
        }
        return refusal;
    }
}

/// It is this problem.
#[track_caller]
pub(crate) fn refused_as(city: &City, request: &Request, name: &str, asked: &str) -> Value {
    let refusal = refused(city, request, asked);
    assert_eq!(refusal["type"], format!("/problems/{name}"), "{asked}: {refusal}");
    refusal
}
