//! Slot grids a second, each of one pitch on one day, beside the limit with answers as long as theirs are on average.

use std::collections::BTreeSet;

use super::{Comparison, reads};
use crate::Failure;
use crate::draw::Draw;
use crate::http::request::{Request, Requests};
use crate::reach::GRID_LIMIT;
use crate::report::Figure;

const SEED: u64 = 3;

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let requests = requests(comparison);
    reads::beside_the_limit(comparison, ("slot grids", GRID_LIMIT), &requests, |_, _| Ok(()))
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
