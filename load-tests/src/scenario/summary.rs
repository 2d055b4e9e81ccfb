//! What a scenario gave, as a table to read and as JSON.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::Scenario;
use super::page;
use super::record::{OfKind, Record, Second};
use super::verdict::Verdict;
use crate::Failure;
use crate::drive::{Drive, Pace};
use crate::machine::Machine;
use crate::statistics::{mib, ms, per_cent, per_second, ratio_of, us_each};

/// How late the client itself may be at its p99; beyond that the latencies are the client's.
const LAG_US_MAX: u64 = 1_000;
/// By how many points a curve of latencies is drawn.
pub(super) const QUANTILES: [f64; 13] =
    [0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1.0];

#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    pub(super) scenario: &'static str,
    pub(super) what: &'static str,
    pub(super) command: String,
    pub(super) machine: &'a Machine,
    pub(super) connections: usize,
    /// Of the open loop.
    pub(super) intended_per_second: Option<u32>,
    pub(super) seconds: f64,
    pub(super) per_second: f64,
    pub(super) kinds: Vec<KindFigures>,
    /// How late the client itself came to its requests in the open loop.
    pub(super) lag_p99_us: Option<u64>,
    pub(super) server_cpu_us: Option<f64>,
    pub(super) memory_peak_bytes: Option<u64>,
    pub(super) client_share: f64,
    /// When the server was killed.
    pub(super) kills_seconds: Vec<f64>,
    pub(super) series: Vec<SecondFigures>,
    pub(super) audit: AuditFigures<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct KindFigures {
    pub(super) kind: &'static str,
    pub(super) answered: u64,
    pub(super) lost: u64,
    pub(super) per_second: f64,
    pub(super) by_status: BTreeMap<u16, u64>,
    pub(super) p50_us: u64,
    pub(super) p90_us: u64,
    pub(super) p99_us: u64,
    pub(super) p999_us: u64,
    pub(super) max_us: u64,
    /// Latency at each of `QUANTILES`.
    pub(super) curve_us: Vec<u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct SecondFigures {
    pub(super) at: f64,
    pub(super) per_second: f64,
    pub(super) by_status: BTreeMap<u16, f64>,
    pub(super) lost: f64,
    pub(super) p50_us: u64,
    pub(super) p99_us: u64,
    /// Of one processor.
    pub(super) server_share: Option<f64>,
    pub(super) client_share: f64,
    pub(super) memory_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct AuditFigures<'a> {
    pub(super) looked: &'a [String],
    pub(super) findings: usize,
    pub(super) shown: &'a [String],
}

impl KindFigures {
    fn of(of_kind: &OfKind, lasted: Duration) -> Option<Self> {
        let OfKind { kind, by_status, lost, latencies } = of_kind;
        let answered = of_kind.answered();
        (answered > 0 || *lost > 0).then(|| Self {
            kind: kind.name(),
            answered,
            lost: *lost,
            per_second: per_second(answered, lasted),
            by_status: by_status.clone(),
            p50_us: latencies.at_us(0.5),
            p90_us: latencies.at_us(0.9),
            p99_us: latencies.at_us(0.99),
            p999_us: latencies.at_us(0.999),
            max_us: latencies.max_us(),
            curve_us: QUANTILES.iter().map(|quantile| latencies.at_us(*quantile)).collect(),
        })
    }
}

impl SecondFigures {
    fn of(second: &Second) -> Self {
        let by_status = second.by_status.iter();
        Self {
            at: second.at.as_secs_f64(),
            per_second: per_second(second.answered(), second.lasted),
            by_status: by_status
                .map(|(status, count)| (*status, per_second(*count, second.lasted)))
                .collect(),
            lost: per_second(second.lost, second.lasted),
            p50_us: second.p50_us,
            p99_us: second.p99_us,
            server_share: second.server_time.map(|time| ratio_of(time, second.lasted)),
            client_share: ratio_of(second.client_time, second.lasted),
            memory_bytes: second.memory_bytes,
        }
    }
}

impl<'a> Summary<'a> {
    pub(super) fn of(
        scenario: Scenario<'_>,
        machine: &'a Machine,
        drive: Drive,
        record: &Record,
        kills: &[Duration],
        verdict: &'a Verdict,
    ) -> Self {
        let lasted = record.lasted();
        let server_time: Option<Duration> = record.seconds.iter().map(|second| second.server_time).sum();
        let client_time: Duration = record.seconds.iter().map(|second| second.client_time).sum();
        let command: Vec<String> = std::env::args().skip(1).collect();
        let (intended_per_second, lag_p99_us) = match drive.pace {
            Pace::AsAnswered => (None, None),
            Pace::PerSecond(rate) => (Some(rate.get()), Some(record.lag.p99_us())),
        };
        Self {
            scenario: scenario.name(),
            what: scenario.words(),
            command: format!("kaichang-load {}", command.join(" ")),
            machine,
            connections: drive.connections,
            intended_per_second,
            seconds: lasted.as_secs_f64(),
            per_second: per_second(record.answers(), lasted),
            kinds: record.of_kinds.iter().filter_map(|of_kind| KindFigures::of(of_kind, lasted)).collect(),
            lag_p99_us,
            server_cpu_us: server_time.map(|time| us_each(time, record.answers())),
            memory_peak_bytes: record.seconds.iter().filter_map(|second| second.memory_bytes).max(),
            client_share: crate::statistics::share_of_processors(client_time, lasted, machine.cpus),
            kills_seconds: kills.iter().map(Duration::as_secs_f64).collect(),
            series: record.seconds.iter().map(SecondFigures::of).collect(),
            audit: AuditFigures {
                looked: &verdict.looked,
                findings: verdict.findings.count(),
                shown: verdict.findings.shown(),
            },
        }
    }

    /// How it was sent.
    pub(super) fn pace(&self) -> String {
        let connections = self.connections;
        match self.intended_per_second {
            None => format!("closed loop over {connections} connections"),
            Some(rate) => format!("open loop, {rate} a second over {connections} connections"),
        }
    }

    /// What is wrong with the run itself.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(lag) = self.lag_p99_us.filter(|lag| *lag > LAG_US_MAX) {
            warnings.push(format!(
                "the client was late by {:.2} ms at p99, over 1 ms: latencies say more of it than of the server",
                ms(lag)
            ));
        }
        warnings
    }

    pub(super) fn table(&self) -> String {
        let Machine { cpus, model, kernel, file_system, .. } = self.machine;
        let mut lines = vec![
            format!("{}: {}", self.scenario, self.what),
            format!("{}; {cpus} x {model}, Linux {kernel}, {file_system}", self.pace()),
            format!(
                "{:>8} {:>10} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9}  answers",
                "", "answered", "a second", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"
            ),
        ];
        lines.extend(self.kinds.iter().map(KindFigures::line));
        let mut costs = format!(
            "all: {:.0} a second for {:.1} s; client {:.1} % of the processors",
            self.per_second,
            self.seconds,
            per_cent(self.client_share)
        );
        if let (Some(us), Some(bytes)) = (self.server_cpu_us, self.memory_peak_bytes) {
            costs.push_str(&format!(
                "; server {us:.1} us of processor time a request, {:.0} MiB at most",
                mib(bytes)
            ));
        }
        if let Some(lag) = self.lag_p99_us {
            costs.push_str(&format!("; client late by {:.2} ms at p99", ms(lag)));
        }
        lines.push(costs);
        if !self.kills_seconds.is_empty() {
            lines.push(format!("the server was killed {} times", self.kills_seconds.len()));
        }
        lines.extend(self.warnings().iter().map(|warning| format!("WARNING: {warning}")));
        lines.extend(self.audit.looked.iter().map(|looked| format!("audit: {looked}")));
        lines.push(format!("audit: {} findings", self.audit.findings));
        lines.join("\n")
    }

    pub(super) fn write(&self, json: Option<&Path>, html: Option<&Path>) -> Result<(), Failure> {
        let write = |path: &Path, bytes: &[u8]| {
            std::fs::write(path, bytes).map_err(|error| format!("write {}: {error}", path.display()))
        };
        if let Some(path) = json {
            let mut text = serde_json::to_vec_pretty(self)?;
            text.push(b'\n');
            write(path, &text)?;
        }
        if let Some(path) = html {
            write(path, page::html(self).as_bytes())?;
        }
        Ok(())
    }
}

impl KindFigures {
    fn line(&self) -> String {
        let mut answers: Vec<String> =
            self.by_status.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        if self.lost > 0 {
            answers.push(format!("none: {}", self.lost));
        }
        format!(
            "{:>8} {:>10} {:>10.0} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>9.3}  {}",
            self.kind,
            self.answered,
            self.per_second,
            ms(self.p50_us),
            ms(self.p90_us),
            ms(self.p99_us),
            ms(self.p999_us),
            ms(self.max_us),
            answers.join(", ")
        )
    }
}
