//! `kaichang-load compare`: server and baseline in turn, A B A B, by the same client with the same requests.
//!
//! In turn, because a machine is now faster and now slower: a pair's ratio is of two neighbours. Each run has a fresh copy of the city, or
//! a store that was filled anew; the server's runs end with an audit, so that nothing counts that wasn't really booked.

mod availability;
mod bookings;
mod grab;
mod grid;
mod half_peak;
mod hot;
mod only;
mod overload;
mod polls;
mod reads;
mod rival;
mod sold_out;
mod tool;

use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;

use crate::arguments::CompareArguments;
use crate::audit::Findings;
use crate::baselines::Baseline;
use crate::city::{City, CopiedCity};
use crate::drive::Pace;
use crate::http::request::{Request, Requests};
use crate::load::{Keep, Load, WhenUsedUp};
use crate::machine::Machine;
use crate::outcome::{CREATED, Outcome};
use crate::reach::Asked;
use crate::report::{self, Figure, Pair, Report, RunFigures};
use crate::server::Server;
use crate::server::kaichang::Kaichang;
use crate::statistics::{Spread, part_of, requests_at_most};
use crate::workplace::Workplace;
use crate::{Failure, print, say};

pub(crate) use only::Only;
pub(crate) use tool::ToolFigures;

use only::Part;
use rival::Rival;

/// Before each measured time.
const WARM_UP: Duration = Duration::from_millis(500);
/// How long the machine is measured before a city is made for it.
const CALIBRATION: Duration = Duration::from_secs(1);
/// About as long as a booking, until one was seen.
const ANSWER_BYTES_GUESSED: usize = 400;
/// Fewer pairs say too little of the spread.
const PAIRS_FOR_A_FIGURE: u32 = 5;
const COPY: &str = "city";

