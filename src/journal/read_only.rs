//! Reading a journal beside its running server: no lock, no change, and no belief in a first look.
//!
//! The server may be writing the very frame that is read, begin a segment, or start anew and put another file in the last
//! one's place. So whatever looks wrong is read again from the segment's file as it is then, several times, before it is
//! called damage. What is read may not be durable yet.

use std::io;
use std::time::Duration;

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::disk::Disk;
use super::error::JournalError;
use super::frame::Checksum;
use super::layout::segment_name;
use super::reader::{Replay, SegmentReader, frame_behind, read_frames};
use super::recovery::count_segments;

/// How often a segment is read again before what is wrong with it is believed.
const AGAIN_MAX: u32 = 8;
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// How far a journal was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOnly {
    pub uuid: [u8; 16],
    pub epoch: u64,
    /// How many of the engine's records there are.
    pub records: u64,
    /// The last record, of whatever kind.
    pub last: Sequence,
    /// Its time.
    pub at: UtcMillis,
    pub segments: u64,
}

/// Reads all records up to the present end and gives each to `apply`, in order and once. Nothing when there is no journal.
///
/// # Errors
/// `JournalError`, as a start would say it.
pub fn read_only<D: Disk, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    disk: &D,
    mut apply: impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
) -> Result<Option<ReadOnly>, JournalError> {
    let mut state: Option<Replay> = None;
    let mut given = Given { last: Sequence::ZERO, records: 0 };
    let mut number = 1;
    loop {
        if count_segments(disk)? < number {
            break;
        }
        let mut again = 0;
        state = loop {
            let mut attempt = state.clone();
            match read_segment(disk, number, &mut attempt, &mut given, &mut apply) {
                Ok(()) => break attempt,
                Err(error) if again == AGAIN_MAX || !may_pass(&error) => return Err(error),
                Err(_) => {
                    again += 1;
                    std::thread::sleep(AGAIN_AFTER);
                }
            }
        };
        number += 1;
    }
    Ok(state.map(|state| ReadOnly {
        uuid: state.uuid,
        epoch: state.epoch,
        records: given.records,
        last: Sequence::new(state.next.get() - 1),
        at: state.at,
        segments: number - 1,
    }))
}

/// What was given away already, so that a segment that is read again gives nothing twice.
struct Given {
    last: Sequence,
    records: u64,
}

/// Whether the server's own work may have made it look so.
fn may_pass(error: &JournalError) -> bool {
    match error {
        JournalError::Corrupt { .. } | JournalError::MissingSegment { .. } => true,
        JournalError::Io { source, .. } => source.kind() == io::ErrorKind::NotFound,
        JournalError::Locked { .. }
        | JournalError::NewerFormat { .. }
        | JournalError::OtherJournal { .. }
        | JournalError::Apply { .. }
        | JournalError::SegmentBytes { .. }
        | JournalError::System { .. } => false,
    }
}

fn read_segment<D: Disk, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    disk: &D,
    number: u64,
    state: &mut Option<Replay>,
    given: &mut Given,
    apply: &mut impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
) -> Result<(), JournalError> {
    let name = segment_name(number);
    let file = disk.open(&name).map_err(JournalError::io("open", &name))?;
    let mut reader = SegmentReader::new(name, file, Vec::new())?;
    let header = reader.header(number)?;
    let state = state.get_or_insert_with(|| Replay::new(header.uuid));
    state.expect_segment(&header, &reader.name)?;
    let end = read_frames(&mut reader, &header, Checksum::Checked, state, &mut |sequence,
                                                                                at,
                                                                                bytes: &[u8]|
     -> Result<(), E> {
        if sequence > given.last {
            apply(sequence, at, bytes)?;
            given.last = sequence;
            given.records += 1;
        }
        Ok(())
    })?;
    if count_segments(disk)? > number {
        // The segment is full, or it was when the next one was begun: its end must meet the next one's beginning.
        let next_name = segment_name(number + 1);
        let next_file = disk.open(&next_name).map_err(JournalError::io("open", &next_name))?;
        let next = SegmentReader::new(next_name, next_file, Vec::new())?.header(number + 1)?;
        if next.first > state.next {
            let why =
                format!("records are missing here: segment {} goes on with {}", number + 1, next.first.get());
            return Err(JournalError::corrupt(&reader.name, end.offset, why));
        }
        return Ok(());
    }
    let Some(why) = end.why else { return Ok(()) };
    // What was read ahead of the writer is looked at anew.
    reader.forget();
    match frame_behind(&mut reader, &header, Checksum::Checked, end.offset, state.epoch)? {
        None => Ok(()),
        Some(behind) => {
            let why = format!("{why}, and a whole frame stands behind it at byte {behind}");
            Err(JournalError::corrupt(&reader.name, end.offset, why))
        }
    }
}
