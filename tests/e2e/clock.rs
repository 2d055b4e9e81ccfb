//! A clock that is set: by the machine's own steps while the city is open, and between two starts. Nothing is freed, opened or closed by
//! it that time alone would not have.

use std::path::PathBuf;

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::city::{City, FreeSlot, Ground, Resident, empty_dir, text};
use crate::client::Request;
use crate::problems::check;
use crate::server::{PATIENCE, on_a_clock, poll, serve};

const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;
const STEPPED: &str = "the wall clock was stepped and is not believed";
const RIGHT_AGAIN: &str = "the wall clock is believed again";

/// What a city's clock says, against the machine's.
pub(crate) struct FakeClock(TempDir);

impl FakeClock {
    pub(crate) fn new(seconds: i64) -> Self {
        let clock = Self(empty_dir());
        clock.set(seconds);
        clock
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("clock")
    }

    /// So many seconds ahead of the machine's, or behind it.
    pub(crate) fn set(&self, seconds: i64) {
        let next = self.0.path().join("next");
        std::fs::write(&next, format!("{seconds:+}\n")).expect("written");
        // At once, for it is read at any moment.
        std::fs::rename(next, self.file()).expect("renamed");
    }

    pub(crate) fn open(&self, ground: Ground) -> City {
        let command = serve(on_a_clock(&self.file()), ground.path());
        ground.open_with(command)
    }
}

fn now(city: &City) -> Timestamp {
    text(&city.get("/v1/time")["now"]).parse().expect("a moment")
}

/// Whether the city's time is the machine's and so many seconds.
#[track_caller]
fn check_ahead(city: &City, seconds: i64) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the machine's own clock is what the city's is compared with"
    )]
    let machine = std::time::SystemTime::now();
    let machine = Timestamp::try_from(machine).expect("a moment");
    let ahead = now(city).as_second() - machine.as_second();
    assert!(ahead.abs_diff(seconds) < 60, "{ahead} seconds ahead instead of {seconds}");
}

fn hold(city: &City, resident: &Resident, slot: &FreeSlot) -> Value {
    let order = json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end });
    city.ask(&Request::post("/v1/holds", &order).token(&resident.token).key("hold"))
        .expect(201, "a hold")
        .json()
}

fn confirm(resident: &Resident, id: &str) -> Request {
    Request::post(&format!("/v1/holds/{id}/confirm"), &json!({ "pay_with": "wallet" })).token(&resident.token)
}

#[track_caller]
fn await_said(city: &City, what: &str, times: usize) {
    let said = poll(PATIENCE, || (city.server.said().matches(what).count() == times).then_some(()));
    assert!(said.is_some(), "not {times} times: {what}: {}", city.server.said());
}

#[test]
fn a_step_of_the_clock_is_not_believed_and_frees_no_hold() {
    let clock = FakeClock::new(0);
    let city = clock.open(Ground::demo());
    let resident = city.resident();
    let slots: Vec<FreeSlot> = city.free_courts(3).into_iter().take(4).collect();
    let held: Vec<Value> = slots.iter().take(1).map(|slot| hold(&city, &resident, slot)).collect();
    for (nth, step) in [HOUR, -HOUR, 3650 * DAY, -3650 * DAY].into_iter().enumerate() {
        clock.set(step);
        await_said(&city, STEPPED, nth + 1);
        check_ahead(&city, 0);
        let figures = city.ask(&Request::get("/metrics")).expect(200, "/metrics").text();
        assert!(figures.contains("kaichang_clock_doubted 1"), "{figures}");
        let path = format!("/v1/bookings/{}", text(&held[0]["id"]));
        assert_eq!(city.get_as(&resident, &path)["status"], "held", "{step} seconds: its time is not over");
        let other = city.resident();
        check(&city.book(&other, "other", &slots[0].order()), "slot-taken", "what is held");
        let _ = city.booked(&other, &slots[nth.min(2) + 1].clone()).as_object().expect("a booking");
        let id = city.get_as(&other, "/v1/bookings")["items"][0]["id"].clone();
        let _ = city.cancel(&other, &text(&id)).expect(200, "a cancellation");
        clock.set(0);
        await_said(&city, RIGHT_AGAIN, nth + 1);
    }
    // What clocks do is followed.
    clock.set(5);
    check_ahead(&city, 0);
    let paid = city.ask(&confirm(&resident, &text(&held[0]["id"]))).expect(200, "a payment in time");
    assert_eq!(paid.json()["status"], "confirmed");
    assert_eq!(city.server.said().matches(STEPPED).count(), 4, "{}", city.server.said());
    assert_eq!(city.kill().verify().code, Some(0));
}

