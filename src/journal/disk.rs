//! What the journal asks of a disk: one directory of files, written at positions and synced on demand.
//!
//! Everything else in the journal is the same code over a real directory and over a simulated one that loses what was not
//! synced. Nothing is assumed of a file or a name that was not synced: not even that an earlier write survives a later one.

use std::io;

/// One directory. Names are plain file names in it.
pub trait Disk: Send + Sync + 'static {
    type File: DiskFile;

    /// The names of all files, in any order.
    ///
    /// # Errors
    /// What the disk says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// An existing file, to read and write.
    ///
    /// # Errors
    /// What the disk says; `NotFound` when there is none.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// A new and empty file.
    ///
    /// # Errors
    /// What the disk says; `AlreadyExists` when the name is taken.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file another name; a file that had it is gone. After a crash one of both states is seen.
    ///
    /// # Errors
    /// What the disk says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file's name.
    ///
    /// # Errors
    /// What the disk says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations, renames and removals durable.
    ///
    /// # Errors
    /// What the disk says.
    fn sync_dir(&self) -> io::Result<()>;
}

/// An open file.
pub trait DiskFile: Send + 'static {
    /// How long the file is.
    ///
    /// # Errors
    /// What the disk says.
    fn bytes(&self) -> io::Result<u64>;

    /// Reads what it can; 0 at the end.
    ///
    /// # Errors
    /// What the disk says.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes what it can, from the start of `from`.
    ///
    /// # Errors
    /// What the disk says.
    fn write_at(&self, from: &[u8], offset: u64) -> io::Result<usize>;

    /// Makes what was written durable, and as much of the file's length as it needs.
    ///
    /// # Errors
    /// What the disk says. After an error nothing is known of what was written since the last success, and a second
    /// call that succeeds proves nothing.
    fn sync_data(&self) -> io::Result<()>;
}

/// Writes all of it: short writes are continued, interrupted ones repeated.
pub(super) fn write_all(file: &impl DiskFile, mut from: &[u8], mut offset: u64) -> io::Result<()> {
    while !from.is_empty() {
        match file.write_at(from, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                from = &from[written..];
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads until the buffer is full or the file ends; how much it read.
pub(super) fn read_full(file: &impl DiskFile, into: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match file.read_at(&mut into[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether an error means that there is no room or no handle now: nothing is broken, and it may pass by itself.
pub(super) fn is_lack_of_room(error: &io::Error) -> bool {
    /// Too many open files, in the process and in the system: Unix has given them these numbers since long.
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::OutOfMemory
    ) || matches!(error.raw_os_error(), Some(EMFILE | ENFILE))
}
