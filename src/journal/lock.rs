//! One writer at a time: the lock on the data directory.
//!
//! The operating system drops the lock with its process, however that ends, so a left-over file hinders nobody.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::error::JournalError;

const LOCK_NAME: &str = "lock";

/// Held for as long as the process may write in the directory.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the lock on a data directory, which is made when it is not there.
    ///
    /// # Errors
    /// `Locked` when another process has it, `Io` when the directory can't be used.
    pub fn acquire(dir: &Path) -> Result<Self, JournalError> {
        let shown = dir.display().to_string();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(JournalError::io("create", &shown))?;
        let path = dir.join(LOCK_NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(JournalError::io("open the lock in", &shown))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The pid only helps the operator; without it the refusal stands all the same.
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(JournalError::Locked { dir: dir.to_owned(), pid });
            }
            Err(TryLockError::Error(error)) => {
                return Err(JournalError::io("lock", &shown)(error));
            }
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(JournalError::io("write the pid into the lock of", &shown))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_on_a_directory_is_refused_and_names_the_holder() {
        let dir = tempfile::tempdir().expect("a directory");
        let data = dir.path().join("data");
        let first = DirLock::acquire(&data).expect("free");
        let error = DirLock::acquire(&data).expect_err("taken");
        let text = error.to_string();
        assert!(text.contains("data") && text.contains(&std::process::id().to_string()), "{text}");
        drop(first);
        DirLock::acquire(&data).expect("free again");
    }
}
