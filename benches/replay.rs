//! The start of a city with a million live bookings, beside its floor: reading the same files, checking their bytes with a CRC and
//! inserting as many equal keys into one hash map that has room for them. And what the city takes in memory.
//!
//! Every figure is a ratio of two that were taken one after the other, in several pairs, because the machine's own speed
//! changes from minute to minute. `cargo bench --bench replay`; `KAICHANG_BENCH_DIR` names another file system.

#![expect(clippy::print_stdout, reason = "a report for people")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]
#![expect(clippy::float_arithmetic, reason = "figures for people")]

#[path = "shared/city.rs"]
mod bench_city;
#[path = "shared/files.rs"]
mod bench_files;
#[path = "shared/live_bookings.rs"]
mod live_bookings;

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bench_city::midnight;
use kaichang::domain::clock::Clock;
use kaichang::domain::event::Event;
use kaichang::domain::time::UtcMillis;
use kaichang::engine::Engine;
use kaichang::engine::lane::Intake;
use kaichang::engine::log::{Sequence, Settle};
use kaichang::engine::replay::Replay;
use kaichang::journal::{FileDisk, Journal, Options, Step, read_only};
use live_bookings::{BOOKINGS, PITCHES, SLOTS_PER_PITCH, events, floor, now, spread};

// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RESIDENTS: u32 = 250_000;
const PAIRS: usize = 5;
const OUTSTANDING_MAX: u32 = 1024;

struct BenchClock;

impl Clock for BenchClock {
    fn now(&self) -> UtcMillis {
        midnight()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Nobody waits for these records.
struct Nothing;

impl Settle<Event> for Nothing {
    fn durable(&mut self, _sequence: Sequence, _at: UtcMillis, _record: Event) {}
    fn not_written(&mut self, _record: Event) {}
}

fn base_dir() -> PathBuf {
    std::env::var_os("KAICHANG_BENCH_DIR").map_or_else(|| PathBuf::from("target/bench-replay"), PathBuf::from)
}

fn write_journal(dir: &Path) {
    let disk = FileDisk::new(dir).expect("a directory");
    let journal = Journal::open(disk, Options::default(), |_, _, _| Ok::<_, Infallible>(())).expect("opens");
    let (intake, mut owners) = Intake::new(1, OUTSTANDING_MAX);
    let mut committer = journal.committer(intake, Nothing, Arc::new(BenchClock));
    let owner = owners.pop().expect("one lane");
    let mut events = events(RESIDENTS).peekable();
    while events.peek().is_some() {
        while let Ok(permit) = owner.permit() {
            let Some(event) = events.next() else { break };
            let _ = permit.push(event);
        }
        committer.step().expect("written");
    }
    while committer.step().expect("written") != Step::Idle {}
}

fn replayed(dir: &Path) -> Engine {
    let disk = FileDisk::existing(dir).expect("there");
    let mut replay = Replay::new();
    let read = read_only(&disk, |sequence, at, bytes| replay.apply(sequence, at, bytes));
    read.expect("whole").expect("there");
    replay.finish().expect("a city")
}

/// What the process has in memory.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
}

fn memory(engine: &Engine, before: u64, after: u64) {
    let units = f64::from(PITCHES) * f64::from(SLOTS_PER_PITCH);
    println!(
        "memory/a bookable half hour: {:.2} bytes, masks included",
        engine.pitch_days().bytes() as f64 / units
    );
    // All that the process grew by, residents and days too.
    println!(
        "memory/a live booking: {:.0} bytes in its place; {:.0} of all that the process grew by, {RESIDENTS} residents included",
        engine.bookings().bytes() as f64 / f64::from(BOOKINGS),
        after.saturating_sub(before) as f64 / f64::from(BOOKINGS)
    );
}

fn main() {
    let dir = base_dir();
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a directory");
    write_journal(&dir);
    let before = resident_bytes();
    let engine = replayed(&dir);
    let after = resident_bytes();
    let live = engine.bookings().iter().filter(|booking| booking.state.is_live()).count();
    assert_eq!((live, engine.known().len()), (BOOKINGS as usize, BOOKINGS as usize));
    memory(&engine, before, after);
    drop(engine);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let begun = now();
        let engine = replayed(&dir);
        let took = begun.elapsed().as_secs_f64();
        drop(engine);
        let begun = now();
        let (crc, keys) = floor(&dir);
        let least = begun.elapsed().as_secs_f64();
        assert!(crc != 0 && keys.len() == BOOKINGS as usize);
        ours.push(took * 1e3);
        theirs.push(least * 1e3);
        ratios.push(took / least);
    }
    println!(
        "replay/{BOOKINGS} live bookings: {} ms; reading, checking and inserting as many keys {} ms; ratio {}",
        spread(ours),
        spread(theirs),
        spread(ratios)
    );
    let _ = std::fs::remove_dir_all(base_dir());
}
