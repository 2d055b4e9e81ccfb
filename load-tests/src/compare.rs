//! `kaichang-load compare`: server and baseline in turn, A B A B, by the same client with the same requests.
//!
//! In turn, because a machine is now faster and now slower: a pair's ratio is of two neighbours. Each run of the server has
//! a fresh copy of the city and ends with an audit, so that nothing counts that wasn't really booked.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::arguments::CompareArguments;
use crate::audit::{self, Findings};
use crate::baselines::Baseline;
use crate::city::{City, CopiedCity};
use crate::closed_loop::{Keep, Load, WhenUsedUp};
use crate::http::request::{Request, Requests};
use crate::machine::Machine;
use crate::outcome::Outcome;
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
    let mut comparison = Comparison { program, place, machine, city, connections, measured };

    let chosen = arguments.only.map_or_else(|| Baseline::ALL.to_vec(), |only| vec![only]);
    let mut figures = Vec::new();
    let mut has_findings = false;
    for baseline in chosen {
        let (figure, is_sound) = comparison.with(baseline, arguments.pairs)?;
        figures.push(figure);
        has_findings |= !is_sound;
    }
    write_json(
        arguments.server.json.as_deref(),
        &Report { machine: &comparison.machine, figures: &figures },
    )?;
    Ok(if has_findings { ExitCode::FAILURE } else { ExitCode::SUCCESS })
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
    let server = Server::baseline(Baseline::Limit, ANSWER_BYTES_GUESSED)?;
    let outcome = Load {
        address: server.address(),
        server_pid: server.pid(),
        connections,
        requests: &requests,
        when_used_up: WhenUsedUp::Repeat,
        keep: Keep::Nothing,
        warm_up: WARM_UP,
        measured: CALIBRATION,
    }
    .run()?;
    Ok(outcome.created_per_second())
}

struct Comparison {
    program: Kaichang,
    place: Workplace,
    machine: Machine,
    city: City,
    connections: usize,
    measured: Duration,
}

impl Comparison {
    /// The figure, and whether every audit was content.
    fn with(&mut self, baseline: Baseline, pairs: u32) -> Result<(Figure, bool), Failure> {
        print(&report::heading(baseline, &self.machine, self.connections, self.measured));
        let mut measured = Vec::new();
        let mut is_sound = true;
        for number in 1..=pairs {
            let (subject, findings) = self.run_kaichang()?;
            if !findings.is_empty() {
                is_sound = false;
                say(&format!("AUDIT of the server's run in pair {number}: {findings}"));
            }
            let beside = self.run_baseline(baseline)?;
            let pair = Pair { kaichang: self.figures(&subject), baseline: self.figures(&beside) };
            print(&report::pair_line(number, &pair));
            self.warn(number, "kaichang", &subject);
            self.warn(number, baseline.name(), &beside);
            measured.push(pair);
        }
        let figure = Figure::of(baseline, measured).ok_or("no pair was measured")?;
        print(&report::summary(&figure));
        Ok((figure, is_sound))
    }

    fn run_kaichang(&mut self) -> Result<(Outcome, Findings), Failure> {
        let copy = CopiedCity::start(&self.program, &self.place, COPY)?;
        let load = self.load(&copy.server, WhenUsedUp::End, Keep::Bodies);
        let outcome = load.run().map_err(|failure| copy.server.with_log(&failure.to_string()))?;
        let mut findings = audit::examine(&self.city.plan, &outcome.kept, copy.server.address())?;
        copy.server.stop()?;
        for line in self.program.verify(&copy.data_dir, None)? {
            findings.add(line);
        }
        if findings.is_empty() {
            self.place.remove(COPY)?;
        } else {
            self.place.set_aside(COPY)?;
        }
        Ok((outcome, findings))
    }

    fn run_baseline(&self, baseline: Baseline) -> Result<Outcome, Failure> {
        let server = Server::baseline(baseline, self.city.answer_bytes)?;
        self.load(&server, WhenUsedUp::Repeat, Keep::Nothing).run()
    }

    fn load(&self, server: &Server, when_used_up: WhenUsedUp, keep: Keep) -> Load<'_> {
        Load {
            address: server.address(),
            server_pid: server.pid(),
            connections: self.connections,
            requests: &self.city.requests,
            when_used_up,
            keep,
            warm_up: WARM_UP,
            measured: self.measured,
        }
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

fn write_json(path: Option<&Path>, report: &Report<'_>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let mut text = serde_json::to_vec_pretty(report)?;
    text.push(b'\n');
    std::fs::write(path, text).map_err(|error| format!("write {}: {error}", path.display()))?;
    Ok(())
}
