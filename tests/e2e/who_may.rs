//! Releases that are not for everybody: what a front desk has verified lets in, in all three modes, and a household has a limit together.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::city::{City, FreeSlot, Resident, text};
use crate::client::{Answer, Request};
use crate::problems::check;
use crate::server::{PATIENCE, poll};

/// How long one waits before something is looked at again.
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(20);
const PATH: &str = "/v1/releases/for-some";

fn moment(seconds: i64) -> String {
    Timestamp::now().checked_add(seconds.seconds()).expect("a moment").to_string()
}

/// Declares a release for a pitch's day with these terms besides.
fn declare(city: &City, slot: &FreeSlot, opens_after_s: i64, terms: &Value) -> Answer {
    let day = slot.start.get(..10).expect("a date");
    let mut body = json!({
        "id": "for-some", "name": { "zh-Hans": "限定", "en": "For some" }, "pitches": [slot.pitch],
        "first_day": day, "last_day": day, "once": { "at": moment(opens_after_s) }, "mode": "first_come",
    });
    for (field, value) in terms.as_object().expect("terms") {
        body[field] = value.clone();
    }
    city.ask(&Request::post("/v1/manage/releases", &body).token(&city.operator().token).key("declare"))
}

fn await_open(city: &City) {
    let opened = poll(PATIENCE, || {
        // As seldom as the limit of requests allows.
        std::thread::sleep(BETWEEN_LOOKS);
        (city.get(PATH)["days"][0]["status"] == "open").then_some(())
    });
    assert!(opened.is_some(), "{}", city.get(PATH));
}

fn verify(city: &City, venue: &str, body: &Value) -> Answer {
    let path = format!("/v1/manage/venues/{venue}/verifications");
    city.ask(&Request::post(&path, body).token(&city.operator().token))
}

fn newcomer(city: &City, phone: &str) -> Resident {
    let resident = city.newcomer(phone);
    city.top_up(&resident, 1_000_000);
    resident
}

/// Somebody may not, for this.
#[track_caller]
fn check_lacks(answer: &Answer, lacks: &str) {
    check(answer, "not-entitled", lacks);
    assert_eq!(answer.json()["lacks"], json!(lacks), "{}", answer.text());
}

#[test]
fn what_the_front_desk_has_verified_lets_in_and_nothing_else_does() {
    let city = City::demo();
    let slot = city.free_court(5);
    let district = text(&city.get(&format!("/v1/venues/{}", slot.venue))["district"]["id"]);
    let who = json!({
        "real_name": true, "age_from": 60, "districts": [district], "concessions": ["disabled", "senior"], "party_max": 2,
    });
    let declared = declare(&city, &slot, -3600, &json!({ "who": who })).expect(201, "a release").json();
    assert_eq!(declared["who"]["age_from"], json!(60));
    await_open(&city);
    assert_eq!(city.get(PATH)["who"]["districts"], json!([district]));

    let phone = "+8613912345001";
    let resident = newcomer(&city, phone);
    assert_eq!(city.get_as(&resident, "/v1/residents/me")["verified"]["real_name"], json!(false));
    let mut seen = json!({ "phone": phone });
    for (lacks, field, value) in [
        ("real_name", "real_name", json!(true)),
        ("age", "birth_year", json!(1950)),
        ("district", "district", json!(district)),
        ("concession", "concessions", json!(["senior"])),
    ] {
        check_lacks(&city.book(&resident, lacks, &slot.order()), lacks);
        seen[field] = value;
        let _ = verify(&city, &slot.venue, &seen).expect(200, "what was seen");
    }
    let mut too_many = slot.order();
    too_many["party_size"] = json!(3);
    check(&city.book(&resident, "three", &too_many), "invalid-request", "more than may come with one");
    let me = city.get_as(&resident, "/v1/residents/me")["verified"].clone();
    assert_eq!((&me["birth_year"], &me["concessions"]), (&json!(1950), &json!(["senior"])));

    // It outlives a kill, and what is taken back holds no more.
    let city = city.kill_and_reopen();
    let id = text(&city.booked(&resident, &slot)["id"]);
    let _ = city.cancel(&resident, &id).expect(200, "a cancellation");
    let _ = verify(&city, &slot.venue, &json!({ "phone": phone, "birth_year": 1950 })).expect(200, "less");
    check_lacks(&city.book(&resident, "again", &slot.order()), "real_name");
    check(&verify(&city, &slot.venue, &json!({ "phone": "+8613912345009" })), "not-found", "nobody's number");
    assert_eq!(city.kill().verify().code, Some(0));
}

