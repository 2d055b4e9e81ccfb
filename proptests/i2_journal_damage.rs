//! I2 when the medium lies: every cut, every flipped bit, copied and missing pieces. The outcome is an exact prefix or a
//! refusal that names the place, never something else.

use kaichang::journal::JournalError;
use kaichang::journal::layout::segment_name;

use crate::journal_script::{Found, Setting, torture};
use crate::sim_disk::SimDisk;

const BLOCK: usize = 4096;
const SETTING: Setting = Setting::of_seed(3);

/// A log of several segments, and the offsets of the last one's frames.
fn log() -> (SimDisk, Found, String, Vec<usize>) {
    let disk = SimDisk::default();
    let (history, result) = SETTING.run(&disk);
    result.expect("no fault");
    let disk = disk.copied();
    let last = disk.names().into_iter().rfind(|name| name.starts_with("segment-")).expect("segments");
    let content = disk.content(&last);
    let frames = (1..content.len() / BLOCK)
        .map(|block| block * BLOCK)
        .filter(|&at| content[at..].starts_with(b"KCF1"))
        .collect();
    (disk, history.acknowledged().clone(), last, frames)
}

/// Starts on a damaged disk: whatever is found is a prefix of what stood there; how much is missing.
fn start(disk: &SimDisk, whole: &Found, context: &str) -> Result<usize, JournalError> {
    let before = disk.copied();
    let names = before.names();
    match SETTING.open(disk, 50) {
        Ok((_, found)) => {
            assert!(found.iter().zip(whole).all(|(found, whole)| found == whole), "{context}: not a prefix");
            assert!(found.len() <= whole.len(), "{context}: records from nowhere");
            Ok(whole.len() - found.len())
        }
        Err(error) => {
            assert_eq!(disk.names(), names, "{context}: a refused start changes nothing");
            assert!(names.iter().all(|name| disk.content(name) == before.content(name)), "{context}");
            Err(error)
        }
    }
}

#[test]
fn every_cut_of_a_segment_is_refused_with_its_place() {
    let (disk, whole, last, frames) = log();
    let content = disk.content(&last);
    let used = frames.last().expect("frames") + 2 * BLOCK;
    let step = if torture() { 1 } else { 13 };
    for length in (0..used).step_by(step).chain((used..content.len()).step_by(512)) {
        let cut = disk.copied();
        cut.set_content(&last, content[..length].to_vec());
        let error = start(&cut, &whole, &format!("cut to {length}")).expect_err("a segment is never shorter");
        let JournalError::Corrupt { file, offset, .. } = error else { panic!("cut to {length}: {error}") };
        assert_eq!((file.as_str(), offset), (last.as_str(), length as u64));
    }
}

#[test]
fn a_tail_of_zeros_from_any_byte_on_is_cut_or_refused() {
    let (disk, whole, last, frames) = log();
    let content = disk.content(&last);
    let step = if torture() { 1 } else { 29 };
    for from in (BLOCK..frames.last().expect("frames") + BLOCK).step_by(step) {
        let torn = disk.copied();
        let mut changed = content.clone();
        changed[from..].fill(0);
        torn.set_content(&last, changed);
        start(&torn, &whole, &format!("zeros from {from}")).expect("a torn tail is cut");
    }
}

#[test]
fn every_flipped_bit_is_harmless_cut_at_the_tail_or_refused_with_its_place() {
    let (disk, whole, last, frames) = log();
    let content = disk.content(&last);
    let last_frame = *frames.last().expect("frames");
    let step = if torture() { 1 } else { 11 };
    let mut refused = 0;
    for bit in (0..(last_frame + 2 * BLOCK).min(content.len()) * 8).step_by(step) {
        let mut changed = content.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let flipped = disk.copied();
        flipped.set_content(&last, changed);
        match start(&flipped, &whole, &format!("bit {bit}")) {
            Ok(0) => {}
            Ok(_) => {
                assert!(bit / 8 >= last_frame, "bit {bit}: only the last frame may be taken for a torn tail")
            }
            Err(JournalError::Corrupt { file, offset, .. }) => {
                refused += 1;
                assert_eq!(file, last);
                let at = (bit / 8) as u64;
                assert!(offset <= at && at < offset + 64 * 1024, "bit {bit} was placed at {offset}");
            }
            Err(error) => panic!("bit {bit}: {error}"),
        }
    }
    assert!(refused > 100, "only {refused} were refused");
}

