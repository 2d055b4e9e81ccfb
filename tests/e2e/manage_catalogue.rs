//! What managers change of their venue: it is valid at once, for their own venue only, and stays over a restart (I7).

use serde_json::{Value, json};

use crate::city::{BALANCE, City, amount, items, text};
use crate::client::Request;
use crate::problems::check;
use crate::staff::{all_days, new_pitch};

#[test]
fn a_manager_adds_pitches_of_all_kinds_and_they_are_booked_at_once() {
    let city = City::demo();
    let slot = city.free_court(3);
    let (venue, manager) = (slot.venue, city.manager_of(&city.free_court(3).venue));
    let path = format!("/v1/manage/venues/{venue}/pitches");
    let day = city.day(3);
    for (kind, capacity) in [("exclusive", 1), ("divisible", 1), ("session", 10)] {
        let added = city.send_as(&manager, "POST", &path, &new_pitch(kind)).expect(201, kind);
        let pitch = added.json();
        let id = text(&pitch["id"]);
        assert_eq!(added.header("location"), Some(&*format!("{path}/{id}")));
        assert_eq!((pitch["kind"].as_str(), &pitch["capacity"]), (Some(kind), &json!(capacity)));
        assert_eq!(city.managed_pitch(&manager, &venue, &id), pitch);
        let parts: Vec<String> =
            pitch["parts"].as_array().expect("parts").iter().map(|part| text(&part["id"])).collect();
        assert_eq!(parts.len(), if kind == "divisible" { 2 } else { 0 });
        for bookable in parts.iter().chain([&id]) {
            let slots = city.slots(bookable, &day);
            let open = slots.iter().find(|slot| slot["status"] == "free").expect("a free slot");
            assert_eq!(
                (&open["start"], amount(&open["price"])),
                (&json!(format!("{day}T08:00:00+08:00")), 1200)
            );
        }
        let order = json!({ "pitch": id, "start": format!("{day}T08:00:00+08:00"), "end": format!("{day}T09:00:00+08:00"), "pay_with": "wallet" });
        let _ = city.book(&city.resident(), kind, &order).expect(201, "a booking");
        if let Some(part) = parts.first() {
            assert_eq!(city.slots(part, &day).iter().filter(|slot| slot["status"] == "taken").count(), 1);
        }
    }
    let listed = city.get_as(&manager, &path);
    let shown = city.get(&format!("/v1/venues/{venue}"));
    assert_eq!(items(&listed).len(), shown["pitches"].as_array().expect("pitches").len());
    let city = city.kill_and_reopen();
    assert_eq!(city.get_as(&manager, &path), listed);
}

