//! `kaichang import` and `kaichang export`: a city of its own files, made and changed, and nothing half done.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use encoding_rs::GB18030;
use kaichang::app::SystemClock;
use kaichang::domain::clock::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::city::{City, Ground, Resident, empty_dir, items, text};
use crate::operator::printed;
use crate::server::{Ended, PATIENCE, kaichang, poll, run, serve, traced};

/// How often an import is killed.
const KILLS: u32 = 12;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/city")
}

fn import_command(mut command: Command, files: &Path, data_dir: &Path) -> Command {
    command.arg("import").arg(files).arg("--data-dir").arg(data_dir);
    command
}

fn import(files: &Path, data_dir: &Path) -> Ended {
    run(&mut import_command(kaichang(), files, data_dir))
}

/// Imports what must be good.
#[track_caller]
pub(crate) fn imported(files: &Path, data_dir: &Path) -> String {
    let ended = import(files, data_dir);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    ended.said
}

#[track_caller]
fn dry_run(files: &Path, data_dir: &Path) -> String {
    let ended = run(import_command(kaichang(), files, data_dir).arg("--dry-run"));
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.said.contains("a dry run: nothing was changed"), "{}", ended.said);
    ended.said
}

/// A city's files as they are exported.
#[track_caller]
pub(crate) fn exported(data_dir: &Path) -> TempDir {
    let dir = empty_dir();
    let ended = run(kaichang().arg("export").arg(dir.path()).arg("--data-dir").arg(data_dir));
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    dir
}

/// The example city on a ground of its own.
#[track_caller]
fn example_ground() -> Ground {
    let ground = Ground::bare();
    imported(&example(), ground.path());
    ground
}

/// Every file below a directory with the hash of what is in it. The lock names whoever looked last.
fn contents(dir: &Path) -> BTreeMap<PathBuf, blake3::Hash> {
    let mut contents = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.file_name().is_some_and(|name| name != "lock") {
                let hash = blake3::hash(&fs::read(&path).expect("a file"));
                contents.insert(path, hash);
            }
        }
    }
    contents
}

/// The texts of exported files by their names, which must not depend on the directory.
fn texts(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry"));
    let text = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, fs::read(entry.path()).expect("a file"))
    };
    entries.map(text).collect()
}

/// A copy of files with every text changed.
fn edited(files: &Path, edit: impl Fn(&str, String) -> Vec<u8>) -> TempDir {
    let dir = empty_dir();
    for (name, bytes) in texts(files) {
        let text = String::from_utf8(bytes).expect("UTF-8");
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        fs::write(dir.path().join(&name), edit(&name, text)).expect("written");
    }
    dir
}

/// A copy with one text of one file replaced.
#[track_caller]
fn replaced(files: &Path, file: &str, from: &str, to: &str) -> TempDir {
    edited(files, |name, text| {
        assert!(name != file || text.contains(from), "{from:?} is not in {file}");
        if name == file { text.replace(from, to).into_bytes() } else { text.into_bytes() }
    })
}

#[test]
fn the_demo_city_exported_and_imported_is_exported_the_same() {
    let ground = Ground::demo();
    let first = exported(ground.path());
    let other = Ground::bare();
    let said = imported(first.path(), other.path());
    assert!(said.contains("venues.csv: 1930 new, 0 changed, 0 unchanged"), "{said}");
    let second = exported(other.path());
    assert!(texts(first.path()) == texts(second.path()), "not a byte differs");
    let before = contents(other.path());
    let said = imported(first.path(), other.path());
    assert!(said.contains("hours.csv: 0 new, 0 changed, 8159 unchanged"), "{said}");
    assert!(contents(other.path()) == before, "what changes nothing writes nothing");
    assert_eq!(other.verify().code, Some(0));
}

/// How a program saves a text.
type Save<'a> = &'a dyn Fn(&str) -> Vec<u8>;

