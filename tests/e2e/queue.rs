//! A release that one queues for, from its declaration to the last in line, over HTTP and with the real clock.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::city::{City, FreeSlot, Ground, Resident, text};
use crate::client::{Answer, Request};
use crate::problems::check;

pub(crate) const PATH: &str = "/v1/releases/rush";

fn after(now: Timestamp, seconds: i64) -> String {
    now.checked_add(seconds.seconds()).expect("a moment").to_string()
}

/// Declares a queue for a pitch's day that opens after so many seconds, where so many may have their turn at once and each may have one booking.
pub(crate) fn declare(
    city: &City,
    operator: &Resident,
    slot: &FreeSlot,
    opens_after_s: i64,
    at_once: u32,
) -> Answer {
    let (now, day) = (Timestamp::now(), slot.start.get(..10).expect("a date"));
    let body = json!({
        "id": "rush", "name": { "zh-Hans": "抢票", "en": "Rush" }, "pitches": [slot.pitch], "first_day": day, "last_day": day,
        "once": { "at": after(now, opens_after_s) }, "mode": "queue", "limit_per_resident": 1,
        "queue": { "join_from": after(now, opens_after_s - 3600), "at_once": at_once },
    });
    city.ask(&Request::post("/v1/manage/releases", &body).token(&operator.token).key("declare"))
}

/// Comes into the queue.
pub(crate) fn join(city: &City, resident: &Resident, key: &str) -> Answer {
    city.ask(&Request::post(&format!("{PATH}/queue"), &json!({})).token(&resident.token).key(key))
}

fn mine(city: &City, resident: &Resident) -> Value {
    city.get_as(resident, &format!("{PATH}/queue/me"))
}

fn board(city: &City) -> Value {
    city.get(&format!("{PATH}/queue"))
}

/// Looks again and again until it is so.
#[track_caller]
fn wait_for<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(seen) = look() {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what} did not come")
}

/// Waits until somebody's turn has come.
#[track_caller]
pub(crate) fn admitted(city: &City, resident: &Resident) -> Value {
    wait_for("a turn", || Some(mine(city, resident)).filter(|place| place["state"] == "admitted"))
}

