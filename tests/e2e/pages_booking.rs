//! A resident's way without a script: from what is free to a ticket, and back to the money.

use crate::browser::{Browser, Page};
use crate::city::{City, FreeSlot};
use crate::client::Request;

const PHONE: &str = "+8613800138001";

fn sheet(slot: &FreeSlot) -> String {
    let plus = |moment: &str| moment.replace('+', "%2B");
    format!("/book?pitch={}&start={}&end={}", slot.pitch, plus(&slot.start), plus(&slot.end))
}

/// A form with another button pressed.
fn press(page: &Page, deed: &str) -> crate::browser::Form {
    let mut form = page.form("/book");
    form.set("deed", deed);
    form
}

#[test]
fn one_books_with_a_top_up_shows_the_ticket_and_cancels() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    let slot = city.free_courts(3).remove(0);
    let page = browser.page(&sheet(&slot));
    assert!(page.has("value=\"top_up_and_book\"") && !page.has("value=\"book\""), "the wallet is empty");
    assert!(page.has("Full refund until"), "the rule stands before the button: {}", page.text());
    let form = press(&page, "top_up_and_book");
    let answer = browser.send(&form).expect(303, "booking");
    let address = answer.header("location").expect("a booking").to_owned();
    let booked = browser.page(&address);
    assert!(booked.has("Booked: "), "{}", booked.text());

    // A second tap comes to the same booking and takes no money.
    let again = browser.send(&form).expect(303, "a second tap");
    assert_eq!(again.header("location"), Some(address.as_str()));
    assert_eq!(browser.page("/bookings").links("/bookings/").len(), 2, "one row, and its ticket");
    let wallet = browser.page("/wallet");
    assert!(wallet.has("¥0.00"), "{}", wallet.text());

    let path = address.split('?').next().expect("a path").to_owned();
    let ticket = browser.page(&format!("{path}/ticket"));
    assert!(ticket.0.header("x-keep-until").is_some() && ticket.has("class=\"qr\""));
    assert_eq!(ticket.0.header("cache-control"), Some("no-store"));

    let cancelled = browser.follow(&booked.form(&format!("{path}/cancel")));
    assert!(cancelled.has("is back in your wallet"), "{}", cancelled.text());
    assert!(!browser.page("/wallet").has("class=\"balance number\"><bdi>¥0.00"));
    let gone = browser.ask(Request::get(&format!("{path}/ticket"))).expect(409, "a ticket of nothing");
    assert!(gone.text().contains("Cancelled before"));
}

#[test]
fn a_hold_is_paid_later_or_given_up() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    let mut slots = city.free_courts(3);
    for ends in ["pay", "cancel"] {
        let page = browser.page(&sheet(&slots.remove(0)));
        let held = browser.follow(&press(&page, "hold"));
        assert!(held.has("Held for you until") && held.has("data-countdown="), "{}", held.text());
        let form = held.form("/bookings/");
        assert!(form.action.ends_with("/pay"));
        let path = form.action.trim_end_matches("/pay").to_owned();
        let form = if ends == "pay" { form } else { held.form(&format!("{path}/cancel")) };
        let after = browser.follow(&form);
        let told = if ends == "pay" { "Booked: " } else { "Given up. You paid nothing." };
        assert!(after.has(told), "{}", after.text());
    }
}

#[test]
fn what_somebody_else_has_is_refused_with_what_is_nearest() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    let slot = city.free_courts(3).remove(0);
    let form = press(&browser.page(&sheet(&slot)), "top_up_and_book");
    let other = city.resident();
    city.booked(&other, &slot);
    let refused = Page(browser.send(&form).expect(409, "a slot that is gone"));
    assert!(refused.has("data-problem=\"slot-taken\""), "{}", refused.text());
    assert!(!refused.links("/book?").is_empty(), "alternatives");
    assert!(!refused.has("value=\"book\""), "what is gone can't be booked");
    // The money that was put in for it is there, and nothing was taken.
    assert!(browser.page("/wallet").has("Topped up"));
    let gone = browser.page(&sheet(&slot));
    assert!(gone.has("not free any more"), "{}", gone.text());
}

#[test]
fn nobody_sees_or_cancels_anothers_booking() {
    let city = City::demo();
    let mut one = Browser::signed_up(&city, PHONE, "Lin");
    let mut other = Browser::signed_up(&city, "+8613800138002", "Wu");
    let slot = city.free_courts(3).remove(0);
    let form = press(&one.page(&sheet(&slot)), "top_up_and_book");
    let answer = one.send(&form).expect(303, "booking");
    let path = answer.header("location").and_then(|to| to.split('?').next()).expect("a booking").to_owned();
    for address in [path.clone(), format!("{path}/ticket")] {
        other.ask(Request::get(&address)).expect(404, &address);
    }
    let mut form = other.page("/me").form("/sign-out");
    form.action = format!("{path}/cancel");
    other.send(&form).expect(404, "another's");
    assert!(one.page(&path).has("Booked"));
}

