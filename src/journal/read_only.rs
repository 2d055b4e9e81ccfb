//! Reading a journal beside its running server: no lock, no change, and no belief in a first look.
//!
//! The server may be writing the very frame that is read, begin a segment, or start anew and put another file in the last
//! one's place. So whatever looks wrong is read again from the segment's file as it is then, several times, before it is
//! called damage. What is read may not be durable yet.

use std::io;
use std::time::Duration;

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::disk::{Disk, DiskFile};
use super::error::JournalError;
use super::frame::Checksum;
use super::layout::segment_name;
use super::listing::{segments_after, segments_behind};
use super::position::Position;
use super::reader::{End, Replay, SegmentReader, frame_behind, open_segment, read_frames};
use super::segment::SegmentHeader;

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
    /// The number of the last segment.
    pub segments: u64,
}

/// Reads all records up to the present end and gives each to `apply`, in order and once. Nothing when there is no journal.
///
/// # Errors
/// `JournalError`, as a start would say it.
pub fn read_only<D: Disk, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    disk: &D,
    apply: impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
) -> Result<Option<ReadOnly>, JournalError> {
    read_only_behind(disk, None, apply)
}

/// The same for what stands behind a position; the segments before it may be gone.
///
/// # Errors
/// `JournalError`, as a start would say it.
pub fn read_only_behind<D: Disk, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    disk: &D,
    behind: Option<&Position>,
    apply: impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
) -> Result<Option<ReadOnly>, JournalError> {
    let mut walk = Walk::new(disk, behind, apply);
    while walk.step(UpTo::Last)? == Stood::Sealed {}
    Ok(walk.state.map(|state| ReadOnly {
        uuid: state.uuid,
        epoch: state.epoch,
        records: walk.given.records,
        last: state.last(),
        at: state.at,
        segments: walk.read,
    }))
}

/// Reads the sealed segments behind a position, or all of them, and gives each record to `apply`, in order and once: all but the
/// last segment, which still grows. Where the journal stands behind them, or nothing when none is sealed there.
///
/// When it returns, the segment behind that position is there for good, so whoever keeps the position can start from it after any
/// crash.
///
/// # Errors
/// `JournalError`, as a start would say it; the disk's when it can't be made sure of.
pub fn read_sealed<D: Disk, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    disk: &D,
    behind: Option<&Position>,
    apply: impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
) -> Result<Option<Position>, JournalError> {
    let mut walk = Walk::new(disk, behind, apply);
    let before = walk.read;
    while walk.step(UpTo::Sealed)? == Stood::Sealed {}
    if walk.read == before {
        return Ok(None);
    }
    // The server may have given the next segment its name and not have made that durable yet.
    disk.sync_dir().map_err(JournalError::io("sync", "the journal's directory"))?;
    Ok(walk.state.map(|state| Position::new(walk.read, state)))
}

/// What was given away already, so that a segment that is read again gives nothing twice.
struct Given {
    last: Sequence,
    records: u64,
}

/// How far a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UpTo {
    Sealed,
    Last,
}

/// What the segment was that a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stood {
    /// A later one is there: it was read, and nothing is added to it any more.
    Sealed,
    /// It is the last one, and was read as far as it went if that was wanted; or there is none.
    Last,
}

/// On the way through the segments.
struct Walk<'a, D: Disk, A> {
    disk: &'a D,
    behind: Option<&'a Position>,
    state: Option<Replay>,
    given: Given,
    /// The last segment that was read, or the one before the first.
    read: u64,
    apply: A,
}

impl<'a, D: Disk, A> Walk<'a, D, A> {
    fn new(disk: &'a D, behind: Option<&'a Position>, apply: A) -> Self {
        let (state, read) =
            (behind.map(|position| position.state().clone()), behind.map_or(0, Position::segment));
        let last = behind.map_or(Sequence::ZERO, Position::last);
        Self { disk, behind, state, given: Given { last, records: 0 }, read, apply }
    }

