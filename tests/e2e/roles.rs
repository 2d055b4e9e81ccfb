//! Every operation of the API as every role: who may do what stands in one table. An operation without a row fails the test, and a
//! row without an operation too.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::city::{City, FreeSlot, PASSWORD, Resident, text};
use crate::client::{Answer, Request};
use crate::unchanged::wait_for_turn;

/// Who asks, in the order of the table's columns. Who may do a thing with what is his comes before who may not where both can't be:
/// a row's things are made anew for each row only.
const COLUMNS: [Who; 7] = [
    Who::Nobody,
    Who::OtherResident,
    Who::OtherManager,
    Who::FrontDesk,
    Who::Resident,
    Who::Manager,
    Who::Operator,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    OtherResident,
    /// Of another venue.
    OtherManager,
    FrontDesk,
    Resident,
    Manager,
    Operator,
}

/// An operation, and the status that each of the columns is answered with.
struct Row {
    operation: &'static str,
    statuses: [u16; 7],
}

const fn row(operation: &'static str, statuses: [u16; 7]) -> Row {
    Row { operation, statuses }
}

/// Whoever asks.
const fn open(operation: &'static str, status: u16) -> Row {
    row(operation, [status; 7])
}

/// Residents do it, each with what is his own; another's is not there for them.
const fn own(operation: &'static str, anothers: u16, status: u16) -> Row {
    row(operation, [401, anothers, 403, 403, status, 403, 403])
}

/// A venue's manager does it, and the operator; another venue is not there for them.
const fn managers(operation: &'static str, status: u16) -> Row {
    row(operation, [401, 403, 404, 403, 403, status, status])
}

/// A venue's front desk does it too.
const fn desk(operation: &'static str, status: u16) -> Row {
    row(operation, [401, 403, 404, status, 403, status, status])
}

