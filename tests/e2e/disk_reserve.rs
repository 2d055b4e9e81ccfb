//! A disk that nears its limit: nothing new is taken, and all that gives back goes on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::city::{City, FreeSlot, PASSWORD, Resident, text};
use crate::client::{Answer, Request};
use crate::problems::check;
use crate::server::{PATIENCE, poll};
use crate::small_disk::{SmallDisk, in_short_segments, with_short_segments};
use crate::staff::closure_of;

const MIB: u64 = 1 << 20;
const SHORT: &str = "the disk nears its limit";
const ENOUGH: &str = "there is room on the disk again";

fn hold(city: &City, resident: &Resident, key: &str, slot: &FreeSlot) -> Answer {
    let order = json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end });
    city.ask(&Request::post("/v1/holds", &order).token(&resident.token).key(key))
}

fn sign_up(city: &City, phone: &str) -> Answer {
    let body = json!({ "phone": phone, "password": PASSWORD, "name": "王小明" });
    city.ask(&Request::post("/v1/residents", &body))
}

fn top_up(city: &City, resident: &Resident) -> Answer {
    let body = json!({ "amount": 500, "provider": "sandbox" });
    city.ask(&Request::post("/v1/wallet/top-ups", &body).token(&resident.token))
}

/// Waits until `/readyz` has this status; what it says.
#[track_caller]
fn await_readiness(city: &City, status: u16) -> Value {
    let said = poll(PATIENCE, || {
        let answer = city.ask(&Request::get("/readyz"));
        (answer.status == status).then(|| answer.json())
    });
    said.unwrap_or_else(|| panic!("never {status}: {}", city.server.said()))
}

#[track_caller]
fn check_refused(answer: &Answer, asked: &str) {
    let problem = check(answer, "overloaded", asked);
    assert!(text(&problem["reason"]).contains("the disk is nearly full"), "{problem}");
    assert_eq!(answer.header("retry-after"), Some("30"), "nobody expects that to pass in a moment");
}

#[test]
fn near_the_limit_nothing_new_is_taken_and_what_gives_back_goes_on_until_there_is_room() {
    let disk = SmallDisk::new(48);
    let ground = with_short_segments().copied_to(disk.path());
    let command = in_short_segments(&ground, &["--disk-reserve", "8M"]);
    let city = ground.open_with(command);
    let _ = await_readiness(&city, 200);
    let slots: Vec<FreeSlot> =
        city.free_courts(3).into_iter().filter(|slot| slot.price > 0).take(8).collect();
    let (resident, other) = (city.resident(), city.resident());
    let booked = city.book(&resident, "before", &slots[0].order()).expect(201, "a booking");
    let held: Vec<String> = (1..3)
        .map(|nth| {
            let held = hold(&city, &other, &format!("h{nth}"), &slots[nth]);
            text(&held.expect(201, "a hold").json()["id"])
        })
        .collect();
    let manager = city.manager_of(&slots[3].venue);

    disk.fill_to(4 * MIB);
    let said = await_readiness(&city, 503);
    assert!(text(&said["reason"]).contains("the disk is nearly full"), "{said}");
    check_refused(&city.book(&resident, "new", &slots[4].order()), "a booking");
    check_refused(&hold(&city, &other, "new", &slots[4]), "a hold");
    check_refused(&top_up(&city, &resident), "a top-up");
    check_refused(&sign_up(&city, "+8613912345001"), "a sign-up");
    assert_eq!(city.slot(&slots[4])["status"], "free", "nothing was taken");

    // What came before is answered as it was, what gives back goes on, and so does what was begun.
    let again = city.book(&resident, "before", &slots[0].order()).expect(201, "the same again");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let id = text(&booked.json()["id"]);
    let _ = city.cancel(&resident, &id).expect(200, "a cancellation");
    let give_up = Request::delete(&format!("/v1/holds/{}", held[0])).token(&other.token);
    let _ = city.ask(&give_up).expect(204, "a hold that is given up");
    let pay = Request::post(&format!("/v1/holds/{}/confirm", held[1]), &json!({ "pay_with": "wallet" }));
    let _ = city.ask(&pay.token(&other.token)).expect(200, "a hold that is paid");
    let path = format!("/v1/manage/pitches/{}/closures", slots[3].pitch);
    let _ = city.send_as(&manager, "POST", &path, &closure_of(&slots[3], "refund")).expect(201, "a closure");
    let _ = city.manager_of(&slots[3].venue);
    assert_eq!(city.slot(&slots[0])["status"], "free", "reads go on");
    let figures = city.ask(&Request::get("/metrics")).expect(200, "/metrics").text();
    assert!(figures.contains("kaichang_disk_short 1"), "{figures}");

    // A little more than the reserve is not enough to open again.
    disk.free_up(Some(5 * MIB));
    assert!(disk.free() > 8 * MIB && disk.free() < 10 * MIB, "{}", disk.free());
    std::thread::sleep(Duration::from_millis(2500));
    check_refused(&city.book(&resident, "new", &slots[4].order()), "a booking");
    disk.free_up(None);
    let _ = await_readiness(&city, 200);
    let answer = city.book(&resident, "new", &slots[4].order()).expect(201, "a booking");
    assert_eq!(answer.header("idempotency-replayed"), None, "what was refused is judged anew");
    let _ = sign_up(&city, "+8613912345001").expect(201, "a sign-up");
    let said = city.server.said();
    assert_eq!(
        (said.matches(SHORT).count(), said.matches(ENOUGH).count()),
        (1, 1),
        "a line for each change: {said}"
    );
    drop(city);
}
