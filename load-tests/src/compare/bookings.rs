//! Confirmed bookings a second, each of another slot: beside the limit, and beside what people would use instead.

use super::rival::Rival;
use super::{Asking, COPY, Comparison, figure};
use crate::Failure;
use crate::audit;
use crate::baselines::Baseline;
use crate::city::CopiedCity;
use crate::drive::Pace;
use crate::load::{Keep, WhenUsedUp};
use crate::outcome::{CREATED, Outcome};
use crate::reach::{self, Asked, BOOKING_CPU_LIMIT, BOOKING_LIMIT};
use crate::report::{Figure, Pair};
use crate::server::Server;
use crate::statistics::Spread;

const WHAT: &str = "bookings";

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Vec<Figure>, Failure> {
    let pairs = comparison.in_turn(WHAT, Baseline::Limit, of_kaichang, of_the_limit)?;
    comparison.peak = Spread::of(&pairs.iter().map(|pair| pair.kaichang.per_second).collect::<Vec<_>>())
        .map(|all| all.median);
    Ok(vec![
        figure(BOOKING_LIMIT, &pairs, Pair::ratio, Vec::new())?,
        figure(BOOKING_CPU_LIMIT, &pairs, Pair::cpu_ratio, Vec::new())?,
    ])
}

pub(super) fn beside_a_rival(
    comparison: &mut Comparison,
    baseline: Baseline,
) -> Result<Vec<Figure>, Failure> {
    let asked = asked_beside(baseline).ok_or("nothing is asked for beside this")?;
    let rival = Rival::prepare(comparison, baseline)?;
    let pairs = comparison.in_turn(WHAT, baseline, of_kaichang, |comparison| rival.run(comparison))?;
    comparison.beside_its_tool(&rival, &pairs)?;
    Ok(vec![figure(asked, &pairs, Pair::ratio, Vec::new())?])
}

fn asked_beside(rival: Baseline) -> Option<Asked> {
    match rival {
        Baseline::Limit | Baseline::PostgresHot => None,
        Baseline::RedisAlways => Some(reach::BOOKING_REDIS_ALWAYS),
        Baseline::RedisEverysec => Some(reach::BOOKING_REDIS_EVERYSEC),
        Baseline::Postgres => Some(reach::BOOKING_POSTGRES),
        Baseline::PostgresBest => Some(reach::BOOKING_POSTGRES_BEST),
    }
}

pub(super) fn of_kaichang(comparison: &mut Comparison) -> Result<Outcome, Failure> {
    let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
    let asking = Asking {
        requests: &comparison.city.requests,
        counts: CREATED,
        when_used_up: WhenUsedUp::End,
        keep: Keep::Bodies,
        pace: Pace::AsAnswered,
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
        pace: Pace::AsAnswered,
    };
    comparison.load(&server, &[], asking)
}