const fn operators(operation: &'static str, status: u16) -> Row {
    row(operation, [401, 403, 403, 403, 403, 403, status])
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    //                                             nobody, other resident, other manager, front desk, resident, manager, operator
    open("GET /healthz", 200),
    open("GET /readyz", 200),
    open("GET /metrics", 200),
    open("GET /problems/{name}", 200),
    open("GET /v1/time", 200),
    open("GET /v1/sports", 200),
    open("GET /v1/venues", 200),
    open("GET /v1/venues/{venue}", 200),
    open("GET /v1/pitches/{pitch}/slots", 200),
    open("GET /v1/availability", 200),
    open("POST /v1/residents", 201),
    open("POST /v1/logins", 201),
    row("GET /v1/residents/me",                   [401, 200, 200, 200, 200, 200, 200]),
    row("GET /v1/residents/me/export",            [401, 200, 200, 200, 200, 200, 200]),
    row("DELETE /v1/logins/current",              [401, 204, 204, 204, 204, 204, 204]),
    own("GET /v1/residents/me/companions", 200, 200),
    own("POST /v1/residents/me/companions", 201, 201),
    own("DELETE /v1/residents/me/companions/{companion}", 404, 204),
    own("GET /v1/bookings/{id}/companions", 404, 200),
    own("PUT /v1/bookings/{id}/companions", 404, 200),
    own("POST /v1/bookings", 201, 201),
    own("GET /v1/bookings", 200, 200),
    own("GET /v1/bookings/{id}", 404, 200),
    own("DELETE /v1/bookings/{id}", 404, 200),
    own("GET /v1/wallet", 200, 200),
    own("GET /v1/wallet/entries", 200, 200),
    own("POST /v1/wallet/top-ups", 201, 201),
    operators("POST /v1/operator/staff", 201),
    operators("GET /v1/operator/staff", 200),
    operators("DELETE /v1/operator/staff/{staff}", 204),
    operators("POST /v1/operator/districts", 201),
    operators("GET /v1/operator/districts", 200),
    operators("PATCH /v1/operator/districts/{district}", 200),
    operators("POST /v1/operator/sports", 201),
    operators("PATCH /v1/operator/sports/{sport}", 200),
    operators("POST /v1/operator/venues", 201),
    operators("PATCH /v1/operator/venues/{venue}", 200),
    operators("PUT /v1/operator/holidays", 200),
    operators("GET /v1/operator/audit", 200),
    open("GET /v1/releases", 200),
    open("GET /v1/releases/{release}", 200),
    open("GET /v1/releases/{release}/report", 200),
    open("GET /v1/journal/roots", 200),
    // Of a release that is not drawn by lot.
    open("GET /v1/releases/{release}/draw", 404),
    own("POST /v1/releases/{release}/entries", 404, 404),
    own("GET /v1/releases/{release}/entries/mine", 404, 404),
    own("PUT /v1/releases/{release}/entries/mine", 404, 404),
    own("DELETE /v1/releases/{release}/entries/mine", 404, 404),
    // Nor does anybody queue for it.
    open("GET /v1/releases/{release}/queue", 404),
    own("POST /v1/releases/{release}/queue", 404, 404),
    own("GET /v1/releases/{release}/queue/me", 404, 404),
    own("DELETE /v1/releases/{release}/queue/me", 404, 404),
    own("GET /v1/releases/{release}/queue/challenge", 404, 404),
    row("POST /v1/manage/releases/{release}/draw", [401, 403, 404, 403, 403, 404, 404]),
    // Without the day that they need, or they would go on for ever.
    open("GET /v1/pitches/{pitch}/events", 400),
    open("GET /v1/venues/{venue}/events", 400),
    open("GET /v1/gate/keys", 200),
    own("GET /v1/bookings/{id}/ticket", 404, 200),
    own("GET /v1/bookings/{id}/ticket.svg", 404, 200),
    own("POST /v1/holds", 201, 201),
    // Of what is paid already.
    own("POST /v1/holds/{id}/confirm", 404, 200),
    own("DELETE /v1/holds/{id}", 404, 409),
    // With what is no ticket.
    row("POST /v1/gate/check-ins",                [401, 403, 422, 422, 403, 422, 422]),
    row("GET /v1/manage/venues",                  [401, 403, 200, 200, 403, 200, 200]),
    managers("GET /v1/manage/venues/{venue}", 200),
    managers("PATCH /v1/manage/venues/{venue}", 200),
    managers("GET /v1/manage/venues/{venue}/pitches", 200),
    managers("POST /v1/manage/venues/{venue}/pitches", 201),
    managers("GET /v1/manage/venues/{venue}/pitches/{pitch}", 200),
    managers("PATCH /v1/manage/venues/{venue}/pitches/{pitch}", 200),
    managers("GET /v1/manage/venues/{venue}/closures", 200),
    managers("GET /v1/manage/venues/{venue}/releases", 200),
    managers("GET /v1/manage/venues/{venue}/stats", 200),
    managers("GET /v1/manage/venues/{venue}/audit", 200),
    desk("GET /v1/manage/venues/{venue}/bookings", 200),
    desk("POST /v1/manage/venues/{venue}/bookings", 201),
    desk("POST /v1/manage/venues/{venue}/verifications", 200),
    desk("POST /v1/manage/bookings/{id}/move", 200),
    // Once: what is cancelled is cancelled.
    row("POST /v1/manage/bookings/{id}/cancel",   [401, 403, 404, 200, 403, 409, 409]),
    // Last what takes away what could be booked.
    managers("PUT /v1/manage/pitches/{pitch}/prices", 200),
    managers("POST /v1/manage/pitches/{pitch}/closures/preview", 200),
    managers("POST /v1/manage/pitches/{pitch}/closures", 201),
    managers("POST /v1/manage/releases", 201),
    managers("PUT /v1/manage/pitches/{pitch}/hours", 200),
    // And who is there no more can do nothing else.
    own("DELETE /v1/residents/me", 204, 204),
];

