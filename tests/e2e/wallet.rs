//! `/v1/wallet`: what comes in and what goes out, in minor units, and every bit of it accounted for (I3).

use serde_json::{Value, json};

use crate::city::{BALANCE, City, Resident, amount, items, text};
use crate::client::{Answer, Request};
use crate::problems::check;

const TOP_UPS: &str = "/v1/wallet/top-ups";

fn top_up(city: &City, resident: &Resident, key: Option<&str>, body: &Value) -> Answer {
    let request = Request::post(TOP_UPS, body).token(&resident.token);
    city.ask(&match key {
        Some(key) => request.key(key),
        None => request,
    })
}

fn pays(amount: i64) -> Value {
    json!({ "amount": amount, "provider": "sandbox" })
}

#[test]
fn what_is_topped_up_is_there() {
    let city = City::demo();
    let resident = city.newcomer("+8613912345678");
    let wallet = city.get_as(&resident, "/v1/wallet");
    assert_eq!(wallet, json!({ "balance": { "amount": 0, "currency": "CNY" } }));
    for (paid, balance) in [(1, 1), (10_000_000, 10_000_001), (10_000_000, 20_000_001)] {
        let answer = top_up(&city, &resident, None, &pays(paid)).expect(201, "a top-up").json();
        assert_eq!(answer["amount"], json!({ "amount": paid, "currency": "CNY" }));
        assert_eq!(city.balance(&resident), balance);
    }
    let city = city.kill_and_reopen();
    assert_eq!(city.balance(&resident), 20_000_001);
}

#[test]
fn more_than_may_be_topped_up_at_once_is_refused() {
    let city = City::demo();
    let resident = city.resident();
    for wrong in [0, -1, -10_000_000, 10_000_001, i64::MAX, i64::MIN] {
        let problem =
            check(&top_up(&city, &resident, None, &pays(wrong)), "invalid-request", &wrong.to_string());
        assert_eq!(problem["errors"][0]["field"], "amount", "{problem}");
    }
    assert_eq!(city.balance(&resident), BALANCE);
}

#[test]
fn one_key_pays_once() {
    let city = City::demo();
    let resident = city.resident();
    let first = top_up(&city, &resident, Some("k"), &pays(500)).expect(201, "a top-up");
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = top_up(&city, &resident, Some("k"), &pays(500)).expect(201, "the same again");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(), first.json());
    check(&top_up(&city, &resident, Some("k"), &pays(501)), "idempotency-mismatch", "another amount");
    assert_eq!(city.balance(&resident), BALANCE + 500);

    let other = city.resident();
    let theirs = top_up(&city, &other, Some("k"), &pays(500)).expect(201, "another's key of that name");
    assert_eq!(theirs.header("idempotency-replayed"), None);
    assert_ne!(theirs.json()["id"], first.json()["id"]);

    let city = city.kill_and_reopen();
    let again = top_up(&city, &resident, Some("k"), &pays(500)).expect(201, "after a restart");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json()["id"], first.json()["id"]);
    assert_eq!(city.balance(&resident), BALANCE + 500);
}

#[test]
fn every_movement_is_listed_and_they_sum_to_the_balance() {
    let city = City::demo();
    let resident = city.resident();
    let slots = city.free_courts(3);
    let kept = city.booked(&resident, &slots[0]);
    let cancelled = city.booked(&resident, &slots[1]);
    let _ = city.cancel(&resident, &text(&cancelled["id"])).expect(200, "a cancellation");
    city.top_up(&resident, 777);
    let check_entries = |city: &City| {
        let mut entries: Vec<Value> = Vec::new();
        let mut path = "/v1/wallet/entries?limit=2".to_owned();
        loop {
            let page = city.get_as(&resident, &path);
            assert!(items(&page).len() <= 2);
            entries.extend_from_slice(items(&page));
            let Some(cursor) = page["next"].as_str() else { break };
            path = format!("/v1/wallet/entries?limit=2&cursor={cursor}");
        }
        let sum: i64 = entries.iter().map(|entry| amount(&entry["amount"])).sum();
        assert_eq!(sum, city.balance(&resident), "{entries:?}");
        let moments: Vec<&str> =
            entries.iter().map(|entry| entry["at"].as_str().unwrap_or_default()).collect();
        assert!(moments.is_sorted_by(|one, next| one >= next), "the newest first: {entries:?}");
        let of = |kind: &str, booking: &Value| {
            entries.iter().filter(|entry| entry["kind"] == kind && entry["booking"] == *booking).count()
        };
        for (kind, booking) in [
            ("opening", &Value::Null),
            ("top_up", &Value::Null),
            ("booking", &kept["id"]),
            ("booking", &cancelled["id"]),
            ("refund", &cancelled["id"]),
        ] {
            assert_eq!(of(kind, booking), 1, "{kind} {booking}: {entries:?}");
        }
        assert_eq!(entries.len(), 5);
    };
    check_entries(&city);
    assert_eq!(city.balance(&resident), BALANCE + 777 - amount(&kept["price"]));
    check_entries(&city.kill_and_reopen());
}
