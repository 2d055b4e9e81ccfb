//! The packed form of a sealed segment: its frames, byte for byte, deflated in pieces.
//!
//! A segment is as long as room was made for it, and each of its frames takes whole blocks; a sealed one that few records came to
//! is nearly all zeros. Unpacked it is what it was, so that the same code reads and judges its frames.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::disk::{DiskFile, read_full};
use super::error::JournalError;
use super::frame::{Seed, u32_at};
use super::layout::{BLOCK_BYTES, FRAME_BYTES_MAX};

const MAGIC: u32 = u32::from_le_bytes(*b"KCP1");
const HEAD_BYTES: usize = 16;
const CRC_AT: usize = 12;

/// A piece is closed behind the frame with which it reaches this.
pub(super) const PIECE_BYTES: usize = 512 * 1024;

/// No piece is longer unpacked, so a damaged length can't ask for much memory.
const PIECE_BYTES_MAX: usize = PIECE_BYTES + FRAME_BYTES_MAX;

/// Appends a piece with these frames.
pub(super) fn pack(frames: &[u8], seed: Seed, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD_BYTES]);
    let mut encoder = DeflateEncoder::new(&mut *out, Compression::default());
    encoder.write_all(frames).and_then(|()| encoder.try_finish()).expect("writing to memory does not fail");
    drop(encoder);
    let packed = u32::try_from(out.len() - start - HEAD_BYTES).expect("a piece is short");
    let unpacked = u32::try_from(frames.len()).expect("a piece is short");
    let head = &mut out[start..start + HEAD_BYTES];
    head[0..4].copy_from_slice(&MAGIC.to_le_bytes());
    head[4..8].copy_from_slice(&packed.to_le_bytes());
    head[8..CRC_AT].copy_from_slice(&unpacked.to_le_bytes());
    let crc = checksum(&out[start..], seed);
    out[start + CRC_AT..start + HEAD_BYTES].copy_from_slice(&crc.to_le_bytes());
}

fn checksum(piece: &[u8], seed: Seed) -> u32 {
    crc32c::crc32c_append(seed.of_head(&piece[..CRC_AT]), &piece[HEAD_BYTES..])
}

/// The pieces of a packed segment, one after the other.
pub(super) struct Pieces {
    seed: Seed,
    /// The file's length.
    bytes: u64,
    /// Where the next piece begins in the file.
    place: u64,
    /// Where its frames begin in the segment as it was.
    offset: u64,
    piece: Vec<u8>,
}

impl Pieces {
    pub(super) const fn new(seed: Seed, bytes: u64) -> Self {
        let head = BLOCK_BYTES as u64;
        Self { seed, bytes, place: head, offset: head, piece: Vec::new() }
    }

    /// Where the frames of the next piece begin in the segment as it was.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Begins anew with the first.
    pub(super) const fn rewind(&mut self) {
        self.place = BLOCK_BYTES as u64;
        self.offset = BLOCK_BYTES as u64;
    }

    /// Unpacks the next piece behind what is in `into`; how many bytes that were, none when there are no more pieces.
    pub(super) fn next(
        &mut self,
        file: &impl DiskFile,
        name: &str,
        into: &mut Vec<u8>,
    ) -> Result<usize, JournalError> {
        if self.place >= self.bytes {
            return Ok(0);
        }
        let corrupt = |why| JournalError::corrupt(name, self.place, why);
        let mut head = [0; HEAD_BYTES];
        let read = read_full(file, &mut head, self.place).map_err(JournalError::io("read", name))?;
        let (packed, unpacked) = (u32_at(&head, 4) as usize, u32_at(&head, 8) as usize);
        if read < HEAD_BYTES || u32_at(&head, 0) != MAGIC {
            return Err(corrupt("no piece of packed frames begins here"));
        }
        let possible = (BLOCK_BYTES..=PIECE_BYTES_MAX).contains(&unpacked) && packed <= PIECE_BYTES_MAX * 2;
        if !possible || self.place + (HEAD_BYTES + packed) as u64 > self.bytes {
            return Err(corrupt("the length of the packed frames is not possible"));
        }
        self.piece.clear();
        self.piece.extend_from_slice(&head);
        self.piece.resize(HEAD_BYTES + packed, 0);
        let place = self.place + HEAD_BYTES as u64;
        read_full(file, &mut self.piece[HEAD_BYTES..], place).map_err(JournalError::io("read", name))?;
        if checksum(&self.piece, self.seed) != u32_at(&head, CRC_AT) {
            return Err(corrupt("the checksum of the packed frames is wrong"));
        }
        let start = into.len();
        into.resize(start + unpacked, 0);
        let mut decoder = DeflateDecoder::new(&self.piece[HEAD_BYTES..]);
        let whole = decoder.read_exact(&mut into[start..]).is_ok() && matches!(decoder.read(&mut [0]), Ok(0));
        if !whole {
            return Err(corrupt("the packed frames can't be unpacked"));
        }
        self.place += (HEAD_BYTES + packed) as u64;
        self.offset += unpacked as u64;
        Ok(unpacked)
    }
}
