//! The block at the head of each segment: which journal, which part of it, and which life of the file.

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::chain::Link;
use super::error::JournalError;
use super::frame::{Seed, u32_at, u64_at};
use super::layout::{
    BLOCK_BYTES, FORMAT_VERSION, FORMAT_VERSION_PACKED, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN,
};

const MAGIC: &[u8; 8] = b"KAICHANG";
/// The place of the version and of the checksum is the same in every version, so that an older reader can tell a newer
/// segment from a damaged one.
const VERSION_AT: usize = 8;
const CRC_AT: usize = BLOCK_BYTES - 4;

/// What a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// The journal's, drawn when it was created.
    pub uuid: [u8; 16],
    /// From 1.
    pub number: u64,
    /// The sequence of its first record.
    pub first: Sequence,
    /// In force before its first record.
    pub epoch: u64,
    /// Drawn anew for each life of the file.
    pub salt: [u8; 16],
    /// The last link closed before its first record.
    pub link: Link,
    /// The time of the record before its first.
    pub at: UtcMillis,
    /// The file's length, before it was packed if it is.
    pub bytes: u64,
    /// The file's length, if it is packed.
    pub packed_bytes: Option<u64>,
}

impl SegmentHeader {
    #[must_use]
    pub(super) fn seed(&self) -> Seed {
        Seed::of_salt(&self.salt)
    }

    #[must_use]
    pub(super) fn encode(&self) -> [u8; BLOCK_BYTES] {
        let mut block = [0; BLOCK_BYTES];
        block[..8].copy_from_slice(MAGIC);
        let version = if self.packed_bytes.is_some() { FORMAT_VERSION_PACKED } else { FORMAT_VERSION };
        block[VERSION_AT..12].copy_from_slice(&version.to_le_bytes());
        block[16..32].copy_from_slice(&self.uuid);
        block[32..40].copy_from_slice(&self.number.to_le_bytes());
        block[40..48].copy_from_slice(&self.first.get().to_le_bytes());
        block[48..56].copy_from_slice(&self.epoch.to_le_bytes());
        block[56..72].copy_from_slice(&self.salt);
        block[72..104].copy_from_slice(&self.link);
        block[104..112].copy_from_slice(&self.at.get().to_le_bytes());
        block[112..120].copy_from_slice(&self.bytes.to_le_bytes());
        block[120..128].copy_from_slice(&self.packed_bytes.unwrap_or(0).to_le_bytes());
        let crc = crc32c::crc32c(&block[..CRC_AT]);
        block[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        block
    }

    /// Reads the header of the named file from its first block.
    ///
    /// # Errors
    /// `NewerFormat` or `Corrupt`.
    pub(super) fn decode(block: &[u8], file: &str) -> Result<Self, JournalError> {
        if block.len() < BLOCK_BYTES {
            return Err(JournalError::corrupt(file, block.len() as u64, "the file ends inside its header"));
        }
        if crc32c::crc32c(&block[..CRC_AT]) != u32_at(block, CRC_AT) || &block[..8] != MAGIC {
            return Err(JournalError::corrupt(file, 0, "the segment's header is not whole"));
        }
        let version = u32_at(block, VERSION_AT);
        if version > FORMAT_VERSION_PACKED {
            let known = FORMAT_VERSION_PACKED;
            return Err(JournalError::NewerFormat { file: file.to_owned(), version, known });
        }
        let header = Self {
            uuid: array_at(block, 16),
            number: u64_at(block, 32),
            first: Sequence::new(u64_at(block, 40)),
            epoch: u64_at(block, 48),
            salt: array_at(block, 56),
            link: array_at(block, 72),
            at: UtcMillis::new(u64_at(block, 104).cast_signed()),
            bytes: u64_at(block, 112),
            packed_bytes: (version == FORMAT_VERSION_PACKED).then(|| u64_at(block, 120)),
        };
        if !is_possible_length(header.bytes) {
            return Err(JournalError::corrupt(file, 112, "the segment's length is not possible"));
        }
        Ok(header)
    }
}

/// Whether a segment can have this length.
pub(super) fn is_possible_length(bytes: u64) -> bool {
    (SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&bytes) && bytes.is_multiple_of(BLOCK_BYTES as u64)
}

pub(super) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

/// A journal's name as people read it.
#[must_use]
pub fn uuid_text(uuid: &[u8; 16]) -> String {
    let hex = data_encoding::HEXLOWER.encode(uuid);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        SegmentHeader {
            uuid: [1; 16],
            number: 7,
            first: Sequence::new(900),
            epoch: 4,
            salt: [2; 16],
            link: [3; 32],
            at: UtcMillis::new(-5),
            bytes: SEGMENT_BYTES_MIN,
            packed_bytes: None,
        }
    }

    #[test]
    fn a_header_is_read_back_as_it_was_written() {
        for packed_bytes in [None, Some(5_000)] {
            let header = SegmentHeader { packed_bytes, ..header() };
            assert_eq!(SegmentHeader::decode(&header.encode(), "s").expect("whole"), header);
        }
    }

    #[test]
    fn a_newer_version_is_named_and_not_taken_for_damage() {
        let mut block = header().encode();
        block[VERSION_AT] = 9;
        let crc = crc32c::crc32c(&block[..CRC_AT]);
        block[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        let error = SegmentHeader::decode(&block, "s").expect_err("newer");
        assert!(matches!(error, JournalError::NewerFormat { version: 9, known: FORMAT_VERSION_PACKED, .. }));
        assert!(error.to_string().contains("newer version"), "{error}");
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_seen() {
        let block = header().encode();
        for bit in 0..BLOCK_BYTES * 8 {
            let mut changed = block;
            changed[bit / 8] ^= 1 << (bit % 8);
            let error = SegmentHeader::decode(&changed, "s").expect_err("damaged");
            assert!(matches!(error, JournalError::Corrupt { .. }), "bit {bit}: {error}");
        }
    }
}