#[test]
fn what_spreadsheets_save_is_the_same_city() {
    let ground = example_ground();
    let files = exported(ground.path());
    let expected = texts(files.path());
    let crlf = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
    let variants: [(&str, Save<'_>); 5] = [
        ("GB18030 and CRLF", &|text| GB18030.encode(&crlf(text)).0.into_owned()),
        ("a mark and CRLF", &|text| format!("\u{feff}{}", crlf(text)).into_bytes()),
        ("a mark and LF", &|text| format!("\u{feff}{}", text.replace("\r\n", "\n")).into_bytes()),
        ("LF", &|text| text.replace("\r\n", "\n").into_bytes()),
        ("blank lines at the end", &|text| format!("{text}\r\n,,\r\n\r\n").into_bytes()),
    ];
    for (variant, write) in variants {
        let saved = edited(files.path(), |_, text| write(&text));
        let other = Ground::bare();
        imported(saved.path(), other.path());
        assert!(texts(exported(other.path()).path()) == expected, "{variant}");
    }
    let saved = edited(files.path(), |name, text| {
        if name == "venues.csv" { b"id,name_zh\xff\xff\n".to_vec() } else { text.into_bytes() }
    });
    let ended = import(saved.path(), ground.path());
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(ended.said.contains("venues.csv: is in neither UTF-8 nor GB18030"), "{}", ended.said);
    assert!(ended.said.contains("byte 10"), "{}", ended.said);
}

#[test]
fn one_bad_line_and_nothing_is_changed() {
    let ground = example_ground();
    let good = replaced(&example(), "venues.csv", "Riverside Park Courts", "Riverside Courts");
    let bad = edited(good.path(), |name, text| {
        let text = if name == "pitches.csv" { text.replacen(",60,", ",50,", 1) } else { text };
        let text = if name == "venues.csv" { text.replacen("30.205417", "north", 1) } else { text };
        text.into_bytes()
    });
    let before = contents(ground.path());
    let absent = empty_dir().path().join("absent");
    for data_dir in [ground.path(), &absent] {
        let ended = import(bad.path(), data_dir);
        assert_eq!(ended.code, Some(1), "{}", ended.said);
        for told in [
            "venues.csv, line 2, column 7 (latitude): expected degrees from -90 to 90",
            "pitches.csv, line 2, column 11 (slot_minutes): expected 30 to 240 minutes in steps of 30, found \"50\"",
            "2 faults, and nothing was changed",
        ] {
            assert!(ended.said.contains(told), "{told}: {}", ended.said);
        }
    }
    assert!(contents(ground.path()) == before, "not a byte is changed");
    assert!(!absent.exists(), "nor is a directory made");
}

#[test]
fn a_dry_run_tells_what_would_change_and_changes_nothing() {
    let absent = empty_dir().path().join("absent");
    assert!(dry_run(&example(), &absent).contains("venues.csv: 5 new, 0 changed, 0 unchanged"));
    assert!(!absent.exists());
    let ground = example_ground();
    let files = replaced(&example(), "venues.csv", "Riverside Park Courts", "Riverside Courts");
    let before = contents(ground.path());
    let said = dry_run(files.path(), ground.path());
    assert!(said.contains("venues.csv: 0 new, 1 changed, 4 unchanged"), "{said}");
    assert!(contents(ground.path()) == before, "not a byte is changed");
    let city = ground.open();
    assert_eq!(dry_run(files.path(), city.ground.path()), said, "also beside a server");
    assert_eq!(city.get("/v1/venues/riverside-park")["name"]["en"], "Riverside Park Courts");
}

#[test]
fn a_city_that_is_served_is_not_changed_beside_its_server() {
    let city = example_ground().open();
    let ended = import(&example(), city.ground.path());
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("in use by another process"), "{}", ended.said);
    assert_eq!(texts(exported(city.ground.path()).path()).len(), 11, "but it can be exported");
}

