//! A snapshot as a file: a head, pieces, and a digest of it all at the end (`docs/snapshots.md` draws it).
//!
//! It is written under another name and gets its own when it is whole and synced. It is read by two threads: one takes the pieces, each
//! checked by its CRC, the other computes the digest; what was taken counts only when both are content.

use std::io;

use super::disk::{Disk, DiskFile, read_full, write_all};
use super::error::JournalError;

const MAGIC: &[u8; 8] = b"KAICSNAP";
/// The format of this version, which is also the newest that it knows.
const VERSION: u32 = 1;
/// No section has this tag.
const END_TAG: u32 = 0;
/// Tag, length, checksum.
const PIECE_HEADER_BYTES: usize = 12;
/// A piece or head that says it is longer is not believed.
const PIECE_BYTES_MAX: usize = 1 << 30;
const DIGEST_BYTES: usize = 32;
const MAKING: &str = "snapshot.making";
const BUFFER_BYTES: usize = 1 << 20;

/// Why a snapshot can't be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("could not read {file}")]
    Io { file: String, source: io::Error },
    #[error("{file} is damaged: {why}")]
    Damaged { file: String, why: &'static str },
    #[error("{file} is of format {version}, and this version knows formats up to {VERSION}")]
    NewerFormat { file: String, version: u32 },
    /// It is whole, but this version can't make a city of it.
    #[error("{file} can't be used")]
    Unusable { file: String, source: Box<dyn std::error::Error + Send + Sync> },
}

/// The name of the snapshot behind a record.
#[must_use]
pub fn snapshot_name(sequence: u64) -> String {
    format!("snapshot-{sequence:020}.kcs")
}

/// The record behind which a file of this name is a snapshot.
#[must_use]
pub fn snapshot_sequence(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("snapshot-")?.strip_suffix(".kcs")?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// Writes a snapshot under its name.
///
/// # Errors
/// `Io`: nothing has the name then that had it not before.
pub fn write_snapshot<D: Disk>(
    disk: &D,
    name: &str,
    head: &[u8],
    pieces: impl FnOnce(&mut dyn FnMut(u32, &[u8]) -> Result<(), JournalError>) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    match disk.remove(MAKING) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(JournalError::io("remove", MAKING)(error));
        }
        _ => {}
    }
    let file = disk.create(MAKING).map_err(JournalError::io("create", MAKING))?;
    let mut writer = Writer { file, buffer: Vec::new(), written: 0, hasher: blake3::Hasher::new() };
    writer.put(MAGIC)?;
    writer.put(&VERSION.to_le_bytes())?;
    writer.piece(END_TAG, head)?;
    pieces(&mut |tag, piece| writer.piece(tag, piece))?;
    writer.piece(END_TAG, &[])?;
    let file = writer.finish()?;
    file.sync_data().map_err(JournalError::io("sync", MAKING))?;
    drop(file);
    disk.rename(MAKING, name).map_err(JournalError::io("rename", MAKING))?;
    disk.sync_dir().map_err(JournalError::io("sync the directory of", name))
}

struct Writer<F> {
    file: F,
    buffer: Vec<u8>,
    written: u64,
    hasher: blake3::Hasher,
}

impl<F: DiskFile> Writer<F> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    fn piece(&mut self, tag: u32, piece: &[u8]) -> Result<(), JournalError> {
        let too_long = |_| JournalError::io("write a piece of", MAKING)(io::ErrorKind::FileTooLarge.into());
        let length = u32::try_from(piece.len()).map_err(too_long)?;
        let mut header = [0; PIECE_HEADER_BYTES];
        header[..4].copy_from_slice(&tag.to_le_bytes());
        header[4..8].copy_from_slice(&length.to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&header[..8]), piece);
        header[8..].copy_from_slice(&crc.to_le_bytes());
        self.put(&header)?;
        self.put(piece)
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        self.hasher.update(&self.buffer);
        self.write_out()
    }

    fn write_out(&mut self) -> Result<(), JournalError> {
        write_all(&self.file, &self.buffer, self.written).map_err(JournalError::io("write", MAKING))?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<F, JournalError> {
        self.flush()?;
        self.buffer.extend_from_slice(self.hasher.finalize().as_bytes());
        self.write_out()?;
        Ok(self.file)
    }
}

