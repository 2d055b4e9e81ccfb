//! The desk's and the managers' pages: who may open them, a sale and a move, closures, hours and prices, releases.

use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::city::{City, FreeSlot, PASSWORD, items, text};
use crate::client::Request;
use crate::pages_frame::check_headers;

const PHONE: &str = "+8613800138001";

/// A venue and the browser of its manager.
pub(crate) struct Venue {
    pub(crate) city: City,
    pub(crate) venue: String,
    pub(crate) other: String,
    pub(crate) browser: Browser,
}

impl Venue {
    pub(crate) fn new() -> Self {
        let city = City::demo();
        let managers: Vec<Value> =
            accounts(&city).into_iter().filter(|one| one["role"] == "manager").collect();
        // A venue with a court that can be booked by itself, and has a price.
        let slot = city.free_courts(3).into_iter().find(|slot| slot.price > 0 && is_managed(&managers, slot));
        let venue = slot.expect("a court of a manager's venue").venue;
        let manager = managers.iter().find(|one| one["venue"] == venue.as_str()).expect("its manager");
        let other = managers.iter().find(|one| one["venue"] != venue.as_str()).expect("another manager");
        let browser = signed_in(&city, manager);
        Self { other: text(&other["venue"]), venue, city, browser }
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/manage/{}{rest}", self.venue)
    }

    fn slots(&self, ahead: i32) -> Vec<FreeSlot> {
        let slots = self.city.free_courts(ahead);
        slots.into_iter().filter(|slot| slot.venue == self.venue && slot.price > 0).collect()
    }
}

pub(crate) fn accounts(city: &City) -> Vec<Value> {
    let file = std::fs::read(city.ground.path().join("demo-accounts.json")).expect("the demo's accounts");
    serde_json::from_slice(&file).expect("JSON")
}

fn is_managed(managers: &[Value], slot: &FreeSlot) -> bool {
    managers.iter().any(|one| one["venue"] == slot.venue.as_str())
}

pub(crate) fn signed_in(city: &City, account: &Value) -> Browser {
    let mut browser = Browser::new(city);
    let mut form = browser.page("/sign-in").form("/sign-in");
    form.set("phone", &text(&account["phone"])).set("password", &text(&account["password"]));
    browser.send(&form).expect(303, "sign-in");
    browser
}

const PAGES: [&str; 16] = [
    "",
    "/calendar",
    "/gate",
    "/bookings",
    "/closures",
    "/releases",
    "/releases/new",
    "/releases/new?mode=lottery",
    "/releases/new?mode=queue",
    "/pitches",
    "/pitches/new",
    "/pitches/new?kind=divisible",
    "/pitches/new?kind=session",
    "/stats",
    "/staff",
    "/audit",
];

fn with_language(path: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}lang=zh-Hans")
}

#[test]
fn only_the_venues_own_staff_see_its_pages_and_nothing_of_them_is_kept() {
    let mut at = Venue::new();
    let answer = at.browser.ask(Request::get("/manage")).expect(303, "the only venue");
    assert_eq!(answer.header("location"), Some(at.path("").as_str()));
    let mut resident = Browser::signed_up(&at.city, PHONE, "Lin");
    let mut nobody = Browser::new(&at.city);
    let operator = accounts(&at.city).into_iter().find(|one| one["role"] == "operator").expect("an operator");
    let mut operator = signed_in(&at.city, &operator);
    let answer = operator.ask(Request::get("/manage")).expect(303, "an operator has all venues");
    assert_eq!(answer.header("location"), Some("/operator/venues"));
    resident.ask(Request::get("/manage")).expect(403, "a resident");
    let answer = nobody.ask(Request::get("/manage")).expect(303, "nobody");
    assert_eq!(answer.header("location"), Some("/sign-in?next=/manage"));
    at.browser.ask(Request::get("/manage/nowhere")).expect(404, "no venue");
    for page in PAGES {
        let path = at.path(page);
        let answer = at.browser.ask(Request::get(&with_language(&path))).expect(200, &path);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        check_headers(&answer, &path);
        assert!(answer.text().contains("lang=\"zh-Hans\""), "{path}");
        let foreign = format!("/manage/{}{page}", at.other);
        at.browser.ask(Request::get(&foreign)).expect(404, &foreign);
        resident.ask(Request::get(&path)).expect(403, &path);
        nobody.ask(Request::get(&path)).expect(303, &path);
        operator.ask(Request::get(&path)).expect(200, &path);
    }
}

