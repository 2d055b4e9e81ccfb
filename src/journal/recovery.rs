//! What every start does: read all, cut the torn tail, and begin anew on a file that is known to be durable.
//!
//! The page cache may show what the disk never got, so the good prefix of the last segment is written to a new file, which
//! takes the old one's place only when it is synced. The segments before it were synced before the last one was begun.
//!
//! Nothing is changed before all has been read and found good: a refused start leaves the directory as it was.

use std::io;
use std::sync::Arc;

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::appender::{Appender, OpenSegment};
use super::disk::{Disk, DiskFile, write_all};
use super::entropy::Entropy;
use super::error::JournalError;
use super::frame::{Checksum, Frame};
use super::layout::{BLOCK_BYTES, REWRITE_NAME, index, is_left_over, segment_name};
use super::listing::segments_behind;
use super::position::Position;
use super::reader::{End, Replay, SegmentReader, frame_behind, read_frames};
use super::segment::SegmentHeader;
use super::spare::{Spares, fill_with_zeros};

/// A tail that was cut: it was never acknowledged, since nothing whole stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    pub file: String,
    pub offset: u64,
    pub why: &'static str,
}

/// What was read, and where the journal goes on.
pub(super) struct Read<F> {
    pub state: Replay,
    pub records: u64,
    pub cut: Option<Cut>,
    /// How many bytes the segments that were read before the last one have in use.
    bytes_before: u64,
    last: Option<Last<F>>,
}

/// The last segment, as it was read.
struct Last<F> {
    reader: SegmentReader<F>,
    header: SegmentHeader,
    frames: Vec<u64>,
    data_since: Option<UtcMillis>,
}

/// Reads the journal behind a position, or all of it, and gives each record of the engine's to `apply`, in order. Changes
/// nothing.
pub(super) fn read_all<D: Disk, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    disk: &D,
    behind: Option<&Position>,
    new_uuid: [u8; 16],
    check: Checksum,
    mut apply: impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
) -> Result<Read<D::File>, JournalError> {
    let segments = segments_behind(disk, behind)?;
    let mut state: Option<Replay> = None;
    let mut records = 0;
    let mut bytes_before = 0;
    let mut before: Option<(SegmentReader<D::File>, End)> = None;
    let mut read = None;
    for number in segments.clone() {
        let name = segment_name(number);
        let file = disk.open(&name).map_err(JournalError::io("open", &name))?;
        let (window, name_before, end_before) = match before.take() {
            Some((reader, end)) => (reader.window, reader.name, end.offset),
            None => (Vec::new(), String::new(), 0),
        };
        let mut reader = SegmentReader::new(name, file, window)?;
        let header = reader.header(number)?;
        match (&state, behind) {
            (Some(state), _) => {
                // A segment is begun only behind a whole one: what is missing between the two stood at the first one's end.
                if header.uuid == state.uuid && header.first > state.next {
                    let first = header.first.get();
                    let why = format!("records are missing here: segment {number} goes on with {first}");
                    return Err(JournalError::corrupt(&name_before, end_before, why));
                }
                state.expect_segment(&header, &reader.name)?;
            }
            (None, Some(position)) => position.expect_segment(&header, &reader.name)?,
            (None, None) => Replay::new(header.uuid).expect_segment(&header, &reader.name)?,
        }
        let state = state.get_or_insert_with(|| match behind {
            Some(position) => position.state().clone(),
            None => Replay::new(header.uuid),
        });
        let end = read_frames(&mut reader, &header, check, state, &mut |sequence, at, bytes: &[u8]| {
            records += 1;
            apply(sequence, at, bytes)
        })?;
        if number == *segments.end() {
            read = Some((reader, header, end));
        } else {
            bytes_before += end.offset;
            before = Some((reader, end));
        }
    }
    let Some((mut reader, header, end)) = read else {
        return Ok(Read { state: Replay::new(new_uuid), records, cut: None, bytes_before, last: None });
    };
    let state = state.expect("a segment was read");
    let cut = judge_tail(&mut reader, &header, check, &end, state.epoch)?;
    let last = Some(Last { reader, header, frames: end.frames, data_since: end.data_since });
    Ok(Read { state, records, cut, bytes_before, last })
}

/// Whether the last segment's end is a tail that may be cut, and what is cut when it is not empty.
fn judge_tail<F: DiskFile>(
    reader: &mut SegmentReader<F>,
    header: &SegmentHeader,
    check: Checksum,
    end: &End,
    epoch: u64,
) -> Result<Option<Cut>, JournalError> {
    let Some(why) = end.why else { return Ok(None) };
    if let Some(behind) = frame_behind(reader, header, check, end.offset, epoch)? {
        let why = format!("{why}, and a whole frame stands behind it at byte {behind}");
        return Err(JournalError::corrupt(&reader.name, end.offset, why));
    }
    let block = reader.at(end.offset)?;
    let empty = block.iter().take(BLOCK_BYTES).all(|&byte| byte == 0);
    Ok((!empty).then(|| Cut { file: reader.name.clone(), offset: end.offset, why }))
}

