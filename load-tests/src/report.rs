//! The figures as lines to read and as JSON.

use std::time::Duration;

use serde::Serialize;

use crate::compare::ToolFigures;
use crate::machine::Machine;
use crate::outcome::Outcome;
use crate::reach::{Asked, Reach};
use crate::statistics::{Spread, ms, per_cent, ratio};

/// What the client may take of the processors; more would measure the client.
const CLIENT_SHARE_MAX: f64 = 0.25;

/// What others may take; more would measure them.
const OTHERS_SHARE_MAX: f64 = 0.05;

/// One run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct RunFigures {
    /// Answers that count.
    pub(crate) per_second: f64,
    pub(crate) p50_us: u64,
    pub(crate) p99_us: u64,
    /// Processor time of the server for each answer.
    pub(crate) server_cpu_us: f64,
    /// The client's share of all processors' time.
    pub(crate) client_share: f64,
    /// Of all else that ran on the machine.
    pub(crate) others_share: f64,
    /// Answers that don't count.
    pub(crate) other_answers: u64,
    /// Of the open loop: how late the client itself was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lag_p99_us: Option<u64>,
    /// Of a bare write and fdatasync in the same turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bare_p99_us: Option<u64>,
    /// Of the answers that don't count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refusal_p99_us: Option<u64>,
    /// From the first request to the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) whole_us: Option<u64>,
    /// What the server had in memory before, and at most meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory_before_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) memory_peak_bytes: Option<u64>,
}

impl RunFigures {
    pub(crate) fn of(outcome: &Outcome, processors: usize) -> Self {
        Self {
            per_second: outcome.counted_per_second(),
            p50_us: outcome.latencies.p50_us(),
            p99_us: outcome.latencies.p99_us(),
            server_cpu_us: outcome.server_us_each(),
            client_share: outcome.client_share(processors),
            others_share: outcome.others_share(processors),
            other_answers: outcome.other(),
            ..Self::default()
        }
    }
}

/// Two runs, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Pair {
    pub(crate) kaichang: RunFigures,
    pub(crate) baseline: RunFigures,
}

impl Pair {
    pub(crate) fn ratio(&self) -> f64 {
        ratio(self.kaichang.per_second, self.baseline.per_second)
    }

    pub(crate) fn cpu_ratio(&self) -> f64 {
        ratio(self.kaichang.server_cpu_us, self.baseline.server_cpu_us)
    }
}

/// What is asked for beside what the pairs gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Figure {
    name: &'static str,
    median: f64,
    min: f64,
    max: f64,
    reach: Reach,
    met: bool,
    server_cpu_us: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_cpu_us: Option<f64>,
    /// What keeps it from being met, whatever the median is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unmet: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<Pair>,
    /// Of a figure that has no baseline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    runs: Vec<RunFigures>,
}

impl Figure {
    /// Nothing of no pairs.
    pub(crate) fn of(asked: Asked, pairs: &[Pair], value: impl Fn(&Pair) -> f64) -> Option<Self> {
        let baseline_cpu_us = spread(pairs, |pair| pair.baseline.server_cpu_us)?.median;
        let server_cpu_us = spread(pairs, |pair| pair.kaichang.server_cpu_us)?.median;
        let figure = Self::with(asked, spread(pairs, value)?, server_cpu_us);
        Some(Self { baseline_cpu_us: Some(baseline_cpu_us), pairs: pairs.to_vec(), ..figure })
    }

    /// The same of runs that stand for themselves.
    pub(crate) fn of_runs(
        asked: Asked,
        runs: &[RunFigures],
        value: impl Fn(&RunFigures) -> f64,
    ) -> Option<Self> {
        let server_cpu_us = spread(runs, |run| run.server_cpu_us)?.median;
        Some(Self { runs: runs.to_vec(), ..Self::with(asked, spread(runs, value)?, server_cpu_us) })
    }

