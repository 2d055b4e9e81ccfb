//! What stands where in a data directory.
//!
//! ```text
//! DIR/lock                 held by the process that writes
//! DIR/keys/master.key      unless --key-file names another place
//! DIR/keys/residents.keys  a key for each person
//! DIR/journal/             what happened: the only source of truth
//! DIR/journal.making/      a city that is being made; of no worth until it is renamed
//! DIR/demo-accounts.json   of a demo city
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::identity::city_keys::{CityKeys, MASTER_KEY_PATH, WhenAbsent};
use crate::identity::resident_keys::{RESIDENT_KEYS_PATH, ResidentKeys};

pub(super) struct DataDir {
    root: PathBuf,
    key_file: Option<PathBuf>,
}

/// The keys of a city.
pub(super) struct Keys {
    pub(super) city: CityKeys,
    pub(super) residents: ResidentKeys,
}

impl DataDir {
    pub(super) fn new(root: &Path, key_file: Option<&Path>) -> Self {
        Self { root: root.to_owned(), key_file: key_file.map(Path::to_owned) }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Where a city's journal is written before it is whole.
    pub(super) fn journal_in_making(&self) -> PathBuf {
        self.root.join("journal.making")
    }

    /// Whether a city is kept here.
    pub(super) fn has_city(&self) -> io::Result<bool> {
        self.journal().try_exists()
    }

    pub(super) fn keys(&self, when_absent: WhenAbsent) -> Result<Keys, Failure> {
        let master = self.key_file.clone().unwrap_or_else(|| self.root.join(MASTER_KEY_PATH));
        let city = CityKeys::open(&master, when_absent)?;
        let residents = ResidentKeys::open(&self.root.join(RESIDENT_KEYS_PATH), &city, when_absent)?;
        Ok(Keys { city, residents })
    }

    /// Throws away what a process left that died while it made a city.
    pub(super) fn clear_making(&self) -> io::Result<()> {
        match fs::remove_dir_all(self.journal_in_making()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The city that was made is the city from now on: all or nothing.
    pub(super) fn keep_made(&self) -> io::Result<()> {
        fs::rename(self.journal_in_making(), self.journal())?;
        File::open(&self.root)?.sync_all()
    }
}