#[test]
fn what_cant_be_started_says_why() {
    let (empty, ground) = (empty_dir(), example_ground());
    let misnamed = edited(&example(), |_, text| text.into_bytes());
    for beside in [".~lock.csv", "~$venues.csv", "notes.txt"] {
        fs::write(misnamed.path().join(beside), "x").expect("written");
    }
    let ended = import(misnamed.path(), ground.path());
    assert_eq!(ended.code, Some(0), "what is no file of a city is read over: {}", ended.said);
    fs::rename(misnamed.path().join("hours.csv"), misnamed.path().join("opening.csv")).expect("renamed");
    let absent = empty.path().join("absent");
    for (files, says) in [
        (empty.path(), "there is no file of a city in"),
        (misnamed.path(), "opening.csv is none of a city's files"),
        (&absent, "No such file or directory"),
    ] {
        let ended = import(files, ground.path());
        assert_eq!(ended.code, Some(2), "{}", ended.said);
        assert!(ended.said.contains(says), "{}", ended.said);
    }
    let new = empty.path().join("new");
    let ended = run(import_command(kaichang(), &example(), &new).args(["--currency", "EUR"]));
    assert!(ended.code == Some(2) && ended.said.contains("stand in city.csv"), "{}", ended.said);
    let export = |data_dir: &Path, files: &Path| {
        run(kaichang().arg("export").arg(files).arg("--data-dir").arg(data_dir))
    };
    let ended = export(&absent, empty.path());
    assert!(ended.code == Some(2) && ended.said.contains("there is no city in"), "{}", ended.said);
    let ended = export(ground.path(), misnamed.path());
    assert!(ended.code == Some(2) && ended.said.contains("city.csv is there"), "{}", ended.said);
}

#[test]
fn a_city_without_a_file_of_itself_has_the_zone_and_currency_that_are_named() {
    let files = edited(&example(), |name, text| {
        if name == "quotas.csv" { b"id,scope,measure,window,limit\n".to_vec() } else { text.into_bytes() }
    });
    fs::remove_file(files.path().join("city.csv")).expect("removed");
    let ground = Ground::bare();
    let mut command = import_command(kaichang(), files.path(), ground.path());
    let ended = run(command.args(["--timezone", "Europe/Berlin", "--currency", "EUR", "--days-ahead", "14"]));
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let city = texts(exported(ground.path()).path()).remove("city.csv").expect("a city");
    assert!(String::from_utf8_lossy(&city).contains("城市,City,Europe/Berlin,EUR,14,10"));
}

/// An operator made at the console, logged in.
fn operator(ground: Ground) -> (City, Resident) {
    let made = run(kaichang().args(["operator", "create", "--data-dir"]).arg(ground.path()));
    assert_eq!(made.code, Some(0), "{}", made.said);
    let account = printed(&made.said);
    let city = ground.open();
    let operator = city.log_in(&account["phone"], &account["password"]);
    (city, operator)
}

/// A slot of a tennis court at noon in two days, which has a price on every kind of day.
fn at_noon(city: &City) -> Value {
    let slots = city.slots("park-tennis-1", &city.day(2));
    let at_noon = |slot: &Value| slot["start"].as_str().is_some_and(|start| start.contains("T12:00"));
    slots.into_iter().find(at_noon).expect("noon")
}

