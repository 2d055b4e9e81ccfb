//! The journal beside its floor: batches through the committer, and bare writes and syncs of the same bytes in the same
//! directory; replay, and a bare read of the same files with a checksum.
//!
//! Every figure is a ratio of two that were taken one after the other, in several pairs, because the machine's own speed
//! changes from minute to minute. `cargo bench --bench journal`; `KAICHANG_BENCH_DIR` names another file system.

#![expect(clippy::print_stdout, reason = "a report for people")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]
#![expect(clippy::float_arithmetic, reason = "figures for people")]

#[path = "shared/files.rs"]
mod bench_files;

use std::convert::Infallible;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use bench_files::read_and_checksum;
use kaichang::domain::clock::Clock;
use kaichang::domain::time::UtcMillis;
use kaichang::engine::lane::{Intake, LaneOwner};
use kaichang::engine::log::{Record, Sequence, Settle};
use kaichang::journal::{FileDisk, Journal, Options, read_only};

const PAIRS: usize = 5;
const OUTSTANDING_MAX: u32 = 1024;
const RECORD_BYTES: usize = 90;
const RUN: Duration = Duration::from_millis(700);

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}

struct BenchClock(Instant);

impl Clock for BenchClock {
    fn now(&self) -> UtcMillis {
        UtcMillis::new(1_800_000_000_000)
    }

    fn monotonic(&self) -> Duration {
        now() - self.0
    }
}

/// About what a confirmed booking takes.
struct Booking {
    words: [u64; 4],
    pushed: Option<Instant>,
}

impl Record for Booking {
    fn encode(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; RECORD_BYTES];
        for (at, word) in self.words.iter().enumerate() {
            bytes[at * 8..at * 8 + 8].copy_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&bytes);
    }
}

/// Counts batches by the change of the moment at which their records were settled, and keeps latencies.
#[derive(Clone, Default)]
struct Counter {
    durable: Arc<AtomicU64>,
    latencies: Option<Arc<Mutex<Vec<Duration>>>>,
}

impl Settle<Booking> for Counter {
    fn durable(&mut self, sequence: Sequence, _at: UtcMillis, record: Booking) {
        self.durable.store(sequence.get(), Ordering::Relaxed);
        if let (Some(latencies), Some(pushed)) = (&self.latencies, record.pushed)
            && let Ok(mut latencies) = latencies.lock()
        {
            latencies.push(now() - pushed);
        }
    }

