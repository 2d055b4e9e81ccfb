//! `kaichang-load listing`: how long the list of what is free in the whole city takes, one page of 200 slots after the other.
//!
//! Each page is another sport or day, so that no answer is the one before. One connection asks on an otherwise idle server: what is
//! measured is the work, not a queue.

use std::process::ExitCode;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::arguments::ListingArguments;
use crate::city::{City, CopiedCity};
use crate::http::plain_client::PlainClient;
use crate::http::request::{Request, Requests};
use crate::machine::Machine;
use crate::outcome::Latencies;
use crate::server::Server;
use crate::server::kaichang::Kaichang;
use crate::statistics::ms;
use crate::stock;
use crate::workplace::Workplace;
use crate::{Failure, clock, print, processor, say};

/// What is asked for.
const REACH_US: u64 = 2_000;
const WARM_UP: usize = 200;
pub(crate) const SLOTS_A_PAGE: usize = 200;

#[derive(Deserialize)]
struct Page {
    items: Vec<serde::de::IgnoredAny>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct ListingFigures {
    pages: usize,
    p50_us: u64,
    p99_us: u64,
    max_us: u64,
    reach_us: u64,
    met: bool,
}

#[derive(Serialize)]
struct ListingReport<'a> {
    machine: &'a Machine,
    listing: &'a ListingFigures,
}

pub(crate) fn run(arguments: &ListingArguments) -> Result<ExitCode, Failure> {
    let program = Kaichang::find(arguments.server.server.as_deref())?;
    let place = Workplace::create(arguments.server.work_dir.as_deref())?;
    let machine = Machine::of(place.root());
    let _residents = City::make(&program, &place, 1)?;
    let copy = CopiedCity::start(&program, &place, "city")?;
    let Listing { pages, took, .. } = measure(&copy.server, usize::try_from(arguments.requests)?)?;
    copy.server.stop()?;
    let figures = ListingFigures {
        pages,
        p50_us: took.p50_us(),
        p99_us: took.p99_us(),
        max_us: took.max_us(),
        reach_us: REACH_US,
        met: took.p99_us() < REACH_US,
    };
    print(&figures.lines(&machine));
    if let Some(path) = &arguments.server.json {
        let report = ListingReport { machine: &machine, listing: &figures };
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)
            .map_err(|error| format!("write {}: {error}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a run gave.
pub(crate) struct Listing {
    /// How many different pages there are.
    pub(crate) pages: usize,
    pub(crate) took: Latencies,
    /// From the first page that counts to the last.
    pub(crate) whole: Duration,
    pub(crate) server_time: Duration,
}

/// Asks for so many pages, one after the other.
pub(crate) fn measure(server: &Server, pages: usize) -> Result<Listing, Failure> {
    let mut client = PlainClient::connect(server.address())?;
    let full = full_pages(&mut client)?;
    say(&format!("{} lists of a sport and a day have {SLOTS_A_PAGE} free slots or more", full.len()));
    if full.len() == 0 {
        return Err("no sport has so many free slots on a day".into());
    }
    let mut number = 0;
    let mut ask = || -> Result<Duration, Failure> {
        let began = clock::now();
        let status = client.ask_encoded(full.get(number % full.len()))?.status;
        let took = began.elapsed();
        number += 1;
        if status == 200 { Ok(took) } else { Err(format!("a page was answered {status}").into()) }
    };
    for _ in 0..WARM_UP {
        ask()?;
    }
    let (mut took, used_before, began) = (Latencies::new()?, processor::time_of(server.pid())?, clock::now());
    for _ in 0..pages {
        took.record(ask()?);
    }
    let server_time = processor::time_of(server.pid())?.saturating_sub(used_before);
    Ok(Listing { pages: full.len(), took, whole: began.elapsed(), server_time })
}

impl ListingFigures {
    fn lines(&self, machine: &Machine) -> String {
        let Machine { cpus, model, kernel, .. } = machine;
        let judgement = if self.met { "reached" } else { "NOT reached" };
        format!(
            "GET /v1/availability of a sport and a day, {SLOTS_A_PAGE} slots a page, {} of them in turn; {cpus} x {model}, Linux {kernel}\n\
             p50 {:.3} ms, p99 {:.3} ms, longest {:.3} ms; under {:.0} ms is asked for: {judgement}",
            self.pages,
            ms(self.p50_us),
            ms(self.p99_us),
            ms(self.max_us),
            ms(self.reach_us),
        )
    }
}

/// The first pages that are full, of each sport on each day.
fn full_pages(client: &mut PlainClient) -> Result<Requests, Failure> {
    let mut full = Requests::default();
    for path in stock::lists(client, SLOTS_A_PAGE)? {
        let answer = client.ask(&Request::get(&path))?;
        let page: Page = serde_json::from_slice(answer.body)?;
        if page.items.len() == SLOTS_A_PAGE {
            full.push(&Request::get(&path));
        }
    }
    Ok(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_takes_two_milliseconds_is_too_slow() {
        let machine = Machine {
            cpus: 2,
            model: "m".to_owned(),
            kernel: "6.1".to_owned(),
            memory_bytes: 1,
            file_system: "ext4".to_owned(),
        };
        let figures = |p99_us| ListingFigures {
            pages: 3,
            p50_us: 400,
            p99_us,
            max_us: p99_us,
            reach_us: REACH_US,
            met: p99_us < REACH_US,
        };
        assert!(figures(1_999).lines(&machine).ends_with("is asked for: reached"));
        assert!(figures(2_000).lines(&machine).ends_with("is asked for: NOT reached"));
    }
}
