//! The rivals' own tools: redis-benchmark with the same script, and pgbench with the same statements, without HTTP. What a rival reaches is
//! held against its tool's rate, less what the bare front costs, so that none is weak by the harness's doing.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Serialize;
use sqlx::postgres::PgPoolOptions;

use super::Comparison;
use super::rival::{Rival, Store};
use crate::Failure;
use crate::baselines::Baseline;
use crate::baselines::{postgres as sql, redis as lua};
use crate::rivals::find;
use crate::rivals::stock_file::StockLine;
use crate::statistics::{behind_each_other, is_at_least, ratio};

/// What a rival has to reach of what is expected.
const REACH: f64 = 0.8;
/// As many pitches as the demo city has, about.
const PITCHES: usize = 8_000;
/// More than is booked in a run.
const SLOTS: usize = 300_000;
const RESIDENTS: usize = 300_000;
/// Places of the one session that everybody wants.
const PLACES: u32 = 1_000_000_000;
/// Requests of redis-benchmark for each second that is measured.
const REDIS_REQUESTS_A_SECOND: u32 = 60_000;
/// Out of how many redis-benchmark draws by lot.
const LOTS: &str = "1000000000";

/// A rival beside its tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ToolFigures {
    name: &'static str,
    per_second: f64,
    tool: &'static str,
    tool_per_second: f64,
    /// Of the front with nothing behind it.
    front_per_second: f64,
    expected_per_second: f64,
    share: f64,
    reach: f64,
    met: bool,
}

impl ToolFigures {
    fn of(name: &'static str, tool: &'static str, per_second: f64, tools: f64, fronts: f64) -> Self {
        let expected = behind_each_other(tools, fronts);
        let share = ratio(per_second, expected);
        Self {
            name,
            per_second,
            tool,
            tool_per_second: tools,
            front_per_second: fronts,
            expected_per_second: expected,
            share,
            reach: REACH,
            met: is_at_least(share, REACH),
        }
    }

    pub(super) fn line(&self) -> String {
        let Self {
            name,
            per_second,
            tool,
            tool_per_second,
            front_per_second,
            expected_per_second,
            share,
            ..
        } = self;
        let judgement = if self.met { "reached" } else { "NOT reached" };
        format!(
            "{name} beside its own tool: {per_second:.0} a second; {tool} {tool_per_second:.0}, the bare front {front_per_second:.0}, one \
             behind the other {expected_per_second:.0}: {share:.2}; at least {REACH} is asked for: {judgement}"
        )
    }
}

/// Lets the tool do the rival's work on a store that was made anew.
pub(super) fn beside(
    comparison: &Comparison,
    rival: &Rival,
    per_second: f64,
) -> Result<ToolFigures, Failure> {
    let store = rival.start_store(comparison)?;
    let (tool, tools) = match &store {
        Store::Redis(redis) => ("redis-benchmark", redis_benchmark(comparison, &redis.url(), redis.port())?),
        Store::Postgres(postgres) => ("pgbench", pgbench(comparison, rival.baseline(), &postgres.url())?),
    };
    Ok(ToolFigures::of(rival.baseline().name(), tool, per_second, tools, comparison.front))
}

/// As many requests under way as the harness has, over as many connections as the front has.
fn redis_benchmark(comparison: &Comparison, url: &str, port: u16) -> Result<f64, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let hash = runtime.block_on(lua::prepare_for_bench(url, PITCHES))?;
    let seconds = u32::try_from(comparison.measured.as_secs())?;
    let pipeline = comparison.connections.div_ceil(lua::CONNECTIONS);
    let mut command = Command::new(find("redis-benchmark")?);
    command.args(["-q", "-p", &port.to_string(), "-r", LOTS]);
    command.args(["-c", &lua::CONNECTIONS.to_string(), "-P", &pipeline.to_string()]);
    command.args(["-n", &(REDIS_REQUESTS_A_SECOND * seconds).to_string()]).args(lua::bench_command(&hash));
    rate_behind_or_before(&mut command, "requests per second")
}

fn pgbench(comparison: &Comparison, baseline: Baseline, url: &str) -> Result<f64, Failure> {
    let slot = |number: usize, places| StockLine {
        pitch: number.to_string().into(),
        start: sql::bench_script::START.into(),
        places,
    };
    let stock: Vec<StockLine> = match baseline {
        Baseline::PostgresHot => vec![slot(0, PLACES)],
        Baseline::Limit
        | Baseline::RedisAlways
        | Baseline::RedisEverysec
        | Baseline::Postgres
        | Baseline::PostgresBest => (0..SLOTS).map(|number| slot(number, 1)).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let pool = PgPoolOptions::new().max_connections(1).connect(url).await?;
        sql::fill(&pool, RESIDENTS, &stock).await?;
        pool.close().await;
        Ok::<(), Failure>(())
    })?;
    let script = comparison.place.path("pgbench.sql");
    std::fs::write(&script, sql::bench_script::script(baseline, SLOTS, RESIDENTS, sql::CONNECTIONS))?;
    let seconds = NonZeroU32::new(u32::try_from(comparison.measured.as_secs())?).unwrap_or(NonZeroU32::MIN);
    let mut command = Command::new(pgbench_path()?);
    command.args(["-n", "-M", "prepared", "-j", "2", "-D", "n=0"]);
    command.args(["-c", &sql::CONNECTIONS.to_string(), "-T", &seconds.to_string()]);
    command.arg("-f").arg(&script).arg(url);
    rate_behind_or_before(&mut command, "tps = ")
}

/// Debian keeps it beside the server where it isn't in the path.
fn pgbench_path() -> Result<PathBuf, Failure> {
    find("pgbench").or_else(|failure| {
        let beside = ["15", "16", "17"]
            .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin/pgbench")));
        beside.into_iter().find(|path| path.is_file()).ok_or(failure)
    })
}

/// The number that a tool prints beside these words.
fn rate_behind_or_before(command: &mut Command, words: &str) -> Result<f64, Failure> {
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match number_beside(&said, words) {
        Some(rate) if output.status.success() => Ok(rate),
        Some(_) | None => {
            let faults = String::from_utf8_lossy(&output.stderr);
            Err(format!("{:?} ended with {}: {said} {faults}", command.get_program(), output.status).into())
        }
    }
}

/// The last number right behind these words, or right before them.
fn number_beside(said: &str, words: &str) -> Option<f64> {
    let (before, behind) = said.rsplit_once(words)?;
    let first = behind.split_whitespace().next().and_then(|word| word.parse().ok());
    first.or_else(|| before.split_whitespace().next_back()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_out_of_what_the_tools_print() {
        let redis = "evalsha abc 3: rps=1.0\revalsha abc 3: 81234.50 requests per second, p50=1.2 msec\n";
        assert_eq!(number_beside(redis, "requests per second"), Some(81_234.5));
        let postgres =
            "number of transactions actually processed: 3\ntps = 4321.25 (without initial connection time)\n";
        assert_eq!(number_beside(postgres, "tps = "), Some(4_321.25));
        assert_eq!(number_beside("ERR unknown", "tps = "), None);
    }

    #[test]
    fn a_rival_is_held_against_its_tool_less_what_the_front_costs() {
        let figures = ToolFigures::of("redis-always", "redis-benchmark", 40_000.0, 100_000.0, 100_000.0);
        assert!(
            figures.met && figures.line().contains("one behind the other 50000: 0.80"),
            "{}",
            figures.line()
        );
        assert!(!ToolFigures::of("redis-always", "redis-benchmark", 39_000.0, 100_000.0, 100_000.0).met);
    }
}
