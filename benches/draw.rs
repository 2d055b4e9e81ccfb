//! A draw of a million entries: drawn, bound by its root, checked, and read from its file; beside the bare limit of a million hashes
//! and a sort. `cargo bench --bench draw`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kaichang::domain::draw::{
    ALGORITHM, Choices, DrawFile, DrawList, DrawOption, Drawn, EntryId, EntryInDraw, Sealed, Seed, Takes,
    draw,
};
use sha2::{Digest, Sha256};

const ENTRIES: u32 = 1_000_000;
/// A city's pitches on a day, fourteen hours each.
const OPTIONS: u32 = 8_000 * 14;
const SEED: Seed = Seed([7; 32]);
const VALUE: &str = "a public value";

fn number(no: u32, what: &str) -> u128 {
    let hash = Sha256::digest(format!("{what} {no}").as_bytes());
    u128::from_be_bytes(hash[..16].try_into().expect("sixteen bytes"))
}

/// Three choices each, most of them the same few hours in the evening.
fn list() -> DrawList {
    let option = |no: u32| DrawOption {
        pitch: format!("sz-{:04}-p{}", no / 56, no / 14 % 4),
        date: "2026-11-28".to_owned(),
        from: format!("{:02}:00", 8 + no % 14),
        to: format!("{:02}:00", 9 + no % 14),
        takes: Takes::One,
        cells: vec![no * 2, no * 2 + 1],
    };
    let option_of = |no: u32, rank: u32| {
        let random = number(no * 4 + rank, "choice");
        let pitch = u32::try_from(random % 8_000).expect("small");
        let hour = u32::try_from((random >> 32) % 28).expect("small");
        pitch * 14 + if hour < 14 { hour } else { 10 + hour % 4 }
    };
    let mut entries: Vec<EntryInDraw> = (0..ENTRIES)
        .map(|no| {
            let mut ranked: Vec<u32> = (0..3).map(|rank| option_of(no, rank)).collect();
            ranked.dedup();
            let choices = Choices::of(&ranked).or_else(|_| Choices::of(&ranked[..1])).expect("choices");
            EntryInDraw { id: EntryId::new(number(no, "entry")), party: 4, choices }
        })
        .collect();
    entries.sort_unstable_by_key(|entry| entry.id);
    DrawList {
        release: "evening".to_owned(),
        cells: vec![1; usize::try_from(OPTIONS * 2).expect("few")],
        options: (0..OPTIONS).map(option).collect(),
        entries,
    }
}

fn file_of(list: &DrawList) -> DrawFile {
    let root = list.root();
    let outcome = draw(list, &SEED.mixed(&root, VALUE));
    DrawFile {
        algorithm: ALGORITHM.to_owned(),
        release: list.release.clone(),
        commitment: SEED.commitment(),
        beacon: "a beacon".to_owned(),
        sealed: Some(Sealed { root, count: ENTRIES }),
        drawn: Some(Drawn::of(list, SEED, VALUE, &outcome)),
    }
}

fn million(criterion: &mut Criterion) {
    let list = list();
    let root = list.root();
    let mut group = criterion.benchmark_group("draw/million");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    group.bench_function("floor/hash_and_sort", |bencher| {
        bencher.iter(|| {
            let mut hashes: Vec<u64> = (0..u64::from(ENTRIES))
                .map(|no| {
                    let mut hash = Sha256::new();
                    hash.update([0; 32]);
                    hash.update(u128::from(no).to_be_bytes());
                    u64::from_be_bytes(hash.finalize()[..8].try_into().expect("eight bytes"))
                })
                .collect();
            hashes.sort_unstable();
            black_box(hashes)
        });
    });
    group.bench_function("root", |bencher| bencher.iter(|| black_box(list.root())));
    group
        .bench_function("draw", |bencher| bencher.iter(|| black_box(draw(&list, &SEED.mixed(&root, VALUE)))));
    let file = file_of(&list);
    let bytes = serde_json::to_vec(&file).expect("JSON");
    group.bench_function("verify", |bencher| {
        bencher.iter_batched(
            || file.clone(),
            |file| assert!(file.check().expect("drawn").is_empty()),
            BatchSize::PerIteration,
        );
    });
    group.bench_function(format!("verify_a_file_of_{}_MB", bytes.len() / 1_000_000), |bencher| {
        bencher.iter(|| {
            let file = DrawFile::read(&bytes).expect("a file");
            assert!(file.check().expect("drawn").is_empty());
        });
    });
}

criterion_group!(benches, million);
criterion_main!(benches);
