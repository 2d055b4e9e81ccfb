//! Bodies that nobody should send, to every route that takes one: a problem of the contract, nothing changed, never a fault.

use serde_json::{Value, json};

use crate::city::City;
use crate::client::{Connection, Request};
use crate::problems::check;
use crate::routes::{ROUTES, Route, Scene};
use crate::unchanged::{State, refused, refused_as};

const JSON: &str = "application/json";

fn with_body() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.takes_body)
}

/// Whether a field may be left out, or be null.
fn is_optional(route: &Route, field: &str) -> bool {
    route.method == "PATCH" || matches!(field, "party_size" | "birth_year" | "first_slot" | "refund")
}

fn replaced(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}

#[test]
fn what_is_no_json_object_is_refused() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    let deep = [b"{\"pitch\":".to_vec(), b"[".repeat(30_000)].concat();
    let huge_number = format!("{{\"amount\":1{},\"provider\":\"sandbox\"}}", "0".repeat(50_000));
    for route in with_body() {
        let good = scene.body(route).to_string();
        let with_bom = [b"\xef\xbb\xbf", good.as_bytes()].concat();
        let invalid_utf8 = [&good.as_bytes()[..good.len() - 2], b"\xff\xfe\"}"].concat();
        let in_utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for body in [
            &b"{"[..],
            b"}",
            b"{}{}",
            b"[]",
            b"[[]]",
            b"null",
            b"true",
            b"5",
            b"\"text\"",
            b"   ",
            b"\0",
            b"{\"a\":1,}",
            b"{'a':1}",
            b"{\"a\":NaN}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":1e999}",
            b"<?xml version=\"1.0\"?><a/>",
            &good.as_bytes()[..good.len() - 1],
            format!("{good}x").as_bytes(),
            &with_bom,
            &invalid_utf8,
            &in_utf16,
            &deep,
            huge_number.as_bytes(),
        ] {
            let request = scene.request(route, "").bytes(JSON, body.to_vec());
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            refused_as(&city, &request, "invalid-request", &format!("{} {shown}", route.path));
        }
        refused_as(&city, &scene.request(route, ""), "invalid-request", "no body at all");
    }
    assert_eq!(State::of(&city, &scene), before);
}

#[test]
fn a_field_that_is_missing_unknown_twice_or_of_another_type_is_named() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    for route in with_body() {
        let good = scene.body(route);
        let named = |body: Vec<u8>, field: &str| {
            let shown = format!("{} {}", route.path, String::from_utf8_lossy(&body));
            let problem =
                refused_as(&city, &scene.request(route, "").bytes(JSON, body), "invalid-request", &shown);
            let fields: Vec<&Value> =
                problem["errors"].as_array().expect("errors").iter().map(|error| &error["field"]).collect();
            assert!(fields.contains(&&json!(field)), "{shown}: {problem}");
        };
        for unknown in ["price", "role", "id", "status", "resident", "__proto__", "Phone", ""] {
            named(replaced(&good, unknown, json!(1)).to_string().into_bytes(), unknown);
        }
        for (field, value) in good.as_object().expect("an object") {
            let wrong_types: &[Value] = if value.is_f64() {
                &[json!("1"), json!(true), json!([1]), json!({}), json!(1e30)]
            } else if value.is_object() {
                &[json!(1), json!(true), json!([value]), json!("name")]
            } else if value.is_number() {
                &[json!("1"), json!(1.5), json!(true), json!([1]), json!({}), json!(1e30), json!(u64::MAX)]
            } else if value.is_object() {
                &[json!(1), json!(true), json!("text"), json!([value])]
            } else {
                &[json!(1), json!(true), json!([value]), json!({ "a": value })]
            };
            for wrong in wrong_types {
                named(replaced(&good, field, wrong.clone()).to_string().into_bytes(), field);
            }
            if is_optional(route, field) {
                continue;
            }
            named(replaced(&good, field, Value::Null).to_string().into_bytes(), field);
            let mut without = good.clone();
            without.as_object_mut().expect("an object").remove(field);
            named(without.to_string().into_bytes(), field);
            let text = good.to_string();
            named(format!("{{\"{field}\":{value},{}", &text[1..]).into_bytes(), field);
        }
    }
    assert_eq!(State::of(&city, &scene), before);
}