/// Everybody who asks, and what they ask for.
struct Cast {
    city: City,
    operator: Resident,
    slots: Vec<FreeSlot>,
    district: String,
    /// Counts what is made, so that nothing is made twice.
    made: Cell<u32>,
}

/// Of whom a session is, by phone; the last digit is the column.
const PHONES: &str = "+861390000000";

impl Cast {
    fn new() -> Self {
        let city = City::demo();
        let operator = city.operator();
        let slots = city.free_courts(3);
        let venue = city.get(&format!("/v1/venues/{}", slots[0].venue));
        let cast =
            Self { city, operator, slots, district: text(&venue["district"]["id"]), made: Cell::new(0) };
        let venue = cast.slots[0].venue.clone();
        let another =
            cast.slots.iter().find(|slot| slot.venue != venue).expect("another venue").venue.clone();
        let _ = cast.city.newcomer(&format!("{PHONES}9"));
        for (column, who) in COLUMNS.into_iter().enumerate() {
            let phone = format!("{PHONES}{column}");
            match who {
                Who::Nobody => {}
                Who::Resident | Who::OtherResident => {
                    let resident = cast.city.newcomer(&phone);
                    cast.city.top_up(&resident, 10_000_000);
                }
                Who::FrontDesk => cast.hire("front_desk", Some(&venue), &phone),
                Who::Manager => cast.hire("manager", Some(&venue), &phone),
                Who::OtherManager => cast.hire("manager", Some(&another), &phone),
                Who::Operator => cast.hire("operator", None, &phone),
            }
        }
        cast
    }

    fn hire(&self, role: &str, venue: Option<&str>, phone: &str) {
        let _ = self.hired(role, venue, phone);
    }

    fn hired(&self, role: &str, venue: Option<&str>, phone: &str) -> String {
        let mut body = json!({ "role": role, "phone": phone, "password": PASSWORD, "name": "员工" });
        if let Some(venue) = venue {
            body["venue"] = venue.into();
        }
        let request = Request::post("/v1/operator/staff", &body).token(&self.operator.token);
        text(&self.ask(&request).expect(201, "a new one of the staff").json()["id"])
    }

    /// A new session.
    fn session(&self, column: usize) -> Option<Resident> {
        (column > 0).then(|| self.city.log_in(&json!(format!("{PHONES}{column}")), &json!(PASSWORD)))
    }

    /// Asks, and again when it was too often: this is about who may, not how often.
    fn ask(&self, request: &Request) -> Answer {
        loop {
            let answer = self.city.ask(request);
            if answer.status != 429 {
                return answer;
            }
            wait_for_turn(&answer);
        }
    }

    /// A free slot of the manager's venue, on another day than all else.
    fn at_venue(&self) -> FreeSlot {
        let first = &self.slots[0];
        let slots = self.city.slots(&first.pitch, &self.city.day(5));
        let free = slots.iter().find(|slot| slot["status"] == "free").expect("a free slot");
        FreeSlot { start: text(&free["start"]), end: text(&free["end"]), ..first.clone() }
    }

    /// A booking of what is free.
    fn booked(&self, resident: &Resident, slot: &FreeSlot) -> Value {
        let request = crate::city::booking(resident, &format!("of-a-row-{}", self.next()), &slot.order());
        self.ask(&request).expect(201, "a booking of what is free").json()
    }

    /// A number that was not used before.
    fn next(&self) -> u32 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// A time that was not booked before.
    fn slot(&self) -> &FreeSlot {
        &self.slots[usize::try_from(self.next()).expect("few") % self.slots.len()]
    }

