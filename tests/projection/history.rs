//! Bookings that memory has no more: who asks for them doesn't notice, whatever is killed meanwhile; and who can't be answered is told so.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::afterwards::caught_up;
use crate::city::{City, FIRST_SEGMENT, Ground, Resident, empty_dir, items, text};
use crate::client::{Answer, Request};
use crate::faults::{check_equal, make_snapshot};
use crate::postgres::Postgres;
use crate::rebuilding::rebuild;
use crate::server::{self, PATIENCE, kaichang, on_a_clock, poll, serve};

/// As many as are forgotten together, and some that are not enough.
const OTHERS: usize = 70;
/// What one resident may have on a day of play.
const A_DAY: usize = 4;
/// When all that was booked lies so far back that it may be forgotten.
const LATER_DAYS: i64 = 12;

/// A clock that is so many days ahead of the machine's.
fn clock_ahead(days: i64) -> TempDir {
    let dir = empty_dir();
    std::fs::write(dir.path().join("clock"), format!("{:+}\n", days * 24 * 3600)).expect("written");
    dir
}

fn serving(ground: &Ground, url: &str, clock: &TempDir, memory_days: u16) -> Command {
    let mut command = serve(on_a_clock(&clock.path().join("clock")), ground.path());
    command.args(["--database-url", url, "--memory-days", &memory_days.to_string()]);
    command
}

fn open(ground: Ground, url: &str, clock: &TempDir, memory_days: u16, more: &[&Path]) -> City {
    let mut command = serving(&ground, url, clock, memory_days);
    command.args(more);
    ground.open_with(command)
}

fn figure(city: &City, name: &str) -> u64 {
    let figures = city.ask(&Request::get("/metrics")).expect(200, "/metrics").text();
    let line = figures.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.expect("a figure").parse().expect("a count")
}

#[track_caller]
fn await_forgotten(city: &City) {
    let done = poll(PATIENCE, || (figure(city, "kaichang_bookings_forgotten") >= 64).then_some(()));
    assert!(done.is_some(), "nothing was forgotten: {}", city.server.said());
}