    fn with(asked: Asked, Spread { median, min, max }: Spread, server_cpu_us: f64) -> Self {
        let Asked { name, reach } = asked;
        Self {
            name,
            median,
            min,
            max,
            reach,
            met: reach.is_met_by(median),
            server_cpu_us,
            baseline_cpu_us: None,
            unmet: Vec::new(),
            pairs: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Not met, when there is something that keeps it from being so.
    pub(crate) fn unless(self, unmet: Vec<String>) -> Self {
        Self { met: self.met && unmet.is_empty(), unmet, ..self }
    }
}

fn spread<T>(all: &[T], value: impl Fn(&T) -> f64) -> Option<Spread> {
    Spread::of(&all.iter().map(value).collect::<Vec<_>>())
}

/// All of a run of the harness.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) figures: &'a [Figure],
    /// Beside their own tools.
    #[serde(skip_serializing_if = "<[ToolFigures]>::is_empty")]
    pub(crate) rivals: &'a [ToolFigures],
}

pub(crate) fn heading(
    what: &str,
    name: &str,
    machine: &Machine,
    connections: usize,
    measured: Duration,
) -> String {
    let Machine { cpus, model, kernel, file_system, .. } = machine;
    format!(
        "{what}, kaichang beside {name}: {connections} connections, {measured:?} a run; {cpus} x {model}, Linux {kernel}, {file_system}\n\
         {:>4} {:>12} {:>12} {:>6} {:>17} {:>17} {:>13} {:>15}",
        "pair",
        "kaichang/s",
        format!("{name}/s"),
        "ratio",
        "p50/p99 ms",
        format!("{name} ms"),
        "server us",
        "client share %"
    )
}

pub(crate) fn pair_line(number: u32, pair: &Pair) -> String {
    let Pair { kaichang, baseline } = pair;
    let latency = |run: &RunFigures| format!("{:.2}/{:.2}", ms(run.p50_us), ms(run.p99_us));
    let costs = format!("{:.1}/{:.1}", kaichang.server_cpu_us, baseline.server_cpu_us);
    let shares = format!("{:.1}/{:.1}", per_cent(kaichang.client_share), per_cent(baseline.client_share));
    format!(
        "{number:>4} {:>12.0} {:>12.0} {:>6.3} {:>17} {:>17} {costs:>13} {shares:>15}",
        kaichang.per_second,
        baseline.per_second,
        pair.ratio(),
        latency(kaichang),
        latency(baseline),
    )
}

pub(crate) fn summary(figure: &Figure) -> String {
    let Figure { name, median, min, max, reach, met, server_cpu_us, baseline_cpu_us, unmet, pairs, runs } =
        figure;
    let count =
        if pairs.is_empty() { format!("{} runs", runs.len()) } else { format!("{} pairs", pairs.len()) };
    let judgement = if *met { "reached" } else { "NOT reached" };
    let because: String = unmet.iter().map(|why| format!(", {why}")).collect();
    let (words, bound) = (reach.words(), reach.bound());
    let beside = baseline_cpu_us.map_or_else(String::new, |other| format!(", the other's {other:.1} us"));
    format!(
        "{name}: median {median:.3}, min {min:.3}, max {max:.3} of {count}; {words} {bound} is asked for: {judgement}{because}; \
         server processor time a request {server_cpu_us:.1} us{beside}"
    )
}

/// What makes a run say something else than was meant.
pub(crate) fn warnings(outcome: &Outcome, processors: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if outcome.other() > 0 {
        let others = outcome.by_status.iter().filter(|(status, _)| **status != outcome.counts);
        let shown: Vec<String> = others.map(|(status, count)| format!("{count} times {status}")).collect();
        let loudly = if outcome.is_spoilt() { "UNDER 99 % COUNT, THIS RUN SAYS NOTHING: " } else { "" };
        warnings.push(format!("{loudly}not counted: {}", shown.join(", ")));
    } else if outcome.is_spoilt() {
        warnings.push("NOTHING WAS ANSWERED, THIS RUN SAYS NOTHING".to_owned());
    }
    warnings.extend(warnings_of_the_machine(outcome, processors));
    if outcome.requests_used_up {
        warnings
            .push(format!("the stock was used up after {:?}, what was measured ends there", outcome.window));
    }
    warnings
}

/// What the processors were taken for beside the server.
pub(crate) fn warnings_of_the_machine(outcome: &Outcome, processors: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    let share = outcome.client_share(processors);
    if share > CLIENT_SHARE_MAX {
        warnings.push(format!("the client took {:.1} % of the processors, over a quarter", per_cent(share)));
    }
    let share = outcome.others_share(processors);
    if share > OTHERS_SHARE_MAX {
        warnings.push(format!("others took {:.1} % of the processors, this is no figure", per_cent(share)));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::outcome::CREATED;
    use crate::reach::BOOKING_CPU_LIMIT;

    const ASKED: Asked = Asked { name: "booking/limit", reach: Reach::AtLeast(0.75) };

    fn pair(kaichang: f64, baseline: f64) -> Pair {
        let run = |per_second| RunFigures {
            per_second,
            p50_us: 2_000,
            p99_us: 7_500,
            server_cpu_us: per_second,
            client_share: 0.2,
            others_share: 0.0,
            other_answers: 0,
            ..RunFigures::default()
        };
        Pair { kaichang: run(kaichang), baseline: run(baseline) }
    }

    #[test]
    fn a_figure_is_the_median_of_the_pairs_ratios() {
        let figure =
            Figure::of(ASKED, &[pair(60.0, 80.0), pair(90.0, 100.0), pair(10.0, 100.0)], Pair::ratio)
                .expect("three pairs");
        assert_eq!((figure.median, figure.min, figure.max), (0.75, 0.1, 0.9));
        assert!(figure.met, "what is reached exactly is reached");
        assert_eq!((figure.server_cpu_us, figure.baseline_cpu_us), (60.0, Some(100.0)));
        assert!(summary(&figure).starts_with("booking/limit: median 0.750, min 0.100, max 0.900 of 3 pairs"));
        let short = Figure::of(ASKED, &[pair(74.0, 100.0)], Pair::ratio).expect("a pair");
        assert!(!short.met && summary(&short).contains("NOT reached"));
        assert_eq!(Figure::of(ASKED, &[], Pair::ratio), None);
        let cpu = Figure::of(BOOKING_CPU_LIMIT, &[pair(14.0, 10.0)], Pair::cpu_ratio).expect("a pair");
        assert!(!cpu.met && summary(&cpu).contains("at most 1.3"), "less is better here");
    }

    #[test]
    fn a_figure_is_not_met_when_something_stands_against_it() {
        let runs = [RunFigures { per_second: 98.0, ..RunFigures::default() }];
        let asked = Asked { name: "overload", reach: Reach::AtLeast(0.95) };
        let figure = Figure::of_runs(asked, &runs, |run| ratio(run.per_second, 100.0)).expect("a run");
        assert!(figure.met && summary(&figure).contains("of 1 runs"), "{}", summary(&figure));
        assert!(figure.clone().unless(Vec::new()).met);
        let unmet = figure.unless(vec!["refusals were slow".to_owned()]);
        assert!(!unmet.met && summary(&unmet).contains("NOT reached, refusals were slow"));
        let json = serde_json::to_value(&unmet).expect("JSON");
        assert!(json["pairs"].is_null() && json["runs"][0]["per_second"].as_f64() == Some(98.0), "{json}");
    }

    #[test]
    fn the_json_has_the_names_that_others_read() {
        let machine = Machine {
            cpus: 2,
            model: "m".to_owned(),
            kernel: "6.1".to_owned(),
            memory_bytes: 1,
            file_system: "ext4".to_owned(),
        };
        let figures = [Figure::of(ASKED, &[pair(80.0, 100.0)], Pair::ratio).expect("a pair")];
        let json =
            serde_json::to_value(Report { machine: &machine, figures: &figures, rivals: &[] }).expect("JSON");
        for name in ["cpus", "kernel", "model"] {
            assert!(!json["machine"][name].is_null(), "{name}: {json}");
        }
        let figure = &json["figures"][0];
        assert_eq!((&figure["name"], &figure["met"]), (&"booking/limit".into(), &true.into()));
        assert_eq!((figure["median"].as_f64(), figure["reach"].as_f64()), (Some(0.8), Some(0.75)));
        assert!(figure["min"].is_f64() && figure["max"].is_f64() && figure["server_cpu_us"].is_f64());
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
        let heading = heading("bookings", "limit", &machine, 256, Duration::from_secs(3));
        let columns = heading.lines().last().expect("the columns");
        assert_eq!(pair_line(1, &pair(80.0, 100.0)).len(), columns.len());
    }

    #[test]
    fn what_spoils_a_run_is_said() {
        let outcome = |by_status: &[(u16, u64)], client_ms, others_ms, requests_used_up| Outcome {
            window: Duration::from_secs(1),
            used_during: Duration::from_secs(1),
            requests_used_up,
            answered: 1,
            counted: 1,
            by_status: by_status.iter().copied().collect::<BTreeMap<_, _>>(),
            client_time: Duration::from_millis(client_ms),
            other_time: Duration::from_millis(others_ms),
            ..Outcome::nothing_yet(CREATED).expect("bounds")
        };
        assert_eq!(warnings(&outcome(&[(201, 100)], 500, 100, false), 2), Vec::<String>::new());
        assert_eq!(warnings(&outcome(&[(201, 99), (409, 1)], 0, 0, false), 2), ["not counted: 1 times 409"]);
        for (outcome, expected) in [
            (outcome(&[(201, 9), (503, 1)], 0, 0, false), "THIS RUN SAYS NOTHING: not counted: 1 times 503"),
            (outcome(&[(201, 1)], 510, 0, false), "25.5 %"),
            (outcome(&[(201, 1)], 0, 120, false), "others took 6.0 %"),
            (outcome(&[(201, 1)], 0, 0, true), "used up after 1s"),
            (outcome(&[], 0, 0, false), "NOTHING WAS ANSWERED"),
        ] {
            let said = warnings(&outcome, 2).join("; ");
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }
}
