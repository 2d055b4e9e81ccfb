//! What an operator changes, thirty times in one packet.

use serde_json::{Value, json};

use super::{REQUESTS, Stage, expect, expect_all, keyed};
use crate::city::{PASSWORD, items, text};
use crate::client::{Answer, Request};
use crate::problems::check;

pub(super) fn one_phone_is_hired_once(stage: &Stage) {
    let operator = stage.city.operator();
    let body = json!({
        "role": "front_desk", "venue": stage.slot.venue, "phone": "+8613912345678", "password": PASSWORD, "name": "B",
    });
    let answers = stage.in_one_packet(|_| Request::post("/v1/operator/staff", &body).token(&operator.token));
    expect(&answers, 201, 1, "phone-taken");
    // Under a key the password decides whether it was the same request: that is a guess like a log-in, of which there are ten.
    let mut other = body.clone();
    other["password"] = "another password".into();
    let answers = stage.under_keys(&operator, "POST", "/v1/operator/staff", &other);
    let judged: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 429).collect();
    assert!(judged.len() <= 10, "{} guesses", judged.len());
    for answer in judged {
        check(answer, "phone-taken", "another password");
    }
}

pub(super) fn one_of_the_staff_is_dismissed_once(stage: &Stage) {
    let operator = stage.city.operator();
    let body = json!({
        "role": "front_desk", "venue": stage.slot.venue, "phone": "+8613912345678", "password": PASSWORD, "name": "B",
    });
    let request = Request::post("/v1/operator/staff", &body).token(&operator.token);
    let id = text(&stage.city.ask(&request).expect(201, "a new one").json()["id"]);
    let path = format!("/v1/operator/staff/{id}");
    let answers = stage.in_one_packet(|_| Request::delete(&path).token(&operator.token));
    expect(&answers, 204, 1, "not-found");
}

/// Each asks for something else of the same name: whoever comes first has it.
fn one_name_is_one(stage: &Stage, path: &str, body: &Value) {
    let operator = stage.city.operator();
    let answers = stage.in_one_packet(|number| {
        let mut body = body.clone();
        body["name"]["en"] = format!("New {number}").into();
        keyed(&operator, "POST", path, &body, &format!("key-{number}"))
    });
    expect(&answers, 201, 1, "invalid-request");
}

pub(super) fn one_name_is_one_district(stage: &Stage) {
    let body = json!({ "id": "new", "name": { "zh-Hans": "新", "en": "New" } });
    one_name_is_one(stage, "/v1/operator/districts", &body);
}

pub(super) fn one_name_is_one_sport(stage: &Stage) {
    let body = json!({ "id": "new", "name": { "zh-Hans": "新", "en": "New" } });
    one_name_is_one(stage, "/v1/operator/sports", &body);
}

pub(super) fn one_name_is_one_venue(stage: &Stage) {
    let venue = stage.city.get(&format!("/v1/venues/{}", stage.slot.venue));
    let names = json!({ "zh-Hans": "新馆", "en": "New Hall" });
    let body = json!({
        "id": "new", "name": names, "district": venue["district"]["id"], "address": names, "latitude": 22.5,
        "longitude": 114.0,
    });
    one_name_is_one(stage, "/v1/operator/venues", &body);
}

pub(super) fn a_venue_lies_where_the_last_change_says(stage: &Stage) {
    let operator = stage.city.operator();
    let path = format!("/v1/operator/venues/{}", stage.slot.venue);
    let body = json!({ "latitude": 22.6, "longitude": 114.1 });
    expect_all(&stage.in_one_packet(|_| Request::new("PATCH", &path).token(&operator.token).json(&body)));
    assert_eq!(stage.city.get(&format!("/v1/venues/{}", stage.slot.venue))["location"], body);
}

/// Each of the packet says another name; the last one's stands, in this list.
fn is_called_as_the_last_says(stage: &Stage, path: &str, list: &str, id: &str) {
    let operator = stage.city.operator();
    let body = |number: usize| json!({ "name": { "zh-Hans": format!("名{number}"), "en": format!("Name {number}") } });
    let answers =
        stage.in_one_packet(|number| Request::new("PATCH", path).token(&operator.token).json(&body(number)));
    expect_all(&answers);
    let all = stage.city.get_as(&operator, list);
    let one = items(&all).iter().find(|one| one["id"] == id).expect("it is there still");
    assert_eq!(one["name"], body(REQUESTS - 1)["name"]);
}

pub(super) fn a_district_is_called_as_the_last_change_says(stage: &Stage) {
    let venue = stage.city.get(&format!("/v1/venues/{}", stage.slot.venue));
    let id = text(&venue["district"]["id"]);
    is_called_as_the_last_says(
        stage,
        &format!("/v1/operator/districts/{id}"),
        "/v1/operator/districts?limit=500",
        &id,
    );
}

pub(super) fn a_sport_is_called_as_the_last_change_says(stage: &Stage) {
    is_called_as_the_last_says(stage, "/v1/operator/sports/badminton", "/v1/sports?limit=500", "badminton");
}

pub(super) fn a_holiday_is_one_day(stage: &Stage) {
    let operator = stage.city.operator();
    let body = json!({ "days": [{ "date": "2030-01-01", "goes_by": "holiday" }] });
    let answers = stage.under_keys(&operator, "PUT", "/v1/operator/holidays", &body);
    expect_all(&answers);
    let days = answers[REQUESTS - 1].json();
    let of_day = items(&days).iter().filter(|day| day["date"] == "2030-01-01").count();
    assert_eq!(of_day, 1);
}
