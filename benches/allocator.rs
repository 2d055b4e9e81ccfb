//! What a claim costs, beside the bare compare-and-swap that it can't be cheaper than.
//!
//! `cargo bench --bench allocator`. Uncontended cases walk the same places in the same shuffled order; contended ones have two
//! threads on one place. A pair is a claim and its free.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use kaichang::domain::ids::{Code, ResidentNo, SportNo, VenueNo};
use kaichang::domain::policy::{QuotaMeasure, QuotaRule, QuotaScope, QuotaWindow};
use kaichang::domain::time::LocalDay;
use kaichang::domain::units::{UnitMask, UnitSpan};
use kaichang::engine::quota::{Counted, Quotas, Windows};
use kaichang::engine::quota_word::QuotaWords;
use kaichang::engine::session::{self, Places, Seller, SlotCount};
use kaichang::engine::word::{PitchDay, claim};

/// As many pitch-days as a city the size of Shenzhen has leaves and days.
const PLACES: usize = 9_311 * 9;
const RESIDENTS: usize = 4_096;

#[repr(align(64))]
struct Bare(AtomicU64);

/// The same places in the same order for all that are compared: every one once, far from its neighbours.
fn order() -> Vec<usize> {
    let step = 40_503;
    (0..PLACES).map(|index| index * step % PLACES).collect()
}

fn bare_pair(place: &AtomicU64, bits: u64) {
    let mut word = place.load(Ordering::Acquire);
    while let Err(now) = place.compare_exchange(word, word | bits, Ordering::AcqRel, Ordering::Acquire) {
        word = now;
    }
    let mut word = place.load(Ordering::Acquire);
    while let Err(now) = place.compare_exchange(word, word & !bits, Ordering::AcqRel, Ordering::Acquire) {
        word = now;
    }
}

fn quotas() -> Quotas {
    let rule = QuotaRule {
        name: Code::new("city-day").expect("a code"),
        scope: QuotaScope::City,
        measure: QuotaMeasure::Bookings,
        window: QuotaWindow::DayOfPlay,
        limit: 4,
    };
    Quotas::new(&[rule], 7)
}

fn counted(resident: usize) -> Counted {
    Counted {
        resident: ResidentNo::new(u32::try_from(resident).expect("few")),
        venue: VenueNo::new(0),
        sport: SportNo::new(0),
        day: LocalDay::new(20_000),
        span: UnitSpan::new(38, 2).expect("a span"),
        release: None,
    }
}

fn uncontended(c: &mut Criterion) {
    let order = order();
    let span = UnitSpan::new(38, 2).expect("a span").mask();
    let bare: Vec<Bare> = (0..PLACES).map(|_| Bare(AtomicU64::new(0))).collect();
    let days: Vec<PitchDay> = (0..PLACES + 4).map(|_| PitchDay::new(UnitMask::EMPTY)).collect();
    let slots: Vec<SlotCount> = (0..PLACES).map(|_| SlotCount::default()).collect();
    let words: Vec<QuotaWords> = (0..RESIDENTS).map(|_| QuotaWords::default()).collect();
    let quotas = quotas();
    let windows = Windows::All { is_day_over: false };
    let mut group = c.benchmark_group("uncontended");
    let mut at = 0;
    let mut next = || {
        at = (at + 1) % PLACES;
        order[at]
    };
    group.bench_function("bare_cas_pair", |b| b.iter(|| bare_pair(&bare[next()].0, black_box(span.bits()))));
    group.bench_function("claim_free", |b| {
        b.iter(|| {
            let leaf = &days[next()];
            claim(std::slice::from_ref(leaf), black_box(span)).expect("free");
            leaf.free(span);
        });
    });
    group.bench_function("claim_free_with_city_quota", |b| {
        b.iter(|| {
            let place = next();
            let (leaf, words) = (&days[place], &words[place % RESIDENTS]);
            let counted = counted(place % RESIDENTS);
            quotas.take(words, &counted).expect("room");
            claim(std::slice::from_ref(leaf), black_box(span)).expect("free");
            leaf.free(span);
            quotas.give_back(words, &counted, windows);
        });
    });
    group.bench_function("quota_alone", |b| {
        b.iter(|| {
            let resident = next() % RESIDENTS;
            let counted = counted(resident);
            quotas.take(&words[resident], &counted).expect("room");
            quotas.give_back(&words[resident], &counted, windows);
        });
    });
    let evening = UnitSpan::new(24, 20).expect("a span").mask();
    group.bench_function("claim_free_of_20_units", |b| {
        b.iter(|| {
            let leaf = &days[next()];
            claim(std::slice::from_ref(leaf), black_box(evening)).expect("free");
            leaf.free(evening);
        });
    });
    for leaves in [2, 4] {
        group.bench_function(BenchmarkId::new("whole_of_leaves", leaves), |b| {
            b.iter(|| {
                let first = next();
                let whole = &days[first..first + leaves];
                claim(whole, black_box(span)).expect("free");
                for leaf in whole {
                    leaf.free(span);
                }
            });
        });
        group.bench_function(BenchmarkId::new("bare_cas_pairs", leaves), |b| {
            b.iter(|| {
                let first = next();
                for step in 0..leaves {
                    bare_pair(&bare[(first + step) % PLACES].0, black_box(span.bits()));
                }
            });
        });
    }
    group.bench_function("session_claim_free", |b| {
        let wanted = Places::online(1, 100);
        b.iter(|| {
            let place = next();
            let slot = std::slice::from_ref(&slots[place]);
            session::claim(&days[place], slot, black_box(span), wanted).expect("room");
            session::free(slot, 1, Seller::Online);
        });
    });
    for leaf in &days {
        claim(std::slice::from_ref(leaf), span).expect("free");
    }
    group.bench_function("sold_out", |b| b.iter(|| days[next()].judge(black_box(span)).expect_err("taken")));
    group.bench_function("bare_load", |b| b.iter(|| bare[next()].0.load(Ordering::Acquire)));
    group.finish();
}

/// Runs `work` on two threads and measures the first one's.
fn beside_a_rival(work: impl Fn(u64) + Sync, iterations: u64) -> Duration {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                work(1);
            }
        });
        #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
        let began = Instant::now();
        for _ in 0..iterations {
            work(0);
        }
        let took = began.elapsed();
        done.store(true, Ordering::Relaxed);
        took
    })
}

fn contended(c: &mut Criterion) {
    let mut group = c.benchmark_group("two_threads_on_one_pitch_day");
    let bare = Bare(AtomicU64::new(0));
    let leaf = PitchDay::new(UnitMask::EMPTY);
    // Different units of one day: both threads win, on the same word.
    let span = |thread: u64| UnitMask::from_bits(0b11 << (36 + 4 * thread));
    group.bench_function("bare_cas_pair", |b| {
        b.iter_custom(|iterations| {
            beside_a_rival(|thread| bare_pair(&bare.0, span(thread).bits()), iterations)
        });
    });
    group.bench_function("claim_free", |b| {
        b.iter_custom(|iterations| {
            beside_a_rival(
                |thread| {
                    claim(std::slice::from_ref(&leaf), span(thread)).expect("units of its own");
                    leaf.free(span(thread));
                },
                iterations,
            )
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = uncontended, contended
}
criterion_main!(benches);
