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

use std::collections::HashMap;
use std::convert::Infallible;
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench_city::{DAY_0, DAYS_AHEAD, PRICE, UNITS, founding, midnight};
use kaichang::domain::clock::Clock;
use kaichang::domain::definition::KindDef;
use kaichang::domain::event::{DaysOpened, Event, NewBooking, RequestKey};
use kaichang::domain::ids::{BookingNo, PitchNo, ResidentNo};
use kaichang::domain::money::Minor;
use kaichang::domain::time::{LocalDay, UtcMillis};
use kaichang::domain::units::UnitSpan;
use kaichang::engine::Engine;
use kaichang::engine::lane::Intake;
use kaichang::engine::log::{Sequence, Settle};
use kaichang::engine::replay::Replay;
use kaichang::journal::{FileDisk, Journal, Options, Step, read_only};

// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BOOKINGS: u32 = 1_000_000;
const RESIDENTS: u32 = 250_000;
const SLOTS_PER_PITCH: u32 = (DAYS_AHEAD as u32 + 1) * UNITS as u32;
const PITCHES: u32 = BOOKINGS.div_ceil(SLOTS_PER_PITCH);
const PAIRS: usize = 5;
const OUTSTANDING_MAX: u32 = 1024;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}

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

/// As the engine's: keys are hashes already.
#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("keys are 16 bytes")
    }

    #[expect(clippy::cast_possible_truncation, reason = "any half of a hash is a hash")]
    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

/// A key like a hash, different for each booking.
fn key(no: u32) -> u128 {
    let mixed = u128::from(no).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    mixed ^ (mixed >> 61)
}

/// Every half hour of every pitch is booked, in an order that leaps from pitch to pitch.
fn booking(no: u32) -> Event {
    let slot = no / PITCHES;
    let day = i32::try_from(slot / u32::from(UNITS)).expect("few");
    let unit = u8::try_from(slot % u32::from(UNITS)).expect("few");
    Event::BookingConfirmed(NewBooking {
        no: BookingNo::new(no),
        resident: ResidentNo::new(no.wrapping_mul(7_919) % RESIDENTS),
        pitch: PitchNo::new(no % PITCHES),
        day: LocalDay::new(DAY_0 + day),
        span: UnitSpan::new(unit, 1).expect("a span"),
        party_size: 1,
        price: Minor::new(PRICE),
        release: None,
        request: RequestKey { key: key(no), body: no.into() },
    })
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
    let days = DaysOpened { first: LocalDay::new(DAY_0), last: LocalDay::new(DAY_0 + i32::from(DAYS_AHEAD)) };
    let mut events = founding(PITCHES, &KindDef::Exclusive, RESIDENTS, 1_000 * PRICE)
        .into_iter()
        .chain([Event::DaysOpened(days)])
        .chain((0..BOOKINGS).map(booking))
        .peekable();
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

/// Equal keys in a plain map: what the requests of all bookings are kept by at least.
type Keys = HashMap<u128, (u64, u32), BuildHasherDefault<AlreadyHashed>>;

/// Reads the files with a checksum, and inserts as many keys.
fn floor(dir: &Path) -> (u32, Keys) {
    let mut crc = 0;
    let mut buffer = vec![0; 512 * 1024];
    for entry in std::fs::read_dir(dir).expect("there") {
        let file = File::open(entry.expect("an entry").path()).expect("opens");
        let mut offset = 0;
        loop {
            let read = file.read_at(&mut buffer, offset).expect("reads");
            if read == 0 {
                break;
            }
            crc = crc32c::crc32c_append(crc, &buffer[..read]);
            offset += read as u64;
        }
    }
    let mut keys = Keys::with_capacity_and_hasher(BOOKINGS as usize, BuildHasherDefault::default());
    for no in 0..BOOKINGS {
        keys.insert(key(no), (u64::from(no), no));
    }
    (crc, keys)
}

/// What the process has in memory.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
}

fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    format!("{:.2} ({:.2} to {:.2})", values[values.len() / 2], values[0], values[values.len() - 1])
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
