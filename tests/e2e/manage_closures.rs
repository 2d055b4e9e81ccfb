//! Closures: whom they hit, what becomes of them, and a list that has changed meanwhile.

use serde_json::json;

use crate::city::{BALANCE, City, FreeSlot, amount, items, text};
use crate::client::Request;
use crate::problems::check;
use crate::staff::closure_of;

/// Two free slots of one court.
fn two_slots(city: &City) -> (FreeSlot, FreeSlot) {
    let slot = city.free_courts(3).into_iter().find(|slot| slot.price > 0).expect("a slot with a price");
    let day = city.day(3);
    let slots = city.slots(&slot.pitch, &day);
    let other = slots.iter().find(|one| one["status"] == "free" && one["start"] != slot.start);
    let other = other.expect("a second slot");
    let second = FreeSlot {
        start: text(&other["start"]),
        end: text(&other["end"]),
        price: amount(&other["price"]),
        ..slot.clone()
    };
    (slot, second)
}

#[test]
fn a_closure_cancels_what_lies_inside_and_gives_all_the_money_back() {
    let city = City::demo();
    let (first, second) = two_slots(&city);
    let manager = city.manager_of(&first.venue);
    let (one, other) = (city.newcomer("+8613912340001"), city.resident());
    city.top_up(&one, 100_000);
    let booked = [city.booked(&one, &first), city.booked(&other, &second)];
    let closure = closure_of(&first, "refund");
    let path = format!("/v1/manage/pitches/{}/closures", first.pitch);
    let preview =
        city.send_as(&manager, "POST", &format!("{path}/preview"), &closure).expect(200, "a preview").json();
    assert_eq!(
        (&preview["status"], &preview["count"], &preview["people"]),
        (&json!("preview"), &json!(2), &json!(2))
    );
    assert_eq!(amount(&preview["refund"]), first.price + second.price);
    let named = preview["bookings"].as_array().expect("bookings");
    let of = |id: &serde_json::Value| named.iter().find(|one| one["id"] == *id).expect("it is listed");
    assert_eq!(of(&booked[0]["id"])["resident"]["name"], "王小明");
    assert_eq!(of(&booked[0]["id"])["resident"]["phone_end"], "0001");
    assert_eq!(city.slot(&first)["status"], "taken", "a preview closes nothing");

    let mut seen = closure.clone();
    seen["fingerprint"] = preview["fingerprint"].clone();
    let closed = city.send_as(&manager, "POST", &path, &seen).expect(201, "a closure").json();
    city.await_closure(&manager, &first.venue, &text(&closed["id"]));
    for (resident, booking) in [(&one, &booked[0]), (&other, &booked[1])] {
        let id = text(&booking["id"]);
        let now = city.get_as(resident, &format!("/v1/bookings/{id}"));
        assert_eq!((now["status"].as_str(), &now["refund"]), (Some("cancelled"), &booking["price"]));
    }
    assert_eq!((city.balance(&one), city.balance(&other)), (100_000, BALANCE));
    assert!(city.slots(&first.pitch, &city.day(3)).iter().all(|slot| slot["status"] == "closed"));
    check(&city.book(&other, "again", &first.order()), "slot-closed", "what is closed");

    let city = city.kill_and_reopen();
    assert!(city.slots(&first.pitch, &city.day(3)).iter().all(|slot| slot["status"] == "closed"));
    assert_eq!(city.balance(&one), 100_000);
}

#[test]
fn a_list_that_has_changed_is_shown_again_and_nothing_is_closed() {
    let city = City::demo();
    let (first, second) = two_slots(&city);
    let manager = city.manager_of(&first.venue);
    let _ = city.booked(&city.resident(), &first);
    let path = format!("/v1/manage/pitches/{}/closures", first.pitch);
    let mut closure = closure_of(&first, "refund");
    let preview =
        city.send_as(&manager, "POST", &format!("{path}/preview"), &closure).expect(200, "a preview");
    closure["fingerprint"] = preview.json()["fingerprint"].clone();
    let _ = city.booked(&city.resident(), &second);
    let changed = city.send_as(&manager, "POST", &path, &closure).expect(200, "another list").json();
    assert_eq!((&changed["status"], &changed["count"]), (&json!("changed"), &json!(2)));
    assert!(items(&city.get_as(&manager, &format!("/v1/manage/venues/{}/closures", first.venue))).is_empty());
    assert_eq!(city.slot(&first)["status"], "taken");
    closure["fingerprint"] = changed["fingerprint"].clone();
    let _ = city.send_as(&manager, "POST", &path, &closure).expect(201, "the list that was seen");
}

#[test]
fn a_closure_of_some_hours_leaves_the_others_and_may_leave_what_is_booked() {
    let city = City::demo();
    let (first, second) = two_slots(&city);
    let manager = city.manager_of(&first.venue);
    let resident = city.resident();
    let booked = city.booked(&resident, &first);
    let clock = |time: &str| time.get(11..16).expect("a time").to_owned();
    let mut closure = closure_of(&first, "leave");
    closure["start"] = clock(&first.start).into();
    closure["end"] = clock(&first.end).into();
    let path = format!("/v1/manage/pitches/{}/closures", first.pitch);
    let close = || city.ask(&Request::post(&path, &closure).token(&manager.token).key("once"));
    let closed = close().expect(201, "a closure");
    let again = close().expect(201, "the same again");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json()["id"], closed.json()["id"]);
    city.await_closure(&manager, &first.venue, &text(&closed.json()["id"]));
    let id = text(&booked["id"]);
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}"))["status"], "confirmed");
    assert_eq!(city.slot(&first)["status"], "closed");
    let _ = city.booked(&city.resident(), &second);
    let listed = city.get_as(&manager, &format!("/v1/manage/venues/{}/closures", first.venue));
    assert_eq!(items(&listed).len(), 1, "one key closes once");
}

#[test]
fn a_closure_of_many_bookings_comes_to_an_end_with_every_one_of_them() {
    let city = City::demo();
    let venue = city.free_court(3).venue;
    let manager = city.manager_of(&venue);
    let mut pool = crate::staff::new_pitch("session");
    pool["capacity"] = 200.into();
    let path = format!("/v1/manage/venues/{venue}/pitches");
    let pitch = text(&city.send_as(&manager, "POST", &path, &pool).expect(201, "a pitch").json()["id"]);
    let free = city.slots(&pitch, &city.day(3)).into_iter().find(|slot| slot["status"] == "free");
    let free = free.expect("a free slot");
    let order = json!({ "pitch": pitch, "start": free["start"], "end": free["end"], "pay_with": "wallet" });
    let booked: Vec<_> = (0..150)
        .map(|_| {
            let resident = city.resident();
            let booking = city.book(&resident, "k", &order).expect(201, "a place").json();
            (resident, text(&booking["id"]))
        })
        .collect();
    let day = city.day(3);
    let closure = json!({ "from": day, "to": city.day(4), "bookings": "refund", "reason": "换水" });
    let path = format!("/v1/manage/pitches/{pitch}/closures");
    let preview =
        city.send_as(&manager, "POST", &format!("{path}/preview"), &closure).expect(200, "a preview").json();
    assert_eq!(preview["count"], 150);
    let closed = city.send_as(&manager, "POST", &path, &closure).expect(201, "a closure").json();
    city.await_closure(&manager, &venue, &text(&closed["id"]));
    for (resident, id) in &booked {
        assert_eq!(city.get_as(resident, &format!("/v1/bookings/{id}"))["status"], "cancelled");
        assert_eq!(city.balance(resident), BALANCE);
    }
    let ended = city.kill().verify();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}
