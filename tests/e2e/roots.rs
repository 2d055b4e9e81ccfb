//! The journal's root of each day: published soon after midnight, kept for good, and what somebody keeps of it shows whether anything was changed.

use std::fs;

use serde_json::{Value, json};

use crate::city::{City, Ground, items, verify_command};
use crate::client::Request;
use crate::clock::{DAY, FakeClock};
use crate::server::{self, PATIENCE, poll};

/// Ends a city in order, so that its segment is whole.
fn closed(city: City) -> Ground {
    let City { ground, server, .. } = city;
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    ground
}

/// So much that the chain has another link.
fn fill_a_link(city: &City) {
    let body = json!({ "amount": 100, "provider": "sandbox" });
    let mut client = city.client();
    let residents: Vec<_> = (0..16).map(|_| city.resident()).collect();
    for number in 0..256 {
        let top_up =
            Request::post("/v1/wallet/top-ups", &body).token(&residents[number % residents.len()].token);
        let _ = client.ask(&top_up).expect(201, "money");
    }
}

fn roots(city: &City) -> Value {
    city.get("/v1/journal/roots")
}

#[test]
fn each_day_has_a_root_that_the_journal_still_comes_to_and_no_other() {
    let clock = FakeClock::new(0);
    let city = clock.open(Ground::demo());
    let first_day = city.day(0);
    let resident = city.resident();
    let _ = city.booked(&resident, &city.free_court(3));
    assert_eq!(items(&roots(&city)), [] as [Value; 0], "the day is not over");
    let ground = closed(city);
    clock.set(DAY);
    let city = clock.open(ground);
    let second_day = city.day(0);
    fill_a_link(&city);
    let ground = closed(city);
    clock.set(3 * DAY);
    let city = clock.open(ground);
    fill_a_link(&city);
    let ground = closed(city);
    clock.set(3 * DAY + 60);
    let city = clock.open(ground);
    fill_a_link(&city);
    let ground = closed(city);
    clock.set(3 * DAY + 120);
    let city = clock.open(ground);
    let published = poll(PATIENCE, || Some(roots(&city)).filter(|roots| items(roots).len() == 3));
    let published = published.unwrap_or_else(|| panic!("{}", roots(&city)));
    let dates: Vec<&Value> = items(&published).iter().map(|root| &root["date"]).collect();
    assert_eq!(dates[1..], [&json!(second_day), &json!(first_day)], "the newest first");
    assert_eq!(
        items(&published)[0]["root"],
        items(&published)[1]["root"],
        "of a day on which nothing happened"
    );
    assert_ne!(items(&published)[1]["root"], items(&published)[2]["root"]);
    let page = city.get("/v1/journal/roots?limit=2");
    let next = page["next"].as_str().expect("more");
    assert_eq!(
        items(&city.get(&format!("/v1/journal/roots?limit=2&cursor={next}"))),
        &items(&published)[2..]
    );

    let ground = closed(city);
    let said = ground.verify();
    assert_eq!(said.code, Some(0), "{}", said.said);
    assert!(said.said.contains("3 daily roots are as they were published"), "{}", said.said);
    let kept = ground.path().join("kept.json");
    let judge = |roots: &Value| {
        fs::write(&kept, roots.to_string()).expect("written");
        server::run(verify_command(ground.path()).arg("--roots").arg(&kept))
    };
    assert_eq!(judge(&published).code, Some(0));
    let mut changed = published;
    changed["items"][2]["root"] = changed["items"][1]["root"].clone();
    let told = judge(&changed);
    assert_eq!(told.code, Some(1), "{}", told.said);
    assert!(told.said.contains(&format!("the root of {first_day} was published as")), "{}", told.said);
}
