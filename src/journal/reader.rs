//! Reading a segment's frames in order and judging each.
//!
//! The same code serves the start of a server and a reader beside a running one; what differs is what they do about a
//! frame that is not whole.

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::chain::{Chain, Kind};
use super::disk::{Disk, DiskFile, read_full};
use super::error::JournalError;
use super::frame::{Checksum, Frame, FrameHeader};
use super::layout::{BLOCK_BYTES, FRAME_BYTES_MAX, index};
use super::packed::Pieces;
use super::segment::{SegmentHeader, uuid_text};

/// Small enough to stay in the processor's cache between the read and the checksum.
const WINDOW_BYTES: usize = 512 * 1024;

/// A segment's file, read in large pieces.
pub(super) struct SegmentReader<F> {
    pub name: String,
    file: F,
    length: u64,
    pub window: Vec<u8>,
    start: u64,
    filled: usize,
    /// Where the window is filled from when the segment is packed.
    pieces: Option<Pieces>,
}

impl<F: DiskFile> SegmentReader<F> {
    /// The buffer is one that an earlier reader gave back, or a new one.
    pub(super) fn new(name: String, file: F, mut window: Vec<u8>) -> Result<Self, JournalError> {
        let length = file.bytes().map_err(JournalError::io("find the length of", &name))?;
        window.resize(WINDOW_BYTES, 0);
        Ok(Self { name, file, length, window, start: 0, filled: 0, pieces: None })
    }

    /// The segment from an offset: as much as the longest frame takes, or up to its end. A packed one is shown as it was
    /// before, and ends with its last frame.
    pub(super) fn at(&mut self, offset: u64) -> Result<&[u8], JournalError> {
        let wanted = (self.length.saturating_sub(offset)).min(FRAME_BYTES_MAX as u64);
        let held = self.start <= offset && offset + wanted <= self.start + self.filled as u64;
        if !held {
            self.fill(offset)?;
        }
        let from = index(offset - self.start);
        let to = self.filled.min(from + FRAME_BYTES_MAX);
        Ok(&self.window[from.min(to)..to])
    }

    /// Drops what was read, for a file that another process writes.
    pub(super) const fn forget(&mut self) {
        self.filled = 0;
    }

    /// What is held of the wanted part is kept, the rest is read.
    fn fill(&mut self, offset: u64) -> Result<(), JournalError> {
        if self.pieces.is_some() {
            return self.unpack(offset);
        }
        let end = self.start + self.filled as u64;
        let kept = if self.start <= offset && offset < end {
            let from = index(offset - self.start);
            self.window.copy_within(from..self.filled, 0);
            self.filled - from
        } else {
            0
        };
        let read = read_full(&self.file, &mut self.window[kept..], offset + kept as u64)
            .map_err(JournalError::io("read", &self.name))?;
        self.start = offset;
        self.filled = kept + read;
        Ok(())
    }

    /// Unpacks pieces until the longest frame is held, or all.
    fn unpack(&mut self, offset: u64) -> Result<(), JournalError> {
        let Self { name, file, window, pieces, .. } = self;
        let pieces = pieces.as_mut().expect("a packed segment");
        let end = self.start + self.filled as u64;
        window.truncate(self.filled);
        if self.start <= offset && offset <= end && end == pieces.offset() {
            window.drain(..index(offset - self.start));
        } else {
            pieces.rewind();
            window.clear();
        }
        while window.len() < FRAME_BYTES_MAX {
            let begins = pieces.offset() - window.len() as u64;
            if pieces.next(file, name, window)? == 0 {
                break;
            }
            if begins < offset {
                window.drain(..index(offset - begins).min(window.len()));
            }
        }
        self.start = offset;
        self.filled = window.len();
        Ok(())
    }

    /// The segment's header, whole and of this number.
    pub(super) fn header(&mut self, number: u64) -> Result<SegmentHeader, JournalError> {
        let (name, length) = (self.name.clone(), self.length);
        let block = self.at(0)?;
        let header = SegmentHeader::decode(&block[..block.len().min(BLOCK_BYTES)], &name)?;
        if header.number != number {
            return Err(JournalError::corrupt(
                &name,
                32,
                format!("it says that it is segment {}", header.number),
            ));
        }
        // The whole length was synced before the file had its name, so no crash makes it shorter.
        let bytes = header.packed_bytes.unwrap_or(header.bytes);
        if length < bytes {
            let why = format!("the file ends here, and its header says that it has {bytes} bytes");
            return Err(JournalError::corrupt(&name, length, why));
        }
        if header.packed_bytes.is_some() {
            self.pieces = Some(Pieces::new(header.seed(), bytes));
            self.length = header.bytes;
            // What was read ahead is packed.
            self.forget();
        }
        Ok(header)
    }
}

/// Opens the segment of this number under whatever name it has, and reads its header.
pub(super) fn open_segment<D: Disk>(
    disk: &D,
    name: &str,
    number: u64,
) -> Result<(SegmentReader<D::File>, SegmentHeader), JournalError> {
    let file = disk.open(name).map_err(JournalError::io("open", name))?;
    let mut reader = SegmentReader::new(name.to_owned(), file, Vec::new())?;
    let header = reader.header(number)?;
    Ok((reader, header))
}

/// Where the journal stands, as far as it was read.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Replay {
    pub uuid: [u8; 16],
    /// Of the record that comes next.
    pub next: Sequence,
    pub epoch: u64,
    /// Of the last record.
    pub at: UtcMillis,
    pub chain: Chain,
}

