//! `kaichang-load closure`: what others notice of a closure that cancels ten thousand bookings.
//!
//! Each round has a fresh copy of the city. A pool is booked, other residents book elsewhere at a steady rate, the pool's manager looks
//! whom a closure hits and closes it. What is compared is how long the others' bookings took before that and while it was under way,
//! from the look to the last refund. A closure is over soon, so that one round has few bookings beside it: rounds are added up.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::arguments::ClosureArguments;
use crate::booking_plan::BookingPlan;
use crate::city::{City, CopiedCity};
use crate::drive::Pace;
use crate::http::plain_client::PlainClient;
use crate::http::request::Requests;
use crate::load::{Keep, Load, WhenUsedUp};
use crate::machine::Machine;
use crate::outcome::CREATED;
use crate::server::kaichang::Kaichang;
use crate::staff::Manager;
use crate::statistics::{Spread, ms, ratio_us};
use crate::steady::{Steady, Timed, latencies};
use crate::stock::{self, StockItem};
use crate::workplace::Workplace;
use crate::{Failure, clock, print, say};

/// The others' p99 during the closure, beside their usual one, at most.
const REACH: f64 = 2.0;
/// Not measured: connections and caches settle.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long the usual is measured in each round.
const USUAL: Duration = Duration::from_secs(2);
/// A closure that takes longer has failed.
const CLOSURE_MAX: Duration = Duration::from_secs(10);
/// How often the manager looks how far it has come.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const CONNECTIONS_OF_FILLING: usize = 64;
const COPY: &str = "city";

/// What a round gave.
#[derive(Debug, Clone, Copy, Serialize)]
struct Round {
    usual_p99_us: u64,
    during_p99_us: u64,
    during_max_us: u64,
    /// How many bookings were made beside the closure.
    beside: usize,
    preview_us: u64,
    /// From the request that closes to its answer.
    declared_us: u64,
    /// From the request that closes to the last refund, to the next look.
    done_us: u64,
}

#[derive(Debug, Serialize)]
struct ClosureReport<'a> {
    machine: &'a Machine,
    bookings: usize,
    per_second: NonZeroU32,
    usual_p50_us: u64,
    usual_p99_us: u64,
    during_p50_us: u64,
    during_p99_us: u64,
    ratio: f64,
    reach: f64,
    met: bool,
    rounds: Vec<Round>,
}

#[derive(Deserialize)]
struct Preview {
    count: usize,
    fingerprint: String,
}

