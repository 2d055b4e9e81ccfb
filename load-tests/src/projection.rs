//! `kaichang-load projection`: what Postgres costs those who book, and how long it is behind when they have done.
//!
//! The server runs in turn with a database and without one, on copies of one city, each with an audit at its end. Then comes one burst
//! of so many bookings, after which it is waited until Postgres has all of them; what it then has over the city it began with is
//! taken out and loaded again by binary COPY, as the floor. The cluster is the harness's own and goes with it.

mod figures;
mod floor;

use std::process::ExitCode;
use std::time::Duration;

use crate::arguments::ProjectionArguments;
use crate::audit::{self, Findings};
use crate::city::{City, CopiedCity};
use crate::drive::Pace;
use crate::http::plain_client::PlainClient;
use crate::lag::{Lag, wait_until_caught_up};
use crate::load::{Keep, Load, WhenUsedUp};
use crate::machine::Machine;
use crate::outcome::{CREATED, Outcome};
use crate::postgres::Postgres;
use crate::report::RunFigures;
use crate::server::Server;
use crate::server::kaichang::{Kaichang, Serving};
use crate::workplace::Workplace;
use crate::{Failure, clock, print, say};

use figures::{BurstFigures, Figures, Pair, Report};

/// Before each measured time.
const WARM_UP: Duration = Duration::from_millis(500);
/// A burst ends with its requests, and not before.
const BURST_MAX: Duration = Duration::from_secs(3600);
/// Fewer pairs say too little of the spread.
const PAIRS_FOR_A_FIGURE: u32 = 5;
const COPY: &str = "city";
/// A database that has the city before anything is booked, of which each run gets a copy.
const SEEDED: &str = "seeded";

pub(crate) fn run(arguments: &ProjectionArguments) -> Result<ExitCode, Failure> {
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
    // What is wrong with the cluster it says by itself.
    let postgres =
        std::panic::catch_unwind(Postgres::start).map_err(|_| "there is no Postgres to be measured")?;
    let city = City::prepare(&program, &place, arguments.bookings)?;
    let connections = usize::from(arguments.connections);
    let measured = Duration::from_secs(u64::from(arguments.seconds));
    let _ = postgres.sql_in("postgres", &format!("CREATE DATABASE {SEEDED}"));
    program.reproject(&City::pristine(&place), &postgres.url_of(SEEDED))?;
    let mut trial = Trial { program, place, machine, city, postgres, connections, is_sound: true };

    print(&figures::heading(&trial.machine, connections, measured));
    let mut pairs = Vec::new();
    for number in 1..=arguments.pairs {
        let with = trial.run_for(measured, Some(&format!("pair_{number}")))?;
        let without = trial.run_for(measured, None)?;
        let pair = Pair { with, without };
        print(&figures::pair_line(number, &pair));
        pairs.push(pair);
    }
    let figures = Figures::of(pairs).ok_or("no pair was measured")?;
    print(&figures.summary());
    let burst = trial.burst()?;
    print(&burst.summary());
    if let Some(path) = &arguments.server.json {
        let report = Report { machine: &trial.machine, throughput: &figures, burst: &burst };
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)
            .map_err(|error| format!("write {}: {error}", path.display()))?;
    }
    Ok(if trial.is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Trial {
    program: Kaichang,
    place: Workplace,
    machine: Machine,
    city: City,
    postgres: Postgres,
    connections: usize,
    /// Whether every audit was content.
    is_sound: bool,
}

impl Trial {
    /// Books for so long, with a database of that name or without one.
    fn run_for(&mut self, measured: Duration, database: Option<&str>) -> Result<RunFigures, Failure> {
        let url = database.map(|name| self.seeded_copy(name));
        let copy = CopiedCity::start_with(
            &self.program,
            &self.place,
            COPY,
            Serving { database: url.as_deref(), ..Serving::default() },
        )?;
        if url.is_some() {
            wait_until_caught_up(copy.server.address())?;
        }
        let outcome = self.load(&copy.server, measured)?;
        let findings = audit::examine(&self.city.plan, &outcome.kept, copy.server.address())?;
        copy.server.stop()?;
        self.judge(findings, self.program.verify(&copy.data_dir, None)?)?;
        if let Some(name) = database {
            let _ = self.postgres.sql_in("postgres", &format!("DROP DATABASE {name}"));
        }
        if outcome.is_spoilt() {
            say(&format!("WARNING: under 99 % were 201, this run says nothing: {:?}", outcome.by_status));
        }
        if outcome.requests_used_up {
            say(&format!(
                "WARNING: the stock was used up, what was measured ends after {:?}",
                outcome.window
            ));
        }
        Ok(RunFigures::of(&outcome, self.machine.cpus))
    }

    /// Books everything there is, waits until Postgres has it, and takes the time of COPY alone.
    fn burst(&mut self) -> Result<BurstFigures, Failure> {
        const NAME: &str = "burst";
        let url = self.seeded_copy(NAME);
        let copy = CopiedCity::start_with(
            &self.program,
            &self.place,
            COPY,
            Serving { database: Some(&url), ..Serving::default() },
        )?;
        wait_until_caught_up(copy.server.address())?;
        let outcome = self.load(&copy.server, BURST_MAX)?;
        let ended = clock::now();
        let lag_records = Lag::of(&mut PlainClient::connect(copy.server.address())?)?.lag_records;
        wait_until_caught_up(copy.server.address())?;
        let lag_gone = ended.elapsed();
        let findings = audit::examine(&self.city.plan, &outcome.kept, copy.server.address())?;
        copy.server.stop()?;
        self.judge(findings, self.program.verify(&copy.data_dir, Some(&url))?)?;
        let copied = floor::copy_alone(&self.postgres, SEEDED, NAME)?;
        let bookings = self.city.requests.len();
        Ok(BurstFigures::of(bookings, &outcome, lag_records.unwrap_or(0), lag_gone, copied))
    }

    /// A new database with the city as it was made; its address.
    fn seeded_copy(&self, name: &str) -> String {
        let sql = format!("CREATE DATABASE {name} TEMPLATE {SEEDED} STRATEGY file_copy");
        let _ = self.postgres.sql_in("postgres", &sql);
        let _ = self.postgres.sql_in("postgres", "CHECKPOINT");
        self.postgres.url_of(name)
    }

    fn load(&self, server: &Server, measured: Duration) -> Result<Outcome, Failure> {
        let load = Load {
            address: server.address(),
            server_pids: &[server.pid()],
            counts: CREATED,
            connections: self.connections,
            pace: Pace::AsAnswered,
            requests: &self.city.requests,
            when_used_up: WhenUsedUp::End,
            keep: Keep::Bodies,
            warm_up: WARM_UP,
            measured,
        };
        load.run().map_err(|failure| server.with_log(&failure.to_string()))
    }

    /// Says what was found, and keeps the city to be looked at; else makes room for the next.
    fn judge(&mut self, mut findings: Findings, verified: Vec<String>) -> Result<(), Failure> {
        verified.into_iter().for_each(|line| findings.add(line));
        if findings.is_empty() {
            return self.place.remove(COPY);
        }
        self.is_sound = false;
        say(&format!("AUDIT: {findings}"));
        self.place.set_aside(COPY)
    }
}
