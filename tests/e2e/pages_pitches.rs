//! Pages on which a manager adds pitches of each kind and changes what one is called and how much of it one may have.

use serde_json::json;

use crate::browser::Page;
use crate::city::text;
use crate::client::Request;
use crate::pages_manage::Venue;
use crate::problems::check;

/// What a form to add a pitch of this kind has, filled so that it can be sent.
fn filled(at: &mut Venue, kind: &str) -> crate::browser::Form {
    let new = at.path("/pitches/new");
    let mut form = at.browser.page(&format!("{new}?kind={kind}")).form(&new);
    assert_eq!(form.fields["kind"], kind);
    form.set("name.zh-Hans", "新场").set("name.en", "<b>New</b>").set("sport", "badminton");
    form.set("slot_minutes", "60")
        .set("first_slot", "08:00")
        .set("max_slots", "2")
        .set("party_size_max", "6");
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"] {
        form.set(&format!("hours.{day}"), "08:00-22:00").set(&format!("prices.{day}"), "08:00–22:00 12.50");
    }
    form
}

/// The page that was led to, and the pitch as the API tells it.
fn added(at: &mut Venue, form: &crate::browser::Form) -> (Page, serde_json::Value) {
    let answer = at.browser.send(form).expect(303, &form.action);
    let location = answer.header("location").expect("the pitch").to_owned();
    let page = at.browser.page(&location);
    assert!(page.has("Added. It can be booked from now on") && !page.has("<b>New"), "{}", page.text());
    let code = location.split(['/', '?']).nth(4).expect("an id").to_owned();
    let again = at.browser.send(form).expect(303, "a second tap");
    assert_eq!(again.header("location"), Some(location.as_str()), "adds nothing more");
    let venue = at.city.get(&format!("/v1/venues/{}", at.venue));
    let pitches = venue["pitches"].as_array().expect("pitches");
    let pitch = pitches.iter().find(|pitch| pitch["id"] == json!(code)).expect("the pitch");
    (page, pitch.clone())
}

/// What is told beside a field.
fn told_at(page: &Page, field: &str) -> String {
    let text = page.text();
    let after = text.split(&format!("id=\"{field}-told\"")).nth(1);
    after.unwrap_or_else(|| panic!("{field}: {text}")).split("</p>").next().unwrap_or_default().to_owned()
}

#[test]
fn a_pitch_of_each_kind_is_added_and_booked_at_once() {
    let mut at = Venue::new();
    let day = at.city.day(3);
    let form = filled(&mut at, "exclusive");
    let (_, pitch) = added(&mut at, &form);
    assert_eq!((&pitch["kind"], &pitch["party_size_max"]), (&json!("exclusive"), &json!(6)));
    let open = |at: &Venue, pitch: &serde_json::Value| {
        let slots = at.city.slots(&text(&pitch["id"]), &day);
        slots.into_iter().filter(|slot| slot["status"] == "free").collect::<Vec<_>>()
    };
    let slots = open(&at, &pitch);
    assert_eq!((slots.len(), &slots[0]["price"]["amount"]), (14, &json!(1250)));

    let mut form = filled(&mut at, "session");
    form.set("capacity", "30");
    let (_, pitch) = added(&mut at, &form);
    assert_eq!((&pitch["kind"], &pitch["capacity"]), (&json!("session"), &json!(30)));

    let mut form = filled(&mut at, "divisible");
    form.set("leaves", "2");
    for (number, name, first) in [("1", "East", "1"), ("4", "West", "2")] {
        form.set(&format!("part{number}.zh"), name).set(&format!("part{number}.en"), name);
        form.set(&format!("part{number}.first"), first).set(&format!("part{number}.count"), "1");
    }
    form.set("part4.price", "7");
    let (_, pitch) = added(&mut at, &form);
    let parts = pitch["parts"].as_array().expect("parts");
    let names: Vec<String> = parts.iter().map(|part| text(&part["name"]["en"])).collect();
    assert_eq!(names, ["East", "West"]);
    for (part, price) in parts.iter().zip([1250, 700]) {
        assert_eq!(open(&at, part)[0]["price"]["amount"], json!(price));
    }
}

#[test]
fn what_is_wrong_with_a_new_pitch_is_told_at_its_field_and_nothing_written_is_lost() {
    let mut at = Venue::new();
    let new = at.path("/pitches/new");
    let mut form = filled(&mut at, "divisible");
    form.set("hours.monday", "all day").set("prices.sunday", "08:00").set("cancel1.before", "soon");
    form.set("first_slot", "8").set("leaves", "two").set("part2.en", "Half");
    let page = Page(at.browser.send(&form).expect(400, "unreadable"));
    for field in ["hours-monday", "prices-sunday", "cancel1", "first_slot", "leaves", "part2"] {
        assert!(told_at(&page, field).contains("class=\"fault\""), "{field}: {}", page.text());
    }
    let mut form = page.form(&new);
    assert_eq!((form.fields["hours.monday"].as_str(), form.fields["part2.en"].as_str()), ("all day", "Half"));
    form.set("hours.monday", "")
        .set("prices.sunday", "")
        .set("cancel1.before", "24")
        .set("cancel1.back", "100");
    form.set("first_slot", "08:00").set("leaves", "2").set("part2.zh", "半场").set("part2.first", "2");
    form.set("part2.count", "2").set("name.en", "");
    let page = Page(at.browser.send(&form).expect(400, "no name, and outside of the whole"));
    assert!(told_at(&page, "name.en").contains("empty"), "{}", page.text());
    assert!(page.has("lie outside of the whole"), "{}", page.text());
    let mut more = page.form(&new);
    more.set("more", "1");
    let page = Page(at.browser.send(&more).expect(200, "more lines"));
    let form = page.form(&new);
    assert!(form.fields.contains_key("part8.zh") && !form.fields.contains_key("part9.zh"));
    assert_eq!((form.fields["part2.en"].as_str(), form.fields["rows"].as_str()), ("Half", "8"));
    let foreign = format!("/manage/{}/pitches/new", at.other);
    at.browser.ask(Request::get(&foreign)).expect(404, "another's venue");
}

