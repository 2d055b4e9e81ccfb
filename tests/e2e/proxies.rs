//! Whom a request comes from, and what that decides: how often an address may ask, and what browsers are told.

use serde_json::json;

use crate::city::{City, Ground, PASSWORD};
use crate::client::{Answer, Request};
use crate::problems::check;
use crate::server::{kaichang, serve};

/// More than an address may ask at once, and more than is let through while they are asked.
const MANY: u32 = 5000;
/// How many may sign up at once from one address.
const SIGN_UPS: u32 = 20;

/// A city that believes proxies on loopback.
fn behind_a_proxy() -> City {
    let ground = Ground::demo();
    let mut command = serve(kaichang(), ground.path());
    command.args(["--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "127.0.0.1"]);
    ground.open_with(command)
}

fn sign_up(number: u32) -> Request {
    let phone = format!("+86139{number:08}");
    Request::post("/v1/residents", &json!({ "phone": phone, "password": PASSWORD, "name": "新" }))
}

/// The answers to so many sign-ups, each with its number in the header's text.
fn sign_ups(city: &City, first: u32, forwarded: impl Fn(u32) -> String) -> Vec<u16> {
    let sent = |number| sign_up(number).header("x-forwarded-for", &forwarded(number));
    (first..=first + SIGN_UPS).map(|number| city.ask(&sent(number)).status).collect()
}

#[test]
fn who_asks_too_often_without_a_token_waits_and_nobody_else_does() {
    let city = behind_a_proxy();
    let mut client = city.client();
    let mut ask = |address: &str| client.ask(&Request::get("/v1/time").header("x-forwarded-for", address));
    let limited = (0..MANY).map(|_| ask("203.0.113.9")).find(|answer| answer.status != 200);
    let limited = limited.expect("a limit");
    check(&limited, "rate-limited", "too many from one address");
    assert!(limited.header("retry-after").is_some());
    let _ = ask("203.0.113.10").expect(200, "another address");
    // While the address waits: what no address takes is said all the same, and nothing else.
    let from_there = |method: &str, path: &str| {
        city.ask(&Request::new(method, path).header("x-forwarded-for", "203.0.113.9"))
    };
    for (method, path) in [("POST", "/v1/bookings"), ("DELETE", "/nowhere")] {
        let limited = (0..MANY).map(|_| from_there(method, path)).find(|answer| answer.status == 429);
        check(&limited.expect("a limit"), "rate-limited", path);
    }
    for (method, path) in [("DELETE", "/v1/time"), ("PUT", "/v1/bookings"), ("POST", "/docs")] {
        // More than what the bucket gains meanwhile.
        (0..100).for_each(|_| drop(check(&from_there(method, path), "method-not-allowed", path)));
    }
    let resident = city.resident();
    let signed = Request::get("/v1/wallet").token(&resident.token).header("x-forwarded-for", "203.0.113.9");
    let _ = city.ask(&signed).expect(200, "with a token one is counted by account");
}

#[test]
fn an_address_that_a_client_made_up_changes_nothing() {
    let city = behind_a_proxy();
    let made_up = sign_ups(&city, 0, |number| format!("198.51.100.{number}, 203.0.113.9, 10.1.1.1"));
    assert_eq!(made_up.iter().filter(|status| **status == 429).count(), 1, "{made_up:?}");
    let others = sign_ups(&city, 100, |number| format!("198.51.100.{}", number % 100));
    assert!(others.iter().all(|status| *status == 201), "each from another address: {others:?}");

    // Where no proxy is trusted the header is anybody's, and loopback is not counted.
    let city = City::demo();
    let forged = sign_ups(&city, 0, |_| "203.0.113.9".to_owned());
    assert!(forged.iter().all(|status| *status == 201), "{forged:?}");
}

#[test]
fn browsers_are_told_to_be_careful_with_every_answer() {
    let city = behind_a_proxy();
    let over = |scheme: &str, path: &str| city.ask(&Request::get(path).header("x-forwarded-proto", scheme));
    let careful = |path: &str, answer: &Answer| {
        // A page's forms say that they come from here; nothing else says anything.
        let referrer = if path == "/" { "same-origin" } else { "no-referrer" };
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", referrer),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{}", answer.head);
        }
    };
    for path in ["/", "/docs/", "/v1/time", "/v1/nothing", "/v1/wallet", "/openapi.json"] {
        let (plain, secure) = (over("http", path), over("https", path));
        careful(path, &plain);
        careful(path, &secure);
        assert_eq!(plain.header("strict-transport-security"), None);
        assert_eq!(secure.header("strict-transport-security"), Some("max-age=31536000"));
    }
    let city = City::demo();
    let forged = city.ask(&Request::get("/").header("x-forwarded-proto", "https"));
    assert_eq!(forged.header("strict-transport-security"), None, "nobody whom we trust said so");
}

#[test]
fn who_would_lose_the_cookie_is_told_so() {
    let city = behind_a_proxy();
    let asked = |scheme: &str, from: &str| {
        let request = Request::get("/sign-in").header("accept", "text/html");
        let request = request.header("x-forwarded-proto", scheme).header("x-forwarded-for", from);
        city.ask(&request).expect(200, "/sign-in").text().contains("only over https")
    };
    assert!(asked("http", "203.0.113.9"));
    assert!(!asked("https", "203.0.113.9"));
    let same_machine = city.ask(&Request::get("/sign-in").header("accept", "text/html"));
    assert!(!same_machine.text().contains("only over https"));
}

#[test]
fn a_network_that_is_none_is_said_at_once() {
    let ground = Ground::demo();
    let mut command = serve(kaichang(), ground.path());
    command.args(["--trusted-proxy", "10.0.0.0/33"]);
    let ended = ground.refuses_to_open(command);
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("10.0.0.0/33"), "{}", ended.said);
}
