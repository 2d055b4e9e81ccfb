//! `/v1/operator`: staff, districts, sports, venues and holidays, as an operator makes them; and that nothing of it is lost.

use serde_json::{Value, json};

use crate::city::{City, PASSWORD, Resident, items, text};
use crate::client::{Answer, Request};
use crate::problems::check;
use crate::server::{kaichang, run};

const STAFF: &str = "/v1/operator/staff";

fn names(en: &str) -> Value {
    json!({ "zh-Hans": "名字", "en": en })
}

fn post(city: &City, operator: &Resident, key: Option<&str>, path: &str, body: &Value) -> Answer {
    let request = Request::post(path, body).token(&operator.token);
    city.ask(&match key {
        Some(key) => request.key(key),
        None => request,
    })
}

fn front_desk(venue: &str) -> Value {
    json!({ "role": "front_desk", "venue": venue, "phone": "13900001111", "password": PASSWORD, "name": "王小明" })
}

#[test]
fn who_is_made_one_of_the_staff_is_it_until_he_is_removed() {
    let city = City::demo();
    let operator = city.operator();
    let venue = city.free_court(3).venue;
    let made = post(&city, &operator, None, STAFF, &front_desk(&venue)).expect(201, "a new one").json();
    let id = text(&made["id"]);
    assert_eq!(made, json!({ "id": id, "role": "front_desk", "venue": venue, "name": "王小明" }));
    let city = city.kill_and_reopen();
    let desk = city.log_in(&json!("+8613900001111"), &json!(PASSWORD));
    assert_eq!(desk.id, id);
    let wallet = city.ask(&Request::get("/v1/wallet").token(&desk.token));
    check(&wallet, "forbidden", "the front desk has no wallet");
    let mut listed = Vec::new();
    let mut next = Some(String::new());
    while let Some(cursor) = next {
        let page = city.get_as(&operator, &format!("{STAFF}?limit=500{cursor}"));
        listed.extend_from_slice(items(&page));
        next = page["next"].as_str().map(|cursor| format!("&cursor={cursor}"));
    }
    assert_eq!(listed.len(), 1932, "an operator, 1,930 managers, a front desk");
    assert_eq!(listed.last(), Some(&made));

    let remove = |id: &str| city.ask(&Request::delete(&format!("{STAFF}/{id}")).token(&operator.token));
    let _ = remove(&id).expect(204, "removed");
    let dead = city.ask(&Request::get("/v1/wallet").token(&desk.token));
    check(&dead, "unauthenticated", "a session of who was removed");
    let log_in = json!({ "phone": "+8613900001111", "password": PASSWORD });
    check(&city.ask(&Request::post("/v1/logins", &log_in)), "unauthenticated", "who was removed");
    check(&remove(&id), "not-found", "removed before");
    check(&remove(&city.newcomer("+8613900003333").id), "not-found", "a resident");
    check(&remove("nobody"), "not-found", "nobody");
    check(&remove(&operator.id), "forbidden", "himself");
    let again = post(&city, &operator, None, STAFF, &front_desk(&venue));
    check(&again, "phone-taken", "the number stays his");
    let city = city.kill_and_reopen();
    check(&city.ask(&Request::post("/v1/logins", &log_in)), "unauthenticated", "after a restart");
    assert_eq!(city.ground.verify().code, Some(0));
}

