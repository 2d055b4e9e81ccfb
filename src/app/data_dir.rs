//! What stands where in a data directory.
//!
//! ```text
//! DIR/lock                 held by the process that writes
//! DIR/keys/master.key      unless --key-file names another place
//! DIR/keys/residents.keys  a key for each person
//! DIR/journal/             what happened: the only source of truth
//! DIR/journal.making/      a city that is being made or changed; of no worth until it is renamed
//! DIR/snapshots.making/    likewise, of a city that begins with a snapshot
//! DIR/snapshots/           what the journal's first part came to; can be made anew of a whole journal
//! DIR/roots                what was published of the journal each day
//! DIR/demo-accounts.json   of a demo city
//! DIR/backup-manifest      of a backup that nobody has served yet
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::Failure;
use crate::identity::city_keys::{CityKeys, MASTER_KEY_PATH, WhenAbsent};
use crate::identity::resident_keys::{RESIDENT_KEYS_PATH, ResidentKeys, WrappedResidentKeys};
use crate::journal::layout::segment_number;

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

    pub(super) fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// Where a city's journal is written before it is whole.
    pub(super) fn journal_in_making(&self) -> PathBuf {
        self.root.join("journal.making")
    }

    /// Where the snapshot is written that a rebuilt city begins with.
    pub(super) fn snapshots_in_making(&self) -> PathBuf {
        self.root.join("snapshots.making")
    }

    /// Whether a city is kept here.
    pub(super) fn has_city(&self) -> io::Result<bool> {
        self.journal().try_exists()
    }

    /// Refuses where no city is kept.
    pub(super) fn expect_city(&self) -> Result<(), Failure> {
        if self.has_city()? {
            return Ok(());
        }
        Err(format!("there is no city in {}", self.root.display()).into())
    }

    pub(super) fn keys(&self, when_absent: WhenAbsent) -> Result<Keys, Failure> {
        self.open_keys(when_absent, when_absent)
    }

    /// The keys of a city that is rebuilt: the master key, which has to be there, and a file for the residents' keys.
    pub(super) fn keys_of_a_rebuilt_city(&self) -> Result<Keys, Failure> {
        self.open_keys(WhenAbsent::Refuse, WhenAbsent::Create)
    }

    fn open_keys(&self, master_absent: WhenAbsent, residents_absent: WhenAbsent) -> Result<Keys, Failure> {
        let master = self.key_file.clone().unwrap_or_else(|| self.root.join(MASTER_KEY_PATH));
        let city = CityKeys::open(&master, master_absent)?;
        let residents = ResidentKeys::open(&self.root.join(RESIDENT_KEYS_PATH), &city, residents_absent)?;
        Ok(Keys { city, residents })
    }

    /// The residents' keys as one needs them who opens none.
    pub(super) fn wrapped_keys(&self) -> Result<WrappedResidentKeys, Failure> {
        Ok(WrappedResidentKeys::open(&self.root.join(RESIDENT_KEYS_PATH))?)
    }

    /// Throws away what a process left that died while it made a city.
    pub(super) fn clear_making(&self) -> io::Result<()> {
        for made in [self.journal_in_making(), self.snapshots_in_making()] {
            match fs::remove_dir_all(made) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// A copy of the journal to be written on. Segments are never written again once they are whole, and a start writes the
    /// last one anew under another name, so names for the same files are copy enough where the file system has them.
    pub(super) fn copy_journal_for_making(&self) -> io::Result<()> {
        let (from, to) = (self.journal(), self.journal_in_making());
        fs::create_dir(&to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_str().and_then(segment_number).is_none() {
                continue;
            }
            if fs::hard_link(entry.path(), to.join(&name)).is_err() {
                fs::copy(entry.path(), to.join(&name))?;
                File::open(to.join(&name))?.sync_all()?;
            }
        }
        File::open(to)?.sync_all()
    }

    /// The journal that was made and the city's change places, in one step of the file system: all or nothing.
    pub(super) fn exchange_made(&self) -> Result<(), Failure> {
        let (made, journal) = (self.journal_in_making(), self.journal());
        renameat_with(CWD, &made, CWD, &journal, RenameFlags::EXCHANGE).map_err(|error| {
            format!(
                "the file system of {} can't exchange two directories in one step, so nothing was changed: {error}",
                self.root.display()
            )
        })?;
        File::open(&self.root)?.sync_all()?;
        Ok(())
    }

    /// The city that was made is the city from now on: all or nothing.
    pub(super) fn keep_made(&self) -> io::Result<()> {
        if self.snapshots_in_making().try_exists()? {
            fs::rename(self.snapshots_in_making(), self.snapshots())?;
            // A journal without the snapshot that it begins behind would be no city.
            File::open(&self.root)?.sync_all()?;
        }
        fs::rename(self.journal_in_making(), self.journal())?;
        File::open(&self.root)?.sync_all()
    }
}