/// Makes the journal ready for writing: the last segment anew, then the new epoch.
pub(super) fn begin<D: Disk>(
    disk: &Arc<D>,
    read: Read<D::File>,
    segment_bytes: u64,
    check: Checksum,
    entropy: Arc<dyn Entropy>,
) -> Result<Appender<D>, JournalError> {
    remove_left_overs(&**disk)?;
    let Read { state, last, bytes_before, .. } = read;
    let segment = match last {
        Some(Last { mut reader, header, frames, data_since }) => {
            let salt = new_salt(&*entropy)?;
            let header_before = header.clone();
            let header = SegmentHeader { salt, packed_bytes: None, ..header };
            let segment = rewrite(&**disk, &header, |file| {
                copy_frames(&mut reader, &header_before, &header, &frames, check, file)
            })?;
            OpenSegment { data_since, ..segment }
        }
        None => first_segment(&**disk, 1, &state, segment_bytes, &*entropy)?,
    };
    let spares = Spares::new(Arc::clone(disk), segment_bytes);
    let mut appender = Appender::new(Arc::clone(disk), spares, entropy, state, segment, bytes_before);
    appender.begin_epoch()?;
    Ok(appender)
}

/// Makes a journal in an empty directory that goes on behind a position, in the epoch that is in force there.
pub(super) fn begin_behind<D: Disk>(
    disk: &Arc<D>,
    position: &Position,
    segment_bytes: u64,
    entropy: Arc<dyn Entropy>,
) -> Result<Appender<D>, JournalError> {
    let state = position.state().clone();
    let segment = first_segment(&**disk, position.segment() + 1, &state, segment_bytes, &*entropy)?;
    let spares = Spares::new(Arc::clone(disk), segment_bytes);
    Ok(Appender::new(Arc::clone(disk), spares, entropy, state, segment, 0))
}

fn new_salt(entropy: &dyn Entropy) -> Result<[u8; 16], JournalError> {
    let mut salt = [0; 16];
    entropy.fill(&mut salt).map_err(|source| JournalError::System { what: "random bytes", source })?;
    Ok(salt)
}

/// Makes the first segment of a directory that has none.
fn first_segment<D: Disk>(
    disk: &D,
    number: u64,
    state: &Replay,
    segment_bytes: u64,
    entropy: &dyn Entropy,
) -> Result<OpenSegment<D::File>, JournalError> {
    let header = SegmentHeader {
        uuid: state.uuid,
        number,
        first: state.next,
        epoch: state.epoch,
        salt: new_salt(entropy)?,
        link: *state.chain.link(),
        at: state.at,
        bytes: segment_bytes,
        packed_bytes: None,
    };
    rewrite(disk, &header, |_| Ok(BLOCK_BYTES as u64))
}

fn remove_left_overs(disk: &impl Disk) -> Result<(), JournalError> {
    for name in disk.list().map_err(JournalError::io("list", "the journal's directory"))? {
        if is_left_over(&name)
            && let Err(error) = disk.remove(&name)
            // A process that an earlier server left behind packs segments and may have been quicker.
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(JournalError::io("remove", &name)(error));
        }
    }
    Ok(())
}

/// Writes a segment to a file of its own, and gives it its name when all of it is durable.
fn rewrite<D: Disk>(
    disk: &D,
    header: &SegmentHeader,
    write_frames: impl FnOnce(&D::File) -> Result<u64, JournalError>,
) -> Result<OpenSegment<D::File>, JournalError> {
    let name = segment_name(header.number);
    let file = disk.create(REWRITE_NAME).map_err(JournalError::io("create", REWRITE_NAME))?;
    write_all(&file, &header.encode(), 0).map_err(JournalError::io("write", REWRITE_NAME))?;
    let offset = write_frames(&file)?;
    fill_with_zeros(&file, offset, header.bytes).map_err(JournalError::io("fill", REWRITE_NAME))?;
    file.sync_data().map_err(JournalError::io("sync", REWRITE_NAME))?;
    disk.sync_dir().map_err(JournalError::io("sync the directory of", REWRITE_NAME))?;
    disk.rename(REWRITE_NAME, &name)
        .map_err(JournalError::io("put the rewritten file in place of", &name))?;
    disk.sync_dir().map_err(JournalError::io("sync the directory of", &name))?;
    let (number, seed, bytes) = (header.number, header.seed(), header.bytes);
    Ok(OpenSegment { file, name, number, seed, bytes, offset, data_since: None })
}

/// Copies the good frames, checked once more on the way; where the next goes.
fn copy_frames<F: DiskFile>(
    reader: &mut SegmentReader<F>,
    from: &SegmentHeader,
    to: &SegmentHeader,
    frames: &[u64],
    check: Checksum,
    file: &F,
) -> Result<u64, JournalError> {
    const PIECE_BYTES: usize = 1024 * 1024;
    let mut frame_bytes = Vec::new();
    let mut piece: Vec<u8> = Vec::with_capacity(PIECE_BYTES + super::layout::FRAME_BYTES_MAX);
    let mut written = BLOCK_BYTES as u64;
    for &place in frames {
        let name = reader.name.clone();
        let window = reader.at(place)?;
        // Checked once more: a second reading may differ from the first, and gets a new checksum here.
        let frame = Frame::decode(window, from.seed(), check)
            .map_err(|why| JournalError::corrupt(&name, place, why))?;
        let offset = written + piece.len() as u64;
        let block = u32::try_from(index(offset) / BLOCK_BYTES).expect("bounded by SEGMENT_BYTES_MAX");
        frame.rewritten(block, to.seed(), &mut frame_bytes);
        piece.extend_from_slice(&frame_bytes);
        if piece.len() >= PIECE_BYTES {
            write_all(file, &piece, written).map_err(JournalError::io("write", REWRITE_NAME))?;
            written += piece.len() as u64;
            piece.clear();
        }
    }
    write_all(file, &piece, written).map_err(JournalError::io("write", REWRITE_NAME))?;
    Ok(written + piece.len() as u64)
}