/// A list page by page.
#[track_caller]
fn all_pages(city: &City, who: &Resident, path: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = city.get_as(who, &format!("{path}{cursor}"));
        all.extend_from_slice(items(&page));
        let Some(next) = page["next"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

/// All that is told to those who ask for what was.
#[track_caller]
fn told(city: &City, who: &Resident, manager: &Resident, venue: &str, days: (&str, &str)) -> Value {
    let bookings = all_pages(city, who, "/v1/bookings?limit=2");
    let one_by_one: Vec<Value> = bookings
        .iter()
        .map(|booking| city.get_as(who, &format!("/v1/bookings/{}", text(&booking["id"]))))
        .collect();
    let export = city.get_as(who, "/v1/residents/me/export");
    let (first, last) = days;
    let refusals: Vec<u16> =
        bookings.iter().map(|booking| city.cancel(who, &text(&booking["id"])).status).collect();
    json!({
        "pages": bookings,
        "one_by_one": one_by_one,
        "cancelled": all_pages(city, who, "/v1/bookings?limit=1&status=cancelled"),
        "first_day": all_pages(city, who, &format!("/v1/bookings?limit=3&from={first}&to={first}")),
        "held": all_pages(city, who, "/v1/bookings?limit=3&status=held"),
        "entries": all_pages(city, who, "/v1/wallet/entries?limit=3"),
        "exported": [export["bookings"], export["wallet"], export["check_ins"]],
        "cancelling": refusals,
        "day": city.get_as(manager, &format!("/v1/manage/venues/{venue}/bookings?date={first}&limit=500")),
        "reports": reports(city, first),
        "stats": city.get_as(manager, &format!("/v1/manage/venues/{venue}/stats?from={first}&to={last}")),
    })
}

/// What came of some releases for a day, but for when it was counted.
#[track_caller]
fn reports(city: &City, day: &str) -> Vec<Value> {
    let releases = city.get("/v1/releases?limit=30");
    let report = |release: &Value| {
        let mut report = city.get(&format!("/v1/releases/{}/report?date={day}", text(&release["id"])));
        report["as_of"] = json!(null);
        report["refused"] = json!(null);
        report
    };
    items(&releases).iter().map(report).collect()
}

/// Books on the first days for one resident, and for others, until there is enough to be forgotten; calls two of his off.
fn live(city: &City, who: &Resident) -> (String, (String, String)) {
    let slots: Vec<_> = (1..=2).flat_map(|ahead| city.free_courts(ahead).into_iter().take(OTHERS)).collect();
    let mut others: Vec<Resident> = Vec::new();
    for (nth, slot) in slots.iter().enumerate().take(OTHERS + 6) {
        if nth < 3 || (70..73).contains(&nth) {
            let booked = city.booked(who, slot);
            if nth % 70 == 1 {
                let _ = city.cancel(who, &text(&booked["id"])).expect(200, "a cancellation");
            }
            continue;
        }
        if nth % A_DAY == 0 || others.is_empty() {
            others.push(city.resident());
        }
        let _ = city.booked(others.last().expect("somebody"), slot);
    }
    (slots[0].venue.clone(), (city.day(1), city.day(2)))
}

#[test]
fn who_asks_for_what_memory_has_no_more_is_told_the_same_as_before() {
    let mut postgres = Postgres::start();
    let (now, later) = (clock_ahead(0), clock_ahead(LATER_DAYS));
    let city = open(Ground::demo(), &postgres.url(), &now, 45, &[]);
    let who = city.resident();
    let (venue, days) = live(&city, &who);
    let days = (days.0.as_str(), days.1.as_str());
    caught_up(&city);

    // Days later, and all of it is remembered.
    let city = open(city.kill(), &postgres.url(), &later, 45, &[]);
    caught_up(&city);
    let manager = city.operator();
    let told = |city: &City| told(city, &who, &manager, &venue, days);
    let remembered = told(&city);
    let balance = city.balance(&who);
    assert_eq!(items(&json!({ "items": remembered["pages"] })).len(), 6, "{remembered}");
    assert_eq!(figure(&city, "kaichang_bookings_forgotten"), 0);

    // Not all of it.
    let city = open(city.kill(), &postgres.url(), &later, 3, &[]);
    await_forgotten(&city);
    assert_eq!(told(&city), remembered);
    assert_eq!(city.balance(&who), balance);
    let _ = city.booked(&who, &city.free_court(1));

    // Killed, and killed again behind a snapshot.
    let ground = city.kill();
    check_equal(&ground, &postgres.url());
    let city = open(ground, &postgres.url(), &later, 3, &[]);
    assert_eq!(figure(&city, "kaichang_bookings_forgotten"), 64, "a replay forgets the same");
    let ground = city.kill();
    let made = {
        let mut command = kaichang();
        command.arg("snapshot").arg("--data-dir").arg(ground.path());
        server::run(&mut command)
    };
    assert_eq!(made.code, Some(0), "{}", made.said);
    let city = open(ground, &postgres.url(), &later, 3, &[]);
    assert_eq!(figure(&city, "kaichang_bookings_forgotten"), 64, "and so does a snapshot");
    let before = all_pages(&city, &who, "/v1/bookings?limit=2");
    assert_eq!(before.len(), 7);

    // While Postgres is away or stands still the newer ones are told, and of the others that they can't be.
    postgres.signal_all("STOP");
    check_told_what_is_here(&city, &who, &before);
    postgres.signal_all("CONT");
    postgres.stop_server("immediate");
    check_told_what_is_here(&city, &who, &before);
    postgres.start_server();
    let again = poll(PATIENCE, || {
        let answer = city.ask(&Request::get("/v1/bookings?limit=500").token(&who.token));
        (answer.status == 200 && items(&answer.json()).len() == before.len()).then_some(())
    });
    assert!(again.is_some(), "{}", city.server.said());

    // A city that is made anew from Postgres alone has forgotten it too, and is told the same.
    caught_up(&city);
    let lost = city.kill();
    check_equal(&lost, &postgres.url());
    let (key, into) = (lost.path().join("keys/master.key"), Ground::bare());
    let rebuilt = rebuild(&into, &postgres.url(), &key);
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.said);
    let city = open(into, &postgres.url(), &later, 3, &[Path::new("--key-file"), &key]);
    assert_eq!(all_pages(&city, &who, "/v1/bookings?limit=2"), before);

    // An empty database can't be filled from a snapshot any more: what is forgotten is in the former one alone.
    let alone = serve(on_a_clock(&later.path().join("clock")), lost.path());
    let City { ground, server, .. } = lost.open_with(alone);
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    make_snapshot(&ground);
    std::fs::remove_file(ground.path().join(FIRST_SEGMENT)).expect("the first segment");
    // An older snapshot that has all of it would do.
    let listed = std::fs::read_dir(ground.path().join("snapshots")).expect("the snapshots");
    let mut made: Vec<_> = listed.map(|entry| entry.expect("an entry").path()).collect();
    made.retain(|path| path.extension().is_some_and(|extension| extension == "kcs"));
    made.sort();
    made.pop();
    made.iter().for_each(|older| std::fs::remove_file(older).expect("removed"));
    let _ = postgres.sql("CREATE DATABASE another");
    let command = serving(&ground, &postgres.url_of("another"), &later, 3);
    let ended = ground.refuses_to_open(command);
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("the former database has them"), "{}", ended.said);
}