    /// Reads the next segment, however often that takes.
    fn step<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &mut self,
        up_to: UpTo,
    ) -> Result<Stood, JournalError>
    where
        A: FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
    {
        let mut again = 0;
        loop {
            let mut attempt = self.state.clone();
            match self.try_step(up_to, &mut attempt) {
                Ok((stood, read)) => {
                    self.state = attempt;
                    self.read = read;
                    return Ok(stood);
                }
                Err(error) if again == AGAIN_MAX || !may_pass(&error) => return Err(error),
                Err(_) => {
                    again += 1;
                    std::thread::sleep(AGAIN_AFTER);
                }
            }
        }
    }

    /// What the next segment was, and the last that is read now.
    fn try_step<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &mut self,
        up_to: UpTo,
        state: &mut Option<Replay>,
    ) -> Result<(Stood, u64), JournalError>
    where
        A: FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
    {
        let number = self.read + 1;
        loop {
            let before = state.clone();
            // Looked at before the segment is: what is sealed then is read to its end.
            let last = self.last_segment()?;
            if last < number || (last == number && up_to == UpTo::Sealed) {
                return Ok((Stood::Last, self.read));
            }
            let (mut reader, header, end) = self.read_frames(number, state)?;
            let state_behind = state.as_ref().expect("a segment was read");
            if last > number {
                self.check_next(number, state_behind, &reader.name, end.offset)?;
                return Ok((Stood::Sealed, number));
            }
            if self.last_segment()? == number {
                check_tail(&mut reader, &header, &end, state_behind.epoch)?;
                return Ok((Stood::Last, number));
            }
            // It was sealed meanwhile, so there may be more in it than was read.
            *state = before;
        }
    }

    /// The number of the last segment. What was read already may have been given up meanwhile.
    fn last_segment(&self) -> Result<u64, JournalError> {
        let is_beginning = self.read == self.behind.map_or(0, Position::segment);
        let segments = if is_beginning {
            segments_behind(self.disk, self.behind)?
        } else {
            segments_after(self.disk, self.read)?
        };
        Ok(*segments.end())
    }

    fn read_frames<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &mut self,
        number: u64,
        state: &mut Option<Replay>,
    ) -> Result<(SegmentReader<D::File>, SegmentHeader, End), JournalError>
    where
        A: FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
    {
        let (mut reader, header) = open_segment(self.disk, &segment_name(number), number)?;
        let first = self.behind.filter(|position| position.segment() + 1 == number);
        let state = state.get_or_insert_with(|| Replay::new(header.uuid));
        match first {
            Some(position) => position.expect_segment(&header, &reader.name)?,
            None => state.expect_segment(&header, &reader.name)?,
        }
        let (given, apply) = (&mut self.given, &mut self.apply);
        let mut give = |sequence, at, bytes: &[u8]| -> Result<(), E> {
            if sequence > given.last {
                apply(sequence, at, bytes)?;
                given.last = sequence;
                given.records += 1;
            }
            Ok(())
        };
        let end = read_frames(&mut reader, &header, Checksum::Checked, state, &mut give)?;
        Ok((reader, header, end))
    }

    /// A sealed segment's end must meet the next one's beginning.
    fn check_next(&self, number: u64, state: &Replay, name: &str, end: u64) -> Result<(), JournalError> {
        let (reader, next) = open_segment(self.disk, &segment_name(number + 1), number + 1)?;
        if next.first > state.next {
            let why =
                format!("records are missing here: segment {} goes on with {}", number + 1, next.first.get());
            return Err(JournalError::corrupt(name, end, why));
        }
        state.expect_segment(&next, &reader.name)
    }
}

/// Nothing whole may stand behind the end of the last segment.
fn check_tail<F: DiskFile>(
    reader: &mut SegmentReader<F>,
    header: &SegmentHeader,
    end: &End,
    epoch: u64,
) -> Result<(), JournalError> {
    let Some(why) = end.why else { return Ok(()) };
    // What was read ahead of the writer is looked at anew.
    reader.forget();
    match frame_behind(reader, header, Checksum::Checked, end.offset, epoch)? {
        None => Ok(()),
        Some(behind) => {
            let why = format!("{why}, and a whole frame stands behind it at byte {behind}");
            Err(JournalError::corrupt(&reader.name, end.offset, why))
        }
    }
}

/// Whether the server's own work may have made it look so.
fn may_pass(error: &JournalError) -> bool {
    match error {
        JournalError::Corrupt { .. }
        | JournalError::MissingSegment { .. }
        | JournalError::SnapshotNeeded { .. }
        | JournalError::OtherHistory { .. } => true,
        JournalError::Io { source, .. } => source.kind() == io::ErrorKind::NotFound,
        JournalError::Locked { .. }
        | JournalError::NewerFormat { .. }
        | JournalError::OtherJournal { .. }
        | JournalError::Apply { .. }
        | JournalError::SegmentBytes { .. }
        | JournalError::System { .. } => false,
    }
}