#[test]
fn a_walk_in_is_sold_once_found_moved_with_the_difference_told_and_cancelled() {
    let mut at = Venue::new();
    let slot = at.slots(3).remove(0);
    let day = at.city.day(3);
    let sport = sport_of(&at, &slot);
    let calendar = at.browser.page(&at.path(&format!("/calendar?date={day}&sport={sport}")));
    let start = slot.start.replace('+', "%2B");
    let link = calendar
        .links(&at.path("/sell"))
        .into_iter()
        .find(|link| link.contains(&start) && link.contains(&slot.pitch));
    let mut form = at.browser.page(&link.expect("the free cell's link")).form(&at.path("/sell"));
    form.set("phone", "not a number").set("name", "<i>Wu</i>");
    let page = Page(at.browser.send(&form).expect(400, "no number"));
    assert!(page.has("data-problem=\"invalid-request\"") && !page.has("<i>Wu"), "{}", page.text());
    let mut form = page.form(&at.path("/sell"));
    assert_eq!(form.fields["phone"], "not a number", "what was typed stays");
    form.set("phone", PHONE).set("name", "Wu Hao");
    let mut stolen = form.clone();
    stolen.fields.remove("csrf");
    at.browser.send(&stolen).expect(400, "no token");
    let sold = at.browser.send(&form).expect(303, "a sale");
    let again = at.browser.send(&form).expect(303, "the same form");
    assert_eq!(sold.header("location"), again.header("location"), "a second tap sells nothing more");
    let address = sold.header("location").expect("the booking").to_owned();
    let page = at.browser.page(&address);
    assert!(page.has("Wu Hao") && page.has("8001"), "{}", page.text());
    for (date, found) in [(3, true), (2, false)] {
        let list = at.browser.page(&at.path(&format!("/bookings?date={}", at.city.day(date))));
        assert_eq!(list.has("Wu Hao"), found, "day {date}");
    }
    // To another day, where the same court is free.
    let id = address.split('?').next().and_then(|path| path.rsplit('/').next()).expect("an id").to_owned();
    let to = at.city.day(4);
    let calendar = at.browser.page(&at.path(&format!("/calendar?move={id}&date={to}")));
    let moves = calendar.links(&at.path(&format!("/bookings/{id}/move")));
    let preview = at.browser.page(moves.first().expect("somewhere to go"));
    let mut form = preview.form(&at.path(&format!("/bookings/{id}/move")));
    form.set("price", "kept");
    let page = at.browser.follow(&form);
    assert!(page.has("Moved."), "{}", page.text());
    let list = at.browser.page(&at.path(&format!("/bookings?date={to}")));
    assert!(list.has("Wu Hao"));
    assert_eq!(at.city.slot(&slot)["status"], "free", "the old place is free");
    let form = page.form(&at.path(&format!("/bookings/{id}/cancel")));
    assert!(at.browser.follow(&form).has("given back"));
    let log = at.browser.page(&at.path("/audit"));
    for what in ["Sold at the counter", "Booking moved", "Booking cancelled"] {
        assert!(log.has(what), "{what}");
    }
}

fn sport_of(at: &Venue, slot: &FreeSlot) -> String {
    let venue = at.city.get(&format!("/v1/venues/{}", at.venue));
    let pitches = venue["pitches"].as_array().expect("pitches");
    let pitch = pitches.iter().find(|pitch| pitch["id"] == slot.pitch.as_str()).expect("the pitch");
    text(&pitch["sport"])
}

#[test]
fn a_closure_is_seen_first_and_shown_again_when_the_list_has_changed() {
    let mut at = Venue::new();
    let slot = at.slots(3).remove(0);
    let day = at.city.day(3);
    let resident = at.city.resident();
    let before = at.city.balance(&resident);
    at.city.booked(&resident, &slot);
    let mut form = at.browser.page(&at.path("/closures")).form(&at.path("/closures/preview"));
    form.set("pitch", &slot.pitch).set("from", &day).set("to", &day).set("reason", "A <b>flood</b>");
    let preview = Page(at.browser.send(&form).expect(200, "a preview"));
    let amount = format!("1 booking, 1 person, ¥{}.{:02} back", slot.price / 100, slot.price % 100);
    assert!(preview.has(&amount), "{amount}: {}", preview.text());
    assert!(preview.has("Close and refund 1") && !preview.has("<b>flood"));
    // Somebody else books meanwhile.
    let later =
        at.city.slots(&slot.pitch, &day).into_iter().find(|one| one["status"] == "free").expect("free");
    let other = FreeSlot { start: text(&later["start"]), end: text(&later["end"]), ..slot.clone() };
    at.city.booked(&at.city.resident(), &other);
    let again = Page(at.browser.send(&preview.form(&at.path("/closures"))).expect(200, "the new list"));
    assert!(again.has("data-problem=\"changed\"") && again.has("Close and refund 2"), "{}", again.text());
    assert!(at.browser.page(&at.path("/closures")).has("Nothing was closed so far."));
    let list = at.browser.follow(&again.form(&at.path("/closures")));
    assert!(list.has("A &#60;b&#62;flood"), "{}", list.text());
    let given_back = (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        at.city.balance(&resident) == before
    });
    assert!(given_back, "the money comes back");
    assert_eq!(at.city.slot(&slot)["status"], "closed");
}