#[derive(Deserialize)]
struct Closure {
    id: String,
    status: Progress,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Progress {
    UnderWay,
    Done,
}

#[derive(Deserialize)]
struct Closures {
    items: Vec<Closure>,
}

pub(crate) fn run(arguments: &ClosureArguments) -> Result<ExitCode, Failure> {
    let program = Kaichang::find(arguments.server.server.as_deref())?;
    let place = Workplace::create(arguments.server.work_dir.as_deref())?;
    let machine = Machine::of(place.root());
    if machine.syncs_nothing() {
        let kind = &machine.file_system;
        say(&format!("WARNING: {} is {kind}: no sync reaches a disk there", place.root().display()));
    }
    let scene = Scene::prepare(&program, &place, arguments)?;
    print(&scene.heading(&machine));
    let (mut usual, mut during, mut rounds) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=arguments.rounds {
        let (round, of_usual, of_during) = scene.round(&program, &place)?;
        print(&line(number, &round));
        usual.extend(of_usual);
        during.extend(of_during);
        rounds.push(round);
    }
    let (usual, during) = (latencies(usual.iter())?, latencies(during.iter())?);
    let ratio = ratio_us(during.p99_us(), usual.p99_us());
    let report = ClosureReport {
        machine: &machine,
        bookings: arguments.bookings,
        per_second: arguments.per_second,
        usual_p50_us: usual.p50_us(),
        usual_p99_us: usual.p99_us(),
        during_p50_us: during.p50_us(),
        during_p99_us: during.p99_us(),
        ratio,
        reach: REACH,
        met: ratio <= REACH,
        rounds,
    };
    print(&report.summary());
    if let Some(path) = &arguments.server.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)
            .map_err(|error| format!("write {}: {error}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl ClosureReport<'_> {
    fn summary(&self) -> String {
        let of = |value: fn(&Round) -> u64| {
            let values: Vec<f64> = self.rounds.iter().map(|round| ms(value(round))).collect();
            Spread::of(&values).map_or(0.0, |spread| spread.median)
        };
        let judgement = if self.met { "reached" } else { "NOT reached" };
        format!(
            "others' bookings: usual p50 {:.3} p99 {:.3} ms; during the closure p50 {:.3} p99 {:.3} ms; ratio {:.2}; \
             at most {REACH:.0} is asked for: {judgement}\n\
             the closure of {} bookings, median: preview {:.1} ms, declared {:.1} ms, all refunded {:.0} ms",
            ms(self.usual_p50_us),
            ms(self.usual_p99_us),
            ms(self.during_p50_us),
            ms(self.during_p99_us),
            self.ratio,
            self.bookings,
            of(|round| round.preview_us),
            of(|round| round.declared_us),
            of(|round| round.done_us),
        )
    }
}

/// What each round is played with.
struct Scene {
    venue: Box<str>,
    pitch: Box<str>,
    /// The first and the last day of what is booked there.
    days: (Box<str>, Box<str>),
    bookings: usize,
    per_second: NonZeroU32,
    connections: usize,
    inside: Requests,
    elsewhere: Requests,
}

impl Scene {
    fn prepare(program: &Kaichang, place: &Workplace, arguments: &ClosureArguments) -> Result<Self, Failure> {
        let ClosureArguments { bookings, per_second, connections, .. } = *arguments;
        let seconds = (WARM_UP + USUAL + CLOSURE_MAX).as_secs();
        let others = usize::try_from(u64::from(per_second.get()) * seconds)?;
        let mut tokens = City::make(program, place, bookings + others)?;
        let scout = CopiedCity::start(program, place, "scout")?;
        let stock = stock::read(&mut PlainClient::connect(scout.server.address())?)?;
        scout.server.stop()?;
        place.remove("scout")?;

        let largest = largest_pitch(&stock).ok_or("nothing can be booked in this city")?;
        let (inside, elsewhere): (Vec<_>, Vec<_>) =
            stock.into_iter().partition(|item| item.pitch == largest.pitch);
        let days: Vec<&str> = inside.iter().filter_map(|item| item.start.get(..10)).collect();
        let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else {
            return Err("a slot that is on no day".into());
        };
        let days = ((*first).into(), (*last).into());
        let others_tokens = tokens.split_off(bookings);
        let inside = BookingPlan::draw(inside, tokens, bookings);
        let elsewhere = BookingPlan::draw(elsewhere, others_tokens, others);
        if inside.len() < bookings || elsewhere.len() < others {
            return Err(format!(
                "this city has room for {} bookings on its largest pitch and for {} elsewhere",
                inside.len(),
                elsewhere.len()
            )
            .into());
        }
        Ok(Self {
            venue: largest.venue,
            pitch: largest.pitch,
            days,
            bookings,
            per_second,
            connections: usize::from(connections),
            inside: inside.encode(),
            elsewhere: elsewhere.encode(),
        })
    }

    fn heading(&self, machine: &Machine) -> String {
        let Machine { cpus, model, kernel, file_system, .. } = machine;
        let Self { pitch, days: (first, last), bookings, per_second, connections, .. } = self;
        format!(
            "a closure of {bookings} bookings of {pitch} from {first} to {last}, beside {per_second} bookings a second over \
             {connections} connections; {cpus} x {model}, Linux {kernel}, {file_system}\n\
             {:>5} {:>13} {:>14} {:>14} {:>7} {:>7} {:>11} {:>12} {:>9}",
            "round",
            "usual p99 ms",
            "during p99 ms",
            "during max ms",
            "ratio",
            "beside",
            "preview ms",
            "declared ms",
            "done ms"
        )
    }

    fn round(
        &self,
        program: &Kaichang,
        place: &Workplace,
    ) -> Result<(Round, Vec<Timed>, Vec<Timed>), Failure> {
        let copy = CopiedCity::start(program, place, COPY)?;
        let address = copy.server.address();
        self.fill(&copy)?;
        let mut manager = Manager::log_in(&copy.data_dir, address, &self.venue)?;
        let (timed, closing) = self.close_beside_others(address, &mut manager)?;
        if let Some(other) = timed.iter().find(|one| one.status != CREATED) {
            return Err(format!("a booking elsewhere was answered {}", other.status).into());
        }
        let left: Preview = manager.ask("POST", &self.path("/preview"), Some(&self.body(None)), 200)?;
        if left.count > 0 {
            return Err(format!("{} bookings are still there after the closure", left.count).into());
        }
        copy.server.stop()?;
        let differences = program.verify(&copy.data_dir, None)?;
        if !differences.is_empty() {
            return Err(differences.join("; ").into());
        }
        place.remove(COPY)?;
        closing.beside(timed)
    }

    /// Books the pitch that will be closed.
    fn fill(&self, copy: &CopiedCity) -> Result<(), Failure> {
        let load = Load {
            address: copy.server.address(),
            server_pids: &[copy.server.pid()],
            counts: CREATED,
            connections: CONNECTIONS_OF_FILLING,
            pace: Pace::AsAnswered,
            requests: &self.inside,
            when_used_up: WhenUsedUp::End,
            keep: Keep::Nothing,
            warm_up: Duration::ZERO,
            measured: Duration::from_secs(60),
        };
        let by_status = load.run()?.by_status;
        let created = by_status.get(&CREATED).copied().unwrap_or(0);
        if usize::try_from(created)? < self.bookings {
            return Err(format!("the pitch could not be booked: {by_status:?}").into());
        }
        Ok(())
    }

    fn close_beside_others(
        &self,
        address: SocketAddr,
        manager: &mut Manager,
    ) -> Result<(Vec<Timed>, Closing), Failure> {
        let begin = clock::now();
        let steady = Steady {
            address,
            requests: &self.elsewhere,
            per_second: self.per_second,
            connections: self.connections,
        };
        let stop = AtomicBool::new(false);
        let (timed, closing) = std::thread::scope(|scope| {
            let others = scope.spawn(|| steady.run(&stop));
            std::thread::sleep(WARM_UP + USUAL);
            let closing = self.close(manager, begin + WARM_UP);
            // ORDERING: Relaxed, a flag by itself.
            stop.store(true, Ordering::Relaxed);
            (others.join(), closing)
        });
        Ok((timed.map_err(|_| "the others' thread panicked")??, closing?))
    }

    /// As a manager does: look whom it hits, close with the list's fingerprint, and wait until it is done.
    fn close(&self, manager: &mut Manager, usual_from: Instant) -> Result<Closing, Failure> {
        let looked = clock::now();
        let preview: Preview = manager.ask("POST", &self.path("/preview"), Some(&self.body(None)), 200)?;
        let previewed = clock::now();
        if preview.count != self.bookings {
            return Err(format!("the closure hits {} bookings", preview.count).into());
        }
        let body = self.body(Some(&preview.fingerprint));
        let asked = clock::now();
        let closure: Closure = manager.ask("POST", &self.path(""), Some(&body), 201)?;
        let declared = clock::now();
        let path = format!("/v1/manage/venues/{}/closures?limit=1", self.venue);
        loop {
            if clock::now() > asked + CLOSURE_MAX {
                return Err(format!("the closure was not done after {CLOSURE_MAX:?}").into());
            }
            let newest: Closures = manager.ask("GET", &path, None, 200)?;
            let done = clock::now();
            if newest.items.iter().any(|one| one.id == closure.id && one.status == Progress::Done) {
                return Ok(Closing { usual_from, looked, previewed, asked, declared, done });
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn path(&self, behind: &str) -> String {
        format!("/v1/manage/pitches/{}/closures{behind}", self.pitch)
    }

    fn body(&self, fingerprint: Option<&str>) -> String {
        let (first, last) = &self.days;
        serde_json::json!({
            "from": first, "to": last, "bookings": "refund", "reason": "the water is changed", "fingerprint": fingerprint,
        })
        .to_string()
    }
}

/// A closure's moments.
struct Closing {
    usual_from: Instant,
    looked: Instant,
    previewed: Instant,
    asked: Instant,
    declared: Instant,
    done: Instant,
}

impl Closing {
    /// The round, the usual bookings, and those beside the closure.
    fn beside(&self, timed: Vec<Timed>) -> Result<(Round, Vec<Timed>, Vec<Timed>), Failure> {
        let (during, before): (Vec<_>, Vec<_>) =
            timed.into_iter().partition(|one| one.overlaps(self.looked, self.done));
        let usual: Vec<Timed> = before
            .into_iter()
            .filter(|one| one.since >= self.usual_from && one.until <= self.looked)
            .collect();
        if during.is_empty() || usual.is_empty() {
            return Err("nothing was booked beside the closure, or nothing before it".into());
        }
        let (of_usual, of_during) = (latencies(usual.iter())?, latencies(during.iter())?);
        let us = |from: Instant, to: Instant| u64::try_from((to - from).as_micros());
        let round = Round {
            usual_p99_us: of_usual.p99_us(),
            during_p99_us: of_during.p99_us(),
            during_max_us: of_during.max_us(),
            beside: during.len(),
            preview_us: us(self.looked, self.previewed)?,
            declared_us: us(self.asked, self.declared)?,
            done_us: us(self.asked, self.done)?,
        };
        Ok((round, usual, during))
    }
}

/// The pitch with the most places, all its slots together.
fn largest_pitch(stock: &[StockItem]) -> Option<StockItem> {
    let mut places = std::collections::BTreeMap::<&str, usize>::new();
    for item in stock {
        *places.entry(&item.pitch).or_default() += item.sold.places();
    }
    let (largest, _) = places.into_iter().max_by_key(|(_, places)| *places)?;
    stock.iter().find(|item| *item.pitch == *largest).cloned()
}

fn line(number: u32, round: &Round) -> String {
    let Round { usual_p99_us, during_p99_us, during_max_us, beside, preview_us, declared_us, done_us } =
        *round;
    format!(
        "{number:>5} {:>13.3} {:>14.3} {:>14.3} {:>7.2} {beside:>7} {:>11.1} {:>12.1} {:>9.0}",
        ms(usual_p99_us),
        ms(during_p99_us),
        ms(during_max_us),
        ratio_us(during_p99_us, usual_p99_us),
        ms(preview_us),
        ms(declared_us),
        ms(done_us),
    )
}