impl Replay {
    /// A journal without records.
    pub(super) fn new(uuid: [u8; 16]) -> Self {
        Self { uuid, next: Sequence::ZERO.next(), epoch: 0, at: UtcMillis::new(0), chain: Chain::new(&uuid) }
    }

    /// The last record, of whatever kind.
    pub(super) const fn last(&self) -> Sequence {
        Sequence::new(self.next.get() - 1)
    }

    /// Refuses a segment that does not begin where the journal stands.
    pub(super) fn expect_segment(&self, header: &SegmentHeader, file: &str) -> Result<(), JournalError> {
        if header.uuid != self.uuid {
            let (expected, found) = (uuid_text(&self.uuid), uuid_text(&header.uuid));
            return Err(JournalError::OtherJournal { file: file.to_owned(), expected, found });
        }
        let Some((offset, what)) = self.other_than(header) else { return Ok(()) };
        let why =
            format!("its {what} does not continue what comes before, up to record {}", self.last().get());
        Err(JournalError::corrupt(file, offset, why))
    }

    /// The first field in which a segment of this journal does not go on from here, and its place.
    pub(super) fn other_than(&self, header: &SegmentHeader) -> Option<(u64, &'static str)> {
        let fields = [
            (40, "first record", header.first == self.next),
            (48, "epoch", header.epoch == self.epoch),
            (72, "chain", header.link == *self.chain.link()),
            (104, "time", header.at == self.at),
        ];
        fields.into_iter().find(|(_, _, same)| !same).map(|(offset, what, _)| (offset, what))
    }

    /// Whether a whole frame is the one that continues the journal, and why not.
    fn judge(&self, frame: &Frame<'_>, offset: u64) -> Result<(), String> {
        let header = &frame.header;
        if u64::from(header.block) * BLOCK_BYTES as u64 != offset {
            return Err(format!(
                "the frame of byte {} stands here",
                u64::from(header.block) * BLOCK_BYTES as u64
            ));
        }
        if header.sequence != self.next {
            return Err(format!(
                "record {} stands here instead of {}",
                header.sequence.get(),
                self.next.get()
            ));
        }
        if header.at < self.at {
            return Err("the frame is older than the one before it".to_owned());
        }
        if header.link != self.chain.prefix() {
            return Err("the frame does not continue the chain".to_owned());
        }
        match header.kind {
            Kind::Epoch if frame.count == 1 && header.epoch > self.epoch => Ok(()),
            Kind::Data if header.epoch == self.epoch => Ok(()),
            Kind::Epoch | Kind::Data => {
                Err(format!("epoch {} stands here, and {} is in force", header.epoch, self.epoch))
            }
        }
    }
}

/// Where the good frames of a segment end.
pub(super) struct End {
    pub offset: u64,
    /// Why the block there is not a frame; nothing when the segment is full.
    pub why: Option<&'static str>,
    /// The good frames: what a later start would read.
    pub frames: Vec<u64>,
    /// The time of the first record of the engine's, if there is any.
    pub data_since: Option<UtcMillis>,
}

/// Reads a segment's frames up to the first that is not whole, and gives each record of the engine's to `apply`.
pub(super) fn read_frames<F: DiskFile, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    reader: &mut SegmentReader<F>,
    header: &SegmentHeader,
    check: Checksum,
    state: &mut Replay,
    apply: &mut impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
) -> Result<End, JournalError> {
    let seed = header.seed();
    let mut offset = BLOCK_BYTES as u64;
    let mut frames = Vec::new();
    let mut data_since = None;
    while offset < header.bytes {
        let window = reader.at(offset)?;
        let frame = match Frame::decode(window, seed, check) {
            Ok(frame) => frame,
            Err(why) => return Ok(End { offset, why: Some(why), frames, data_since }),
        };
        let length = frame.padded_bytes() as u64;
        // A writer that was replaced may have written once more: nobody was answered by it.
        if frame.header.epoch < state.epoch {
            offset += length;
            continue;
        }
        if let Err(why) = state.judge(&frame, offset) {
            return Err(JournalError::corrupt(&reader.name, offset, why));
        }
        let FrameHeader { at, kind, epoch, .. } = frame.header;
        for record in frame.records() {
            let sequence = state.next;
            state.chain.push(kind, sequence, at, record);
            if kind == Kind::Data {
                apply(sequence, at, record)
                    .map_err(|error| JournalError::Apply { sequence, source: error.into() })?;
            }
            state.next = sequence.next();
        }
        if kind == Kind::Data {
            data_since.get_or_insert(at);
        }
        state.at = at;
        state.epoch = epoch;
        frames.push(offset);
        offset += length;
    }
    Ok(End { offset, why: None, frames, data_since })
}

/// The first whole frame of the same life behind a place, in an epoch that is in force: if there is one, what stands at
/// the place was whole once.
pub(super) fn frame_behind<F: DiskFile>(
    reader: &mut SegmentReader<F>,
    header: &SegmentHeader,
    check: Checksum,
    offset: u64,
    epoch: u64,
) -> Result<Option<u64>, JournalError> {
    let seed = header.seed();
    let mut place = offset + BLOCK_BYTES as u64;
    while place < header.bytes {
        let window = reader.at(place)?;
        if window.is_empty() {
            // Of a packed segment nothing is kept behind its frames.
            break;
        }
        if let Ok(frame) = Frame::decode(window, seed, check)
            && frame.header.epoch >= epoch
        {
            return Ok(Some(place));
        }
        place += BLOCK_BYTES as u64;
    }
    Ok(None)
}