#[test]
fn a_pitch_that_makes_no_sense_is_refused_with_the_field() {
    let city = City::demo();
    let venue = city.free_court(3).venue;
    let manager = city.manager_of(&venue);
    let path = format!("/v1/manage/venues/{venue}/pitches");
    let changed = |kind: &str, field: &str, value: Value| {
        let mut body = new_pitch(kind);
        body[field] = value;
        body
    };
    for (body, field) in [
        (changed("exclusive", "sport", json!("quidditch")), "sport"),
        (changed("exclusive", "id", json!("A B")), "id"),
        (changed("exclusive", "slot_minutes", json!(45)), "slot_minutes"),
        (changed("exclusive", "slot_minutes", json!(270)), "slot_minutes"),
        (changed("exclusive", "max_slots", json!(0)), "max_slots"),
        (changed("exclusive", "capacity", json!(3)), "capacity"),
        (changed("session", "capacity", Value::Null), "capacity"),
        (changed("divisible", "leaves", json!(1)), "leaves"),
        (changed("divisible", "parts", json!([])), "parts"),
        (
            changed("exclusive", "hours", json!([{ "days": [], "from": "08:00", "to": "09:00" }])),
            "hours.days",
        ),
        (
            changed("exclusive", "hours", json!([{ "days": ["monday"], "from": "08:10", "to": "09:00" }])),
            "hours.from",
        ),
        (
            changed(
                "exclusive",
                "prices",
                json!([{ "days": ["monday"], "from": "08:00", "to": "09:00", "price": -1 }]),
            ),
            "prices.price",
        ),
        (
            changed("exclusive", "cancellation", json!([{ "minutes_before": 1, "percent": 101 }])),
            "cancellation",
        ),
        (changed("exclusive", "name", json!({ "zh-Hans": "", "en": "x" })), "name.zh-Hans"),
    ] {
        let problem =
            check(&city.send_as(&manager, "POST", &path, &body), "invalid-request", &body.to_string());
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let taken = changed("exclusive", "id", json!(city.free_court(3).pitch));
    let problem = check(&city.send_as(&manager, "POST", &path, &taken), "invalid-request", "a taken id");
    assert_eq!(problem["errors"][0]["field"], "id");
}

#[test]
fn one_key_adds_one_pitch() {
    let city = City::demo();
    let venue = city.free_court(3).venue;
    let manager = city.manager_of(&venue);
    let path = format!("/v1/manage/venues/{venue}/pitches");
    let count = |city: &City| items(&city.get_as(&manager, &path)).len();
    let before = count(&city);
    let add = |city: &City, key: &str, body: &Value| {
        city.ask(&Request::post(&path, body).token(&manager.token).key(key))
    };
    let mut chosen = new_pitch("exclusive");
    chosen["id"] = "court-of-my-own".into();
    for (key, body) in [("k", new_pitch("divisible")), ("own", chosen)] {
        let first = add(&city, key, &body).expect(201, "a pitch");
        assert_eq!(first.header("idempotency-replayed"), None);
        let again = add(&city, key, &body).expect(201, "the same again");
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.json(), first.json());
    }
    check(&add(&city, "k", &new_pitch("session")), "idempotency-mismatch", "another body");
    assert_eq!(count(&city), before + 2);
    let city = city.kill_and_reopen();
    let again = add(&city, "k", &new_pitch("divisible")).expect(201, "after a restart");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(count(&city), before + 2);
}

#[test]
fn prices_and_hours_are_valid_at_once_and_what_is_booked_stays() {
    let city = City::demo();
    let slot = city.free_court(3);
    let manager = city.manager_of(&slot.venue);
    let resident = city.resident();
    let booked = city.booked(&resident, &slot);
    let pitch = &slot.pitch;
    let prices = json!({ "prices": [{ "days": all_days(), "from": "00:00", "to": "24:00", "price": 7777 }] });
    let priced = city
        .send_as(&manager, "PUT", &format!("/v1/manage/pitches/{pitch}/prices"), &prices)
        .expect(200, "prices")
        .json();
    assert_eq!(priced["prices"].as_array().expect("bands").len(), 1);
    assert_eq!(amount(&priced["prices"][0]["price"]), 7777);
    let day = city.day(3);
    let slots = city.slots(pitch, &day);
    assert!(slots.iter().all(|slot| amount(&slot["price"]) == 7777), "{slots:?}");
    assert_eq!(city.balance(&resident), BALANCE - slot.price, "what is booked keeps its price");

    let hours = json!({ "hours": [] });
    let _ = city
        .send_as(&manager, "PUT", &format!("/v1/manage/pitches/{pitch}/hours"), &hours)
        .expect(200, "hours");
    assert!(city.slots(pitch, &day).iter().all(|slot| slot["status"] == "closed"));
    let id = text(&booked["id"]);
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}"))["status"], "confirmed");
    let slots = city.slots(pitch, &day);
    let other = slots.iter().find(|other| other["start"] != slot.start).expect("another slot");
    let order = json!({ "pitch": pitch, "start": other["start"], "end": other["end"], "pay_with": "wallet" });
    check(&city.book(&resident, "closed", &order), "slot-closed", "outside of the new hours");

    let city = city.kill_and_reopen();
    assert!(city.slots(pitch, &day).iter().all(|slot| slot["status"] == "closed"));
    let hours = json!({ "hours": [{ "days": all_days(), "from": "00:00", "to": "24:00" }] });
    let _ = city
        .send_as(&manager, "PUT", &format!("/v1/manage/pitches/{pitch}/hours"), &hours)
        .expect(200, "hours");
    let slots = city.slots(pitch, &day);
    assert_eq!(slots.iter().filter(|slot| slot["status"] == "taken").count(), 1, "{slots:?}");
    assert!(slots.iter().any(|slot| slot["status"] == "free"));
}

