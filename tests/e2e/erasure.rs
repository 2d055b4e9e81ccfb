//! `/v1/residents/me`: who one is, what is kept of one, and the end of it: afterwards nothing in the city's files says who it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kaichang::identity::city_keys::{CityKeys, WhenAbsent};
use kaichang::identity::resident_keys::{RESIDENT_KEYS_PATH, ResidentKeyFault, ResidentKeys};
use serde_json::json;

use crate::browser::Browser;
use crate::city::{City, Ground, PASSWORD, Resident, amount, text};
use crate::client::{Answer, Request};
use crate::gate::{Place, ticket};
use crate::import_export::{exported, imported};
use crate::problems::check;
use crate::server::{self, kaichang};

const NAME: &str = "金丝雀Canary";
const PHONE: &str = "+8613877665544";
/// Of a slot in the file of the residents' keys, and of its header.
const SLOT_BYTES: usize = 128;
/// Where the wrapped key stands in a slot.
const WRAPPED: std::ops::Range<usize> = 8..80;

fn sign_up(city: &City, phone: &str, name: &str) -> Answer {
    let body = json!({ "phone": phone, "password": PASSWORD, "name": name });
    city.ask(&Request::post("/v1/residents", &body))
}

fn canary(city: &City) -> Resident {
    let session = sign_up(city, PHONE, NAME).expect(201, "a sign-up").json();
    Resident { id: text(&session["id"]), token: text(&session["token"]) }
}

fn delete(resident: &Resident, password: &str) -> Request {
    Request::delete("/v1/residents/me").token(&resident.token).json(&json!({ "password": password }))
}

fn log_in(city: &City, phone: &str) -> Answer {
    city.ask(&Request::post("/v1/logins", &json!({ "phone": phone, "password": PASSWORD })))
}

/// The number of the resident who signed up last: whose slot is the last in the file.
fn last_slot(dir: &Path) -> u32 {
    let length = fs::metadata(dir.join(RESIDENT_KEYS_PATH)).expect("the residents' keys").len();
    u32::try_from(length / SLOT_BYTES as u64).expect("few") - 2
}

/// A resident's key, bare and as it stands in the file.
struct KeyOf {
    bare: Vec<u8>,
    wrapped: Vec<u8>,
}

fn store(dir: &Path) -> ResidentKeys {
    let keys = CityKeys::open(&dir.join("keys/master.key"), WhenAbsent::Refuse).expect("the master key");
    ResidentKeys::open(&dir.join(RESIDENT_KEYS_PATH), &keys, WhenAbsent::Refuse).expect("the keys")
}

fn key_of(dir: &Path, no: u32) -> KeyOf {
    let bare = store(dir).get(kaichang::domain::ids::ResidentNo::new(no)).expect("a key").bytes().to_vec();
    let file = fs::read(dir.join(RESIDENT_KEYS_PATH)).expect("the residents' keys");
    let slot = &file[(no as usize + 1) * SLOT_BYTES..][..SLOT_BYTES];
    KeyOf { bare, wrapped: slot[WRAPPED].to_vec() }
}

fn is_erased(dir: &Path, no: u32) -> bool {
    matches!(store(dir).get(kaichang::domain::ids::ResidentNo::new(no)), Err(ResidentKeyFault::Erased))
}

/// All files below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The forms in which a text may stand somewhere.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let units: Vec<u16> = text.encode_utf16().collect();
    vec![
        text.as_bytes().to_vec(),
        units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        // Without the zero that it may begin with.
        units.iter().flat_map(|unit| unit.to_be_bytes()).skip_while(|byte| *byte == 0).collect(),
    ]
}

/// Whether it stands somewhere in the bytes. It doesn't begin with a zero, of which segments are full.
fn stands_in(bytes: &[u8], wanted: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == wanted[0]) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// Every file below the directory in which one of these stands.
pub(crate) fn found(dir: &Path, wanted: &[Vec<u8>]) -> Vec<PathBuf> {
    let has = |path: &PathBuf| {
        let bytes = fs::read(path).expect("a file");
        wanted.iter().any(|wanted| stands_in(&bytes, wanted))
    };
    files(dir).into_iter().filter(has).collect()
}

