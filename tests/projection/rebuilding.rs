//! A city from Postgres alone, and tables anew from the journal.

use std::fs;

use crate::afterwards::{caught_up, open_with};
use crate::city::{City, Ground, PASSWORD};
use crate::faults::{check_equal, live_a_little};
use crate::postgres::Postgres;
use crate::server::{self, Ended, Server, kaichang, serve};
use serde_json::json;

pub(crate) fn rebuild(into: &Ground, url: &str, key_file: &std::path::Path) -> Ended {
    let mut command = kaichang();
    command
        .args(["rebuild", "--database-url", url, "--into"])
        .arg(into.path())
        .arg("--key-file")
        .arg(key_file);
    server::run(&mut command)
}

pub(crate) fn reproject(ground: &Ground, url: &str) -> Ended {
    let mut command = kaichang();
    command.args(["reproject", "--database-url", url, "--data-dir"]).arg(ground.path());
    server::run(&mut command)
}

#[test]
fn a_city_is_rebuilt_from_postgres_and_the_master_key_and_the_lost_journal_is_fenced_off() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    live_a_little(&city, 0);
    // A second epoch in the journal.
    let city = open_with(city.kill(), &postgres.url());
    live_a_little(&city, 1);
    let resident = city.resident();
    let booked = city.booked(&resident, &city.free_court(2));
    let somebody = city.newcomer("13800138111");
    caught_up(&city);
    let before = (city.balance(&resident), city.get_as(&resident, "/v1/bookings"));
    let lost = city.kill();
    let key = lost.path().join("keys/master.key");

    let other_key = lost.path().join("other.key");
    fs::write(&other_key, [9; 32]).expect("written");
    let into = Ground::bare();
    let refused = rebuild(&into, &postgres.url(), &other_key);
    assert_eq!(refused.code, Some(2), "{}", refused.said);
    assert!(refused.said.contains("master key"), "{}", refused.said);

    let into = Ground::bare();
    let rebuilt = rebuild(&into, &postgres.url(), &key);
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.said);
    assert!(rebuilt.said.contains("the city stands at 20"), "{}", rebuilt.said);

    let mut command = serve(kaichang(), lost.path());
    command.args(["--database-url", &postgres.url()]);
    let ended = Server::start(command, lost.path()).err().expect("the lost journal doesn't come back");
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(ended.said.contains("fenced off"), "{}", ended.said);

    let mut command = serve(kaichang(), into.path());
    command.args(["--database-url", &postgres.url(), "--key-file"]).arg(&key);
    let city: City = into.open_with(command);
    let after = (city.balance(&resident), city.get_as(&resident, "/v1/bookings"));
    assert_eq!(before, after, "tokens, wallet and bookings are those that were");
    let id = booked["id"].as_str().expect("an id");
    let _ = city.cancel(&resident, id).expect(200, "a cancellation in the rebuilt city");
    let again = city.log_in(&json!("13800138111"), &json!(PASSWORD));
    assert_eq!(again.id, somebody.id, "personal data are readable again");
    let _ = city.booked(&resident, &city.free_court(3));
    city.top_up(&city.newcomer("13800138112"), 700);
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
}

#[test]
fn tables_are_made_anew_beside_the_old_ones_and_only_from_a_whole_history() {
    let postgres = Postgres::start();
    let ground = Ground::demo();
    let path = ground.path().to_owned();
    let city = open_with(ground, &postgres.url());
    live_a_little(&city, 0);
    caught_up(&city);
    let in_use = {
        let mut command = kaichang();
        command.args(["reproject", "--database-url", &postgres.url(), "--data-dir"]).arg(path);
        server::run(&mut command)
    };
    assert_eq!(in_use.code, Some(2), "{}", in_use.said);
    let ground = city.kill();
    let _ = postgres.sql("UPDATE booking SET price = 0, refund = 0; DROP VIEW daily_orders");
    let made = reproject(&ground, &postgres.url());
    assert_eq!(made.code, Some(0), "{}", made.said);
    check_equal(&ground, &postgres.url());
    assert_ne!(postgres.sql("SELECT sum(orders) FROM daily_orders"), "");
    let city = open_with(ground, &postgres.url());
    live_a_little(&city, 1);
    caught_up(&city);
    let ground = city.kill();
    // A journal that has forgotten its beginning.
    let whole = ground.path().join(crate::city::FIRST_SEGMENT);
    fs::rename(&whole, whole.with_file_name("segment-00000000000000000002.kcj")).expect("renamed");
    let refused = reproject(&ground, &postgres.url());
    assert_eq!(refused.code, Some(2), "{}", refused.said);
    assert_ne!(postgres.sql("SELECT count(*) FROM booking"), "0", "the tables are as they were");
}
