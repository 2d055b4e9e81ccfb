//! Whatever is done in whatever order, with crashes of either side in between: the tables come to what a dull model says.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::afterwards::{caught_up, open_with};
use crate::city::{City, FreeSlot, Ground, PASSWORD, Resident, text};
use crate::client::{Answer, Request};
use crate::faults::check_equal;
use crate::filling::without_first_segment;
use crate::postgres::Postgres;

#[derive(Debug, Clone, Copy)]
enum Do {
    Book(usize),
    Hold(usize),
    Pay(usize),
    GiveUp(usize),
    Cancel(usize),
    SellAtTheCounter(usize),
    Move(usize, usize),
    SignUpAndTopUp,
    Leave,
    KillTheCity,
    CrashPostgres,
}

fn anything() -> impl Strategy<Value = Do> {
    let any = 0usize..64;
    prop_oneof![
        6 => any.clone().prop_map(Do::Book),
        3 => any.clone().prop_map(Do::Hold),
        2 => any.clone().prop_map(Do::Pay),
        1 => any.clone().prop_map(Do::GiveUp),
        3 => any.clone().prop_map(Do::Cancel),
        2 => any.clone().prop_map(Do::SellAtTheCounter),
        4 => (any.clone(), any).prop_map(|(which, to)| Do::Move(which, to)),
        2 => Just(Do::SignUpAndTopUp),
        1 => Just(Do::Leave),
        1 => Just(Do::KillTheCity),
        1 => Just(Do::CrashPostgres),
    ]
}

/// What was made, as answers said.
struct Made {
    id: String,
    who: Resident,
    venue: String,
}

/// The city, and what its answers come to.
struct Model {
    city: Option<City>,
    postgres: Postgres,
    slots: Vec<FreeSlot>,
    made: Vec<Made>,
    /// How each stands, as the last answer about it said.
    states: BTreeMap<String, String>,
    accounts: Vec<Value>,
    managers: HashMap<String, Resident>,
    /// Who has signed up and not left.
    newcomers: Vec<Resident>,
    left: u32,
    count: u32,
}

impl Model {
    fn new() -> Self {
        let postgres = Postgres::start();
        let ground = Ground::demo();
        let file = std::fs::read(ground.path().join("demo-accounts.json")).expect("the demo's accounts");
        let accounts = serde_json::from_slice(&file).expect("JSON");
        let city = open_with(ground, &postgres.url());
        let day = city.day(1);
        let mut slots = city.free("badminton", &day);
        slots.extend(city.free("swimming", &day).into_iter().take(16));
        // Few, so that commands meet.
        let venue = slots[0].venue.clone();
        let (mut near, far): (Vec<_>, Vec<_>) = slots.into_iter().partition(|slot| slot.venue == venue);
        near.extend(far.into_iter().rev().take(12));
        let (made, states, managers) = (Vec::new(), BTreeMap::new(), HashMap::new());
        Self {
            city: Some(city),
            postgres,
            slots: near,
            made,
            states,
            accounts,
            managers,
            newcomers: Vec::new(),
            left: 0,
            count: 0,
        }
    }

    fn city(&self) -> &City {
        self.city.as_ref().expect("it is open between two steps")
    }

    fn manager(&mut self, venue: &str) -> Resident {
        if let Some(manager) = self.managers.get(venue) {
            return manager.clone();
        }
        let account =
            self.accounts.iter().find(|account| account["role"] == "manager" && account["venue"] == venue);
        let account = account.expect("every venue of the demo has a manager");
        let manager = self.city().log_in(&account["phone"], &account["password"]);
        self.managers.insert(venue.to_owned(), manager.clone());
        manager
    }

    fn note(&mut self, answer: &Answer, who: Resident, slot: &FreeSlot) {
        assert!(answer.status < 500, "{}", answer.text());
        if answer.status == 201 {
            let id = text(&answer.json()["id"]);
            self.states.insert(id.clone(), text(&answer.json()["status"]));
            self.made.push(Made { id, who, venue: slot.venue.clone() });
        }
    }

    fn step(&mut self, what: Do) {
        self.count += 1;
        let key = format!("k{}", self.count);
        let slot = |nth: usize| self.slots[nth % self.slots.len()].clone();
        let order = |slot: &FreeSlot| json!({ "pitch": slot.pitch, "start": slot.start, "end": slot.end });
        match what {
            Do::Book(nth) => {
                let (slot, who) = (slot(nth), self.city().resident());
                let answer = self.city().book(&who, &key, &slot.order());
                self.note(&answer, who, &slot);
            }
            Do::Hold(nth) => {
                let (slot, who) = (slot(nth), self.city().resident());
                let request = Request::post("/v1/holds", &order(&slot)).token(&who.token).key(&key);
                let answer = self.city().ask(&request);
                self.note(&answer, who, &slot);
            }
            Do::SellAtTheCounter(nth) => {
                let slot = slot(nth);
                let manager = self.manager(&slot.venue);
                let mut body = order(&slot);
                body["phone"] = json!(format!("139{:08}", self.count));
                body["name"] = json!("李雷");
                let path = format!("/v1/manage/venues/{}/bookings", slot.venue);
                let answer = self.city().ask(&Request::post(&path, &body).token(&manager.token).key(&key));
                self.note(&answer, manager, &slot);
            }
            Do::SignUpAndTopUp => {
                let who = self.city().newcomer(&format!("138{:08}", self.count));
                self.city().top_up(&who, 1_000);
                self.newcomers.push(who);
            }
            Do::Leave => {
                if let Some(who) = self.newcomers.pop() {
                    let body = json!({ "password": PASSWORD });
                    let request = Request::delete("/v1/residents/me").token(&who.token).json(&body);
                    let _ = self.city().ask(&request).expect(204, "the end of an account");
                    self.left += 1;
                }
            }
            Do::KillTheCity => {
                let ground = self.city.take().expect("it is open between two steps").kill();
                self.city = Some(open_with(ground, &self.postgres.url()));
            }
            Do::CrashPostgres => {
                self.postgres.stop_server("immediate");
                self.postgres.start_server();
            }
            Do::Pay(nth) | Do::GiveUp(nth) | Do::Cancel(nth) | Do::Move(nth, _) if !self.made.is_empty() => {
                self.change(what, nth % self.made.len(), &key);
            }
            Do::Pay(_) | Do::GiveUp(_) | Do::Cancel(_) | Do::Move(..) => {}
        }
    }

