//! Slot grids a second, each of one pitch on one day, beside the limit with answers as long as theirs are on average.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::{Asking, COPY, Comparison, figure};
use crate::Failure;
use crate::audit::Findings;
use crate::baselines::Baseline;
use crate::city::CopiedCity;
use crate::draw::Draw;
use crate::drive::Pace;
use crate::http::plain_client::PlainClient;
use crate::http::request::{Request, Requests};
use crate::load::{Keep, WhenUsedUp};
use crate::outcome::Outcome;
use crate::reach::GRID_LIMIT;
use crate::report::{Figure, Pair};
use crate::server::Server;

const OK: u16 = 200;
const SEED: u64 = 3;
/// How many of the answers are measured for their length.
const SAMPLE: usize = 500;

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let requests = requests(comparison);
    let answer_bytes = Cell::new(0);
    let pairs = comparison.in_turn(
        "slot grids",
        Baseline::Limit,
        |comparison| {
            let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
            let outcome = comparison.load(&copy.server, &[], asking(&requests))?;
            let mut client = PlainClient::connect(copy.server.address())?;
            let sample = SAMPLE.min(requests.len());
            let mut bytes = 0;
            for request in 0..sample {
                bytes += client.ask_encoded(requests.get(request))?.body.len();
            }
            answer_bytes.set(bytes / sample.max(1));
            drop(client);
            comparison.close(copy, Findings::default())?;
            Ok(outcome)
        },
        |comparison| -> Result<Outcome, Failure> {
            let server = Server::baseline(Baseline::Limit, answer_bytes.get(), None)?;
            comparison.load(&server, &[], asking(&requests))
        },
    )?;
    figure(GRID_LIMIT, &pairs, Pair::ratio, Vec::new())
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

/// Each pitch on each day that something of it is free, once, in an order drawn by lot.
fn requests(comparison: &Comparison) -> Requests {
    let days =
        comparison.city.plan.stock().filter_map(|item| Some((&*item.pitch, item.start.split_once('T')?.0)));
    let mut paths: Vec<String> = days
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|(pitch, day)| format!("/v1/pitches/{pitch}/slots?date={day}"))
        .collect();
    Draw::new(SEED).shuffle(&mut paths);
    let mut requests = Requests::default();
    paths.iter().for_each(|path| requests.push(&Request::get(path)));
    requests
}
