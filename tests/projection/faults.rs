//! Whatever fails: after it the tables are the journal's, each record once, or the right refusal was given.

use std::fs;
use std::process::Command;

use crate::afterwards::{caught_up, open_with};
use crate::city::{City, Ground};
use crate::client::Request;
use crate::postgres::Postgres;
use crate::server::{self, Ended, PATIENCE, Server, kaichang, poll, serve, traced};

/// `kaichang verify` with the database.
pub(crate) fn verify(ground: &Ground, url: &str) -> Ended {
    let mut command = kaichang();
    command.arg("verify").arg("--data-dir").arg(ground.path()).args(["--database-url", url]);
    server::run(&mut command)
}

/// The tables and the journal say the same.
#[track_caller]
pub(crate) fn check_equal(ground: &Ground, url: &str) {
    let verified = verify(ground, url);
    assert_eq!(verified.code, Some(0), "{}", verified.said);
    assert!(verified.said.contains("Postgres says the same"), "{}", verified.said);
}

/// Books, cancels, checks the wallet: something of everything that residents do.
pub(crate) fn live_a_little(city: &City, round: usize) {
    let resident = city.resident();
    let slots = city.free_courts(1 + i32::try_from(round % 3).expect("small"));
    for (nth, slot) in slots.iter().take(3).enumerate() {
        let booked = city.booked(&resident, slot);
        if nth == 1 {
            let _ =
                city.cancel(&resident, booked["id"].as_str().expect("an id")).expect(200, "a cancellation");
        }
    }
    let newcomer = city.newcomer(&format!("1380013{:04}", round));
    city.top_up(&newcomer, 5_000);
}

/// A city with some life in it that has never seen a database.
fn lived_in() -> Ground {
    let city = City::demo();
    for round in 0..3 {
        live_a_little(&city, round);
    }
    city.kill()
}

#[test]
fn a_city_that_has_lived_without_a_database_is_written_into_one_and_verify_finds_every_change_by_hand() {
    let postgres = Postgres::start();
    let city = open_with(lived_in(), &postgres.url());
    caught_up(&city);
    live_a_little(&city, 4);
    caught_up(&city);
    let ground = city.kill();
    check_equal(&ground, &postgres.url());
    for (change, says) in [
        ("UPDATE booking SET price = price + 1 WHERE booking_no = 0", "booking 0: price is"),
        ("DELETE FROM ledger_line WHERE booking_no = 0", "is not in Postgres"),
        ("DELETE FROM live_occupancy WHERE booking_no = 0", "live_occupancy"),
        ("INSERT INTO check_in VALUES (0, 1, now(), 0)", "check_in 0: is not in the journal"),
        ("UPDATE journal_record SET bytes = bytes || '\\x00' WHERE sequence = 5", "journal_record 5: bytes"),
        ("UPDATE venue SET name_en = 'x' WHERE venue_no = 0", "venue 0: name_en"),
        ("DELETE FROM resident WHERE resident_no = 7", "resident 7: is not in Postgres"),
        ("DELETE FROM resident_key", "is not in Postgres"),
        ("UPDATE resident_key SET wrapped = wrapped || '\\x00'", "resident_key"),
        ("INSERT INTO booking_event VALUES (1000000, now(), 3, 'held', 0)", "booking_event 1000000: is not"),
    ] {
        let _ = postgres.sql(&format!("CREATE TABLE public.kept AS TABLE {}", table_of(change)));
        let _ = postgres.sql(change);
        let verified = verify(&ground, &postgres.url());
        assert_eq!(verified.code, Some(1), "{change}: {}", verified.said);
        assert!(verified.said.contains("I5") && verified.said.contains(says), "{change}: {}", verified.said);
        let table = table_of(change);
        let _ = postgres.sql(&format!(
            "TRUNCATE {table}; INSERT INTO {table} SELECT * FROM public.kept; DROP TABLE public.kept"
        ));
    }
    check_equal(&ground, &postgres.url());
}

fn table_of(change: &str) -> &str {
    let words: Vec<&str> = change.split_whitespace().collect();
    if words[0] == "UPDATE" { words[1] } else { words[2] }
}