#[test]
fn details_are_changed_and_the_log_tells_only_what_differs() {
    let mut at = Venue::new();
    let mut form = filled(&mut at, "session");
    form.set("capacity", "30");
    let (page, pitch) = added(&mut at, &form);
    let path = at.path(&format!("/pitches/{}", text(&pitch["id"])));
    let mut form = page.form(&format!("{path}/details"));
    form.set("capacity", "0").set("name.en", "").set("cancel1.before", "12").set("cancel1.back", "");
    let page = Page(at.browser.send(&form).expect(400, "half a step"));
    assert!(told_at(&page, "cancel1").contains("0 to 100 per cent"), "{}", page.text());
    let mut form = page.form(&format!("{path}/details"));
    form.set("cancel1.back", "80");
    let page = Page(at.browser.send(&form).expect(400, "nobody, and no name"));
    assert!(told_at(&page, "capacity").contains("from 1"), "{}", page.text());
    assert!(told_at(&page, "name.en").contains("empty") && !page.has("Changed. It holds"), "{}", page.text());
    let mut form = page.form(&format!("{path}/details"));
    form.set("capacity", "40").set("name.en", "New");
    for (number, hours, back) in [("1", "12", "80"), ("2", "", ""), ("3", "", "")] {
        form.set(&format!("cancel{number}.before"), hours).set(&format!("cancel{number}.back"), back);
    }
    let page = at.browser.follow(&form);
    assert!(page.has("Changed. It holds") && page.has("12:00"), "{}", page.text());
    let venue = at.city.get(&format!("/v1/venues/{}", at.venue));
    let pitches = venue["pitches"].as_array().expect("pitches");
    let after = pitches.iter().find(|other| other["id"] == pitch["id"]).expect("the pitch");
    assert_eq!((&after["capacity"], &after["name"]["en"]), (&json!(40), &json!("New")));
    let mut form = page.form(&format!("{path}/details"));
    form.set("max_slots", "3");
    at.browser.follow(&form);
    let manager = crate::pages_manage::accounts(&at.city);
    let manager = manager.iter().find(|one| one["venue"] == json!(at.venue)).expect("its manager");
    let manager = at.city.log_in(&manager["phone"], &manager["password"]);
    let log = at.city.get_as(&manager, &format!("/v1/manage/venues/{}/audit?limit=1", at.venue));
    assert_eq!(crate::city::items(&log)[0]["after"], json!({ "max_slots": 3 }));
}

#[test]
fn a_court_is_divided_anew_when_nobody_has_a_live_booking_on_it() {
    let mut at = Venue::new();
    let slot = at.city.free_courts(3).into_iter().find(|slot| slot.venue == at.venue).expect("a court");
    let resident = at.city.resident();
    let booked = at.city.booked(&resident, &slot);
    let one = at.path(&format!("/pitches/{}", slot.pitch));
    let way = at.browser.page(&one).links(&at.path("/pitches/new?kind=divisible")).remove(0);
    let page = at.browser.page(&way.replace("&#38;", "&"));
    assert!(page.has("It takes the place of"), "{}", page.text());
    let mut form = page.form(&at.path("/pitches/new"));
    assert_eq!(form.fields["instead_of"], slot.pitch);
    assert!(!form.fields["name.zh-Hans"].is_empty() && !form.fields["prices.monday"].is_empty(), "{form:?}");
    form.set("leaves", "2");
    for (part, first, zh, en) in [("part1", "1", "东半场", "East"), ("part2", "2", "西半场", "West")] {
        form.set(&format!("{part}.zh"), zh).set(&format!("{part}.en"), en);
        form.set(&format!("{part}.first"), first).set(&format!("{part}.count"), "1");
    }
    let refused = Page(at.browser.send(&form).expect(400, "somebody has a booking"));
    let told = format!("1 live bookings stand on it, the last on {}", at.city.day(3));
    assert!(refused.has(&told), "{}", refused.text());
    assert!(
        at.city.slots(&slot.pitch, &at.city.day(4)).iter().any(|slot| slot["status"] == "free"),
        "it is sold as before"
    );

    let _ = at.city.cancel(&resident, &text(&booked["id"])).expect(200, "a cancellation");
    let mut form = refused.form(&at.path("/pitches/new"));
    form.set("leaves", "2");
    let page = at.browser.follow(&form);
    assert!(page.has("role=\"status\""), "{}", page.text());
    let venue = at.city.get(&format!("/v1/venues/{}", at.venue));
    let pitches = venue["pitches"].as_array().expect("pitches");
    let old = at.city.slots(&slot.pitch, &at.city.day(4));
    assert!(old.iter().all(|slot| slot["status"] == "closed"), "the old one is sold no more");
    let new = pitches.iter().find(|pitch| {
        pitch["parts"].as_array().is_some_and(|parts| parts.iter().any(|part| part["name"]["en"] == "West"))
    });
    let new = new.expect("the new one");
    assert_eq!(new["kind"], "divisible");
    let order = slot.order().to_string().replace(&slot.pitch, &text(&new["id"]));
    let order = serde_json::from_str(&order).expect("an order");
    let _ = at.city.book(&resident, "anew", &order).expect(201, "a booking of the new one");
    check(&at.city.book(&resident, "old", &slot.order()), "slot-closed", "the old one is sold no more");
    let ended = at.city.kill().verify();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}