pub(crate) fn make_snapshot(dir: &Path) {
    let mut command = kaichang();
    command.arg("snapshot").arg("--data-dir").arg(dir);
    let made = server::run(&mut command);
    assert_eq!(made.code, Some(0), "{}", made.said);
}

/// Ends a server in order, which seals its journal.
fn closed(city: City) -> Ground {
    let City { ground, server, .. } = city;
    server.terminate();
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    ground
}

#[track_caller]
fn check_verified(ground: &Ground) {
    let verified = ground.verify();
    assert_eq!(verified.code, Some(0), "{}", verified.said);
}

#[test]
fn everybody_is_told_who_he_is() {
    let city = City::demo();
    let resident = canary(&city);
    let me = city.get_as(&resident, "/v1/residents/me");
    assert_eq!(
        me,
        json!({
            "id": resident.id, "name": NAME, "phone": PHONE, "role": "resident", "venue": null,
            "created_at": me["created_at"],
            "verified": {
                "birth_year": null, "concessions": [], "district": null, "household_members": 1, "real_name": false
            },
        })
    );
    let created = text(&me["created_at"]);
    let trial = city.get_as(&city.resident(), "/v1/residents/me");
    assert_eq!(
        (&trial["name"], &trial["phone"], &trial["role"]),
        (&json!(null), &json!(null), &json!("resident"))
    );
    let slot = city.free_court(3);
    let manager = city.get_as(&city.manager_of(&slot.venue), "/v1/residents/me");
    assert_eq!((&manager["role"], &manager["venue"]), (&json!("manager"), &json!(slot.venue)));
    assert_eq!(city.get_as(&city.operator(), "/v1/residents/me")["role"], "operator");
    // By way of a snapshot too.
    let ground = closed(city);
    make_snapshot(ground.path());
    let city = ground.open();
    assert_eq!(city.get_as(&resident, "/v1/residents/me")["created_at"], created);
}

