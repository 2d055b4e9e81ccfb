//! What is given back of a release that leaves the moment of its return to chance: nobody who watches sees it, and whoever gave it back has
//! money and quota at once.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::city::{City, FreeSlot, Ground, Resident, text};
use crate::client::{Answer, Request};
use crate::clock::{DAY, FakeClock};
use crate::problems::check;
use crate::server::{PATIENCE, poll};

/// How long one waits before something is looked at again.
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(20);
const PATH: &str = "/v1/releases/by-chance";

/// Declares a release that has opened already, for a pitch's day.
fn declare(city: &City, operator: &Resident, slot: &FreeSlot, within: i64) -> Answer {
    let day = slot.start.get(..10).expect("a date");
    let opened = Timestamp::now().checked_sub(1.hour()).expect("a moment").to_string();
    let body = json!({
        "id": "by-chance", "name": { "zh-Hans": "随机", "en": "By chance" }, "pitches": [slot.pitch],
        "first_day": day, "last_day": day, "once": { "at": opened }, "mode": "first_come", "limit_per_resident": 1,
        "returned_within_minutes": within,
    });
    city.ask(&Request::post("/v1/manage/releases", &body).token(&operator.token).key("declare"))
}

fn await_open(city: &City) {
    let opened = poll(PATIENCE, || {
        // As seldom as the limit of requests allows.
        std::thread::sleep(BETWEEN_LOOKS);
        (city.get(PATH)["days"][0]["status"] == "open").then_some(())
    });
    assert!(opened.is_some(), "{}", city.get(PATH));
}

/// Books and cancels, and says what of it can be seen by others at once.
pub(crate) fn findings_about_watching(planted: Option<&str>) -> Vec<String> {
    let city = Ground::demo().open_with_bug(planted);
    let (operator, slot) = (city.operator(), city.free_court(5));
    let _ = declare(&city, &operator, &slot, 1440).expect(201, "a release");
    await_open(&city);
    let (first, watcher) = (city.resident(), city.resident());
    let id = text(&city.booked(&first, &slot)["id"]);
    let _ = city.cancel(&first, &id).expect(200, "a cancellation");
    let mut findings = Vec::new();
    if city.slot(&slot)["status"] != "taken" {
        findings.push(format!("it is shown as {}", city.slot(&slot)["status"]));
    }
    if city.book(&watcher, "watch", &slot.order()).status == 201 {
        findings.push("who watched has it".to_owned());
    }
    findings
}

#[test]
fn who_watches_for_cancellations_gains_nothing() {
    let findings = findings_about_watching(None);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn what_is_given_back_stays_taken_over_a_kill_comes_back_within_its_window_and_its_seed_is_shown_at_the_end()
{
    let clock = FakeClock::new(0);
    let city = clock.open(Ground::demo());
    let (operator, slot) = (city.operator(), city.free_court(5));
    let declared = declare(&city, &operator, &slot, 1440).expect(201, "a release").json();
    assert_eq!(declared["returned"]["within_minutes"], json!(1440));
    await_open(&city);
    let commitment = city.get(PATH)["returned"]["commitment"].clone();
    assert_eq!(city.get(PATH)["returned"]["seed"], Value::Null);
    let (first, watcher) = (city.resident(), city.resident());
    let before = city.balance(&first);
    let id = text(&city.booked(&first, &slot)["id"]);
    let _ = city.cancel(&first, &id).expect(200, "a cancellation");
    assert_eq!(city.balance(&first), before, "the money is back at once");
    check(&city.book(&watcher, "watch", &slot.order()), "slot-taken", "what waits to come back");
    check(&city.book(&first, "again", &slot.order()), "slot-taken", "it is nobody's, and not his");
    let day = slot.start.get(..10).expect("a date");
    let slots = city.slots(&slot.pitch, day);
    let other = slots.iter().find(|other| other["status"] == "free").expect("another slot of the day");
    let order =
        json!({ "pitch": slot.pitch, "start": other["start"], "end": other["end"], "pay_with": "wallet" });
    let _ = city.book(&first, "other", &order).expect(201, "the limit counts no more what was given back");

    let city = clock.open(city.kill());
    check(&city.book(&watcher, "after", &slot.order()), "slot-taken", "a restart shows nothing");
    assert_eq!(city.slot(&slot)["status"], "taken");

    clock.set(DAY + 60);
    let city = clock.open(city.kill());
    let free = poll(PATIENCE, || {
        // As seldom as the limit of requests allows.
        std::thread::sleep(BETWEEN_LOOKS);
        (city.slot(&slot)["status"] == "free").then_some(())
    });
    assert!(free.is_some(), "{}", city.slot(&slot));
    let _ = city.booked(&watcher, &slot);

    clock.set(7 * DAY);
    let city = clock.open(city.kill());
    let seed = poll(PATIENCE, || {
        // As seldom as the limit of requests allows.
        std::thread::sleep(BETWEEN_LOOKS);
        city.get(PATH)["returned"]["seed"].as_str().map(ToOwned::to_owned)
    });
    let seed = seed.expect("the last day is over");
    let seed = data_encoding::HEXLOWER.decode(seed.as_bytes()).expect("hexadecimal digits");
    assert_eq!(json!(data_encoding::HEXLOWER.encode(&Sha256::digest(seed))), commitment);
    assert_eq!(city.kill().verify().code, Some(0));
}

#[test]
fn a_window_is_one_minute_to_a_day() {
    let city = City::demo();
    let (operator, slot) = (city.operator(), city.free_court(5));
    for within in [0, 1441] {
        let refused = declare(&city, &operator, &slot, within);
        check(&refused, "invalid-request", "a window that makes no sense");
        assert_eq!(refused.json()["errors"][0]["field"], "returned_within_minutes");
    }
}