#[test]
fn an_imported_city_sells_and_keeps_its_bookings_when_it_is_imported_again() {
    let (city, _) = operator(example_ground());
    let resident = city.newcomer("+8613900000003");
    city.top_up(&resident, 100_000);
    let slot = at_noon(&city);
    assert_eq!(slot["status"], "free", "{slot}");
    let order =
        json!({ "pitch": "park-tennis-1", "start": slot["start"], "end": slot["end"], "pay_with": "wallet" });
    let booked = city.book(&resident, "noon", &order).expect(201, "a booking").json();
    let paid = 100_000 - city.balance(&resident);
    assert!(paid == 2000 || paid == 3000, "{paid}: 20 or 30 yuan");
    let ground = city.kill();

    let longer = replaced(
        &example(),
        "pitches.csv",
        "Tennis Court 1,tennis,exclusive,,,,,60",
        "Tennis Court 1,tennis,exclusive,,,,,90",
    );
    let ended = import(longer.path(), ground.path());
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    let told = "column 11 (slot_minutes): stays 60 once a pitch is there, and a live booking stands on it";
    assert!(ended.said.contains(told), "{}", ended.said);

    let changed = edited(&example(), |name, text| {
        let text = text
            .replace("Riverside Park Courts", "Riverside Tennis")
            .replace("20,20,20,20,20,30,30,30", "21,21,21,21,21,31,31,31");
        let text = if name == "pitches.csv" {
            text.replace(
                "网球2号场,Tennis Court 2,tennis,exclusive,,,,,60,,2,4,2h:100,no",
                "网球2号场,Tennis Court 2,tennis,exclusive,,,,,60,,2,4,2h:100,yes",
            )
        } else {
            text
        };
        text.into_bytes()
    });
    let said = imported(changed.path(), ground.path());
    assert!(said.contains("prices.csv: 0 new, 2 changed, 21 unchanged"), "{said}");
    let (city, operator) = operator(ground);
    let resident = city.log_in(&json!("+8613900000003"), &json!(crate::city::PASSWORD));
    let kept = city.get_as(&resident, &format!("/v1/bookings/{}", text(&booked["id"])));
    assert_eq!(
        (&kept["status"], &kept["price"], &kept["start"]),
        (&booked["status"], &booked["price"], &booked["start"])
    );
    assert_eq!(at_noon(&city)["status"], "taken");
    assert_eq!(
        city.slots("park-tennis-2", &city.day(2)).iter().filter(|slot| slot["status"] == "free").count(),
        16
    );
    assert_eq!(city.get("/v1/venues/riverside-park")["name"]["en"], "Riverside Tennis");

    let log = city.get_as(&operator, "/v1/operator/audit?limit=500");
    let by_import = items(&log).iter().filter(|entry| entry["by"]["name"] == "import");
    let told: Vec<_> = by_import.map(|entry| (text(&entry["what"]), text(&entry["subject"]))).collect();
    let expected = [
        ("pitch_changed", "park-tennis-2"),
        ("pitch_changed", "park-tennis-1"),
        ("venue_changed", "riverside-park"),
    ];
    assert_eq!(told, expected.map(|(what, subject)| (what.to_owned(), subject.to_owned())));
    assert_eq!(city.kill().verify().code, Some(0));
}

#[test]
fn bookings_in_a_closure_that_was_imported_are_refunded_when_the_city_opens() {
    let city = example_ground().open();
    let resident = city.newcomer("+8613900000003");
    city.top_up(&resident, 100_000);
    let (slot, day) = (at_noon(&city), city.day(2));
    let order =
        json!({ "pitch": "park-tennis-1", "start": slot["start"], "end": slot["end"], "pay_with": "wallet" });
    let booked = city.book(&resident, "noon", &order).expect(201, "a booking").json();
    assert!(city.balance(&resident) < 100_000);
    let ground = city.kill();
    let line = format!("storm,park-tennis-1,{day},{day},10:00-14:00,refund,台风\n");
    let files = edited(&example(), |name, text| {
        if name == "closures.csv" { (text + &line).into_bytes() } else { text.into_bytes() }
    });
    let told = "closures.csv: 1 new, 0 changed, 2 unchanged\n";
    for said in [dry_run(files.path(), ground.path()), imported(files.path(), ground.path())] {
        assert!(said.contains(told), "{said}");
        assert!(said.contains("bookings that new closures cancel and refund: 1"), "{said}");
    }
    let city = ground.open();
    let path = format!("/v1/bookings/{}", text(&booked["id"]));
    let refunded = poll(PATIENCE, || {
        let booking = city.get_as(&resident, &path);
        (booking["status"] == "cancelled").then_some(booking)
    });
    assert!(refunded.is_some(), "the booking is cancelled");
    assert_eq!(city.balance(&resident), 100_000);
    assert_eq!(at_noon(&city)["status"], "closed");
}

#[test]
fn no_cell_is_a_formula_to_whoever_opens_the_export() {
    let formula = "=cmd|' /C calc'!A0";
    let files = replaced(&example(), "venues.csv", "Riverside Park Courts", &format!("'{formula}"));
    let ground = Ground::bare();
    imported(files.path(), ground.path());
    let export = exported(ground.path());
    let venues = fs::read_to_string(export.path().join("venues.csv")).expect("a file");
    assert!(venues.contains(&format!(",'{formula},")), "{venues}");
    let city = ground.open();
    assert_eq!(city.get("/v1/venues/riverside-park")["name"]["en"], formula);
}