/// What the second checker says.
fn checked_place(board: &Value, number: &Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/queue/check_queue.py");
    let mut python = Command::new("python3")
        .args(["-B", script, &number.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3, which the second checker is written in");
    let mut input = python.stdin.take().expect("its input");
    input.write_all(board.to_string().as_bytes()).expect("written");
    drop(input);
    let said = python.wait_with_output().expect("an answer");
    serde_json::from_slice(&said.stdout).expect("a place")
}

#[test]
fn a_place_is_kept_over_a_kill_and_nobody_passes_the_line() {
    let city = City::demo();
    let (operator, slot) = (city.operator(), city.free_court(5));
    let residents = [city.resident(), city.resident(), city.resident()];
    let outsider = city.resident();
    let declared = declare(&city, &operator, &slot, 8, 1).expect(201, "a queue").json();
    assert_eq!((&declared["mode"], &declared["queue"]["state"]), (&json!("queue"), &json!("gathering")));

    for (resident, number) in residents.iter().zip(1..) {
        let first = join(&city, resident, "k").expect(201, "a place");
        let place = first.json();
        assert_eq!((&place["state"], &place["number"]), (&json!("waiting"), &json!(number)));
        assert_eq!((&place["place"], &place["before"]), (&Value::Null, &Value::Null));
        assert_eq!(first.header("idempotency-replayed"), None);
        let again = join(&city, resident, "k").expect(201, "the same place");
        assert_eq!((again.json(), again.header("idempotency-replayed")), (place, Some("true")));
    }
    let gathering = city.ask(&Request::get(&format!("{PATH}/queue"))).expect(200, "the queue");
    assert_eq!(gathering.header("cache-control"), Some("public, max-age=1"));
    let again: u32 = gathering.header("retry-after").and_then(|after| after.parse().ok()).expect("seconds");
    assert!((1..60).contains(&again), "{again}");
    assert_eq!(gathering.json()["seed"], Value::Null);
    let early = city.book(&residents[0], "early", &slot.order());
    check(&early, "not-released", "before the instant");
    assert_eq!(early.json()["queue"], json!("/v1/releases/rush/queue"));

    let city = city.kill_and_reopen();
    let before: Vec<Value> =
        residents.iter().map(|resident| mine(&city, resident)["number"].clone()).collect();
    assert_eq!(before, [json!(1), json!(2), json!(3)]);
    let opened = wait_for("the instant", || Some(board(&city)).filter(|board| board["seed"].is_string()));
    assert_eq!(opened["early"], json!(3));
    let places: Vec<Value> = residents.iter().map(|resident| mine(&city, resident)).collect();
    for place in &places {
        assert_eq!(place["place"], checked_place(&opened, &place["number"]), "{place}");
    }
    let by_place = |place: u64| {
        let at = places.iter().position(|own| own["place"] == json!(place)).expect("somebody's place");
        &residents[at]
    };
    let (first, second, third) = (by_place(1), by_place(2), by_place(3));
    let turn = admitted(&city, first);
    assert!(turn["act_until"].is_string(), "{turn}");
    let late = join(&city, &outsider, "late").expect(201, "a place behind the others").json();
    assert_eq!((&late["number"], &late["place"]), (&json!(4), &json!(4)));
    for waiting in [second, third, &outsider] {
        let refused = city.book(waiting, "direct", &slot.order());
        check(&refused, "not-released", "past the line");
        assert!(refused.header("retry-after").is_some());
        let order = json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end });
        let hold = Request::post("/v1/holds", &order).token(&waiting.token).key("direct");
        check(&city.ask(&hold), "not-released", "a hold past the line");
    }
    let _ = city.booked(first, &slot);
    assert_eq!(mine(&city, first)["state"], "over", "he has had what one may have");

    let _ = admitted(&city, second);
    let leave = Request::delete(&format!("{PATH}/queue/me"));
    let left = city.ask(&leave.clone().token(&second.token)).expect(200, "left").json();
    assert_eq!(left["state"], "left");
    check(&city.ask(&leave.token(&second.token)), "already-cancelled", "twice");
    let _ = admitted(&city, third);
    let anew = join(&city, second, "anew").expect(201, "a new place").json();
    assert_eq!((&anew["state"], &anew["number"]), (&json!("waiting"), &json!(5)));

    let waits = |city: &City| city.get(&format!("{PATH}/report"))["queue"].clone();
    let told = waits(&city);
    assert_eq!((&told["came"], &told["early"]), (&json!(5), &json!(3)));
    let number = |field: &str| told[field].as_u64().unwrap_or_else(|| panic!("no {field} in {told}"));
    assert!(number("turns") >= 3, "{told}");
    let lengths = ["median_wait_ms", "ninety_percent_wait_ms", "longest_wait_ms"].map(number);
    assert!(lengths.is_sorted() && lengths[2] > 0, "{told}");
    let page = city.ask(&Request::get("/releases/rush/report?lang=en")).expect(200, "a page");
    assert!(page.text().contains("nine of ten at most"), "{}", page.text());

    let city = city.kill_and_reopen();
    let again = waits(&city);
    assert_eq!((&again["came"], &again["early"]), (&told["came"], &told["early"]));
    assert!(again["turns"].as_u64() >= told["turns"].as_u64(), "{again} after {told}");
    assert!(again["longest_wait_ms"].as_u64() >= told["longest_wait_ms"].as_u64(), "{again} after {told}");
    assert_eq!(mine(&city, third)["state"], "admitted", "a turn outlives the process");
    assert_eq!(mine(&city, second)["number"], json!(5));
    check(&city.book(second, "direct", &slot.order()), "not-released", "behind a restart");
    assert_eq!(text(&board(&city)["seed"]), text(&opened["seed"]));
    let verified = city.kill().verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
}

