//! The operator's pages: who may open them, how the city does, venues and staff that are found and added, and the city's log.

use serde_json::Value;

use crate::browser::{Browser, Page};
use crate::city::{City, PASSWORD, text};
use crate::client::Request;
use crate::pages_frame::check_headers;
use crate::pages_manage::{accounts, signed_in};

const PHONE: &str = "+8613800138001";
const NEW_PHONE: &str = "+8613800138009";

const PAGES: [&str; 10] = [
    "/operator",
    "/operator/venues",
    "/operator/venues/new",
    "/operator/venues/sz-0001",
    "/operator/districts",
    "/operator/sports",
    "/operator/holidays",
    "/operator/staff",
    "/operator/staff/new",
    "/operator/audit",
];

fn account(city: &City, role: &str) -> Value {
    accounts(city).into_iter().find(|one| one["role"] == role).expect("an account")
}

fn operator(city: &City) -> Browser {
    signed_in(city, &account(city, "operator"))
}

#[test]
fn only_operators_see_the_operators_pages_and_nothing_of_them_is_kept() {
    let city = City::demo();
    let mut operator = operator(&city);
    let mut manager = signed_in(&city, &account(&city, "manager"));
    let mut resident = Browser::signed_up(&city, PHONE, "Lin");
    let mut nobody = Browser::new(&city);
    let member = operator.page("/operator/staff?role=manager").links("/operator/staff/").remove(1);
    for path in PAGES.into_iter().chain([member.as_str()]) {
        for language in ["zh-Hans", "en"] {
            let answer = operator.ask(Request::get(&format!("{path}?lang={language}"))).expect(200, path);
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
            check_headers(&answer, path);
            assert!(answer.text().contains(&format!("lang=\"{language}\"")), "{path}");
        }
        manager.ask(Request::get(path)).expect(403, path);
        resident.ask(Request::get(path)).expect(403, path);
        let answer = nobody.ask(Request::get(path)).expect(303, path);
        assert_eq!(answer.header("location"), Some(format!("/sign-in?next={path}").as_str()));
    }
    operator.ask(Request::get("/operator/staff/nobody")).expect(404, "nobody");
}

#[test]
fn an_operator_is_led_to_the_city_and_its_venues() {
    let city = City::demo();
    let account = account(&city, "operator");
    let mut operator = Browser::new(&city);
    let mut form = operator.page("/sign-in").form("/sign-in");
    form.set("phone", &text(&account["phone"])).set("password", &text(&account["password"]));
    let answer = operator.send(&form).expect(303, "sign-in");
    assert_eq!(answer.header("location"), Some("/operator"));
    assert_eq!(operator.page("/me").links("/operator").len(), 1);
    let answer = operator.ask(Request::get("/manage")).expect(303, "all venues");
    assert_eq!(answer.header("location"), Some("/operator/venues"));
    let venue = operator.page("/operator/venues").links("/manage/").remove(0);
    assert_eq!(operator.page(&venue).links("/operator/venues").len(), 1, "and back");
}

#[test]
fn the_overview_tells_what_happens_and_where() {
    let city = City::demo();
    let mut operator = operator(&city);
    let page = operator.page("/operator");
    assert!(page.has("bookings are taken"), "{}", page.text());
    let districts = page.links("/operator/venues?district=");
    assert_eq!(districts.len(), 20, "ten districts, on the map and in the table");
    let slot = city.free_court(3);
    city.booked(&city.resident(), &slot);
    city.book(&city.resident(), "other", &slot.order()).expect(409, "taken");
    let page = operator.page("/operator");
    assert!(page.has("Refused most:") && page.has("Just taken"), "{}", page.text());
    assert!(page.has("<b>1,930</b>") && page.has("<b>8,159</b>"), "the whole city: {}", page.text());
    assert!(!page.has("nothing written"), "{}", page.text());
}

#[test]
fn venues_are_found_by_word_district_and_id_page_by_page() {
    let city = City::demo();
    let mut operator = operator(&city);
    let first = operator.page("/operator/venues");
    assert!(first.has("1,930 venues") && !first.has(">Before<"), "{}", first.text());
    let next = first.links("/operator/venues?q=").remove(0);
    let second = operator.page(&next);
    assert!(second.has(">Before<") && second.links("/manage/") != first.links("/manage/"));
    let only = operator.page("/operator/venues?q=sz-0007");
    assert_eq!(only.links("/manage/"), ["/manage/sz-0007"]);
    let district = operator.page("/operator/venues?district=yantian&q=badminton");
    assert!(!district.has("1,930 venues") && !district.links("/manage/").is_empty(), "{}", district.text());
    assert!(operator.page("/operator/venues?q=zzzz").has("0 venues"));
}

