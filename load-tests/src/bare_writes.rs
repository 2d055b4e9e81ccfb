//! The floor of everything that is durable: a write of a block with an fdatasync, and nothing else, in the same file system.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::outcome::Latencies;
use crate::{Failure, clock};

const WRITE_BYTES: usize = 4096;

/// Writes into a file that is as long as it will be and full of zeros: a sync then is of data alone.
pub(crate) struct BareWrites {
    file: File,
    at: u64,
    pub(crate) took: Latencies,
}

impl BareWrites {
    pub(crate) fn prepare(path: &Path, count: usize) -> Result<Self, Failure> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        for index in 0..count as u64 {
            file.write_all_at(&[0; WRITE_BYTES], index * WRITE_BYTES as u64)?;
        }
        file.sync_all()?;
        Ok(Self { file, at: 0, took: Latencies::new()? })
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<(), Failure> {
        for _ in 0..count {
            let began = clock::now();
            self.file.write_all_at(&[1; WRITE_BYTES], self.at)?;
            self.file.sync_data()?;
            self.took.record(began.elapsed());
            self.at += WRITE_BYTES as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_writes_make_the_file_no_longer() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("bare");
        let mut bare = BareWrites::prepare(&path, 3).expect("a file");
        assert_eq!(std::fs::metadata(&path).expect("there").len(), 3 * 4096);
        bare.take(3).expect("written");
        assert_eq!(std::fs::metadata(&path).expect("there").len(), 3 * 4096);
        assert!(std::fs::read(&path).expect("read").iter().all(|byte| *byte == 1));
    }
}
