//! Polls of a queue a second, as those who wait ask, beside the limit with answers as long.

use serde::Deserialize;
use serde_json::json;

use super::{Comparison, reads};
use crate::Failure;
use crate::city::CopiedCity;
use crate::http::request::{Request, Requests};
use crate::reach::POLL_LIMIT;
use crate::report::Figure;
use crate::staff::Manager;

const CREATED: u16 = 201;
const PATH: &str = "/v1/releases/rush/queue";

#[derive(Deserialize)]
struct Declared {
    id: String,
}

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let mut requests = Requests::default();
    (0..comparison.connections).for_each(|_| requests.push(&Request::get(PATH)));
    reads::beside_the_limit(comparison, ("polls of a queue", POLL_LIMIT), &requests, declare)
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
