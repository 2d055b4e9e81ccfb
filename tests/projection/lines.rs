//! Queues and draws in the tables: what the API publishes is what Postgres computes by itself from the rows, and every row is the journal's.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::afterwards::{caught_up, open_with};
use crate::city::{City, FreeSlot, Ground, Resident, text};
use crate::client::{Answer, Request};
use crate::faults::check_equal;
use crate::postgres::Postgres;
use crate::server::{PATIENCE, poll};

fn moment(seconds: i64) -> String {
    Timestamp::now().checked_add(seconds.seconds()).expect("a moment").to_string()
}

fn declare(city: &City, operator: &Resident, slot: &FreeSlot, id: &str, terms: &Value) -> Answer {
    let day = slot.start.get(..10).expect("a date");
    let mut body = json!({
        "id": id, "name": { "zh-Hans": "放号", "en": "Release" }, "pitches": [slot.pitch], "first_day": day, "last_day": day,
    });
    for (field, value) in terms.as_object().expect("terms") {
        body[field] = value.clone();
    }
    city.ask(&Request::post("/v1/manage/releases", &body).token(&operator.token).key(id))
}

#[test]
fn places_and_draws_that_postgres_computes_are_those_that_are_published() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    let operator = city.operator();
    let courts = city.free_courts(5);
    let (queued, drawn) =
        (&courts[0], courts.iter().find(|slot| slot.pitch != courts[0].pitch).expect("two"));
    let queue = json!({ "mode": "queue", "once": { "at": moment(6) }, "queue": { "join_from": moment(-60), "at_once": 1 } });
    let _ = declare(&city, &operator, queued, "rush", &queue).expect(201, "a queue");
    let draw = json!({
        "mode": "lottery", "once": { "at": moment(7200) },
        "lottery": {
            "opens_at": moment(-60), "closes_at": moment(6), "draw_at": moment(6), "pay_by": moment(3600), "beacon": "dice",
        },
    });
    let _ = declare(&city, &operator, drawn, "evening", &draw).expect(201, "a draw");
    let people: Vec<Resident> = (0..5).map(|_| city.resident()).collect();
    let choice = json!({ "pitch": drawn.pitch, "start": drawn.start, "end": drawn.end });
    for one in &people {
        let join = Request::post("/v1/releases/rush/queue", &json!({}));
        let _ = city.ask(&join.token(&one.token).key("come")).expect(201, "a place");
        let enter = Request::post("/v1/releases/evening/entries", &json!({ "choices": [choice] }));
        let _ = city.ask(&enter.token(&one.token).key("enter")).expect(201, "an entry");
    }
    let withdraw = Request::delete("/v1/releases/evening/entries/mine").token(&people[4].token);
    let _ = city.ask(&withdraw).expect(200, "withdrawn");
    let opened = poll(PATIENCE, || city.get("/v1/releases/rush/queue")["seed"].is_string().then_some(()));
    let sealed = poll(PATIENCE, || city.get("/v1/releases/evening/draw")["sealed"].is_object().then_some(()));
    assert!(opened.is_some() && sealed.is_some(), "{}", city.server.said());
    let value = Request::post("/v1/manage/releases/evening/draw", &json!({ "value": "6 1 4" }));
    let _ = city.ask(&value.token(&operator.token)).expect(200, "a draw");
    let leave = Request::delete("/v1/releases/rush/queue/me").token(&people[3].token);
    let _ = city.ask(&leave).expect(200, "left");

    caught_up(&city);
    let mut places: Vec<String> = people
        .iter()
        .map(|one| city.get_as(one, "/v1/releases/rush/queue/me"))
        .map(|place| format!("{}|{}", place["number"], place["place"]))
        .collect();
    places.sort();
    assert_eq!(postgres.sql("SELECT number, place FROM queue_place ORDER BY number"), places.join("\n"));
    let file = city.get("/v1/releases/evening/draw");
    let result = file["drawn"]["result"].as_array().expect("a result");
    let order: Vec<String> = result.iter().map(|entry| text(&entry[0])).collect();
    assert_eq!(order.len(), 4);
    let computed = postgres.sql("SELECT encode(entry_id, 'hex') FROM draw_order ORDER BY drawn_as");
    assert_eq!(computed, order.join("\n"));
    let steps =
        postgres.sql("SELECT step, count(*) FROM draw_step WHERE step <> 'lapsed' GROUP BY 1 ORDER BY 1");
    assert_eq!(steps, "entered|5\nwithdrawn|1\nsealed|1\ndrawn|1");
    let url = postgres.url();
    let ground = city.kill();
    check_equal(&ground, &url);

    // A row that is another is found, and so is one that is missing.
    let _ = postgres.sql("UPDATE queue_step SET place = 4 WHERE step = 'opened'");
    let _ = postgres.sql("DELETE FROM draw_step WHERE step = 'sealed'");
    let verified = crate::faults::verify(&ground, &url);
    assert_eq!(verified.code, Some(1), "{}", verified.said);
    for table in ["queue_step", "draw_step"] {
        assert!(verified.said.contains(table), "{table}: {}", verified.said);
    }
}

#[test]
fn a_database_from_before_these_tables_is_filled_from_the_records_that_it_has() {
    let postgres = Postgres::start();
    let city = open_with(Ground::demo(), &postgres.url());
    let operator = city.operator();
    let courts = city.free_courts(5);
    let queue = json!({ "mode": "queue", "once": { "at": moment(-5) }, "queue": { "join_from": moment(-60), "at_once": 1 } });
    let _ = declare(&city, &operator, &courts[0], "rush", &queue).expect(201, "a queue");
    let drawn = courts.iter().find(|slot| slot.pitch != courts[0].pitch).expect("two");
    let draw = json!({
        "mode": "lottery", "once": { "at": moment(7200) },
        "lottery": {
            "opens_at": moment(-60), "closes_at": moment(3), "draw_at": moment(3), "pay_by": moment(3600), "beacon": "dice",
        },
    });
    let _ = declare(&city, &operator, drawn, "evening", &draw).expect(201, "a draw");
    let (one, other) = (city.resident(), city.resident());
    let choice = json!({ "pitch": drawn.pitch, "start": drawn.start, "end": drawn.end });
    for who in [&one, &other] {
        let join = Request::post("/v1/releases/rush/queue", &json!({}));
        let _ = city.ask(&join.token(&who.token).key("come")).expect(201, "a place");
        let enter = Request::post("/v1/releases/evening/entries", &json!({ "choices": [choice] }));
        let _ = city.ask(&enter.token(&who.token).key("enter")).expect(201, "an entry");
    }
    let sealed = poll(PATIENCE, || city.get("/v1/releases/evening/draw")["sealed"].is_object().then_some(()));
    assert!(sealed.is_some(), "{}", city.server.said());
    let value = Request::post("/v1/manage/releases/evening/draw", &json!({ "value": "第 3 期" }));
    let _ = city.ask(&value.token(&operator.token)).expect(200, "a draw");
    caught_up(&city);
    let ground = city.kill();
    let _ = postgres.sql(
        "DROP VIEW queue_place, draw_order; DROP TABLE queue_step, draw_step; DROP TYPE queue_step_kind, draw_step_kind; \
         DELETE FROM _sqlx_migrations WHERE version = 4",
    );
    let city = open_with(ground, &postgres.url());
    caught_up(&city);
    check_equal(&city.kill(), &postgres.url());
    assert_eq!(postgres.sql("SELECT value FROM draw_step WHERE step = 'drawn'"), "第 3 期");
}
