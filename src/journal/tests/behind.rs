//! Starts and readers behind a position, on real files.

use std::path::Path;

use super::*;
use crate::journal::tail::{Tail, TailError};
use crate::journal::{JournalError, Position, kept, read_only_behind, read_sealed, retire};

/// Four lives and as many sealed segments.
fn history(dir: &Path) -> BTreeMap<u64, Vec<u8>> {
    let mut expected = BTreeMap::new();
    for life in 0..4u8 {
        let (mut journal, _) = read_back(dir);
        for number in 0..40u8 {
            let bytes = vec![life, number, 7];
            expected.insert(append(&mut journal, &bytes), bytes);
        }
        seal(&mut journal);
        let bytes = vec![life, 200];
        expected.insert(append(&mut journal, &bytes), bytes);
    }
    expected
}

/// A start and what it was given.
type Opened = (Journal<FileDisk>, BTreeMap<u64, Vec<u8>>);

fn segments(dir: &Path) -> Vec<u64> {
    let names = std::fs::read_dir(dir).unwrap();
    let mut numbers: Vec<_> = names
        .filter_map(|entry| layout::segment_number(&entry.unwrap().file_name().into_string().unwrap()))
        .collect();
    numbers.sort_unstable();
    numbers
}

fn remove(dir: &Path, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        std::fs::remove_file(dir.join(layout::segment_name(number))).unwrap();
    }
}

fn open_behind(dir: &Path, position: Option<&Position>) -> Result<Opened, JournalError> {
    let mut read = BTreeMap::new();
    let disk = FileDisk::existing(dir).unwrap();
    let journal = Journal::open_behind(disk, options(), position, |sequence, _at, bytes| {
        read.insert(sequence.get(), bytes.to_vec());
        Ok::<_, Infallible>(())
    })?;
    Ok((journal, read))
}

/// The records of the sealed segments behind a position, and the position behind them as it is read from its bytes.
fn sealed(dir: &Path, behind: Option<&Position>) -> Option<(Position, BTreeMap<u64, Vec<u8>>)> {
    let mut read = BTreeMap::new();
    let position = read_sealed(&FileDisk::existing(dir).unwrap(), behind, |sequence, _at, bytes| {
        assert!(read.insert(sequence.get(), bytes.to_vec()).is_none(), "each once");
        Ok::<_, Infallible>(())
    });
    let mut bytes = Vec::new();
    position.unwrap()?.encode(&mut bytes);
    Some((Position::decode(&bytes).unwrap(), read))
}

/// The positions behind each segment but the last, as readers found them who came along when it was the last sealed one.
fn positions(dir: &Path) -> Vec<Position> {
    let mut positions: Vec<Position> = Vec::new();
    let all = segments(dir);
    for sealed_max in 1..all.len() {
        let until_then = tempfile::tempdir().unwrap();
        for number in &all[..=sealed_max] {
            let name = layout::segment_name(*number);
            std::fs::copy(dir.join(&name), until_then.path().join(&name)).unwrap();
        }
        let behind = positions.last();
        positions.push(sealed(until_then.path(), behind).unwrap().0);
    }
    positions
}

#[test]
fn a_start_behind_any_position_gives_the_rest_and_goes_on_exactly_as_one_that_read_all() {
    let dir = tempfile::tempdir().unwrap();
    let expected = history(dir.path());
    for position in positions(dir.path()) {
        let copies = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for copy in &copies {
            for number in segments(dir.path()) {
                let name = layout::segment_name(number);
                std::fs::copy(dir.path().join(&name), copy.path().join(&name)).unwrap();
            }
        }
        let (whole, all) = open_behind(copies[0].path(), None).unwrap();
        assert_eq!(all, expected);
        remove(copies[1].path(), 1..=position.segment());
        let read = read_only_behind(
            &FileDisk::existing(copies[1].path()).unwrap(),
            Some(&position),
            |sequence, _, bytes| {
                assert_eq!(expected[&sequence.get()], bytes);
                Ok::<_, Infallible>(())
            },
        );
        let read = read.unwrap().unwrap();
        let (mut journal, rest) = open_behind(copies[1].path(), Some(&position)).unwrap();
        assert_eq!(read.records, rest.len() as u64);
        assert_eq!(rest, expected.clone().split_off(&(position.last().get() + 1)));
        assert!(journal.appender.state() == whole.appender.state(), "behind {position:?}");
        assert_eq!(journal.recovered().epoch, whole.recovered().epoch);
        // Over the next link and into the next segment, and once more from there.
        for number in 0..=255u8 {
            append(&mut journal, &[number]);
        }
        seal(&mut journal);
        drop(journal);
        let (later, more) = sealed(copies[1].path(), Some(&position)).unwrap();
        assert_eq!(more.len(), rest.len() + 256);
        let (_, rest) = open_behind(copies[1].path(), Some(&later)).unwrap();
        assert!(rest.is_empty());
    }
}

