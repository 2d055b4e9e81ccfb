//! An empty Postgres on a city whose journal has its first records no more: it is filled from the snapshot and then the journal, once,
//! whatever fails, and a city can still be rebuilt from it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::afterwards::{caught_up, open_with};
use crate::city::{City, FIRST_SEGMENT, Ground, PASSWORD, Resident, text};
use crate::client::Request;
use crate::faults::{check_equal, is_alive, live_a_little, make_snapshot, verify};
use crate::postgres::Postgres;
use crate::rebuilding::{rebuild, reproject};
use crate::server::{Server, kaichang, poll, serve, traced};

/// A city that has lived, and one who has bookings, a hold and money in it.
fn lived() -> (Ground, Resident) {
    let city = City::demo();
    for round in 0..3 {
        live_a_little(&city, round);
    }
    let leaves = city.newcomer("13800138200");
    city.top_up(&leaves, 700);
    let body = json!({ "password": PASSWORD });
    let request = Request::delete("/v1/residents/me").token(&leaves.token).json(&body);
    let _ = city.ask(&request).expect(204, "the end of an account");
    let stays = city.newcomer("13800138201");
    city.top_up(&stays, 900_000);
    let slots = city.free_courts(2);
    let _ = city.booked(&stays, &slots[0]);
    let called_off = city.booked(&stays, &slots[1]);
    let _ = city.cancel(&stays, &text(&called_off["id"])).expect(200, "a cancellation");
    let held = json!({ "pitch": slots[2].pitch, "start": slots[2].start, "end": slots[2].end });
    let hold = Request::post("/v1/holds", &held).token(&stays.token).key("hold");
    let _ = city.ask(&hold).expect(201, "a hold");
    (city.kill(), stays)
}

/// Ends in order, makes a snapshot, and gives up what stands before it.
pub(crate) fn without_first_segment(ground: Ground) -> Ground {
    let City { ground, server, .. } = ground.open();
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    make_snapshot(&ground);
    fs::remove_file(ground.path().join(FIRST_SEGMENT)).expect("the first segment");
    ground
}

fn copied(from: &Path) -> Ground {
    let ground = Ground::bare();
    let copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(ground.path()).status();
    assert!(copied.expect("cp").success());
    ground
}

#[test]
fn it_is_filled_from_the_snapshot_and_then_the_journal_and_every_change_by_hand_is_found() {
    let postgres = Postgres::start();
    let (ground, stays) = lived();
    let city = open_with(without_first_segment(ground), &postgres.url());
    live_a_little(&city, 5);
    caught_up(&city);
    assert!(city.server.said().contains("Postgres is filled from a snapshot"), "{}", city.server.said());
    let balance = "SELECT balance FROM account_balance WHERE account_no = (SELECT resident_no FROM booking WHERE state = 'held')";
    assert_eq!(postgres.sql(balance), city.balance(&stays).to_string());
    assert_eq!(postgres.sql("SELECT sum(amount) FROM ledger_line"), "0");
    assert_ne!(postgres.sql("SELECT count(*) FROM ledger_line WHERE movement = 'brought_forward'"), "0");
    assert_eq!(postgres.sql("SELECT count(*) FROM resident WHERE erased_at IS NOT NULL"), "1");
    // It goes on behind the snapshot when it is opened again, and again behind what was written since.
    let city = open_with(city.kill(), &postgres.url());
    live_a_little(&city, 6);
    caught_up(&city);
    let ground = city.kill();
    check_equal(&ground, &postgres.url());
    for (change, says) in [
        ("UPDATE booking SET price = price + 1 WHERE booking_no = 0", "booking 0: price is"),
        ("UPDATE ledger_line SET amount = amount + 1 WHERE movement = 'brought_forward'", "ledger_line"),
        ("DELETE FROM live_occupancy WHERE booking_no = 0", "live_occupancy"),
        ("INSERT INTO audit VALUES (-7, now(), 1, 'nothing')", "audit -7: is not in the journal"),
        ("UPDATE resident SET erased_at = NULL", "erased_at is nothing"),
        ("DELETE FROM resident_key", "is not in Postgres"),
        ("UPDATE filled_from SET first_open_day = first_open_day - 1", "filled_from"),
        ("UPDATE snapshot_piece SET bytes = set_byte(bytes, 5000, get_byte(bytes, 5000) # 1)", "snapshot"),
        (
            "INSERT INTO journal_record VALUES (1, now(), 'event', '')",
            "journal_record 1: is not in the journal",
        ),
        (
            "INSERT INTO booking_event VALUES (2, now(), 3, 'held', 0)",
            "booking_event 2: is not in the journal",
        ),
    ] {
        let words: Vec<&str> = change.split_whitespace().collect();
        let table = if words[0] == "UPDATE" { words[1] } else { words[2] };
        let _ = postgres.sql(&format!("CREATE TABLE public.kept AS TABLE {table}"));
        let _ = postgres.sql(change);
        let verified = verify(&ground, &postgres.url());
        assert_ne!(verified.code, Some(0), "{change}: {}", verified.said);
        assert!(verified.said.contains(says), "{change}: {}", verified.said);
        let _ = postgres.sql(&format!(
            "TRUNCATE {table}; INSERT INTO {table} SELECT * FROM public.kept; DROP TABLE public.kept"
        ));
    }
    check_equal(&ground, &postgres.url());
}

