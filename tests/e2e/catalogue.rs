//! What everyone may see: sports, venues, slots, and what is free in the whole city.

use std::collections::HashSet;

use serde_json::Value;

use crate::city::{City, items, text};
use crate::client::Request;
use crate::problems::check;

/// All elements of a list, page by page.
#[track_caller]
fn all(city: &City, path: &str) -> Vec<Value> {
    let join = if path.contains('?') { '&' } else { '?' };
    let mut elements = Vec::new();
    let mut next = path.to_owned();
    loop {
        let page = city.get(&next);
        elements.extend_from_slice(items(&page));
        let Some(cursor) = page["next"].as_str() else { return elements };
        assert!(!items(&page).is_empty(), "an empty page with a next one: {next}");
        next = format!("{path}{join}cursor={cursor}");
    }
}

fn ids(elements: &[Value]) -> Vec<String> {
    elements.iter().map(|element| text(&element["id"])).collect()
}

#[test]
fn the_demo_has_its_sports_venues_and_pitches() {
    let city = City::demo();
    let sports = all(&city, "/v1/sports");
    let known: HashSet<String> = ids(&sports).into_iter().collect();
    assert_eq!((sports.len(), known.len()), (32, 32));
    for sport in ["badminton", "football", "swimming"] {
        assert!(known.contains(sport), "{sport}");
    }
    for sport in &sports {
        assert!(sport["name"]["zh-Hans"].is_string() && sport["name"]["en"].is_string(), "{sport}");
    }
    let venues = all(&city, "/v1/venues?limit=500");
    let unique: HashSet<String> = ids(&venues).into_iter().collect();
    assert_eq!((venues.len(), unique.len()), (1930, 1930));
    let pitches: u64 = venues.iter().map(|venue| venue["pitch_count"].as_u64().expect("a count")).sum();
    assert_eq!(pitches, 8159);
    let first = text(&venues[0]["id"]);
    let venue = city.get(&format!("/v1/venues/{first}"));
    assert_eq!(
        venue["pitches"].as_array().map(Vec::len),
        venues[0]["pitch_count"].as_u64().map(|n| usize::try_from(n).expect("few"))
    );
    for pitch in venue["pitches"].as_array().expect("pitches") {
        for field in ["id", "name", "sport", "kind", "parts", "max_slots"] {
            assert!(!pitch[field].is_null(), "{field}: {pitch}");
        }
    }
    check(&city.ask(&Request::get("/v1/venues/none")), "not-found", "no such venue");
    check(
        &city.ask(&Request::get(&format!("/v1/pitches/none/slots?date={}", city.day(1)))),
        "not-found",
        "no such pitch",
    );
}

#[test]
fn venues_are_found_by_sport_district_words_and_distance() {
    let city = City::demo();
    let handball = all(&city, "/v1/venues?sport=handball&limit=500");
    assert!(!handball.is_empty() && handball.len() < 1930);
    for venue in &handball {
        assert!(venue["sports"].as_array().expect("sports").contains(&"handball".into()), "{venue}");
    }
    let district = text(&handball[0]["district"]["id"]);
    let here = all(&city, &format!("/v1/venues?district={district}&limit=500"));
    assert!(!here.is_empty() && here.iter().all(|venue| venue["district"]["id"] == district));
    let both = all(&city, &format!("/v1/venues?district={district}&sport=handball"));
    let expected: Vec<String> = ids(&handball
        .iter()
        .filter(|venue| venue["district"]["id"] == district)
        .cloned()
        .collect::<Vec<_>>());
    assert_eq!(ids(&both), expected);

    let name = text(&here[0]["name"]["zh-Hans"]);
    let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert!(ids(&all(&city, &format!("/v1/venues?q={encoded}"))).contains(&text(&here[0]["id"])), "{name}");
    assert!(all(&city, "/v1/venues?q=nowhere-at-all").is_empty());

    let near = all(&city, "/v1/venues?near=22.5431,114.0579&limit=100");
    assert_eq!(near.len(), 1930);
    let distances: Vec<u64> =
        near.iter().map(|venue| venue["distance_m"].as_u64().expect("metres")).collect();
    assert!(distances.is_sorted());
    for wrong in
        ["sport=none", "district=none", "near=91,0", "near=x", "limit=0", "limit=501", "cursor=none", "x=1"]
    {
        check(&city.ask(&Request::get(&format!("/v1/venues?{wrong}"))), "invalid-request", wrong);
    }
}

