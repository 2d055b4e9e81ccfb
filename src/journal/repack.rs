//! Writing a sealed segment anew without what it has no use for.
//!
//! Always: the frames are those that were, so records, chain and epochs are too; what takes the segment's place was synced and
//! read back before; after a crash one of both is there.

use std::io;

use super::disk::{Disk, DiskFile, write_all};
use super::error::JournalError;
use super::frame::{Checksum, Frame};
use super::layout::{BLOCK_BYTES, repack_name, segment_name};
use super::listing::all_segments;
use super::packed::{PIECE_BYTES, pack};
use super::reader::{SegmentReader, open_segment};
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

/// Packs a sealed segment; beside the server that writes the journal, beside readers, and beside another call for it.
///
/// # Errors
/// `Corrupt` when the segment is not whole, which then stays as it is; what the disk says.
pub fn repack<D: Disk>(disk: &D, number: u64) -> Result<Repacked, JournalError> {
    let numbers = all_segments(disk)?;
    if !numbers.contains(&number) || !numbers.contains(&(number + 1)) {
        return Ok(Repacked::NotSealed);
    }
    let (mut reader, header) = open_segment(disk, &segment_name(number), number)?;
    let (_, next) = open_segment(disk, &segment_name(number + 1), number + 1)?;
    if header.packed_bytes.is_some() {
        return Ok(Repacked::AsItWas);
    }
    let (before, temporary) = (header.bytes, repack_name(number));
    // One that a process of the same number left.
    remove_if_there(disk, &temporary)?;
    match write(disk, &temporary, &mut reader, header, &next) {
        Ok(after) if after < before => {
            disk.rename(&temporary, &reader.name)
                .map_err(JournalError::io("put the packed file in place of", &reader.name))?;
            disk.sync_dir().map_err(JournalError::io("sync the directory of", &reader.name))?;
            Ok(Repacked::Shorter { before, after })
        }
        Ok(_) => remove_if_there(disk, &temporary).map(|()| Repacked::AsItWas),
        Err(error) => {
            // A left-over would hold room that may be lacking; if it stays, the next start removes it.
            let _ = disk.remove(&temporary);
            Err(error)
        }
    }
}

fn remove_if_there(disk: &impl Disk, name: &str) -> Result<(), JournalError> {
    match disk.remove(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(JournalError::io("remove", name)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes the packed segment to a file of its own, durable and read back; the file's length.
fn write<D: Disk>(
    disk: &D,
    name: &str,
    reader: &mut SegmentReader<D::File>,
    header: SegmentHeader,
    next: &SegmentHeader,
) -> Result<u64, JournalError> {
    let file = disk.create(name).map_err(JournalError::io("create", name))?;
    let bytes = write_pieces(reader, &header, next, &file, name)?;
    let header = SegmentHeader { packed_bytes: Some(bytes), ..header };
    write_all(&file, &header.encode(), 0).map_err(JournalError::io("write", name))?;
    file.sync_data().map_err(JournalError::io("sync", name))?;
    compare(disk, name, reader, header.number)?;
    // The next segment's name is durable with it, so that this one is never the last one after a crash.
    disk.sync_dir().map_err(JournalError::io("sync the directory of", name))?;
    Ok(bytes)
}

/// Writes the frames behind the place of the header, up to where the next segment goes on; the file's length.
fn write_pieces<F: DiskFile>(
    reader: &mut SegmentReader<F>,
    header: &SegmentHeader,
    next: &SegmentHeader,
    file: &F,
    file_name: &str,
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
            write_all(file, &piece, place).map_err(JournalError::io("write", file_name))?;
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
fn compare<D: Disk>(
    disk: &D,
    name: &str,
    reader: &mut SegmentReader<D::File>,
    number: u64,
) -> Result<(), JournalError> {
    let (mut packed, header) = open_segment(disk, name, number)?;
    let mut offset = BLOCK_BYTES as u64;
    loop {
        let window = packed.at(offset)?;
        if window.is_empty() {
            return Ok(());
        }
        let frame = Frame::decode(window, header.seed(), Checksum::Checked)
            .map_err(|why| JournalError::corrupt(name, offset, why))?;
        let bytes = frame.padded_bytes();
        if reader.at(offset)?.get(..bytes) != Some(&window[..bytes]) {
            return Err(JournalError::corrupt(name, offset, "it is read back as another frame"));
        }
        offset += bytes as u64;
    }
}