    /// The address of an operation, with a thing of the resident's, the manager's venue or the operator's in the places of its
    /// parameters.
    fn address(&self, path: &str, resident: &Resident) -> String {
        let mut address = path.replace("{name}", "not-found");
        address = address.replace("{venue}", &self.slots[0].venue).replace("{pitch}", &self.slots[0].pitch);
        if address.contains("{id}") {
            // Another day than what is booked beside, so that no limit is in the way.
            let booked = if address.contains("/manage/") {
                self.booked(resident, &self.at_venue())
            } else {
                let ahead = [2, 4, 6, 7][usize::try_from(self.next()).expect("few") % 4];
                let free = self.city.free_courts(ahead);
                let slot = &free[usize::try_from(self.next()).expect("few") % free.len()];
                self.booked(resident, slot)
            };
            address = address.replace("{id}", &text(&booked["id"]));
        }
        if address.contains("{staff}") {
            let id =
                self.hired("front_desk", Some(&self.slots[0].venue), &format!("+8613911{:06}", self.next()));
            address = address.replace("{staff}", &id);
        }
        if address.contains("{companion}") {
            let body = json!({ "name": "同伴" });
            let request = Request::post("/v1/residents/me/companions", &body).token(&resident.token);
            let added = self.ask(&request).expect(201, "a companion").json();
            address = address.replace("{companion}", &text(&added["id"]));
        }
        address = address.replace("{district}", &self.district).replace("{sport}", "badminton");
        address = address.replace("{release}", "sports-centres");
        let day = self.city.day(3);
        if address.ends_with("/slots") {
            address.push_str(&format!("?date={day}"));
        } else if address.ends_with("/stats") {
            address.push_str(&format!("?from={day}&to={day}"));
        }
        address
    }

    /// What is sent to an operation that takes a body; each time with something new in it.
    fn body(&self, operation: &str) -> Option<Value> {
        let number = self.next();
        let names = json!({ "zh-Hans": "名", "en": "Name" });
        Some(match operation {
            "POST /v1/residents" => {
                json!({ "phone": format!("+8613922{number:06}"), "password": PASSWORD, "name": "新" })
            }
            // Not one of those who ask: an account has so many sessions, and the oldest gives way.
            "POST /v1/logins" => json!({ "phone": format!("{PHONES}9"), "password": PASSWORD }),
            "POST /v1/residents/me/companions" => json!({ "name": format!("同伴 {number}") }),
            "PUT /v1/bookings/{id}/companions" => json!({ "companions": [] }),
            "DELETE /v1/residents/me" => json!({ "password": PASSWORD }),
            "POST /v1/bookings" => self.slot().order(),
            "POST /v1/wallet/top-ups" => json!({ "amount": 1, "provider": "sandbox" }),
            "POST /v1/operator/staff" => json!({
                "role": "operator", "phone": format!("+8613933{number:06}"), "password": PASSWORD, "name": "新",
            }),
            "POST /v1/releases/{release}/entries" | "PUT /v1/releases/{release}/entries/mine" => {
                let slot = self.at_venue();
                json!({ "choices": [{ "pitch": slot.pitch, "start": slot.start, "end": slot.end }] })
            }
            "POST /v1/releases/{release}/queue" => json!({}),
            "POST /v1/manage/releases/{release}/draw" => json!({ "value": "6 1 4" }),
            "POST /v1/holds" => {
                let slot = self.at_venue();
                json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end, "party_size": 1 })
            }
            "POST /v1/holds/{id}/confirm" => json!({ "pay_with": "wallet" }),
            "POST /v1/gate/check-ins" => json!({ "ticket": "NO TICKET" }),
            "PATCH /v1/manage/venues/{venue}" => json!({ "admission": "open" }),
            "POST /v1/manage/venues/{venue}/pitches" => crate::staff::new_pitch("exclusive"),
            "PATCH /v1/manage/venues/{venue}/pitches/{pitch}" => json!({ "max_slots": 2 }),
            "PUT /v1/manage/pitches/{pitch}/hours" => json!({ "hours": [] }),
            "PUT /v1/manage/pitches/{pitch}/prices" => json!({ "prices": [] }),
            "POST /v1/manage/pitches/{pitch}/closures"
            | "POST /v1/manage/pitches/{pitch}/closures/preview" => {
                crate::staff::closure_of(&self.slots[0], "leave")
            }
            "POST /v1/manage/releases" => json!({
                "name": names, "pitches": [self.slots[0].pitch], "first_day": self.city.day(6),
                "daily": { "days_before": 2, "at": "07:00" }, "mode": "first_come",
            }),
            "POST /v1/manage/venues/{venue}/bookings" => {
                let slot = self.at_venue();
                json!({
                    "pitch": slot.pitch, "start": slot.start, "end": slot.end,
                    "phone": format!("+8613944{number:06}"), "name": "客",
                })
            }
            "POST /v1/manage/venues/{venue}/verifications" => {
                json!({ "phone": format!("{PHONES}9"), "birth_year": 1990 })
            }
            "POST /v1/manage/bookings/{id}/move" => {
                let slot = self.at_venue();
                json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end, "price": "kept" })
            }
            "POST /v1/manage/bookings/{id}/cancel" => json!({}),
            "POST /v1/operator/districts" | "POST /v1/operator/sports" => {
                json!({ "id": format!("new-{number}"), "name": names })
            }
            "PATCH /v1/operator/districts/{district}" | "PATCH /v1/operator/sports/{sport}" => {
                json!({ "name": names })
            }
            "POST /v1/operator/venues" => json!({
                "id": format!("new-{number}"), "name": names, "district": self.district, "address": names,
                "latitude": 22.5, "longitude": 114.0,
            }),
            "PATCH /v1/operator/venues/{venue}" => json!({ "district": self.district }),
            "PUT /v1/operator/holidays" => {
                json!({ "days": [{ "date": "2030-01-01", "goes_by": "holiday" }] })
            }
            _ => return None,
        })
    }
}

