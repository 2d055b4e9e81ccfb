//! What of the staff's log is looked at: by whom, of which kind, on which days; by the API and on the pages.

use serde_json::json;

use crate::city::{City, items, text};
use crate::client::Request;
use crate::pages_manage::{accounts, signed_in};
use crate::problems::check;

#[test]
fn a_log_is_read_by_person_kind_and_day() {
    let city = City::demo();
    let operator = city.operator();
    let slot = city.free_court(3);
    let manager = city.manager_of(&slot.venue);
    let prices = format!("/v1/manage/pitches/{}/prices", slot.pitch);
    let _ = city.send_as(&manager, "PUT", &prices, &json!({ "prices": [] })).expect(200, "prices");
    let venue = format!("/v1/operator/venues/{}", slot.venue);
    let _ = city.send_as(&operator, "PATCH", &venue, &json!({ "admission": "open" })).expect(200, "a venue");
    let sport = json!({ "id": "curling", "name": { "zh-Hans": "冰壶", "en": "Curling" } });
    let _ = city.send_as(&operator, "POST", "/v1/operator/sports", &sport).expect(201, "a sport");
    let of_city = "/v1/operator/audit";
    let of_venue = format!("/v1/manage/venues/{}/audit", slot.venue);
    let (today, tomorrow, yesterday) = (city.day(0), city.day(1), city.day(-1));
    let whats = |path: &str, query: &str| {
        let log = city.get_as(&operator, &format!("{path}?{query}"));
        items(&log).iter().map(|entry| text(&entry["what"])).collect::<Vec<_>>()
    };
    let all = ["sport_added", "venue_changed", "pitch_changed"];
    // The day may end while this runs.
    let days = format!("from={today}&to={tomorrow}");
    for (path, query, expected) in [
        (of_city, "", &all[..]),
        (of_city, "what=sport_added", &all[..1]),
        (of_city, "what=counter_booked", &[]),
        (of_city, &format!("by={}", manager.id), &all[2..]),
        (of_city, &format!("by={}", operator.id), &all[..2]),
        (of_city, &format!("by={}&what=venue_changed", operator.id), &all[1..2]),
        (of_city, &format!("by={}&limit=1", operator.id), &all[..1]),
        (of_city, &days, &all[..]),
        (of_city, &format!("to={yesterday}"), &[]),
        (of_city, &format!("from={}", city.day(2)), &[]),
        (of_venue.as_str(), "", &all[1..]),
        (of_venue.as_str(), &format!("by={}", operator.id), &all[1..2]),
        (of_venue.as_str(), "what=sport_added", &[]),
    ] {
        assert_eq!(whats(path, query), expected, "{path}?{query}");
    }
    let first = city.get_as(&operator, &format!("{of_city}?by={}&limit=1", operator.id));
    let next = format!("by={}&limit=1&cursor={}", operator.id, text(&first["next"]));
    assert_eq!(whats(of_city, &next), all[1..2], "pages of what is looked for");
    for (query, field) in
        [("by=me", "by"), ("what=anything", "what"), ("from=soon", "from"), ("to=2030-02-30", "to")]
    {
        let answer = city.ask(&Request::get(&format!("{of_city}?{query}")).token(&operator.token));
        assert_eq!(check(&answer, "invalid-request", query)["errors"][0]["field"], field);
    }
}

#[test]
fn the_pages_of_the_logs_show_what_is_looked_for() {
    let city = City::demo();
    let all = accounts(&city);
    let account = |role: &str| all.iter().find(|one| one["role"] == role).expect("an account");
    let venue = text(&account("manager")["venue"]);
    let mut manager = signed_in(&city, account("manager"));
    let pitches = format!("/manage/{venue}/pitches");
    let links = manager.page(&pitches).links(&format!("{pitches}/"));
    let pitch = links.into_iter().find(|link| !link.ends_with("/new")).expect("a pitch");
    let mut form = manager.page(&pitch).form(&format!("{pitch}/offered"));
    form.set("offered", "false");
    manager.follow(&form);
    let mut operator = signed_in(&city, account("operator"));
    let details = format!("/operator/venues/{venue}");
    let mut form = operator.page(&details).form(&details);
    form.set("name.en", "Bay Hall");
    operator.follow(&form);
    let (changed, moved) = ("<b>Pitch changed</b>", "<b>Venue changed</b>");

    let path = format!("/manage/{venue}/audit");
    let page = manager.page(&path);
    assert!(page.has(changed) && page.has(moved) && page.has(">Everybody</option>"), "{}", page.text());
    let of_operator = page.links(&format!("{path}?who=")).remove(0);
    let page = manager.page(&format!("{of_operator}&what=&from=&to="));
    assert!(page.has(moved) && !page.has(changed), "{}", page.text());
    let page = manager.page(&format!("{path}?who=&what=pitch_changed&from=2020-01-01&to="));
    assert!(page.has(changed) && !page.has(moved), "{}", page.text());
    let page = manager.page(&format!("{path}?to=2020-01-01"));
    assert!(page.has("Nothing was done that fits.") && !page.has(changed), "{}", page.text());
    let page = manager.page(&format!("{path}?from=soon"));
    assert!(page.has("This is no day.") && page.has(changed), "{}", page.text());

    let phone = text(&account("manager")["phone"]).replace('+', "%2B");
    let page = operator.page(&format!("/operator/audit?who={phone}"));
    assert!(page.has(changed) && !page.has(moved), "{}", page.text());
    let page = operator.page("/operator/audit?who=%2B8613800009999");
    assert!(page.has("Nobody is known by that."), "{}", page.text());
    let page = operator.page(&format!("/operator/audit?venue={venue}&what=venue_changed"));
    assert!(page.has(moved) && !page.has(changed), "{}", page.text());
    let page = operator.page("/operator/audit?venue=sz-0001&what=sport_added");
    assert!(page.has("Nothing was done that fits."), "{}", page.text());
}
