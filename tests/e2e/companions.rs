//! Companions: a list of one's own, who comes along to a booking, what the gate sees of it, and that nothing of it is left when it ends.

use std::path::Path;

use kaichang::identity::resident_keys::RESIDENT_KEYS_PATH;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::city::{City, Ground, PASSWORD, Resident, items, text};
use crate::client::{Answer, Request};
use crate::erasure::{found, make_snapshot};
use crate::gate::{Place, ticket};
use crate::problems::check;

const PATH: &str = "/v1/residents/me/companions";
const NAME: &str = "鸲鹆Robin";

fn add(city: &City, who: &Resident, key: &str, body: &Value) -> Answer {
    city.ask(&Request::post(PATH, body).token(&who.token).key(key))
}

fn added(city: &City, who: &Resident, name: &str) -> String {
    let key: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    text(&add(city, who, &key, &json!({ "name": name })).expect(201, "a companion").json()["id"])
}

fn somebody(city: &City) -> Resident {
    let resident = city.newcomer("+8613900000777");
    city.top_up(&resident, 1_000_000);
    resident
}

fn party(city: &City, who: &Resident, booking: &Value) -> Vec<Value> {
    items(&city.get_as(who, &format!("/v1/bookings/{}/companions", text(&booking["id"])))).to_vec()
}

fn names(companions: &[Value]) -> Vec<String> {
    companions.iter().map(|one| text(&one["name"])).collect()
}

/// Where the name stands in the clear below the directory.
fn in_the_clear(dir: &Path) -> Vec<std::path::PathBuf> {
    found(dir, &[NAME.as_bytes().to_vec()])
}

#[test]
fn a_list_is_ones_own_bounded_and_adds_each_once() {
    let city = City::demo();
    let who = somebody(&city);
    let body = json!({ "name": NAME, "birth_year": 2015 });
    let first = add(&city, &who, "one", &body).expect(201, "a companion");
    let id = text(&first.json()["id"]);
    assert_eq!(first.header("location"), Some(format!("{PATH}/{id}").as_str()));
    let again = add(&city, &who, "one", &body).expect(201, "the same once more");
    assert_eq!((again.header("idempotency-replayed"), again.json()), (Some("true"), first.json()));
    check(&add(&city, &who, "one", &json!({ "name": "Other" })), "idempotency-mismatch", "another body");
    for (body, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "x".repeat(65) }), "name"),
        (json!({ "name": "A", "birth_year": 1899 }), "birth_year"),
        (json!({ "name": "A", "birth_year": 2999 }), "birth_year"),
    ] {
        let problem = check(&add(&city, &who, "bad", &body), "invalid-request", "no companion");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    for number in 2..=20 {
        added(&city, &who, &format!("Friend {number}"));
    }
    let full = check(&add(&city, &who, "many", &json!({ "name": "Late" })), "quota-exceeded", "one too many");
    assert_eq!(
        (&full["quota"], &full["limit"], &full["used"]),
        (&json!("companions"), &json!(20), &json!(20))
    );
    let page = city.get_as(&who, &format!("{PATH}?limit=15"));
    assert_eq!((items(&page).len(), &items(&page)[0]), (15, &first.json()));
    let rest = city.get_as(&who, &format!("{PATH}?cursor={}", text(&page["next"])));
    assert_eq!((items(&rest).len(), &rest["next"]), (5, &json!(null)));

    let other = city.newcomer("+8613900000778");
    assert_eq!(city.get_as(&other, PATH)["items"], json!([]));
    let path = format!("{PATH}/{id}");
    check(&city.ask(&Request::delete(&path).token(&other.token)), "not-found", "another's");
    let _ = city.ask(&Request::delete(&path).token(&who.token)).expect(204, "one's own");
    // An account that was made for trials has no key to seal anything under.
    check(&add(&city, &city.resident(), "k", &body), "forbidden", "a trial");
    let city = city.kill_and_reopen();
    assert_eq!(items(&city.get_as(&who, PATH)).len(), 19);
}

#[test]
fn many_changes_of_one_list_at_once_all_count() {
    let city = City::demo();
    let who = somebody(&city);
    std::thread::scope(|scope| {
        for number in 0..12 {
            let (city, who) = (&city, &who);
            scope.spawn(move || added(city, who, &format!("Friend {number}")));
        }
    });
    assert_eq!(items(&city.get_as(&who, PATH)).len(), 12);
}

