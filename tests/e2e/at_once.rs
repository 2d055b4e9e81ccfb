//! Many requests at one moment for what only some can have (I1, I4): one slot, one quota, one wallet, one key.

use std::sync::{Arc, Barrier};

use serde_json::Value;

use crate::city::{City, FreeSlot, Ground, amount, booking, items, text};
use crate::client::{Answer, Client, Request};
use crate::problems::{check, problem};

/// Sends all requests at one moment, each on a connection of its own.
pub(crate) fn at_once(city: &City, requests: Vec<Request>) -> Vec<Answer> {
    let barrier = Arc::new(Barrier::new(requests.len()));
    let threads: Vec<_> = requests
        .into_iter()
        .map(|request| {
            let (barrier, mut client) = (Arc::clone(&barrier), city.client());
            std::thread::spawn(move || {
                connect(&mut client);
                barrier.wait();
                client.ask(&request)
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
}

fn connect(client: &mut Client) {
    let _ = client.ask(&Request::get("/healthz")).expect(200, "/healthz");
}

fn confirmed(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 201).count()
}

#[test]
fn of_many_who_want_one_slot_one_gets_it() {
    let city = City::demo();
    for slot in city.free_courts(3).into_iter().take(5) {
        let answers =
            at_once(&city, (0..24).map(|_| booking(&city.resident(), "k", &slot.order())).collect());
        assert_eq!(confirmed(&answers), 1);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            check(answer, "slot-taken", "all but one");
        }
    }
}

#[test]
fn one_key_at_once_is_one_booking() {
    let city = City::demo();
    for slot in city.free_courts(3).into_iter().take(5) {
        let resident = city.resident();
        let answers = at_once(&city, (0..16).map(|_| booking(&resident, "k", &slot.order())).collect());
        assert_eq!(confirmed(&answers), 16, "a second one in flight waits for the first");
        let first = answers[0].json();
        assert!(answers.iter().all(|answer| answer.json()["id"] == first["id"]));
        let replayed =
            answers.iter().filter(|answer| answer.header("idempotency-replayed") == Some("true")).count();
        assert_eq!(replayed, 15);
        assert_eq!(items(&city.get_as(&resident, "/v1/bookings")).len(), 1);
        assert_eq!(city.balance(&resident), crate::city::BALANCE - slot.price);
    }
}

#[test]
fn one_wallet_pays_no_more_than_it_holds() {
    let city = City::demo();
    let slots: Vec<FreeSlot> = city.free_courts(3).into_iter().filter(|slot| slot.price > 0).collect();
    let of_one_price: Vec<&FreeSlot> =
        slots.iter().filter(|slot| slot.price == slots[0].price).take(8).collect();
    assert!(of_one_price.len() > 2);
    let resident = city.newcomer("+8613912345678");
    city.top_up(&resident, 2 * slots[0].price);
    let requests = of_one_price.iter().map(|slot| booking(&resident, &slot.pitch, &slot.order())).collect();
    let answers = at_once(&city, requests);
    assert_eq!(confirmed(&answers), 2);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        let problem = check(answer, "insufficient-funds", "all but two");
        assert!(amount(&problem["balance"]) < amount(&problem["price"]));
    }
    assert_eq!(city.balance(&resident), 0);
}

#[test]
fn one_booking_is_cancelled_once() {
    let city = City::demo();
    let resident = city.resident();
    let booked = city.booked(&resident, &city.free_court(3));
    let path = format!("/v1/bookings/{}", text(&booked["id"]));
    let answers = at_once(&city, (0..16).map(|_| Request::delete(&path).token(&resident.token)).collect());
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        check(answer, "already-cancelled", "all but one");
    }
    assert_eq!(city.balance(&resident), crate::city::BALANCE);
}

/// Residents who each ask for thirty courts of one day at one moment: whoever got more than four is a finding.
///
/// The same check runs on a build with a planted bug, which it must find.
pub(crate) fn findings_about_quotas(residents: usize, planted: Option<&str>) -> Vec<String> {
    let city = Ground::demo().open_with_bug(planted);
    let mut findings = Vec::new();
    for round in 0..residents {
        let slots = city.free_courts(2 + i32::try_from(round % 4).expect("few"));
        let resident = city.resident();
        let requests =
            slots.iter().rev().take(30).map(|slot| booking(&resident, &slot.pitch, &slot.order())).collect();
        let answers = at_once(&city, requests);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            let name = problem(answer, "one of thirty")["type"].clone();
            assert!(name == "/problems/quota-exceeded" || name == "/problems/rate-limited", "{name}");
        }
        let listed = items(&city.get_as(&resident, "/v1/bookings?status=confirmed")).len();
        if confirmed(&answers) != listed {
            findings.push(format!("{} bookings were confirmed, {listed} are listed", confirmed(&answers)));
        }
        if listed > 4 {
            findings.push(format!("a resident has {listed} bookings on one day"));
        }
    }
    let ended = city.kill().verify();
    if ended.code != Some(0) {
        findings.push(ended.said);
    }
    findings
}

#[test]
fn no_resident_gets_more_than_the_quota_however_many_requests_come_at_once() {
    let findings = findings_about_quotas(12, None);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// Cancels a booking twice, with another's booking of the slot between: the slot must stay the other's.
///
/// The same check runs on a build with a planted bug, which it must find.
pub(crate) fn findings_about_cancelling_twice(planted: Option<&str>) -> Vec<String> {
    let city = Ground::demo().open_with_bug(planted);
    let slot = city.free_court(3);
    let (first, second, third) = (city.resident(), city.resident(), city.resident());
    let booked: Value = city.booked(&first, &slot);
    let id = text(&booked["id"]);
    let _ = city.cancel(&first, &id).expect(200, "a cancellation");
    let _ = city.booked(&second, &slot);
    check(&city.cancel(&first, &id), "already-cancelled", "once more");
    let mut findings = Vec::new();
    if city.slot(&slot)["status"] != "taken" {
        findings.push("what the second has is shown as free".to_owned());
    }
    if city.book(&third, "k", &slot.order()).status == 201 {
        findings.push("one slot is sold to two".to_owned());
    }
    let ended = city.kill().verify();
    if ended.code != Some(0) {
        findings.push(ended.said);
    }
    findings
}

#[test]
fn cancelling_twice_does_not_free_what_another_has_by_now() {
    let findings = findings_about_cancelling_twice(None);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
