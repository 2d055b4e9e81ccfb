//! Copies of a journal that is written meanwhile.

use super::*;
use crate::journal::{JournalHandle, copy_segments};

/// Copies the journal, and reads the copy as a start does; its records.
fn copied(from: &std::path::Path) -> BTreeMap<u64, Vec<u8>> {
    let to = tempfile::tempdir().unwrap();
    let (from, into) = (FileDisk::existing(from).unwrap(), FileDisk::existing(to.path()).unwrap());
    assert!(copy_segments(&from, &into).unwrap() > 0);
    let (journal, read) = read_back(to.path());
    assert!(
        journal.recovered().cut.is_none(),
        "a copy ends with what is whole: {:?}",
        journal.recovered().cut
    );
    read
}

#[test]
fn a_copy_beside_the_writer_has_all_that_was_durable_before_and_opens() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = read_back(dir.path());
    let (intake, mut owners) = Intake::new(1, 64);
    let settled = Settled::default();
    let (handle, committer) =
        journal.start(Arc::clone(&intake), settled.clone(), Arc::new(StillClock)).unwrap();
    let owner = owners.pop().unwrap();
    let seal: JournalHandle = handle.clone();
    let producer = std::thread::spawn(move || {
        for number in 0..6_000u32 {
            loop {
                if let Ok(permit) = owner.permit() {
                    let _ = permit.push(Bytes(number.to_le_bytes().repeat(20)));
                    break;
                }
                std::thread::yield_now();
            }
            if number % 1500 == 0 {
                seal.seal();
            }
        }
    });
    let mut copies = 0;
    while !producer.is_finished() || copies < 3 {
        let before = settled.0.lock().unwrap().clone();
        let read = copied(dir.path());
        for (sequence, bytes) in &before {
            assert_eq!(read.get(sequence), Some(bytes), "record {sequence} was durable before");
        }
        copies += 1;
    }
    producer.join().unwrap();
    handle.stop();
    committer.join().unwrap().unwrap();
    assert_eq!(copied(dir.path()), *settled.0.lock().unwrap(), "of a journal at rest the copy has all");
}
