//! What the staff do for people: releases, sales at the counter, moves, cancellations; and what is counted and logged of it.

use kaichang::domain::calendar::local_day;
use kaichang::domain::event::{DaysOpened, Event};
use serde_json::{Value, json};

use crate::city::{BALANCE, City, FreeSlot, Ground, PASSWORD, Resident, amount, items, text};
use crate::client::{Answer, Request};
use crate::problems::check;
use crate::staff::{all_days, new_pitch};

fn counter(slot: &FreeSlot, phone: &str) -> Value {
    json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end, "phone": phone, "name": "李雷" })
}

fn sell(city: &City, manager: &Resident, venue: &str, body: &Value, key: &str) -> Answer {
    let path = format!("/v1/manage/venues/{venue}/bookings");
    city.ask(&Request::post(&path, body).token(&manager.token).key(key))
}

#[test]
fn what_is_not_released_is_sold_at_the_counter_as_far_as_it_is_kept() {
    let city = City::demo();
    let venue = city.free_court(3).venue;
    let manager = city.manager_of(&venue);
    let path = format!("/v1/manage/venues/{venue}/pitches");
    let pitch = text(
        &city.send_as(&manager, "POST", &path, &new_pitch("session")).expect(201, "a pitch").json()["id"],
    );
    let day = city.day(3);
    let opens = "2099-01-01T07:00:00+08:00";
    let release = json!({
        "name": { "zh-Hans": "放号", "en": "Release" }, "pitches": [pitch], "first_day": day,
        "once": { "at": opens }, "mode": "first_come", "limit_per_resident": 1, "counter_share_percent": 30,
    });
    let declare = || city.ask(&Request::post("/v1/manage/releases", &release).token(&manager.token).key("r"));
    let declared = declare().expect(201, "a release");
    let again = declare().expect(201, "the same again");
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), declared.json()));
    let listed = city.get_as(&manager, &format!("/v1/manage/venues/{venue}/releases"));
    assert_eq!(items(&listed)[0], declared.json());

    let slots = city.slots(&pitch, &day);
    let free = slots.iter().find(|slot| slot["status"] == "unreleased").expect("an unreleased slot");
    let order = json!({ "pitch": pitch, "start": free["start"], "end": free["end"], "pay_with": "wallet" });
    let refused = city.book(&city.resident(), "early", &order);
    let problem = check(&refused, "not-released", "before its release");
    assert_eq!(problem["releases_at"], opens);

    let mut at_counter = json!({
        "pitch": pitch, "start": free["start"], "end": free["end"], "phone": "+8613911112222", "name": "李雷",
        "party_size": 3,
    });
    let sold = sell(&city, &manager, &venue, &at_counter, "kept").expect(201, "what is kept for the counter");
    assert_eq!(sold.json()["paid_with"], "counter");
    at_counter["party_size"] = 1.into();
    check(&sell(&city, &manager, &venue, &at_counter, "more"), "sold-out", "more than is kept");
}

#[test]
fn a_release_that_opens_is_open() {
    let city = City::demo();
    let slot = city.free_court(3);
    let manager = city.manager_of(&slot.venue);
    let release = json!({
        "id": "open-at-once", "name": { "zh-Hans": "放号", "en": "Release" }, "pitches": [slot.pitch],
        "first_day": city.day(0), "daily": { "days_before": 28, "at": "00:00" }, "mode": "first_come",
    });
    let _ = city.send_as(&manager, "POST", "/v1/manage/releases", &release).expect(201, "a release");
    let opened =
        crate::server::poll(crate::server::PATIENCE, || (city.slot(&slot)["status"] == "free").then_some(()));
    assert!(opened.is_some(), "the timekeeper opens what is due");
    let _ = city.booked(&city.resident(), &slot);
    let taken = city.send_as(&manager, "POST", "/v1/manage/releases", &release);
    assert_eq!(check(&taken, "invalid-request", "its id is taken")["errors"][0]["field"], "id");
    let mut none = release.clone();
    none["id"] = Value::Null;
    none["daily"] = Value::Null;
    check(&city.send_as(&manager, "POST", "/v1/manage/releases", &none), "invalid-request", "no moment");
    none["once"] = json!({ "at": "2099-01-01T00:00:00Z" });
    none["pitches"] = json!(["nowhere"]);
    check(&city.send_as(&manager, "POST", "/v1/manage/releases", &none), "not-found", "an unknown pitch");
}

