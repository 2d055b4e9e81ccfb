//! `/v1/holds`: hold, pay, give up, and what becomes of a hold whose time is over. A hold is paid once, whoever asks how often (I3, I6).

use kaichang::domain::event::{Event, HoldPlaced, NewBooking, RequestKey};
use kaichang::domain::ids::BookingNo;
use kaichang::engine::view::SlotStatus;
use kaichang::identity::public_id::PublicIds;
use serde_json::{Value, json};

use crate::at_once::at_once;
use crate::city::{BALANCE, City, FreeSlot, Ground, Resident, items, text};
use crate::client::{Answer, Request};
use crate::problems::check;
use crate::written;

fn order(slot: &FreeSlot) -> Value {
    json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end })
}

fn hold(city: &City, resident: &Resident, key: &str, slot: &FreeSlot) -> Answer {
    city.ask(&Request::post("/v1/holds", &order(slot)).token(&resident.token).key(key))
}

/// A payment, without a key.
fn confirm(resident: &Resident, id: &str) -> Request {
    Request::post(&format!("/v1/holds/{id}/confirm"), &json!({ "pay_with": "wallet" })).token(&resident.token)
}

fn give_up(city: &City, resident: &Resident, id: &str) -> Answer {
    city.ask(&Request::delete(&format!("/v1/holds/{id}")).token(&resident.token))
}

/// A court that costs something.
fn priced(city: &City) -> FreeSlot {
    city.free_courts(3).into_iter().find(|slot| slot.price > 0).expect("a slot with a price")
}

#[test]
fn a_hold_is_kept_paid_once_and_then_a_booking() {
    let city = City::demo();
    let (resident, other) = (city.resident(), city.resident());
    let slot = priced(&city);
    let answer = hold(&city, &resident, "k", &slot).expect(201, "a hold");
    let held = answer.json();
    let id = text(&held["id"]);
    assert_eq!(answer.header("location"), Some(&*format!("/v1/bookings/{id}")));
    assert_eq!((&held["status"], &held["paid_with"]), (&json!("held"), &Value::Null));
    let moment = |field: &str| text(&held[field]).parse::<jiff::Timestamp>().expect("a moment");
    let seconds = (moment("expires_at") - moment("created_at")).as_secs();
    assert!((590..=610).contains(&seconds), "{held}");
    assert_eq!(city.balance(&resident), BALANCE, "nothing is paid yet");
    assert_eq!(city.slot(&slot)["status"], "taken");
    check(&city.book(&other, "k", &slot.order()), "slot-taken", "what is held");
    check(&hold(&city, &other, "h", &slot), "slot-taken", "what is held");

    let answer = city.ask(&confirm(&resident, &id)).expect(200, "a payment");
    assert_eq!(answer.header("idempotency-replayed"), None);
    let paid = answer.json();
    assert_eq!((&paid["id"], &paid["status"]), (&held["id"], &json!("confirmed")));
    assert_eq!((&paid["paid_with"], &paid["expires_at"]), (&json!("wallet"), &Value::Null));
    assert_eq!(city.balance(&resident), BALANCE - slot.price);
    let again = city.ask(&confirm(&resident, &id)).expect(200, "once more");
    assert_eq!(again.json(), paid);
    assert_eq!(city.balance(&resident), BALANCE - slot.price, "paid once");
    check(&give_up(&city, &resident, &id), "too-late", "what is paid is cancelled, not given up");

    let city = city.kill_and_reopen();
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}")), paid);
    assert_eq!(city.balance(&resident), BALANCE - slot.price);
    let _ = city.cancel(&resident, &id).expect(200, "a cancellation");
    check(&city.ask(&confirm(&resident, &id)), "already-cancelled", "what was cancelled");
    assert_eq!(city.balance(&resident), BALANCE);
}