#[test]
fn hours_and_prices_change_by_a_line_a_day_and_what_cannot_be_read_is_kept() {
    let mut at = Venue::new();
    let slot = at.slots(3).remove(0);
    let pitch = at.path(&format!("/pitches/{}", slot.pitch));
    let mut form = at.browser.page(&pitch).form(&format!("{pitch}/hours"));
    form.set("monday", "8 to 9");
    let page = Page(at.browser.send(&form).expect(400, "unreadable"));
    assert!(page.has("value=\"8 to 9\""), "{}", page.text());
    let mut form = page.form(&format!("{pitch}/hours"));
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"] {
        form.set(day, "10:00–12:00, 14:00–16:00");
    }
    at.browser.follow(&form);
    let open: Vec<Value> = at
        .city
        .slots(&slot.pitch, &at.city.day(3))
        .into_iter()
        .filter(|one| one["status"] != "closed")
        .collect();
    assert!(!open.is_empty());
    for one in &open {
        let hour = text(&one["start"])[11..13].parse::<u8>().expect("an hour");
        assert!((10..12).contains(&hour) || (14..16).contains(&hour), "{one}");
    }
    let page = at.browser.page(&pitch);
    assert!(page.has("value=\"10:00–12:00, 14:00–16:00\""), "{}", page.text());
    let mut form = page.form(&format!("{pitch}/prices"));
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"] {
        form.set(day, "10:00–16:00 12.50");
    }
    at.browser.follow(&form);
    let slots = at.city.slots(&slot.pitch, &at.city.day(3));
    let one = slots.iter().find(|one| one["status"] == "free").expect("a free slot");
    assert_eq!(one["price"]["amount"], json!(1250));
    let mut form = at.browser.page(&pitch).form(&format!("{pitch}/offered"));
    form.set("offered", "false");
    at.browser.follow(&form);
    assert!(at.browser.page(&pitch).has("neither shown nor sold"));
    let foreign = format!("/manage/{}/pitches/{}", at.other, slot.pitch);
    at.browser.ask(Request::get(&foreign)).expect(404, "under another venue");
}

#[test]
fn a_release_is_published_and_the_last_one_copied_for_the_days_after_it() {
    let mut at = Venue::new();
    let (first, last) = (at.city.day(20), at.city.day(26));
    let mut form = at.browser.page(&at.path("/releases/new")).form(&at.path("/releases"));
    form.set("name_zh", "秋季").set("name_en", "Autumn").set("first_day", &first).set("last_day", &last);
    form.set("days_before", "soon");
    let page = Page(at.browser.send(&form).expect(400, "no number"));
    let mut form = page.form(&at.path("/releases"));
    assert_eq!(form.fields["name_en"], "Autumn");
    form.set("days_before", "3").set("time", "07:30").set("limit", "2");
    let page = at.browser.follow(&form);
    assert!(page.has("Autumn") && page.has("opens 3 days before at 07:30"), "{}", page.text());
    let copy = page.links(&at.path("/releases/new?copy=")).remove(0);
    let copied = at.browser.page(&copy).form(&at.path("/releases"));
    assert_eq!(
        (copied.fields["first_day"].as_str(), copied.fields["last_day"].as_str()),
        (at.city.day(27).as_str(), at.city.day(33).as_str())
    );
    assert_eq!((copied.fields["days_before"].as_str(), copied.fields["limit"].as_str()), ("3", "2"));
    at.browser.follow(&copied);
    let manager = accounts(&at.city).into_iter().find(|one| one["venue"] == at.venue.as_str()).expect("one");
    let manager = at.city.log_in(&manager["phone"], &manager["password"]);
    let path = format!("/v1/manage/venues/{}/releases", at.venue);
    let releases = at.city.get_as(&manager, &path);
    let all = items(&releases);
    assert_eq!(
        (all[0]["first_day"].clone(), all[1]["first_day"].clone()),
        (json!(at.city.day(27)), json!(first))
    );
    assert_eq!(all[0]["pitches"], all[1]["pitches"]);
}

#[test]
fn a_form_from_elsewhere_changes_nothing_at_a_venue() {
    let mut at = Venue::new();
    let mut form = at.browser.page(&at.path("/releases/new")).form(&at.path("/releases"));
    form.set("name_zh", "秋季").set("name_en", "Autumn");
    let post = |form: &crate::browser::Form| {
        Request::new("POST", &form.action).bytes("application/x-www-form-urlencoded", form.encode())
    };
    at.browser.ask(post(&form).header("sec-fetch-site", "cross-site")).expect(403, "another site");
    at.browser.ask(post(&form)).expect(403, "from nowhere");
    let mut other = Browser::new(&at.city);
    let mut sign_in = other.page("/sign-in").form("/sign-in");
    Browser::signed_up(&at.city, PHONE, "Lin");
    sign_in.set("phone", PHONE).set("password", PASSWORD);
    other.send(&sign_in).expect(303, "sign-in");
    let token = other.page("/me").form("/me/text-size").fields["csrf"].clone();
    form.set("csrf", &token);
    at.browser.send(&form).expect(400, "another session's");
    let own = other.page("/me").form("/me/text-size").fields["csrf"].clone();
    form.set("csrf", &own);
    other.send(&form).expect(403, "a resident's own");
    assert!(!at.browser.page(&at.path("/releases")).has("Autumn"));
}