#[test]
fn a_retry_of_making_somebody_finds_him_and_another_wish_does_not() {
    let city = City::demo();
    let operator = city.operator();
    let venue = city.free_court(3).venue;
    let good = front_desk(&venue);
    let first = post(&city, &operator, Some("k"), STAFF, &good).expect(201, "a new one");
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = post(&city, &operator, Some("k"), STAFF, &good).expect(201, "a retry");
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), first.json()));
    check(&post(&city, &operator, None, STAFF, &good), "phone-taken", "without a key");
    for (field, value) in [("password", "another password"), ("name", "王大明"), ("role", "manager")] {
        let mut other = good.clone();
        other[field] = value.into();
        check(&post(&city, &operator, Some("k"), STAFF, &other), "phone-taken", field);
    }
    let mut of_nowhere = good.clone();
    of_nowhere["venue"] = "nowhere".into();
    of_nowhere["phone"] = "13900002222".into();
    check(&post(&city, &operator, None, STAFF, &of_nowhere), "not-found", "no such venue");
    for (role, venue) in [("manager", Value::Null), ("operator", json!(venue))] {
        let mut wrong = good.clone();
        (wrong["role"], wrong["venue"]) = (role.into(), venue);
        let problem = check(&post(&city, &operator, None, STAFF, &wrong), "invalid-request", role);
        assert_eq!(problem["errors"][0]["field"], "venue");
    }
}

#[test]
fn five_who_make_one_account_at_once_under_one_key_make_one() {
    let city = City::demo();
    let operator = city.operator();
    let body = front_desk(&city.free_court(3).venue);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let askers: Vec<_> =
            (0..5).map(|_| scope.spawn(|| post(&city, &operator, Some("k"), STAFF, &body))).collect();
        askers.into_iter().map(|asker| asker.join().expect("no panic")).collect()
    });
    let ids: Vec<Value> =
        answers.into_iter().map(|answer| answer.expect(201, "all").json()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn districts_sports_and_venues_are_there_when_they_are_answered() {
    let city = City::demo();
    let operator = city.operator();
    let venue = |district: &str| {
        json!({
            "id": "bay", "name": names("Bay"), "district": district, "address": names("1 Road"), "latitude": 22.5431,
            "longitude": -114.057_912_3, "admission": "checked",
        })
    };
    let unknown = post(&city, &operator, None, "/v1/operator/venues", &venue("island"));
    check(&unknown, "not-found", "no such district");
    for (path, body) in [
        ("/v1/operator/districts", json!({ "id": "island", "name": names("Island") })),
        ("/v1/operator/sports", json!({ "id": "curling", "name": names("Curling") })),
        ("/v1/operator/venues", venue("island")),
    ] {
        let first = post(&city, &operator, Some("k"), path, &body).expect(201, path).json();
        assert_eq!((&first["id"], &first["name"]), (&body["id"], &body["name"]));
        let again = post(&city, &operator, Some("k"), path, &body).expect(201, "a retry");
        assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), first));
        let problem = check(&post(&city, &operator, None, path, &body), "invalid-request", "without a key");
        assert_eq!(problem["errors"][0]["field"], "id");
        let mut other = body.clone();
        other["name"] = names("Other");
        check(&post(&city, &operator, Some("k"), path, &other), "invalid-request", "another thing");
    }
    let city = city.kill_and_reopen();
    let bay = city.get("/v1/venues/bay");
    assert_eq!(bay["location"], json!({ "latitude": 22.5431, "longitude": -114.057_912 }));
    assert_eq!((&bay["district"]["id"], &bay["pitches"]), (&json!("island"), &json!([])));
    let districts = city.get_as(&operator, "/v1/operator/districts?limit=500");
    assert_eq!(items(&districts).last(), Some(&json!({ "id": "island", "name": names("Island") })));
    // Both can be called something else, under the same id; who has the old list sees that it is another.
    let etag = |path: &str| {
        let answer = city.ask(&Request::get(path).token(&operator.token)).expect(200, path);
        answer.header("etag").expect("an ETag").to_owned()
    };
    for (list, path, id) in [
        ("/v1/operator/districts", "/v1/operator/districts/island", "island"),
        ("/v1/sports", "/v1/operator/sports/curling", "curling"),
    ] {
        let list = format!("{list}?limit=500");
        let known = etag(&list);
        let rename = |path: &str, name: Value| {
            let body = json!({ "name": name });
            city.ask(&Request::new("PATCH", path).token(&operator.token).json(&body))
        };
        let renamed = rename(path, names("Renamed")).expect(200, path).json();
        assert_eq!(renamed, json!({ "id": id, "name": names("Renamed") }));
        assert_ne!(etag(&list), known, "{list}");
        let all = city.get_as(&operator, &list);
        let one = items(&all).iter().find(|one| one["id"] == id).expect("it is there");
        assert_eq!(one["name"], names("Renamed"));
        let problem = check(&rename(path, names(" ")), "invalid-request", "no name");
        assert_eq!(problem["errors"][0]["field"], "name.en");
        check(&rename(&path.replace(id, "nowhere"), names("A")), "not-found", "none of this id");
        let acts = city.get_as(&operator, "/v1/operator/audit?limit=1");
        let act = &items(&acts)[0];
        assert_eq!((&act["subject"], &act["after"]["name"]), (&json!(id), &names("Renamed")));
        let _ = rename(path, names(if id == "island" { "Island" } else { "Curling" })).expect(200, "back");
    }
    let sports = city.get("/v1/sports?limit=500");
    assert_eq!(items(&sports).last().map(|sport| &sport["id"]), Some(&json!("curling")));
}

