//! `kaichang-load latency`: one booking after the other on an otherwise idle server, beside bare writes of a block with an
//! fdatasync each, in the same file system. In turn, block by block, as a disk is now faster and now slower.

use std::process::ExitCode;

use serde::Serialize;

use crate::arguments::LatencyArguments;
use crate::audit;
use crate::bare_writes::BareWrites;
use crate::city::{City, CopiedCity};
use crate::http::plain_client::PlainClient;
use crate::http::request::Requests;
use crate::machine::Machine;
use crate::outcome::{CREATED, KeptAnswers, Latencies};
use crate::server::kaichang::Kaichang;
use crate::statistics::ms;
use crate::workplace::Workplace;
use crate::{Failure, clock, print, say};

/// What may come on top of the bare p99.
const ALLOWANCE_US: u64 = 2_000;
/// How many of each are done before it is the other's turn.
const BLOCK: usize = 100;
const WARM_UP: usize = 100;

/// Both, in microseconds.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct LatencyFigures {
    booking_p50_us: u64,
    booking_p99_us: u64,
    bare_p50_us: u64,
    bare_p99_us: u64,
    reach_us: u64,
    met: bool,
}

impl LatencyFigures {
    fn of(bookings: &Latencies, bare: &Latencies) -> Self {
        let reach_us = bare.p99_us() + ALLOWANCE_US;
        Self {
            booking_p50_us: bookings.p50_us(),
            booking_p99_us: bookings.p99_us(),
            bare_p50_us: bare.p50_us(),
            bare_p99_us: bare.p99_us(),
            reach_us,
            met: bookings.p99_us() <= reach_us,
        }
    }

    fn lines(&self, machine: &Machine) -> String {
        let judgement = if self.met { "reached" } else { "NOT reached" };
        format!(
            "POST /v1/bookings on an idle server, one after the other; {} x {}, Linux {}, {}\n\
             booking               p50 {:.3} ms, p99 {:.3} ms\n\
             4 KiB and fdatasync   p50 {:.3} ms, p99 {:.3} ms\n\
             the bare p99 plus 2 ms, {:.3} ms, is asked for: {judgement}",
            machine.cpus,
            machine.model,
            machine.kernel,
            machine.file_system,
            ms(self.booking_p50_us),
            ms(self.booking_p99_us),
            ms(self.bare_p50_us),
            ms(self.bare_p99_us),
            ms(self.reach_us),
        )
    }
}

#[derive(Serialize)]
struct LatencyReport<'a> {
    machine: &'a Machine,
    latency: &'a LatencyFigures,
}

pub(crate) fn run(arguments: &LatencyArguments) -> Result<ExitCode, Failure> {
    let program = Kaichang::find(arguments.server.server.as_deref())?;
    let mut place = Workplace::create(arguments.server.work_dir.as_deref())?;
    let machine = Machine::of(place.root());
    if machine.syncs_nothing() {
        let kind = &machine.file_system;
        say(&format!("WARNING: {} is {kind}: no sync reaches a disk there", place.root().display()));
    }
    let count = usize::try_from(arguments.requests)?;
    let city = City::prepare(&program, &place, WARM_UP + count)?;
    if city.requests.len() < WARM_UP + count {
        return Err(format!("{count} bookings can't be made in this city").into());
    }
    let mut bare = BareWrites::prepare(&place.path("bare"), WARM_UP + count)?;
    let copy = CopiedCity::start(&program, &place, "city")?;
    let mut bookings = Bookings::begin(&city.requests, PlainClient::connect(copy.server.address())?)?;

    bookings.take(WARM_UP)?;
    bare.take(WARM_UP)?;
    bookings.took = Latencies::new()?;
    bare.took = Latencies::new()?;
    let mut left = count;
    while left > 0 {
        let block = left.min(BLOCK);
        bookings.take(block)?;
        bare.take(block)?;
        left -= block;
    }

    let findings = audit::examine(&city.plan, &bookings.kept, copy.server.address())?;
    let figures = LatencyFigures::of(&bookings.took, &bare.took);
    drop(bookings);
    copy.server.stop()?;
    print(&figures.lines(&machine));
    if let Some(path) = &arguments.server.json {
        let report = LatencyReport { machine: &machine, latency: &figures };
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)
            .map_err(|error| format!("write {}: {error}", path.display()))?;
    }
    if findings.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    place.keep();
    say(&format!("AUDIT: {findings}"));
    Ok(ExitCode::FAILURE)
}

struct Bookings<'a> {
    client: PlainClient,
    requests: &'a Requests,
    next: usize,
    took: Latencies,
    kept: KeptAnswers,
}

impl<'a> Bookings<'a> {
    fn begin(requests: &'a Requests, client: PlainClient) -> Result<Self, Failure> {
        Ok(Self { client, requests, next: 0, took: Latencies::new()?, kept: KeptAnswers::default() })
    }

    fn take(&mut self, count: usize) -> Result<(), Failure> {
        for request in self.next..self.next + count {
            let began = clock::now();
            let answer = self.client.ask_encoded(self.requests.get(request))?;
            self.took.record(began.elapsed());
            if answer.status != CREATED {
                let body = String::from_utf8_lossy(answer.body);
                return Err(format!("a booking was answered {}: {body}", answer.status).into());
            }
            self.kept.push(request, answer.body);
        }
        self.next += count;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn latencies(us: u64) -> Latencies {
        let mut latencies = Latencies::new().expect("bounds");
        latencies.record(Duration::from_micros(us));
        latencies
    }

    #[test]
    fn the_reach_is_the_bare_p99_and_two_milliseconds() {
        assert!(LatencyFigures::of(&latencies(1_900), &latencies(100)).met);
        assert!(!LatencyFigures::of(&latencies(2_200), &latencies(100)).met);
        assert!(LatencyFigures::of(&latencies(2_200), &latencies(300)).met);
    }
}
