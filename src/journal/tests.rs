//! The journal on real files, through its own threads.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::domain::clock::Clock;
use crate::domain::time::UtcMillis;
use crate::engine::lane::Intake;
use crate::engine::log::{Outcome, Record, Sequence, Settle};

use super::chain::Kind;
use super::frame::{FrameBuilder, FrameHeader};
use super::segment::SegmentHeader;
use super::spare::Wait;
use super::{FileDisk, Gathering, Journal, Options, Step, layout, read_only};

mod behind;
mod copying;
mod golden;
mod repack;
mod sealing;

pub(super) struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> UtcMillis {
        UtcMillis::new(1_800_000_000_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Clone)]
struct Bytes(Vec<u8>);

impl Record for Bytes {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

#[derive(Clone, Default)]
struct Settled(Arc<Mutex<BTreeMap<u64, Vec<u8>>>>);

impl Settle<Bytes> for Settled {
    fn durable(&mut self, sequence: Sequence, _at: UtcMillis, record: Bytes) {
        assert!(self.0.lock().unwrap().insert(sequence.get(), record.0).is_none(), "a sequence is used once");
    }

    fn not_written(&mut self, _record: Bytes) {
        panic!("there is room");
    }
}

fn options() -> Options {
    Options { segment_bytes: 256 * 1024, ..Options::default() }
}

fn read_back(dir: &std::path::Path) -> (Journal<FileDisk>, BTreeMap<u64, Vec<u8>>) {
    let mut read = BTreeMap::new();
    let journal = Journal::open(FileDisk::new(dir).unwrap(), options(), |sequence, _at, bytes| {
        read.insert(sequence.get(), bytes.to_vec());
        Ok::<_, Infallible>(())
    })
    .unwrap();
    (journal, read)
}

#[test]
fn what_threads_push_is_there_again_after_a_stop_and_a_start() {
    const LANES: usize = 4;
    const RECORDS: usize = 2_000;
    let dir = tempfile::tempdir().unwrap();
    let mut expected = BTreeMap::new();
    for life in 1..=3u64 {
        let (journal, read) = read_back(dir.path());
        assert_eq!(read, expected, "life {life}");
        assert_eq!(journal.recovered().epoch, life);
        let (intake, owners) = Intake::new(LANES, 64);
        let settled = Settled::default();
        let (handle, committer) =
            journal.start(Arc::clone(&intake), settled.clone(), Arc::new(StillClock)).unwrap();
        let producers: Vec<_> = owners
            .into_iter()
            .map(|owner| {
                std::thread::spawn(move || {
                    let mut last = None;
                    for number in 0..RECORDS {
                        let permit = loop {
                            match owner.permit() {
                                Ok(permit) => break permit,
                                Err(_) => std::thread::yield_now(),
                            }
                        };
                        let text = format!(
                            "life {life} lane {} record {number} {}",
                            owner.no().index(),
                            "x".repeat(number % 200)
                        );
                        last = Some(permit.push(Bytes(text.into_bytes())));
                    }
                    last
                })
            })
            .collect();
        let tickets: Vec<_> = producers.into_iter().filter_map(|producer| producer.join().unwrap()).collect();
        handle.stop();
        committer.join().unwrap().unwrap();
        assert!(tickets.iter().all(|&ticket| intake.outcome(ticket) == Some(Outcome::Durable)));
        let settled = std::mem::take(&mut *settled.0.lock().unwrap());
        assert_eq!(settled.len(), LANES * RECORDS);
        assert_eq!(handle.durable().get(), *settled.keys().last().unwrap());
        assert!(handle.segments() > 1, "several segments were filled");
        // The last one was ended by the stop, as full as it was, and nothing stands in the one behind it.
        assert!(handle.bytes() > (handle.segments() - 2) * (256 - 64) * 1024);
        expected.extend(settled);
    }
    let (_, read) = read_back(dir.path());
    assert_eq!(read, expected);
    let numbers: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(numbers.iter().all(|name| layout::segment_number(name).is_some()), "no left-overs: {numbers:?}");
}

#[test]
fn each_lane_keeps_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = read_back(dir.path());
    let (intake, owners) = Intake::new(3, 64);
    let mut committer = journal.committer(intake, Settled::default(), Arc::new(StillClock));
    for round in 0..50u8 {
        for owner in &owners {
            let lane = u8::try_from(owner.no().index()).unwrap();
            let _ = owner.permit().unwrap().push(Bytes(vec![lane, round]));
        }
        if round % 7 == 0 {
            committer.step().unwrap();
        }
    }
    committer.step().unwrap();
    drop(committer);
    let (_, read) = read_back(dir.path());
    for lane in 0..3 {
        let rounds: Vec<u8> = read.values().filter(|bytes| bytes[0] == lane).map(|bytes| bytes[1]).collect();
        assert_eq!(rounds, (0..50).collect::<Vec<_>>());
    }
}

