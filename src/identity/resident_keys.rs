//! The residents' own keys: one file of slots, one slot a resident, each key wrapped under the city's wrapping key.
//!
//! ```text
//! header, 128 bytes   "KCHGRKEY" | format u32 = 1 | zeros u32 | check value of the master key (16) | zeros
//! slot n, 128 bytes   state u8 (0 empty, 1 live, 2 erased) | zeros (7) | nonce (24) | key (32) | tag (16) | zeros
//! ```
//!
//! 128 divides a sector, so a slot is never torn by a power loss. A key is durable before the record that needs it is
//! queued; what was written for a sign-up that was never acknowledged is written over by the next one of that number.
//! Erasing writes random bytes over the key, in place, and syncs them: from then on nobody can read that person's data, wherever
//! copies of it lie (copies of this file apart: those age out with the backups, as `docs/privacy.md` says).
//!
//! A key is erased after the record that says so is durable, never before: a record that came to nothing would otherwise leave a
//! living account that nobody can read. A crash between the two leaves a key whose end stands in the journal, so each start erases the
//! keys of all whom the journal has erased (`erase_all`), and the same heals a file that was restored from an older backup.
//!
//! In memory a key lives for one use, and is written over when that ends.
//!
//! All calls block on the disk: they belong on a blocking thread.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use super::city_keys::{CityKeys, WhenAbsent, create_private_directory, sync_directory};
use super::sealing::{self, OVERHEAD_BYTES, SealFault};
use crate::domain::ids::ResidentNo;

/// Where the residents' keys stand below a data directory.
pub const RESIDENT_KEYS_PATH: &str = "keys/residents.keys";

const SLOT_BYTES: usize = 128;
const MAGIC: &[u8; 8] = b"KCHGRKEY";
const FORMAT: u32 = 1;
const WRAPPED_AT: usize = 8;
const WRAPPED_BYTES: usize = 32 + OVERHEAD_BYTES;
const STATE_EMPTY: u8 = 0;
const STATE_LIVE: u8 = 1;
const STATE_ERASED: u8 = 2;

const _: () = assert!(WRAPPED_AT + WRAPPED_BYTES <= SLOT_BYTES);
const _: () = assert!(512 % SLOT_BYTES == 0);

/// One resident's own key. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct ResidentKey([u8; 32]);

/// The file of the residents' keys. Writers of different residents don't meet.
pub struct ResidentKeys {
    file: File,
    wrapping: [u8; 32],
}