#[test]
fn a_city_with_a_snapshot_and_packed_segments_is_written_whole() {
    let postgres = Postgres::start();
    let City { ground, server, .. } = lived_in().open();
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    make_snapshot(&ground);
    let city = open_with(ground, &postgres.url());
    caught_up(&city);
    live_a_little(&city, 5);
    caught_up(&city);
    let ground = city.kill();
    check_equal(&ground, &postgres.url());

    // The journal gives its first segment up: what stood there is taken from the snapshot, and from Postgres where it is the same.
    fs::remove_file(ground.path().join(crate::city::FIRST_SEGMENT)).expect("the first segment");
    check_equal(&ground, &postgres.url());
    for (change, back, says) in [
        (
            "UPDATE journal_record SET occurred_at = occurred_at + interval '1 ms' WHERE sequence = 5",
            "UPDATE journal_record SET occurred_at = occurred_at - interval '1 ms' WHERE sequence = 5",
            "not the ones that the journal had",
        ),
        (
            "UPDATE booking SET price = price + 1 WHERE booking_no = 0",
            "UPDATE booking SET price = price - 1 WHERE booking_no = 0",
            "booking 0: price is",
        ),
    ] {
        let _ = postgres.sql(change);
        let verified = verify(&ground, &postgres.url());
        assert_eq!(verified.code, Some(1), "{change}: {}", verified.said);
        assert!(verified.said.contains(says), "{change}: {}", verified.said);
        let _ = postgres.sql(back);
    }
    // It goes on where it is.
    let city = open_with(ground, &postgres.url());
    live_a_little(&city, 6);
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
}

pub(crate) fn make_snapshot(ground: &Ground) {
    let mut command = kaichang();
    command.arg("snapshot").arg("--data-dir").arg(ground.path());
    let made = server::run(&mut command);
    assert!(made.code == Some(0) && made.said.contains("the city up to record"), "{}", made.said);
}

#[test]
fn a_kill_between_any_two_steps_of_a_batch_repeats_nothing_and_skips_nothing() {
    let postgres = Postgres::start();
    let pristine = lived_in();
    let mut kills = 0;
    for nth in (1..60).step_by(5) {
        let ground = Ground::bare();
        let copied =
            Command::new("cp").args(["-a"]).arg(pristine.path().join(".")).arg(ground.path()).status();
        assert!(copied.expect("cp").success());
        let database = format!("kill{nth}");
        let _ = postgres.sql_in("postgres", &format!("CREATE DATABASE {database}"));
        let url = postgres.url_of(&database);
        // The projection alone sends before anybody has connected.
        let inject = format!("inject=sendto:signal=SIGKILL:when={nth}");
        let mut command = serve(
            traced(&["-f", "-qq", "-o", "/dev/null", "-e", "trace=sendto", "-e", &inject]),
            ground.path(),
        );
        command.args(["--database-url", &url]);
        match Server::start(command, ground.path()) {
            Ok(server) => {
                let ended =
                    poll(std::time::Duration::from_secs(20), || (!is_alive(ground.path())).then_some(()));
                if ended.is_some() {
                    kills += 1;
                    let _ = server.ended();
                } else {
                    server.kill();
                }
            }
            Err(_) => kills += 1,
        }
        let city = open_with(ground, &url);
        caught_up(&city);
        check_equal(&city.kill(), &url);
    }
    assert!(kills >= 9, "only {kills} were killed");
}