#[test]
fn a_value_that_is_out_of_range_is_named() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    let route =
        |path: &str| ROUTES.iter().find(|route| route.path == path && route.takes_body).expect("a route");
    let mut cases: Vec<(&str, &str, Value)> = Vec::new();
    for amount in [0, -1, i64::MAX, i64::MIN, 10_000_001] {
        cases.push(("/v1/wallet/top-ups", "amount", json!(amount)));
    }
    for provider in ["", "wechat", "SANDBOX", "sandbox "] {
        cases.push(("/v1/wallet/top-ups", "provider", json!(provider)));
    }
    for party in [0, -1, 65_536, i64::MAX, i64::MIN] {
        cases.push(("/v1/bookings", "party_size", json!(party)));
    }
    for pay_with in ["", "cash", "Wallet"] {
        cases.push(("/v1/bookings", "pay_with", json!(pay_with)));
    }
    let long = "1".repeat(20_000);
    for phone in [
        "",
        "1",
        "+",
        "110",
        "+0123456789",
        "+86139abc45678",
        "1391234567",
        " 13912345678",
        "+8613912345678901",
        "１３９１２３４５６７８",
        &long,
    ] {
        cases.push(("/v1/residents", "phone", json!(phone)));
        cases.push(("/v1/logins", "phone", json!(phone)));
    }
    let (short, longer) = ("1234567", "x".repeat(1025));
    for password in ["", short, &longer] {
        cases.push(("/v1/residents", "password", json!(password)));
    }
    cases.push(("/v1/logins", "password", json!(longer)));
    for name in ["", " ", "a\u{0}b", "a\nb", "\u{7f}", &"名".repeat(65)] {
        cases.push(("/v1/residents", "name", json!(name)));
    }
    for (path, field, value) in cases {
        let body = replaced(&scene.body(route(path)), field, value.clone());
        let shown: String = format!("{path} {field} {value}").chars().take(120).collect();
        let problem =
            refused_as(&city, &scene.request(route(path), "").json(&body), "invalid-request", &shown);
        assert_eq!(problem["errors"][0]["field"], field, "{shown}: {problem}");
    }
    assert_eq!(State::of(&city, &scene), before);
    let known = Request::post("/v1/logins", &scene.body(route("/v1/logins")));
    check(&city.ask(&known), "unauthenticated", "nobody was signed up");
}

#[test]
fn times_that_cant_be_booked_are_refused() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    let order = scene.slot.order();
    let (start, end) = (&scene.slot.start, &scene.slot.end);
    let day = &scene.day;
    let shift = |time: &str, to: &str| time.replacen(day.as_str(), to, 1);
    let minutes = |time: &str, to: &str| format!("{}{to}{}", &time[..14], &time[16..]);
    let mut cases: Vec<(&str, String, String)> = vec![
        ("end", start.clone(), start.clone()),
        ("end", end.clone(), start.clone()),
        ("start", minutes(start, "07"), end.clone()),
        ("end", start.clone(), minutes(end, "59")),
        ("end", start.clone(), format!("{}T00:30:00+08:00", city.day(4))),
        ("end", start.clone(), shift(end, &city.day(4))),
        ("end", start.clone(), shift(end, &city.day(40))),
        ("start", shift(start, &city.day(8)), shift(end, &city.day(8))),
        ("start", shift(start, &city.day(36_500)), shift(end, &city.day(36_500))),
        ("start", shift(start, "9999-12-01"), shift(end, "9999-12-01")),
    ];
    for nonsense in [
        "",
        "now",
        "tomorrow",
        "0",
        "2026-11-24",
        "2026-11-24T18:00:00",
        "2026-02-30T18:00:00+08:00",
        "2026-11-24T25:00:00+08:00",
        "2026-11-24T18:00:60+08:00",
        "-2026-11-24T18:00:00+08:00",
        "+12026-11-24T18:00:00+08:00",
        "99999-01-01T00:00:00Z",
        "2026-11-24T18:00:00+99:00",
        "2026-11-24T18:00:00+08:00[Asia/Shanghai]",
        "\u{0}",
    ] {
        cases.push(("start", nonsense.to_owned(), end.clone()));
        cases.push(("end", start.clone(), nonsense.to_owned()));
    }
    for (field, start, end) in cases {
        let body = replaced(&replaced(&order, "start", json!(start)), "end", json!(end));
        let asked = format!("from {start} to {end}");
        let request = crate::city::booking(&scene.resident, "times", &body);
        let problem = refused_as(&city, &request, "invalid-request", &asked);
        let fields: Vec<&Value> =
            problem["errors"].as_array().expect("errors").iter().map(|error| &error["field"]).collect();
        assert!(fields.contains(&&json!(field)), "{asked}: {problem}");
    }
    // Long over: closed, not malformed.
    for past in ["1970-01-01", "0001-01-01", &city.day(-400)] {
        let body =
            replaced(&replaced(&order, "start", json!(shift(start, past))), "end", json!(shift(end, past)));
        let problem = refused(&city, &crate::city::booking(&scene.resident, "times", &body), past);
        let name = &problem["type"];
        assert!(name == "/problems/slot-closed" || name == "/problems/invalid-request", "{past}: {problem}");
    }
    assert_eq!(State::of(&city, &scene), before);
    // The same moment in another offset is the same slot.
    let utc: jiff::Timestamp = start.parse().expect("a time");
    let body = replaced(&order, "start", json!(utc.to_string()));
    let booked = city.book(&city.resident(), "utc", &body).expect(201, "in UTC").json();
    assert_eq!(booked["start"], json!(start));
}

