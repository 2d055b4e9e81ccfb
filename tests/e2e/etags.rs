//! ETags: whoever has an answer already gets none again, wherever something is read; and nobody between keeps what is somebody's own.

use crate::city::City;
use crate::client::Request;
use crate::routes::{Access, ROUTES, Scene};

/// What is another each time it is asked, goes on, is no JSON, or is to be kept by nobody; and what only a release has that is drawn by
/// lot (`lottery.rs`) or that one queues for (`queue.rs`).
const WITHOUT: [&str; 15] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/problems/{name}",
    "/v1/time",
    "/v1/releases/{release}/report",
    "/v1/residents/me/export",
    "/v1/pitches/{pitch}/events",
    "/v1/venues/{venue}/events",
    "/v1/bookings/{id}/ticket.svg",
    "/v1/releases/{release}/draw",
    "/v1/releases/{release}/entries/mine",
    "/v1/releases/{release}/queue",
    "/v1/releases/{release}/queue/me",
    "/v1/releases/{release}/queue/challenge",
];

#[test]
fn whatever_is_read_is_answered_by_304_while_it_is_the_same() {
    let city = City::demo();
    let scene = Scene::new(&city);
    for route in ROUTES.iter().filter(|route| route.method == "GET" && !WITHOUT.contains(&route.path)) {
        let ask = |known: Option<&str>| {
            let mut request = scene.request(route, &scene.query(route));
            if let Some(known) = known {
                request = request.header("if-none-match", known);
            }
            city.ask(&request)
        };
        let first = ask(None).expect(200, route.path);
        let etag = first.header("etag").unwrap_or_else(|| panic!("{} has no ETag", route.path)).to_owned();
        let cached = if route.access == Access::Everyone { "no-cache" } else { "private, no-cache" };
        assert_eq!(first.header("cache-control"), Some(cached), "{}", route.path);
        let again = ask(Some(&etag)).expect(304, route.path);
        assert_eq!(
            (again.header("etag"), again.header("cache-control"), again.body.len()),
            (Some(etag.as_str()), Some(cached), 0),
            "{}",
            route.path
        );
        assert_eq!(ask(Some("\"another\"")).expect(200, route.path).body, first.body, "{}", route.path);
    }
}

#[test]
fn a_list_of_ones_own_has_another_etag_when_it_is_another() {
    let city = City::demo();
    let resident = city.resident();
    let ask = |path: &str| city.ask(&Request::get(path).token(&resident.token)).expect(200, path);
    let paths = ["/v1/bookings", "/v1/wallet", "/v1/wallet/entries"];
    let before = paths.map(|path| ask(path).header("etag").map(str::to_owned));
    let slot = city.free_courts(3).into_iter().find(|slot| slot.price > 0).expect("a price");
    let _ = city.booked(&resident, &slot);
    for (path, before) in paths.iter().zip(before) {
        let known = before.expect("an ETag");
        let request = Request::get(path).token(&resident.token).header("if-none-match", &known);
        let now = city.ask(&request).expect(200, "what is another by now");
        assert_ne!(now.header("etag"), Some(known.as_str()), "{path}");
    }
}
