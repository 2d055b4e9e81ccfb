//! Thirty requests in one packet on one connection, for each operation that changes something: whatever there is so many of, nobody
//! gets more. An operation without a row fails the test, and a row without an operation too.

#[path = "one_packet/operator.rs"]
mod operator;

use kaichang::app::SystemClock;
use kaichang::domain::clock::Clock;
use serde_json::{Value, json};

use crate::city::{BALANCE, City, FreeSlot, PASSWORD, Resident, amount, booking, items, text};
use crate::client::{Answer, Connection, Request};
use crate::lottery;
use crate::problems::{check, problem};
use crate::queue;
use crate::roles::operations;
use crate::staff::{closure_of, new_pitch};

const REQUESTS: usize = 30;
/// What an account may ask at once, and how long it takes until it may ask once more.
const BURST: usize = 40;
const EACH_MS: u128 = 50;

/// An operation, and what is sent and looked at.
struct Row {
    operation: &'static str,
    play: fn(&Stage),
}

const fn row(operation: &'static str, play: fn(&Stage)) -> Row {
    Row { operation, play }
}

const ROWS: &[Row] = &[
    row("POST /v1/residents", one_phone_signs_up_once),
    row("POST /v1/logins", a_password_is_guessed_ten_times_at_most),
    row("DELETE /v1/logins/current", a_session_ends_once),
    row("DELETE /v1/residents/me", an_account_ends_once),
    row("POST /v1/residents/me/companions", one_key_adds_one_companion),
    row("DELETE /v1/residents/me/companions/{companion}", a_companion_goes_once),
    row("PUT /v1/bookings/{id}/companions", who_comes_along_is_as_the_last_request_says),
    row("POST /v1/bookings", no_more_bookings_than_the_quota),
    row("DELETE /v1/bookings/{id}", a_booking_is_refunded_once),
    row("POST /v1/wallet/top-ups", one_key_tops_up_once),
    row("POST /v1/holds", no_more_holds_than_the_quota),
    row("POST /v1/holds/{id}/confirm", a_hold_is_paid_once),
    row("DELETE /v1/holds/{id}", a_hold_is_given_up_once),
    row("POST /v1/gate/check-ins", a_code_is_guessed_no_more_often_than_an_account_may_ask),
    row("PATCH /v1/manage/venues/{venue}", a_venue_is_as_the_last_change_says),
    row("POST /v1/manage/venues/{venue}/pitches", one_key_adds_one_pitch),
    row("PATCH /v1/manage/venues/{venue}/pitches/{pitch}", a_pitch_is_as_the_last_change_says),
    row("PUT /v1/manage/pitches/{pitch}/hours", hours_are_as_the_last_request_says),
    row("PUT /v1/manage/pitches/{pitch}/prices", prices_are_as_the_last_request_says),
    row("POST /v1/manage/pitches/{pitch}/closures", one_key_closes_and_refunds_once),
    row("POST /v1/manage/pitches/{pitch}/closures/preview", a_preview_closes_nothing),
    row("POST /v1/manage/releases", one_key_declares_one_release),
    row("POST /v1/releases/{release}/entries", one_key_enters_once),
    row("PUT /v1/releases/{release}/entries/mine", an_entry_is_as_the_last_request_says),
    row("DELETE /v1/releases/{release}/entries/mine", an_entry_is_withdrawn_once),
    row("POST /v1/manage/releases/{release}/draw", one_value_is_drawn_once),
    row("POST /v1/releases/{release}/queue", one_place_is_had_once),
    row("DELETE /v1/releases/{release}/queue/me", a_place_is_left_once),
    row("POST /v1/manage/venues/{venue}/bookings", one_slot_is_sold_once_at_the_counter),
    row("POST /v1/manage/venues/{venue}/verifications", what_was_seen_is_as_the_last_request_says),
    row("POST /v1/manage/bookings/{id}/move", a_booking_is_moved_once),
    row("POST /v1/manage/bookings/{id}/cancel", the_staff_refund_once),
    row("POST /v1/operator/staff", operator::one_phone_is_hired_once),
    row("DELETE /v1/operator/staff/{staff}", operator::one_of_the_staff_is_dismissed_once),
    row("POST /v1/operator/districts", operator::one_name_is_one_district),
    row("PATCH /v1/operator/districts/{district}", operator::a_district_is_called_as_the_last_change_says),
    row("POST /v1/operator/sports", operator::one_name_is_one_sport),
    row("PATCH /v1/operator/sports/{sport}", operator::a_sport_is_called_as_the_last_change_says),
    row("POST /v1/operator/venues", operator::one_name_is_one_venue),
    row("PATCH /v1/operator/venues/{venue}", operator::a_venue_lies_where_the_last_change_says),
    row("PUT /v1/operator/holidays", operator::a_holiday_is_one_day),
];

