//! What the city sold stands in Postgres a moment later, and the service doesn't need it.

use serde_json::json;

use crate::city::{City, Ground, text};
use crate::client::Request;
use crate::postgres::Postgres;
use crate::server::{PATIENCE, kaichang, poll, serve};

/// A city whose journal is written into a database.
pub(crate) fn open_with(ground: Ground, url: &str) -> City {
    let mut command = serve(kaichang(), ground.path());
    command.args(["--database-url", url]);
    ground.open_with(command)
}

/// Waits until Postgres has all that is durable.
#[track_caller]
pub(crate) fn caught_up(city: &City) {
    let mut last = json!(null);
    let done = poll(PATIENCE, || {
        last = city.get("/readyz")["projection"].clone();
        (last["state"] == "projecting" && last["lag_records"] == 0).then_some(())
    });
    assert!(done.is_some(), "Postgres is behind: {last}; {}", city.server.said());
}

#[test]
fn bookings_cancellations_and_money_stand_in_postgres_a_moment_later() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    let resident = city.resident();
    let slots = city.free_courts(1);
    let kept = city.booked(&resident, &slots[0]);
    let cancelled = city.booked(&resident, &slots[1]);
    let _ = city.cancel(&resident, &text(&cancelled["id"])).expect(200, "a cancellation");
    caught_up(&city);
    assert_eq!(
        postgres.sql("SELECT state, count(*) FROM booking GROUP BY 1 ORDER BY 1"),
        "confirmed|1\ncancelled|1"
    );
    assert_eq!(postgres.sql("SELECT sum(amount) FROM ledger_line"), "0", "every movement has two sides");
    let balance = city.balance(&resident).to_string();
    let wallet =
        "SELECT balance FROM account_balance WHERE account_no = (SELECT resident_no FROM booking LIMIT 1)";
    assert_eq!(postgres.sql(wallet), balance);
    let taken = postgres.sql("SELECT count(*), count(DISTINCT booking_no) FROM live_occupancy");
    let (halves, bookings) = taken.split_once('|').expect("two figures");
    assert!(halves.parse::<u32>().expect("a count") > 0 && bookings == "1", "{taken}");
    let starts: String = postgres.sql("SELECT to_char(starts_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD\"T\"HH24:MI:SS+08:00') FROM booking WHERE state = 'confirmed'");
    assert_eq!(starts, text(&kept["start"]));
}

#[test]
fn a_city_serves_while_postgres_is_away_and_postgres_catches_up() {
    let mut postgres = Postgres::start();
    postgres.stop_server("fast");
    let city = open_with(Ground::demo(), &postgres.url());
    assert_eq!(city.get("/readyz")["projection"]["state"], "away");
    let resident = city.resident();
    let slots = city.free_courts(1);
    let _ = city.booked(&resident, &slots[0]);
    postgres.start_server();
    caught_up(&city);
    assert_eq!(postgres.sql("SELECT count(*) FROM booking"), "1");
    postgres.stop_server("immediate");
    let _ = city.booked(&resident, &slots[1]);
    let noticed = poll(PATIENCE, || (city.get("/readyz")["projection"]["state"] == "away").then_some(()));
    assert!(noticed.is_some(), "{}", city.get("/readyz"));
    let figures = city.ask(&Request::get("/metrics")).expect(200, "/metrics");
    assert!(figures.text().contains("kaichang_projection_up 0"), "{}", figures.text());
    postgres.start_server();
    caught_up(&city);
    assert_eq!(postgres.sql("SELECT count(*) FROM booking"), "2");
    let said = city.server.said();
    assert_eq!(said.matches("Postgres is away").count(), 2, "one line for each change: {said}");
}

#[test]
fn another_citys_database_is_refused_at_the_start() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    caught_up(&city);
    drop(city);
    let other = Ground::bare();
    let mut command = serve(kaichang(), other.path());
    command.args(["--empty", "create", "--database-url", &postgres.url()]);
    let ended = crate::server::Server::start(command, other.path()).err().expect("it doesn't start");
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("another city's"), "{}", ended.said);
}

#[test]
fn every_table_and_column_says_what_it_is() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    let _ = city.booked(&city.resident(), &city.free_court(1));
    caught_up(&city);
    let silent = postgres.sql(
        "SELECT c.relname, a.attname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
         WHERE c.relnamespace = 'kaichang'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relname <> '_sqlx_migrations' \
         AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)",
    );
    assert_eq!(silent, "", "tables and columns without a comment");
    let tables = postgres.sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'kaichang'::regnamespace AND relkind IN ('r', 'p', 'v')");
    assert!(tables.parse::<u32>().expect("a count") > 20, "{tables}");
}

#[test]
fn districts_and_sports_are_renamed_there_too_and_companions_stand_there_sealed() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    let operator = city.operator();
    for (path, en) in [("districts/nanshan", "Nanshan anew"), ("sports/badminton", "Feather ball")] {
        let body = json!({ "name": { "zh-Hans": "新名", "en": en } });
        let request =
            Request::new("PATCH", &format!("/v1/operator/{path}")).token(&operator.token).json(&body);
        let _ = city.ask(&request).expect(200, path);
    }
    let name = "鸲鹆Robin";
    let who = city.newcomer("+8613900000777");
    let add = Request::post("/v1/residents/me/companions", &json!({ "name": name })).token(&who.token);
    let _ = city.ask(&add).expect(201, "a companion");
    caught_up(&city);
    assert_eq!(postgres.sql("SELECT name_en FROM district WHERE code = 'nanshan'"), "Nanshan anew");
    assert_eq!(postgres.sql("SELECT name_en FROM sport WHERE code = 'badminton'"), "Feather ball");
    let named = crate::erasure::tables_with(&postgres, &[name.as_bytes().to_vec()]);
    assert!(named.is_empty(), "{named:?}");
    let ground = city.kill();
    let found = crate::faults::verify(&ground, &postgres.url());
    assert_eq!(found.code, Some(0), "{}", found.said);
}