#[test]
fn a_kill_amid_the_filling_leaves_nothing_and_the_next_start_fills_it_once() {
    let postgres = Postgres::start();
    let pristine = without_first_segment(lived().0);
    let mut kills = 0;
    for nth in (1..100).step_by(16) {
        let ground = copied(pristine.path());
        let database = format!("kill{nth}");
        let _ = postgres.sql_in("postgres", &format!("CREATE DATABASE {database}"));
        let url = postgres.url_of(&database);
        let inject = format!("inject=sendto:signal=SIGKILL:when={nth}");
        let tracer = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=sendto", "-e", &inject];
        let mut command = serve(traced(&tracer), ground.path());
        command.args(["--database-url", &url]);
        match Server::start(command, ground.path()) {
            Ok(server) => match poll(Duration::from_secs(10), || (!is_alive(ground.path())).then_some(())) {
                Some(()) => {
                    kills += 1;
                    let _ = server.ended();
                }
                None => server.kill(),
            },
            Err(_) => kills += 1,
        }
        let city = open_with(ground, &url);
        caught_up(&city);
        check_equal(&city.kill(), &url);
    }
    assert!(kills >= 5, "only {kills} were killed");
}

#[test]
fn a_city_is_rebuilt_from_tables_that_were_filled_and_its_tables_are_made_anew() {
    let postgres = Postgres::start();
    let (ground, stays) = lived();
    let city = open_with(without_first_segment(ground), &postgres.url());
    live_a_little(&city, 5);
    caught_up(&city);
    let before = (city.balance(&stays), city.get_as(&stays, "/v1/bookings"));
    let lost = city.kill();
    let key = lost.path().join("keys/master.key");

    let made = reproject(&lost, &postgres.url());
    assert_eq!(made.code, Some(0), "{}", made.said);
    check_equal(&lost, &postgres.url());

    // Twice: what a rebuilt city has written can be rebuilt again.
    let mut into = Ground::bare();
    for round in 6..8 {
        into = Ground::bare();
        let rebuilt = rebuild(&into, &postgres.url(), &key);
        assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.said);
        let mut command = serve(kaichang(), into.path());
        command.args(["--database-url", &postgres.url(), "--key-file"]).arg(&key);
        let city = into.open_with(command);
        assert_eq!((city.balance(&stays), city.get_as(&stays, "/v1/bookings")), before);
        let somebody = city.newcomer(&format!("1380013830{round}"));
        city.top_up(&somebody, 700);
        caught_up(&city);
        into = city.kill();
        check_equal(&into, &postgres.url());
    }
    drop(into);
    let mut command = serve(kaichang(), lost.path());
    command.args(["--database-url", &postgres.url()]);
    let ended = lost.refuses_to_open(command);
    assert!(ended.code == Some(2) && ended.said.contains("fenced off"), "{}", ended.said);
}