#[test]
fn who_is_not_signed_in_comes_back_to_the_slot() {
    let city = City::demo();
    Browser::signed_up(&city, PHONE, "Lin");
    let slot = city.free_courts(3).remove(0);
    let mut browser = Browser::new(&city);
    let page = browser.page(&sheet(&slot));
    let link = page.links("/sign-in?next=/book").first().expect("the way to the sign-in").clone();
    let mut form = browser.page(&link).form("/sign-in");
    form.set("phone", PHONE).set("password", crate::city::PASSWORD);
    let back = browser.follow(&form);
    assert!(back.has("value=\"top_up_and_book\""), "{}", back.text());
}

#[test]
fn tonight_is_two_taps_from_the_start() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    let home = browser.page("/");
    let slots = home.links("/book?");
    assert!(!slots.is_empty() && slots.len() <= 24, "8 venues with 3 times at most: {}", slots.len());
    let sheet = browser.page(&slots[0]);
    let booked = browser.follow(&press(&sheet, "top_up_and_book"));
    assert!(booked.has("Booked: "), "{}", booked.text());
    assert!(browser.page("/").has("Your next booking"));
}

#[test]
fn a_venues_day_is_a_table_whose_free_cells_lead_to_their_sheet() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, "Lin");
    let slot = city.free_courts(3).remove(0);
    let sport = city.get(&format!("/v1/venues/{}", slot.venue))["pitches"]
        .as_array()
        .and_then(|pitches| pitches.iter().find(|pitch| pitch["id"] == slot.pitch.as_str()).cloned())
        .map(|pitch| pitch["sport"].as_str().expect("a sport").to_owned())
        .expect("the pitch");
    let day = format!("/venues/{}?sport={sport}&date={}", slot.venue, city.day(3));
    let page = browser.page(&format!("{day}&view=all"));
    for part in
        ["<caption", "scope=\"col\"", "scope=\"row\"", "data-state=\"free\"", "data-live=\"/v1/venues/"]
    {
        assert!(page.has(part), "{part}: {}", page.text());
    }
    let cell = page.links(&sheet(&slot)).len();
    assert_eq!(cell, 1, "the slot's cell");
    let form = press(&browser.page(&sheet(&slot)), "top_up_and_book");
    browser.send(&form).expect(303, "booking");
    let page = browser.page(&format!("{day}&view=all"));
    assert!(page.has("<td data-state=\"mine\">") && page.links(&sheet(&slot)).is_empty());
    let mut nobody = Browser::new(&city);
    let page = nobody.page(&format!("{day}&view=all"));
    assert!(page.has("<td data-state=\"taken\">") && !page.has("<td data-state=\"mine\">"));
    assert!(!nobody.page(&format!("{day}&view=times")).has("<table"));
    nobody.ask(Request::get(&format!("/venues/{}?date=2099-01-01", slot.venue))).expect(400, "too far");
    nobody.ask(Request::get("/venues/nowhere")).expect(404, "no venue");
}

#[test]
fn what_is_looked_for_is_found_or_loosened() {
    let city = City::demo();
    let mut browser = Browser::new(&city);
    let day = city.day(2);
    assert!(!browser.page(&format!("/find?sport=tennis&date={day}")).links("/book?").is_empty());
    let none = browser.page(&format!("/find?sport=tennis&date={day}&q=nowhere"));
    assert!(none.links("/book?").is_empty());
    let loosened = none.links("/find?sport=tennis&date=");
    assert!(!loosened.is_empty(), "{}", none.text());
    assert!(!browser.page(&loosened[0]).links("/book?").is_empty());
    let hostile = browser.page("/find?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!hostile.has("<script>alert"), "{}", hostile.text());
    browser.page("/find?q=&sport=&district=&from=&near=22.543,114.058");
}

#[test]
fn releases_say_when_they_open() {
    let city = City::demo();
    let mut browser = Browser::new(&city);
    let list = browser.page("/releases");
    let release = list.links("/releases/").first().expect("a release").clone();
    let page = browser.page(&release);
    assert!(page.has("data-countdown=") && page.has("Opens "), "{}", page.text());
    let first = page.links("/venues/");
    let more = page.links(&format!("{release}?shown=")).remove(0);
    let longer = browser.page(&more).links("/venues/");
    assert!(longer.len() > first.len() && longer.starts_with(&first), "more venues behind the first");
    let mut venues: Vec<&str> = longer.iter().filter_map(|link| link.split('?').next()).collect();
    venues.sort_unstable();
    venues.dedup();
    assert_eq!(venues.len(), longer.len(), "each stands there once");
    assert!(browser.page(&format!("{release}?shown={}", u64::MAX)).links("?shown=").is_empty());
    browser.ask(Request::get("/releases/nothing")).expect(404, "no release");
}

#[test]
fn the_worker_is_there_with_the_addresses_of_this_build() {
    let city = City::demo();
    let worker = city.ask(&Request::get("/sw.js")).expect(200, "the worker");
    assert!(worker.header("content-type").is_some_and(|kind| kind.starts_with("text/javascript")));
    let text = worker.text();
    assert!(!text.contains("{{"), "all is filled in");
    let assets = text.split('"').filter(|word| word.starts_with("/assets/"));
    let mut count = 0;
    for address in assets {
        city.ask(&Request::get(address)).expect(200, address);
        count += 1;
    }
    assert!(count >= 4);
}
