//! A city from nothing: founded empty, given an operator at the console, and built by the API alone.

use serde_json::{Value, json};

use crate::city::{City, Ground, PASSWORD, Resident, items, text};
use crate::client::Request;
use crate::operator::printed;
use crate::server::{kaichang, run, serve};

/// A city that has an operator and nothing else but sports.
fn founded() -> (City, Resident) {
    let ground = Ground::bare();
    let mut command = serve(kaichang(), ground.path());
    command.args(["--empty", "create"]);
    let ground = ground.open_with(command).kill();
    let mut command = kaichang();
    command.args(["operator", "create", "--data-dir"]).arg(ground.path());
    let made = run(&mut command);
    assert_eq!(made.code, Some(0), "{}", made.said);
    let account = printed(&made.said);
    let city = ground.open();
    let operator = city.log_in(&account["phone"], &account["password"]);
    (city, operator)
}

fn make(city: &City, by: &Resident, path: &str, body: &Value) -> Value {
    city.ask(&Request::post(path, body).token(&by.token)).expect(201, path).json()
}

/// What residents and the staff do with new pitches of each kind: find, book, hold, cancel, sell at the counter, close.
fn a_day_of_a_venue(city: &City, manager: &Resident, resident: &Resident, pitches: &[String]) {
    city.top_up(resident, 100_000);
    let day = city.day(2);
    let found = city.get(&format!("/v1/availability?sport=badminton&date={day}&limit=500"));
    // A whole, its two parts, an exclusive pitch and a session, fourteen hours each.
    assert_eq!(items(&found).len(), 5 * 14);
    for pitch in pitches {
        let slots = city.slots(pitch, &day);
        let free = slots.iter().find(|slot| slot["status"] == "free").expect("a free slot");
        let order = json!({
            "pitch": pitch, "start": free["start"], "end": free["end"], "party_size": 1, "pay_with": "wallet",
        });
        let before = city.balance(resident);
        let booked = city.book(resident, &format!("book-{pitch}"), &order).expect(201, "booked").json();
        assert_eq!(before - city.balance(resident), 1200);
        city.cancel(resident, &text(&booked["id"])).expect(200, "cancelled");
        assert_eq!(city.balance(resident), before);
        let held = json!({ "pitch": pitch, "start": free["start"], "end": free["end"], "party_size": 1 });
        let held = Request::post("/v1/holds", &held).token(&resident.token).key(&format!("hold-{pitch}"));
        let held = city.ask(&held).expect(201, "held").json();
        let given_up = Request::new("DELETE", &format!("/v1/holds/{}", text(&held["id"])));
        city.ask(&given_up.token(&resident.token)).expect(204, "given up");
        let sold = json!({
            "pitch": pitch, "start": free["start"], "end": free["end"], "phone": "+8613900000004", "name": "客",
        });
        make(city, manager, "/v1/manage/venues/hall/bookings", &sold);
        let closure = json!({ "from": day, "to": day, "bookings": "refund", "reason": "修缮" });
        make(city, manager, &format!("/v1/manage/pitches/{pitch}/closures"), &closure);
        assert!(city.slots(pitch, &day).iter().all(|slot| slot["status"] == "closed"));
    }
    let found = city.get(&format!("/v1/availability?sport=badminton&date={day}&limit=500"));
    assert_eq!(items(&found), &[] as &[Value]);
}

#[test]
fn a_city_is_built_by_the_api_alone() {
    let (city, operator) = founded();
    assert_eq!(items(&city.get("/v1/venues")), &[] as &[Value]);
    assert_eq!(items(&city.get("/v1/sports?limit=500")).len(), 32);
    let names = |en: &str| json!({ "zh-Hans": "名字", "en": en });
    for id in ["north", "south"] {
        make(&city, &operator, "/v1/operator/districts", &json!({ "id": id, "name": names(id) }));
    }
    for (id, district) in [("hall", "north"), ("pool", "south")] {
        let venue = json!({
            "id": id, "name": names(id), "district": district, "address": names("1 Road"), "latitude": 22.5, "longitude": 114.0,
        });
        make(&city, &operator, "/v1/operator/venues", &venue);
    }
    for (role, venue, phone) in
        [("manager", "hall", "+8613900000001"), ("front_desk", "pool", "+8613900000002")]
    {
        let body =
            json!({ "role": role, "venue": venue, "phone": phone, "password": PASSWORD, "name": role });
        make(&city, &operator, "/v1/operator/staff", &body);
    }
    let in_south = city.get("/v1/venues?district=south");
    assert_eq!(items(&in_south).iter().map(|venue| text(&venue["id"])).collect::<Vec<_>>(), ["pool"]);
    let manager = city.log_in(&json!("+8613900000001"), &json!(PASSWORD));
    let resident = city.newcomer("+8613900000003");
    let pitches = ["exclusive", "divisible", "session"].map(|kind| {
        let path = "/v1/manage/venues/hall/pitches";
        let pitch = make(&city, &manager, path, &crate::staff::new_pitch(kind));
        assert_eq!(pitch["kind"], kind, "{pitch}");
        text(&pitch["id"])
    });
    a_day_of_a_venue(&city, &manager, &resident, &pitches);

    let city = city.kill_and_reopen();
    assert_eq!(items(&city.get("/v1/venues")).len(), 2);
    assert_eq!(items(&city.get_as(&operator, "/v1/operator/staff")).len(), 3);
    let _ = city.log_in(&json!("+8613900000002"), &json!(PASSWORD));
    let verified = city.ground.verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
}
