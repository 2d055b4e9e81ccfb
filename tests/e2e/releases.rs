//! `/v1/releases`: what opens when, and that it has.

use serde_json::json;

use crate::city::{City, items, text};
use crate::client::Request;
use crate::problems::check;

#[test]
fn the_sports_centres_open_each_day_at_seven_for_the_seventh_day_ahead() {
    let city = City::demo();
    let listed = city.get("/v1/releases");
    let [release] = items(&listed) else { panic!("one release: {listed}") };
    assert_eq!(release["rule"], json!({ "kind": "daily", "days_before": 7, "time": "07:00" }));
    assert_eq!((&release["id"], &release["mode"]), (&json!("sports-centres"), &json!("first_come")));
    assert!(release["next_opens_at"].as_str().is_some_and(|at| at.ends_with("T07:00:00+08:00")), "{release}");

    let shown = city.get("/v1/releases/sports-centres");
    let days = shown["days"].as_array().expect("days");
    assert_eq!(days.len(), 8);
    // Whatever the hour is: all but the last day opened yesterday or earlier.
    assert!(days[..7].iter().all(|day| day["status"] == "open"), "{days:?}");
    let pitch = text(&shown["pitches"][0]);
    let is_free = |day: &str| city.slots(&pitch, day).iter().any(|slot| slot["status"] == "free");
    assert!(is_free(&city.day(3)));
    if days[7]["status"] == "unreleased" {
        assert!(!is_free(&city.day(7)));
    }

    let venue = pitch.get(..7).expect("a venue's id");
    assert_eq!(items(&city.get(&format!("/v1/releases?venue={venue}&from={}", city.day(0)))).len(), 1);
    check(&city.ask(&Request::get("/v1/releases?venue=none")), "invalid-request", "no venue");
    check(&city.ask(&Request::get("/v1/releases/none")), "not-found", "no release");
}