/// A city of its own for each row, with a priced court, its manager and an operator.
struct Stage {
    city: City,
    slot: FreeSlot,
}

impl Stage {
    fn new() -> Self {
        let city = City::demo();
        let slot = city.free_courts(3).into_iter().find(|slot| slot.price > 0).expect("a price");
        Self { city, slot }
    }

    fn manager(&self) -> Resident {
        self.city.manager_of(&self.slot.venue)
    }

    /// Sends so many requests in one packet, each made by its number, and answers their answers.
    #[track_caller]
    fn in_one_packet(&self, make: impl Fn(usize) -> Request) -> Vec<Answer> {
        let mut connection = Connection::open(self.city.address()).expect("a connection");
        let packet: Vec<u8> = (0..REQUESTS).flat_map(|number| make(number).encode()).collect();
        connection.write(&packet);
        (0..REQUESTS)
            .map(|number| connection.answer().unwrap_or_else(|| panic!("no answer to number {number}")))
            .collect()
    }

    /// The same request each time, but for its key.
    #[track_caller]
    fn under_keys(&self, who: &Resident, method: &str, path: &str, body: &Value) -> Vec<Answer> {
        self.in_one_packet(|number| keyed(who, method, path, body, &format!("key-{number}")))
    }

    /// The very same request each time.
    #[track_caller]
    fn under_one_key(&self, who: &Resident, method: &str, path: &str, body: &Value) -> Vec<Answer> {
        self.in_one_packet(|_| keyed(who, method, path, body, "key"))
    }

    fn pitch_path(&self, behind: &str) -> String {
        format!("/v1/manage/pitches/{}/{behind}", self.slot.pitch)
    }

    fn venue_path(&self, behind: &str) -> String {
        format!("/v1/manage/venues/{}{behind}", self.slot.venue)
    }

    /// Free slots of other courts, all on one day.
    fn courts(&self) -> Vec<FreeSlot> {
        let courts: Vec<FreeSlot> = self.city.free_courts(3).into_iter().take(REQUESTS).collect();
        assert_eq!(courts.len(), REQUESTS, "too few courts");
        courts
    }

    fn status_of(&self, resident: &Resident, id: &str) -> Value {
        self.city.get_as(resident, &format!("/v1/bookings/{id}"))["status"].clone()
    }
}

fn keyed(who: &Resident, method: &str, path: &str, body: &Value, key: &str) -> Request {
    let request = Request::new(method, path).token(&who.token).key(key);
    if body.is_null() { request } else { request.json(body) }
}

/// So many have this status, and all others are this problem.
#[track_caller]
fn expect(answers: &[Answer], status: u16, count: usize, otherwise: &str) {
    let (done, refused): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == status);
    for answer in &refused {
        check(answer, otherwise, "one too many");
    }
    assert_eq!(done.len(), count, "{status} of {}", answers.len());
}

/// All came to one thing, made once.
#[track_caller]
fn expect_one(answers: &[Answer]) -> Value {
    let first = answers[0].clone().expect(201, "the first").json();
    for answer in &answers[1..] {
        let again = answer.clone().expect(201, "the same again");
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.json()["id"], first["id"]);
    }
    first
}

#[track_caller]
fn expect_all(answers: &[Answer]) {
    for answer in answers {
        let _ = answer.clone().expect(200, "each");
    }
}