#[test]
fn a_venue_is_added_and_what_is_wrong_with_it_is_told_at_its_field() {
    let city = City::demo();
    let mut operator = operator(&city);
    let mut form = operator.page("/operator/venues/new").form("/operator/venues/new");
    form.set("id", "Bay Hall").set("name.zh-Hans", "海湾馆").set("name.en", "<b>Bay</b>");
    form.set("address.zh-Hans", "海湾路 1 号").set("latitude", "north").set("longitude", "114.05");
    let page = Page(operator.send(&form).expect(400, "unreadable"));
    for (field, fault) in [("id", "a-z"), ("address.en", "empty"), ("latitude", "no place on earth")] {
        let told = told_at(&page, field);
        assert!(told.contains("class=\"fault\"") && told.contains(fault), "{field}: {told}");
    }
    for field in ["name.en", "longitude"] {
        assert!(!told_at(&page, field).contains("fault"), "{field}");
    }
    assert!(!page.has("<b>Bay"), "{}", page.text());
    let mut form = page.form("/operator/venues/new");
    assert_eq!((form.fields["latitude"].as_str(), form.fields["name.zh-Hans"].as_str()), ("north", "海湾馆"));
    form.set("id", "bay-hall")
        .set("address.en", "1 Bay Road")
        .set("latitude", "22.5431")
        .set("district", "dapeng");
    let mut stolen = form.clone();
    stolen.fields.remove("csrf");
    operator.send(&stolen).expect(400, "no token");
    let page = operator.follow(&form);
    assert!(page.has("was added") && page.links("/manage/") == ["/manage/bay-hall"], "{}", page.text());
    operator.send(&form).expect(303, "a second tap adds nothing more");
    assert_eq!(city.get("/v1/venues/bay-hall")["district"]["id"], "dapeng");
    let mut again = operator.page("/operator/venues/new").form("/operator/venues/new");
    again.fields.extend(form.fields.into_iter().filter(|(name, _)| name != "key" && name != "csrf"));
    again.set("name.en", "Another");
    let page = Page(operator.send(&again).expect(400, "the id is taken"));
    assert!(told_at(&page, "id").contains("is taken"), "{}", page.text());
}

#[test]
fn somebody_is_added_to_the_staff_signs_in_and_loses_all_rights() {
    let city = City::demo();
    let venue = text(&account(&city, "manager")["venue"]);
    let mut operator = operator(&city);
    let add = operator.page(&format!("/operator/staff?q={venue}")).links("/operator/staff/new").remove(0);
    let mut form = operator.page(&add).form("/operator/staff/new");
    assert_eq!((form.fields["venue"].as_str(), form.fields["role"].as_str()), (venue.as_str(), "front_desk"));
    form.set("name", "<i>Wu</i>").set("phone", "12").set("password", "short");
    let page = Page(operator.send(&form).expect(400, "unreadable"));
    assert!(told_at(&page, "phone").contains("fault") && told_at(&page, "password").contains("fault"));
    assert!(!told_at(&page, "name").contains("fault") && !page.has("<i>Wu") && !page.has("value=\"short\""));
    let mut form = page.form("/operator/staff/new");
    assert_eq!(form.fields["phone"], "12", "what was typed stays");
    form.set("name", "Wu Hao").set("phone", NEW_PHONE).set("password", PASSWORD).set("venue", "badminton");
    let page = Page(operator.send(&form).expect(404, "words of many venues"));
    assert!(told_at(&page, "venue").contains("fit none"));
    let mut form = page.form("/operator/staff/new");
    form.set("password", PASSWORD).set("venue", &venue);
    let page = operator.follow(&form);
    assert!(page.has("Wu Hao") && page.has("Added."), "{}", page.text());
    let member = page.links("/operator/staff/").into_iter().find(|link| !link.ends_with("/new"));
    let member = member.expect("the way to him");
    let mut again = operator.page(&add).form("/operator/staff/new");
    again.set("name", "Another").set("phone", NEW_PHONE).set("password", PASSWORD);
    let page = Page(operator.send(&again).expect(409, "the number is taken"));
    assert!(told_at(&page, "phone").contains("already"), "{}", page.text());

    let mut desk = Browser::new(&city);
    let mut sign_in = desk.page("/sign-in").form("/sign-in");
    sign_in.set("phone", NEW_PHONE).set("password", PASSWORD);
    desk.send(&sign_in).expect(303, "sign-in");
    desk.page(&format!("/manage/{venue}"));
    desk.ask(Request::get(&format!("/manage/{venue}/staff"))).expect(403, "a manager's page");
    let mut manager = signed_in(&city, &account(&city, "manager"));
    let staff = manager.page(&format!("/manage/{venue}/staff"));
    assert!(staff.has("Wu Hao") && staff.has("Front desk") && staff.links("/operator").is_empty());

    let form = operator.page(&member).form(&member);
    manager.send(&form).expect(400, "another session's form");
    assert!(operator.follow(&form).has("All rights are taken"));
    assert_eq!(desk.ask(Request::get(&format!("/manage/{venue}"))).status, 303, "signed out");
    operator.ask(Request::get(&member)).expect(404, "none of the staff any more");
    assert!(!manager.page(&format!("/manage/{venue}/staff")).has("Wu Hao"));
    let log = operator.page("/operator/audit");
    assert!(log.has("<b>Added to the staff") && log.has("<b>Rights taken"), "{}", log.text());
}