#[test]
fn sealed_segments_are_read_once_each_and_the_growing_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    assert!(sealed(dir.path(), None).is_none(), "no journal");
    let (mut journal, _) = read_back(dir.path());
    append(&mut journal, b"one");
    assert!(sealed(dir.path(), None).is_none(), "nothing is sealed");
    seal(&mut journal);
    let last = append(&mut journal, b"two");
    let (position, read) = sealed(dir.path(), None).unwrap();
    assert_eq!(read.into_values().collect::<Vec<_>>(), [b"one"]);
    assert_eq!((position.segment(), position.last().get(), position.epoch()), (1, last - 1, 1));
    assert_eq!((position.at(), position.uuid()), (UtcMillis::new(5), journal.recovered().uuid));
    assert!(sealed(dir.path(), Some(&position)).is_none());
    seal(&mut journal);
    let (_, read) = sealed(dir.path(), Some(&position)).unwrap();
    assert_eq!(read.into_values().collect::<Vec<_>>(), [b"two"]);
}

#[test]
fn without_the_first_segments_and_without_a_position_a_start_says_that_a_snapshot_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    history(dir.path());
    remove(dir.path(), 1..=2);
    let Err(error) = open_behind(dir.path(), None) else { panic!("it must be refused") };
    assert_eq!(
        error.to_string(),
        "the journal has segments 3 to 5 and none before: what stood there is in a snapshot, and one is needed to begin with"
    );
    let read = read_only(&FileDisk::existing(dir.path()).unwrap(), |_, _, _| Ok::<_, Infallible>(()));
    assert!(matches!(read, Err(JournalError::SnapshotNeeded { first: 3, last: 5 })));
    assert_eq!(segments(dir.path()), [3, 4, 5], "nothing was changed");
}

#[test]
fn a_position_that_the_journal_does_not_continue_is_refused_as_another_history() {
    let dir = tempfile::tempdir().unwrap();
    history(dir.path());
    let positions = positions(dir.path());
    let other = tempfile::tempdir().unwrap();
    history(other.path());
    let refused = |dir: &Path, position: &Position, why: &str| {
        let before = segments(dir);
        let Err(error) = open_behind(dir, Some(position)) else { panic!("it must be refused: {why}") };
        let text = error.to_string();
        assert!(text.contains("not of one history") && text.contains(why), "{text}");
        assert!(text.contains(&format!("segment {}", position.segment())), "{text}");
        assert_eq!(segments(dir), before);
    };
    refused(other.path(), &positions[1], "belongs to journal");
    // A journal that is older than the snapshot, and one whose next segment is lost.
    remove(dir.path(), [5]);
    refused(dir.path(), &positions[3], "segment-00000000000000000005.kcj is missing");
    remove(dir.path(), [3]);
    refused(dir.path(), &positions[1], "segment-00000000000000000003.kcj is missing");
    // A gap behind the next segment is no question of the snapshot.
    assert!(matches!(open_behind(dir.path(), Some(&positions[0])), Err(JournalError::MissingSegment { .. })));
    remove(dir.path(), segments(dir.path()));
    refused(dir.path(), &positions[0], "segment-00000000000000000002.kcj is missing");
}

#[test]
fn two_histories_that_parted_are_told_apart_even_where_their_numbers_are_equal() {
    let (dir, fork) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut journal, _) = read_back(dir.path());
    append(&mut journal, b"of both");
    drop(journal);
    let name = layout::segment_name(1);
    std::fs::copy(dir.path().join(&name), fork.path().join(&name)).unwrap();
    for (dir, byte) in [(dir.path(), 1), (fork.path(), 2)] {
        let (mut journal, _) = read_back(dir);
        for number in 0..=255u8 {
            append(&mut journal, &[byte, number]);
        }
        seal(&mut journal);
        append(&mut journal, b"more");
    }
    let (position, _) = sealed(dir.path(), None).unwrap();
    assert!(open_behind(dir.path(), Some(&position)).is_ok());
    let Err(error) = open_behind(fork.path(), Some(&position)) else { panic!("it must be refused") };
    assert!(
        error.to_string().contains("the chain in segment-00000000000000000006.kcj is another"),
        "{error}"
    );
}