#[test]
fn thirty_requests_in_one_packet_get_no_more_than_one_after_the_other() {
    let first = Stage::new();
    let mut described = operations(&first.city.get("/openapi.json"));
    described.retain(|operation| !operation.starts_with("GET "));
    let mut in_table: Vec<String> = ROWS.iter().map(|row| row.operation.to_owned()).collect();
    described.sort();
    in_table.sort();
    assert_eq!(in_table, described, "the rows of tests/e2e/one_packet.rs");
    drop(first);
    for Row { operation, play } in ROWS {
        let stage = Stage::new();
        play(&stage);
        let ended = stage.city.kill().verify();
        assert_eq!(ended.code, Some(0), "{operation}: {}", ended.said);
    }
}

fn one_phone_signs_up_once(stage: &Stage) {
    let body = json!({ "phone": "+8613912345678", "password": PASSWORD, "name": "A" });
    let answers = stage.in_one_packet(|_| Request::post("/v1/residents", &body));
    expect(&answers, 201, 1, "phone-taken");
}

fn a_password_is_guessed_ten_times_at_most(stage: &Stage) {
    let _ = stage.city.newcomer("+8613912345678");
    let body = json!({ "phone": "+8613912345678", "password": "a wrong password" });
    let answers = stage.in_one_packet(|_| Request::post("/v1/logins", &body));
    expect(&answers, 401, 10, "rate-limited");
}

fn companion(stage: &Stage, resident: &Resident, name: &str) -> String {
    let request =
        Request::post("/v1/residents/me/companions", &json!({ "name": name })).token(&resident.token);
    text(&stage.city.ask(&request).expect(201, "a companion").json()["id"])
}

fn one_key_adds_one_companion(stage: &Stage) {
    let resident = stage.city.newcomer("+8613912345678");
    let body = json!({ "name": "小明", "birth_year": 2015 });
    let added = expect_one(&stage.under_one_key(&resident, "POST", "/v1/residents/me/companions", &body));
    let all = stage.city.get_as(&resident, "/v1/residents/me/companions");
    assert_eq!(items(&all), [added]);
}

fn a_companion_goes_once(stage: &Stage) {
    let resident = stage.city.newcomer("+8613912345678");
    let id = companion(stage, &resident, "小明");
    let path = format!("/v1/residents/me/companions/{id}");
    let answers = stage.in_one_packet(|_| Request::delete(&path).token(&resident.token));
    expect(&answers, 204, 1, "not-found");
}

fn who_comes_along_is_as_the_last_request_says(stage: &Stage) {
    let resident = stage.city.newcomer("+8613912345678");
    stage.city.top_up(&resident, 1_000_000);
    let id = companion(stage, &resident, "小明");
    let mut order = stage.slot.order();
    order["party_size"] = 2.into();
    let booked = stage.city.book(&resident, "with", &order).expect(201, "a booking").json();
    let path = format!("/v1/bookings/{}/companions", text(&booked["id"]));
    let body =
        |number: usize| json!({ "companions": if number.is_multiple_of(2) { vec![] } else { vec![&id] } });
    let answers =
        stage.in_one_packet(|number| Request::new("PUT", &path).token(&resident.token).json(&body(number)));
    expect_all(&answers);
    assert_eq!(items(&stage.city.get_as(&resident, &path)).len(), 1, "the last one named somebody");
}

fn a_session_ends_once(stage: &Stage) {
    let resident = stage.city.newcomer("+8613912345678");
    let answers = stage.in_one_packet(|_| Request::delete("/v1/logins/current").token(&resident.token));
    expect(&answers, 204, 1, "unauthenticated");
}

fn an_account_ends_once(stage: &Stage) {
    let resident = stage.city.newcomer("+8613912345678");
    let body = json!({ "password": PASSWORD });
    let answers =
        stage.in_one_packet(|_| Request::delete("/v1/residents/me").token(&resident.token).json(&body));
    expect(&answers, 204, 1, "unauthenticated");
    // The number is free again, for one more.
    let _ = stage.city.newcomer("+8613912345678");
}