    fn not_written(&mut self, _record: Booking) {}
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn base_dir() -> PathBuf {
    std::env::var_os("KAICHANG_BENCH_DIR")
        .map_or_else(|| PathBuf::from("target/bench-journal"), PathBuf::from)
}

fn fresh(name: &str) -> PathBuf {
    let dir = base_dir().join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a directory");
    dir
}

fn open(dir: &Path) -> Journal<FileDisk> {
    let disk = FileDisk::new(dir).expect("a directory");
    Journal::open(disk, Options::default(), |_, _, _| Ok::<_, Infallible>(())).expect("opens")
}

struct Load {
    records_per_second: f64,
    records_per_batch: f64,
    latencies: Vec<Duration>,
}

/// Pushes from so many threads, each with its lane and as much outstanding as it may.
fn full_load(producers: usize) -> Load {
    run(producers, None, |owners, until| {
        let threads: Vec<_> = owners
            .into_iter()
            .map(|owner| {
                std::thread::spawn(move || {
                    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
                    owner.intake().lane(owner.no()).set_notifier(waker);
                    let mut number = 0;
                    while now() < until {
                        // A look at the clock for each record would be a good part of the work.
                        for _ in 0..64 {
                            let Ok(permit) = owner.permit() else {
                                std::thread::park_timeout(Duration::from_millis(10));
                                break;
                            };
                            number += 1;
                            let _ = permit.push(Booking { words: [number; 4], pushed: None });
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("a producer");
        }
    })
}

/// Pushes at a steady rate, whatever comes back, over several lanes.
fn steady_load(rate: f64) -> Load {
    let latencies = Arc::new(Mutex::new(Vec::with_capacity(2_000_000)));
    run(16, Some(latencies), move |owners, until| {
        let begun = now();
        let mut pushed = 0_u64;
        let mut lane = 0;
        loop {
            let moment = now();
            if moment >= until {
                break;
            }
            let due = (moment - begun).as_secs_f64() * rate;
            while (pushed as f64) < due {
                pushed += 1;
                lane = (lane + 1) % owners.len();
                if let Ok(permit) = owners[lane].permit() {
                    let _ = permit.push(Booking { words: [pushed; 4], pushed: Some(moment) });
                }
            }
            // The committer has the other processor, and the kernel needs a share of both.
            std::thread::sleep(Duration::from_micros(20));
        }
    })
}

fn run(
    lanes: usize,
    latencies: Option<Arc<Mutex<Vec<Duration>>>>,
    push: impl FnOnce(Vec<LaneOwner<Booking>>, Instant),
) -> Load {
    let dir = fresh("append");
    let journal = open(&dir);
    let (intake, owners) = Intake::new(lanes, OUTSTANDING_MAX);
    let counter = Counter { latencies: latencies.clone(), ..Counter::default() };
    let begun = now();
    let (handle, committer) =
        journal.start(intake, counter.clone(), Arc::new(BenchClock(begun))).expect("starts");
    // The first spare segment is made meanwhile, as it is in a server that has just started.
    std::thread::sleep(Duration::from_millis(600));
    let (first, batches_before, begun) = (handle.durable().get(), handle.batches(), now());
    push(owners, begun + RUN);
    let records = counter.durable.load(Ordering::Relaxed) - first;
    let seconds = begun.elapsed().as_secs_f64();
    let batches = handle.batches() - batches_before;
    handle.stop();
    committer.join().expect("no panic").expect("no failure");
    let mut latencies = latencies
        .and_then(|kept| kept.lock().ok().map(|mut kept| std::mem::take(&mut *kept)))
        .unwrap_or_default();
    latencies.sort_unstable();
    Load {
        records_per_second: records as f64 / seconds,
        records_per_batch: records as f64 / batches.max(1) as f64,
        latencies,
    }
}

/// Writes and syncs of so many bytes in a zero-filled file, for as long; how long each took.
fn bare(bytes: usize) -> Vec<Duration> {
    const FILE_BYTES: usize = 64 * 1024 * 1024;
    let dir = fresh("bare");
    let file = File::create_new(dir.join("file")).expect("a file");
    file.write_all_at(&vec![0; FILE_BYTES], 0).expect("room");
    file.sync_all().expect("synced");
    let batch = vec![7; bytes];
    let begun = now();
    let mut taken = Vec::new();
    let mut offset = 0;
    while begun.elapsed() < RUN / 2 {
        let one = now();
        file.write_all_at(&batch, offset as u64).expect("written");
        file.sync_data().expect("synced");
        taken.push(one.elapsed());
        offset = if offset + 2 * bytes > FILE_BYTES { 0 } else { offset + bytes };
    }
    taken.sort_unstable();
    taken
}

fn part(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    format!("{:.2} ({:.2} to {:.2})", values[values.len() / 2], values[0], values[values.len() - 1])
}

/// What a batch of so many records writes.
fn batch_bytes(records: f64) -> usize {
    let bytes = (records * (RECORD_BYTES + 4) as f64).clamp(1.0, 65_472.0) + 64.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 64 and 65536")]
    let bytes = bytes as usize;
    bytes.next_multiple_of(4096).min(65_536)
}

fn append() -> f64 {
    let mut peak: f64 = 0.0;
    for producers in [1, 4, 16, 64] {
        let (mut rates, mut batches, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            let load = full_load(producers);
            let floor = bare(batch_bytes(load.records_per_batch));
            let mean = floor.iter().sum::<Duration>().as_secs_f64() / floor.len() as f64;
            ratios.push(load.records_per_second * mean / load.records_per_batch);
            rates.push(load.records_per_second / 1e6);
            batches.push(load.records_per_batch);
            peak = peak.max(load.records_per_second);
        }
        println!(
            "append/{producers} producers: {} million records/s, {} records a batch, {} of bare writes and syncs of such batches",
            spread(rates),
            spread(batches),
            spread(ratios)
        );
    }
    peak
}

fn latency(rate: f64) {
    let (mut p50, mut p99, mut bare_p50, mut ratios, mut batches) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let load = steady_load(rate);
        let floor = bare(batch_bytes(load.records_per_batch));
        let (ours, theirs) = (part(&load.latencies, 50), part(&floor, 50));
        ratios.push(ours.as_secs_f64() / theirs.as_secs_f64());
        p50.push(ours.as_secs_f64() * 1e6);
        p99.push(part(&load.latencies, 99).as_secs_f64() * 1e6);
        bare_p50.push(theirs.as_secs_f64() * 1e6);
        batches.push(load.records_per_batch);
    }
    println!(
        "latency/{:.2} million records/s: p50 {} µs, p99 {} µs, {} records a batch; bare p50 {} µs; ratio of p50 {}",
        rate / 1e6,
        spread(p50),
        spread(p99),
        spread(batches),
        spread(bare_p50),
        spread(ratios)
    );
}

fn replay() {
    const RECORDS: u64 = 1_000_000;
    let dir = fresh("replay");
    let journal = open(&dir);
    let (intake, mut owners) = Intake::new(1, OUTSTANDING_MAX);
    let mut committer = journal.committer(intake, Counter::default(), Arc::new(BenchClock(now())));
    let owner = owners.pop().expect("one lane");
    let mut number = 0;
    while number < RECORDS {
        while let Ok(permit) = owner.permit() {
            number += 1;
            let _ = permit.push(Booking { words: [number; 4], pushed: None });
        }
        committer.step().expect("written");
    }
    while committer.step().expect("written") != kaichang::journal::Step::Idle {}
    drop(committer);
    let (mut ours, mut theirs, mut ratios, mut opens) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=PAIRS {
        let begun = now();
        let mut sum = 0_u64;
        let disk = FileDisk::existing(&dir).expect("there");
        let read = read_only(&disk, |_, _, bytes| {
            sum += u64::from(bytes[0]);
            Ok::<_, Infallible>(())
        });
        let read = read.expect("whole").expect("there");
        assert!(read.records >= RECORDS && sum > 0);
        let replayed = begun.elapsed().as_secs_f64();
        let begun = now();
        let crc = read_and_checksum(&dir);
        assert_ne!(crc, 0);
        let floor = begun.elapsed().as_secs_f64();
        ours.push(replayed * 1e3);
        theirs.push(floor * 1e3);
        ratios.push(replayed / floor);
        let begun = now();
        drop(open(&dir));
        opens.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    // The first pair warms the page cache for both.
    for values in [&mut ours, &mut theirs, &mut ratios, &mut opens] {
        values.remove(0);
    }
    println!(
        "replay/1000000 records: {} ms; reading the files with a checksum {} ms; ratio {}; a whole start with its rewriting {} ms",
        spread(ours),
        spread(theirs),
        spread(ratios),
        spread(opens)
    );
}

fn main() {
    replay();
    let peak = append();
    latency(peak / 2.0);
    latency(200_000.0);
    latency(20_000.0);
    let _ = std::fs::remove_dir_all(base_dir());
}