pub(crate) fn is_alive(data_dir: &std::path::Path) -> bool {
    let pid = fs::read_to_string(data_dir.join("lock")).unwrap_or_default();
    fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn postgres_crashing_standing_still_and_locked_is_waited_for() {
    let mut postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    live_a_little(&city, 0);
    postgres.stop_server("immediate");
    live_a_little(&city, 1);
    postgres.start_server();
    caught_up(&city);
    {
        let _locked = postgres.session("BEGIN; LOCK TABLE booking IN ACCESS EXCLUSIVE MODE");
        let is_locked = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'booking'::regclass AND granted";
        assert!(poll(PATIENCE, || (postgres.sql(is_locked) == "1").then_some(())).is_some());
        live_a_little(&city, 2);
        let away = poll(PATIENCE, || (city.get("/readyz")["projection"]["state"] == "away").then_some(()));
        assert!(away.is_some(), "nothing waits for a lock for ever");
    }
    caught_up(&city);
    postgres.signal_all("STOP");
    live_a_little(&city, 5);
    postgres.signal_all("CONT");
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
}

#[test]
fn no_connection_left_is_waited_for() {
    let postgres = Postgres::start();
    let sessions: Vec<_> = (0..20).map(|_| postgres.session("SELECT 1")).collect();
    let city = open_with(Ground::demo(), &postgres.url());
    live_a_little(&city, 0);
    assert_eq!(city.get("/readyz")["projection"]["state"], "away");
    drop(sessions);
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
}

#[test]
fn what_a_constraint_refuses_stops_the_projection_with_an_alarm_and_bookings_go_on() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    caught_up(&city);
    let slot = city.free_court(1);
    let _ = postgres.sql("ALTER TABLE booking ADD CONSTRAINT nothing_more CHECK (price < 0) NOT VALID");
    let _ = city.booked(&city.resident(), &slot);
    let refused = poll(PATIENCE, || (city.get("/readyz")["projection"]["state"] == "refused").then_some(()));
    assert!(refused.is_some(), "{}", city.get("/readyz"));
    let figures = city.ask(&Request::get("/metrics")).expect(200, "/metrics");
    assert!(figures.text().contains("kaichang_projection_refused 1"), "{}", figures.text());
    live_a_little(&city, 1);
    let _ = postgres.sql("ALTER TABLE booking DROP CONSTRAINT nothing_more");
    let city = open_with(city.kill(), &postgres.url());
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
}

#[test]
fn another_citys_database_that_is_met_later_stops_the_projection_and_bookings_go_on() {
    let postgres = Postgres::start();
    let other = open_with(Ground::demo(), &postgres.url());
    caught_up(&other);
    let other = other.kill();
    let _ = postgres.sql_in("postgres", "ALTER DATABASE city RENAME TO other");
    let _ = postgres.sql_in("postgres", "CREATE DATABASE city");
    let ground = Ground::bare();
    let mut command = serve(kaichang(), ground.path());
    command.args(["--empty", "demo", "--database-url", &postgres.url()]);
    let city = ground.open_with(command);
    caught_up(&city);
    let _ = postgres.sql_in("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'city'; ALTER DATABASE city RENAME TO mine");
    let _ = postgres.sql_in("postgres", "ALTER DATABASE other RENAME TO city");
    city.top_up(&city.newcomer("13800138001"), 100);
    let refused = poll(PATIENCE, || (city.get("/readyz")["projection"]["state"] == "refused").then_some(()));
    assert!(refused.is_some(), "{}: {}", city.get("/readyz"), city.server.said());
    city.top_up(&city.newcomer("13800138002"), 100);
    let _ = city.kill();
    check_equal(&other, &postgres.url());
}

#[test]
fn an_older_backup_of_postgres_goes_on_from_what_it_says() {
    let mut postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    live_a_little(&city, 0);
    caught_up(&city);
    postgres.stop_server("fast");
    let (data, backup) = (postgres.data(), postgres.data().with_extension("backup"));
    let copied = Command::new("cp").arg("-a").args([&data, &backup]).status();
    assert!(copied.expect("cp").success());
    postgres.start_server();
    live_a_little(&city, 1);
    caught_up(&city);
    postgres.stop_server("immediate");
    fs::remove_dir_all(&data).and_then(|()| fs::rename(&backup, &data)).expect("restored");
    live_a_little(&city, 2);
    postgres.start_server();
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
}

#[test]
fn an_older_copy_of_the_journal_is_refused() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    live_a_little(&city, 0);
    caught_up(&city);
    let ground = city.kill();
    let older = Ground::bare();
    let copied = Command::new("cp").arg("-a").arg(ground.path().join(".")).arg(older.path()).status();
    assert!(copied.expect("cp").success());
    let city = open_with(ground, &postgres.url());
    live_a_little(&city, 1);
    caught_up(&city);
    drop(city);
    let mut command = serve(kaichang(), older.path());
    command.args(["--database-url", &postgres.url()]);
    let ended = older.refuses_to_open(command);
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("older copy"), "{}", ended.said);
}

#[test]
fn both_killed_at_once_go_on_together() {
    let mut postgres = Postgres::start();
    let mut city = open_with(Ground::demo(), &postgres.url());
    for round in 0..3 {
        live_a_little(&city, round);
        postgres.stop_server("immediate");
        let ground = city.kill();
        postgres.start_server();
        city = open_with(ground, &postgres.url());
    }
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
}