#[test]
fn segments_are_retired_up_to_a_number_and_the_last_one_never() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FileDisk::new(dir.path()).unwrap();
    assert_eq!(retire(&disk, 7).unwrap(), 0, "no journal");
    let expected = history(dir.path());
    let positions = positions(dir.path());
    assert_eq!(retire(&disk, 0).unwrap(), 0);
    assert_eq!(retire(&disk, 2).unwrap(), 2);
    assert_eq!(segments(dir.path()), [3, 4, 5]);
    assert_eq!(retire(&disk, 2).unwrap(), 0);
    let (_, rest) = open_behind(dir.path(), Some(&positions[1])).unwrap();
    assert_eq!(rest, expected.clone().split_off(&(positions[1].last().get() + 1)));
    assert_eq!(retire(&disk, u64::MAX).unwrap(), 2);
    let (_, rest) = open_behind(dir.path(), Some(&positions[3])).unwrap();
    assert_eq!(rest, expected.clone().split_off(&(positions[3].last().get() + 1)));
    assert_eq!(segments(dir.path()), [5]);
}

#[test]
fn a_reader_of_sealed_segments_beside_the_writer_sees_every_record_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = read_back(dir.path());
    let (intake, mut owners) = Intake::new(1, 64);
    let (handle, committer) =
        journal.start(Arc::clone(&intake), Settled::default(), Arc::new(StillClock)).unwrap();
    let owner = owners.pop().unwrap();
    let producer = std::thread::spawn({
        let handle = handle.clone();
        move || {
            for number in 0..20_000u32 {
                while owner.permit().map(|permit| permit.push(Bytes(number.to_le_bytes().repeat(9)))).is_err()
                {
                    std::thread::yield_now();
                }
                if number % 1_000 == 0 {
                    handle.seal();
                }
            }
        }
    });
    let mut position: Option<Position> = None;
    let mut next = 0u32;
    let mut rounds = 0;
    let mut read_on = || {
        let read = read_sealed(&FileDisk::existing(dir.path()).unwrap(), position.as_ref(), |_, _, bytes| {
            assert_eq!(bytes, next.to_le_bytes().repeat(9));
            next += 1;
            Ok::<_, Infallible>(())
        });
        if let Some(read) = read.unwrap() {
            rounds += 1;
            position = Some(read);
        }
    };
    while !producer.is_finished() {
        read_on();
    }
    producer.join().unwrap();
    handle.stop();
    committer.join().unwrap().unwrap();
    // The stop has sealed the rest.
    read_on();
    assert!(rounds > 1, "it was read while it was written");
    assert_eq!((next, position.unwrap().last()), (20_000, handle.durable()));
}

#[test]
fn a_reader_goes_on_though_what_it_has_read_is_given_up_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let expected = history(dir.path());
    let mut read = BTreeMap::new();
    let disk = FileDisk::existing(dir.path()).unwrap();
    let giving_up = FileDisk::existing(dir.path()).unwrap();
    let done = read_only(&disk, |sequence, _at, bytes| {
        // In the third segment, the first two are read to their ends.
        if sequence.get() == 90 {
            assert_eq!(retire(&giving_up, 2).unwrap(), 2);
        }
        read.insert(sequence.get(), bytes.to_vec());
        Ok::<_, Infallible>(())
    });
    assert!(done.unwrap().is_some());
    assert_eq!(read, expected);
    assert_eq!(segments(dir.path())[0], 3);
}

#[test]
fn who_follows_the_journal_learns_that_what_comes_next_was_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let expected = history(dir.path());
    let disk = std::sync::Arc::new(FileDisk::existing(dir.path()).unwrap());
    let durable = Sequence::new(*expected.keys().last().unwrap());
    let mut tail = Tail::from(Arc::clone(&disk), Sequence::new(1));
    let mut next = 0;
    tail.read(durable, 10, |record| next = record.sequence.get() + 1).unwrap();
    assert_eq!(retire(&*disk, 3).unwrap(), 3);
    match tail.read(durable, usize::MAX, |record| next = record.sequence.get() + 1) {
        Err(TailError::DoesNotReachBack { wanted, first }) => {
            assert_eq!(wanted.get(), next, "what stood in the open file was read to its end");
            assert!(first > wanted, "{first:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_kept_is_told_with_the_last_record_of_each_segment() {
    let dir = tempfile::tempdir().unwrap();
    let expected = history(dir.path());
    let disk = FileDisk::existing(dir.path()).unwrap();
    let all = kept(&disk).unwrap();
    assert_eq!(all.sealed.iter().map(|sealed| sealed.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(all.sealed.iter().all(|sealed| sealed.bytes == options().segment_bytes));
    assert_eq!(all.in_use_bytes, options().segment_bytes);
    for sealed in &all.sealed {
        assert!(expected.contains_key(&sealed.last.get()), "each was sealed behind a record of the engine's");
        assert_eq!(sealed.last_at, UtcMillis::new(5));
    }
    retire(&disk, 2).unwrap();
    assert_eq!(kept(&disk).unwrap().sealed, all.sealed[2..]);
}
