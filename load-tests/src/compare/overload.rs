//! Ten times as many bookings as are admitted: what is admitted is to be done, all others refused quickly, and the memory to stay what it was.

use std::num::NonZeroU32;

use super::half_peak::LAG_US_MAX;
use super::{Asking, COPY, Comparison};
use crate::city::CopiedCity;
use crate::drive::Pace;
use crate::load::{Keep, WhenUsedUp};
use crate::machine::Machine;
use crate::outcome::{CREATED, Outcome};
use crate::reach::OVERLOAD;
use crate::report::{self, Figure, RunFigures};
use crate::server::kaichang::Serving;
use crate::statistics::{mib, ms, per_cent, ratio};
use crate::{Failure, audit, memory, print};

const SERVICE_UNAVAILABLE: u16 = 503;
/// What a refusal may take at its p99.
const REFUSAL_US_MAX: u64 = 50_000;
/// How much more the server may have in memory at most than before, beside what it remembers of bookings.
const MEMORY_BYTES_MAX: u64 = 64 << 20;
/// What it may remember of each that was confirmed: the booking, its Idempotency-Key, the resident's list.
const BYTES_A_BOOKING: u64 = 1024;

pub(super) fn of_kaichang(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let bound = comparison.share_of_peak(10)?;
    let offered = bound.saturating_mul(NonZeroU32::MIN.saturating_add(9));
    print(&heading(comparison, bound, offered));
    let (mut runs, mut unmet) = (Vec::new(), Vec::new());
    for number in 1..=comparison.pairs {
        let (outcome, run) = one_run(comparison, bound, offered)?;
        print(&line(number, bound, &run));
        unmet.extend(faults(&outcome, &run).into_iter().map(|fault| format!("{fault} in run {number}")));
        runs.push(run);
    }
    let share = |run: &RunFigures| ratio(run.per_second, f64::from(bound.get()));
    let figure = Figure::of_runs(OVERLOAD, &runs, share).ok_or("nothing was measured")?.unless(unmet);
    print(&report::summary(&figure));
    Ok(figure)
}

fn one_run(
    comparison: &mut Comparison,
    bound: NonZeroU32,
    offered: NonZeroU32,
) -> Result<(Outcome, RunFigures), Failure> {
    let serving = Serving { admission_bound: Some(bound), ..Serving::default() };
    let copy = CopiedCity::start_with(&comparison.program, &comparison.place, COPY, serving)?;
    let pid = copy.server.pid();
    let before = memory::resident_bytes(pid)?;
    memory::forget_peak(pid)?;
    let asking = Asking {
        requests: &comparison.city.requests,
        counts: CREATED,
        when_used_up: WhenUsedUp::End,
        keep: Keep::Bodies,
        pace: Pace::PerSecond(offered),
    };
    let outcome = comparison.load(&copy.server, &[], asking)?;
    let peak = memory::peak_bytes(pid)?;
    let mut findings = audit::examine(&comparison.city.plan, &outcome.kept, copy.server.address())?;
    for (status, count) in &outcome.by_status {
        if ![CREATED, SERVICE_UNAVAILABLE].contains(status) {
            findings.add(format_args!("{count} requests were answered {status}"));
        }
    }
    comparison.close(copy, findings)?;
    let run = RunFigures {
        lag_p99_us: Some(outcome.lag.p99_us()),
        refusal_p99_us: Some(outcome.other_latencies.p99_us()),
        memory_before_bytes: Some(before),
        memory_peak_bytes: Some(peak),
        ..comparison.figures(&outcome)
    };
    Ok((outcome, run))
}

/// What keeps the figure from being met, whatever was booked.
fn faults(outcome: &Outcome, run: &RunFigures) -> Vec<String> {
    let mut faults = Vec::new();
    let refusals_us = run.refusal_p99_us.unwrap_or(0);
    if refusals_us >= REFUSAL_US_MAX {
        faults.push(format!("refusals took {:.1} ms at p99", ms(refusals_us)));
    }
    if !outcome.by_status.contains_key(&SERVICE_UNAVAILABLE) {
        faults.push("nothing was refused".to_owned());
    }
    let confirmed = outcome.by_status.get(&CREATED).copied().unwrap_or(0);
    let grown = run.memory_peak_bytes.unwrap_or(0).saturating_sub(run.memory_before_bytes.unwrap_or(0));
    if grown > MEMORY_BYTES_MAX + confirmed * BYTES_A_BOOKING {
        faults.push(format!("the server's memory grew by {:.0} MiB", mib(grown)));
    }
    let lag_us = run.lag_p99_us.unwrap_or(0);
    if lag_us > LAG_US_MAX {
        faults.push(format!("the client was late by {:.2} ms at p99", ms(lag_us)));
    }
    if outcome.requests_used_up {
        faults.push("the requests were used up".to_owned());
    }
    faults
}

fn heading(comparison: &Comparison, bound: NonZeroU32, offered: NonZeroU32) -> String {
    let Comparison { connections, measured, machine, .. } = comparison;
    let Machine { cpus, model, kernel, .. } = machine;
    format!(
        "overload, {bound} claims a second are admitted and {offered} offered, open loop: {connections} connections, {measured:?} a run; \
         {cpus} x {model}, Linux {kernel}\n\
         {:>4} {:>12} {:>12} {:>17} {:>15} {:>17} {:>15}",
        "run", "confirmed/s", "of the bound", "p50/p99 ms", "refused p99 ms", "memory MiB", "client share %"
    )
}

fn line(number: u32, bound: NonZeroU32, run: &RunFigures) -> String {
    let latency = format!("{:.2}/{:.2}", ms(run.p50_us), ms(run.p99_us));
    let of = |bytes: Option<u64>| mib(bytes.unwrap_or(0));
    let memory = format!("{:.0} to {:.0}", of(run.memory_before_bytes), of(run.memory_peak_bytes));
    format!(
        "{number:>4} {:>12.0} {:>12.3} {latency:>17} {:>15.2} {memory:>17} {:>15.1}  client late by {:.2} ms at p99",
        run.per_second,
        ratio(run.per_second, f64::from(bound.get())),
        ms(run.refusal_p99_us.unwrap_or(0)),
        per_cent(run.client_share),
        ms(run.lag_p99_us.unwrap_or(0)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_refusals_no_refusals_growing_memory_and_a_late_client_each_stand_against_it() {
        let outcome = |by_status: &[(u16, u64)]| Outcome {
            by_status: by_status.iter().copied().collect(),
            ..Outcome::nothing_yet(CREATED).expect("bounds")
        };
        let good = outcome(&[(201, 1000), (503, 9000)]);
        let run = RunFigures {
            refusal_p99_us: Some(49_999),
            memory_before_bytes: Some(100 << 20),
            memory_peak_bytes: Some((164 << 20) + 1000 * 1024),
            lag_p99_us: Some(1_000),
            ..RunFigures::default()
        };
        assert_eq!(faults(&good, &run), Vec::<String>::new());
        for (outcome, run, expected) in [
            (&good, RunFigures { refusal_p99_us: Some(50_000), ..run.clone() }, "50.0 ms"),
            (&outcome(&[(201, 1000)]), run.clone(), "nothing was refused"),
            (&good, RunFigures { memory_peak_bytes: Some(166 << 20), ..run.clone() }, "66 MiB"),
            (&good, RunFigures { lag_p99_us: Some(1_001), ..run.clone() }, "late"),
        ] {
            let found = faults(outcome, &run);
            assert!(found.len() == 1 && found[0].contains(expected), "{expected}: {found:?}");
        }
    }
}
