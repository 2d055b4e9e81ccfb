//! Requests that nobody should send, to every route: methods, queries, tokens, heads. A problem of the contract, nothing changed,
//! never a fault.

use crate::city::{City, booking};
use crate::client::{Connection, Request};
use crate::routes::{Access, ROUTES, Scene};
use crate::unchanged::{State, refused_as};

#[test]
fn a_method_that_an_address_does_not_take_is_refused() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    for route in &ROUTES {
        let taken: Vec<&str> =
            ROUTES.iter().filter(|other| other.path == route.path).map(|other| other.method).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get"] {
            if taken.contains(&method) {
                continue;
            }
            let request = Request::new(method, &scene.path(route)).token(&scene.resident.token);
            // An override in a header changes nothing.
            let request = request.header("x-http-method-override", route.method);
            refused_as(&city, &request, "method-not-allowed", &format!("{method} {}", route.path));
        }
    }
    // HEAD is taken where GET is. An answer to it has no body, so it is looked at by its head alone.
    for route in &ROUTES {
        for method in ["OPTIONS", "TRACE", "HEAD"] {
            let is_taken =
                |wanted: &str| ROUTES.iter().any(|other| other.path == route.path && other.method == wanted);
            if method == "HEAD" && is_taken("GET") {
                continue;
            }
            let mut connection = Connection::open(city.address()).expect("a connection");
            connection
                .write(&Request::new(method, &scene.path(route)).header("connection", "close").encode());
            let head = connection.head().expect("an answer");
            let shown = format!("{method} {}: {head}", route.path);
            assert!(head.starts_with("HTTP/1.1 405"), "{shown}");
            let allow = head.lines().find_map(|line| line.strip_prefix("allow: ")).expect("Allow");
            assert!(allow.split(',').any(|allowed| allowed.trim() == route.method), "{shown}");
        }
    }
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v2/bookings",
        "//v1/bookings",
        "/v1/bookings/",
        "/v1/wallet/%2e%2e",
        "/V1/wallet",
    ] {
        refused_as(&city, &Request::get(path).token(&scene.resident.token), "not-found", path);
    }
    assert_eq!(State::of(&city, &scene), before);
}

#[test]
fn an_unknown_or_malformed_query_is_refused() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    for route in ROUTES.iter().filter(|route| route.path.starts_with("/v1/")) {
        let good = scene.query(route);
        let join = if good.is_empty() { "?" } else { "&" };
        for wrong in ["x=1", "Limit=1", "access_token=a", "%ff=1", "x=%zz", "a=1&a=2", "="] {
            let request = scene.request(route, &format!("{good}{join}{wrong}"));
            let request = if route.takes_body { request.json(&scene.body(route)) } else { request };
            refused_as(
                &city,
                &request,
                "invalid-request",
                &format!("{} {} {wrong}", route.method, route.path),
            );
        }
    }
    for path in ["/v1/bookings", "/v1/wallet/entries", "/v1/venues", "/v1/sports", "/v1/availability"] {
        for wrong in [
            "limit=0",
            "limit=501",
            "limit=-1",
            "limit=1.5",
            "limit=x",
            "limit=",
            "limit=99999999999999999999",
            "limit=1&limit=1",
            "cursor=",
            "cursor=x",
        ] {
            let request = Request::get(&format!("{path}?{wrong}")).token(&scene.resident.token);
            refused_as(&city, &request, "invalid-request", &format!("{path} {wrong}"));
        }
    }
    for wrong in ["status=gone", "status=", "from=x", "to=2026-02-30", "from=20261124"] {
        let request = Request::get(&format!("/v1/bookings?{wrong}")).token(&scene.resident.token);
        refused_as(&city, &request, "invalid-request", wrong);
    }
    for date in ["9999-12-31", "99999-01-01", "2026-13-01", "0", "-1", "today", &city.day(8)] {
        let request = Request::get(&format!("/v1/pitches/{}/slots?date={date}", scene.slot.pitch));
        refused_as(&city, &request, "invalid-request", date);
        refused_as(&city, &Request::get(&format!("/v1/availability?date={date}")), "invalid-request", date);
    }
    assert_eq!(State::of(&city, &scene), before);
}

