//! A release that is drawn by lot, from its declaration to a paid slot, over HTTP and with the real clock.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::city::{City, FreeSlot, Resident, text};
use crate::client::{Answer, Request};
use crate::problems::check;

pub(crate) const PATH: &str = "/v1/releases/evening";

fn after(now: Timestamp, seconds: i64) -> String {
    now.checked_add(seconds.seconds()).expect("a moment").to_string()
}

/// Declares a draw of a pitch's day whose window is open now, for so many seconds.
pub(crate) fn declare(
    city: &City,
    operator: &Resident,
    slot: &FreeSlot,
    now: Timestamp,
    open_s: i64,
) -> Answer {
    let day = slot.start.get(..10).expect("a date");
    let body = json!({
        "id": "evening", "name": { "zh-Hans": "抽签", "en": "Draw" }, "pitches": [slot.pitch], "first_day": day, "last_day": day,
        "once": { "at": after(now, 7200) }, "mode": "lottery",
        "lottery": {
            "opens_at": after(now, -60), "closes_at": after(now, open_s), "draw_at": after(now, open_s),
            "pay_by": after(now, 3600), "beacon": "what the dice say",
        },
    });
    city.ask(&Request::post("/v1/manage/releases", &body).token(&operator.token).key("declare"))
}

/// What a resident sends to enter for a slot.
pub(crate) fn entry_for(slot: &FreeSlot) -> Value {
    json!({ "choices": [{ "pitch": slot.pitch, "start": slot.start, "end": slot.end }] })
}

fn enter(city: &City, resident: &Resident, key: &str, slot: &FreeSlot) -> Answer {
    let body = entry_for(slot);
    city.ask(&Request::post(&format!("{PATH}/entries"), &body).token(&resident.token).key(key))
}

fn mine(city: &City, resident: &Resident) -> Value {
    city.get_as(resident, &format!("{PATH}/entries/mine"))
}

/// The file when the list is settled.
pub(crate) fn sealed(city: &City) -> Value {
    wait_for("the sealed list", || {
        let file = city.get(&format!("{PATH}/draw"));
        file["sealed"].is_object().then_some(file)
    })
}

/// Looks again and again until it is so.
fn wait_for<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(seen) = look() {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not come")
}

#[test]
fn a_slot_is_drawn_paid_and_checked_and_the_loser_waits_in_reserve() {
    let city = City::demo();
    let operator = city.operator();
    let slot = city.free_courts(5).into_iter().next().expect("a free court");
    let (one, other) = (city.resident(), city.resident());
    let now = Timestamp::now();
    let declared = declare(&city, &operator, &slot, now, 12).expect(201, "a draw").json();
    assert_eq!(declared["lottery"]["status"], "open");
    let again = declare(&city, &operator, &slot, now, 12).expect(201, "the same again");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));

    check(&city.book(&one, "early", &slot.order()), "not-released", "before the rest is sold");
    let entry = enter(&city, &one, "k", &slot).expect(201, "an entry").json();
    assert_eq!((&entry["status"], &entry["party_size"]), (&json!("entered"), &json!(1)));
    let retried = enter(&city, &one, "k", &slot).expect(201, "a retry");
    assert_eq!((retried.header("idempotency-replayed"), retried.json()), (Some("true"), entry.clone()));
    check(&enter(&city, &one, "l", &slot), "quota-exceeded", "a second entry");
    let _ = enter(&city, &other, "k", &slot).expect(201, "another's entry");
    let _ = city
        .ask(&Request::delete(&format!("{PATH}/entries/mine")).token(&other.token))
        .expect(200, "withdrawn");
    let _ = enter(&city, &other, "m", &slot).expect(201, "an entry anew");
    let before = city.get(&format!("{PATH}/draw"));
    assert_eq!((&before["sealed"], &before["drawn"]), (&Value::Null, &Value::Null));
    assert_eq!(before["commitment"], declared["lottery"]["commitment"]);

    let draw = Request::post("/v1/manage/releases/evening/draw", &json!({ "value": "6 1 4" }))
        .token(&operator.token);
    check(&city.ask(&draw), "not-released", "before the window has closed");
    let city = city.kill_and_reopen();
    let sealed = sealed(&city);
    assert_eq!((&sealed["sealed"]["count"], &sealed["drawn"]), (&json!(2), &Value::Null));
    check(&enter(&city, &other, "n", &slot), "too-late", "behind the window");
    let drawn = city.ask(&draw).expect(200, "a draw").json();
    assert_eq!((&drawn["entries"], &drawn["won"]), (&json!(2), &json!(1)));
    let _ = city.ask(&draw).expect(200, "the same value again");
    let otherwise = Request::post("/v1/manage/releases/evening/draw", &json!({ "value": "6 1 5" }));
    check(&city.ask(&otherwise.token(&operator.token)), "too-late", "another value");

    let held = wait_for("the winner's hold", || {
        [&one, &other].into_iter().find_map(|resident| {
            let entry = mine(&city, resident);
            entry["booking"].is_object().then(|| (resident.clone(), entry))
        })
    });
    let (winner, entry) = held;
    let loser = if winner.id == one.id { &other } else { &one };
    assert_eq!((&entry["status"], &entry["booking"]["status"]), (&json!("won"), &json!("held")));
    assert_eq!(
        (&mine(&city, loser)["status"], &mine(&city, loser)["reserve_rank"]),
        (&json!("reserve"), &json!(1))
    );
    let file = city.get(&format!("{PATH}/draw"));
    assert_eq!(file["sealed"], sealed["sealed"]);
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("evening.json");
    std::fs::write(&path, file.to_string()).expect("written");
    crate::draw_files::passes(&path);

    let id = text(&entry["booking"]["id"]);
    let give_up = Request::delete(&format!("/v1/holds/{id}")).token(&winner.token);
    let _ = city.ask(&give_up).expect(204, "given up");
    let moved_up = wait_for("the reserve's hold", || {
        let entry = mine(&city, loser);
        entry["booking"].is_object().then_some(entry)
    });
    let confirm = format!("/v1/holds/{}/confirm", text(&moved_up["booking"]["id"]));
    let pay = Request::post(&confirm, &json!({ "pay_with": "wallet" })).token(&loser.token);
    assert_eq!(city.ask(&pay).expect(200, "paid").json()["status"], "confirmed");
    let city = city.kill_and_reopen();
    assert_eq!(mine(&city, loser)["booking"]["status"], "confirmed");
    let verified = city.kill().verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
}

#[test]
fn a_draw_and_an_entry_are_answered_by_304_while_they_are_the_same() {
    let city = City::demo();
    let (resident, slot) = (city.resident(), city.free_courts(5).into_iter().next().expect("a free court"));
    let _ = declare(&city, &city.operator(), &slot, Timestamp::now(), 600).expect(201, "a draw");
    let _ = enter(&city, &resident, "k", &slot).expect(201, "an entry");
    let mine = format!("{PATH}/entries/mine");
    for (request, cached) in [
        (Request::get(&format!("{PATH}/draw")), "no-cache"),
        (Request::get(&mine).token(&resident.token), "private, no-cache"),
    ] {
        let first = city.ask(&request).expect(200, cached);
        assert_eq!(first.header("cache-control"), Some(cached));
        let etag = first.header("etag").expect("an ETag").to_owned();
        let again = city.ask(&request.header("if-none-match", &etag)).expect(304, cached);
        assert_eq!(again.body.len(), 0);
    }
}
