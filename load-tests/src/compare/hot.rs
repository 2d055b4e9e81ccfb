//! Bookings a second of one session of large capacity, one such session after the other: everybody wants the same place.

use super::rival::Rival;
use super::{Asking, COPY, Comparison, figure};
use crate::Failure;
use crate::audit;
use crate::baselines::Baseline;
use crate::booking_plan::BookingPlan;
use crate::city::{City, CopiedCity};
use crate::drive::Pace;
use crate::http::plain_client::PlainClient;
use crate::load::{Keep, WhenUsedUp};
use crate::outcome::CREATED;
use crate::reach::HOT_POSTGRES;
use crate::report::{Figure, Pair};
use crate::residents::Tokens;
use crate::staff::Manager;
use crate::stock::{self, StockItem};

/// So many places has each session.
const CAPACITY: u32 = 50_000;
/// Eight hours a day, a session each.
const PITCH: &str = r#"{"name":{"zh-Hans":"大泳池","en":"Large pool"},"sport":"swimming","kind":"session","capacity":50000,
"slot_minutes":60,"first_slot":"08:00","max_slots":1,"party_size_max":4,"hours":[{"days":DAYS,"from":"08:00","to":"16:00"}],
"prices":[{"days":DAYS,"from":"00:00","to":"24:00","price":100}],"cancellation":[{"minutes_before":60,"percent":100}]}"#;
const DAYS: &str = r#"["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]"#;
const SWIMMING: &str = "swimming";

pub(super) fn beside_postgres(comparison: &mut Comparison) -> Result<Vec<Figure>, Failure> {
    let plan = open_a_pool(comparison)?;
    let requests = plan.encode();
    let rival = Rival::selling(comparison, Baseline::PostgresHot, &plan)?;
    let pairs = comparison.in_turn(
        "one session",
        Baseline::PostgresHot,
        |comparison| {
            let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
            let asking = Asking {
                requests: &requests,
                counts: CREATED,
                when_used_up: WhenUsedUp::End,
                keep: Keep::Bodies,
                pace: Pace::AsAnswered,
            };
            let outcome = comparison.load(&copy.server, &[], asking)?;
            let findings = audit::examine(&plan, &outcome.kept, copy.server.address())?;
            comparison.close(copy, findings)?;
            Ok(outcome)
        },
        |comparison| rival.run(comparison),
    )?;
    comparison.beside_its_tool(&rival, &pairs)?;
    Ok(vec![figure(HOT_POSTGRES, &pairs, Pair::ratio, Vec::new())?])
}

/// Opens a large pool in the city that others are copies of, and plans as many bookings of it as a run of the others has.
fn open_a_pool(comparison: &mut Comparison) -> Result<BookingPlan, Failure> {
    let venue = comparison.city.plan.slot(0).venue.clone();
    let opened = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
    let mut manager = Manager::log_in(&opened.data_dir, opened.server.address(), &venue)?;
    let path = format!("/v1/manage/venues/{venue}/pitches");
    let pitch: serde_json::Value = manager.ask("POST", &path, Some(&PITCH.replace("DAYS", DAYS)), 201)?;
    let pitch = pitch["id"].as_str().ok_or("a pitch without an id")?.to_owned();
    drop(manager);
    let mut client = PlainClient::connect(opened.server.address())?;
    let is_of_the_pool = |item: &StockItem| *item.pitch == *pitch && item.sold.places() == CAPACITY as usize;
    let stock: Vec<StockItem> =
        stock::read_sport(&mut client, SWIMMING)?.into_iter().filter(is_of_the_pool).collect();
    drop(client);
    opened.server.stop()?;
    City::replace_pristine(&comparison.place, COPY)?;
    let tokens = Tokens::read(&City::tokens(&comparison.place))?;
    let plan = BookingPlan::in_order(stock, tokens, comparison.city.plan.len());
    if plan.len() == 0 { Err("the large pool has no free session".into()) } else { Ok(plan) }
}
