//! The demo's staff, logged in, and what they send.

use serde_json::{Value, json};

use crate::city::{City, FreeSlot, Resident, text};
use crate::client::{Answer, Request};

impl City {
    /// An account of the demo's staff, logged in: of this role, and at this venue where one is named.
    #[track_caller]
    pub(crate) fn staff(&self, role: &str, venue: Option<&str>) -> Resident {
        let file = std::fs::read(self.ground.path().join("demo-accounts.json")).expect("the demo's accounts");
        let accounts: Vec<Value> = serde_json::from_slice(&file).expect("JSON");
        let is_it =
            |account: &&Value| account["role"] == role && venue.is_none_or(|venue| account["venue"] == venue);
        let account = accounts.iter().find(is_it).expect("an account");
        let body = json!({ "phone": account["phone"], "password": account["password"] });
        let session = self.ask(&Request::post("/v1/logins", &body)).expect(201, "a log-in").json();
        Resident { id: text(&session["id"]), token: text(&session["token"]) }
    }

    /// The manager of a venue.
    #[track_caller]
    pub(crate) fn manager_of(&self, venue: &str) -> Resident {
        self.staff("manager", Some(venue))
    }

    /// A request with a body, as somebody.
    #[track_caller]
    pub(crate) fn send_as(&self, who: &Resident, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(&Request::new(method, path).token(&who.token).json(body))
    }

    /// What is left of a closure, looked at until it is done.
    #[track_caller]
    pub(crate) fn await_closure(&self, manager: &Resident, venue: &str, id: &str) {
        let path = format!("/v1/manage/venues/{venue}/closures");
        let done = crate::server::poll(crate::server::PATIENCE, || {
            let answer = self.ask(&Request::get(&path).token(&manager.token));
            if answer.status == 429 {
                crate::unchanged::wait_for_turn(&answer);
                return None;
            }
            let closures = answer.expect(200, &path).json();
            let closure =
                crate::city::items(&closures).iter().find(|closure| closure["id"] == id).expect("it").clone();
            let is_done = closure["status"] == "done" && closure["left"] == 0;
            if !is_done {
                // As often as an account may ask, so that it may still ask for other things.
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            is_done.then_some(())
        });
        assert!(done.is_some(), "the closure {id} is never done");
    }

    /// The whole entry of the venue's list of pitches.
    #[track_caller]
    pub(crate) fn managed_pitch(&self, manager: &Resident, venue: &str, pitch: &str) -> Value {
        self.get_as(manager, &format!("/v1/manage/venues/{venue}/pitches/{pitch}"))
    }
}

/// A closure of the whole day that a slot is on.
pub(crate) fn closure_of(slot: &FreeSlot, bookings: &str) -> Value {
    let day = slot.start.get(..10).expect("a date");
    json!({ "from": day, "to": day, "bookings": bookings, "reason": "修缮" })
}

/// All days of the week, and holidays.
pub(crate) fn all_days() -> Value {
    json!(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"])
}

/// A new pitch of its kind, open from 08:00 to 22:00, an hour a slot, for 12.00 each.
pub(crate) fn new_pitch(kind: &str) -> Value {
    let mut body = json!({
        "name": { "zh-Hans": "新场地", "en": "New pitch" }, "sport": "badminton", "kind": kind,
        "slot_minutes": 60, "first_slot": "08:00", "max_slots": 2, "party_size_max": 4,
        "hours": [{ "days": all_days(), "from": "08:00", "to": "22:00" }],
        "prices": [{ "days": all_days(), "from": "00:00", "to": "24:00", "price": 1200 }],
        "cancellation": [{ "minutes_before": 60, "percent": 100 }],
    });
    if kind == "session" {
        body["capacity"] = 10.into();
    }
    if kind == "divisible" {
        body["leaves"] = 2.into();
        let part = |name: &str, leaf: u8| json!({ "name": { "zh-Hans": name, "en": name }, "first_leaf": leaf, "leaves": 1, "max_slots": 1 });
        body["parts"] = json!([part("A", 0), part("B", 1)]);
    }
    body
}
