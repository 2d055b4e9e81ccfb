//! Writing a sealed segment anew without what it has no use for.
//!
//! Always: the frames are those that were, so records, chain and epochs are too; what takes the segment's place was synced and
//! read back before; after a crash one of both is there.

use std::io;

use super::disk::{Disk, DiskFile, write_all};
use super::error::JournalError;
use super::frame::{Checksum, Frame};
use super::layout::{BLOCK_BYTES, REPACK_NAME, segment_name};
use super::listing::all_segments;
use super::packed::{PIECE_BYTES, pack};
use super::reader::SegmentReader;
use super::segment::SegmentHeader;

/// What became of a segment's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repacked {
    /// It had and has so many bytes.
    Shorter { before: u64, after: u64 },
    /// It is packed already, or would gain nothing.
    AsItWas,
    /// There is no such segment, or it still grows.
    NotSealed,
}

/// Packs a sealed segment; beside the server that writes the journal, and beside readers. One call at a time in a directory, and
/// only by who holds its lock.
///
/// # Errors
/// `Corrupt` when the segment is not whole, which then stays as it is; what the disk says.
pub fn repack<D: Disk>(disk: &D, number: u64) -> Result<Repacked, JournalError> {
    let numbers = all_segments(disk)?;
    if !numbers.contains(&number) || !numbers.contains(&(number + 1)) {
        return Ok(Repacked::NotSealed);
    }
    let (mut reader, header) = open(disk, &segment_name(number), number)?;
    let (_, next) = open(disk, &segment_name(number + 1), number + 1)?;
    if header.packed_bytes.is_some() {
        return Ok(Repacked::AsItWas);
    }
    match disk.remove(REPACK_NAME) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(JournalError::io("remove", REPACK_NAME)(error));
        }
        Ok(()) | Err(_) => {}
    }
    let file = disk.create(REPACK_NAME).map_err(JournalError::io("create", REPACK_NAME))?;
    let after = write_pieces(&mut reader, &header, &next, &file)?;
    let before = header.bytes;
    if after >= before {
        disk.remove(REPACK_NAME).map_err(JournalError::io("remove", REPACK_NAME))?;
        return Ok(Repacked::AsItWas);
    }
    let packed = SegmentHeader { packed_bytes: Some(after), ..header };
    write_all(&file, &packed.encode(), 0).map_err(JournalError::io("write", REPACK_NAME))?;
    file.sync_data().map_err(JournalError::io("sync", REPACK_NAME))?;
    compare(disk, &mut reader, number)?;
    // The next segment's name is durable with it, so that this one is never the last one after a crash.
    disk.sync_dir().map_err(JournalError::io("sync the directory of", REPACK_NAME))?;
    disk.rename(REPACK_NAME, &reader.name)
        .map_err(JournalError::io("put the packed file in place of", &reader.name))?;
    disk.sync_dir().map_err(JournalError::io("sync the directory of", &reader.name))?;
    Ok(Repacked::Shorter { before, after })
}

fn open<D: Disk>(
    disk: &D,
    name: &str,
    number: u64,
) -> Result<(SegmentReader<D::File>, SegmentHeader), JournalError> {
    let file = disk.open(name).map_err(JournalError::io("open", name))?;
    let mut reader = SegmentReader::new(name.to_owned(), file, Vec::new())?;
    let header = reader.header(number)?;
    Ok((reader, header))
}

/// Writes the frames behind the place of the header, up to where the next segment goes on; the file's length.
fn write_pieces<F: DiskFile>(
    reader: &mut SegmentReader<F>,
    header: &SegmentHeader,
    next: &SegmentHeader,
    file: &F,
) -> Result<u64, JournalError> {
    let seed = header.seed();
    let (mut frames, mut piece) = (Vec::with_capacity(2 * PIECE_BYTES), Vec::new());
    let (mut offset, mut place) = (BLOCK_BYTES as u64, BLOCK_BYTES as u64);
    let mut sequence = header.first;
    let mut epoch = header.epoch;
    while sequence < next.first {
        let name = reader.name.clone();
        let window = reader.at(offset)?;
        let frame = Frame::decode(window, seed, Checksum::Checked)
            .map_err(|why| JournalError::corrupt(&name, offset, why))?;
        let bytes = frame.padded_bytes();
        frames.extend_from_slice(&window[..bytes]);
        // What a replaced writer wrote is taken along, as it is passed over by every reader.
        if frame.header.epoch >= epoch {
            if frame.header.sequence != sequence {
                return Err(JournalError::corrupt(&name, offset, "another record is due here"));
            }
            epoch = frame.header.epoch;
            for _ in frame.records() {
                sequence = sequence.next();
            }
        }
        offset += bytes as u64;
        if frames.len() >= PIECE_BYTES || sequence >= next.first {
            piece.clear();
            pack(&frames, seed, &mut piece);
            frames.clear();
            write_all(file, &piece, place).map_err(JournalError::io("write", REPACK_NAME))?;
            place += piece.len() as u64;
        }
    }
    if sequence > next.first {
        let why = format!("segment {} goes on with {} already", next.number, next.first.get());
        return Err(JournalError::corrupt(&reader.name, offset, why));
    }
    Ok(place)
}

/// Reads back what was written: each frame must be the one that it was made of.
fn compare<D: Disk>(disk: &D, reader: &mut SegmentReader<D::File>, number: u64) -> Result<(), JournalError> {
    let (mut packed, header) = open(disk, REPACK_NAME, number)?;
    let mut offset = BLOCK_BYTES as u64;
    loop {
        let window = packed.at(offset)?;
        if window.is_empty() {
            return Ok(());
        }
        let frame = Frame::decode(window, header.seed(), Checksum::Checked)
            .map_err(|why| JournalError::corrupt(REPACK_NAME, offset, why))?;
        let bytes = frame.padded_bytes();
        if reader.at(offset)?.get(..bytes) != Some(&window[..bytes]) {
            return Err(JournalError::corrupt(REPACK_NAME, offset, "it is read back as another frame"));
        }
        offset += bytes as u64;
    }
}