pub(crate) fn run(arguments: &CompareArguments) -> Result<ExitCode, Failure> {
    let program = Kaichang::find(arguments.server.server.as_deref())?;
    let place = Workplace::create(arguments.server.work_dir.as_deref())?;
    let machine = Machine::of(place.root());
    if machine.syncs_nothing() {
        let kind = &machine.file_system;
        say(&format!("WARNING: {} is {kind}: no sync reaches a disk there", place.root().display()));
    }
    if arguments.pairs < PAIRS_FOR_A_FIGURE {
        say(&format!("WARNING: fewer than {PAIRS_FOR_A_FIGURE} pairs are a trial, not a figure"));
    }
    let connections = usize::from(arguments.connections);
    let measured = Duration::from_secs(u64::from(arguments.seconds));
    let rate = calibrate(connections)?;
    let city = City::prepare(&program, &place, requests_at_most(rate, WARM_UP + measured).max(connections))?;
    let mut comparison = Comparison {
        program,
        place,
        machine,
        city,
        connections,
        measured,
        pairs: arguments.pairs,
        grab_residents: arguments.grab_residents,
        grab_skew: arguments.grab_skew,
        front: rate,
        peak: None,
        tools: Vec::new(),
        is_sound: true,
    };

    let all = || Baseline::value_variants().iter().copied().map(Only::Baseline).collect();
    let chosen = arguments.only.map_or_else(all, |only| vec![only]);
    let mut figures = Vec::new();
    for only in chosen {
        let parts = match only {
            Only::Baseline(Baseline::Limit) => Part::ALL.map(Only::Part).to_vec(),
            Only::Baseline(_) | Only::Part(_) => vec![only],
        };
        for part in parts {
            figures.extend(comparison.measure(part)?);
            // After each, so that what was measured isn't lost with what comes after it.
            let report =
                Report { machine: &comparison.machine, figures: &figures, rivals: &comparison.tools };
            write_json(arguments.server.json.as_deref(), &report)?;
        }
    }
    Ok(if comparison.is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the limit answers a second, which bounds how many bookings a run can need.
fn calibrate(connections: usize) -> Result<f64, Failure> {
    let mut requests = Requests::default();
    let body = r#"{"pitch":"p","start":"s","end":"e","party_size":1,"pay_with":"wallet"}"#;
    for _ in 0..connections {
        requests.push(&Request {
            method: "POST",
            path: "/v1/bookings",
            token: Some("none"),
            idempotency_key: Some("none"),
            body: Some(body),
        });
    }
    let server = Server::baseline(Baseline::Limit, ANSWER_BYTES_GUESSED, None)?;
    let outcome = Load {
        address: server.address(),
        server_pids: &[server.pid()],
        connections,
        pace: Pace::AsAnswered,
        requests: &requests,
        counts: CREATED,
        when_used_up: WhenUsedUp::Repeat,
        keep: Keep::Nothing,
        warm_up: WARM_UP,
        measured: CALIBRATION,
    }
    .run()?;
    Ok(outcome.counted_per_second())
}

/// What every comparison has.
struct Comparison {
    program: Kaichang,
    place: Workplace,
    machine: Machine,
    city: City,
    connections: usize,
    measured: Duration,
    pairs: u32,
    grab_residents: usize,
    grab_skew: f64,
    /// What the bare front answers a second.
    front: f64,
    /// The rivals beside their own tools.
    tools: Vec<ToolFigures>,
    /// Confirmed bookings a second, when they were measured.
    peak: Option<f64>,
    /// Whether every audit was content.
    is_sound: bool,
}

/// Requests of one kind, and which answers to them count.
#[derive(Clone, Copy)]
struct Asking<'a> {
    requests: &'a Requests,
    counts: u16,
    when_used_up: WhenUsedUp,
    keep: Keep,
    pace: Pace,
}

impl Comparison {
    /// The figures of one part.
    fn measure(&mut self, only: Only) -> Result<Vec<Figure>, Failure> {
        match only {
            Only::Part(Part::Bookings) | Only::Baseline(Baseline::Limit) => bookings::beside_the_limit(self),
            Only::Part(Part::SoldOut) => Ok(vec![sold_out::beside_the_limit(self)?]),
            Only::Part(Part::Grid) => Ok(vec![grid::beside_the_limit(self)?]),
            Only::Part(Part::Polls) => Ok(vec![polls::beside_the_limit(self)?]),
            Only::Part(Part::HalfPeak) => Ok(vec![half_peak::beside_the_limit(self)?]),
            Only::Part(Part::Overload) => Ok(vec![overload::of_kaichang(self)?]),
            Only::Part(Part::Grab) => Ok(vec![grab::beside_the_limit(self)?]),
            Only::Part(Part::Availability) => Ok(vec![availability::of_kaichang(self)?]),
            Only::Baseline(Baseline::PostgresHot) => hot::beside_postgres(self),
            Only::Baseline(
                baseline @ (Baseline::RedisAlways
                | Baseline::RedisEverysec
                | Baseline::Postgres
                | Baseline::PostgresBest),
            ) => bookings::beside_a_rival(self, baseline),
        }
    }

    /// Lets a rival's own tool do the same work, in the same session.
    fn beside_its_tool(&mut self, rival: &Rival, pairs: &[Pair]) -> Result<(), Failure> {
        let rates: Vec<f64> = pairs.iter().map(|pair| pair.baseline.per_second).collect();
        let median = Spread::of(&rates).ok_or("no pair was measured")?.median;
        let figures = tool::beside(self, rival, median)?;
        print(&figures.line());
        self.tools.push(figures);
        Ok(())
    }

    /// A part of what the server confirms a second at most, by the pairs beside the limit, or by a run of its own.
    fn share_of_peak(&mut self, parts: u32) -> Result<NonZeroU32, Failure> {
        let peak = match self.peak {
            Some(peak) => peak,
            None => bookings::of_kaichang(self)?.counted_per_second(),
        };
        self.peak = Some(peak);
        NonZeroU32::new(part_of(peak, parts)).ok_or_else(|| "the server confirmed next to nothing".into())
    }

    /// Both in turn.
    fn in_turn(
        &mut self,
        what: &str,
        baseline: Baseline,
        mut subject: impl FnMut(&mut Self) -> Result<Outcome, Failure>,
        mut other: impl FnMut(&mut Self) -> Result<Outcome, Failure>,
    ) -> Result<Vec<Pair>, Failure> {
        print(&report::heading(what, baseline.name(), &self.machine, self.connections, self.measured));
        let mut measured = Vec::new();
        for number in 1..=self.pairs {
            let ours = subject(self)?;
            let beside = other(self)?;
            let pair = Pair { kaichang: self.figures(&ours), baseline: self.figures(&beside) };
            print(&report::pair_line(number, &pair));
            self.warn(number, "kaichang", &ours);
            self.warn(number, baseline.name(), &beside);
            measured.push(pair);
        }
        Ok(measured)
    }

    fn load(&self, server: &Server, with: &[u32], asking: Asking<'_>) -> Result<Outcome, Failure> {
        let pids = [&[server.pid()], with].concat();
        let load = Load {
            address: server.address(),
            server_pids: &pids,
            connections: self.connections,
            pace: asking.pace,
            requests: asking.requests,
            counts: asking.counts,
            when_used_up: asking.when_used_up,
            keep: asking.keep,
            warm_up: WARM_UP,
            measured: self.measured,
        };
        load.run().map_err(|failure| server.with_log(&failure.to_string()))
    }

    /// Ends a run of the server: asks it to stop, checks its data directory, and keeps it when something was found.
    fn close(&mut self, copy: CopiedCity, findings: Findings) -> Result<(), Failure> {
        self.is_sound &= close(&self.program, &mut self.place, COPY, copy, findings)?;
        Ok(())
    }

    fn figures(&self, outcome: &Outcome) -> RunFigures {
        RunFigures::of(outcome, self.machine.cpus)
    }

    /// What makes a run say something else than was meant.
    fn warn(&self, number: u32, name: &str, outcome: &Outcome) {
        for warning in report::warnings(outcome, self.machine.cpus) {
            say(&format!("WARNING: {name} in pair {number}: {warning}"));
        }
    }
}

/// Whether nothing was found in a run of the server.
fn close(
    program: &Kaichang,
    place: &mut Workplace,
    name: &str,
    copy: CopiedCity,
    mut findings: Findings,
) -> Result<bool, Failure> {
    copy.server.stop()?;
    for line in program.verify(&copy.data_dir, None)? {
        findings.add(line);
    }
    if findings.is_empty() {
        place.remove(name)?;
        return Ok(true);
    }
    say(&format!("AUDIT: {findings}"));
    place.set_aside(name)?;
    Ok(false)
}

/// The figure, which is printed, with what keeps it from being met.
fn figure(
    asked: Asked,
    pairs: &[Pair],
    value: fn(&Pair) -> f64,
    unmet: Vec<String>,
) -> Result<Figure, Failure> {
    let figure = Figure::of(asked, pairs, value).ok_or("no pair was measured")?.unless(unmet);
    print(&report::summary(&figure));
    Ok(figure)
}

fn write_json(path: Option<&Path>, report: &Report<'_>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let mut text = serde_json::to_vec_pretty(report)?;
    text.push(b'\n');
    std::fs::write(path, text).map_err(|error| format!("write {}: {error}", path.display()))?;
    Ok(())
}
