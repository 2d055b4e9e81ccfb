//! An account that is deleted is gone from Postgres too: no table says who it was, and the key that would is gone from all of them.

use std::fmt::Write;
use std::fs;

use serde_json::json;

use crate::afterwards::{caught_up, open_with};
use crate::city::{City, Ground, PASSWORD, Resident, text};
use crate::client::Request;
use crate::faults::check_equal;
use crate::postgres::Postgres;
use crate::rebuilding::{rebuild, reproject};
use crate::server::{kaichang, serve};

const NAME: &str = "金丝雀Canary";
const PHONES: [&str; 2] = ["+8613877665544", "+8613877665545"];
const KEYS: &str = "keys/residents.keys";

fn sign_up(city: &City, phone: &str) -> Resident {
    let body = json!({ "phone": phone, "password": PASSWORD, "name": NAME });
    let session = city.ask(&Request::post("/v1/residents", &body)).expect(201, "a sign-up").json();
    Resident { id: text(&session["id"]), token: text(&session["token"]) }
}

fn delete(city: &City, resident: &Resident) {
    let body = json!({ "password": PASSWORD });
    let request = Request::delete("/v1/residents/me").token(&resident.token).json(&body);
    let _ = city.ask(&request).expect(204, "the end of an account");
}

/// The wrapped key of whoever signed up last.
fn last_key(ground: &Ground) -> Vec<u8> {
    let file = fs::read(ground.path().join(KEYS)).expect("the residents' keys");
    file[file.len() - 128..][8..80].to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The tables in which one of these stands, as text or as bytes.
pub(crate) fn tables_with(postgres: &Postgres, wanted: &[Vec<u8>]) -> Vec<String> {
    let tables = "SELECT table_name FROM information_schema.tables \
                  WHERE table_schema = 'kaichang' AND table_type = 'BASE TABLE' ORDER BY 1";
    let has = |table: &&str| {
        let rows = postgres.sql(&format!("SELECT t::text FROM \"{table}\" t"));
        wanted.iter().any(|wanted| {
            let plain = std::str::from_utf8(wanted).is_ok_and(|wanted| rows.contains(wanted));
            plain || rows.contains(&hex(wanted))
        })
    };
    let all = postgres.sql(tables);
    assert!(all.contains("journal_record"), "{all}");
    all.lines().filter(has).map(str::to_owned).collect()
}

fn wanted(keys: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let texts = [NAME, PHONES[0], PHONES[1], &PHONES[0][3..], &PHONES[1][3..]];
    let in_utf16 = |text: &&str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let plain = texts.iter().map(|text| text.as_bytes().to_vec());
    plain.chain(texts.iter().map(in_utf16)).chain(keys.iter().cloned()).collect()
}

#[test]
fn no_table_says_who_a_deleted_account_was_and_all_that_is_made_of_them_goes_on() {
    let mut postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    let first = sign_up(&city, PHONES[0]);
    let mut keys = vec![last_key(&city.ground)];
    city.top_up(&first, 100_000);
    let slots = city.free_courts(3);
    let called_off = city.booked(&first, &slots[0]);
    let _ = city.cancel(&first, &text(&called_off["id"])).expect(200, "a cancellation");
    let _ = city.booked(&first, &slots[1]);
    caught_up(&city);
    assert_eq!(
        tables_with(&postgres, &wanted(&keys)),
        ["resident_key"],
        "nothing in plain, and the key is there"
    );

    delete(&city, &first);
    caught_up(&city);
    assert_eq!(tables_with(&postgres, &wanted(&keys)), Vec::<String>::new());
    let gone = "SELECT count(*) FROM resident WHERE erased_at IS NOT NULL";
    assert_eq!(postgres.sql(gone), "1");
    let balance = "SELECT balance FROM account_balance a JOIN resident r USING (resident_no) WHERE r.erased_at IS NOT NULL";
    assert_eq!(postgres.sql(balance), "0", "what was in the wallet went back");
    assert_eq!(
        postgres.sql("SELECT sum(amount), count(*) FROM ledger_line WHERE movement = 'pay_back'"),
        "0|2"
    );
    assert_eq!(postgres.sql("SELECT count(*) FROM booking WHERE state = 'cancelled'"), "2");

    // Somebody comes and goes while Postgres is away.
    postgres.stop_server("fast");
    let second = sign_up(&city, PHONES[1]);
    keys.push(last_key(&city.ground));
    delete(&city, &second);
    postgres.start_server();
    caught_up(&city);
    assert_eq!(tables_with(&postgres, &wanted(&keys)), Vec::<String>::new());
    assert_eq!(postgres.sql(gone), "2");
    let stays = sign_up(&city, PHONES[1]);
    caught_up(&city);
    let ground = city.kill();
    check_equal(&ground, &postgres.url());

    let made = reproject(&ground, &postgres.url());
    assert_eq!(made.code, Some(0), "{}", made.said);
    assert_eq!(tables_with(&postgres, &keys), Vec::<String>::new());
    check_equal(&ground, &postgres.url());
    let of_erased = "INSERT INTO resident_key SELECT resident_no, '\\x00' FROM resident WHERE erased_at IS NOT NULL LIMIT 1";
    let _ = postgres.sql(of_erased);
    let found = crate::faults::verify(&ground, &postgres.url());
    assert_eq!(found.code, Some(1), "{}", found.said);
    assert!(found.said.contains("is not in the journal"), "{}", found.said);
    let _ = postgres.sql("DELETE FROM resident_key WHERE wrapped = '\\x00'");

    let into = Ground::bare();
    let key = ground.path().join("keys/master.key");
    let rebuilt = rebuild(&into, &postgres.url(), &key);
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.said);
    let mut command = serve(kaichang(), into.path());
    command.args(["--database-url", &postgres.url(), "--key-file"]).arg(&key);
    let city = into.open_with(command);
    let me = city.get_as(&stays, "/v1/residents/me");
    assert_eq!((&me["name"], &me["phone"]), (&json!(NAME), &json!(PHONES[1])), "who stays is known");
    let file = fs::read(city.ground.path().join(KEYS)).expect("the residents' keys");
    assert!(keys.iter().all(|key| !file.windows(key.len()).any(|window| window == key.as_slice())));
    let _ = city.ask(&Request::get("/v1/wallet").token(&first.token)).expect(401, "who is gone");
    let _ = sign_up(&city, PHONES[0]);
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
}