/// Reads a snapshot and gives each of its pieces to `take`, which must forget them when this fails.
///
/// # Errors
/// Why it can't be read.
pub fn read_snapshot<D: Disk, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    disk: &D,
    name: &str,
    mut take: impl FnMut(u32, &[u8]) -> Result<(), E>,
) -> Result<Vec<u8>, SnapshotError> {
    std::thread::scope(|scope| {
        let digest = scope.spawn(|| check_digest(disk, name));
        let (mut reader, head) = Reader::open(disk, name)?;
        loop {
            match reader.piece()? {
                (END_TAG, []) => break,
                (END_TAG, _) => return Err(reader.damaged("a second head stands in it")),
                (tag, piece) => take(tag, piece).map_err(|error| SnapshotError::Unusable {
                    file: name.to_owned(),
                    source: error.into(),
                })?,
            }
        }
        match digest.join() {
            Ok(checked) => checked?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        Ok(head)
    })
}

struct Reader<F> {
    file: F,
    name: String,
    window: Vec<u8>,
    /// What of the window is read and not taken.
    from: usize,
    filled: usize,
    /// Where in the file the window ends.
    offset: u64,
}

impl<F: DiskFile> Reader<F> {
    fn open<D: Disk<File = F>>(disk: &D, name: &str) -> Result<(Self, Vec<u8>), SnapshotError> {
        let io = |source| SnapshotError::Io { file: name.to_owned(), source };
        let file = disk.open(name).map_err(io)?;
        let mut reader =
            Self { file, name: name.to_owned(), window: Vec::new(), from: 0, filled: 0, offset: 0 };
        let start = reader.take(MAGIC.len() + 4)?;
        let (magic, version) = start.split_at(MAGIC.len());
        let version = version.first_chunk().map_or(0, |version| u32::from_le_bytes(*version));
        if magic != MAGIC || version == 0 {
            return Err(reader.damaged("it does not begin as a snapshot"));
        }
        if version > VERSION {
            return Err(SnapshotError::NewerFormat { file: name.to_owned(), version });
        }
        match reader.piece()? {
            (END_TAG, head) => {
                let head = head.to_vec();
                Ok((reader, head))
            }
            _ => Err(reader.damaged("it has no head")),
        }
    }

    fn damaged(&self, why: &'static str) -> SnapshotError {
        SnapshotError::Damaged { file: self.name.clone(), why }
    }

    /// The next bytes of the file.
    fn take(&mut self, count: usize) -> Result<&[u8], SnapshotError> {
        if self.filled - self.from < count {
            self.window.copy_within(self.from..self.filled, 0);
            self.filled -= self.from;
            self.from = 0;
            if self.window.len() < count.max(BUFFER_BYTES) {
                self.window.resize(count.max(BUFFER_BYTES), 0);
            }
            let read = read_full(&self.file, &mut self.window[self.filled..], self.offset)
                .map_err(|source| SnapshotError::Io { file: self.name.clone(), source })?;
            self.offset += read as u64;
            self.filled += read;
        }
        if self.filled - self.from < count {
            return Err(self.damaged("it ends too early"));
        }
        self.from += count;
        Ok(&self.window[self.from - count..self.from])
    }

    fn piece(&mut self) -> Result<(u32, &[u8]), SnapshotError> {
        let mut header = [0; PIECE_HEADER_BYTES];
        header.copy_from_slice(self.take(PIECE_HEADER_BYTES)?);
        let [tag, length, crc] = [0, 4, 8]
            .map(|at| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > PIECE_BYTES_MAX {
            return Err(self.damaged("a piece has an impossible length"));
        }
        self.take(length)?;
        let piece = self.from - length..self.from;
        if crc32c::crc32c_append(crc32c::crc32c(&header[..8]), &self.window[piece.clone()]) != crc {
            return Err(self.damaged("a piece's checksum is wrong"));
        }
        Ok((tag, &self.window[piece]))
    }
}

/// Whether the file ends with the digest of what comes before.
fn check_digest<D: Disk>(disk: &D, name: &str) -> Result<(), SnapshotError> {
    let io = |source| SnapshotError::Io { file: name.to_owned(), source };
    let damaged = |why| SnapshotError::Damaged { file: name.to_owned(), why };
    let file = disk.open(name).map_err(io)?;
    let length = file.bytes().map_err(io)?;
    let end = length.checked_sub(DIGEST_BYTES as u64).ok_or_else(|| damaged("it ends too early"))?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; BUFFER_BYTES / 2];
    let mut offset = 0;
    while offset < end {
        let wanted = usize::try_from(end - offset).unwrap_or(usize::MAX).min(buffer.len());
        let read = read_full(&file, &mut buffer[..wanted], offset).map_err(io)?;
        if read < wanted {
            return Err(damaged("it ends too early"));
        }
        hasher.update(&buffer[..wanted]);
        offset += wanted as u64;
    }
    let mut digest = [0; DIGEST_BYTES];
    let read = read_full(&file, &mut digest, end).map_err(io)?;
    if read == DIGEST_BYTES && *hasher.finalize().as_bytes() == digest {
        Ok(())
    } else {
        Err(damaged("its digest is wrong"))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::journal::FileDisk;

    fn written(dir: &std::path::Path) -> (FileDisk, String) {
        let disk = FileDisk::new(dir).expect("a directory");
        let name = snapshot_name(77);
        write_snapshot(&disk, &name, b"head", |give| {
            give(4, b"four")?;
            give(5, &[])?;
            give(5, &vec![9; 3 * BUFFER_BYTES])
        })
        .expect("written");
        (disk, name)
    }

    type Pieces = Vec<(u32, Vec<u8>)>;

    fn read(disk: &FileDisk, name: &str) -> Result<(Vec<u8>, Pieces), SnapshotError> {
        let mut pieces = Vec::new();
        let head = read_snapshot(disk, name, |tag, piece| {
            pieces.push((tag, piece.to_vec()));
            Ok::<_, Infallible>(())
        })?;
        Ok((head, pieces))
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let (disk, name) = written(dir.path());
        let (head, pieces) = read(&disk, &name).expect("whole");
        assert_eq!(head, b"head");
        assert_eq!(pieces, [(4, b"four".to_vec()), (5, Vec::new()), (5, vec![9; 3 * BUFFER_BYTES])]);
        assert_eq!(disk.list().expect("names"), [&*name], "nothing is left beside it");
        assert_eq!(snapshot_sequence(&name), Some(77));
        assert_eq!(snapshot_sequence("snapshot-7.kcs"), None);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = FileDisk::new(dir.path()).expect("a directory");
        let name = snapshot_name(1);
        write_snapshot(&disk, &name, b"head", |give| give(4, b"some rows")).expect("written");
        let path = dir.path().join(&name);
        let whole = std::fs::read(&path).expect("there");
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &bytes).expect("written");
            assert!(read(&disk, &name).is_err(), "bit {bit}");
        }
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("written");
            assert!(read(&disk, &name).is_err(), "cut to {cut}");
        }
    }

    #[test]
    fn a_snapshot_of_a_newer_format_is_told_from_a_damaged_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let (disk, name) = written(dir.path());
        let path = dir.path().join(&name);
        let mut bytes = std::fs::read(&path).expect("there");
        bytes[8] = 2;
        std::fs::write(&path, bytes).expect("written");
        assert!(matches!(read(&disk, &name), Err(SnapshotError::NewerFormat { version: 2, .. })));
    }
}
