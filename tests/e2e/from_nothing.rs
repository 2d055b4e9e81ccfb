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
    let _ = city.log_in(&json!("+8613900000001"), &json!(PASSWORD));
    let _ = city.newcomer("+8613900000003");

    let city = city.kill_and_reopen();
    assert_eq!(items(&city.get("/v1/venues")).len(), 2);
    assert_eq!(items(&city.get_as(&operator, "/v1/operator/staff")).len(), 3);
    let _ = city.log_in(&json!("+8613900000002"), &json!(PASSWORD));
    let verified = city.ground.verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
}
