//! Copying a journal while it is written: every segment as it stands, and of the one in use what is whole.
//!
//! A copy that another program makes byte by byte may have the end of a frame and not its beginning, which a start can't tell from
//! damage and refuses. Here the last segment is read frame by frame first, and copied up to the last that is whole.

use super::disk::{Disk, DiskFile, read_full, write_all};
use super::error::JournalError;
use super::frame::{Checksum, Frame};
use super::layout::{BLOCK_BYTES, index, segment_name};
use super::listing::all_segments;
use super::reader::open_segment;

const PIECE_BYTES: u64 = 1024 * 1024;

/// Copies all segments to an empty disk, durably; how many. What was durable when it began is in the copy, and perhaps more. Nobody may
/// give segments up meanwhile.
///
/// # Errors
/// `JournalError`: what the disks say; `Corrupt` when a header is damaged. Damage elsewhere is copied as it is.
pub fn copy_segments<D: Disk>(from: &D, to: &D) -> Result<u64, JournalError> {
    let Some(first) = all_segments(from)?.first().copied() else { return Ok(0) };
    let mut number = first;
    loop {
        if !all_segments(from)?.contains(&(number + 1)) {
            copy_in_use(from, to, number)?;
            if !all_segments(from)?.contains(&(number + 1)) {
                break;
            }
            // It was sealed meanwhile, so there may be more in it than was copied.
            let name = segment_name(number);
            to.remove(&name).map_err(JournalError::io("remove", &name))?;
        }
        copy(from, to, number, None)?;
        number += 1;
    }
    to.sync_dir().map_err(JournalError::io("sync", "the copy's directory"))?;
    Ok(number - first + 1)
}

/// Copies the segment in use up to the end of what is whole.
fn copy_in_use<D: Disk>(from: &D, to: &D, number: u64) -> Result<(), JournalError> {
    let (mut reader, header) = open_segment(from, &segment_name(number), number)?;
    if header.packed_bytes.is_some() {
        return copy(from, to, number, None);
    }
    let mut end = BLOCK_BYTES as u64;
    while end < header.bytes {
        let Ok(frame) = Frame::decode(reader.at(end)?, header.seed(), Checksum::Checked) else { break };
        end += frame.padded_bytes() as u64;
    }
    copy(from, to, number, Some(end))
}

/// Copies a file with its length, all of it or what stands before a place, and syncs it. Zeros become holes.
fn copy<D: Disk>(from: &D, to: &D, number: u64, end: Option<u64>) -> Result<(), JournalError> {
    let name = segment_name(number);
    let source = from.open(&name).map_err(JournalError::io("open", &name))?;
    let target = to.create(&name).map_err(JournalError::io("create the copy of", &name))?;
    let length = source.bytes().map_err(JournalError::io("find the length of", &name))?;
    let end = end.unwrap_or(length).min(length);
    let mut piece = vec![0; index(PIECE_BYTES)];
    let mut offset = 0;
    while offset < end {
        let wanted = index(PIECE_BYTES.min(end - offset));
        let read =
            read_full(&source, &mut piece[..wanted], offset).map_err(JournalError::io("read", &name))?;
        if piece[..read].iter().any(|byte| *byte != 0) {
            write_all(&target, &piece[..read], offset)
                .map_err(JournalError::io("write the copy of", &name))?;
        }
        if read < wanted {
            break;
        }
        offset += read as u64;
    }
    if target.bytes().map_err(JournalError::io("find the length of the copy of", &name))? < length {
        write_all(&target, &[0], length - 1).map_err(JournalError::io("write the copy of", &name))?;
    }
    target.sync_data().map_err(JournalError::io("sync the copy of", &name))
}