#[test]
fn a_venue_and_a_pitch_are_changed_by_what_is_named_only() {
    let city = City::demo();
    let slot = city.free_court(3);
    let (venue, pitch) = (&slot.venue, &slot.pitch);
    let manager = city.manager_of(venue);
    let path = format!("/v1/manage/venues/{venue}");
    let before = city.get_as(&manager, &path);
    let day = city.day(3);
    let change = json!({ "admission": "checked", "special_days": [{ "day": day, "goes_by": "holiday" }] });
    let after = city.send_as(&manager, "PATCH", &path, &change).expect(200, "a change").json();
    assert_eq!((&after["name"], &after["address"]), (&before["name"], &before["address"]));
    assert_eq!(after["special_days"], json!([{ "day": day, "goes_by": "holiday" }]));
    assert_eq!(after["admission"], "checked");
    let mine = city.get_as(&manager, "/v1/manage/venues");
    assert_eq!(items(&mine), [after]);
    let change = json!({ "special_days": [{ "day": day, "goes_by": null }] });
    let after = city.send_as(&manager, "PATCH", &path, &change).expect(200, "a change").json();
    assert_eq!(after["special_days"], json!([]));

    let of_pitch = format!("{path}/pitches/{pitch}");
    let before = city.get_as(&manager, &of_pitch);
    let change = json!({ "name": { "zh-Hans": "中心球场", "en": "Centre court" }, "party_size_max": 9 });
    let after = city.send_as(&manager, "PATCH", &of_pitch, &change).expect(200, "a change").json();
    assert_eq!(after["name"], change["name"]);
    assert_eq!((&after["party_size_max"], &after["prices"]), (&json!(9), &before["prices"]));
    let _ =
        city.send_as(&manager, "PATCH", &of_pitch, &json!({ "offered": false })).expect(200, "not offered");
    assert!(city.slots(pitch, &day).iter().all(|slot| slot["status"] == "closed"));
    let _ = city.send_as(&manager, "PATCH", &of_pitch, &json!({ "offered": true })).expect(200, "offered");
    assert_eq!(city.slot(&slot)["status"], "free");
    let problem = check(
        &city.send_as(&manager, "PATCH", &of_pitch, &json!({ "capacity": 5 })),
        "invalid-request",
        "a court's capacity",
    );
    assert_eq!(problem["errors"][0]["field"], "capacity");
}