fn no_more_bookings_than_the_quota(stage: &Stage) {
    let (resident, courts) = (stage.city.resident(), stage.courts());
    let answers =
        stage.in_one_packet(|number| booking(&resident, &courts[number].pitch, &courts[number].order()));
    expect(&answers, 201, 4, "quota-exceeded");
    let paid: i64 = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| amount(&answer.json()["price"]))
        .sum();
    assert_eq!(stage.city.balance(&resident), BALANCE - paid);
    assert_eq!(items(&stage.city.get_as(&resident, "/v1/bookings")).len(), 4);
}

fn a_booking_is_refunded_once(stage: &Stage) {
    let resident = stage.city.resident();
    let id = text(&stage.city.booked(&resident, &stage.slot)["id"]);
    let path = format!("/v1/bookings/{id}");
    let answers = stage.in_one_packet(|_| Request::delete(&path).token(&resident.token));
    expect(&answers, 200, 1, "already-cancelled");
    assert_eq!(stage.city.balance(&resident), BALANCE);
}

fn one_key_tops_up_once(stage: &Stage) {
    let resident = stage.city.newcomer("+8613912345678");
    let body = json!({ "amount": 700, "provider": "sandbox" });
    expect_one(&stage.under_one_key(&resident, "POST", "/v1/wallet/top-ups", &body));
    assert_eq!(stage.city.balance(&resident), 700);
}

fn no_more_holds_than_the_quota(stage: &Stage) {
    let (resident, courts) = (stage.city.resident(), stage.courts());
    let answers = stage.in_one_packet(|number| {
        let FreeSlot { pitch, start, end, .. } = &courts[number];
        let body = json!({ "pitch": pitch, "start": start, "end": end, "party_size": 1 });
        keyed(&resident, "POST", "/v1/holds", &body, pitch)
    });
    expect(&answers, 201, 4, "quota-exceeded");
    assert_eq!(stage.city.balance(&resident), BALANCE, "a hold costs nothing");
}

/// A hold of the stage's slot.
fn held(stage: &Stage, resident: &Resident) -> String {
    let FreeSlot { pitch, start, end, .. } = &stage.slot;
    let body = json!({ "pitch": pitch, "start": start, "end": end, "party_size": 1 });
    let request = keyed(resident, "POST", "/v1/holds", &body, "hold");
    text(&stage.city.ask(&request).expect(201, "a hold").json()["id"])
}

fn a_hold_is_paid_once(stage: &Stage) {
    let resident = stage.city.resident();
    let id = held(stage, &resident);
    let body = json!({ "pay_with": "wallet" });
    expect_all(&stage.under_keys(&resident, "POST", &format!("/v1/holds/{id}/confirm"), &body));
    assert_eq!(stage.city.balance(&resident), BALANCE - stage.slot.price);
    assert_eq!(stage.status_of(&resident, &id), "confirmed");
}

fn a_hold_is_given_up_once(stage: &Stage) {
    let resident = stage.city.resident();
    let id = held(stage, &resident);
    let path = format!("/v1/holds/{id}");
    let answers = stage.in_one_packet(|_| Request::delete(&path).token(&resident.token));
    expect(&answers, 204, 1, "already-cancelled");
    assert_eq!(stage.city.slot(&stage.slot)["status"], "free");
    // What was given up is anybody's, and a late retry takes nothing from whoever has it.
    let _ = stage.city.booked(&stage.city.resident(), &stage.slot);
    check(&stage.city.ask(&Request::delete(&path).token(&resident.token)), "already-cancelled", "late");
    assert_eq!(stage.city.slot(&stage.slot)["status"], "taken");
}