#[test]
fn a_holiday_has_the_hours_and_prices_of_holidays() {
    let city = City::demo();
    let operator = city.operator();
    let put = |body: Value| {
        city.ask(&Request::new("PUT", "/v1/operator/holidays").token(&operator.token).json(&body))
    };
    let slot = city.free_court(3);
    let before = city.slots(&slot.pitch, &city.day(3));
    let venue = city.get(&format!("/v1/venues/{}", slot.venue));
    let pitches = venue["pitches"].as_array().expect("pitches");
    let pitch = pitches.iter().find(|pitch| pitch["id"] == slot.pitch).expect("the pitch");
    let hours = pitch["opening_hours"].as_array().expect("hours");
    let on_holidays: Vec<&Value> = hours.iter().filter(|open| open["day"] == "holiday").collect();
    let set = |kind: &str| json!({ "days": [{ "date": city.day(3), "goes_by": kind }] });
    let known = put(json!({ "days": [{ "date": "2030-01-01", "goes_by": "holiday" }] }));
    let known = known.expect(200, "a day far away").json();
    let special = items(&known).iter().find(|special| special["date"] == city.day(3));
    let date: jiff::civil::Date = city.day(3).parse().expect("a date");
    let usual = special
        .map_or_else(|| format!("{:?}", date.weekday()).to_lowercase(), |special| text(&special["goes_by"]));
    let all = put(set("holiday")).expect(200, "a holiday").json();
    assert!(items(&all).contains(&set("holiday")["days"][0]), "{all}");
    for slot in city.slots(&slot.pitch, &city.day(3)) {
        let (start, end) = (text(&slot["start"])[11..16].to_owned(), text(&slot["end"])[11..16].to_owned());
        let is_open = on_holidays.iter().any(|open| {
            text(&open["from"]) <= start
                && (end == "00:00" || end <= text(&open["to"]))
                && start < text(&open["to"])
        });
        assert_eq!(slot["status"] != "closed", is_open, "{slot} {on_holidays:?}");
    }
    let _ = put(set(&usual)).expect(200, "the day as it was");
    assert_eq!(city.slots(&slot.pitch, &city.day(3)), before);
    let twice = [set("holiday")["days"][0].clone(), set("monday")["days"][0].clone()];
    for wrong in [json!([]), json!(twice)] {
        check(&put(json!({ "days": wrong })), "invalid-request", "no days, or one twice");
    }
}

