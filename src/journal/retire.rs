//! Giving up the first segments, when snapshots say all that they said and nobody else needs them.

use std::io;

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::chain::Link;
use super::disk::{Disk, DiskFile, read_full};
use super::error::JournalError;
use super::layout::{BLOCK_BYTES, segment_name};
use super::listing::all_segments;
use super::segment::SegmentHeader;

/// The segments that there are, by what decides how long they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The oldest first.
    pub sealed: Vec<Sealed>,
    /// How long the file of the segment in use is.
    pub in_use_bytes: u64,
}

/// A segment that nothing is added to any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    pub number: u64,
    /// How long its file is.
    pub bytes: u64,
    /// Its last record, of whatever kind.
    pub last: Sequence,
    /// The time of that record.
    pub last_at: UtcMillis,
    /// The last link of the chain that was closed by then.
    pub link: Link,
}

/// Looks at the headers of all segments; beside the server that writes the journal.
///
/// # Errors
/// What the disk says; `Corrupt` when a header is damaged.
pub fn kept<D: Disk>(disk: &D) -> Result<Kept, JournalError> {
    let mut kept = Kept { sealed: Vec::new(), in_use_bytes: 0 };
    let mut before = None;
    for number in all_segments(disk)? {
        let name = segment_name(number);
        let file = disk.open(&name).map_err(JournalError::io("open", &name))?;
        let mut block = [0; BLOCK_BYTES];
        let read = read_full(&file, &mut block, 0).map_err(JournalError::io("read", &name))?;
        let header = SegmentHeader::decode(&block[..read], &name)?;
        let bytes = file.bytes().map_err(JournalError::io("find the length of", &name))?;
        if let Some((number, bytes)) = before.replace((number, bytes)) {
            // What a segment ends with is told by the header of the next one.
            let last = Sequence::new(header.first.get() - 1);
            kept.sealed.push(Sealed { number, bytes, last, last_at: header.at, link: header.link });
        }
    }
    kept.in_use_bytes = before.map_or(0, |(_, bytes)| bytes);
    Ok(kept)
}

/// Removes the segments up to this one, the oldest first, and says how many there were. The last one stays in any case.
///
/// The caller has a durable snapshot whose position is not before that segment, and keeps it; a start without one is refused
/// afterwards. Each removal is durable before the next: whenever the power fails, what is left has no gaps.
///
/// # Errors
/// What the disk says; what was removed until then stays removed, and the next call goes on.
pub fn retire<D: Disk>(disk: &D, up_to_segment: u64) -> Result<u64, JournalError> {
    let numbers = all_segments(disk)?;
    let Some((_, sealed)) = numbers.split_last() else { return Ok(0) };
    let mut removed = 0;
    for &number in sealed.iter().take_while(|&&number| number <= up_to_segment) {
        let name = segment_name(number);
        match disk.remove(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(JournalError::io("remove", &name)(error));
            }
            Ok(()) | Err(_) => removed += 1,
        }
        disk.sync_dir().map_err(JournalError::io("sync the directory of", &name))?;
    }
    Ok(removed)
}
