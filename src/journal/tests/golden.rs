//! Journals that earlier formats have written: they stay readable for ever, and say what they said.
//!
//! `tests/golden/journal-N` has segments of the formats up to N, as they were written when N was the newest, and the position
//! behind the sealed one. `record` says what stands in them.

use std::path::{Path, PathBuf};

use super::*;
use crate::journal::chain::LINK_RECORDS;
use crate::journal::{Position, read_sealed, uuid_text};

const RECORDS: u64 = LINK_RECORDS + 44;

/// The data record with this number, from 0.
fn record(number: u64) -> Vec<u8> {
    format!("record {number} {}", "of a journal ".repeat(usize::try_from(number % 9).unwrap())).into_bytes()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[test]
fn a_journal_of_each_earlier_format_is_read_and_written_on() {
    for (name, segments) in [("journal-1", 2), ("journal-2", 2)] {
        let dir = tempfile::tempdir().unwrap();
        for number in 1..=segments {
            let segment = layout::segment_name(number);
            std::fs::copy(golden(name).join(&segment), dir.path().join(&segment)).unwrap();
        }
        let disk = FileDisk::new(dir.path()).unwrap();
        let position = read_sealed(&disk, None, |_, _, _| Ok::<_, Infallible>(())).unwrap();
        let kept = std::fs::read(golden(name).join("position")).unwrap();
        assert!(position == Some(Position::decode(&kept).unwrap()), "{name}");
        let (mut journal, read) = read_back(dir.path());
        assert_eq!(
            read.into_values().collect::<Vec<_>>(),
            (0..RECORDS).map(record).collect::<Vec<_>>(),
            "{name}"
        );
        assert_eq!(uuid_text(&journal.recovered().uuid), "67676767-6767-6767-6767-676767676767");
        append(&mut journal, b"and more");
        drop(journal);
        assert_eq!(read_back(dir.path()).1.len() as u64, RECORDS + 1, "{name}");
    }
}
