//! Every refusal has the contract's shape, speaks the reader's language, and is judged in the contract's order.

use crate::world::{Answer, JSON, TOKEN, World};

fn check(answer: &Answer, name: &str, status: u16) {
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(answer.status, status, "{name}: {} {body}", answer.head);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let problem = answer.json();
    assert_eq!(problem["type"], format!("/problems/{name}"), "{body}");
    assert_eq!(problem["status"], status);
    let request_id = answer.header("x-request-id").expect("a request id");
    assert_eq!(problem["instance"], format!("urn:kaichang:request:{request_id}"));
    assert!(problem["title"].is_string() && problem["detail"].is_string());
}

#[test]
fn what_is_not_there_or_not_so_is_a_problem() {
    let world = World::new();
    check(&world.get("/nothing"), "not-found", 404);
    check(&world.get("/v1/%ff?x=%ff"), "not-found", 404);
    let wrong_method = world.get("/v1/orders");
    check(&wrong_method, "method-not-allowed", 405);
    assert_eq!(wrong_method.header("allow"), Some("POST"));
    check(&world.ask("DELETE /healthz HTTP/1.1\r\nhost: x\r\n", b""), "method-not-allowed", 405);
    check(&world.get("/v1/time?x=1"), "invalid-request", 400);
    check(&world.get("/problems/nonsense"), "not-found", 404);
    let _ = world.shutdown();
}

#[test]
fn size_and_type_are_judged_before_the_token_and_the_token_before_the_content() {
    let world = World::new();
    let large = vec![b' '; 64 * 1024 + 1];
    let orders = "/v1/orders";
    check(&world.post(orders, "", &large), "payload-too-large", 413);
    check(&world.post(orders, "content-type: text/plain\r\n", b"{}"), "unsupported-media-type", 415);
    check(&world.post(orders, "", b"{}"), "unsupported-media-type", 415);
    check(&world.post("/v1/nothing", "", b"{}"), "unsupported-media-type", 415);
    let anonymous = world.post(orders, JSON, b"{\"nonsense\"");
    check(&anonymous, "unauthenticated", 401);
    assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
    let signed_in = format!("{JSON}{TOKEN}");
    check(&world.post(orders, &signed_in, b"{\"nonsense\""), "invalid-request", 400);
    check(&world.post(orders, TOKEN, b""), "invalid-request", 400);
    let full = format!("{{\"pitch\":\"{}\"}}", "p".repeat(64 * 1024 - 12));
    assert_eq!(full.len(), 64 * 1024);
    assert_eq!(world.post(orders, &signed_in, full.as_bytes()).status, 201);
    let _ = world.shutdown();
}

#[test]
fn a_chunked_body_is_bounded_too() {
    let world = World::new();
    let mut client = world.connect();
    let head = format!("POST /v1/orders HTTP/1.1\r\nhost: x\r\n{JSON}{TOKEN}transfer-encoding: chunked\r\n");
    client.send(&head, b"");
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    for _ in 0..17 {
        std::io::Write::write_all(&mut client.stream, chunk.as_bytes()).expect("sent");
    }
    std::io::Write::write_all(&mut client.stream, b"0\r\n\r\n").expect("sent");
    check(&client.answer().expect("an answer"), "payload-too-large", 413);
    assert_eq!(client.ask("GET /healthz HTTP/1.1\r\nhost: x\r\n", b"").status, 200, "and goes on");
    let _ = world.shutdown();
}

#[test]
fn a_wrong_field_is_named() {
    let world = World::new();
    let headers = format!("{JSON}{TOKEN}");
    for (body, field) in [
        (&b"{}"[..], "pitch"),
        (b"{\"pitch\":\"p\",\"price\":1}", "price"),
        (b"{\"pitch\":\"p\",\"pitch\":\"p\"}", "pitch"),
        (b"{\"pitch\":\"p\",\"party_size\":\"1\"}", "party_size"),
        (b"{\"pitch\":\"\xff\"}", ""),
        (b"[]", ""),
    ] {
        let answer = world.post("/v1/orders", &headers, body);
        check(&answer, "invalid-request", 400);
        let errors = &answer.json()["errors"];
        assert_eq!(errors[0]["field"], field, "{errors}");
        assert!(errors[0]["message"].is_string());
    }
    let key = format!("{headers}idempotency-key: a b\r\n");
    let answer = world.post("/v1/orders", &key, b"{\"pitch\":\"p\"}");
    check(&answer, "invalid-request", 400);
    let _ = world.shutdown();
}

#[test]
fn problems_carry_what_the_contract_names() {
    let world = World::new();
    let refused =
        |name: &str| world.post("/v1/refusals", JSON, format!("{{\"name\":\"{name}\"}}").as_bytes());
    let answer = refused("not-released");
    check(&answer, "not-released", 425);
    assert_eq!(answer.json()["releases_at"], "1970-01-01T00:00:00+00:00");
    assert_eq!(answer.header("retry-after"), Some("1"), "at least one second");
    let answer = refused("quota-exceeded");
    check(&answer, "quota-exceeded", 403);
    let problem = answer.json();
    assert_eq!((&problem["quota"], &problem["limit"]), (&"per-day".into(), &4.into()));
    assert_eq!(problem["used"], 4);
    let answer = refused("insufficient-funds");
    check(&answer, "insufficient-funds", 402);
    assert_eq!(answer.json()["price"], serde_json::json!({ "amount": 1500, "currency": "CNY" }));
    let answer = refused("rate-limited");
    check(&answer, "rate-limited", 429);
    assert_eq!(answer.header("retry-after"), Some("7"));
    check(&refused("slot-taken"), "slot-taken", 409);
    let _ = world.shutdown();
}

#[test]
fn a_fault_of_ours_tells_its_request_id_and_nothing_else() {
    let world = World::new();
    let mut client = world.connect();
    for (path, body) in [("/v1/panics", "{}"), ("/v1/refusals", "{\"name\":\"x\"}")] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nx-request-id: mine-1\r\n{JSON}");
        let answer = client.ask(&head, body.as_bytes());
        check(&answer, "internal", 500);
        assert_eq!(answer.header("x-request-id"), Some("mine-1"));
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    }
    assert_eq!(client.ask("GET /healthz HTTP/1.1\r\nhost: x\r\n", b"").status, 200, "the worker lives");
    let _ = world.shutdown();
}

#[test]
fn the_readers_language_is_spoken() {
    let world = World::new();
    for (accepted, language, title) in [
        ("", "en", "Not found"),
        ("accept-language: fr\r\n", "en", "Not found"),
        ("accept-language: en;q=0.3, zh-CN\r\n", "zh-Hans", "未找到"),
    ] {
        let answer = world.ask(&format!("GET /nothing HTTP/1.1\r\nhost: x\r\n{accepted}"), b"");
        check(&answer, "not-found", 404);
        assert_eq!(answer.header("content-language"), Some(language));
        assert_eq!(answer.json()["title"], title);
    }
    let _ = world.shutdown();
}
