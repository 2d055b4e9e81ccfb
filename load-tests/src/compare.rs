//! `kaichang-load compare`: server and baseline in turn, A B A B, by the same client with the same requests.
//!
//! In turn, because a machine is now faster and now slower: a pair's ratio is of two neighbours. Each run has a fresh copy of the city, or
//! a store that was filled anew; the server's runs end with an audit, so that nothing counts that wasn't really booked.

mod bookings;
mod grid;
mod hot;
mod polls;
mod rival;
mod sold_out;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;

use crate::arguments::CompareArguments;
use crate::audit::Findings;
use crate::baselines::Baseline;
use crate::city::{City, CopiedCity};
use crate::closed_loop::{Keep, Load, WhenUsedUp};
use crate::http::request::{Request, Requests};
use crate::machine::Machine;
use crate::outcome::{CREATED, Outcome};
use crate::reach::{self, Asked};
use crate::report::{self, Figure, Pair, Report, RunFigures};
use crate::server::Server;
use crate::server::kaichang::Kaichang;
use crate::statistics::requests_at_most;
use crate::workplace::Workplace;
use crate::{Failure, print, say};

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
        is_sound: true,
    };

    let chosen = arguments.only.map_or_else(|| Baseline::value_variants().to_vec(), |only| vec![only]);
    let mut figures = Vec::new();
    for baseline in chosen {
        figures.extend(comparison.beside(baseline)?);
    }
    write_json(
        arguments.server.json.as_deref(),
        &Report { machine: &comparison.machine, figures: &figures },
    )?;
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
}

impl Comparison {
    /// All figures that have this baseline.
    fn beside(&mut self, baseline: Baseline) -> Result<Vec<Figure>, Failure> {
        match baseline {
            Baseline::Limit => {
                let mut figures = bookings::beside_the_limit(self)?;
                figures.push(sold_out::beside_the_limit(self)?);
                figures.push(grid::beside_the_limit(self)?);
                figures.push(polls::beside_the_limit(self)?);
                Ok(figures)
            }
            Baseline::RedisAlways => bookings::beside_a_rival(self, baseline, reach::BOOKING_REDIS_ALWAYS),
            Baseline::RedisEverysec => {
                bookings::beside_a_rival(self, baseline, reach::BOOKING_REDIS_EVERYSEC)
            }
            Baseline::Postgres => bookings::beside_a_rival(self, baseline, reach::BOOKING_POSTGRES),
            Baseline::PostgresBest => bookings::beside_a_rival(self, baseline, reach::BOOKING_POSTGRES_BEST),
            Baseline::PostgresHot => hot::beside_postgres(self),
        }
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
    fn close(&mut self, copy: CopiedCity, mut findings: Findings) -> Result<(), Failure> {
        copy.server.stop()?;
        for line in self.program.verify(&copy.data_dir, None)? {
            findings.add(line);
        }
        if findings.is_empty() {
            return self.place.remove(COPY);
        }
        self.is_sound = false;
        say(&format!("AUDIT: {findings}"));
        self.place.set_aside(COPY)
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

/// The figure, which is printed.
fn figure(asked: Asked, pairs: &[Pair], value: fn(&Pair) -> f64) -> Result<Figure, Failure> {
    let figure = Figure::of(asked, pairs, value).ok_or("no pair was measured")?;
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