/// Guesses at codes, and the ticket itself before its time: nobody is let in.
fn a_code_is_guessed_no_more_often_than_an_account_may_ask(stage: &Stage) {
    let resident = stage.city.resident();
    let id = text(&stage.city.booked(&resident, &stage.slot)["id"]);
    let ticket = stage.city.get_as(&resident, &format!("/v1/bookings/{id}/ticket"));
    let (manager, shown) = (stage.manager(), json!({ "ticket": ticket["ticket"] }));
    let clock = SystemClock::new();
    expect(&stage.under_keys(&manager, "POST", "/v1/gate/check-ins", &shown), 200, 0, "too-early");
    let answers = stage.in_one_packet(|number| {
        let body = json!({ "venue": stage.slot.venue, "code": format!("AAAAAA{:02}", 22 + number) });
        keyed(&manager, "POST", "/v1/gate/check-ins", &body, &format!("code-{number}"))
    });
    let let_through = REQUESTS + answers.iter().filter(|answer| answer.status != 429).count();
    let allowed = BURST + usize::try_from(clock.monotonic().as_millis() / EACH_MS + 1).expect("few");
    assert!(let_through <= allowed, "{let_through} requests of one account, and {allowed} are allowed");
    for answer in answers.iter().filter(|answer| answer.status != 429) {
        let name = problem(answer, "a guess")["type"].clone();
        assert!(
            ["/problems/ticket-invalid", "/problems/invalid-request", "/problems/not-found"]
                .contains(&name.as_str().unwrap_or_default()),
            "{name}"
        );
    }
    assert_eq!(stage.status_of(&resident, &id), "confirmed");
}

fn a_venue_is_as_the_last_change_says(stage: &Stage) {
    let manager = stage.manager();
    let path = stage.venue_path("");
    expect_all(&stage.in_one_packet(|number| {
        let admission = if number % 2 == 0 { "open" } else { "checked" };
        keyed(&manager, "PATCH", &path, &json!({ "admission": admission }), &format!("key-{number}"))
    }));
    assert_eq!(stage.city.get_as(&stage.manager(), &path)["admission"], "checked");
}

fn what_was_seen_is_as_the_last_request_says(stage: &Stage) {
    let phone = "+8613900007777";
    let (manager, resident) = (stage.manager(), stage.city.newcomer(phone));
    let path = stage.venue_path("/verifications");
    expect_all(&stage.in_one_packet(|number| {
        let body = json!({ "phone": phone, "birth_year": 1950 + number });
        keyed(&manager, "POST", &path, &body, &format!("key-{number}"))
    }));
    let verified = stage.city.get_as(&resident, "/v1/residents/me")["verified"].clone();
    assert_eq!(verified["birth_year"], json!(1950 + REQUESTS - 1));
}

fn one_key_adds_one_pitch(stage: &Stage) {
    let manager = stage.manager();
    let path = stage.venue_path("/pitches");
    let count =
        |stage: &Stage| items(&stage.city.get_as(&stage.manager(), &format!("{path}?limit=500"))).len();
    let before = count(stage);
    expect_one(&stage.under_one_key(&manager, "POST", &path, &new_pitch("session")));
    assert_eq!(count(stage), before + 1);
}

fn a_pitch_is_as_the_last_change_says(stage: &Stage) {
    let manager = stage.manager();
    let path = stage.venue_path(&format!("/pitches/{}", stage.slot.pitch));
    expect_all(&stage.in_one_packet(|number| {
        keyed(&manager, "PATCH", &path, &json!({ "max_slots": 1 + number % 4 }), &format!("key-{number}"))
    }));
    assert_eq!(stage.city.get_as(&stage.manager(), &path)["max_slots"], 1 + (REQUESTS - 1) % 4);
}

fn hours_are_as_the_last_request_says(stage: &Stage) {
    let (manager, resident) = (stage.manager(), stage.city.resident());
    let booked = stage.city.booked(&resident, &stage.slot);
    expect_all(&stage.under_keys(&manager, "PUT", &stage.pitch_path("hours"), &json!({ "hours": [] })));
    assert_eq!(stage.city.slot(&stage.slot)["status"], "closed");
    assert_eq!(stage.status_of(&resident, &text(&booked["id"])), "confirmed", "hours cancel nothing");
}

fn prices_are_as_the_last_request_says(stage: &Stage) {
    let (manager, resident) = (stage.manager(), stage.city.resident());
    let booked = stage.city.booked(&resident, &stage.slot);
    expect_all(&stage.in_one_packet(|number| {
        let band = json!({ "days": crate::staff::all_days(), "from": "00:00", "to": "24:00", "price": 100 + number });
        let path = stage.pitch_path("prices");
        keyed(&manager, "PUT", &path, &json!({ "prices": [band] }), &format!("key-{number}"))
    }));
    assert_eq!(stage.city.slot(&stage.slot)["price"]["amount"], 100 + REQUESTS - 1);
    let shown = stage.city.get_as(&resident, &format!("/v1/bookings/{}", text(&booked["id"])));
    assert_eq!(amount(&shown["price"]), stage.slot.price, "what is booked keeps its price");
}

