//! Which segments there are, and whether they are the ones that should be.

use std::ops::RangeInclusive;

use super::disk::Disk;
use super::error::JournalError;
use super::layout::{segment_name, segment_number};
use super::position::Position;
use super::reader::open_segment;

/// The numbers of the segments behind a position, or of all: without gaps, and none only in a journal that is not made yet.
///
/// What stands up to the position is not looked at: it may be there, or have been given up in part or as a whole.
pub(super) fn segments_behind(
    disk: &impl Disk,
    behind: Option<&Position>,
) -> Result<RangeInclusive<u64>, JournalError> {
    let first = behind.map_or(1, |position| position.segment() + 1);
    let numbers: Vec<u64> = all_segments(disk)?.into_iter().filter(|&number| number >= first).collect();
    let last = numbers.last().copied().unwrap_or(first - 1);
    match (behind, numbers.first()) {
        (Some(position), found) if found != Some(&first) => return Err(position.without_next_segment()),
        (None, Some(&found)) if found != first => {
            return Err(JournalError::SnapshotNeeded { first: found, last });
        }
        (None | Some(_), _) => {}
    }
    expect_no_gap(first, numbers)?;
    Ok(first..=last)
}

/// The numbers of the segments behind one that was read: without gaps, and none when that was the last.
pub(super) fn segments_after(disk: &impl Disk, read: u64) -> Result<RangeInclusive<u64>, JournalError> {
    let first = read + 1;
    let numbers: Vec<u64> = all_segments(disk)?.into_iter().filter(|&number| number >= first).collect();
    let last = numbers.last().copied().unwrap_or(read);
    expect_no_gap(first, numbers)?;
    Ok(first..=last)
}

/// Refuses a journal that doesn't go on from a position: whose next segment is not there, or is another history's.
///
/// # Errors
/// `OtherHistory`, or what the disk says.
pub fn expect_behind<D: Disk>(disk: &D, position: &Position) -> Result<(), JournalError> {
    let number = position.segment() + 1;
    if !all_segments(disk)?.contains(&number) {
        return Err(position.without_next_segment());
    }
    let (reader, header) = open_segment(disk, &segment_name(number), number)?;
    position.expect_segment(&header, &reader.name)
}

fn expect_no_gap(first: u64, numbers: Vec<u64>) -> Result<(), JournalError> {
    for (expected, number) in (first..).zip(numbers) {
        if number != expected {
            return Err(JournalError::MissingSegment { file: segment_name(expected) });
        }
    }
    Ok(())
}

/// The numbers of all segments, ascending.
pub(super) fn all_segments(disk: &impl Disk) -> Result<Vec<u64>, JournalError> {
    let names = disk.list().map_err(JournalError::io("list", "the journal's directory"))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment_number(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}