#[test]
fn whom_a_release_is_not_for_comes_into_no_queue_and_enters_for_no_draw() {
    let city = City::demo();
    let slot = city.free_court(5);
    let who = json!({ "age_to": 14 });
    let queue = json!({ "mode": "queue", "who": who, "queue": { "join_from": moment(-60) } });
    let _ = declare(&city, &slot, 600, &queue).expect(201, "a queue");
    let phone = "+8613912345002";
    let resident = newcomer(&city, phone);
    let join = Request::post(&format!("{PATH}/queue"), &json!({})).token(&resident.token);
    check_lacks(&city.ask(&join), "age");

    let draw = json!({
        "id": "for-some-drawn", "mode": "lottery", "who": who,
        "lottery": {
            "opens_at": moment(-60), "closes_at": moment(3600), "draw_at": moment(3700), "pay_by": moment(7200), "beacon": "a sum",
        },
    });
    let _ = declare(&city, &slot, 7300, &draw).expect(201, "a draw");
    let choice = json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end });
    let enter = Request::post("/v1/releases/for-some-drawn/entries", &json!({ "choices": [choice] }));
    check_lacks(&city.ask(&enter.clone().token(&resident.token).key("one")), "age");
    let year = Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).year() - 9;
    let _ = verify(&city, &slot.venue, &json!({ "phone": phone, "birth_year": year })).expect(200, "seen");
    let _ = city.ask(&join).expect(201, "a place");
    let _ = city.ask(&enter.token(&resident.token).key("two")).expect(201, "an entry");
}

#[test]
fn a_household_has_together_what_one_of_it_may_have() {
    let city = City::demo();
    let slot = city.free_court(5);
    let _ =
        declare(&city, &slot, -3600, &json!({ "who": { "limit_per_household": 1 } })).expect(201, "one each");
    await_open(&city);
    let phones = ["+8613912345003", "+8613912345004", "+8613912345005"];
    let [mother, child, neighbour] = phones.map(|phone| newcomer(&city, phone));
    let together = json!({ "phone": phones[1], "household_with": phones[0] });
    let joined = verify(&city, &slot.venue, &together).expect(200, "they live together").json();
    assert_eq!(joined["household_members"], json!(2));
    let day = slot.start.get(..10).expect("a date");
    let orders: Vec<Value> = city
        .slots(&slot.pitch, day)
        .iter()
        .filter(|other| other["status"] == "free")
        .map(|other| json!({ "pitch": slot.pitch, "start": other["start"], "end": other["end"], "pay_with": "wallet" }))
        .collect();
    let id = text(&city.book(&mother, "one", &orders[0]).expect(201, "the first of them").json()["id"]);
    let refused = city.book(&child, "two", &orders[1]);
    check(&refused, "quota-exceeded", "the second of them");
    assert_eq!((&refused.json()["quota"], &refused.json()["used"]), (&json!("household"), &json!(1)));
    let _ = city.book(&neighbour, "three", &orders[1]).expect(201, "who lives elsewhere");

    let city = city.kill_and_reopen();
    check(&city.book(&child, "four", &orders[2]), "quota-exceeded", "after a kill");
    let _ = city.cancel(&mother, &id).expect(200, "a cancellation");
    let _ = city.book(&child, "five", &orders[2]).expect(201, "what the other gave back");
    let _ = verify(&city, &slot.venue, &json!({ "phone": phones[1] })).expect(200, "by himself");
    let _ = city.book(&mother, "six", &orders[3]).expect(201, "each has a household of his own");
    assert_eq!(city.kill().verify().code, Some(0));
}