#[test]
fn an_export_has_everything_of_its_owner_and_nothing_of_anybody_else() {
    let place = Place::new();
    let (city, manager) = (&place.city, place.manager());
    let resident = canary(city);
    let other = city.newcomer("+8613900000222");
    city.top_up(&other, 5000);
    city.top_up(&resident, 100_000);
    let others = city.booked(&other, &city.free_courts(3)[0]);
    let cancelled = city.booked(&resident, &city.free_courts(4)[0]);
    let cancelled = city.cancel(&resident, &text(&cancelled["id"])).expect(200, "a cancellation").json();
    let played = place.booked(&resident);
    let body = json!({ "ticket": ticket(city, &resident, &played)["ticket"] });
    let check_in = Request::post("/v1/gate/check-ins", &body).token(&manager.token);
    let let_in = city.ask(&check_in).expect(200, "a check-in").json();
    let second = city.log_in(&json!(PHONE), &json!(PASSWORD));

    let answer =
        city.ask(&Request::get("/v1/residents/me/export").token(&second.token)).expect(200, "an export");
    let disposition = answer.header("content-disposition").expect("a disposition");
    assert_eq!(disposition, "attachment; filename=\"kaichang-my-data.json\"");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(!answer.text().contains(&text(&others["id"])) && !answer.text().contains(&other.id));
    let export = answer.json();
    assert_eq!(export["profile"], city.get_as(&resident, "/v1/residents/me"));
    assert_eq!(
        export["sessions"],
        json!([{ "place": 0, "is_this_one": false }, { "place": 1, "is_this_one": true }])
    );
    assert_eq!(export["bookings"], city.get_as(&resident, "/v1/bookings?limit=500")["items"]);
    assert_eq!(export["bookings"].as_array().map(Vec::len), Some(2));
    assert!(export["bookings"].as_array().expect("a list").contains(&cancelled));
    assert_eq!(export["wallet"]["balance"], city.get_as(&resident, "/v1/wallet")["balance"]);
    assert_eq!(export["wallet"]["entries"], city.get_as(&resident, "/v1/wallet/entries?limit=500")["items"]);
    let sum: i64 = export["wallet"]["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| amount(&entry["amount"]))
        .sum();
    assert_eq!(sum, amount(&export["wallet"]["balance"]));
    assert_eq!(export["check_ins"], json!([{ "booking": played["id"], "at": let_in["checked_in_at"] }]));
    assert_eq!(export["staff_acts"], json!([]));

    // What one of the staff did is his too.
    let acts = city.get_as(&manager, "/v1/residents/me/export")["staff_acts"].clone();
    assert_eq!((&acts[0]["what"], &acts[0]["subject"]), (&json!("booking_checked_in"), &played["id"]));
    check(&city.ask(&Request::get("/v1/residents/me/export")), "unauthenticated", "an export of nobody");
}

#[test]
fn an_account_that_is_deleted_leaves_nothing_that_says_whose_it_was() {
    let place = Place::new();
    let manager = place.manager();
    let (city, venue) = (&place.city, place.venue.clone());
    let resident = canary(city);
    let no = last_slot(city.ground.path());
    let key = key_of(city.ground.path(), no);
    city.top_up(&resident, 100_000);
    let far = city.free_courts(4).into_iter().find(|slot| slot.price > 0).expect("a price");
    let called_off = city.booked(&resident, &city.free_courts(5)[0]);
    let _ = city.cancel(&resident, &text(&called_off["id"])).expect(200, "a cancellation");
    let played = place.booked(&resident);
    let ahead = city.booked(&resident, &far);

    // It is too late to call off what begins within the hour: nothing is changed, whatever else could be.
    check(&city.ask(&delete(&resident, PASSWORD)), "too-late", "with a booking that can't be called off");
    let still = city.get_as(&resident, &format!("/v1/bookings/{}", text(&ahead["id"])));
    assert_eq!(still["status"], "confirmed");
    let body = json!({ "ticket": ticket(city, &resident, &played)["ticket"] });
    let check_in = Request::post("/v1/gate/check-ins", &body).token(&manager.token);
    let _ = city.ask(&check_in).expect(200, "a check-in");
    let second = city.log_in(&json!(PHONE), &json!(PASSWORD));
    check(&city.ask(&delete(&second, "not the password")), "unauthenticated", "a wrong password");

    let wanted =
        [forms(NAME), forms(PHONE), forms(&PHONE[3..]), vec![key.bare.clone(), key.wrapped.clone()]].concat();
    let before = found(city.ground.path(), &wanted);
    assert_eq!(
        before,
        [city.ground.path().join(RESIDENT_KEYS_PATH)],
        "the key is there, and nothing in plain"
    );

    let gone = city.ask(&delete(&second, PASSWORD)).expect(204, "the end of an account");
    assert!(gone.body.is_empty());
    for session in [&resident, &second] {
        for path in ["/v1/wallet", "/v1/residents/me", "/v1/residents/me/export"] {
            check(&city.ask(&Request::get(path).token(&session.token)), "unauthenticated", path);
        }
        check(&city.ask(&delete(session, PASSWORD)), "unauthenticated", "a second time");
    }
    check(&log_in(city, PHONE), "unauthenticated", "a log-in afterwards");
    assert!(is_erased(city.ground.path(), no));
    assert_eq!(city.slot(&far)["status"], "free", "what was ahead is called off");

    let City { ground, server, .. } = place.city;
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    make_snapshot(ground.path());
    assert!(found(ground.path(), &wanted).is_empty(), "{:?}", found(ground.path(), &wanted));
    assert_eq!(
        found(ground.path(), &[b"KCHGRKEY".to_vec()]),
        [ground.path().join(RESIDENT_KEYS_PATH)],
        "the search finds"
    );
    check_verified(&ground);

    // From the snapshot as from the journal: the staff see that somebody was there, and not who.
    let city = ground.open();
    check(&city.ask(&Request::get("/v1/wallet").token(&second.token)), "unauthenticated", "after a restart");
    let day = text(&played["start"])[..10].to_owned();
    let list = city.get_as(&manager, &format!("/v1/manage/venues/{venue}/bookings?date={day}"));
    let person = list["items"].as_array().expect("a list").iter().find(|item| item["id"] == played["id"]);
    let person = &person.expect("the booking is there still")["resident"];
    assert_eq!(*person, json!({ "id": resident.id, "name": null, "phone_end": null, "is_deleted": true }));
    let cookie = format!("__Host-session={}", manager.token);
    for (language, told) in [("en", "Deleted resident"), ("zh-Hans", "已注销用户")] {
        let page = Request::get(&format!("/manage/{venue}/bookings?date={day}&lang={language}"));
        let page = city.ask(&page.header("cookie", &cookie).header("accept", "text/html"));
        assert!(page.expect(200, "the day's bookings").text().contains(told), "{language}");
    }

    // The number is free, and who comes with it begins anew.
    let anew = canary(&city);
    assert_ne!(anew.id, resident.id);
    assert_eq!(city.balance(&anew), 0);
    assert_eq!(city.get_as(&anew, "/v1/bookings")["items"], json!([]));
    let ground = city.kill();
    check_verified(&ground);
    // The city's files are changed behind such a journal as behind any other.
    let files = exported(ground.path());
    let said = imported(files.path(), ground.path());
    check_verified(&ground);
    assert_eq!(ground.open().balance(&anew), 0, "{said}");
}

#[test]
fn the_staff_are_removed_by_the_operator_and_guesses_at_a_password_are_counted() {
    let city = City::demo();
    let operator = city.operator();
    let body = json!({ "role": "operator", "phone": PHONE, "password": PASSWORD, "name": NAME });
    let _ = city
        .ask(&Request::post("/v1/operator/staff", &body).token(&operator.token))
        .expect(201, "one of the staff");
    let staff = city.log_in(&json!(PHONE), &json!(PASSWORD));
    check(&city.ask(&delete(&staff, PASSWORD)), "forbidden", "one of the staff");
    assert_eq!(city.get_as(&staff, "/v1/residents/me")["role"], "operator");

    let resident = city.newcomer("+8613900000333");
    let guessed = (0..11).map(|_| city.ask(&delete(&resident, "a guess at it")).status).collect::<Vec<_>>();
    assert_eq!((&guessed[..10], guessed[10]), (&[401; 10][..], 429));
    check(&city.ask(&delete(&resident, PASSWORD)), "rate-limited", "also the right one");
    // Somebody who was made for trials has no password that could be right.
    check(&city.ask(&delete(&city.resident(), PASSWORD)), "unauthenticated", "an account without a password");
}

#[test]
fn a_key_whose_end_stands_in_the_journal_is_destroyed_by_the_next_start() {
    let city = City::demo();
    let resident = canary(&city);
    let no = last_slot(city.ground.path());
    let path = city.ground.path().join(RESIDENT_KEYS_PATH);
    let before = fs::read(&path).expect("the residents' keys");
    let _ = city.ask(&delete(&resident, PASSWORD)).expect(204, "the end of an account");
    // As when the process died after its record was durable and before it came to the key; or the file comes from a backup.
    let ground = city.kill();
    fs::write(&path, &before).expect("written");
    assert!(!is_erased(ground.path(), no));
    let city = ground.open();
    assert!(is_erased(city.ground.path(), no));
    assert!(city.server.said().contains("keys of accounts that were deleted were still there"));
    check(&log_in(&city, PHONE), "unauthenticated", "a log-in afterwards");
    let city = city.kill_and_reopen();
    assert!(!city.server.said().contains("keys of accounts"), "once is enough");
}

#[test]
fn whenever_the_process_is_killed_an_account_is_there_wholly_or_not_at_all() {
    let mut city = City::demo();
    // Not waits for anything: at which moment of the deletion each kill falls.
    for (round, ms) in [0, 2, 5, 10, 20, 40, 80, 160].into_iter().enumerate() {
        let phone = format!("+86139111100{round:02}");
        let resident = city.newcomer(&phone);
        city.top_up(&resident, 700);
        let no = last_slot(city.ground.path());
        let (address, request) = (city.address(), delete(&resident, PASSWORD));
        let asked = std::thread::spawn(move || crate::client::Client::new(address).send(&request));
        std::thread::sleep(Duration::from_millis(ms));
        city = city.kill_and_reopen();
        let _ = asked.join().expect("no panic");
        let answer = city.ask(&Request::get("/v1/wallet").token(&resident.token));
        if answer.status == 200 {
            assert_eq!(amount(&answer.json()["balance"]), 700);
            assert_eq!(city.get_as(&resident, "/v1/residents/me")["name"], "王小明");
            let _ = city.ask(&delete(&resident, PASSWORD)).expect(204, "the end of an account");
        } else {
            check(&answer, "unauthenticated", "an account that is gone");
        }
        assert!(is_erased(city.ground.path(), no));
        let _ = sign_up(&city, &phone, "B").expect(201, "the number is free");
    }
    check_verified(&city.kill());
}

/// What is begun for an account in the moment of its end comes before it, and is called off and paid back, or is refused.
#[test]
fn nothing_is_booked_for_an_account_behind_its_end() {
    let city = Ground::demo().open_with_bug(None);
    let slots: Vec<_> = city.free_courts(4).into_iter().filter(|slot| slot.price > 0).take(24).collect();
    let resident = canary(&city);
    city.top_up(&resident, 1_000_000);
    let address = city.address();
    let (orders, deletion) = (slots.clone(), delete(&resident, PASSWORD));
    let token = resident.token.clone();
    let booking = std::thread::spawn(move || {
        let mut client = crate::client::Client::new(address);
        let book = |client: &mut crate::client::Client, index: usize, slot: &crate::city::FreeSlot| {
            let request =
                Request::post("/v1/bookings", &slot.order()).token(&token).key(&format!("k{index}"));
            let answer = client.ask(&request);
            if answer.status == 201 {
                let id = text(&answer.json()["id"]);
                let _ = client.ask(&Request::delete(&format!("/v1/bookings/{id}")).token(&token));
            }
            answer.status
        };
        let mut statuses = Vec::new();
        for (index, slot) in orders.iter().cycle().enumerate().take(2000) {
            statuses.push(book(&mut client, index, slot));
            if statuses.last() == Some(&401) {
                break;
            }
        }
        statuses
    });
    let ended = loop {
        let answer = city.ask(&deletion);
        // Too many bookings came between: it says so, and nothing is lost.
        if answer.status == 204 || answer.status == 401 {
            break answer.status;
        }
        check(&answer, "overloaded", "an end among bookings");
    };
    let statuses = booking.join().expect("no panic");
    assert_eq!((ended, statuses.last()), (204, Some(&401)), "{statuses:?}");
    for slot in &slots {
        assert_eq!(city.slot(slot)["status"], "free", "{}", slot.pitch);
    }
    check_verified(&city.kill());
}

#[test]
fn pages_say_what_is_lost_and_delete_with_the_password_only() {
    let city = City::demo();
    let mut browser = Browser::signed_up(&city, PHONE, NAME);
    let wallet = browser.page("/wallet").form("/wallet");
    let mut top_up = wallet.clone();
    top_up.set("amount", "10000");
    browser.send(&top_up).expect(303, "a top-up");
    let me = browser.page("/me");
    assert!(me.has("/me/data") && me.has("/me/delete"));
    let data = browser.ask(Request::get("/me/data")).expect(200, "the data");
    assert_eq!(data.header("content-type"), Some("application/json"));
    assert!(data.header("content-disposition").is_some_and(|how| how.starts_with("attachment")));
    assert_eq!(data.json()["profile"]["name"], NAME);

    let page = browser.page("/me/delete?lang=en");
    assert!(
        page.has("This can’t be undone") && page.has("¥100.00 from your wallet goes back"),
        "{}",
        page.0.text()
    );
    let mut form = page.form("/me/delete");
    form.set("password", "not the password");
    let refused = browser.send(&form).expect(401, "a wrong password");
    assert!(refused.text().contains("Wrong password"), "{}", refused.text());
    form.set("password", PASSWORD);
    let done = browser.send(&form).expect(303, "the end of an account");
    assert_eq!(done.header("location"), Some("/me/deleted"));
    assert!(!browser.has_session());
    assert!(browser.page("/me/deleted").has("Your account is deleted"));
    check(&log_in(&city, PHONE), "unauthenticated", "a log-in afterwards");

    let staff = city.operator();
    let cookie = format!("__Host-session={}", staff.token);
    let page = Request::get("/me/delete?lang=en").header("cookie", &cookie).header("accept", "text/html");
    let page = city.ask(&page).expect(200, "the page for the staff").text();
    assert!(page.contains("This is a staff account") && !page.contains("type=\"password\""), "{page}");
}