/// What is wrong where somebody books whose turn it isn't: of three who ask, none gets anything, and the journal shows none.
pub(crate) fn findings_about_passing_the_line(planted: Option<&str>) -> Vec<String> {
    let city = Ground::demo().open_with_bug(planted);
    let (operator, slot) = (city.operator(), city.free_court(5));
    let _ = declare(&city, &operator, &slot, -1, 1).expect(201, "a queue");
    let _ = wait_for("the instant", || Some(board(&city)).filter(|board| board["seed"].is_string()));
    let (first, waits, outsider) = (city.resident(), city.resident(), city.resident());
    let _ = join(&city, &first, "k").expect(201, "a place");
    let _ = admitted(&city, &first);
    let _ = join(&city, &waits, "k").expect(201, "a place");
    let mut findings = Vec::new();
    for (resident, who) in [(&waits, "who waits"), (&outsider, "who never came")] {
        let answer = city.book(resident, "direct", &slot.order());
        if answer.status == 201 {
            findings.push(format!("{who} has booked"));
        }
    }
    let ended = city.kill().verify();
    if ended.code != Some(0) {
        findings.push(ended.said);
    }
    findings
}

#[test]
fn who_calls_the_bookings_address_directly_gets_nothing() {
    let findings = findings_about_passing_the_line(None);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn while_more_wait_than_may_act_whoever_comes_solves_a_challenge_of_his_own_once() {
    let city = City::demo();
    let (operator, slot) = (city.operator(), city.free_court(5));
    let (now, day) = (Timestamp::now(), slot.start.get(..10).expect("a date"));
    let body = json!({
        "id": "rush", "name": { "zh-Hans": "抢票", "en": "Rush" }, "pitches": [slot.pitch], "first_day": day, "last_day": day,
        "once": { "at": after(now, 3600) }, "mode": "queue", "queue": { "join_from": after(now, -60), "at_once": 1, "proof_of_work": 2000 },
    });
    let _ =
        city.ask(&Request::post("/v1/manage/releases", &body).token(&operator.token)).expect(201, "a queue");
    let (first, second, third) = (city.resident(), city.resident(), city.resident());
    let challenge = format!("{PATH}/queue/challenge");
    check(&city.ask(&Request::get(&challenge).token(&first.token)), "not-found", "while nobody waits");
    let _ = join(&city, &first, "k").expect(201, "a place without anything");
    let refused = join(&city, &second, "k");
    check(&refused, "invalid-request", "without a solution");
    assert_eq!(refused.json()["errors"][0]["field"], "altcha");
    let join_with = |resident: &Resident, solution: &str| {
        let body = json!({ "altcha": solution });
        city.ask(&Request::post(&format!("{PATH}/queue"), &body).token(&resident.token))
    };
    let solution = solved(&city.get_as(&second, &challenge));
    check(&join_with(&third, &solution), "invalid-request", "another's solution");
    let _ = join_with(&second, &solution).expect(201, "a place");
    let _ = join(&city, &second, "again").expect(201, "who is there needs none");
    let leave = Request::delete(&format!("{PATH}/queue/me")).token(&second.token);
    let _ = city.ask(&leave).expect(200, "left");
    check(&join_with(&second, &solution), "invalid-request", "the same solution once more");
    let anew = solved(&city.get_as(&second, &challenge));
    let _ = join_with(&second, &anew).expect(201, "a place anew");
}

/// Solves a challenge as any program can that knows ALTCHA.
fn solved(challenge: &Value) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/queue/solve_challenge.py");
    let mut python = Command::new("python3")
        .args(["-B", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3, which the solver is written in");
    let mut input = python.stdin.take().expect("its input");
    input.write_all(challenge.to_string().as_bytes()).expect("written");
    drop(input);
    let said = python.wait_with_output().expect("an answer");
    String::from_utf8(said.stdout).expect("base 64").trim().to_owned()
}

#[test]
fn who_comes_before_the_doors_open_is_told_when_and_a_queue_of_no_release_is_nowhere() {
    let city = City::demo();
    let (operator, slot, resident) = (city.operator(), city.free_court(5), city.resident());
    let _ = declare(&city, &operator, &slot, 7200, 1).expect(201, "a queue");
    check(&join(&city, &resident, "k"), "not-released", "an hour before the doors");
    assert_eq!(board(&city)["state"], "announced");
    let me = Request::get(&format!("{PATH}/queue/me")).token(&resident.token);
    check(&city.ask(&me), "not-found", "who isn't there");
    check(&city.ask(&Request::get("/v1/releases/nothing/queue")), "not-found", "no release");
    let leave = Request::delete(&format!("{PATH}/queue/me")).token(&resident.token);
    check(&city.ask(&leave), "not-found", "who isn't there leaves nothing");
    check(&join(&city, &operator, "k"), "forbidden", "one of the staff");
}
