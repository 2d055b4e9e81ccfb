//! The figures of Postgres afterwards, as lines to read and as JSON.

use std::time::Duration;

use serde::Serialize;

use crate::machine::Machine;
use crate::outcome::Outcome;
use crate::report::RunFigures;
use crate::statistics::{Spread, ms, per_cent, per_second, ratio, ratio_us};

/// Bookings with Postgres of those without: at least.
const THROUGHPUT_REACH: f64 = 0.85;
/// How long the lag stays after a burst, of what COPY alone takes: at most.
const LAG_REACH: f64 = 2.0;

/// Two runs, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Pair {
    pub(super) with: RunFigures,
    pub(super) without: RunFigures,
}

impl Pair {
    fn ratio(&self) -> f64 {
        ratio(self.with.per_second, self.without.per_second)
    }
}

/// What throughput is left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figures {
    median: f64,
    min: f64,
    max: f64,
    reach: f64,
    met: bool,
    pairs: Vec<Pair>,
}

impl Figures {
    /// Nothing of no pairs.
    pub(super) fn of(pairs: Vec<Pair>) -> Option<Self> {
        let Spread { median, min, max } = Spread::of(&pairs.iter().map(Pair::ratio).collect::<Vec<_>>())?;
        Some(Self { median, min, max, reach: THROUGHPUT_REACH, met: median >= THROUGHPUT_REACH, pairs })
    }

    pub(super) fn summary(&self) -> String {
        let Self { median, min, max, reach, met, pairs } = self;
        format!(
            "throughput with Postgres: median {median:.3}, min {min:.3}, max {max:.3} of {} pairs; {reach} is asked for: {}",
            pairs.len(),
            judgement(*met)
        )
    }
}

/// What a burst left behind, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct BurstFigures {
    bookings: usize,
    per_second: f64,
    /// When the last booking was answered.
    lag_records: u64,
    lag_gone_us: u64,
    copy_us: u64,
    ratio: f64,
    reach: f64,
    met: bool,
}

impl BurstFigures {
    pub(super) fn of(
        bookings: usize,
        outcome: &Outcome,
        lag_records: u64,
        lag_gone: Duration,
        copied: Duration,
    ) -> Self {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (lag_gone_us, copy_us) = (us(lag_gone), us(copied));
        let ratio = ratio_us(lag_gone_us, copy_us);
        let per_second = per_second(outcome.counted, outcome.window);
        let (reach, met) = (LAG_REACH, copy_us > 0 && ratio <= LAG_REACH);
        Self { bookings, per_second, lag_records, lag_gone_us, copy_us, ratio, reach, met }
    }

    pub(super) fn summary(&self) -> String {
        let Self { bookings, per_second, lag_records, lag_gone_us, copy_us, ratio, reach, met } = self;
        format!(
            "a burst of {bookings} bookings, {per_second:.0} a second: {lag_records} records behind at its end, none after {:.0} ms; COPY alone \
             {:.0} ms: {ratio:.2} times; at most {reach} is asked for: {}",
            ms(*lag_gone_us),
            ms(*copy_us),
            judgement(*met)
        )
    }
}

fn judgement(met: bool) -> &'static str {
    if met { "reached" } else { "NOT reached" }
}

/// All of a run of the harness.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    pub(super) machine: &'a Machine,
    pub(super) throughput: &'a Figures,
    pub(super) burst: &'a BurstFigures,
}

pub(super) fn heading(machine: &Machine, connections: usize, measured: Duration) -> String {
    let Machine { cpus, model, kernel, file_system, .. } = machine;
    format!(
        "with Postgres beside without: {connections} connections, {measured:?} a run; {cpus} x {model}, Linux {kernel}, {file_system}\n\
         {:>4} {:>12} {:>12} {:>6} {:>17} {:>17} {:>17}",
        "pair", "with/s", "without/s", "ratio", "p50/p99 ms", "without ms", "others' share %"
    )
}

pub(super) fn pair_line(number: u32, pair: &Pair) -> String {
    let Pair { with, without } = pair;
    let latency = |run: &RunFigures| format!("{:.2}/{:.2}", ms(run.p50_us), ms(run.p99_us));
    // Beside the harness only Postgres runs, when nobody disturbs.
    let others = format!("{:.1}/{:.1}", per_cent(with.others_share), per_cent(without.others_share));
    format!(
        "{number:>4} {:>12.0} {:>12.0} {:>6.3} {:>17} {:>17} {others:>17}",
        with.per_second,
        without.per_second,
        pair.ratio(),
        latency(with),
        latency(without),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(with: f64, without: f64) -> Pair {
        let run = |per_second| RunFigures {
            per_second,
            p50_us: 2_000,
            p99_us: 7_500,
            server_cpu_us: 17.0,
            client_share: 0.2,
            others_share: 0.04,
            other_answers: 0,
            ..RunFigures::default()
        };
        Pair { with: run(with), without: run(without) }
    }

    #[test]
    fn the_figure_is_the_median_of_the_pairs_ratios() {
        let figures =
            Figures::of(vec![pair(85.0, 100.0), pair(9.0, 10.0), pair(10.0, 100.0)]).expect("pairs");
        assert_eq!((figures.median, figures.min, figures.max), (0.85, 0.1, 0.9));
        assert!(
            figures.met && figures.summary().contains("median 0.850"),
            "what is reached exactly is reached"
        );
        let short = Figures::of(vec![pair(84.0, 100.0)]).expect("a pair");
        assert!(!short.met && short.summary().contains("NOT reached"));
        assert_eq!(Figures::of(Vec::new()), None);
    }

    #[test]
    fn a_lag_that_is_gone_within_twice_the_time_of_copy_is_good_enough() {
        let outcome = Outcome {
            window: Duration::from_secs(2),
            requests_used_up: true,
            answered: 200,
            counted: 200,
            ..Outcome::nothing_yet(crate::outcome::CREATED).expect("bounds")
        };
        let burst = |gone| BurstFigures::of(200, &outcome, 150, gone, Duration::from_secs(3));
        let good = burst(Duration::from_secs(6));
        assert!(good.met && (good.per_second, good.ratio) == (100.0, 2.0));
        assert!(
            good.summary().contains("150 records behind at its end, none after 6000 ms"),
            "{}",
            good.summary()
        );
        assert!(!burst(Duration::from_secs(7)).met);
        assert!(
            !BurstFigures::of(200, &outcome, 0, Duration::ZERO, Duration::ZERO).met,
            "nothing was measured"
        );
    }

    #[test]
    fn lines_stand_under_the_heading() {
        let machine = Machine {
            cpus: 2,
            model: "m".to_owned(),
            kernel: "6.1".to_owned(),
            memory_bytes: 1,
            file_system: "ext4".to_owned(),
        };
        let heading = heading(&machine, 256, Duration::from_secs(3));
        let columns = heading.lines().last().expect("the columns");
        assert_eq!(pair_line(1, &pair(80.0, 100.0)).len(), columns.len());
    }
}
