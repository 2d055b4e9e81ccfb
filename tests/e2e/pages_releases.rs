//! The managers' pages of releases that are drawn by lot or queued for: published by a form, looked at, drawn.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::browser::Page;
use crate::client::Request;
use crate::pages_manage::Venue;
use crate::server::poll;

/// How long one waits before a page is looked at again.
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// A moment so many minutes from now, as a browser's field writes it.
fn local(minutes: i64) -> String {
    let at = Timestamp::now().checked_add(minutes.minutes()).expect("a moment");
    at.in_tz("Asia/Shanghai").expect("the city's zone").strftime("%Y-%m-%dT%H:%M").to_string()
}

#[test]
fn a_draw_is_published_with_its_terms_and_drawn_by_the_public_value() {
    let mut at = Venue::new();
    let path = at.path("/releases");
    let page = at.browser.page(&at.path("/releases/new?mode=lottery"));
    assert!(page.has("name=\"beacon\"") && !page.has("name=\"join_from\""), "{}", page.text());
    let mut form = page.form(&path);
    form.set("name_zh", "周末抽签").set("name_en", "Weekend draw").set("closes_at", "whenever");
    let page = Page(at.browser.send(&form).expect(400, "no moment"));
    assert!(page.has("One can enter until"), "the field is named: {}", page.text());
    let mut form = page.form(&path);
    assert_eq!((form.fields["name_en"].as_str(), form.fields["mode"].as_str()), ("Weekend draw", "lottery"));
    let play = at.city.day(6);
    form.set("first_day", &play).set("last_day", &play).set("beacon", "what the dice say");
    form.set("opens_at", &local(-180)).set("closes_at", &local(-120)).set("draw_at", &local(-60));
    form.set("pay_by", &local(30)).set("limit", "1");
    let rest = local(60);
    let (day, time) = rest.split_once('T').expect("a day and a time");
    form.set("once_day", day).set("once_time", time);
    let page = at.browser.follow(&form);
    assert!(page.has("Weekend draw") && page.has("<span class=\"badge\">Draw</span>"), "{}", page.text());
    let one = page.links(&at.path("/releases/r-")).remove(0);
    let code = one.rsplit('/').next().expect("a code").to_owned();
    let due = poll(Duration::from_secs(60), || {
        // Not so often that the limit of requests is met.
        std::thread::sleep(BETWEEN_LOOKS);
        let page = at.browser.page(&one);
        page.has("Draw now").then_some(page)
    });
    let page = due.expect("the list is settled, and it can be drawn");
    assert!(page.has("what the dice say") && page.links(&format!("/releases/{code}/report")).len() == 1);
    let mut form = page.form(&one);
    form.set("value", &"6".repeat(300));
    let refused = Page(at.browser.send(&form).expect(400, "too long a value"));
    assert!(refused.has("Public value"), "{}", refused.text());
    form.set("value", "6 1 4");
    let drawn = at.browser.follow(&form);
    assert!(
        drawn.has("It is drawn.") && drawn.has("<code>6 1 4</code>") && !drawn.has("Draw now"),
        "{}",
        drawn.text()
    );
    form.set("value", "6 1 5");
    let late = at.browser.send(&form).expect(409, "another value");
    assert!(late.text().contains("data-problem=\"too-late\""), "{}", late.text());
    assert_eq!(at.city.get(&format!("/v1/releases/{code}/draw"))["drawn"]["value"], json!("6 1 4"));

    // It is copied with its terms, for the days after it.
    let copy = at.browser.page(&at.path(&format!("/releases/new?copy={code}"))).form(&path);
    assert_eq!(copy.fields["beacon"], "what the dice say");
    assert_eq!(
        (copy.fields["mode"].as_str(), copy.fields["first_day"].as_str()),
        ("lottery", at.city.day(7).as_str())
    );
    let shown = at.browser.page(&format!("{one}?lang=zh-Hans"));
    assert!(shown.has("抽签") && shown.has("公开数值"), "{}", shown.text());
    at.browser.ask(Request::get(&at.path("/releases/nothing"))).expect(404, "no release");
    let foreign = format!("/manage/{}/releases/{code}", at.other);
    at.browser.ask(Request::get(&foreign)).expect(404, "another's venue");
}

#[test]
fn a_queue_is_published_with_its_terms_and_watched() {
    let mut at = Venue::new();
    let path = at.path("/releases");
    let mut form = at.browser.page(&at.path("/releases/new?mode=queue")).form(&path);
    assert!(form.fields.contains_key("join_from") && !form.fields.contains_key("beacon"));
    let play = at.city.day(5);
    form.set("name_zh", "周末排队")
        .set("name_en", "Weekend queue")
        .set("first_day", &play)
        .set("last_day", &play);
    let opens = local(120);
    let (day, time) = opens.split_once('T').expect("a day and a time");
    form.set("once_day", day).set("once_time", time).set("minutes_to_act", "90");
    let page = Page(at.browser.send(&form).expect(400, "too long a turn"));
    assert!(page.has("Minutes for a turn"), "{}", page.text());
    let mut form = page.form(&path);
    form.set("minutes_to_act", "7").set("at_once", "25").set("join_from", &local(-5));
    let page = at.browser.follow(&form);
    let one = page.links(&at.path("/releases/r-")).remove(0);
    let code = one.rsplit('/').next().expect("a code").to_owned();
    let queue = at.city.get(&format!("/v1/releases/{code}"))["queue"].clone();
    assert_eq!((&queue["minutes_to_act"], &queue["at_once"]), (&json!(7), &json!(25)));
    let who = at.city.resident();
    let join = Request::post(&format!("/v1/releases/{code}/queue"), &json!({})).token(&who.token).key("k");
    let _ = at.city.ask(&join).expect(201, "somebody comes");
    let page = at.browser.page(&one);
    assert!(page.has("<dt>Waiting</dt><dd><bdi>1</bdi></dd>"), "{}", page.text());
    assert!(page.has("<dt>Turns at once</dt><dd><bdi>25</bdi></dd>"), "{}", page.text());
    assert_eq!(page.links(&format!("/releases/{code}/queue")).len(), 1);
    let copy = at.browser.page(&at.path(&format!("/releases/new?copy={code}"))).form(&path);
    assert_eq!((copy.fields["mode"].as_str(), copy.fields["at_once"].as_str()), ("queue", "25"));
}