#[test]
fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let cast = Cast::new();
    let mut described = operations(&cast.city.get("/openapi.json"));
    let mut in_table: Vec<String> = ROWS.iter().map(|row| row.operation.to_owned()).collect();
    described.sort();
    in_table.sort();
    assert_eq!(in_table, described, "the rows of tests/e2e/roles.rs");

    let sessions: Vec<Option<Resident>> = (0..COLUMNS.len()).map(|column| cast.session(column)).collect();
    let resident = COLUMNS.iter().position(|who| *who == Who::Resident).expect("a column");
    let resident = sessions[resident].as_ref().expect("a session");
    let mut wrong = Vec::new();
    for Row { operation, statuses } in ROWS {
        let (method, path) = operation.split_once(' ').expect("a method and a path");
        let mut address = cast.address(path, resident);
        if *operation == "GET /v1/manage/venues/{venue}/bookings" {
            address.push_str(&format!("?date={}", cast.city.day(3)));
        }
        for (column, (who, expected)) in COLUMNS.into_iter().zip(statuses).enumerate() {
            let mut request = Request::new(method, &address);
            // The session that this ends is one of its own.
            let session =
                if path == "/v1/logins/current" { cast.session(column) } else { sessions[column].clone() };
            if let Some(session) = session {
                request = request.token(&session.token);
            }
            if let Some(body) = cast.body(operation) {
                request = request.key(&format!("key-{}", cast.next())).json(&body);
            }
            let answer = cast.ask(&request);
            if answer.status != *expected {
                wrong.push(format!(
                    "{operation} as {who:?}: {} for {expected}: {}",
                    answer.status,
                    answer.text()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every operation that the API describes: its method and its path.
pub(crate) fn operations(api: &Value) -> Vec<String> {
    let paths = api["paths"].as_object().expect("paths");
    let of_path = |(path, operations): (&String, &Value)| -> Vec<String> {
        let methods = operations.as_object().expect("operations").keys();
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect()
    };
    paths.iter().flat_map(of_path).collect()
}
