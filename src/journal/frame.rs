//! Frames: what one write of the committer puts on the disk.
//!
//! A frame is a header, the batch's records, and zeros up to whole blocks, so that writing the next frame can't tear this
//! one. Its checksum begins with the segment's salt: a frame of the file's earlier life can't pass for one of this life.

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::chain::{Kind, LINK_PREFIX_BYTES};
use super::layout::{
    BLOCK_BYTES, FRAME_BYTES_MAX, FRAME_HEADER_BYTES, RECORD_BYTES_MAX, RECORD_HEADER_BYTES, padded,
};

const MAGIC: u32 = u32::from_le_bytes(*b"KCF1");
const KIND_DATA: u32 = 1;
const KIND_EPOCH: u32 = 2;
const CRC_AT: usize = 60;

/// What a frame's checksum begins with: the segment's salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seed(u32);

impl Seed {
    #[must_use]
    pub(super) fn of_salt(salt: &[u8; 16]) -> Self {
        Self(crc32c::crc32c(salt))
    }

    /// The checksum of the salt and these bytes.
    pub(super) fn of_head(self, bytes: &[u8]) -> u32 {
        crc32c::crc32c_append(self.0, bytes)
    }
}

/// What a frame says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// Of its first record.
    pub sequence: Sequence,
    pub epoch: u64,
    pub at: UtcMillis,
    pub kind: Kind,
    /// Where it stands in its segment, in blocks: a frame that the disk put elsewhere is known.
    pub block: u32,
    /// Of the last link closed before its first record.
    pub link: [u8; LINK_PREFIX_BYTES],
}

/// Whether a frame's checksum is looked at. Only a planted bug doesn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    Checked,
    Ignored,
}

/// A frame under construction, in a buffer that is used again and again.
#[derive(Debug)]
pub(super) struct FrameBuilder {
    bytes: Vec<u8>,
    count: u32,
}

/// Why a record was not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAdded {
    /// The frame has no more room for it; an empty one has.
    Full,
    /// No frame has room for it.
    TooLong,
}

impl FrameBuilder {
    #[must_use]
    pub(super) fn new() -> Self {
        // A record is encoded before it is known to have room.
        let mut bytes = Vec::with_capacity(FRAME_BYTES_MAX + RECORD_BYTES_MAX);
        bytes.resize(FRAME_HEADER_BYTES, 0);
        Self { bytes, count: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.bytes.truncate(FRAME_HEADER_BYTES);
        self.count = 0;
    }

    /// Adds a record that `encode` appends.
    ///
    /// # Errors
    /// `NotAdded`, and the frame is as before.
    pub(super) fn push(&mut self, encode: impl FnOnce(&mut Vec<u8>)) -> Result<(), NotAdded> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; RECORD_HEADER_BYTES]);
        encode(&mut self.bytes);
        let end = self.bytes.len();
        let length = end.saturating_sub(start + RECORD_HEADER_BYTES);
        let not_added = if length > RECORD_BYTES_MAX {
            Some(NotAdded::TooLong)
        } else if end > FRAME_BYTES_MAX {
            Some(NotAdded::Full)
        } else {
            None
        };
        if let Some(not_added) = not_added {
            self.bytes.truncate(start);
            return Err(not_added);
        }
        let length = u32::try_from(length).expect("at most RECORD_BYTES_MAX");
        self.bytes[start..start + RECORD_HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
        self.count += 1;
        Ok(())
    }

    /// How many bytes the frame will have, padding included.
    #[must_use]
    pub(super) const fn padded_bytes(&self) -> usize {
        padded(self.bytes.len())
    }

    /// The finished frame. The builder keeps its records: it can be sealed again, for another place.
    pub(super) fn seal(&mut self, header: &FrameHeader, seed: Seed) -> Sealed<'_> {
        let length = self.bytes.len();
        write_header(&mut self.bytes, header, length, self.count, seed);
        Sealed { builder: self, length }
    }

    /// The records that were added, in order.
    #[must_use]
    pub(super) fn records(&self) -> Records<'_> {
        Records { rest: &self.bytes[FRAME_HEADER_BYTES..] }
    }
}

