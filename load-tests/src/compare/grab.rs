//! A release instant: every resident of the city wants one of a tenth as many slots, all at once. What counts is when the last of them has
//! an answer, beside how long the limit takes to answer as often.

use std::time::Duration;

use super::{Comparison, close, figure};
use crate::audit;
use crate::baselines::Baseline;
use crate::booking_plan::BookingPlan;
use crate::city::{City, CopiedCity};
use crate::drive::Pace;
use crate::http::plain_client::PlainClient;
use crate::http::request::Requests;
use crate::load::{Keep, Load, WhenUsedUp};
use crate::machine::Machine;
use crate::outcome::{CREATED, Outcome};
use crate::reach::GRAB_LIMIT;
use crate::report::{self, Figure, Pair, RunFigures};
use crate::server::Server;
use crate::statistics::{ms, per_cent, ratio_us};
use crate::workplace::Workplace;
use crate::{Failure, print, say, stock};

/// As many residents want each slot, on average.
const RESIDENTS_A_SLOT: usize = 10;
/// The run ends with its requests, and not before.
const GRAB_MAX: Duration = Duration::from_secs(3600);
const COPY: &str = "grab";
const CONFLICT: u16 = 409;

/// A city of its own, as everybody in it takes part.
struct Grab {
    place: Workplace,
    plan: BookingPlan,
    requests: Requests,
    answer_bytes: usize,
}

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let mut grab = prepare(comparison)?;
    print(&heading(comparison, &grab));
    let mut pairs = Vec::new();
    for number in 1..=comparison.pairs {
        let ours = of_kaichang(comparison, &mut grab)?;
        let beside = of_the_limit(comparison, &grab)?;
        let pair = Pair { kaichang: whole(comparison, &ours)?, baseline: whole(comparison, &beside)? };
        print(&line(number, &pair));
        for warning in report::warnings_of_the_machine(&ours, comparison.machine.cpus) {
            say(&format!("WARNING: kaichang in pair {number}: {warning}"));
        }
        pairs.push(pair);
    }
    figure(GRAB_LIMIT, &pairs, times, Vec::new())
}

fn prepare(comparison: &Comparison) -> Result<Grab, Failure> {
    let residents = comparison.grab_residents;
    let place = Workplace::create(Some(comparison.place.root()))?;
    let tokens = City::make(&comparison.program, &place, residents)?;
    let scout = CopiedCity::start(&comparison.program, &place, COPY)?;
    let stock = stock::read(&mut PlainClient::connect(scout.server.address())?)?;
    scout.server.stop()?;
    place.remove(COPY)?;
    let slots = (residents / RESIDENTS_A_SLOT).max(1);
    let plan = BookingPlan::everybody_wants(stock, tokens, 1, slots, comparison.grab_skew);
    let requests = plan.encode();
    Ok(Grab { place, plan, requests, answer_bytes: comparison.city.answer_bytes })
}

fn of_kaichang(comparison: &mut Comparison, grab: &mut Grab) -> Result<Outcome, Failure> {
    let copy = CopiedCity::start(&comparison.program, &grab.place, COPY)?;
    let outcome = run(comparison, grab, &copy.server, Keep::Bodies)?;
    let mut findings = audit::examine(&grab.plan, &outcome.kept, copy.server.address())?;
    audit::examine_refusals(&grab.plan, &outcome.kept, &mut findings);
    for (status, count) in &outcome.by_status {
        if ![CREATED, CONFLICT].contains(status) {
            findings.add(format_args!("{count} requests were answered {status}"));
        }
    }
    comparison.is_sound &= close(&comparison.program, &mut grab.place, COPY, copy, findings)?;
    Ok(outcome)
}

fn of_the_limit(comparison: &Comparison, grab: &Grab) -> Result<Outcome, Failure> {
    let server = Server::baseline(Baseline::Limit, grab.answer_bytes, None)?;
    run(comparison, grab, &server, Keep::Nothing)
}

/// Everybody once.
fn run(comparison: &Comparison, grab: &Grab, server: &Server, keep: Keep) -> Result<Outcome, Failure> {
    let load = Load {
        address: server.address(),
        server_pids: &[server.pid()],
        connections: comparison.connections,
        pace: Pace::AsAnswered,
        requests: &grab.requests,
        counts: CREATED,
        when_used_up: WhenUsedUp::End,
        keep,
        warm_up: Duration::ZERO,
        measured: GRAB_MAX,
    };
    load.run().map_err(|failure| server.with_log(&failure.to_string()))
}

fn whole(comparison: &Comparison, outcome: &Outcome) -> Result<RunFigures, Failure> {
    let whole_us = Some(u64::try_from(outcome.whole.as_micros())?);
    Ok(RunFigures { whole_us, ..comparison.figures(outcome) })
}

fn times(pair: &Pair) -> f64 {
    ratio_us(pair.kaichang.whole_us.unwrap_or(0), pair.baseline.whole_us.unwrap_or(0))
}

fn heading(comparison: &Comparison, grab: &Grab) -> String {
    let Comparison { connections, machine: Machine { cpus, model, kernel, file_system, .. }, .. } =
        comparison;
    let (residents, slots) = (grab.plan.len(), grab.plan.stock().count());
    format!(
        "grab, {residents} residents want {slots} slots, skew {}, kaichang beside limit: {connections} connections; \
         {cpus} x {model}, Linux {kernel}, {file_system}\n\
         {:>4} {:>14} {:>14} {:>6} {:>10} {:>13} {:>15}",
        comparison.grab_skew,
        "pair",
        "kaichang ms",
        "limit ms",
        "times",
        "refused",
        "server us",
        "client share %"
    )
}

fn line(number: u32, pair: &Pair) -> String {
    let Pair { kaichang, baseline } = pair;
    let took = |run: &RunFigures| ms(run.whole_us.unwrap_or(0));
    let costs = format!("{:.1}/{:.1}", kaichang.server_cpu_us, baseline.server_cpu_us);
    let shares = format!("{:.1}/{:.1}", per_cent(kaichang.client_share), per_cent(baseline.client_share));
    format!(
        "{number:>4} {:>14.0} {:>14.0} {:>6.3} {:>10} {costs:>13} {shares:>15}",
        took(kaichang),
        took(baseline),
        times(pair),
        kaichang.other_answers,
    )
}
