//! Sealed segments that are packed, on real files.

use std::path::Path;

use super::*;
use crate::journal::{JournalError, Repacked, read_sealed, repack};

/// Two sealed segments, the first of several pieces with short and long records, and a third in use.
fn written(dir: &Path) -> BTreeMap<u64, Vec<u8>> {
    let options = Options { segment_bytes: 2 * 1024 * 1024, ..Options::default() };
    let none = |_, _, _: &[u8]| Ok::<_, Infallible>(());
    let mut journal = Journal::open(FileDisk::new(dir).unwrap(), options, none).unwrap();
    let mut expected = BTreeMap::new();
    for number in 0..300u32 {
        // Now and then bytes that don't deflate.
        let bytes = match number % 20 {
            0 => blake3::hash(&number.to_le_bytes()).as_bytes().repeat(900),
            1 => {
                let mut noise = vec![0; 20_000];
                blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut noise);
                noise
            }
            _ => number.to_le_bytes().repeat(20),
        };
        expected.insert(append(&mut journal, &bytes), bytes);
    }
    seal(&mut journal);
    expected.insert(append(&mut journal, b"alone"), b"alone".to_vec());
    seal(&mut journal);
    expected.insert(append(&mut journal, b"in use"), b"in use".to_vec());
    expected
}

fn bytes_of(dir: &Path, number: u64) -> u64 {
    std::fs::metadata(dir.join(layout::segment_name(number))).unwrap().len()
}

#[test]
fn a_packed_journal_is_a_fraction_as_long_and_reads_as_it_did() {
    let dir = tempfile::tempdir().unwrap();
    let expected = written(dir.path());
    let disk = FileDisk::new(dir.path()).unwrap();
    let none = |_, _, _: &[u8]| Ok::<_, Infallible>(());
    let before = read_sealed(&disk, None, none).unwrap();
    for number in 1..=2 {
        let Repacked::Shorter { before, after } = repack(&disk, number).unwrap() else { panic!("{number}") };
        assert_eq!((before, after), (2 * 1024 * 1024, bytes_of(dir.path(), number)));
        assert!(after < if number == 1 { 600_000 } else { 5_000 }, "segment {number} has {after} bytes");
        assert_eq!(repack(&disk, number).unwrap(), Repacked::AsItWas);
    }
    assert_eq!(repack(&disk, 3).unwrap(), Repacked::NotSealed);
    assert_eq!(repack(&disk, 4).unwrap(), Repacked::NotSealed);
    assert!(read_sealed(&disk, None, none).unwrap() == before, "the same position");
    let mut read = BTreeMap::new();
    let shown = read_only(&disk, |sequence, _, bytes| {
        read.insert(sequence.get(), bytes.to_vec());
        Ok::<_, Infallible>(())
    });
    assert_eq!((shown.unwrap().map(|shown| shown.segments), read), (Some(3), expected.clone()));
    let (mut journal, mut read) = read_back(dir.path());
    assert_eq!(read, expected);
    read.insert(append(&mut journal, b"more"), b"more".to_vec());
    drop(journal);
    assert_eq!(read_back(dir.path()).1, read);
}

#[test]
fn a_packed_segment_that_becomes_the_last_one_is_written_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut expected = written(dir.path());
    let disk = FileDisk::new(dir.path()).unwrap();
    repack(&disk, 1).unwrap();
    // As nobody should: the newest segments are gone.
    for number in 2..=3 {
        std::fs::remove_file(dir.path().join(layout::segment_name(number))).unwrap();
    }
    expected.retain(|_, bytes| bytes != b"alone" && bytes != b"in use");
    let (mut journal, read) = read_back(dir.path());
    assert_eq!(read, expected);
    assert_eq!(bytes_of(dir.path(), 1), 2 * 1024 * 1024);
    expected.insert(append(&mut journal, b"on"), b"on".to_vec());
    drop(journal);
    assert_eq!(read_back(dir.path()).1, expected);
}

#[test]
fn every_changed_byte_and_every_cut_of_a_packed_segment_is_refused_with_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let expected = written(dir.path());
    let disk = FileDisk::new(dir.path()).unwrap();
    repack(&disk, 2).unwrap();
    let path = dir.path().join(layout::segment_name(2));
    let whole = std::fs::read(&path).unwrap();
    let refused = |context: String| {
        let result = Journal::open(FileDisk::new(dir.path()).unwrap(), options(), |sequence, _, bytes| {
            assert_eq!(expected[&sequence.get()], bytes, "{context}");
            Ok::<_, Infallible>(())
        });
        let Err(error) = result else { panic!("{context}: it must be refused") };
        let named = matches!(&error, JournalError::Corrupt { file, .. } if *file == layout::segment_name(2));
        assert!(named, "{context}: {error}");
    };
    for at in (0..128).chain(layout::BLOCK_BYTES..whole.len()) {
        let mut changed = whole.clone();
        changed[at] ^= 0x20;
        std::fs::write(&path, changed).unwrap();
        refused(format!("byte {at}"));
    }
    for length in (0..whole.len()).step_by(37) {
        std::fs::write(&path, &whole[..length]).unwrap();
        refused(format!("cut to {length}"));
    }
}

#[test]
fn a_damaged_segment_is_not_packed_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path());
    let disk = FileDisk::new(dir.path()).unwrap();
    let path = dir.path().join(layout::segment_name(1));
    let mut content = std::fs::read(&path).unwrap();
    content[40 * layout::BLOCK_BYTES + 70] ^= 1;
    std::fs::write(&path, &content).unwrap();
    let error = repack(&disk, 1).expect_err("damaged");
    assert!(
        matches!(&error, JournalError::Corrupt { file, .. } if *file == layout::segment_name(1)),
        "{error}"
    );
    assert!(std::fs::read(&path).unwrap() == content);
    let files = std::fs::read_dir(dir.path()).unwrap().filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        layout::segment_number(name.to_str().unwrap()).is_none()
    });
    assert_eq!(files.count(), 0, "nothing is left behind");
}
