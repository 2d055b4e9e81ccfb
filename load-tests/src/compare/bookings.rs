//! Confirmed bookings a second, each of another slot: beside the limit, and beside what people would use instead.

use super::rival::Rival;
use super::{Asking, COPY, Comparison, figure};
use crate::Failure;
use crate::audit;
use crate::baselines::Baseline;
use crate::city::CopiedCity;
use crate::closed_loop::{Keep, WhenUsedUp};
use crate::outcome::{CREATED, Outcome};
use crate::reach::{Asked, BOOKING_CPU_LIMIT, BOOKING_LIMIT};
use crate::report::{Figure, Pair};
use crate::server::Server;

const WHAT: &str = "bookings";

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Vec<Figure>, Failure> {
    let pairs = comparison.in_turn(WHAT, Baseline::Limit, of_kaichang, of_the_limit)?;
    Ok(vec![figure(BOOKING_LIMIT, &pairs, Pair::ratio)?, figure(BOOKING_CPU_LIMIT, &pairs, Pair::cpu_ratio)?])
}

pub(super) fn beside_a_rival(
    comparison: &mut Comparison,
    baseline: Baseline,
    asked: Asked,
) -> Result<Vec<Figure>, Failure> {
    let rival = Rival::prepare(comparison, baseline)?;
    let pairs = comparison.in_turn(WHAT, baseline, of_kaichang, |comparison| rival.run(comparison))?;
    Ok(vec![figure(asked, &pairs, Pair::ratio)?])
}

fn of_kaichang(comparison: &mut Comparison) -> Result<Outcome, Failure> {
    let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
    let asking = Asking {
        requests: &comparison.city.requests,
        counts: CREATED,
        when_used_up: WhenUsedUp::End,
        keep: Keep::Bodies,
    };
    let outcome = comparison.load(&copy.server, &[], asking)?;
    let findings = audit::examine(&comparison.city.plan, &outcome.kept, copy.server.address())?;
    comparison.close(copy, findings)?;
    Ok(outcome)
}

fn of_the_limit(comparison: &mut Comparison) -> Result<Outcome, Failure> {
    let server = Server::baseline(Baseline::Limit, comparison.city.answer_bytes, None)?;
    let asking = Asking {
        requests: &comparison.city.requests,
        counts: CREATED,
        when_used_up: WhenUsedUp::Repeat,
        keep: Keep::Nothing,
    };
    comparison.load(&server, &[], asking)
}
