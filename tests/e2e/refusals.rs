//! Why a booking is refused, and which reason is given where several apply: the first of the contract's table.

use serde_json::{Value, json};

use crate::city::{BALANCE, City, FreeSlot, Resident, amount, booking, text};
use crate::client::Request;
use crate::problems::check;

fn with(order: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut order = order.clone();
    order[field] = value.into();
    order
}

#[test]
fn what_another_has_is_taken_wholly_or_partly() {
    let city = City::demo();
    let slot = city.free_court(3);
    let _ = city.booked(&city.resident(), &slot);
    let late = city.resident();
    check(&city.book(&late, "late", &slot.order()), "slot-taken", "all of it");
    assert_eq!(city.balance(&late), BALANCE);
}

#[test]
fn what_is_closed_or_begun_is_closed() {
    let city = City::demo();
    let resident = city.resident();
    let slot = city.free_court(3);
    let slots = city.slots(&slot.pitch, &city.day(3));
    if let Some(closed) = slots.iter().find(|slot| slot["status"] == "closed") {
        let order = json!({ "pitch": slot.pitch, "start": closed["start"], "end": closed["end"], "pay_with": "wallet" });
        check(&city.book(&resident, "closed", &order), "slot-closed", "outside opening hours");
    }
    // On the grid, in the middle of the night: the clock time that its opening hours begin with, twelve hours earlier or later.
    let today = city.day(0);
    let midnight = json!({
        "pitch": slot.pitch, "start": format!("{today}T00:00:00+08:00"), "end": format!("{today}T01:00:00+08:00"),
        "pay_with": "wallet",
    });
    let answer = city.book(&resident, "night", &midnight);
    let name = crate::problems::problem(&answer, "midnight")["type"].clone();
    assert!(name == "/problems/slot-closed" || name == "/problems/invalid-request", "{name}");
    let yesterday = slot.start.replacen(&city.day(3), &city.day(-1), 1);
    let end = slot.end.replacen(&city.day(3), &city.day(-1), 1);
    let begun = with(&with(&slot.order(), "start", yesterday), "end", end);
    check(&city.book(&resident, "begun", &begun), "slot-closed", "yesterday");
    assert_eq!(city.balance(&resident), BALANCE);
}

#[test]
fn days_are_open_as_far_ahead_as_the_city_says_and_no_further() {
    let city = City::demo();
    let resident = city.resident();
    let last = city.free_court(7);
    let _ = city.booked(&resident, &last);
    let beyond = |time: &str| time.replacen(&city.day(7), &city.day(8), 1);
    let order = with(&with(&last.order(), "start", beyond(&last.start)), "end", beyond(&last.end));
    let problem = check(&city.book(&resident, "beyond", &order), "invalid-request", "eight days ahead");
    assert_eq!(problem["errors"][0]["field"], "start");
}

#[test]
fn a_session_is_sold_to_its_last_place_and_no_further() {
    let city = City::demo();
    let mut sessions: Vec<FreeSlot> =
        city.free("swimming", &city.day(3)).into_iter().filter(|slot| slot.kind == "session").collect();
    sessions.sort_by_key(|slot| slot.left);
    let slot = sessions.first().expect("a session");
    let venue = city.get(&format!("/v1/venues/{}", slot.venue));
    let pitches = venue["pitches"].as_array().expect("pitches");
    let pitch = pitches.iter().find(|pitch| pitch["id"] == slot.pitch).expect("the pitch");
    let most = pitch["party_size_max"].as_u64().expect("a count");
    let capacity = pitch["capacity"].as_u64().expect("a count");
    assert_eq!(slot.left, capacity);

    let mut left = capacity;
    let mut first = None;
    while left > 1 {
        let party = most.min(left - 1);
        let resident = city.resident();
        city.top_up(&resident, 1_000_000);
        let booked = city.book(&resident, "places", &with(&slot.order(), "party_size", party));
        let booked = booked.expect(201, "places").json();
        assert_eq!(amount(&booked["price"]), slot.price * i64::try_from(party).expect("few"));
        left -= party;
        assert_eq!(city.slot(slot)["left"], left);
        first.get_or_insert((resident, text(&booked["id"]), party));
    }
    let pair = with(&slot.order(), "party_size", 2);
    check(&city.book(&city.resident(), "pair", &pair), "sold-out", "two for the last place");
    let _ = city.booked(&city.resident(), slot);
    assert_eq!(city.slot(slot)["status"], "taken");
    let late = city.resident();
    check(&city.book(&late, "late", &slot.order()), "sold-out", "one too many");
    assert_eq!(city.balance(&late), BALANCE);

    let (resident, id, party) = first.expect("a first booking");
    let _ = city.cancel(&resident, &id).expect(200, "a cancellation");
    assert_eq!(city.slot(slot)["left"], party);
    let _ = city.book(&late, "late", &slot.order()).expect(201, "a place that was given back");
}