#[test]
fn whoever_is_not_signed_in_gets_nowhere_staff_books_nothing_and_residents_manage_nothing() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    for route in ROUTES.iter().filter(|route| route.access != Access::Everyone) {
        let path = format!("{}{}", scene.path(route), scene.query(route));
        let as_somebody = |token: Option<&str>| {
            let request = Request::new(route.method, &path).key("k");
            let request = if let Some(token) = token { request.token(token) } else { request };
            if route.takes_body { request.json(&scene.body(route)) } else { request }
        };
        let long = "A".repeat(8000);
        for token in [None, Some(""), Some("x"), Some("null"), Some(scene.resident.id.as_str()), Some(&long)]
        {
            refused_as(
                &city,
                &as_somebody(token),
                "unauthenticated",
                &format!("{} {path} {token:?}", route.method),
            );
        }
        if route.access != Access::Accounts && route.path != "/v1/logins/current" {
            let other = if route.access == Access::Residents { &scene.manager } else { &scene.resident };
            refused_as(
                &city,
                &as_somebody(Some(&other.token)),
                "forbidden",
                &format!("{} {path}", route.method),
            );
        }
    }
    assert_eq!(State::of(&city, &scene), before);
}

#[test]
fn a_head_that_is_malformed_or_a_flood_is_refused_and_harms_nobody() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let before = State::of(&city, &scene);
    let body = r#"{"amount":100,"provider":"sandbox"}"#;
    let length = body.len();
    let token = &scene.resident.token;
    let top_up = |more: &str| {
        format!(
            "POST /v1/wallet/top-ups HTTP/1.1\r\nhost: city\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{more}\r\n{body}"
        )
        .into_bytes()
    };
    let many: String = (0..500).map(|number| format!("x-{number}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "1".repeat(1_000_000));
    let content_length = format!("content-length: {length}\r\n");
    for bytes in [
        top_up(&format!("{content_length}{many}")),
        top_up(&format!("{content_length}{long}")),
        top_up(&format!("{content_length}content-length: 3\r\n")),
        top_up("content-length: -1\r\n"),
        top_up("content-length: 99999999999999999999\r\n"),
        top_up(&format!("{content_length}transfer-encoding: chunked, identity\r\n")),
        top_up("transfer-encoding: chunked\r\n"),
        top_up(&format!("{content_length}x: a\r\n folded\r\n")),
        top_up(&format!("{content_length}x y: 1\r\n")),
        top_up(&format!("{content_length}x: \0\r\n")),
        format!("GET /v1/wallet HTTP/9.9\r\nhost: city\r\nauthorization: Bearer {token}\r\n\r\n")
            .into_bytes(),
        format!("GET /{} HTTP/1.1\r\nhost: city\r\n\r\n", "a".repeat(100_000)).into_bytes(),
        b"GET /v1/\xff HTTP/1.1\r\nhost: city\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(400),
        b"\r\n\r\n\r\nnonsense\r\n\r\n".to_vec(),
    ] {
        let mut connection = Connection::open(city.address()).expect("a connection");
        connection.write(&bytes);
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
        // What is no HTTP is answered below the API, or hung up on.
        if let Some(answer) = connection.answer() {
            assert!((400..500).contains(&answer.status), "{shown}: {}{}", answer.head, answer.text());
        }
    }
    assert_eq!(State::of(&city, &scene), before);
    let _ = city.book(&scene.resident, "after", &scene.slot.order()).expect(201, "and life goes on");
}

#[test]
fn whoever_hangs_up_in_the_middle_has_booked_or_has_not() {
    let city = City::demo();
    let scene = Scene::new(&city);
    let order = booking(&scene.resident, "hang-up", &scene.slot.order()).encode();
    for cut in (0..order.len()).step_by(17) {
        let mut connection = Connection::open(city.address()).expect("a connection");
        connection.write(&order[..cut]);
    }
    assert_eq!(city.slot(&scene.slot)["status"], "free", "half a request books nothing");
    let mut connection = Connection::open(city.address()).expect("a connection");
    connection.write(&order);
    drop(connection);
    // Whether it was done by then or not: the same key comes to one booking.
    let first = city.book(&scene.resident, "hang-up", &scene.slot.order()).expect(201, "a retry");
    let again = city.book(&scene.resident, "hang-up", &scene.slot.order()).expect(201, "a retry");
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(city.balance(&scene.resident), {
        let listed = city.get_as(&scene.resident, "/v1/bookings");
        let paid: i64 =
            crate::city::items(&listed).iter().map(|one| crate::city::amount(&one["price"])).sum();
        assert_eq!(crate::city::items(&listed).len(), 2);
        crate::city::BALANCE - paid
    });
}