fn one_key_closes_and_refunds_once(stage: &Stage) {
    let (manager, resident) = (stage.manager(), stage.city.resident());
    let id = text(&stage.city.booked(&resident, &stage.slot)["id"]);
    let closure = closure_of(&stage.slot, "refund");
    let closed = expect_one(&stage.under_one_key(&manager, "POST", &stage.pitch_path("closures"), &closure));
    stage.city.await_closure(&stage.manager(), &stage.slot.venue, &text(&closed["id"]));
    let listed = stage.city.get_as(&stage.manager(), &stage.venue_path("/closures"));
    assert_eq!(items(&listed).len(), 1);
    assert_eq!(
        (stage.status_of(&resident, &id), stage.city.balance(&resident)),
        ("cancelled".into(), BALANCE)
    );
}

fn a_preview_closes_nothing(stage: &Stage) {
    let (manager, resident) = (stage.manager(), stage.city.resident());
    let id = text(&stage.city.booked(&resident, &stage.slot)["id"]);
    let answers = stage.under_keys(
        &manager,
        "POST",
        &stage.pitch_path("closures/preview"),
        &closure_of(&stage.slot, "refund"),
    );
    expect_all(&answers);
    let fingerprint = answers[0].json()["fingerprint"].clone();
    assert!(answers.iter().all(|answer| answer.json()["fingerprint"] == fingerprint));
    assert_eq!(items(&stage.city.get_as(&stage.manager(), &stage.venue_path("/closures"))).len(), 0);
    assert_eq!(stage.status_of(&resident, &id), "confirmed");
}

fn one_key_declares_one_release(stage: &Stage) {
    let manager = stage.manager();
    let path = stage.venue_path("/releases");
    let count = |stage: &Stage| items(&stage.city.get_as(&stage.manager(), &path)).len();
    let before = count(stage);
    let release = json!({
        "name": { "zh-Hans": "放号", "en": "Release" }, "pitches": [stage.slot.pitch], "first_day": stage.city.day(3),
        "daily": { "days_before": 2, "at": "07:00" }, "mode": "first_come",
    });
    expect_one(&stage.under_one_key(&manager, "POST", "/v1/manage/releases", &release));
    assert_eq!(count(stage), before + 1);
}

fn one_slot_is_sold_once_at_the_counter(stage: &Stage) {
    let manager = stage.manager();
    let FreeSlot { pitch, start, end, .. } = &stage.slot;
    let path = stage.venue_path("/bookings");
    let answers = stage.in_one_packet(|number| {
        let phone = format!("+86139123456{number:02}");
        let body = json!({ "pitch": pitch, "start": start, "end": end, "phone": phone, "name": "李雷" });
        keyed(&manager, "POST", &path, &body, &format!("key-{number}"))
    });
    expect(&answers, 201, 1, "slot-taken");
    let listed = stage.city.get_as(&stage.manager(), &format!("{path}?date={}", stage.city.day(3)));
    assert_eq!(items(&listed).len(), 1);
}

fn a_booking_is_moved_once(stage: &Stage) {
    let (manager, resident) = (stage.manager(), stage.city.resident());
    let id = text(&stage.city.booked(&resident, &stage.slot)["id"]);
    let other = stage.city.slots(&stage.slot.pitch, &stage.city.day(5));
    let other = other.iter().find(|slot| slot["status"] == "free").expect("a free slot");
    let body =
        json!({ "pitch": stage.slot.pitch, "start": other["start"], "end": other["end"], "price": "kept" });
    let answers = stage.under_one_key(&manager, "POST", &format!("/v1/manage/bookings/{id}/move"), &body);
    expect_all(&answers);
    let shown = stage.city.get_as(&resident, &format!("/v1/bookings/{id}"));
    assert_eq!(shown["start"], other["start"]);
    assert_eq!(stage.city.slot(&stage.slot)["status"], "free");
    assert_eq!(stage.city.balance(&resident), BALANCE - stage.slot.price);
    let listed = stage
        .city
        .get_as(&stage.manager(), &stage.venue_path(&format!("/bookings?date={}", stage.city.day(5))));
    assert_eq!(items(&listed).len(), 1);
}