#[test]
fn ids_of_other_kinds_are_ids_of_nothing() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let top_up = json!({ "amount": 1, "provider": "sandbox" });
    let top_up = city.ask(&Request::post("/v1/wallet/top-ups", &top_up).token(&scene.resident.token)).json();
    let cursor = city.get("/v1/venues?limit=1")["next"].clone();
    let before = State::of(&city, &scene);
    let of_another_city = "b".repeat(27);
    let long = "b".repeat(4000);
    let ids = [
        scene.resident.id.as_str(),
        top_up["id"].as_str().expect("an id"),
        cursor.as_str().expect("a cursor"),
        "0",
        "-1",
        "..",
        "%00",
        "%ff",
        "b%2F",
        "null",
        &of_another_city,
        &long,
        &scene.slot.pitch,
        &scene.booking.to_uppercase(),
    ];
    for id in ids {
        for method in ["GET", "DELETE"] {
            let request = Request::new(method, &format!("/v1/bookings/{id}")).token(&scene.resident.token);
            refused_as(&city, &request, "not-found", &format!("{method} booking {id}"));
        }
        if id != scene.slot.pitch {
            refused_as(
                &city,
                &Request::get(&format!("/v1/venues/{id}")),
                "not-found",
                &format!("venue {id}"),
            );
            let slots = Request::get(&format!("/v1/pitches/{id}/slots?date={}", scene.day));
            refused_as(&city, &slots, "not-found", &format!("pitch {id}"));
            let body = replaced(&scene.slot.order(), "pitch", json!(id));
            let request = crate::city::booking(&scene.resident, "ids", &body);
            refused_as(&city, &request, "not-found", &format!("a booking of {id}"));
        }
    }
    for (path, id) in
        [("venues", &scene.booking), ("venues", &scene.slot.pitch), ("problems", &scene.booking)]
    {
        let prefix = if path == "problems" { "" } else { "/v1" };
        refused_as(&city, &Request::get(&format!("{prefix}/{path}/{id}")), "not-found", path);
    }
    for id in [&scene.slot.venue, &scene.booking] {
        let body = replaced(&scene.slot.order(), "pitch", json!(id));
        refused_as(&city, &crate::city::booking(&scene.resident, "ids", &body), "not-found", "no pitch");
    }
    assert_eq!(State::of(&city, &scene), before);
}

#[test]
fn ten_megabytes_are_too_much_and_something_else_than_json_is_not_taken() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    let large = vec![b' '; 10 * 1024 * 1024];
    for route in with_body() {
        let mut connection = Connection::open(city.address()).expect("a connection");
        connection.write(&scene.request(route, "").bytes(JSON, large.clone()).encode());
        // Whoever sends so much may be hung up on before he reads the answer, but is never answered otherwise.
        if let Some(answer) = connection.answer() {
            check(&answer, "payload-too-large", route.path);
        }
        let little_too_large = vec![b' '; 64 * 1024 + 1];
        let request = scene.request(route, "").bytes(JSON, little_too_large);
        refused_as(&city, &request, "payload-too-large", route.path);

        let mut connection = Connection::open(city.address()).expect("a connection");
        let chunked =
            scene.request(route, "").header("content-type", JSON).header("transfer-encoding", "chunked");
        connection.write(&chunked.encode());
        for _ in 0..64 {
            connection.write(format!("10000\r\n{}\r\n", " ".repeat(0x10000)).as_bytes());
        }
        connection.write(b"0\r\n\r\n");
        if let Some(answer) = connection.answer() {
            check(&answer, "payload-too-large", route.path);
        }
        let good = scene.body(route).to_string().into_bytes();
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "",
            "multipart/form-data",
        ] {
            let request = scene.request(route, "").bytes(media_type, good.clone());
            refused_as(&city, &request, "unsupported-media-type", &format!("{} {media_type}", route.path));
        }
    }
    assert_eq!(State::of(&city, &scene), before);
}