/// Makes one batch of one record durable, below the committer.
fn append(journal: &mut Journal<FileDisk>, bytes: &[u8]) -> u64 {
    let mut frame = FrameBuilder::new();
    frame.push(|out| out.extend_from_slice(bytes)).unwrap();
    let appender = &mut journal.appender;
    let written = appender
        .write(&mut frame, UtcMillis::new(5))
        .unwrap_or_else(|error| panic!("{}", error.into_inner()));
    appender.sync().unwrap_or_else(|error| panic!("{}", error.into_inner()));
    appender.advance(&frame, &written);
    written.first.get()
}

/// Ends the segment in use, below the committer.
fn seal(journal: &mut Journal<FileDisk>) {
    let ended = journal.appender.begin_segment(Wait::UntilReady);
    ended.unwrap_or_else(|error| panic!("{}", error.into_inner()));
}

#[test]
fn frames_of_a_recycled_segments_earlier_life_never_pass() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = read_back(dir.path());
    let mut expected = BTreeMap::new();
    while journal.appender.segments() == 1 {
        let bytes = format!("record {} of the first life", expected.len()).into_bytes();
        if journal.appender.bytes() == 256 * 1024 {
            // Full: the next segment takes a copy of this one, as if this one were not needed any more.
            std::fs::copy(dir.path().join(layout::segment_name(1)), dir.path().join("old")).unwrap();
            journal.appender.spares.recycle("old").unwrap();
        }
        expected.insert(append(&mut journal, &bytes), bytes);
    }
    drop(journal);
    let second = std::fs::read(dir.path().join(layout::segment_name(2))).unwrap();
    assert!(
        second[3 * 4096..4 * 4096].windows(10).any(|part| part == b"first life"),
        "stale frames stand there"
    );
    let (_, read) = read_back(dir.path());
    assert_eq!(read, expected);
}

#[test]
fn a_reader_beside_the_writer_sees_every_record_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = read_back(dir.path());
    let (intake, mut owners) = Intake::new(1, 64);
    let (handle, committer) =
        journal.start(Arc::clone(&intake), Settled::default(), Arc::new(StillClock)).unwrap();
    let owner = owners.pop().unwrap();
    let producer = std::thread::spawn(move || {
        for number in 0..20_000u32 {
            loop {
                if let Ok(permit) = owner.permit() {
                    let _ = permit.push(Bytes(number.to_le_bytes().repeat(20)));
                    break;
                }
                std::thread::yield_now();
            }
        }
    });
    let mut last = 0;
    while !producer.is_finished() {
        let mut next = 0u32;
        let read = read_only(&FileDisk::existing(dir.path()).unwrap(), |_, _, bytes| {
            assert_eq!(bytes, next.to_le_bytes().repeat(20));
            next += 1;
            Ok::<_, Infallible>(())
        })
        .unwrap()
        .unwrap();
        assert_eq!(read.records, u64::from(next));
        assert!(read.records >= last, "what was read once stays");
        last = read.records;
    }
    producer.join().unwrap();
    handle.stop();
    committer.join().unwrap().unwrap();
    let read = read_only(&FileDisk::existing(dir.path()).unwrap(), |_, _, _| Ok::<_, Infallible>(()))
        .unwrap()
        .unwrap();
    assert_eq!((read.records, read.last, read.epoch), (20_000, handle.durable(), 1));
}

