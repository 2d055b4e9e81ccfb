//! The start of a city of a million residents and a million live bookings from its snapshot, beside its floor: reading the same file,
//! checking its bytes with a CRC and inserting as many equal keys into one hash map that has room for them.
//!
//! Every figure is a ratio of two that were taken one after the other, in several pairs, because the machine's own speed
//! changes from minute to minute. `cargo bench --bench snapshot`; `KAICHANG_BENCH_DIR` names another file system.

#![expect(clippy::print_stdout, reason = "a report for people")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]
#![expect(clippy::float_arithmetic, reason = "figures for people")]

#[path = "shared/city.rs"]
mod bench_city;
#[path = "shared/files.rs"]
mod bench_files;
#[path = "shared/live_bookings.rs"]
mod live_bookings;

use std::path::{Path, PathBuf};

use bench_city::midnight;
use kaichang::engine::Engine;
use kaichang::engine::replay::Replay;
use kaichang::engine::snapshot::Loader;
use kaichang::journal::{FileDisk, read_snapshot, snapshot_name, write_snapshot};
use live_bookings::{BOOKINGS, events, floor, now, spread};

// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RESIDENTS: u32 = 1_000_000;
const PAIRS: usize = 5;

fn base_dir() -> PathBuf {
    std::env::var_os("KAICHANG_BENCH_DIR")
        .map_or_else(|| PathBuf::from("target/bench-snapshot"), PathBuf::from)
}

/// Makes the snapshot, and says how long a replay took and the writing.
fn write(dir: &Path) {
    let mut replay = Replay::new();
    for event in events(RESIDENTS) {
        replay.apply_event(midnight(), &event).expect("a city");
    }
    let replayed = replay.finish_to_keep().expect("a city");
    let begun = now();
    let disk = FileDisk::new(dir).expect("a directory");
    let dump =
        |give: &mut dyn FnMut(u32, &[u8]) -> _| replayed.dump(|section, piece| give(section.tag(), piece));
    write_snapshot(&disk, &snapshot_name(1), b"", dump).expect("written");
    println!("snapshot/written in {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
}

fn loaded(dir: &Path) -> Engine {
    let disk = FileDisk::existing(dir).expect("there");
    let mut loader = Loader::default();
    read_snapshot(&disk, &snapshot_name(1), |tag, piece| loader.take(tag, piece)).expect("whole");
    Replay::behind(loader.finish().expect("a city"), midnight()).finish().expect("a city")
}

fn main() {
    let dir = base_dir();
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a directory");
    write(&dir);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        let begun = now();
        let engine = loaded(&dir);
        let took = begun.elapsed().as_secs_f64();
        let live = engine.bookings().iter().filter(|booking| booking.state.is_live()).count();
        assert_eq!((live, engine.known().len()), (BOOKINGS as usize, BOOKINGS as usize));
        drop(engine);
        let begun = now();
        let (crc, keys) = floor(&dir);
        let least = begun.elapsed().as_secs_f64();
        assert!(crc != 0 && keys.len() == BOOKINGS as usize);
        // The first one fills the caches.
        if pair > 0 {
            ours.push(took * 1e3);
            theirs.push(least * 1e3);
            ratios.push(took / least);
        }
    }
    let bytes = std::fs::metadata(dir.join(snapshot_name(1))).expect("there").len();
    println!(
        "snapshot/{RESIDENTS} residents and {BOOKINGS} live bookings, {:.0} MB: {} ms; reading, checking and inserting as many keys {} ms; ratio {}",
        bytes as f64 / 1e6,
        spread(ours),
        spread(theirs),
        spread(ratios)
    );
    let _ = std::fs::remove_dir_all(base_dir());
}