#[test]
fn a_flipped_bit_in_an_earlier_segment_is_never_taken_for_a_tail() {
    let (disk, whole, _, _) = log();
    let first = segment_name(1);
    let content = disk.content(&first);
    let step = if torture() { 1 } else { 101 };
    for bit in (0..content.len() * 8).step_by(step) {
        let mut changed = content.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let flipped = disk.copied();
        flipped.set_content(&first, changed);
        match start(&flipped, &whole, &format!("bit {bit}")) {
            Ok(missing) => assert_eq!(missing, 0, "bit {bit}"),
            Err(JournalError::Corrupt { file, .. }) => assert_eq!(file, first),
            Err(error) => panic!("bit {bit}: {error}"),
        }
    }
}

#[test]
fn a_frame_that_the_disk_put_elsewhere_is_cut_or_refused() {
    let (disk, whole, last, frames) = log();
    let content = disk.content(&last);
    let ends: Vec<usize> = (BLOCK..content.len()).step_by(BLOCK).collect();
    for &from in &frames {
        for &to in &ends {
            if from == to {
                continue;
            }
            let mut changed = content.clone();
            let (piece, room) = (content[from..(from + BLOCK)].to_vec(), to + BLOCK);
            changed[to..room].copy_from_slice(&piece);
            let copied = disk.copied();
            copied.set_content(&last, changed);
            let context = format!("block at {from} copied to {to}");
            if let Ok(missing) = start(&copied, &whole, &context) {
                assert!(
                    missing == 0 || to >= *frames.last().expect("frames"),
                    "{context}: {missing} are missing"
                );
            }
        }
    }
}

#[test]
fn missing_exchanged_and_foreign_segments_are_refused() {
    let (disk, whole, last, _) = log();
    let count = disk.names().len() as u64;
    assert!(count > 2, "several segments");
    for number in 1..count {
        let missing = disk.copied();
        missing.forget(&segment_name(number));
        let error = start(&missing, &whole, "missing").expect_err("a gap");
        let named = if number == 1 {
            matches!(&error, JournalError::SnapshotNeeded { first: 2, .. })
        } else {
            matches!(&error, JournalError::MissingSegment { file } if *file == segment_name(number))
        };
        assert!(named, "segment {number}: {error}");
    }
    let exchanged = disk.copied();
    let (first, second) = (disk.content(&segment_name(1)), disk.content(&segment_name(2)));
    exchanged.set_content(&segment_name(1), second);
    exchanged.set_content(&segment_name(2), first);
    assert!(matches!(start(&exchanged, &whole, "exchanged"), Err(JournalError::Corrupt { .. })));
    let other = SimDisk::default();
    let (_, result) = Setting::of_seed(99).run(&other);
    result.expect("no fault");
    let foreign = disk.copied();
    foreign.set_content(&last, other.content(&last));
    assert!(matches!(start(&foreign, &whole, "foreign"), Err(JournalError::OtherJournal { .. })));
}

/// When this fails, old journals can't be read any more unless the format's version was raised and the old one is kept.
#[test]
fn the_format_is_the_one_that_was_written_before() {
    let (disk, _, _, _) = log();
    let hash = blake3::hash(&disk.content(&segment_name(1))).to_hex();
    assert_eq!(hash.as_str(), "787e810b7802eec609886884679056992dad364c939eaa3b7f1c5de08af7cbc4");
}
