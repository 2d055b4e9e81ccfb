//! How quickly a filled journal comes into Postgres, beside binary COPY of the same rows into the same tables with the same indexes and
//! constraints. Both go through a socket, into a cluster of the bench's own; each pair is taken one after the other.
//!
//! `cargo bench --bench projection`; `KAICHANG_BENCH_BOOKINGS` says how many bookings there are.

#![expect(clippy::print_stdout, reason = "a report for people")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]
#![expect(clippy::float_arithmetic, reason = "figures for people")]

#[path = "shared/city.rs"]
mod bench_city;
#[expect(dead_code, reason = "it serves the tests of faults too")]
#[path = "../tests/shared/postgres.rs"]
mod postgres;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bench_city::{DAY_0, DAYS_AHEAD, PRICE, UNITS, founding, midnight};
use kaichang::domain::definition::KindDef;
use kaichang::domain::event::{DaysOpened, Event, NewBooking, RequestKey};
use kaichang::domain::ids::{BookingNo, PitchNo, ResidentNo};
use kaichang::domain::money::Minor;
use kaichang::domain::time::LocalDay;
use kaichang::domain::units::UnitSpan;
use kaichang::engine::log::Sequence;
use kaichang::journal::chain::Kind;
use kaichang::journal::{FileDisk, JournalAnew, Options, read_only};
use kaichang::projection::{Database, SettledJournal, WrappedKeys, reproject};
use postgres::Postgres;

const BOOKINGS_DEFAULT: u32 = 200_000;
const RESIDENTS: u32 = 10_000;
const PAIRS: usize = 5;
/// How many records one moment has.
const RECORDS_AT_ONCE: u32 = 64;
/// What COPY fills, largest first.
const TABLES: [&str; 16] = [
    "journal_record",
    "booking",
    "booking_event",
    "ledger_line",
    "live_occupancy",
    "account",
    "resident",
    "venue",
    "pitch",
    "sport",
    "district",
    "release",
    "release_opening",
    "audit",
    "check_in",
    "projection",
];

struct NoKeys;

impl WrappedKeys for NoKeys {
    fn wrapped(&self, _resident: ResidentNo) -> std::io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}

fn booking(no: u32, pitches: u32) -> Event {
    let slot = no / pitches;
    let day = i32::try_from(slot / u32::from(UNITS)).expect("few");
    let unit = u8::try_from(slot % u32::from(UNITS)).expect("few");
    Event::BookingConfirmed(NewBooking {
        no: BookingNo::new(no),
        resident: ResidentNo::new(no.wrapping_mul(7_919) % RESIDENTS),
        pitch: PitchNo::new(no % pitches),
        day: LocalDay::new(DAY_0 + day),
        span: UnitSpan::new(unit, 1).expect("a span"),
        party_size: 1,
        price: Minor::new(PRICE),
        release: None,
        request: RequestKey { key: no.into(), body: no.into() },
    })
}

/// A journal with so many bookings; how many records it has.
fn write_journal(dir: &std::path::Path, bookings: u32) -> u64 {
    let pitches = bookings.div_ceil((u32::from(DAYS_AHEAD) + 1) * u32::from(UNITS));
    let days = DaysOpened { first: LocalDay::new(DAY_0), last: LocalDay::new(DAY_0 + i32::from(DAYS_AHEAD)) };
    let mut journal =
        JournalAnew::begin(FileDisk::new(dir).expect("a directory"), Options::default()).expect("begun");
    let mut sequence = Sequence::ZERO.next();
    journal.add(Kind::Epoch, sequence, midnight(), &1u64.to_le_bytes()).expect("the first epoch");
    let events = founding(pitches, &KindDef::Exclusive, RESIDENTS, 1_000 * PRICE)
        .into_iter()
        .chain([Event::DaysOpened(days)])
        .chain((0..bookings).map(|no| booking(no, pitches)));
    for (event, nth) in events.zip(0u32..) {
        sequence = sequence.next();
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        let at = midnight().plus_ms(i64::from(nth / RECORDS_AT_ONCE));
        journal.add(Kind::Data, sequence, at, &bytes).expect("written");
    }
    journal.end().expect("durable").0.get()
}

fn main() {
    let bookings = std::env::var("KAICHANG_BENCH_BOOKINGS").ok().and_then(|text| text.parse().ok());
    let bookings = bookings.unwrap_or(BOOKINGS_DEFAULT);
    let dir = tempfile::tempdir().expect("a directory");
    let records = write_journal(dir.path(), bookings);
    let postgres = Postgres::start();
    println!("{records} records, {bookings} of them bookings");
    let mut ratios = Vec::new();
    for pair in 0..PAIRS {
        let name = format!("pair_{pair}");
        let _ = postgres.sql_in("postgres", &format!("CREATE DATABASE {name}"));
        let database: Database = postgres.url_of(&name).parse().expect("a URL");
        let disk = Arc::new(FileDisk::new(dir.path()).expect("a directory"));
        let none = |_: Sequence, _, _: &[u8]| -> Result<(), std::convert::Infallible> { Ok(()) };
        let read = read_only(&*disk, none).expect("read").expect("a journal");
        let _ = postgres.sql_in("postgres", "CHECKPOINT");
        let begun = now();
        let journal = SettledJournal { disk, uuid: read.uuid, last: read.last, behind: None, keys: &NoKeys };
        reproject(&database, &journal).expect("written");
        let drained = begun.elapsed();
        let copied = copy(&postgres, &name);
        let ratio = copied.as_secs_f64() / drained.as_secs_f64();
        println!(
            "drained in {drained:?}, {:.0} records a second; COPY alone {copied:?}: {ratio:.2} of its speed",
            records as f64 / drained.as_secs_f64()
        );
        ratios.push(ratio);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    println!("median {:.2} of the speed of COPY (asked for: 0.70)", ratios[ratios.len() / 2]);
}

/// Copies all rows out, and into the same tables once more; how long the latter took.
fn copy(postgres: &Postgres, database: &str) -> Duration {
    let dir = postgres.data();
    let dir = dir.display();
    for table in TABLES {
        let copy = format!("COPY (SELECT * FROM {table}) TO '{dir}/{table}.copy' (FORMAT binary)");
        let _ = postgres.sql_in(database, &copy);
    }
    let all = TABLES.join(", ");
    let _ = postgres.sql_in(database, &format!("TRUNCATE {all}"));
    let _ = postgres.sql_in("postgres", "CHECKPOINT");
    let copy = |table| format!("\\copy {table} FROM '{dir}/{table}.copy' (FORMAT binary)\n");
    let script: String = TABLES.into_iter().map(copy).collect();
    let file = postgres.data().join("copy.sql");
    std::fs::write(&file, format!("SET search_path = kaichang;\n{script}")).expect("written");
    let file = file.to_str().expect("a path of text");
    let begun = now();
    let copied = postgres
        .run("psql", &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &postgres.url_of(database), "-f", file]);
    let took = begun.elapsed();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    took
}