/// The file as one needs it who copies keys and opens none: without the master key.
pub struct WrappedResidentKeys {
    file: File,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyStoreFault {
    #[error(
        "the residents' keys {0} are not there; without them no resident's data can be read: restore the file"
    )]
    Absent(PathBuf),
    #[error("the residents' keys {0} are not a file of this program, or of a later version of it")]
    UnknownFormat(PathBuf),
    #[error("the residents' keys {0} were made under another master key")]
    OtherMasterKey(PathBuf),
    #[error("the residents' keys {path} could not be opened")]
    Open {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum ResidentKeyFault {
    #[error("there is no key for this resident")]
    Absent,
    #[error("this resident's key was erased")]
    Erased,
    #[error("this resident's key is damaged")]
    Damaged,
    #[error("the residents' keys could not be read or written")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Seal(#[from] SealFault),
}

impl ResidentKeys {
    /// Opens the file, or makes an empty one where that is allowed.
    ///
    /// # Errors
    /// When the file is absent and may not be made, is of another kind or master key, or the disk fails.
    pub fn open(path: &Path, keys: &CityKeys, when_absent: WhenAbsent) -> Result<Self, KeyStoreFault> {
        if when_absent == WhenAbsent::Refuse && !path.exists() {
            return Err(KeyStoreFault::Absent(path.to_owned()));
        }
        let file = Self::open_or_create(path, keys)
            .map_err(|source| KeyStoreFault::Open { path: path.to_owned(), source })?;
        let mut header = [0; SLOT_BYTES];
        file.read_exact_at(&mut header, 0)
            .map_err(|source| KeyStoreFault::Open { path: path.to_owned(), source })?;
        let expected = Self::header(keys);
        if header[..16] != expected[..16] {
            return Err(KeyStoreFault::UnknownFormat(path.to_owned()));
        }
        if header != expected {
            return Err(KeyStoreFault::OtherMasterKey(path.to_owned()));
        }
        Ok(Self { file, wrapping: *keys.wrapping() })
    }

    fn open_or_create(path: &Path, keys: &CityKeys) -> io::Result<File> {
        let directory = path.parent().unwrap_or(Path::new("."));
        create_private_directory(directory)?;
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        // A file shorter than its header was made by a start that didn't come to its end: nothing is in it.
        if file.metadata()?.len() < SLOT_BYTES as u64 {
            file.write_all_at(&Self::header(keys), 0)?;
            file.sync_all()?;
            sync_directory(directory)?;
        }
        Ok(file)
    }

    fn header(keys: &CityKeys) -> [u8; SLOT_BYTES] {
        let mut header = [0; SLOT_BYTES];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&FORMAT.to_be_bytes());
        header[16..32].copy_from_slice(&keys.check_value());
        header
    }

    /// Makes a key for a resident; it is durable when this returns. Writes over whatever stands there: that the number
    /// belongs to nobody yet is for the caller to know.
    ///
    /// # Errors
    /// When the disk fails; then the sign-up must not go on.
    pub fn create(&self, resident: ResidentNo) -> Result<ResidentKey, ResidentKeyFault> {
        let key = self.write_new(resident)?;
        self.file.sync_data()?;
        Ok(key)
    }

    /// Makes keys for many residents with one sync, for who makes a whole city.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn create_all(
        &self,
        residents: impl IntoIterator<Item = ResidentNo>,
    ) -> Result<Vec<ResidentKey>, ResidentKeyFault> {
        let mut keys = Vec::new();
        for resident in residents {
            keys.push(self.write_new(resident)?);
        }
        self.file.sync_data()?;
        Ok(keys)
    }

    fn write_new(&self, resident: ResidentNo) -> Result<ResidentKey, ResidentKeyFault> {
        let mut key = ResidentKey([0; 32]);
        getrandom::fill(&mut key.0).map_err(SealFault::Random)?;
        let wrapped = sealing::seal(&self.wrapping, resident, &key.0)?;
        let mut slot = [0; SLOT_BYTES];
        slot[0] = STATE_LIVE;
        slot[WRAPPED_AT..WRAPPED_AT + WRAPPED_BYTES].copy_from_slice(&wrapped);
        self.file.write_all_at(&slot, offset(resident))?;
        Ok(key)
    }

    /// A resident's key.
    ///
    /// # Errors
    /// `Absent`, `Erased`, `Damaged`, or what the disk says.
    pub fn get(&self, resident: ResidentNo) -> Result<ResidentKey, ResidentKeyFault> {
        let slot = self.read_slot(resident)?;
        match slot[0] {
            STATE_EMPTY => return Err(ResidentKeyFault::Absent),
            STATE_LIVE => {}
            STATE_ERASED => return Err(ResidentKeyFault::Erased),
            _ => return Err(ResidentKeyFault::Damaged),
        }
        let wrapped = &slot[WRAPPED_AT..WRAPPED_AT + WRAPPED_BYTES];
        let opened =
            sealing::open(&self.wrapping, resident, wrapped).map_err(|_| ResidentKeyFault::Damaged)?;
        let opened = Zeroizing::new(opened);
        let mut key = ResidentKey([0; 32]);
        if opened.len() != key.0.len() {
            return Err(ResidentKeyFault::Damaged);
        }
        key.0.copy_from_slice(&opened);
        Ok(key)
    }

    /// Destroys a resident's key for good; durable when this returns. Erasing twice is erasing once.
    ///
    /// # Errors
    /// `Absent` when there never was one, or what the disk says; then it must be called again.
    pub fn erase(&self, resident: ResidentNo) -> Result<(), ResidentKeyFault> {
        if self.read_slot(resident)?[0] == STATE_EMPTY {
            return Err(ResidentKeyFault::Absent);
        }
        self.write_over(resident)?;
        self.file.sync_data()?;
        Ok(())
    }

    /// Destroys the keys of these residents that are there still; durable when this returns. How many there were.
    ///
    /// # Errors
    /// What the disk says; then it must be called again.
    pub fn erase_all(
        &self,
        residents: impl IntoIterator<Item = ResidentNo>,
    ) -> Result<usize, ResidentKeyFault> {
        let mut erased = 0;
        for resident in residents {
            // What is no key that this version knows is written over too: nobody needs it any more.
            if !matches!(self.read_slot(resident)?[0], STATE_EMPTY | STATE_ERASED) {
                self.write_over(resident)?;
                erased += 1;
            }
        }
        // Also when there was none: a process that died here may have written and not synced.
        self.file.sync_data()?;
        Ok(erased)
    }

    fn write_over(&self, resident: ResidentNo) -> Result<(), ResidentKeyFault> {
        let mut slot = [0; SLOT_BYTES];
        getrandom::fill(&mut slot).map_err(SealFault::Random)?;
        slot[0] = STATE_ERASED;
        Ok(self.file.write_all_at(&slot, offset(resident))?)
    }

    /// A resident's key as it stands in the file, wrapped: to be kept elsewhere, where it opens nothing without the master key.
    /// Nothing where there is none, or none any more.
    ///
    /// # Errors
    /// What the disk says.
    pub fn wrapped(&self, resident: ResidentNo) -> io::Result<Option<Vec<u8>>> {
        wrapped_in(&self.file, resident)
    }

    /// Puts keys back that `wrapped` gave; they are durable when this returns.
    ///
    /// # Errors
    /// `Damaged` when one is not of this resident or not of this master key, or what the disk says.
    pub fn restore<'a>(
        &self,
        keys: impl IntoIterator<Item = (ResidentNo, &'a [u8])>,
    ) -> Result<(), ResidentKeyFault> {
        for (resident, wrapped) in keys {
            let opened = sealing::open(&self.wrapping, resident, wrapped);
            drop(Zeroizing::new(opened.map_err(|_| ResidentKeyFault::Damaged)?));
            let mut slot = [0; SLOT_BYTES];
            slot[0] = STATE_LIVE;
            let place = slot.get_mut(WRAPPED_AT..WRAPPED_AT + wrapped.len());
            place.ok_or(ResidentKeyFault::Damaged)?.copy_from_slice(wrapped);
            self.file.write_all_at(&slot, offset(resident))?;
        }
        self.file.sync_data()?;
        Ok(())
    }

    fn read_slot(&self, resident: ResidentNo) -> io::Result<[u8; SLOT_BYTES]> {
        slot_in(&self.file, resident)
    }
}