/// A finished frame; when it is dropped, its padding is off the builder again.
pub(super) struct Sealed<'a> {
    builder: &'a mut FrameBuilder,
    length: usize,
}

impl Sealed<'_> {
    /// All of its bytes, whole blocks.
    pub(super) fn bytes(&mut self) -> &[u8] {
        self.builder.bytes.resize(padded(self.length), 0);
        &self.builder.bytes
    }
}

impl Drop for Sealed<'_> {
    fn drop(&mut self) {
        self.builder.bytes.truncate(self.length);
    }
}

/// Writes a frame's header over the start of its bytes, of which `length` count.
fn write_header(bytes: &mut [u8], header: &FrameHeader, length: usize, count: u32, seed: Seed) {
    let kind = match header.kind {
        Kind::Data => KIND_DATA,
        Kind::Epoch => KIND_EPOCH,
    };
    let length_field = u32::try_from(length).expect("at most FRAME_BYTES_MAX");
    bytes[0..4].copy_from_slice(&MAGIC.to_le_bytes());
    bytes[4..8].copy_from_slice(&length_field.to_le_bytes());
    bytes[8..16].copy_from_slice(&header.sequence.get().to_le_bytes());
    bytes[16..24].copy_from_slice(&header.epoch.to_le_bytes());
    bytes[24..32].copy_from_slice(&header.at.get().to_le_bytes());
    bytes[32..36].copy_from_slice(&count.to_le_bytes());
    bytes[36..40].copy_from_slice(&kind.to_le_bytes());
    bytes[40..44].copy_from_slice(&header.block.to_le_bytes());
    bytes[44..CRC_AT].copy_from_slice(&header.link);
    let crc = checksum(bytes, length, seed);
    bytes[CRC_AT..FRAME_HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
}

fn checksum(bytes: &[u8], length: usize, seed: Seed) -> u32 {
    crc32c::crc32c_append(seed.of_head(&bytes[..CRC_AT]), &bytes[FRAME_HEADER_BYTES..length])
}

/// A frame that was read and is whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub header: FrameHeader,
    pub count: u32,
    /// Header and records, without the padding.
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame at the start of these bytes.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn decode(bytes: &'a [u8], seed: Seed, check: Checksum) -> Result<Self, &'static str> {
        if bytes.len() < BLOCK_BYTES {
            return Err("the file ends before the block does");
        }
        if u32_at(bytes, 0) != MAGIC {
            return Err("no frame begins here");
        }
        let length = u32_at(bytes, 4) as usize;
        if !(FRAME_HEADER_BYTES..=FRAME_BYTES_MAX).contains(&length) {
            return Err("the frame's length is not possible");
        }
        if padded(length) > bytes.len() {
            return Err("the frame goes beyond the end of the file");
        }
        if check == Checksum::Checked && checksum(bytes, length, seed) != u32_at(bytes, CRC_AT) {
            return Err("the frame's checksum is wrong");
        }
        let kind = match u32_at(bytes, 36) {
            KIND_DATA => Kind::Data,
            KIND_EPOCH => Kind::Epoch,
            _ => return Err("the frame's kind is unknown"),
        };
        let mut link = [0; LINK_PREFIX_BYTES];
        link.copy_from_slice(&bytes[44..CRC_AT]);
        let header = FrameHeader {
            sequence: Sequence::new(u64_at(bytes, 8)),
            epoch: u64_at(bytes, 16),
            at: UtcMillis::new(u64_at(bytes, 24).cast_signed()),
            kind,
            block: u32_at(bytes, 40),
            link,
        };
        let frame = Self { header, count: u32_at(bytes, 32), bytes: &bytes[..length] };
        // Looked at before any record is given away, so that a frame counts wholly or not at all.
        if frame.count == 0 || !frame.records().fill_exactly(frame.count) {
            return Err("the records don't fill the frame");
        }
        Ok(frame)
    }

    #[must_use]
    pub(super) fn padded_bytes(&self) -> usize {
        padded(self.bytes.len())
    }

    #[must_use]
    pub(super) fn records(&self) -> Records<'a> {
        Records { rest: &self.bytes[FRAME_HEADER_BYTES..] }
    }

    /// The same records as a frame for another place and another life of the file.
    pub(super) fn rewritten(&self, block: u32, seed: Seed, into: &mut Vec<u8>) {
        into.clear();
        into.extend_from_slice(self.bytes);
        write_header(into, &FrameHeader { block, ..self.header }, self.bytes.len(), self.count, seed);
        into.resize(padded(self.bytes.len()), 0);
    }
}