#[test]
fn somebody_without_an_account_is_booked_for_and_signs_up_later() {
    let city = City::demo();
    let slots = city.free_courts(3);
    let slot = &slots[0];
    let manager = city.manager_of(&slot.venue);
    let phone = "+8613900009999";
    let sold = sell(&city, &manager, &slot.venue, &counter(slot, phone), "k").expect(201, "a sale");
    let again = sell(&city, &manager, &slot.venue, &counter(slot, phone), "k").expect(201, "the same again");
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), sold.json()));
    let mut other = counter(slot, phone);
    other["party_size"] = 2.into();
    check(&sell(&city, &manager, &slot.venue, &other, "k"), "idempotency-mismatch", "another body");
    check(&sell(&city, &manager, &slot.venue, &counter(slot, phone), "k2"), "slot-taken", "another key");
    let day = city.day(3);
    let path = format!("/v1/manage/venues/{}/bookings?date={day}", slot.venue);
    let listed = city.get_as(&manager, &path);
    let booking = items(&listed).iter().find(|one| one["id"] == sold.json()["id"]).expect("it is listed");
    assert_eq!(
        (&booking["resident"]["name"], &booking["resident"]["phone_end"]),
        (&json!("李雷"), &json!("9999"))
    );

    let log_in = json!({ "phone": phone, "password": PASSWORD });
    check(&city.ask(&Request::post("/v1/logins", &log_in)), "unauthenticated", "without a password");
    let city = city.kill_and_reopen();
    let resident = city.newcomer(phone);
    assert_eq!(text(&booking["resident"]["id"]), resident.id, "the same account");
    let own = city.get_as(&resident, "/v1/bookings");
    assert_eq!(items(&own)[0]["id"], sold.json()["id"]);
    let body = json!({ "phone": phone, "password": "another password", "name": "x" });
    check(&city.ask(&Request::post("/v1/residents", &body)), "phone-taken", "once more");
    let city = city.kill_and_reopen();
    let _ = city.ask(&Request::post("/v1/logins", &log_in)).expect(201, "a log-in with the new password");
    assert_eq!(items(&city.get_as(&manager, &path)).len(), 1);
    assert_eq!(city.balance(&resident), 0, "it was paid at the counter");
    let verified = city.ground.verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
}