#[test]
fn pages_follow_each_other_whatever_their_size() {
    let city = City::demo();
    let whole = ids(&all(&city, "/v1/venues?sport=swimming&limit=500"));
    for limit in [1, 7, 50] {
        assert_eq!(ids(&all(&city, &format!("/v1/venues?sport=swimming&limit={limit}"))), whole);
    }
    let page = city.get("/v1/venues?limit=1");
    let foreign = format!("/v1/sports?cursor={}", text(&page["next"]));
    check(&city.ask(&Request::get(&foreign)), "invalid-request", "another list's cursor");
    assert_eq!(items(&city.get("/v1/venues")).len(), 50);
}

#[test]
fn a_grid_that_has_not_changed_is_not_sent_again() {
    let city = City::demo();
    let slot = city.free_court(3);
    let path = format!("/v1/pitches/{}/slots?date={}", slot.pitch, city.day(3));
    let first = city.ask(&Request::get(&path)).expect(200, &path);
    let etag = first.header("etag").expect("an etag").to_owned();
    let conditional = Request::get(&path).header("if-none-match", &etag);
    let unchanged = city.ask(&conditional).expect(304, &path);
    assert!(unchanged.body.is_empty());
    assert_eq!(unchanged.header("etag"), Some(&*etag));
    assert!(unchanged.header("x-request-id").is_some());
    let grid = first.json();
    assert_eq!((grid["pitch"].as_str(), grid["date"].as_str()), (Some(&*slot.pitch), Some(&*city.day(3))));
    assert_eq!(grid["timezone"], "Asia/Shanghai");

    let _ = city.booked(&city.resident(), &slot);
    let changed = city.ask(&conditional).expect(200, "a slot was taken");
    assert_ne!(changed.header("etag"), Some(&*etag));
    for wrong in ["", "?date=", "?date=tomorrow", "?date=2026-02-30", "?date=9999-12-31"] {
        let path = format!("/v1/pitches/{}/slots{wrong}", slot.pitch);
        check(&city.ask(&Request::get(&path)), "invalid-request", wrong);
    }
}

#[test]
fn what_is_free_in_the_city_comes_by_start_and_agrees_with_the_grids() {
    let city = City::demo();
    let (day, path) = (city.day(2), format!("/v1/availability?sport=tennis&date={}", city.day(2)));
    let free = all(&city, &path);
    assert!(free.len() > 100, "{}", free.len());
    let places: HashSet<(String, String)> =
        free.iter().map(|slot| (text(&slot["pitch"]), text(&slot["start"]))).collect();
    assert_eq!(places.len(), free.len(), "none twice");
    let starts: Vec<String> = free.iter().map(|slot| text(&slot["start"])).collect();
    assert!(starts.is_sorted());
    let pitches: HashSet<String> = free.iter().map(|slot| text(&slot["pitch"])).take(5).collect();
    for pitch in pitches {
        let on_grid: HashSet<String> = city
            .slots(&pitch, &day)
            .into_iter()
            .filter(|slot| slot["status"] == "free")
            .map(|slot| text(&slot["start"]))
            .collect();
        let listed: HashSet<String> =
            free.iter().filter(|slot| slot["pitch"] == *pitch).map(|slot| text(&slot["start"])).collect();
        assert_eq!(listed, on_grid, "{pitch}");
    }
    let evening = all(&city, &format!("{path}&from=18:00&to=20:00"));
    assert!(!evening.is_empty());
    for slot in &evening {
        let (start, end) = (text(&slot["start"]), text(&slot["end"]));
        assert!(&start[11..16] >= "18:00" && &end[11..16] <= "20:00", "{slot}");
    }
    let kinds: HashSet<String> = city.free("football", &day).into_iter().map(|slot| slot.kind).collect();
    assert!(kinds.contains("divisible") && kinds.contains("part"), "{kinds:?}");
    for wrong in
        ["date=x", "sport=none", "district=none", "from=25:00", "from=8", "to=18:60", "limit=-1", "price=1"]
    {
        check(&city.ask(&Request::get(&format!("/v1/availability?{wrong}"))), "invalid-request", wrong);
    }
}