/// The records of a frame, in order.
#[derive(Debug, Clone)]
pub(super) struct Records<'a> {
    rest: &'a [u8],
}

impl Records<'_> {
    fn fill_exactly(mut self, count: u32) -> bool {
        let mut found = 0;
        while found < count && self.next().is_some() {
            found += 1;
        }
        found == count && self.rest.is_empty()
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk::<RECORD_HEADER_BYTES>()?;
        let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.rest = rest;
        Some(record)
    }
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut field = [0; 4];
    field.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(field)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut field = [0; 8];
    field.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: Seed = Seed(0x1234_5678);

    fn header() -> FrameHeader {
        FrameHeader {
            sequence: Sequence::new(41),
            epoch: 3,
            at: UtcMillis::new(1_700_000_000_000),
            kind: Kind::Data,
            block: 9,
            link: [5; LINK_PREFIX_BYTES],
        }
    }

    fn sealed(records: &[&[u8]]) -> Vec<u8> {
        let mut builder = FrameBuilder::new();
        for record in records {
            builder.push(|out| out.extend_from_slice(record)).expect("room");
        }
        builder.seal(&header(), SEED).bytes().to_vec()
    }

    #[test]
    fn a_frame_is_read_back_as_it_was_written() {
        let bytes = sealed(&[b"one", b"", b"three"]);
        assert_eq!(bytes.len(), BLOCK_BYTES);
        let frame = Frame::decode(&bytes, SEED, Checksum::Checked).expect("a frame");
        assert_eq!(frame.header, header());
        assert_eq!(frame.records().collect::<Vec<_>>(), [b"one".as_slice(), b"", b"three"]);
    }

    #[test]
    fn a_frame_of_another_life_or_with_any_changed_bit_does_not_pass() {
        let bytes = sealed(&[b"one", b"two"]);
        assert!(Frame::decode(&bytes, Seed(1), Checksum::Checked).is_err());
        let used = FRAME_HEADER_BYTES + 2 * (RECORD_HEADER_BYTES + 3);
        for bit in 0..used * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(Frame::decode(&changed, SEED, Checksum::Checked).is_err(), "bit {bit}");
            // Without the checksum it may be believed, but it must not panic.
            let _ = Frame::decode(&changed, SEED, Checksum::Ignored);
        }
    }

    #[test]
    fn a_record_that_no_frame_can_hold_is_told_from_one_that_this_frame_can_not() {
        let mut builder = FrameBuilder::new();
        let longest = vec![1; RECORD_BYTES_MAX];
        assert_eq!(
            builder.push(|out| out.resize(out.len() + RECORD_BYTES_MAX + 1, 1)),
            Err(NotAdded::TooLong)
        );
        builder.push(|out| out.extend_from_slice(&longest)).expect("room");
        assert_eq!(builder.push(|out| out.extend_from_slice(&longest)), Err(NotAdded::Full));
        assert_eq!(builder.count, 1);
        let bytes = builder.seal(&header(), SEED).bytes().to_vec();
        assert!(bytes.len() <= FRAME_BYTES_MAX);
        let frame = Frame::decode(&bytes, SEED, Checksum::Checked).expect("a frame");
        assert_eq!(frame.records().next(), Some(longest.as_slice()));
    }
}
