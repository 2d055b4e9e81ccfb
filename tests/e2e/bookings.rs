//! `/v1/bookings`: find, book, see, cancel, and get the money back; and the same again under the same key (I6).

use serde_json::{Value, json};

use crate::city::{BALANCE, City, amount, booking, items, text};
use crate::client::Request;
use crate::problems::check;

#[test]
fn a_resident_finds_books_sees_and_cancels() {
    let city = City::demo();
    let resident = city.resident();
    let slot = city.free_courts(3).into_iter().find(|slot| slot.price > 0).expect("a slot with a price");
    assert_eq!(city.slot(&slot)["status"], "free");

    let answer = city.book(&resident, "k1", &slot.order()).expect(201, "a booking");
    let booked = answer.json();
    let id = text(&booked["id"]);
    assert_eq!(answer.header("location"), Some(&*format!("/v1/bookings/{id}")));
    assert_eq!(answer.header("idempotency-replayed"), None);
    let created_at = text(&booked["created_at"]);
    let expected = json!({
        "id": id, "status": "confirmed", "pitch": slot.pitch, "venue": slot.venue, "start": slot.start, "end": slot.end,
        "party_size": 1, "price": { "amount": slot.price, "currency": "CNY" }, "paid_with": "wallet",
        "created_at": created_at, "expires_at": null, "refund": null,
    });
    assert_eq!(booked, expected);
    assert_eq!(city.balance(&resident), BALANCE - slot.price);
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}")), booked);
    assert_eq!(items(&city.get_as(&resident, "/v1/bookings")), [booked]);
    assert_eq!((city.slot(&slot)["status"].as_str(), &city.slot(&slot)["left"]), (Some("taken"), &json!(0)));
    let day = city.day(3);
    let sport = city.get(&format!("/v1/venues/{}", slot.venue))["sports"][0].clone();
    let free = city.free(&text(&sport), &day);
    assert!(
        free.iter().all(|free| (&free.pitch, &free.start) != (&slot.pitch, &slot.start)),
        "no longer offered"
    );

    let cancelled = city.cancel(&resident, &id).expect(200, "a cancellation").json();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(amount(&cancelled["refund"]), slot.price);
    assert_eq!(city.balance(&resident), BALANCE);
    assert_eq!(city.slot(&slot)["status"], "free");
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}"))["status"], "cancelled");
    check(&city.cancel(&resident, &id), "already-cancelled", "once more");
    assert_eq!(city.balance(&resident), BALANCE, "no money back twice");
    let _ = city.booked(&city.resident(), &slot);
}

#[test]
fn consecutive_slots_are_one_booking_with_the_price_of_all() {
    let city = City::demo();
    let resident = city.resident();
    let day = city.day(4);
    for slot in city.free_courts(4) {
        let venue = city.get(&format!("/v1/venues/{}", slot.venue));
        let pitch =
            venue["pitches"].as_array().expect("pitches").iter().find(|pitch| pitch["id"] == slot.pitch);
        let most = pitch.expect("the pitch")["max_slots"].as_u64().expect("a count");
        let slots: Vec<Value> =
            city.slots(&slot.pitch, &day).into_iter().filter(|slot| slot["status"] == "free").collect();
        let (Some(first), Some(second)) = (slots.first(), slots.get(1)) else { continue };
        if most < 2 || first["end"] != second["start"] {
            continue;
        }
        let order = json!({ "pitch": slot.pitch, "start": first["start"], "end": second["end"], "pay_with": "wallet" });
        let booked = city.book(&resident, "two", &order).expect(201, "two slots").json();
        assert_eq!(amount(&booked["price"]), amount(&first["price"]) + amount(&second["price"]));
        assert!(city.slots(&slot.pitch, &day).iter().filter(|slot| slot["status"] == "taken").count() >= 2);
        let too_many = usize::try_from(most).expect("few") + 1;
        if let Some(last) = slots.get(too_many - 1).filter(|_| slots.len() >= too_many) {
            let order = json!({ "pitch": slot.pitch, "start": first["start"], "end": last["end"], "pay_with": "wallet" });
            check(&city.book(&resident, "many", &order), "invalid-request", "more than one may span");
        }
        return;
    }
    panic!("no pitch takes two slots in one booking");
}

#[test]
fn a_pitch_and_its_parts_are_never_sold_both() {
    let city = City::demo();
    let (resident, other) = (city.resident(), city.resident());
    let free = city.free("football", &city.day(2));
    let whole = free.iter().find(|slot| slot.kind == "divisible").expect("a whole");
    let is_part_of_it = |slot: &&crate::city::FreeSlot| {
        slot.kind == "part"
            && slot.pitch.starts_with(&format!("{}-", whole.pitch))
            && slot.start == whole.start
    };
    let parts: Vec<_> = free.iter().filter(is_part_of_it).collect();
    assert!(parts.len() >= 2, "{whole:?} has parts: {parts:?}");
    let part = city.booked(&resident, parts[0]);
    check(&city.book(&other, "whole", &whole.order()), "slot-taken", "a whole whose part is sold");
    let _ = city.cancel(&resident, &text(&part["id"])).expect(200, "a cancellation");
    let _ = city.booked(&other, whole);
    for part in &parts {
        check(&city.book(&resident, "part", &part.order()), "slot-taken", "a part of what is sold");
        assert_eq!(city.slot(part)["status"], "taken");
    }
}