impl WrappedResidentKeys {
    /// Opens the file to read it.
    ///
    /// # Errors
    /// When the file is absent or of another kind, or the disk fails.
    pub fn open(path: &Path) -> Result<Self, KeyStoreFault> {
        let failed = |source| KeyStoreFault::Open { path: path.to_owned(), source };
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyStoreFault::Absent(path.to_owned()));
            }
            opened => opened.map_err(failed)?,
        };
        let mut start = [0; 12];
        file.read_exact_at(&mut start, 0).map_err(failed)?;
        if start[..8] != MAGIC[..] || start[8..] != FORMAT.to_be_bytes() {
            return Err(KeyStoreFault::UnknownFormat(path.to_owned()));
        }
        Ok(Self { file })
    }

    /// As `ResidentKeys::wrapped`.
    ///
    /// # Errors
    /// What the disk says.
    pub fn wrapped(&self, resident: ResidentNo) -> io::Result<Option<Vec<u8>>> {
        wrapped_in(&self.file, resident)
    }
}

fn wrapped_in(file: &File, resident: ResidentNo) -> io::Result<Option<Vec<u8>>> {
    let slot = slot_in(file, resident)?;
    Ok((slot[0] == STATE_LIVE).then(|| slot[WRAPPED_AT..WRAPPED_AT + WRAPPED_BYTES].to_vec()))
}

fn slot_in(file: &File, resident: ResidentNo) -> io::Result<[u8; SLOT_BYTES]> {
    let mut slot = [0; SLOT_BYTES];
    match file.read_exact_at(&mut slot, offset(resident)) {
        Ok(()) => Ok(slot),
        // Behind the end of the file nobody has a key yet.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok([STATE_EMPTY; SLOT_BYTES]),
        Err(error) => Err(error),
    }
}

const fn offset(resident: ResidentNo) -> u64 {
    (resident.get() as u64 + 1) * SLOT_BYTES as u64
}

impl fmt::Debug for ResidentKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentKeys(..)")
    }
}

impl ResidentKey {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for ResidentKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for ResidentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::personal::{OpenFault, PersonalData};
    use crate::identity::phone::Phone;