#[test]
fn an_operator_keeps_his_own_rights() {
    let city = City::demo();
    let mut operator = operator(&city);
    let phone = text(&account(&city, "operator")["phone"]).replace('+', "%2B");
    let list = operator.page(&format!("/operator/staff?q={phone}"));
    assert!(list.has("1 person"), "{}", list.text());
    let own =
        list.links("/operator/staff/").into_iter().find(|link| !link.ends_with("/new")).expect("he himself");
    let page = operator.page(&own);
    assert!(page.has("This is you.") && !page.has(&format!("action=\"{own}\"")), "{}", page.text());
    let manager = operator.page("/operator/staff?role=manager").links("/operator/staff/").remove(1);
    let mut form = operator.page(&manager).form(&manager);
    form.action = own;
    operator.send(&form).expect(403, "himself");
    operator.page("/operator");
}

#[test]
fn the_citys_log_is_read_venue_by_venue_and_with_its_chain() {
    let city = City::demo();
    let venue = text(&account(&city, "manager")["venue"]);
    let mut manager = signed_in(&city, &account(&city, "manager"));
    let pitch = manager
        .page(&format!("/manage/{venue}/pitches"))
        .links(&format!("/manage/{venue}/pitches/"))
        .remove(1);
    let mut form = manager.page(&pitch).form(&format!("{pitch}/offered"));
    form.set("offered", "false");
    manager.follow(&form);
    let mut operator = operator(&city);
    let log = operator.page("/operator/audit");
    assert!(log.has("<b>Pitch changed") && log.has("Entry 0 of the city, hash "), "{}", log.text());
    let of_venue = log.links("/operator/audit?venue=").remove(0);
    assert!(operator.page(&of_venue).has("<b>Pitch changed"));
    let other = if venue == "sz-0001" { "sz-0002" } else { "sz-0001" };
    assert!(
        !operator.page(&format!("/operator/audit?venue={other}")).has("<b>Pitch changed"),
        "another venue's"
    );
    let several = operator.page("/operator/audit?venue=badminton");
    assert!(several.has("Which one?") && several.links("/operator/audit?venue=").len() > 1);
    assert!(operator.page("/operator/audit?venue=zzzz").has("No venue is found"));
}