#[test]
fn a_party_must_fit_the_pitch() {
    let city = City::demo();
    let resident = city.resident();
    let slot = city.free_court(3);
    for party in [json!(0), json!(-1), json!(1_000_000), json!(i64::MAX), json!(i64::MIN)] {
        let problem = check(
            &city.book(&resident, "party", &with(&slot.order(), "party_size", party)),
            "invalid-request",
            "a party",
        );
        assert_eq!(problem["errors"][0]["field"], "party_size");
    }
    let booked = city.book(&resident, "two", &with(&slot.order(), "party_size", 2)).expect(201, "two").json();
    assert_eq!(
        (&booked["party_size"], amount(&booked["price"])),
        (&json!(2), slot.price),
        "the court costs the same"
    );
}

#[test]
fn a_resident_may_have_four_bookings_a_day_and_a_cancelled_one_does_not_count() {
    let city = City::demo();
    let resident = city.resident();
    let slots = city.free_courts(3);
    let booked: Vec<Value> = slots[..4].iter().map(|slot| city.booked(&resident, slot)).collect();
    let problem = check(&city.book(&resident, "fifth", &slots[4].order()), "quota-exceeded", "a fifth");
    assert_eq!((&problem["limit"], &problem["used"]), (&json!(4), &json!(4)));
    assert!(problem["quota"].is_string());
    let _ = city.booked(&resident, &city.free_court(4));
    let _ = city.cancel(&resident, &text(&booked[0]["id"])).expect(200, "a cancellation");
    let _ = city.book(&resident, "fifth", &slots[4].order()).expect(201, "room again");
    let city = city.kill_and_reopen();
    check(&city.book(&resident, "sixth", &slots[5].order()), "quota-exceeded", "after a restart");
}

#[test]
fn a_resident_may_have_twenty_live_bookings() {
    let city = City::demo();
    let resident = city.resident();
    for ahead in 1..6 {
        for slot in city.free_courts(ahead).iter().take(4) {
            let _ = city.booked(&resident, slot);
        }
    }
    let problem =
        check(&city.book(&resident, "more", &city.free_court(6).order()), "quota-exceeded", "a 21st");
    assert_eq!((&problem["limit"], &problem["used"]), (&json!(20), &json!(20)));
}

#[test]
fn a_wallet_that_is_too_low_says_what_is_missing() {
    let city = City::demo();
    let poor = city.newcomer("+8613912345678");
    let slot = city.free_courts(3).into_iter().find(|slot| slot.price > 1).expect("a slot with a price");
    city.top_up(&poor, slot.price - 1);
    let problem = check(&city.book(&poor, "k", &slot.order()), "insufficient-funds", "one fen too few");
    assert_eq!((amount(&problem["balance"]), amount(&problem["price"])), (slot.price - 1, slot.price));
    assert_eq!(city.balance(&poor), slot.price - 1);
    assert_eq!(city.slot(&slot)["status"], "free", "who can't pay takes nothing");
    city.top_up(&poor, 1);
    let _ = city.book(&poor, "k", &slot.order()).expect(201, "with enough");
    assert_eq!(city.balance(&poor), 0);
}

/// Somebody with nothing left who has all the bookings of a day that one may have.
fn poor_and_busy(city: &City, slots: &[FreeSlot]) -> Resident {
    let resident = city.newcomer("+8613912345678");
    let price: i64 = slots[..4].iter().map(|slot| slot.price).sum();
    city.top_up(&resident, price);
    for slot in &slots[..4] {
        let _ = city.booked(&resident, slot);
    }
    assert_eq!(city.balance(&resident), 0);
    resident
}