fn the_staff_refund_once(stage: &Stage) {
    let (manager, resident) = (stage.manager(), stage.city.resident());
    let id = text(&stage.city.booked(&resident, &stage.slot)["id"]);
    let body = json!({ "refund": stage.slot.price });
    let answers = stage.under_keys(&manager, "POST", &format!("/v1/manage/bookings/{id}/cancel"), &body);
    // Who asks again for what he has done already is told that it is done, whatever the key.
    expect_all(&answers);
    let again = answers.iter().filter(|answer| answer.header("idempotency-replayed") == Some("true")).count();
    assert_eq!(again, REQUESTS - 1);
    assert_eq!(stage.city.balance(&resident), BALANCE);
}

/// A draw whose window is open for so many seconds, and somebody who has entered.
fn entered(stage: &Stage, open_s: i64) -> Resident {
    let (now, operator, resident) = (jiff::Timestamp::now(), stage.city.operator(), stage.city.resident());
    let _ = lottery::declare(&stage.city, &operator, &stage.slot, now, open_s).expect(201, "a draw");
    let entry = lottery::entry_for(&stage.slot);
    let enter = keyed(&resident, "POST", &format!("{}/entries", lottery::PATH), &entry, "first");
    let _ = stage.city.ask(&enter).expect(201, "an entry");
    resident
}

fn one_key_enters_once(stage: &Stage) {
    let _ = entered(stage, 600);
    let other = stage.city.resident();
    let (path, entry) = (format!("{}/entries", lottery::PATH), lottery::entry_for(&stage.slot));
    let _ = expect_one(&stage.under_one_key(&other, "POST", &path, &entry));
}

fn an_entry_is_as_the_last_request_says(stage: &Stage) {
    let resident = entered(stage, 600);
    let path = format!("{}/entries/mine", lottery::PATH);
    let entry = lottery::entry_for(&stage.slot);
    expect_all(&stage.in_one_packet(|_| Request::new("PUT", &path).token(&resident.token).json(&entry)));
    assert_eq!(stage.city.get_as(&resident, &path)["status"], "entered");
}

fn an_entry_is_withdrawn_once(stage: &Stage) {
    let resident = entered(stage, 600);
    let path = format!("{}/entries/mine", lottery::PATH);
    let answers = stage.in_one_packet(|_| Request::delete(&path).token(&resident.token));
    expect(&answers, 200, 1, "already-cancelled");
}

fn one_place_is_had_once(stage: &Stage) {
    let _ = queue::declare(&stage.city, &stage.city.operator(), &stage.slot, 600, 1).expect(201, "a queue");
    let (one, other) = (stage.city.resident(), stage.city.resident());
    let path = format!("{}/queue", queue::PATH);
    for answer in stage.under_keys(&one, "POST", &path, &json!({})) {
        assert_eq!(answer.expect(201, "the same place").json()["number"], 1);
    }
    let place = queue::join(&stage.city, &other, "k").expect(201, "the next place").json();
    assert_eq!(place["number"], 2, "thirty requests are one who comes");
}

fn a_place_is_left_once(stage: &Stage) {
    let _ = queue::declare(&stage.city, &stage.city.operator(), &stage.slot, 600, 1).expect(201, "a queue");
    let resident = stage.city.resident();
    let _ = queue::join(&stage.city, &resident, "k").expect(201, "a place");
    let path = format!("{}/queue/me", queue::PATH);
    let answers = stage.in_one_packet(|_| Request::delete(&path).token(&resident.token));
    expect(&answers, 200, 1, "already-cancelled");
}

fn one_value_is_drawn_once(stage: &Stage) {
    let _ = entered(stage, 3);
    let _ = lottery::sealed(&stage.city);
    let operator = stage.city.operator();
    let value = json!({ "value": "6 1 4" });
    expect_all(&stage.under_keys(&operator, "POST", "/v1/manage/releases/evening/draw", &value));
}
