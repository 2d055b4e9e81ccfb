//! Appending frames: the only code that writes into a segment in use.
//!
//! Always: one frame is under way at a time; a frame is written behind the good ones and never over them; the next
//! segment's header and name are durable before its first frame; a failed sync is final.

use std::io;
use std::sync::Arc;

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::chain::Kind;
use super::disk::{Disk, DiskFile, is_lack_of_room, write_all};
use super::entropy::Entropy;
use super::error::JournalError;
use super::frame::{FrameBuilder, FrameHeader, Seed};
use super::layout::{BLOCK_BYTES, segment_name};
use super::reader::Replay;
use super::segment::SegmentHeader;
use super::spare::{Spare, Spares, Wait};

/// The end of the journal, open for writing.
pub(super) struct Appender<D: Disk> {
    disk: Arc<D>,
    pub spares: Spares<D>,
    entropy: Arc<dyn Entropy>,
    state: Replay,
    segment: OpenSegment<D::File>,
    /// Written in the segments before the one in use, as far as this start has read them.
    bytes_before: u64,
}

/// The segment in use.
pub(super) struct OpenSegment<F> {
    pub file: F,
    pub name: String,
    pub number: u64,
    pub seed: Seed,
    pub bytes: u64,
    /// Where the next frame goes.
    pub offset: u64,
    /// The time of its first record of the engine's, if it has any.
    pub data_since: Option<UtcMillis>,
}

/// A frame that stands in the file and is not durable yet.
#[must_use = "a frame counts once it is synced"]
pub(super) struct Written {
    pub first: Sequence,
    pub at: UtcMillis,
    pub bytes: u64,
    kind: Kind,
}

/// Whether the segment in use was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Now,
    /// The next one is still being prepared.
    NotYet,
}

/// Why a frame was not appended.
pub(super) enum AppendError {
    /// There is no room now, and the frame is certainly not in the journal.
    NoRoom(JournalError),
    /// It may be there or not, and nothing may be written any more.
    Fatal(JournalError),
}

impl AppendError {
    pub(super) fn into_inner(self) -> JournalError {
        match self {
            Self::NoRoom(error) | Self::Fatal(error) => error,
        }
    }
}

/// For a failure that has not touched the journal: a lack of room may pass, all else is final.
fn untouched(what: &'static str, file: &str) -> impl FnOnce(io::Error) -> AppendError {
    let file = file.to_owned();
    move |source| {
        let lack_of_room = is_lack_of_room(&source);
        let error = JournalError::Io { what, file, source };
        if lack_of_room { AppendError::NoRoom(error) } else { AppendError::Fatal(error) }
    }
}

fn fatal(what: &'static str, file: &str) -> impl FnOnce(io::Error) -> AppendError {
    let file = file.to_owned();
    move |source| AppendError::Fatal(JournalError::Io { what, file, source })
}

impl<D: Disk> Appender<D> {
    pub(super) fn new(
        disk: Arc<D>,
        spares: Spares<D>,
        entropy: Arc<dyn Entropy>,
        state: Replay,
        segment: OpenSegment<D::File>,
        bytes_before: u64,
    ) -> Self {
        Self { disk, spares, entropy, state, segment, bytes_before }
    }

    /// The sequence of the last durable record.
    pub(super) fn durable(&self) -> Sequence {
        self.state.last()
    }

    pub(super) const fn state(&self) -> &Replay {
        &self.state
    }

    pub(super) const fn segments(&self) -> u64 {
        self.segment.number
    }