/// What is here is answered, what is not is refused with when to come again, and nothing looks like the end that isn't.
#[track_caller]
fn check_told_what_is_here(city: &City, who: &Resident, all: &[Value]) {
    let ask = |path: &str| city.ask(&Request::get(path).token(&who.token));
    let first = ask("/v1/bookings?limit=5").expect(200, "the newer ones").json();
    assert_eq!(items(&first), &all[..1], "{first}");
    let next = text(&first["next"]);
    let check = |answer: Answer| {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert_eq!(answer.json()["type"], "/problems/overloaded");
        assert!(answer.header("retry-after").is_some(), "{}", answer.head);
    };
    check(ask(&format!("/v1/bookings?limit=5&cursor={next}")));
    check(ask(&format!("/v1/bookings/{}", text(&all[all.len() - 1]["id"]))));
    check(ask("/v1/residents/me/export"));
    assert_eq!(ask(&format!("/v1/bookings/{}", text(&all[0]["id"]))).status, 200);
    let entries = ask("/v1/wallet/entries?limit=50").expect(200, "the newer ones").json();
    assert_eq!((items(&entries).len(), entries["next"].is_null()), (1, false), "{entries}");
    assert_eq!(ask("/v1/wallet").status, 200);
    assert_eq!(ask("/v1/bookings?limit=1&status=confirmed").status, 200, "none of them is forgotten");
}

/// What is missing when memory should have forgotten what Postgres doesn't have yet.
fn findings_about_what_is_not_kept_yet(planted: Option<&str>) -> Vec<String> {
    let mut postgres = Postgres::start();
    let (now, later) = (clock_ahead(0), clock_ahead(LATER_DAYS));
    let city = open(Ground::demo(), &postgres.url(), &now, 45, &[]);
    let who = city.resident();
    let _ = live(&city, &who);
    caught_up(&city);
    postgres.stop_server("immediate");
    let ground = city.kill();
    let mut command = server::with_bug(serving(&ground, &postgres.url(), &later, 3), planted);
    command.args(["--snapshot-every", "0"]);
    let city = ground.open_with(command);
    // Long enough for a few hundred looks.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let mut findings = Vec::new();
    let forgotten = figure(&city, "kaichang_bookings_forgotten");
    if forgotten > 0 {
        findings.push(format!("{forgotten} bookings are forgotten, and Postgres is away"));
    }
    let told = city.ask(&Request::get("/v1/bookings?limit=500").token(&who.token));
    if told.status != 200 || items(&told.json()).len() != 6 {
        findings.push(format!("{} instead of six bookings: {}", told.status, told.text()));
    }
    if planted.is_none() {
        postgres.start_server();
        await_forgotten(&city);
        assert_eq!(all_pages(&city, &who, "/v1/bookings?limit=2").len(), 6);
        check_equal(&city.kill(), &postgres.url());
    }
    findings
}

#[test]
fn what_postgres_does_not_have_yet_is_not_forgotten() {
    let findings = findings_about_what_is_not_kept_yet(None);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[cfg(feature = "planted-bugs")]
#[test]
fn forgetting_what_nobody_else_has_is_found_by_asking_for_it() {
    assert!(!findings_about_what_is_not_kept_yet(Some("forget-unkept")).is_empty(), "it is not found");
}