#[test]
fn a_hold_that_is_given_up_frees_its_time_and_costs_nothing() {
    let city = City::demo();
    let (resident, other) = (city.resident(), city.resident());
    let slot = priced(&city);
    let id = text(&hold(&city, &resident, "k", &slot).expect(201, "a hold").json()["id"]);
    check(&give_up(&city, &other, &id), "not-found", "another's");
    check(&city.ask(&confirm(&other, &id)), "not-found", "another's");
    let _ = give_up(&city, &resident, &id).expect(204, "given up");
    assert_eq!(city.slot(&slot)["status"], "free");
    assert_eq!(city.get_as(&resident, &format!("/v1/bookings/{id}"))["status"], "cancelled");
    check(&give_up(&city, &resident, &id), "already-cancelled", "twice");
    check(&city.ask(&confirm(&resident, &id)), "already-cancelled", "what was given up");
    let _ = city.booked(&other, &slot);
    check(&give_up(&city, &resident, &id), "already-cancelled", "what another has by now");
    assert_eq!(city.slot(&slot)["status"], "taken");
    assert_eq!(city.balance(&resident), BALANCE);
}

#[test]
fn the_key_of_a_hold_is_no_bookings_and_the_same_key_is_the_same_hold() {
    let city = City::demo();
    let resident = city.resident();
    let slots = city.free_courts(3);
    let booked = city.book(&resident, "k", &slots[0].order()).expect(201, "a booking").json();
    let held = hold(&city, &resident, "k", &slots[1]).expect(201, "a hold under that key").json();
    assert_ne!(booked["id"], held["id"]);
    let id = text(&held["id"]);
    let again = hold(&city, &resident, "k", &slots[1]).expect(201, "the same again");
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), held));
    check(&hold(&city, &resident, "k", &slots[2]), "idempotency-mismatch", "another body");
    let without = Request::post("/v1/holds", &order(&slots[2])).token(&resident.token);
    check(&city.ask(&without), "invalid-request", "no key");

    let keyed = confirm(&resident, &id).key("k");
    assert_eq!(city.ask(&keyed).expect(200, "a payment").header("idempotency-replayed"), None);
    let city = city.kill_and_reopen();
    let replayed = city.ask(&keyed).expect(200, "the same again");
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    assert_eq!(replayed.json()["status"], "confirmed");
    let _ = city.cancel(&resident, &id).expect(200, "a cancellation");
    let replayed = city.ask(&keyed).expect(200, "the same again, as it now stands");
    assert_eq!(replayed.json()["status"], "cancelled");
    assert_eq!(items(&city.get_as(&resident, "/v1/bookings?status=confirmed")), [booked]);
}

#[test]
fn a_hold_that_is_paid_by_many_requests_at_once_is_paid_once() {
    let city = City::demo();
    let resident = city.resident();
    let slot = priced(&city);
    let id = text(&hold(&city, &resident, "k", &slot).expect(201, "a hold").json()["id"]);
    let requests = (0..24).map(|number| match number % 3 {
        0 => confirm(&resident, &id),
        1 => confirm(&resident, &id).key("same"),
        _ => confirm(&resident, &id).key(&format!("k{number}")),
    });
    for answer in at_once(&city, requests.collect()) {
        assert_eq!(answer.expect(200, "a payment").json()["status"], "confirmed");
    }
    assert_eq!(city.balance(&resident), BALANCE - slot.price);
    let ended = city.kill().verify();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}

#[test]
fn of_a_payment_and_giving_up_at_one_moment_one_wins() {
    let city = City::demo();
    for slot in city.free_courts(3).into_iter().filter(|slot| slot.price > 0).take(6) {
        let resident = city.resident();
        let id = text(&hold(&city, &resident, "k", &slot).expect(201, "a hold").json()["id"]);
        let up = Request::delete(&format!("/v1/holds/{id}")).token(&resident.token);
        let answers = at_once(&city, vec![confirm(&resident, &id), up]);
        let is_paid = answers[0].status == 200;
        if is_paid {
            check(&answers[1], "too-late", "what is paid");
        } else {
            assert_eq!(answers[1].status, 204);
            check(&answers[0], "already-cancelled", "what is given up");
        }
        assert_eq!(city.balance(&resident), if is_paid { BALANCE - slot.price } else { BALANCE });
        assert_eq!(city.slot(&slot)["status"], if is_paid { "taken" } else { "free" });
    }
}