    fn change(&mut self, what: Do, nth: usize, key: &str) {
        let Made { id, who, venue } = &self.made[nth];
        let (id, who, venue) = (id.clone(), who.clone(), venue.clone());
        let request = match what {
            Do::Pay(_) => {
                let path = format!("/v1/holds/{id}/confirm");
                Request::post(&path, &json!({ "pay_with": "wallet" })).token(&who.token).key(key)
            }
            Do::GiveUp(_) => Request::delete(&format!("/v1/holds/{id}")).token(&who.token),
            Do::Move(_, to) => {
                let near: Vec<&FreeSlot> = self.slots.iter().filter(|slot| slot.venue == venue).collect();
                let to = near[to % near.len()];
                let price = if self.count.is_multiple_of(2) { "kept" } else { "of_place" };
                let body = json!({ "pitch": to.pitch, "start": to.start, "end": to.end, "price": price });
                let manager = self.manager(&venue);
                let path = format!("/v1/manage/bookings/{id}/move");
                Request::post(&path, &body).token(&manager.token).key(key)
            }
            Do::Cancel(_)
            | Do::Book(_)
            | Do::Hold(_)
            | Do::SellAtTheCounter(_)
            | Do::SignUpAndTopUp
            | Do::Leave
            | Do::KillTheCity
            | Do::CrashPostgres => Request::delete(&format!("/v1/bookings/{id}")).token(&who.token),
        };
        let answer = self.city().ask(&request);
        assert!(answer.status < 500, "{}", answer.text());
        // A hold that is given up is answered by nothing, and by the API's word for it is cancelled.
        match answer.status {
            204 => drop(self.states.insert(id, "cancelled".to_owned())),
            200..300 => drop(self.states.insert(id, text(&answer.json()["status"]))),
            _ => {}
        }
    }

    /// The tables are what the model says, and what the journal says.
    fn check(mut self) {
        caught_up(self.city());
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for state in self.states.values() {
            *counted.entry(state).or_default() += 1;
        }
        let expected: Vec<String> = counted.iter().map(|(state, count)| format!("{state}|{count}")).collect();
        let rows = "SELECT CASE state::text WHEN 'given_up' THEN 'cancelled' ELSE state::text END AS told, count(*) \
                    FROM booking GROUP BY told ORDER BY told";
        assert_eq!(self.postgres.sql(rows), expected.join("\n"));
        let left = "SELECT count(*) FROM resident WHERE erased_at IS NOT NULL";
        assert_eq!(self.postgres.sql(left), self.left.to_string());
        assert_eq!(self.postgres.sql("SELECT coalesce(sum(amount), 0) FROM ledger_line"), "0");
        let ground = self.city.take().expect("it is open").kill();
        check_equal(&ground, &self.postgres.url());
        self.check_filled(ground);
    }

    /// Other tables, which are filled from a snapshot of the same city, say the same of all that a snapshot knows.
    fn check_filled(&self, ground: Ground) {
        let ground = without_first_segment(ground);
        let _ = self.postgres.sql_in("postgres", "CREATE DATABASE filled");
        let city = open_with(ground, &self.postgres.url_of("filled"));
        caught_up(&city);
        check_equal(&city.kill(), &self.postgres.url_of("filled"));
        for (table, columns) in [
            (
                "booking",
                "booking_no, created_at, resident_no, venue_no, pitch_no, day, first_unit, units, starts_at, ends_at, party_size, price, \
                 refund, payment, release_no, state, moved_at, ended_at",
            ),
            ("account_balance", "account_no, kind, resident_no, venue_no, balance"),
            ("resident", "resident_no, role, venue_no, erased_at IS NULL, disabled_at"),
            ("live_occupancy", "*"),
            ("live_session", "*"),
            ("pitch", "*"),
            ("release_opening", "release_no, day, opened_at"),
            ("audit", "occurred_at, staff_no, action, booking_no, resident_no"),
        ] {
            let rows = format!("SELECT {columns} FROM {table} ORDER BY 1, 2, 3");
            assert_eq!(self.postgres.sql_in("filled", &rows), self.postgres.sql(&rows), "{table}");
        }
    }
}

#[test]
fn random_commands_and_crashes_leave_the_tables_equal_to_the_model() {
    let times = std::env::var("KAICHANG_TORTURE").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    let config =
        Config { cases: 2 * times, max_shrink_iters: 4, failure_persistence: None, ..Config::default() };
    let commands = proptest::collection::vec(anything(), 30..45);
    TestRunner::new(config)
        .run(&commands, |commands| {
            let mut model = Model::new();
            for command in commands {
                model.step(command);
            }
            model.check();
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
