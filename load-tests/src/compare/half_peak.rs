//! How long a booking takes at half of what the server can do at most, by the open loop: beside the limit at the same rate, and a bare
//! write and fdatasync, of which no durable answer can be free.

use std::num::NonZeroU32;

use super::{Asking, COPY, Comparison, figure};
use crate::bare_writes::BareWrites;
use crate::baselines::Baseline;
use crate::city::CopiedCity;
use crate::drive::Pace;
use crate::load::{Keep, WhenUsedUp};
use crate::outcome::{CREATED, Latencies, Outcome};
use crate::reach::HALF_P99;
use crate::report::{self, Figure, Pair, RunFigures};
use crate::server::Server;
use crate::statistics::{ms, ratio_us};
use crate::{Failure, audit, print, say};

/// What the client may be late by, at its p99; a run in which it was later says nothing.
pub(super) const LAG_US_MAX: u64 = 1_000;
/// How often a run is tried.
const TRIES: u32 = 3;
/// Enough for ten beyond the p99.
const BARE_WRITES: usize = 1_000;

pub(super) fn beside_the_limit(comparison: &mut Comparison) -> Result<Figure, Failure> {
    let rate = comparison.share_of_peak(2)?;
    let what = format!("bookings at {rate} a second, open loop");
    let Comparison { machine, connections, measured, .. } = &*comparison;
    print(&report::heading(&what, Baseline::Limit.name(), machine, *connections, *measured));
    let mut late = Vec::new();
    let mut pairs = Vec::new();
    for number in 1..=comparison.pairs {
        let ours = in_time(&mut late, number, "kaichang", || of_kaichang(comparison, rate))?;
        let bare = bare_writes(comparison)?;
        let beside = in_time(&mut late, number, "limit", || of_the_limit(comparison, rate))?;
        let lag = |outcome: &Outcome| Some(outcome.lag.p99_us());
        let kaichang = RunFigures { lag_p99_us: lag(&ours), ..comparison.figures(&ours) };
        let baseline = RunFigures {
            lag_p99_us: lag(&beside),
            bare_p99_us: Some(bare.p99_us()),
            ..comparison.figures(&beside)
        };
        let pair = Pair { kaichang, baseline };
        print(&format!(
            "{}  bare p99 {:.2} ms, {:.2} times; client late by {:.2}/{:.2} ms at p99",
            report::pair_line(number, &pair),
            ms(bare.p99_us()),
            times(&pair),
            ms(ours.lag.p99_us()),
            ms(beside.lag.p99_us()),
        ));
        comparison.warn(number, "kaichang", &ours);
        comparison.warn(number, "limit", &beside);
        pairs.push(pair);
    }
    figure(HALF_P99, &pairs, times, late)
}

/// The server's p99 in terms of what it has to take.
fn times(pair: &Pair) -> f64 {
    let Pair { kaichang, baseline } = pair;
    ratio_us(kaichang.p99_us, baseline.p99_us + baseline.bare_p99_us.unwrap_or(0))
}

/// A run in which the client was in time, or the last of several, of which it is noted that it wasn't.
fn in_time(
    late: &mut Vec<String>,
    number: u32,
    name: &str,
    mut run: impl FnMut() -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let mut outcome = run()?;
    for _ in 1..TRIES {
        let lag = outcome.lag.p99_us();
        if lag <= LAG_US_MAX {
            return Ok(outcome);
        }
        say(&format!("{name} in pair {number} again: the client was late by {:.2} ms at p99", ms(lag)));
        outcome = run()?;
    }
    let lag = outcome.lag.p99_us();
    if lag > LAG_US_MAX {
        late.push(format!("the client was late by {:.2} ms at p99 beside {name} in pair {number}", ms(lag)));
    }
    Ok(outcome)
}

fn asking(comparison: &Comparison, rate: NonZeroU32, when_used_up: WhenUsedUp, keep: Keep) -> Asking<'_> {
    let requests = &comparison.city.requests;
    Asking { requests, counts: CREATED, when_used_up, keep, pace: Pace::PerSecond(rate) }
}

fn of_kaichang(comparison: &mut Comparison, rate: NonZeroU32) -> Result<Outcome, Failure> {
    let copy = CopiedCity::start(&comparison.program, &comparison.place, COPY)?;
    let asking = asking(comparison, rate, WhenUsedUp::End, Keep::Bodies);
    let outcome = comparison.load(&copy.server, &[], asking)?;
    let findings = audit::examine(&comparison.city.plan, &outcome.kept, copy.server.address())?;
    comparison.close(copy, findings)?;
    Ok(outcome)
}

fn of_the_limit(comparison: &Comparison, rate: NonZeroU32) -> Result<Outcome, Failure> {
    let server = Server::baseline(Baseline::Limit, comparison.city.answer_bytes, None)?;
    comparison.load(&server, &[], asking(comparison, rate, WhenUsedUp::Repeat, Keep::Nothing))
}

fn bare_writes(comparison: &Comparison) -> Result<Latencies, Failure> {
    let path = comparison.place.path("bare");
    let mut bare = BareWrites::prepare(&path, BARE_WRITES)?;
    bare.take(BARE_WRITES)?;
    std::fs::remove_file(path)?;
    Ok(bare.took)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn late_by(us: u64) -> Outcome {
        let mut outcome = Outcome::nothing_yet(CREATED).expect("bounds");
        outcome.lag.record(Duration::from_micros(us));
        outcome
    }

    #[test]
    fn a_run_with_a_late_client_is_tried_again_and_held_against_the_figure_when_it_stays_late() {
        for (lags, expected_runs, is_late) in
            [(&[900][..], 1, false), (&[1_500, 900], 2, false), (&[1_500, 1_500, 1_500], 3, true)]
        {
            let mut late = Vec::new();
            let mut runs = 0;
            let outcome = in_time(&mut late, 1, "limit", || {
                runs += 1;
                Ok(late_by(lags[runs - 1]))
            });
            assert!(outcome.is_ok());
            assert_eq!((runs, late.is_empty()), (expected_runs, !is_late), "{lags:?}: {late:?}");
        }
    }

    #[test]
    fn the_figure_is_what_a_booking_takes_beside_the_limit_and_the_disk_together() {
        let run = |p99_us, bare_p99_us| RunFigures { p99_us, bare_p99_us, ..RunFigures::default() };
        assert_eq!(times(&Pair { kaichang: run(1_500, None), baseline: run(400, Some(200)) }), 2.5);
    }
}