    fn keys() -> CityKeys {
        CityKeys::derive(&[1; 32])
    }

    fn open(path: &Path, keys: &CityKeys) -> Result<ResidentKeys, KeyStoreFault> {
        ResidentKeys::open(path, keys, WhenAbsent::Create)
    }

    #[test]
    fn a_key_is_there_after_a_restart_and_under_the_same_master_key_only() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(RESIDENT_KEYS_PATH);
        let (three, nine) = (ResidentNo::new(3), ResidentNo::new(9));
        let absent = ResidentKeys::open(&path, &keys(), WhenAbsent::Refuse);
        assert!(matches!(absent, Err(KeyStoreFault::Absent(_))));
        let made = open(&path, &keys()).expect("made").create(three).expect("made");
        let again = open(&path, &keys()).expect("opened");
        assert_eq!(again.get(three).expect("there"), made);
        for absent in [ResidentNo::new(0), nine] {
            assert!(matches!(again.get(absent), Err(ResidentKeyFault::Absent)));
            assert!(matches!(again.erase(absent), Err(ResidentKeyFault::Absent)));
        }
        let other = open(&path, &CityKeys::derive(&[2; 32]));
        assert!(matches!(other, Err(KeyStoreFault::OtherMasterKey(_))));
        std::fs::write(&path, [7; 300]).expect("written");
        assert!(matches!(open(&path, &keys()), Err(KeyStoreFault::UnknownFormat(_))));
    }

    #[test]
    fn an_erased_key_makes_the_person_unreadable_for_good() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("r");
        let store = open(&path, &keys()).expect("made");
        let resident = ResidentNo::new(0);
        let key = store.create(resident).expect("made");
        let person = PersonalData {
            phone: Phone::parse("13800138000").expect("good"),
            name: "A".to_owned(),
            password_hash: None,
        };
        let sealed = person.seal(resident, &key).expect("sealed");
        let before = std::fs::read(&path).expect("there");
        store.erase(resident).expect("erased");
        store.erase(resident).expect("twice is once");
        assert!(matches!(store.get(resident), Err(ResidentKeyFault::Erased)));
        let after = std::fs::read(&path).expect("there");
        assert_ne!(before[SLOT_BYTES + WRAPPED_AT..], after[SLOT_BYTES + WRAPPED_AT..]);
        // The number may be used again; the former person stays unreadable.
        let fresh = store.create(resident).expect("made");
        assert_eq!(PersonalData::open(resident, &fresh, &sealed), Err(OpenFault::NotOurs));
    }

    #[test]
    fn keys_whose_end_is_known_are_erased_again_and_others_stay() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("r");
        let store = open(&path, &keys()).expect("made");
        let [none, one, two, three] = [0, 1, 2, 3].map(ResidentNo::new);
        let made = store.create_all([one, two, three]).expect("made");
        let backup = std::fs::read(&path).expect("there");
        store.erase(one).expect("erased");
        assert_eq!(store.erase_all([none, one, three]).expect("erased"), 1);
        assert_eq!(store.erase_all([one, three]).expect("erased"), 0);
        // An older copy of the file comes back with the keys that were erased since.
        std::fs::write(&path, backup).expect("restored");
        let store = open(&path, &keys()).expect("opened");
        assert_eq!(store.erase_all([none, one, three]).expect("erased"), 2);
        for erased in [one, three] {
            assert!(matches!(store.get(erased), Err(ResidentKeyFault::Erased)));
            assert_eq!(store.wrapped(erased).expect("read"), None);
        }
        assert_eq!(store.get(two).expect("there"), made[1]);
        assert!(matches!(store.get(none), Err(ResidentKeyFault::Absent)));
    }

    #[test]
    fn a_slot_moved_to_another_resident_is_damaged_not_theirs() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("r");
        let store = open(&path, &keys()).expect("made");
        let made = store.create_all((0..3).map(ResidentNo::new)).expect("made");
        assert_eq!(store.get(ResidentNo::new(2)).expect("there"), made[2]);
        let slot = store.read_slot(ResidentNo::new(1)).expect("there");
        store.file.write_all_at(&slot, offset(ResidentNo::new(2))).expect("written");
        assert!(matches!(store.get(ResidentNo::new(2)), Err(ResidentKeyFault::Damaged)));
    }
}