#[test]
fn an_operator_is_made_at_the_console_while_the_city_is_closed() {
    let ground = City::demo().kill();
    let create = |more: &[&str]| {
        let mut command = kaichang();
        command.args(["operator", "create", "--data-dir"]).arg(ground.path()).args(more);
        run(&mut command)
    };
    let made = create(&["--phone", "13912345678", "--name", "Second"]);
    assert_eq!(made.code, Some(0), "{}", made.said);
    let printed = printed(&made.said);
    assert_eq!((&printed["role"], &printed["phone"]), (&json!("operator"), &json!("+8613912345678")));
    let taken = create(&["--phone", "13912345678"]);
    assert_eq!(taken.code, Some(2), "{}", taken.said);
    assert!(taken.said.contains("phone number"), "{}", taken.said);
    assert_eq!(create(&["--phone", "1"]).code, Some(2), "no phone number");
    let third = create(&[]);
    assert_eq!(third.code, Some(0), "{}", third.said);
    assert_eq!(ground.verify().code, Some(0));

    let city = ground.open();
    let operator = city.log_in(&printed["phone"], &printed["password"]);
    let districts = city.get_as(&operator, "/v1/operator/districts");
    assert!(!items(&districts).is_empty());
    let mut command = kaichang();
    command.args(["operator", "create", "--data-dir"]).arg(city.ground.path());
    let locked = run(&mut command);
    assert_eq!(locked.code, Some(2), "beside a server: {}", locked.said);

    let nowhere = city.ground.path().join("nowhere");
    let mut command = kaichang();
    command.args(["operator", "create", "--data-dir"]).arg(&nowhere);
    assert_eq!(run(&mut command).code, Some(2), "where no city is");
    assert!(!nowhere.exists(), "and none is made");
}

/// The line of JSON among what a command said.
pub(crate) fn printed(said: &str) -> Value {
    let line = said.lines().find(|line| line.starts_with("{\"role\"")).unwrap_or_else(|| panic!("{said}"));
    serde_json::from_str(line).expect("JSON")
}

#[test]
fn a_venue_that_moves_is_found_where_it_is_now() {
    let city = City::demo();
    let operator = city.operator();
    let venue = city.free_court(3).venue;
    let patch = |body: &Value| {
        let path = format!("/v1/operator/venues/{venue}");
        city.ask(&Request::new("PATCH", &path).token(&operator.token).json(body))
    };
    let before = city.get(&format!("/v1/venues/{venue}"));
    for (body, field) in [
        (json!({ "name": { "zh-Hans": "", "en": "Hall" } }), "name.zh-Hans"),
        (json!({ "latitude": 91.0, "longitude": 114.0 }), "latitude"),
        (json!({ "latitude": 22.0 }), "longitude"),
        (json!({ "district": "atlantis" }), "district"),
    ] {
        let problem = check(&patch(&body), "invalid-request", field);
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let _ = patch(&json!({})).expect(200, "nothing is changed");
    assert_eq!(city.get(&format!("/v1/venues/{venue}")), before);
    let log = city.get_as(&operator, "/v1/operator/audit");
    assert!(items(&log).is_empty(), "{log}");
    let other = if before["district"]["id"] == "dapeng" { "yantian" } else { "dapeng" };
    let body = json!({
        "name": names("Island Hall"), "address": names("1 Island Road"), "district": other, "latitude": 22.5,
        "longitude": 114.5, "admission": "open",
    });
    let answer = patch(&body).expect(200, "a change").json();
    assert_eq!((&answer["name"], &answer["admission"]), (&names("Island Hall"), &json!("open")));
    let city = city.kill_and_reopen();
    let after = city.get(&format!("/v1/venues/{venue}"));
    assert_eq!((&after["district"]["id"], &after["name"]), (&json!(other), &names("Island Hall")));
    assert_eq!(after["location"], json!({ "latitude": 22.5, "longitude": 114.5 }));
    assert_eq!(after["pitches"], before["pitches"]);
    let near = city.get("/v1/venues?near=22.5,114.5&limit=1");
    assert_eq!(items(&near)[0]["id"], json!(venue), "{near}");
    let there = city.get(&format!("/v1/venues?district={other}&limit=500"));
    assert!(items(&there).iter().any(|found| found["id"] == json!(venue)));
    let log = city.get_as(&operator, "/v1/operator/audit");
    let entry = &items(&log)[0];
    assert_eq!((&entry["what"], &entry["after"]["district"]), (&json!("venue_changed"), &json!(other)));
}