#[test]
fn another_venues_things_look_as_if_they_were_not_there() {
    let city = City::demo();
    let slots = city.free_courts(3);
    let own = &slots[0];
    let other = slots.iter().find(|slot| slot.venue != own.venue).expect("another venue");
    let (manager, resident) = (city.manager_of(&own.venue), city.resident());
    let booking = text(&city.booked(&resident, other)["id"]);
    let (venue, pitch, day) = (&other.venue, &other.pitch, city.day(3));
    let (hours, prices) = (json!({ "hours": [] }), json!({ "prices": [] }));
    let closure = json!({ "from": day, "to": day, "bookings": "refund", "reason": "r" });
    let release = json!({
        "name": { "zh-Hans": "放号", "en": "release" }, "pitches": [pitch], "first_day": day,
        "daily": { "days_before": 1, "at": "07:00" }, "mode": "first_come",
    });
    let counter = json!({
        "pitch": pitch, "start": other.start, "end": other.end, "phone": "+8613911110000", "name": "王",
    });
    let to = json!({ "pitch": own.pitch, "start": own.start, "end": own.end, "price": "kept" });
    let at = |rest: &str| format!("/v1/manage/venues/{venue}{rest}");
    for (method, path, body) in [
        ("GET", at(""), None),
        ("PATCH", at(""), Some(json!({ "admission": "open" }))),
        ("GET", at("/pitches"), None),
        ("POST", at("/pitches"), Some(new_pitch("exclusive"))),
        ("GET", at(&format!("/pitches/{pitch}")), None),
        ("PATCH", at(&format!("/pitches/{pitch}")), Some(json!({ "max_slots": 1 }))),
        ("GET", format!("/v1/manage/venues/{}/pitches/{pitch}", own.venue), None),
        ("PUT", format!("/v1/manage/pitches/{pitch}/hours"), Some(hours)),
        ("PUT", format!("/v1/manage/pitches/{pitch}/prices"), Some(prices)),
        ("POST", format!("/v1/manage/pitches/{pitch}/closures"), Some(closure.clone())),
        ("POST", format!("/v1/manage/pitches/{pitch}/closures/preview"), Some(closure)),
        ("GET", at("/closures"), None),
        ("POST", "/v1/manage/releases".to_owned(), Some(release)),
        ("GET", at("/releases"), None),
        ("GET", at(&format!("/bookings?date={day}")), None),
        ("POST", at("/bookings"), Some(counter.clone())),
        ("POST", format!("/v1/manage/venues/{}/bookings", own.venue), Some(counter)),
        ("POST", format!("/v1/manage/bookings/{booking}/move"), Some(to)),
        ("POST", format!("/v1/manage/bookings/{booking}/cancel"), Some(json!({}))),
        ("GET", at(&format!("/stats?from={day}&to={day}")), None),
        ("GET", at("/audit"), None),
    ] {
        let request = |who: &crate::city::Resident| {
            let request = Request::new(method, &path).token(&who.token);
            match &body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        check(&city.ask(&request(&manager)), "not-found", &format!("{method} {path}"));
        check(&city.ask(&request(&resident)), "forbidden", &format!("{method} {path} as a resident"));
    }
    check(
        &city.ask(&Request::get("/v1/operator/audit").token(&manager.token)),
        "forbidden",
        "the city's log",
    );
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{booking}"))["status"], "confirmed");
    let operator = city.staff("operator", None);
    let seen = city.get_as(&operator, &at("/pitches"));
    assert!(!items(&seen).is_empty(), "an operator may everything");
}

#[test]
fn a_pitch_has_one_successor_and_a_succession_that_fails_leaves_it_on_sale() {
    let city = City::demo();
    let slot = city.free_court(3);
    let (venue, old) = (slot.venue.clone(), slot.pitch.clone());
    let manager = city.manager_of(&venue);
    let path = format!("/v1/manage/venues/{venue}/pitches");
    let instead = |city: &City, id: &str| {
        let mut body = new_pitch("divisible");
        (body["instead_of"], body["id"]) = (json!(old), json!(id));
        city.send_as(&manager, "POST", &path, &body)
    };
    let offered = |city: &City| city.managed_pitch(&manager, &venue, &old)["offered"] == true;
    let taken = instead(&city, &old);
    check(&taken, "invalid-request", "a name that is taken");
    assert!(taken.text().contains("\"id\""), "{}", taken.text());
    assert!(offered(&city), "it is sold as before");

    let _ = instead(&city, "first-heir").expect(201, "the first");
    assert!(!offered(&city));
    let second = instead(&city, "second-heir");
    check(&second, "invalid-request", "there is one already");
    assert!(second.text().contains("another pitch has taken its place"), "{}", second.text());
    let city = city.kill_and_reopen();
    check(&instead(&city, "third-heir"), "invalid-request", "after a restart");
    let back = city.send_as(&manager, "PATCH", &format!("{path}/{old}"), &json!({ "offered": true }));
    check(&back, "invalid-request", "two would be sold of one place");
    let _ = city
        .send_as(&manager, "PATCH", &format!("{path}/{old}"), &json!({ "offered": false }))
        .expect(200, "no change");
    assert!(!offered(&city));
}
