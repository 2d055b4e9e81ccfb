//! The routes that everyone may ask.

use kaichang::api::problem::Text;

use crate::world::World;

#[test]
fn life_and_readiness_are_two_things() {
    let world = World::new();
    assert_eq!(world.get("/healthz").status, 200);
    let answer = world.get("/readyz");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["type"], "/problems/overloaded");
    assert_eq!(answer.json()["reason"], "starting");
    assert!(answer.header("retry-after").is_some());
    world.readiness.set_ready();
    assert_eq!(world.get("/readyz").status, 200);
    world.readiness.set_not_ready(Text::fixed("the log has stopped", "日志已停止"));
    assert_eq!(world.get("/readyz").status, 503);
    let _ = world.shutdown();
}

#[test]
fn the_time_is_the_citys() {
    let world = World::new();
    let answer = world.get("/v1/time");
    assert_eq!(answer.json(), serde_json::json!({ "now": "2026-11-24T18:00:00.120+08:00" }));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let _ = world.shutdown();
}

#[test]
fn the_api_describes_itself_without_the_internet() {
    let world = World::new();
    let api = world.get("/openapi.json").json();
    assert!(api["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", api["openapi"]);
    for path in ["/healthz", "/readyz", "/v1/time", "/problems/{name}"] {
        let operation = &api["paths"][path]["get"];
        assert!(operation["responses"]["default"].is_object(), "{path}: {operation}");
    }
    assert!(api["components"]["schemas"]["Problem"].is_object());
    assert!(api["components"]["securitySchemes"]["token"].is_object());
    assert!((200..400).contains(&world.get("/docs").status));
    let docs = world.get("/docs/");
    assert_eq!(docs.status, 200);
    assert!(String::from_utf8_lossy(&docs.body).contains("swagger"));
    assert_eq!(world.get("/docs/swagger-ui-bundle.js").status, 200);
    let _ = world.shutdown();
}

#[test]
fn problems_are_explained() {
    let world = World::new();
    let explained = world.get("/problems/slot-taken").json();
    assert_eq!(explained["status"], 409);
    assert_eq!(explained["title"]["zh-Hans"], "已被预订");
    let page = world.ask("GET /problems/slot-taken HTTP/1.1\r\nhost: x\r\naccept: text/html\r\n", b"");
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    let _ = world.shutdown();
}
