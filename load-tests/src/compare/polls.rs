//! Polls of a queue a second, as those who wait ask, beside the limit with answers as long.

use std::cell::Cell;

use serde::Deserialize;
use serde_json::json;

use super::{Asking, COPY, Comparison, figure};
use crate::Failure;
use crate::audit::Findings;
use crate::baselines::Baseline;
use crate::city::CopiedCity;
use crate::drive::Pace;
use crate::http::plain_client::PlainClient;
use crate::http::request::{Request, Requests};
use crate::load::{Keep, WhenUsedUp};
use crate::outcome::Outcome;
use crate::reach::POLL_LIMIT;
use crate::report::{Figure, Pair};
use crate::server::Server;
use crate::staff::Manager;

const OK: u16 = 200;
const CREATED: u16 = 201;
const PATH: &str = "/v1/releases/rush/queue";

#[derive(Deserialize)]
struct Declared {
    id: String,
}

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let mut requests = Requests::default();
    (0..comparison.connections).for_each(|_| requests.push(&Request::get(PATH)));
    let answer_bytes = Cell::new(0);
    let pairs = comparison.in_turn(
        "polls of a queue",
        Baseline::Limit,
        |comparison| {
            let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
            declare(comparison, &copy)?;
            let outcome = comparison.load(&copy.server, &[], asking(&requests))?;
            let mut client = PlainClient::connect(copy.server.address())?;
            answer_bytes.set(client.ask(&Request::get(PATH))?.body.len());
            drop(client);
            comparison.close(copy, Findings::default())?;
            Ok(outcome)
        },
        |comparison| -> Result<Outcome, Failure> {
            let server = Server::baseline(Baseline::Limit, answer_bytes.get(), None)?;
            comparison.load(&server, &[], asking(&requests))
        },
    )?;
    figure(POLL_LIMIT, &pairs, Pair::ratio, Vec::new())
}

fn asking(requests: &Requests) -> Asking<'_> {
    Asking {
        requests,
        counts: OK,
        when_used_up: WhenUsedUp::Repeat,
        keep: Keep::Nothing,
        pace: Pace::AsAnswered,
    }
}

/// A release that one queues for, of the first pitch that something is free of. It opens when that begins, which is not while it is
/// measured.
fn declare(comparison: &Comparison, copy: &CopiedCity) -> Result<(), Failure> {
    let slot = comparison.city.plan.stock().next().ok_or("nothing can be booked in this city")?;
    let (day, _) = slot.start.split_once('T').ok_or("a slot without a day")?;
    let names = json!({ "zh-Hans": "抢票", "en": "Rush" });
    let body = json!({
        "id": "rush", "name": names, "pitches": [slot.pitch], "first_day": day, "last_day": day,
        "once": { "at": slot.start }, "mode": "queue",
    });
    let mut manager = Manager::log_in(&copy.data_dir, copy.server.address(), &slot.venue)?;
    let declared: Declared = manager.ask("POST", "/v1/manage/releases", Some(&body.to_string()), CREATED)?;
    if declared.id == "rush" { Ok(()) } else { Err("the release has another id".into()) }
}
