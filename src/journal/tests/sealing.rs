//! Segments that are ended before they are full, on real files.

use std::time::Instant;

use super::*;

#[derive(Default)]
struct SetClock(Mutex<i64>);

impl Clock for SetClock {
    fn now(&self) -> UtcMillis {
        UtcMillis::new(*self.0.lock().unwrap())
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Lets the committer's thread work until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "a real thread is waited for")]
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} has not come");
        std::thread::yield_now();
    }
}

#[test]
fn a_segment_is_sealed_when_asked_though_nothing_comes_and_never_without_records() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = read_back(dir.path());
    let (intake, owners) = Intake::new(1, 64);
    let (handle, committer) =
        journal.start(Arc::clone(&intake), Settled::default(), Arc::new(StillClock)).unwrap();
    handle.seal();
    let ticket = owners[0].permit().unwrap().push(Bytes(b"one".to_vec()));
    until("the record", || intake.outcome(ticket) == Some(Outcome::Durable));
    assert_eq!(handle.segments(), 1, "there was nothing to seal when it was asked");
    handle.seal();
    until("the seal", || handle.segments() == 2);
    handle.seal();
    handle.stop();
    committer.join().unwrap().unwrap();
    assert_eq!(handle.segments(), 2, "the second has no record");
    let (journal, read) = read_back(dir.path());
    assert_eq!(read.into_values().collect::<Vec<_>>(), [b"one"]);
    assert_eq!(journal.appender.segments(), 2);
    // A start writes the last segment anew, and what it says of the time of its first record stays.
    assert_eq!(journal.appender.data_since(), None);
}

#[test]
fn a_stop_seals_the_segment_and_a_start_goes_on_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    for life in 1..=3u64 {
        let (journal, read) = read_back(dir.path());
        assert_eq!(read.len() as u64, life - 1);
        assert_eq!(journal.appender.segments(), life);
        let (intake, owners) = Intake::new(1, 64);
        let (handle, committer) = journal.start(intake, Settled::default(), Arc::new(StillClock)).unwrap();
        let _ = owners[0].permit().unwrap().push(Bytes(vec![7; 100]));
        handle.stop();
        committer.join().unwrap().unwrap();
        assert_eq!(handle.segments(), life + 1);
    }
}

#[test]
fn a_segment_is_sealed_when_its_first_record_is_old_enough_also_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::default());
    let seal_after_ms = options().seal_after_ms;
    let mut number = 0;
    for (now, segments) in [
        (1_000, 1),
        (seal_after_ms + 999, 1),
        (seal_after_ms + 1_000, 2),
        (seal_after_ms * 2 + 999, 2),
        (seal_after_ms * 9, 3),
    ] {
        *clock.0.lock().unwrap() = now;
        // A start each time: the age is the segment's, not the process's.
        let (journal, _) = read_back(dir.path());
        let (intake, owners) = Intake::new(1, 64);
        let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&clock);
        let mut committer = journal.committer(intake, Settled::default(), clock);
        let _ = owners[0].permit().unwrap().push(Bytes(vec![number]));
        assert_eq!(committer.step().unwrap(), Step::Durable(1));
        assert_eq!(committer.handle().segments(), segments, "at {now}");
        number += 1;
    }
    let (_, read) = read_back(dir.path());
    assert_eq!(
        read.into_values().collect::<Vec<_>>(),
        (0..number).map(|number| vec![number]).collect::<Vec<_>>()
    );
}

#[test]
fn a_sealed_segment_has_its_length_and_zeros_behind_its_records() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = read_back(dir.path());
    append(&mut journal, b"one");
    seal(&mut journal);
    append(&mut journal, b"two");
    drop(journal);
    let content = std::fs::read(dir.path().join(layout::segment_name(1))).unwrap();
    assert_eq!(content.len() as u64, options().segment_bytes);
    // The header, the epoch's frame and the record's.
    assert!(content[3 * layout::BLOCK_BYTES..].iter().all(|&byte| byte == 0));
    let read = read_only(&FileDisk::existing(dir.path()).unwrap(), |_, _, _| Ok::<_, Infallible>(()));
    assert_eq!(read.unwrap().map(|read| (read.records, read.segments)), Some((2, 2)));
    let (_, read) = read_back(dir.path());
    assert_eq!(read.into_values().collect::<Vec<_>>(), [b"one", b"two"]);
}