#[test]
fn a_booking_is_moved_and_cancelled_by_the_staff_and_all_of_it_is_counted_and_logged() {
    let city = City::demo();
    let slot = city.free_courts(3).into_iter().find(|slot| slot.price > 0).expect("a slot with a price");
    let manager = city.manager_of(&slot.venue);
    let resident = city.resident();
    let path = format!("/v1/manage/venues/{}/pitches", slot.venue);
    let court = city.send_as(&manager, "POST", &path, &new_pitch("exclusive")).expect(201, "a pitch").json();
    let court = text(&court["id"]);
    let day = city.day(3);
    let id = text(&city.booked(&resident, &slot)["id"]);
    let at = |hour: u8| format!("{day}T{hour:02}:00:00+08:00");
    let to = |hour: u8, price: &str| json!({ "pitch": court, "start": at(hour), "end": at(hour + 1), "price": price });
    let path = format!("/v1/manage/bookings/{id}/move");
    let moved = city.send_as(&manager, "POST", &path, &to(10, "kept")).expect(200, "a move").json();
    assert_eq!(
        (&moved["pitch"], &moved["start"], amount(&moved["price"])),
        (&json!(court), &json!(at(10)), slot.price)
    );
    assert_eq!(city.slot(&slot)["status"], "free");
    let again = Request::post(&path, &to(10, "kept")).token(&manager.token).key("m");
    assert_eq!(city.ask(&again).expect(200, "the same again").header("idempotency-replayed"), Some("true"));
    let moved = city.send_as(&manager, "POST", &path, &to(11, "of_place")).expect(200, "a move").json();
    assert_eq!(amount(&moved["price"]), 1200);
    assert_eq!(city.balance(&resident), BALANCE - 1200);
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}"))["start"], json!(at(11)));
    let taken = FreeSlot { pitch: court.clone(), start: at(12), end: at(13), ..slot.clone() };
    let other = text(&city.booked(&city.resident(), &taken)["id"]);
    check(&city.send_as(&manager, "POST", &path, &to(12, "kept")), "slot-taken", "another's");
    check(&city.send_as(&manager, "POST", &path, &to(3, "kept")), "slot-closed", "outside of hours");

    let cancel = format!("/v1/manage/bookings/{id}/cancel");
    check(
        &city.send_as(&manager, "POST", &cancel, &json!({ "refund": 1201 })),
        "invalid-request",
        "too much",
    );
    let request = Request::post(&cancel, &json!({ "refund": 200 })).token(&manager.token).key("c");
    let cancelled = city.ask(&request).expect(200, "a cancellation");
    assert_eq!(
        (&cancelled.json()["status"], amount(&cancelled.json()["refund"])),
        (&json!("cancelled"), 200)
    );
    let again = city.ask(&request).expect(200, "the same again");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    check(&city.send_as(&manager, "POST", &cancel, &json!({})), "already-cancelled", "twice");
    assert_eq!(city.balance(&resident), BALANCE - 1000);

    let stats = city.get_as(&manager, &format!("/v1/manage/venues/{}/stats?from={day}&to={day}", slot.venue));
    let of_court = stats["days"][0]["pitches"]
        .as_array()
        .expect("pitches")
        .iter()
        .find(|one| one["pitch"] == court.as_str());
    let of_court = of_court.expect("the court");
    for (field, expected) in [
        ("bookings", 1),
        ("cancelled", 1),
        ("no_shows", 0),
        ("people", 1),
        ("minutes_sold", 60),
        ("minutes_open", 14 * 60),
        ("utilisation", 71),
    ] {
        assert_eq!(of_court[field], json!(expected), "{field}: {of_court}");
    }
    assert_eq!((amount(&of_court["revenue"]), amount(&of_court["refunds"])), (1000 + 1200, 200));
    let too_long = format!("/v1/manage/venues/{}/stats?from={day}&to={}", slot.venue, city.day(3 + 92));
    check(&city.ask(&Request::get(&too_long).token(&manager.token)), "invalid-request", "93 days");

    let prices = json!({ "prices": [{ "days": all_days(), "from": "08:00", "to": "22:00", "price": 1300 }] });
    let path = format!("/v1/manage/pitches/{court}/prices");
    let _ = city.send_as(&manager, "PUT", &path, &prices).expect(200, "prices");
    check_log(&city, &manager, &slot.venue, &id);
    assert_ne!(id, other);
    let before = log(&city, &manager, &slot.venue);
    let city = city.kill_and_reopen();
    assert_eq!(log(&city, &manager, &slot.venue), before, "replay comes to the same chain");
}

fn log(city: &City, manager: &Resident, venue: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut path = format!("/v1/manage/venues/{venue}/audit?limit=2");
    loop {
        let page = city.get_as(manager, &path);
        assert!(items(&page).len() <= 2);
        entries.extend_from_slice(items(&page));
        let Some(cursor) = page["next"].as_str() else { return entries };
        path = format!("/v1/manage/venues/{venue}/audit?limit=2&cursor={cursor}");
    }
}

fn check_log(city: &City, manager: &Resident, venue: &str, booking: &str) {
    let entries = log(city, manager, venue);
    let what: Vec<String> = entries.iter().map(|entry| text(&entry["what"])).collect();
    assert_eq!(what, ["pitch_changed", "booking_cancelled", "booking_moved", "booking_moved", "pitch_added"]);
    assert!(entries.iter().all(|entry| entry["by"]["id"] == manager.id.as_str()), "{entries:?}");
    for pair in entries.windows(2) {
        assert_eq!(pair[0]["previous"], pair[1]["hash"], "nobody else did anything");
    }
    assert_eq!(entries[4]["previous"], "0".repeat(64));
    assert_eq!(
        (
            entries[0]["before"]["prices"][0]["price"].clone(),
            entries[0]["after"]["prices"][0]["price"].clone()
        ),
        (json!(1200), json!(1300))
    );
    assert_eq!(
        (entries[1]["subject"].as_str(), &entries[1]["after"]["refund"]),
        (Some(booking), &json!(200))
    );
    let operator = city.staff("operator", None);
    let all = city.get_as(&operator, "/v1/operator/audit");
    assert!(items(&all).iter().zip(&entries).all(|(one, other)| one["hash"] == other["hash"]));
    check_chain(items(&all));
}