#[test]
fn a_poor_residents_hold_stays_until_there_is_enough() {
    let city = City::demo();
    let poor = city.newcomer("+8613912345678");
    let slot = priced(&city);
    let id = text(&hold(&city, &poor, "k", &slot).expect(201, "a hold costs nothing").json()["id"]);
    for _ in 0..2 {
        check(&city.ask(&confirm(&poor, &id).key("pay")), "insufficient-funds", "an empty wallet");
    }
    city.top_up(&poor, slot.price);
    let paid = city.ask(&confirm(&poor, &id).key("pay")).expect(200, "a refusal is not remembered");
    assert_eq!((paid.header("idempotency-replayed"), city.balance(&poor)), (None, 0));
}

#[test]
fn a_booking_is_no_hold_and_staff_holds_nothing() {
    let city = City::demo();
    let resident = city.resident();
    let slot = city.free_court(3);
    let manager = city.manager();
    check(&hold(&city, &manager, "k", &slot), "forbidden", "a manager");
    let booked = city.booked(&resident, &slot);
    let id = text(&booked["id"]);
    check(&give_up(&city, &resident, &id), "too-late", "a booking");
    let paid = city.ask(&confirm(&resident, &id)).expect(200, "paid already");
    assert_eq!(paid.json(), booked);
    check(&city.ask(&confirm(&manager, &id)), "forbidden", "a manager");
    assert_eq!(city.balance(&resident), BALANCE - slot.price);
}

/// Writes a hold into the journal whose time was over a second ago.
fn write_overdue_hold(ground: &Ground, resident: &Resident) -> String {
    let ids = PublicIds::new(written::keys(ground).public_id());
    let no = BookingNo::new(0);
    written::write(ground, |engine, now| {
        let world = engine.world();
        let day = world.days.last().expect("open days");
        let (pitch, span) = world
            .catalogue
            .wholes()
            .find_map(|pitch| {
                let slots = engine.slots(&world, pitch, day, now);
                let free = slots.iter().find(|slot| slot.status == SlotStatus::Free && slot.capacity == 1)?;
                Some((pitch.no, free.span))
            })
            .expect("a free slot");
        let booking = NewBooking {
            no,
            resident: ids.read_resident(&resident.id).expect("a resident"),
            pitch,
            day,
            span,
            party_size: 1,
            price: kaichang::domain::money::Minor::new(100),
            release: None,
            request: RequestKey { key: 1, body: 1 },
        };
        vec![Event::HoldPlaced(HoldPlaced { booking, expires_at: now.plus_ms(-1000) })]
    });
    ids.booking(no).to_string()
}

#[test]
fn a_hold_whose_time_is_over_expires_and_frees_its_time() {
    // Opened once, so that it has open days.
    let ground = Ground::demo().open().kill();
    let (resident, other) = (ground.resident(), ground.resident());
    let id = write_overdue_hold(&ground, &resident);
    let city = ground.open();
    let path = format!("/v1/bookings/{id}");
    let problem = check(&city.ask(&confirm(&resident, &id)), "hold-expired", "what is over can't be paid");
    assert_eq!(problem["status"], 410);
    // The timekeeper comes by ten times a second.
    let expired = loop {
        let booking = city.get_as(&resident, &path);
        if booking["status"] != "held" {
            break booking;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert_eq!(expired["status"], "expired");
    check(&city.ask(&confirm(&resident, &id)), "hold-expired", "what has expired");
    check(&give_up(&city, &resident, &id), "hold-expired", "what has expired");
    check(&city.cancel(&resident, &id), "hold-expired", "what has expired");
    let ticket = Request::get(&format!("{path}/ticket")).token(&resident.token);
    check(&city.ask(&ticket), "hold-expired", "the ticket of what has expired");
    assert_eq!(city.balance(&resident), BALANCE);

    let order = json!({
        "pitch": expired["pitch"], "start": expired["start"], "end": expired["end"], "pay_with": "wallet",
    });
    let theirs = city.book(&other, "k", &order).expect(201, "what is free again").json();
    check(&city.ask(&confirm(&resident, &id)), "hold-expired", "what another has by now");
    let city = city.kill_and_reopen();
    assert_eq!(city.get_as(&resident, &path), expired);
    assert_eq!(city.get_as(&other, &format!("/v1/bookings/{}", text(&theirs["id"]))), theirs);
}
