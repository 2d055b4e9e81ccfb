//! A million who wait: what each takes of memory, how long their order takes at the instant beside as many hashes and a sort, and what
//! a look at one's own place and at the board costs. `cargo bench --bench queue`.

#![expect(clippy::print_stdout, reason = "a report for people")]

#[path = "shared/city.rs"]
mod bench_city;

use std::hint::black_box;
use std::time::{Duration, Instant};

use bench_city::{DAY_0, DAYS_AHEAD, PRICE, founding, midnight};
use kaichang::domain::definition::KindDef;
use kaichang::domain::draw::Seed;
use kaichang::domain::event::{DaysOpened, Event, OfQueue, QueueJoined, QueueOpened, QueueServed};
use kaichang::domain::ids::{Code, PitchNo, ReleaseNo, ResidentNo};
use kaichang::domain::lottery::Salt;
use kaichang::domain::names::Names;
use kaichang::domain::queue::{QueueDef, order};
use kaichang::domain::release::{ReleaseDef, ReleaseMode, ReleaseWhen};
use kaichang::domain::time::LocalDay;
use kaichang::engine::Engine;
use kaichang::engine::replay::Replay;
use sha2::{Digest, Sha256};

const WAITING: u32 = 1_000_000;
/// Whose turn has come.
const SERVED: u32 = 1000;
const SEED: Seed = Seed([3; 32]);
const RELEASE: ReleaseNo = ReleaseNo::new(0);
/// What is asked for.
const BYTES_EACH_MAX: usize = 200;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}

fn took<T>(what: impl FnOnce() -> T) -> (Duration, T) {
    let began = now();
    let made = black_box(what());
    (now() - began, made)
}

fn release() -> ReleaseDef {
    ReleaseDef {
        code: Code::new("rush").expect("a code"),
        name: Names::new("抢票", "rush"),
        venue: None,
        pitches: vec![PitchNo::new(0)],
        first_day: LocalDay::new(DAY_0 + 1),
        last_day: Some(LocalDay::new(DAY_0 + 1)),
        when: ReleaseWhen::Once { at: midnight() },
        mode: ReleaseMode::Queue,
        limit_per_resident: Some(1),
        counter_share_percent: 0,
        lottery: None,
        queue: Some(Box::new(QueueDef {
            join_from: midnight(),
            minutes_to_act: 5,
            at_once: SERVED,
            proof_of_work: None,
            salt: Salt([0; 16]),
            commitment: SEED.commitment(),
        })),
        returned: None,
        who: None,
    }
}

/// A city in which a million came before the instant, and have their places.
fn city() -> Engine {
    let mut replay = Replay::new();
    let mut apply = |event: &Event| replay.apply_event(midnight(), event).expect("an event");
    for event in founding(1, &KindDef::Exclusive, WAITING, PRICE) {
        apply(&event);
    }
    let last = LocalDay::new(DAY_0 + i32::from(DAYS_AHEAD));
    apply(&Event::DaysOpened(DaysOpened { first: LocalDay::new(DAY_0), last }));
    apply(&Event::ReleaseDeclared(Box::new(release())));
    for no in 0..WAITING {
        let joined = QueueJoined { release: RELEASE, resident: ResidentNo::new(no) };
        apply(&Event::OfQueue(OfQueue::Joined(joined)));
    }
    let opened = QueueOpened { release: RELEASE, early: WAITING, seed: SEED };
    apply(&Event::OfQueue(OfQueue::Opened(opened)));
    apply(&Event::OfQueue(OfQueue::Served(QueueServed { release: RELEASE, up_to: SERVED })));
    replay.finish().expect("a city")
}

/// As many hashes of as many bytes, and a sort of their beginnings.
fn bare_limit() -> u64 {
    let mut text = format!("kaichang-queue-1\n{}\n0000000\n", "03".repeat(32)).into_bytes();
    let mut keys: Vec<(u64, u32)> = (0..WAITING)
        .map(|no| {
            let end = text.len() - 5;
            text[end..end + 4].copy_from_slice(&no.to_le_bytes());
            let hash = Sha256::digest(&text);
            (u64::from_be_bytes(hash[..8].try_into().expect("eight bytes")), no)
        })
        .collect();
    keys.sort_unstable();
    keys[0].0
}

fn main() {
    let (replayed, engine) = took(city);
    let bytes = engine.queues().bytes();
    let each = bytes / usize::try_from(WAITING).expect("a million");
    println!("{WAITING} who wait take {bytes} bytes: {each} each, of {BYTES_EACH_MAX} at most");
    assert!(each <= BYTES_EACH_MAX, "each who waits takes {each} bytes");
    println!("replayed, with accounts, in {replayed:.1?}");
    for _ in 0..3 {
        let (ordered, _) = took(|| order(&SEED, WAITING));
        let (bare, _) = took(bare_limit);
        println!("their order: {ordered:.1?}; as many hashes and a sort: {bare:.1?}");
    }
    let (looked, _) = took(|| {
        (0..WAITING)
            .map(|no| engine.queues().own(RELEASE, ResidentNo::new(no), midnight()))
            .filter(Option::is_some)
            .count()
    });
    println!("a look at one's own place, with who waits before: {:.0?}", looked / WAITING);
    let (looked, _) =
        took(|| (0..WAITING).filter_map(|_| engine.queues().board(RELEASE, midnight())).count());
    println!("a look at the board: {:.0?}", looked / WAITING);
}