/// As `docs/audit-log.md` tells a stranger to, by what the API answers and nothing else.
fn check_chain(newest_first: &[Value]) {
    let mut previous = [0; 32];
    for entry in newest_first.iter().rev() {
        let hashed = text(&entry["hashed"]);
        assert_eq!(text(&entry["previous"]), data_encoding::HEXLOWER.encode(&previous), "{entry}");
        let bytes = [&previous[..], hashed.as_bytes()].concat();
        previous = *blake3::hash(&bytes).as_bytes();
        assert_eq!(text(&entry["hash"]), data_encoding::HEXLOWER.encode(&previous), "{entry}");
        let said: Value = serde_json::from_str(&hashed).expect("JSON");
        for field in ["no", "venue", "what", "before", "after"] {
            assert_eq!(said[field], entry[field], "{field} of {entry}");
        }
        let at: jiff::Timestamp = text(&entry["at"]).parse().expect("a time");
        assert_eq!(said["at"], at.as_millisecond(), "{entry}");
    }
    assert!(!newest_first.is_empty());
}

#[test]
fn a_sale_that_is_refused_opens_nobody_an_account() {
    let city = City::demo();
    let slot = city.free_court(3);
    let manager = city.manager_of(&slot.venue);
    let _ = city.booked(&city.resident(), &slot);
    let before = city.ground.verify().said;
    let sale = |body: &Value, key: &str| sell(&city, &manager, &slot.venue, body, key);
    let taken = counter(&slot, "+8613911112222");
    check(&sale(&taken, "taken"), "slot-taken", "what another has");
    let mut elsewhere = taken.clone();
    elsewhere["pitch"] = "nowhere".into();
    check(&sale(&elsewhere, "nowhere"), "not-found", "a pitch that is not there");
    let mut off_grid = taken.clone();
    off_grid["end"] = taken["start"].clone();
    check(&sale(&off_grid, "off-grid"), "invalid-request", "no time at all");
    assert_eq!(city.ground.verify().said, before, "nothing was written");
}

#[test]
fn what_was_open_on_a_day_that_is_over_stays_as_it_was() {
    let ground = Ground::demo();
    crate::written::write(&ground, |engine, now| {
        let today = local_day(engine.world().catalogue.zone(), now);
        let opened = |first: i32| {
            Event::DaysOpened(DaysOpened { first: today.plus_days(first), last: today.plus_days(first + 7) })
        };
        // The second a day too early, which the server takes as it is.
        vec![opened(0), opened(1)]
    });
    let city = ground.open();
    let slot = city.free_court(3);
    let manager = city.manager_of(&slot.venue);
    let (today, then) = (city.day(0), city.day(3));
    let open = |city: &City| {
        let path = format!("/v1/manage/venues/{}/stats?from={today}&to={then}", slot.venue);
        let stats = city.get_as(&manager, &path);
        let of_day = |day: &str| {
            let days = stats["days"].as_array().expect("days");
            let pitches = days.iter().find(|one| one["date"] == day).expect("the day")["pitches"].clone();
            let pitches = pitches.as_array().expect("pitches").clone();
            let pitch =
                pitches.into_iter().find(|one| one["pitch"] == slot.pitch.as_str()).expect("the pitch");
            pitch["minutes_open"].as_u64().expect("minutes")
        };
        (of_day(&today), of_day(&then))
    };
    let (was, _) = open(&city);
    assert!(was > 0);
    let path = format!("/v1/manage/pitches/{}/hours", slot.pitch);
    let _ = city.send_as(&manager, "PUT", &path, &json!({ "hours": [] })).expect(200, "no hours");
    assert_eq!(open(&city), (was, 0));
    assert_eq!(open(&city.kill_and_reopen()), (was, 0), "replay comes to the same");
}
