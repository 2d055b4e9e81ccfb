//! A real directory as the journal's disk.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::disk::{Disk, DiskFile};
use super::error::JournalError;

/// The journal's directory. Its handle is held from the start, so that a lack of handles can't hinder a sync.
#[derive(Debug)]
pub struct FileDisk {
    path: PathBuf,
    dir: File,
}

impl FileDisk {
    /// The directory at this path, made when it is not there; its own name is made durable too.
    ///
    /// # Errors
    /// `JournalError::Io` when it can't be made or opened.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        let io_error = |what| {
            let file = path.display().to_string();
            move |source| JournalError::Io { what, file, source }
        };
        // Others than the owner have nothing to read here.
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(io_error("create"))?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)
                .and_then(|parent| parent.sync_all())
                .map_err(io_error("sync the parent of"))?;
        }
        let dir = File::open(&path).map_err(io_error("open"))?;
        Ok(Self { path, dir })
    }

    /// An existing directory, to read only: nothing is made.
    ///
    /// # Errors
    /// `JournalError::Io` when it can't be opened.
    pub fn existing(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        match File::open(&path) {
            Ok(dir) => Ok(Self { path, dir }),
            Err(source) => Err(JournalError::Io { what: "open", file: path.display().to_string(), source }),
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Disk for FileDisk {
    type File = File;

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            // A name that is not Unicode is none of the journal's.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<File> {
        let path = self.path.join(name);
        match OpenOptions::new().read(true).write(true).open(&path) {
            // Who may only read can still verify.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => File::open(&path),
            opened => opened,
        }
    }

    fn create(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(self.path.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.dir.sync_all()
    }
}

impl DiskFile for File {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, into, offset)
    }

    fn write_at(&self, from: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(self, from, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }
}