#[test]
fn a_booking_names_those_who_come_along_until_it_begins() {
    let city = City::demo();
    let who = somebody(&city);
    let (one, two) = (added(&city, &who, NAME), added(&city, &who, "Ben"));
    let courts = city.free_courts(3);
    let mut order = courts[0].order();
    order["companions"] = json!([one]);
    let problem = check(&city.book(&who, "k", &order), "invalid-request", "more than come");
    assert_eq!(problem["errors"][0]["field"], "companions");
    order["party_size"] = 3.into();
    for (companions, field) in
        [(json!([one, "c-nobody"]), "companions.1"), (json!([one, one]), "companions.1")]
    {
        let mut wrong = order.clone();
        wrong["companions"] = companions;
        let problem = check(&city.book(&who, "k", &wrong), "invalid-request", "who is none");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    assert_eq!(city.slot(&courts[0])["status"], "free", "nothing was claimed");
    let booked = city.book(&who, "k", &order).expect(201, "a booking").json();
    assert_eq!(names(&party(&city, &who, &booked)), [NAME]);
    let mut others = order.clone();
    others["companions"] = json!([two]);
    check(&city.book(&who, "k", &others), "idempotency-mismatch", "others come along");
    // Who was named stays named when the list is another; and a retry is the same still.
    let _ = city.ask(&Request::delete(&format!("{PATH}/{one}")).token(&who.token)).expect(204, "gone");
    let again = city.book(&who, "k", &order).expect(201, "the same");
    assert_eq!((again.header("idempotency-replayed"), &again.json()["id"]), (Some("true"), &booked["id"]));
    assert_eq!(names(&party(&city, &who, &booked)), [NAME]);

    let path = format!("/v1/bookings/{}/companions", text(&booked["id"]));
    let put = |who: &Resident, ids: Value| {
        city.ask(&Request::new("PUT", &path).token(&who.token).json(&json!({ "companions": ids })))
    };
    let set = put(&who, json!([two])).expect(200, "another").json();
    assert_eq!(names(items(&set)), ["Ben"]);
    let other = city.newcomer("+8613900000778");
    check(&put(&other, json!([])), "not-found", "another's booking");
    check(&city.ask(&Request::get(&path).token(&other.token)), "not-found", "another's booking");

    // A hold names too, and what is called off names nobody.
    let hold = json!({
        "pitch": courts[1].pitch, "start": courts[1].start, "end": courts[1].end, "party_size": 2, "companions": [two],
    });
    let held =
        city.ask(&Request::post("/v1/holds", &hold).token(&who.token).key("h")).expect(201, "a hold").json();
    assert_eq!(names(&party(&city, &who, &held)), ["Ben"]);
    let _ = city.cancel(&who, &text(&held["id"])).expect(200, "given up");
    assert_eq!(party(&city, &who, &held), [] as [Value; 0]);
    let late = format!("/v1/bookings/{}/companions", text(&held["id"]));
    let late = Request::new("PUT", &late).token(&who.token).json(&json!({ "companions": [two] }));
    check(&city.ask(&late), "already-cancelled", "what is given up");

    let export = city.get_as(&who, "/v1/residents/me/export");
    assert_eq!(names(export["companions"].as_array().expect("a list")), ["Ben"]);
    assert_eq!(export["booking_companions"][0]["booking"], booked["id"]);
    assert_eq!(names(export["booking_companions"][0]["companions"].as_array().expect("a list")), ["Ben"]);

    // By way of the journal, and of a snapshot.
    let city = city.kill_and_reopen();
    assert_eq!(names(&party(&city, &who, &booked)), ["Ben"]);
    let City { ground, server, .. } = city;
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    make_snapshot(ground.path());
    let verified = ground.verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
    let city = ground.open();
    assert_eq!(names(&party(&city, &who, &booked)), ["Ben"]);
    assert_eq!(names(items(&city.get_as(&who, PATH))), ["Ben"]);
}

#[test]
fn a_gate_sees_who_comes_along_and_files_have_it_sealed() {
    let place = Place::new();
    let (city, manager) = (&place.city, place.manager());
    let who = somebody(city);
    let body = json!({ "name": NAME, "birth_year": 2015 });
    let id = text(&add(city, &who, "k", &body).expect(201, "a companion").json()["id"]);
    let booked = place.booked(&who);
    let path = format!("/v1/bookings/{}/companions", text(&booked["id"]));
    let named = Request::new("PUT", &path).token(&who.token).json(&json!({ "companions": [id] }));
    let _ = city.ask(&named).expect(200, "who comes along");
    let shown = json!({ "ticket": ticket(city, &who, &booked)["ticket"] });
    let let_in = Request::post("/v1/gate/check-ins", &shown).token(&manager.token);
    let let_in = city.ask(&let_in).expect(200, "a check-in").json();
    assert_eq!(let_in["companions"], json!([{ "name": NAME, "birth_year": 2015 }]));
    assert_eq!(let_in["party_size"], 2);
    check(&city.ask(&named), "already-used", "who comes along, at the gate");
    assert!(!city.server.said().contains(NAME), "the log names nobody");

    let City { ground, server, .. } = place.city;
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    make_snapshot(ground.path());
    assert!(in_the_clear(ground.path()).is_empty(), "{:?}", in_the_clear(ground.path()));
    assert!(ground.path().join(RESIDENT_KEYS_PATH).exists());
}

#[test]
fn who_leaves_takes_his_companions_with_him() {
    let city = City::demo();
    let who = somebody(&city);
    let id = added(&city, &who, NAME);
    let mut order = city.free_court(4).order();
    order["party_size"] = 2.into();
    order["companions"] = json!([id]);
    let _ = city.book(&who, "k", &order).expect(201, "a booking");
    let leave = Request::delete("/v1/residents/me").token(&who.token).json(&json!({ "password": PASSWORD }));
    let _ = city.ask(&leave).expect(204, "the end of an account");
    let ground: Ground = city.kill();
    let verified = ground.verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
    let city = ground.open();
    let anew = somebody(&city);
    assert_eq!(city.get_as(&anew, PATH)["items"], json!([]));
    let City { ground, server, .. } = city;
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    make_snapshot(ground.path());
    assert!(in_the_clear(ground.path()).is_empty(), "{:?}", in_the_clear(ground.path()));
}

#[test]
fn without_a_script_one_lists_companions_ticks_them_and_sees_them() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, "+8613800138003", "Lin");
    let mut form = browser.page("/me").form("/me/companions");
    form.set("name", "Ann").set("birth_year", "twelve");
    let refused = browser.send(&form).expect(400, "no year").text();
    assert!(refused.contains("must be a year") && refused.contains("value=\"Ann\""), "{refused}");
    form.set("birth_year", "2015");
    let me = browser.follow(&form);
    assert!(me.has("Added to your companions.") && me.has("Ann, born 2015"), "{}", me.text());

    let slot = city.free_courts(3).remove(0);
    let plus = |moment: &str| moment.replace('+', "%2B");
    let sheet = format!("/book?pitch={}&start={}&end={}", slot.pitch, plus(&slot.start), plus(&slot.end));
    let page = browser.page(&sheet);
    assert!(page.has("Who comes along"), "{}", page.text());
    let text = page.text();
    let (_, field) = text.split_once("name=\"companion.").expect("a box");
    let field = format!("companion.{}", field.split('"').next().expect("a name"));
    let mut form = page.form("/book");
    form.set("deed", "top_up_and_book").set(&field, "on");
    let booked = browser.follow(&form);
    assert!(booked.has("Ann, born 2015") && booked.has("Change who comes along"), "{}", booked.text());
    let change = booked.form("/bookings/");
    assert!(change.action.ends_with("/companions") && change.fields.contains_key(&field), "{change:?}");
    let path = change.action.trim_end_matches("/companions").to_owned();
    assert!(browser.page(&format!("{path}/ticket")).has("Ann, born 2015"));
    let mut nobody = change.clone();
    nobody.fields.remove(&field);
    let alone = browser.follow(&nobody);
    assert!(alone.has("Saved: who comes along.") && !alone.has("<dt>With</dt>"), "{}", alone.text());

    let remove = browser.page("/me").form("/me/companions/remove");
    let me = browser.follow(&remove);
    assert!(me.has("Removed from your companions.") && !me.has("Ann"), "{}", me.text());
}