#[test]
fn batches_of_an_older_epoch_behind_an_epoch_record_are_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = read_back(dir.path());
    append(&mut journal, b"the first life");
    drop(journal);
    let (mut journal, mut expected) = read_back(dir.path());
    expected.insert(append(&mut journal, b"the second life"), b"the second life".to_vec());
    // A writer of epoch 1 that does not know that it was replaced, and knows the file's salt and place all the same.
    let path = dir.path().join(layout::segment_name(1));
    let mut content = std::fs::read(&path).unwrap();
    let seed = SegmentHeader::decode(&content[..4096], "s").unwrap().seed();
    let place = usize::try_from(journal.appender.bytes()).unwrap();
    drop(journal);
    let mut frame = FrameBuilder::new();
    frame.push(|out| out.extend_from_slice(b"a ghost")).unwrap();
    let header = FrameHeader {
        sequence: Sequence::new(3),
        epoch: 1,
        at: UtcMillis::new(9),
        kind: Kind::Data,
        block: u32::try_from(place / 4096).unwrap(),
        link: [0; 16],
    };
    content[place..place + 4096].copy_from_slice(frame.seal(&header, seed).bytes());
    std::fs::write(&path, content).unwrap();
    let (mut journal, read) = read_back(dir.path());
    assert_eq!(read, expected);
    expected.insert(append(&mut journal, b"the third life"), b"the third life".to_vec());
    drop(journal);
    let (_, read) = read_back(dir.path());
    assert_eq!(read, expected);
}

#[test]
fn a_record_that_is_too_long_is_refused_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = read_back(dir.path());
    let (intake, owners) = Intake::new(1, 64);
    let refused = Refused::default();
    let mut committer = journal.committer(Arc::clone(&intake), refused.clone(), Arc::new(StillClock));
    let lengths = [10, layout::RECORD_BYTES_MAX, layout::RECORD_BYTES_MAX + 1, 20];
    let tickets = lengths.map(|length| owners[0].permit().unwrap().push(Bytes(vec![7; length])));
    while committer.step().unwrap() != Step::Idle {}
    let outcomes = tickets.map(|ticket| intake.outcome(ticket).unwrap());
    assert_eq!(outcomes, [Outcome::Durable, Outcome::Durable, Outcome::NotWritten, Outcome::Durable]);
    assert_eq!(*refused.0.lock().unwrap(), [layout::RECORD_BYTES_MAX + 1]);
    drop(committer);
    let (_, read) = read_back(dir.path());
    assert_eq!(read.values().map(Vec::len).collect::<Vec<_>>(), [10, layout::RECORD_BYTES_MAX, 20]);
}

#[derive(Clone, Default)]
struct Refused(Arc<Mutex<Vec<usize>>>);

impl Settle<Bytes> for Refused {
    fn durable(&mut self, _sequence: Sequence, _at: UtcMillis, _record: Bytes) {}

    fn not_written(&mut self, record: Bytes) {
        self.0.lock().unwrap().push(record.0.len());
    }
}

#[test]
fn a_record_that_the_engine_refuses_makes_the_start_fail_and_names_its_sequence() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = read_back(dir.path());
    let sequence = append(&mut journal, b"from the future");
    drop(journal);
    let result =
        Journal::open(FileDisk::new(dir.path()).unwrap(), options(), |_, _, _| Err("an unknown event"));
    let Err(error) = result else { panic!("it must fail") };
    assert_eq!(error.to_string(), format!("record {sequence} could not be applied"));
}

#[test]
fn a_committer_that_ends_leaves_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = read_back(dir.path());
    let (intake, owners) = Intake::new(1, 64);
    let committer = journal.committer(Arc::clone(&intake), Settled::default(), Arc::new(StillClock));
    let ticket = owners[0].permit().unwrap().push(Bytes(vec![1]));
    drop(committer);
    assert_eq!(intake.outcome(ticket), Some(Outcome::Unknown));
    assert!(owners[0].permit().is_err());
}

#[test]
fn who_gathers_stops_waiting_when_all_who_could_bring_more_rest() {
    const PATIENCE: Duration = Duration::from_secs(60);
    let dir = tempfile::tempdir().unwrap();
    let gathering = Gathering {
        records_min: 1,
        records_enough: 1000,
        records_enough_at_rest: 2,
        slice: PATIENCE,
        slices_max: 2,
    };
    let options = Options { gathering, ..options() };
    let journal =
        Journal::open(FileDisk::new(dir.path()).unwrap(), options, |_, _, _| Ok::<_, Infallible>(()))
            .unwrap();
    let (intake, owners) = Intake::new(1, 64);
    intake.attendance().begin();
    let tickets = [1, 2].map(|byte| owners[0].permit().unwrap().push(Bytes(vec![byte])));
    let (handle, committer) =
        journal.start(Arc::clone(&intake), Settled::default(), Arc::new(StillClock)).unwrap();
    intake.attendance().rest();
    let is_told = |_: &u32| {
        std::thread::sleep(Duration::from_millis(1));
        intake.outcome(tickets[1]).is_some()
    };
    assert!((0..20_000).find(is_told).is_some(), "it waits for nobody");
    handle.stop();
    committer.join().unwrap().unwrap();
}