/// Whether the last import changed the city; nothing between is allowed.
#[track_caller]
fn is_after(data_dir: &Path, before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> bool {
    let now = texts(exported(data_dir).path());
    assert!(now == *before || now == *after, "the city is neither as it was nor as it is to be");
    now == *after
}

#[test]
fn an_import_that_is_killed_has_done_all_or_nothing() {
    let ground = Ground::demo();
    let as_it_is = exported(ground.path());
    let dearer = edited(as_it_is.path(), |name, text| {
        if name == "prices.csv" { text.replace("0.00", "1.00").into_bytes() } else { text.into_bytes() }
    });
    // How long it takes, and what it comes to, and back again.
    let clock = SystemClock::new();
    imported(dearer.path(), ground.path());
    let took = clock.monotonic();
    let (cheap, dear) = (texts(as_it_is.path()), texts(exported(ground.path()).path()));
    assert!(cheap != dear);
    let (mut is_dear, mut changes) = (true, 0);
    for kill in 0..KILLS {
        let (files, to) = if is_dear { (as_it_is.path(), &cheap) } else { (dearer.path(), &dear) };
        let from = if is_dear { &dear } else { &cheap };
        let mut child = import_command(kaichang(), files, ground.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("a process");
        std::thread::sleep(took * (kill + 1) / KILLS);
        let _ = child.kill();
        let _ = child.wait();
        if is_after(ground.path(), from, to) {
            is_dear = !is_dear;
            changes += 1;
        }
    }
    assert!(changes < KILLS, "at least the first was killed in time");
    assert_eq!(ground.verify().code, Some(0));
    let last = if is_dear { as_it_is.path() } else { dearer.path() };
    imported(last, ground.path());
    assert!(!ground.path().join("journal.making").exists(), "what killed ones left is gone");
    let city = ground.open();
    assert_eq!(city.get("/readyz")["status"], "ready");
}

#[test]
fn an_import_that_is_killed_or_fails_in_the_last_step_has_done_nothing() {
    let ground = example_ground();
    let before = texts(exported(ground.path()).path());
    let files = replaced(&example(), "venues.csv", "Riverside Park Courts", "Riverside Tennis");
    for (fault, code) in [("signal=KILL", None), ("error=EINVAL", Some(2)), ("error=ENOSPC", Some(2))] {
        let tracer = ["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject=renameat2:{fault}")];
        let ended = run(&mut import_command(traced(&tracer), files.path(), ground.path()));
        assert_eq!(ended.code, code, "{fault}: {}", ended.said);
        assert!(code.is_none() || ended.said.contains("nothing was changed"), "{}", ended.said);
        assert!(texts(exported(ground.path()).path()) == before, "{fault}");
        assert_eq!(ground.path().join("journal.making").exists(), code.is_none(), "who fails clears up");
    }
    imported(files.path(), ground.path());
    assert!(texts(exported(ground.path()).path()) != before);
    assert_eq!(ground.verify().code, Some(0));
}

#[test]
fn a_new_city_whose_import_is_killed_is_there_wholly_or_not_at_all() {
    let (source, data) = (Ground::demo(), empty_dir());
    let files = exported(source.path());
    let expected = texts(files.path());
    let mut delay = Duration::from_millis(50);
    loop {
        let mut child = import_command(kaichang(), files.path(), data.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("a process");
        std::thread::sleep(delay);
        let _ = child.kill();
        let _ = child.wait();
        if data.path().join("journal").exists() {
            break;
        }
        let mut empty = serve(kaichang(), data.path());
        let refused = run(empty.args(["--empty", "refuse"]));
        assert!(refused.said.contains("there is no city in"), "{}", refused.said);
        delay += delay / 3;
    }
    assert!(texts(exported(data.path()).path()) == expected);
}