#[test]
fn of_several_reasons_the_first_in_the_table_is_given() {
    let city = City::demo();
    let slots: Vec<FreeSlot> = city.free_courts(3).into_iter().filter(|slot| slot.price > 0).collect();
    let order = slots[8].order();
    let resident = poor_and_busy(&city, &slots);
    let _ = city.booked(&city.resident(), &slots[5]);
    let manager = city.manager();
    let large = vec![b' '; 70_000];
    let unsigned =
        |body: &[u8], media_type: &str| Request::new("POST", "/v1/bookings").bytes(media_type, body.to_vec());
    let ends_early = with(&order, "end", order["start"].clone());
    let unknown = with(&order, "pitch", "no-such-pitch");
    let known = format!("{}-{}", slots[0].pitch, slots[0].start);
    let night = |slot: &FreeSlot| {
        with(
            &with(&slot.order(), "start", slot.start.replacen(&city.day(3), &city.day(-1), 1)),
            "end",
            slot.end.replacen(&city.day(3), &city.day(-1), 1),
        )
    };

    for (name, first, then, request) in [
        ("payload-too-large", "large", "not JSON, no token", unsigned(&large, "text/plain")),
        ("unsupported-media-type", "not JSON", "no token", unsigned(b"{}", "text/plain")),
        ("method-not-allowed", "method", "no token", Request::new("PUT", "/v1/bookings")),
        ("unauthenticated", "no token", "malformed", unsigned(b"{", "application/json")),
        ("invalid-request", "malformed", "staff", booking(&manager, "a", &ends_early)),
        ("forbidden", "staff", "no such pitch", booking(&manager, "a", &unknown)),
        (
            "invalid-request",
            "malformed",
            "no such pitch",
            booking(&resident, "a", &with(&ends_early, "pitch", "none")),
        ),
        ("not-found", "no such pitch", "other body", booking(&resident, &known, &unknown)),
        ("idempotency-mismatch", "other body", "closed", booking(&resident, &known, &night(&slots[8]))),
        ("idempotency-mismatch", "other body", "taken", booking(&resident, &known, &slots[5].order())),
        ("slot-closed", "closed", "quota, funds", booking(&resident, "b", &night(&slots[8]))),
        ("slot-taken", "taken", "quota, funds", booking(&resident, "c", &slots[5].order())),
        ("quota-exceeded", "quota", "funds", booking(&resident, "d", &order)),
        (
            "insufficient-funds",
            "funds",
            "",
            booking(
                &resident,
                "e",
                &city.free_courts(4).into_iter().find(|slot| slot.price > 0).expect("a price").order(),
            ),
        ),
    ] {
        check(&city.ask(&request), name, &format!("{first} before {then}"));
    }
    let again =
        city.book(&resident, &known, &slots[0].order()).expect(201, "a retry finds its own booking first");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
}

#[test]
fn who_cancels_after_the_deadline_is_too_late_and_keeps_the_booking() {
    let city = City::demo();
    // Half an hour is the shortest deadline of the demo, two hours the most usual: what begins next is past some of them.
    let mut soon = city.free("badminton", &city.day(0));
    soon.truncate(40);
    let mut kept = 0;
    for slot in &soon {
        let resident = city.resident();
        let answer = city.book(&resident, "soon", &slot.order());
        if answer.status != 201 {
            check(&answer, "slot-closed", "what began meanwhile");
            continue;
        }
        let id = text(&answer.json()["id"]);
        let cancelled = city.cancel(&resident, &id);
        if cancelled.status == 200 {
            assert_eq!(city.balance(&resident), BALANCE - slot.price + amount(&cancelled.json()["refund"]));
            continue;
        }
        check(&cancelled, "too-late", "a cancellation after the deadline");
        assert_eq!(city.balance(&resident), BALANCE - slot.price);
        assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}"))["status"], "confirmed");
        kept += 1;
    }
    let now = text(&city.get("/v1/time")["now"]);
    let hour: u32 = now.get(11..13).and_then(|hour| hour.parse().ok()).expect("an hour");
    // At night nothing begins within two hours.
    assert!(kept > 0 || !(7..20).contains(&hour), "nothing was too late at {now}");
}

#[test]
fn an_account_that_asks_too_often_waits_and_nobody_else_does() {
    let city = City::demo();
    let (eager, calm) = (city.resident(), city.resident());
    let mut client = city.client();
    let answers: Vec<_> =
        (0..200).map(|_| client.ask(&Request::get("/v1/wallet").token(&eager.token))).collect();
    let limited: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(answers[..40].iter().all(|answer| answer.status == 200), "a burst is let through");
    assert!(!limited.is_empty());
    for answer in &limited {
        check(answer, "rate-limited", "one of 200");
    }
    assert_eq!(city.balance(&calm), BALANCE);
    crate::unchanged::wait_for_turn(limited[0]);
    assert_eq!(city.balance(&eager), BALANCE);
}