#[test]
fn a_hold_outlives_a_start_with_a_clock_that_is_set_back_and_ends_when_its_time_is_over() {
    let clock = FakeClock::new(0);
    let city = clock.open(Ground::demo());
    let (resident, other, slot) = (city.resident(), city.resident(), city.free_court(3));
    let held = hold(&city, &resident, &slot);
    let path = format!("/v1/bookings/{}", text(&held["id"]));
    clock.set(-HOUR);
    let city = clock.open(city.kill());
    assert_eq!(city.get_as(&resident, &path)["status"], "held");
    check(&city.book(&other, "other", &slot.order()), "slot-taken", "what is held");
    clock.set(11 * 60);
    let city = clock.open(city.kill());
    let ended = poll(PATIENCE, || (city.get_as(&resident, &path)["status"] == "expired").then_some(()));
    assert!(ended.is_some(), "{}", city.get_as(&resident, &path));
    let _ = city.book(&other, "other", &slot.order()).expect(201, "what is free again");
    assert_eq!(city.kill().verify().code, Some(0));
}

#[test]
fn a_start_long_after_the_last_record_asks_whether_the_clock_is_right() {
    let clock = FakeClock::new(31 * DAY);
    let ground = Ground::demo();
    let ended = ground.refuses_to_open(serve(on_a_clock(&clock.file()), ground.path()));
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("--trust-clock"), "{}", ended.said);
    clock.set(29 * DAY);
    let city = clock.open(ground);
    check_ahead(&city, 29 * DAY);
    let ground = city.kill();
    clock.set(65 * DAY);
    let mut command = serve(on_a_clock(&clock.file()), ground.path());
    command.arg("--trust-clock");
    let city = ground.open_with(command);
    check_ahead(&city, 65 * DAY);
    // Tokens of long ago are over.
    let path = "/v1/wallet";
    check(&city.ask(&Request::get(path).token(&city.resident().token)), "unauthenticated", "an old token");
    let newcomer = city.newcomer("+8613912347001");
    city.top_up(&newcomer, 100_000);
    let _ = city.booked(&newcomer, &city.free_court(2));
}

/// How many seconds it is from now to the next time that it is so late in the city.
fn seconds_until(hour: i8, minute: i8) -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the machine's own clock is what the city's is set by")]
    let machine = std::time::SystemTime::now();
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").expect("the demo's zone");
    let now = Timestamp::try_from(machine).expect("a moment").to_zoned_datetime(zone);
    let today =
        now.with().hour(hour).minute(minute).second(0).subsec_nanosecond(0).build().expect("a moment");
    let next = if today > now { today } else { today.checked_add(1.day()).expect("a moment") };
    next.timestamp().as_second() - now.timestamp().as_second()
}

/// A slot of a pitch that is released at seven, on the last day ahead.
fn released_at_seven(city: &City) -> FreeSlot {
    let release = city.get("/v1/releases/sports-centres");
    let pitch = text(&release["pitches"][0]);
    let slots = city.slots(&pitch, &city.day(7));
    let slot = slots.iter().find(|slot| matches!(slot["status"].as_str(), Some("free" | "unreleased")));
    let slot = slot.unwrap_or_else(|| panic!("nothing to sell: {slots:?}"));
    FreeSlot {
        venue: pitch.get(..7).expect("a venue's id").to_owned(),
        pitch,
        kind: "exclusive".to_owned(),
        start: text(&slot["start"]),
        end: text(&slot["end"]),
        price: 0,
        left: 1,
    }
}

#[test]
fn a_clock_that_is_set_forward_opens_no_release_and_one_that_is_set_back_closes_none() {
    let before_seven = seconds_until(6, 40);
    let clock = FakeClock::new(before_seven);
    let city = clock.open(Ground::demo());
    let slot = released_at_seven(&city);
    check(&city.book(&city.resident(), "early", &slot.order()), "not-released", "before seven");
    clock.set(before_seven + HOUR);
    await_said(&city, STEPPED, 1);
    check(&city.book(&city.resident(), "early", &slot.order()), "not-released", "by a clock that is wrong");

    // Closed until past seven: a start opens what is due.
    let city = clock.open(city.kill());
    let first = city.resident();
    let id = text(&city.book(&first, "late", &slot.order()).expect(201, "past seven").json()["id"]);
    clock.set(before_seven);
    await_said(&city, STEPPED, 1);
    let _ = city.cancel(&first, &id).expect(200, "a cancellation");
    let _ = city.book(&city.resident(), "back", &slot.order()).expect(201, "it stays open");

    // Nor does a start at an hour before seven close what has opened.
    let city = clock.open(city.kill());
    let other = released_at_seven(&city);
    let _ = city.book(&city.resident(), "again", &other.order()).expect(201, "it stays open");
    assert_eq!(city.kill().verify().code, Some(0));
}