#[test]
fn the_same_key_gives_the_same_booking_as_it_now_stands() {
    let city = City::demo();
    let resident = city.resident();
    let slots = city.free_courts(3);
    let first = city.book(&resident, "k", &slots[0].order()).expect(201, "a booking").json();
    let replayed = |city: &City, status: &str| {
        let again = city.book(&resident, "k", &slots[0].order()).expect(201, "the same again");
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}", again.head);
        assert!(again.header("location").is_some());
        assert_eq!((&again.json()["id"], again.json()["status"].as_str()), (&first["id"], Some(status)));
    };
    replayed(&city, "confirmed");
    check(&city.book(&resident, "k", &slots[1].order()), "idempotency-mismatch", "another body");
    assert_eq!(items(&city.get_as(&resident, "/v1/bookings")).len(), 1);
    assert_eq!(city.balance(&resident), BALANCE - slots[0].price);

    // The key is the resident's own, and this address's own.
    let theirs =
        city.book(&city.resident(), "k", &slots[1].order()).expect(201, "another's key of that name");
    assert_eq!(theirs.header("idempotency-replayed"), None);
    let top_up = json!({ "amount": 5, "provider": "sandbox" });
    let top_up = city.ask(&Request::post("/v1/wallet/top-ups", &top_up).token(&resident.token).key("k"));
    assert_eq!(top_up.expect(201, "a top-up under that key").header("idempotency-replayed"), None);

    let city = city.kill_and_reopen();
    replayed(&city, "confirmed");
    let _ = city.cancel(&resident, &text(&first["id"])).expect(200, "a cancellation");
    replayed(&city, "cancelled");
    let city = city.kill_and_reopen();
    replayed(&city, "cancelled");
    check(
        &city.book(&resident, "k", &slots[1].order()),
        "idempotency-mismatch",
        "another body after a restart",
    );
}

#[test]
fn a_refusal_is_not_remembered() {
    let city = City::demo();
    let (resident, other) = (city.resident(), city.resident());
    let slot = city.free_court(3);
    let theirs = city.booked(&other, &slot);
    check(&city.book(&resident, "k", &slot.order()), "slot-taken", "what another has");
    let _ = city.cancel(&other, &text(&theirs["id"])).expect(200, "a cancellation");
    let answer = city.book(&resident, "k", &slot.order()).expect(201, "what is free again");
    assert_eq!(answer.header("idempotency-replayed"), None);
}

#[test]
fn a_key_is_needed_and_must_be_one() {
    let city = City::demo();
    let resident = city.resident();
    let slot = city.free_court(3);
    let without = Request::post("/v1/bookings", &slot.order()).token(&resident.token);
    check(&city.ask(&without), "invalid-request", "no key");
    let too_long = "k".repeat(129);
    for key in ["", "a b", "schlüssel", &too_long] {
        check(&city.book(&resident, key, &slot.order()), "invalid-request", key);
    }
    let twice = booking(&resident, "a", &slot.order()).key("a");
    check(&city.ask(&twice), "invalid-request", "two keys");
    assert_eq!(city.balance(&resident), BALANCE);
    let longest = "~".repeat(128);
    let _ = city.book(&resident, &longest, &slot.order()).expect(201, "the longest key");
}

#[test]
fn anothers_booking_looks_like_none() {
    let city = City::demo();
    let (owner, other) = (city.resident(), city.resident());
    let booked = city.booked(&owner, &city.free_court(3));
    let id = text(&booked["id"]);
    let mut missing = id.clone();
    missing.replace_range(5..6, if id.as_bytes()[5] == b'a' { "b" } else { "a" });
    for method in ["GET", "DELETE"] {
        let shown = |id: &str| {
            let request = Request::new(method, &format!("/v1/bookings/{id}")).token(&other.token);
            let mut problem = check(&city.ask(&request), "not-found", request.line());
            problem["instance"] = Value::Null;
            problem
        };
        let theirs = shown(&id);
        for none in [&missing, "nonsense", &owner.id, "b"] {
            assert_eq!(shown(none), theirs);
        }
    }
    assert_eq!(city.get_as(&owner, &format!("/v1/bookings/{id}")), booked);
    assert!(items(&city.get_as(&other, "/v1/bookings")).is_empty());
}

#[test]
fn ones_bookings_are_listed_newest_start_first_in_pages_and_by_day_and_status() {
    let city = City::demo();
    let resident = city.resident();
    let mut booked: Vec<Value> = Vec::new();
    for ahead in [4, 2, 5, 3] {
        for slot in city.free_courts(ahead).iter().take(3) {
            booked.push(city.booked(&resident, slot));
        }
    }
    let gone = text(&booked[0]["id"]);
    let _ = city.cancel(&resident, &gone).expect(200, "a cancellation");
    let mut listed: Vec<Value> = Vec::new();
    let mut path = "/v1/bookings?limit=5".to_owned();
    loop {
        let page = city.get_as(&resident, &path);
        listed.extend_from_slice(items(&page));
        let Some(cursor) = page["next"].as_str() else { break };
        path = format!("/v1/bookings?limit=5&cursor={cursor}");
    }
    assert_eq!(listed.len(), 12);
    let starts: Vec<String> = listed.iter().map(|booking| text(&booking["start"])).collect();
    assert!(starts.is_sorted_by(|one, next| one >= next), "{starts:?}");

    let count = |query: &str| items(&city.get_as(&resident, &format!("/v1/bookings?{query}"))).len();
    assert_eq!((count("status=cancelled"), count("status=confirmed"), count("status=completed")), (1, 11, 0));
    let (from, to) = (city.day(3), city.day(4));
    assert_eq!((count(&format!("from={from}&to={to}")), count(&format!("to={from}"))), (6, 6));
    assert_eq!(count(&format!("from={from}&to={to}&status=cancelled")), 1);
}
