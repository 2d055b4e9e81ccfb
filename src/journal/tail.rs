//! Reading the journal behind its own committer, record by record, and never beyond what is durable.
//!
//! Who follows the journal says from which record on, and how far it is durable (`JournalHandle::durable`): what is up to there
//! stands whole in the files. So a frame that is not whole below that mark was written while it was looked at, or the next segment
//! goes on with it; looked at again it is there, or it is damage. The chain is not checked anew: the start did, and
//! what it found good nobody writes again.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::chain::Kind;
use super::disk::Disk;
use super::error::JournalError;
use super::frame::{Checksum, Frame};
use super::layout::{BLOCK_BYTES, segment_name, segment_number};
use super::reader::SegmentReader;
use super::segment::SegmentHeader;

/// How often a place is looked at again before it is called damage.
const AGAIN_MAX: u32 = 50;
const AGAIN_AFTER: Duration = Duration::from_millis(10);

/// A record as the journal has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailRecord<'a> {
    pub sequence: Sequence,
    /// The epoch that is in force with it.
    pub epoch: u64,
    pub at: UtcMillis,
    pub kind: Kind,
    pub bytes: &'a [u8],
}

impl TailRecord<'_> {
    /// What this record is known by among others of its sequence: copies of a journal that went on apart differ in it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.sequence.get().to_le_bytes()).update(&self.at.get().to_le_bytes());
        hasher.update(&[match self.kind {
            Kind::Data => 0,
            Kind::Epoch => 1,
        }]);
        *hasher.update(self.bytes).finalize().as_bytes()
    }
}

/// Why a journal can't be followed.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The records are gone with the segments that had them.
    #[error("the journal begins with record {}, and record {} is needed", first.get(), wanted.get())]
    DoesNotReachBack { wanted: Sequence, first: Sequence },
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Where somebody reads.
pub struct Tail<D: Disk> {
    disk: Arc<D>,
    next: Sequence,
    epoch: u64,
    open: Option<Open<D::File>>,
}

struct Open<F> {
    number: u64,
    header: SegmentHeader,
    reader: SegmentReader<F>,
    offset: u64,
}

impl<D: Disk> Tail<D> {
    /// Reads from this record on.
    #[must_use]
    pub fn from(disk: Arc<D>, first: Sequence) -> Self {
        Self { disk, next: first.max(Sequence::ZERO.next()), epoch: 0, open: None }
    }

    /// The record that comes next.
    #[must_use]
    pub const fn next(&self) -> Sequence {
        self.next
    }

    /// Gives records to `take` as long as they are durable, until at least so many were given; how many.
    ///
    /// # Errors
    /// `TailError`; what was given before is right.
    pub fn read(
        &mut self,
        durable: Sequence,
        records_enough: usize,
        mut take: impl FnMut(&TailRecord<'_>),
    ) -> Result<usize, TailError> {
        let mut given = 0;
        let mut again = 0;
        while given < records_enough && self.next <= durable {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => self.segment_of(self.next)?,
            };
            let (length, offset, file) = (open.header.bytes, open.offset, open.reader.name.clone());
            let checked = if open.offset < length {
                let window = open.reader.at(open.offset)?;
                Frame::decode(window, open.header.seed(), Checksum::Checked)
            } else {
                Err("the segment is full")
            };
            match checked {
                Ok(frame) => {
                    again = 0;
                    let bytes = frame.padded_bytes() as u64;
                    given += self.give(&frame, &file, offset, &mut take)?;
                    open.offset += bytes;
                    self.open = Some(open);
                }
                Err(why) => {
                    if let Some(next) =
                        self.segment(open.number + 1)?.filter(|next| next.header.first == self.next)
                    {
                        self.open = Some(next);
                        continue;
                    }
                    // What it was about to read was given up meanwhile.
                    if let Some(first) = self.first_after_a_gap(open.number)? {
                        return Err(TailError::DoesNotReachBack { wanted: self.next, first });
                    }
                    if again == AGAIN_MAX {
                        return Err(JournalError::corrupt(&open.reader.name, open.offset, why).into());
                    }
                    again += 1;
                    // The first look may have been ahead of the writer, and into a file that has another in its place by now.
                    open.reader.forget();
                    self.open = Some(open);
                    if again > 1 {
                        std::thread::sleep(AGAIN_AFTER);
                    }
                }
            }
        }
        Ok(given)
    }

    fn give(
        &mut self,
        frame: &Frame<'_>,
        file: &str,
        offset: u64,
        take: &mut impl FnMut(&TailRecord<'_>),
    ) -> Result<usize, TailError> {
        let header = &frame.header;
        if header.epoch < self.epoch {
            return Ok(0);
        }
        if header.sequence > self.next {
            let why = format!("record {} stands here instead of {}", header.sequence.get(), self.next.get());
            return Err(JournalError::corrupt(file, offset, why).into());
        }
        self.epoch = header.epoch;
        let mut sequence = header.sequence;
        let mut given = 0;
        for bytes in frame.records() {
            if sequence == self.next {
                let (epoch, at, kind) = (header.epoch, header.at, header.kind);
                take(&TailRecord { sequence, epoch, at, kind, bytes });
                self.next = sequence.next();
                given += 1;
            }
            sequence = sequence.next();
        }
        Ok(given)
    }

    /// The segment that a record stands in, if it is durable.
    fn segment_of(&self, wanted: Sequence) -> Result<Open<D::File>, TailError> {
        let names = self.disk.list().map_err(JournalError::io("list", "the journal's directory"))?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment_number(name)).collect();
        numbers.sort_unstable();
        let mut first = wanted;
        while let Some(number) = numbers.pop() {
            // One that went meanwhile is no help.
            let Some(open) = self.segment(number)? else { continue };
            first = open.header.first;
            if first <= wanted {
                return Ok(open);
            }
        }
        Err(TailError::DoesNotReachBack { wanted, first })
    }

    /// The first record of the first segment, if that is none that follows the one that is read.
    fn first_after_a_gap(&self, number: u64) -> Result<Option<Sequence>, JournalError> {
        let names = self.disk.list().map_err(JournalError::io("list", "the journal's directory"))?;
        let first = names.iter().filter_map(|name| segment_number(name)).min();
        let Some(first) = first.filter(|&first| first > number + 1) else { return Ok(None) };
        Ok(self.segment(first)?.map(|open| open.header.first))
    }

    fn segment(&self, number: u64) -> Result<Option<Open<D::File>>, JournalError> {
        let name = segment_name(number);
        let file = match self.disk.open(&name) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(JournalError::io("open", &name)(error)),
        };
        let mut reader = SegmentReader::new(name, file, Vec::new())?;
        let header = reader.header(number)?;
        Ok(Some(Open { number, header, reader, offset: BLOCK_BYTES as u64 }))
    }
}
