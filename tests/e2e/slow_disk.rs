//! A disk whose syncs take long: what is under way is neither shown nor taken for done, and nobody else gets it meanwhile.

use std::thread::JoinHandle;

use crate::city::{BALANCE, City, FreeSlot, Ground, Resident, booking, items, text};
use crate::client::{Answer, Outcome, Request};
use crate::disk_trace::{DiskTrace, Of};
use crate::problems::check;
use crate::server::{PATIENCE, poll, serve};

/// Much longer than the few requests that are made meanwhile.
const EACH_SYNC: &str = "fdatasync:delay_enter=700000";

/// One sync of many, which takes longer than a handler may; long after those of the start.
const ONE_SYNC: &str = "fdatasync:delay_enter=32000000:when=40";

fn slow_city() -> (City, DiskTrace) {
    city_with(EACH_SYNC)
}

fn city_with(fault: &str) -> (City, DiskTrace) {
    let ground = Ground::demo();
    let trace = DiskTrace::new();
    let command = serve(trace.command(Of::LastSegment(&ground), Some(fault)), ground.path());
    (ground.open_with(command), trace)
}

/// Asks in the background, and comes back when the record is written and waits for its sync.
fn under_way(city: &City, trace: &DiskTrace, request: Request) -> JoinHandle<Outcome> {
    let before = trace.writes();
    let mut client = city.client();
    let asking = std::thread::spawn(move || client.send(&request));
    let written = poll(PATIENCE, || (trace.writes() > before).then_some(()));
    assert!(written.is_some(), "nothing is written");
    asking
}

#[track_caller]
fn answered(asking: JoinHandle<Outcome>) -> Answer {
    match asking.join().expect("no panic") {
        Outcome::Answered(answer) => answer,
        Outcome::NotSent | Outcome::Unknown => panic!("no answer"),
    }
}

#[track_caller]
fn assert_still_under_way(asking: &JoinHandle<Outcome>) {
    assert!(!asking.is_finished(), "the sync was over too soon to see anything");
}

fn bookings(city: &City, resident: &Resident) -> usize {
    items(&city.get_as(resident, "/v1/bookings")).len()
}

fn slot_with_a_price(city: &City) -> FreeSlot {
    city.free_courts(3).into_iter().find(|slot| slot.price > 0).expect("a price")
}

#[test]
fn a_booking_is_shown_when_it_is_durable_and_not_before() {
    let (city, trace) = slow_city();
    let (resident, other, slot) = (city.resident(), city.resident(), slot_with_a_price(&city));
    let first = under_way(&city, &trace, booking(&resident, "k", &slot.order()));
    let again = {
        let (mut client, request) = (city.client(), booking(&resident, "k", &slot.order()));
        std::thread::spawn(move || client.send(&request))
    };
    assert_eq!(bookings(&city, &resident), 0, "not listed yet");
    assert_eq!(city.balance(&resident), BALANCE, "not paid yet");
    assert_eq!(city.slot(&slot)["status"], "taken", "but nobody else's");
    check(&city.book(&other, "k", &slot.order()), "slot-taken", "what another is booking");
    assert_still_under_way(&first);

    let first = answered(first).expect(201, "the booking");
    let again = answered(again).expect(201, "the same, asked while it was under way");
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((bookings(&city, &resident), city.balance(&resident)), (1, BALANCE - slot.price));
}

#[test]
fn what_a_cancellation_gives_back_is_there_when_it_is_durable_and_not_before() {
    let (city, trace) = slow_city();
    let (resident, other, slot) = (city.resident(), city.resident(), slot_with_a_price(&city));
    let id = text(&city.booked(&resident, &slot)["id"]);
    let path = format!("/v1/bookings/{id}");
    let cancelling = under_way(&city, &trace, Request::delete(&path).token(&resident.token));
    check(&city.cancel(&resident, &id), "already-cancelled", "while it is being cancelled");
    assert_eq!(city.get_as(&resident, &path)["status"], "confirmed");
    assert_eq!(city.balance(&resident), BALANCE - slot.price);
    check(&city.book(&other, "k", &slot.order()), "slot-taken", "what is not free yet");
    assert_still_under_way(&cancelling);

    let cancelled = answered(cancelling).expect(200, "the cancellation").json();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(city.balance(&resident), BALANCE);
    let _ = city.book(&other, "k", &slot.order()).expect(201, "what is free now");
}

#[test]
fn what_was_not_synced_when_the_power_went_was_never_there() {
    let (city, trace) = slow_city();
    let (resident, slot) = (city.resident(), slot_with_a_price(&city));
    let asking = under_way(&city, &trace, booking(&resident, "k", &slot.order()));
    let ground = city.kill();
    assert!(matches!(asking.join().expect("no panic"), Outcome::Unknown), "nothing was acknowledged");
    assert!(trace.lose_unsynced() > 0);
    let city = ground.open();
    assert_eq!((bookings(&city, &resident), city.balance(&resident)), (0, BALANCE));
    let answer = city.book(&resident, "k", &slot.order()).expect(201, "a retry");
    assert_eq!(answer.header("idempotency-replayed"), None);
}

#[test]
fn what_was_written_when_the_process_was_killed_is_found_by_a_retry() {
    let (city, trace) = slow_city();
    let (resident, slot) = (city.resident(), slot_with_a_price(&city));
    let asking = under_way(&city, &trace, booking(&resident, "k", &slot.order()));
    let city = city.kill().open();
    assert!(matches!(asking.join().expect("no panic"), Outcome::Unknown), "nothing was acknowledged");
    assert_eq!((bookings(&city, &resident), city.balance(&resident)), (1, BALANCE - slot.price));
    let answer = city.book(&resident, "k", &slot.order()).expect(201, "a retry");
    assert_eq!(answer.header("idempotency-replayed"), Some("true"));
    assert_eq!(bookings(&city, &resident), 1);
}

#[test]
fn who_waited_half_a_minute_learns_that_nobody_knows_and_a_retry_finds_out() {
    let (city, _trace) = city_with(ONE_SYNC);
    let slots = city.free_courts(3);
    let waited = slots.iter().filter(|slot| slot.price > 0).find_map(|slot| {
        let resident = city.resident();
        let answer = city.book(&resident, "k", &slot.order());
        (answer.status != 201).then_some((slot, resident, answer))
    });
    let (slot, resident, answer) = waited.expect("one whose sync takes long");
    let problem = check(&answer, "internal", "a booking that is neither there nor refused");
    let told: Vec<&String> = problem.as_object().expect("a problem").keys().collect();
    assert_eq!(
        told,
        ["detail", "instance", "status", "title", "type"],
        "nothing is said of what became of it"
    );
    assert_eq!(city.slot(slot)["status"], "taken", "nobody else's meanwhile");
    check(&city.book(&city.resident(), "k", &slot.order()), "slot-taken", "what may be somebody's");

    // The same request waits for what became of the first.
    let again = city.book(&resident, "k", &slot.order()).expect(201, "a retry");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((bookings(&city, &resident), city.balance(&resident)), (1, BALANCE - slot.price));
    assert_eq!(city.kill().verify().code, Some(0));
}