    /// How much of all segments is written, headers and padding included.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes_before + self.segment.offset
    }

    /// Raises the epoch and says so in the journal.
    pub(super) fn begin_epoch(&mut self) -> Result<(), JournalError> {
        let epoch = self.state.epoch + 1;
        let mut frame = FrameBuilder::new();
        frame.push(|out| out.extend_from_slice(&epoch.to_le_bytes())).expect("an empty frame has room");
        // The clock is not believed before the last record's time was compared with it, which is the caller's part.
        let at = self.state.at;
        let written = self.write_as(&mut frame, Kind::Epoch, epoch, at).map_err(AppendError::into_inner)?;
        self.sync().map_err(AppendError::into_inner)?;
        self.advance(&frame, &written);
        self.state.epoch = epoch;
        Ok(())
    }

    /// Puts a frame of the engine's records behind the others. `sync` and `advance` must follow before the next.
    pub(super) fn write(&mut self, frame: &mut FrameBuilder, now: UtcMillis) -> Result<Written, AppendError> {
        let at = now.max(self.state.at);
        self.write_as(frame, Kind::Data, self.state.epoch, at)
    }

    fn write_as(
        &mut self,
        frame: &mut FrameBuilder,
        kind: Kind,
        epoch: u64,
        at: UtcMillis,
    ) -> Result<Written, AppendError> {
        let bytes = frame.padded_bytes() as u64;
        if self.segment.offset + bytes > self.segment.bytes {
            self.begin_segment(Wait::UntilReady)?;
        }
        let segment = &self.segment;
        let header = FrameHeader {
            sequence: self.state.next,
            epoch,
            at,
            kind,
            block: u32::try_from(segment.offset / BLOCK_BYTES as u64).expect("bounded by SEGMENT_BYTES_MAX"),
            link: self.state.chain.prefix(),
        };
        let mut sealed = frame.seal(&header, segment.seed);
        match write_all(&segment.file, sealed.bytes(), segment.offset) {
            Ok(()) => Ok(Written { first: header.sequence, at, kind, bytes }),
            Err(error) if is_lack_of_room(&error) => {
                // Part of the frame, even all of it, may stand there: a later start must not find it.
                write_all(&segment.file, &[0; BLOCK_BYTES], segment.offset)
                    .and_then(|()| segment.file.sync_data())
                    .map_err(fatal("take back a frame from", &segment.name))?;
                Err(untouched("write", &segment.name)(error))
            }
            Err(error) => Err(fatal("write", &segment.name)(error)),
        }
    }

    /// Makes the written frame durable. Never called again after it failed: a second success would prove nothing.
    pub(super) fn sync(&mut self) -> Result<(), AppendError> {
        self.segment.file.sync_data().map_err(fatal("sync", &self.segment.name))
    }

    /// Counts the written and synced frame.
    pub(super) fn advance(&mut self, frame: &FrameBuilder, written: &Written) {
        for record in frame.records() {
            self.state.chain.push(written.kind, self.state.next, written.at, record);
            self.state.next = self.state.next.next();
        }
        if written.kind == Kind::Data {
            self.segment.data_since.get_or_insert(written.at);
        }
        self.state.at = written.at;
        self.segment.offset += written.bytes;
    }

    /// Since when the segment in use has records of the engine's, if it has any.
    pub(super) const fn data_since(&self) -> Option<UtcMillis> {
        self.segment.data_since
    }

    /// Ends the segment in use, full or not, and begins the next. What fails on the way leaves the segment in use as it was.
    pub(super) fn begin_segment(&mut self, wait: Wait) -> Result<Ended, AppendError> {
        let number = self.segment.number + 1;
        let name = segment_name(number);
        let Some(spare) = self.spares.take(wait).map_err(untouched("prepare", &name))? else {
            return Ok(Ended::NotYet);
        };
        let mut salt = [0; 16];
        if let Err(source) = self.entropy.fill(&mut salt) {
            self.spares.give_back(spare);
            return Err(AppendError::Fatal(JournalError::System { what: "random bytes", source }));
        }
        let header = SegmentHeader {
            uuid: self.state.uuid,
            number,
            first: self.state.next,
            epoch: self.state.epoch,
            salt,
            link: *self.state.chain.link(),
            at: self.state.at,
            bytes: spare.bytes,
            packed_bytes: None,
        };
        // The header is durable before the name is, and the name before the first frame: a segment that is seen is whole.
        let installed = write_all(&spare.file, &header.encode(), 0).map_err(untouched("write", &spare.name));
        if let Err(error) = installed {
            self.spares.give_back(spare);
            return Err(error);
        }
        spare.file.sync_data().map_err(fatal("sync", &spare.name))?;
        if let Err(error) = self.disk.rename(&spare.name, &name).map_err(untouched("rename", &spare.name)) {
            self.spares.give_back(spare);
            return Err(error);
        }
        self.disk.sync_dir().map_err(fatal("sync the directory of", &name))?;
        let Spare { file, bytes, .. } = spare;
        self.bytes_before += self.segment.offset;
        let (seed, offset) = (header.seed(), BLOCK_BYTES as u64);
        self.segment = OpenSegment { file, name, number, seed, bytes, offset, data_since: None };
        Ok(Ended::Now)
    }
}