#[test]
fn a_venues_details_are_changed_and_what_is_wrong_is_told_at_its_field() {
    let city = City::demo();
    let mut operator = operator(&city);
    let path = "/operator/venues/sz-0007";
    assert_eq!(operator.page("/operator/venues?q=sz-0007").links("/operator/venues/sz-"), [path]);
    let mut form = operator.page(path).form(path);
    form.set("name.en", "<b>Bay</b>").set("latitude", "north").set("address.zh-Hans", " ");
    let page = Page(operator.send(&form).expect(400, "unreadable"));
    for (field, fault) in [("latitude", "no place on earth"), ("address.zh-Hans", "empty")] {
        assert!(told_at(&page, field).contains(fault), "{field}: {}", page.text());
    }
    assert!(!told_at(&page, "name.en").contains("fault") && !page.has("<b>Bay"), "{}", page.text());
    let mut form = page.form(path);
    form.set("latitude", "22.5").set("longitude", "114.5").set("address.zh-Hans", "海湾路 1 号");
    form.set("district", "dapeng").set("admission", "open");
    let page = operator.follow(&form);
    assert!(page.has("Changed. It holds"), "{}", page.text());
    let venue = city.get("/v1/venues/sz-0007");
    assert_eq!(
        (text(&venue["district"]["id"]), text(&venue["name"]["en"])),
        ("dapeng".into(), "<b>Bay</b>".into())
    );
    operator.ask(Request::get("/operator/venues/nowhere")).expect(404, "no venue");
}

#[test]
fn districts_sports_and_holidays_are_added_by_their_forms() {
    let city = City::demo();
    let mut operator = operator(&city);
    for (path, in_api) in [("/operator/districts", None), ("/operator/sports", Some("/v1/sports?limit=500"))]
    {
        let mut form = operator.page(path).form(path);
        form.set("id", "New One").set("name.zh-Hans", "新的").set("name.en", "<b>New</b>");
        let page = Page(operator.send(&form).expect(400, "no id"));
        assert!(told_at(&page, "id").contains("a-z"), "{}", page.text());
        let mut form = page.form(path);
        assert_eq!(form.fields["name.zh-Hans"], "新的");
        form.set("id", "new-one");
        let page = operator.follow(&form);
        assert!(page.has("Added.") && page.has("new-one") && !page.has("<b>New"), "{}", page.text());
        operator.send(&form).expect(303, "a second tap adds nothing more");
        let mut other = operator.page(path).form(path);
        other.set("id", "new-one").set("name.zh-Hans", "别的").set("name.en", "Other");
        let page = Page(operator.send(&other).expect(400, "taken"));
        assert!(told_at(&page, "id").contains("is taken"), "{}", page.text());
        if let Some(list) = in_api {
            assert!(city.get(list).to_string().contains("new-one"));
        }
        // It can be called something else.
        let one = format!("{path}/new-one");
        assert!(operator.page(path).links(&one).contains(&one), "each leads to where it is renamed");
        let mut form = operator.page(&one).form(&one);
        assert_eq!(form.fields["name.en"], "<b>New</b>");
        form.set("name.en", " ");
        let page = Page(operator.send(&form).expect(400, "no name"));
        assert!(told_at(&page, "name.en").contains("must not be empty"), "{}", page.text());
        form.set("name.en", "Better");
        let page = operator.follow(&form);
        assert!(page.has("<h1><bdi>Better</bdi></h1>") && page.has("role=\"status\""), "{}", page.text());
        operator.ask(Request::get(&format!("{path}/nowhere"))).expect(404, "none of this id");
    }
    let path = "/operator/holidays";
    let mut form = operator.page(path).form(path);
    assert_eq!(form.fields["goes_by"], "holiday");
    form.set("first_day", "2030-02-05").set("last_day", "2030-02-03");
    let page = Page(operator.send(&form).expect(400, "before it begins"));
    assert!(told_at(&page, "last_day").contains("before the first"), "{}", page.text());
    let mut form = page.form(path);
    form.set("first_day", "2030-02-03");
    form.set("last_day", "2030-02-05");
    let page = operator.follow(&form);
    assert!(page.has("Sun 3 Feb 2030") && page.has("Tue 5 Feb 2030"), "{}", page.text());
    let mut form = page.form(path);
    form.set("first_day", "2030-02-05").set("goes_by", "own");
    let page = operator.follow(&form);
    assert!(page.has("Sun 3 Feb 2030") && !page.has("Tue 5 Feb 2030"), "{}", page.text());
    let log = operator.page("/operator/audit");
    assert!(
        log.has("<b>District added") && log.has("<b>Sport added") && log.has("<b>Holidays set"),
        "{}",
        log.text()
    );
}

/// What stands beside a field.
fn told_at(page: &Page, field: &str) -> String {
    let text = page.text();
    let after =
        text.split(&format!("id=\"{field}-told\"")).nth(1).unwrap_or_else(|| panic!("{field}: {text}"));
    after.split("</p>").next().unwrap_or_default().to_owned()
}
