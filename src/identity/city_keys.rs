//! The city's master key and what is derived from it.
//!
//! 32 random bytes in a file of mode 0600, made once and never changed. Each use has a key of its own, derived under a
//! context that is never reused, so that what leaks in one place opens nothing elsewhere. Who loses this file loses
//! every token, every id that was ever given out, and every resident's name: it belongs into the backup, apart from
//! the data, or elsewhere altogether (`--key-file`).

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::domain::draw::Seed;
use crate::domain::ids::ResidentNo;

/// Where the master key stands below a data directory.
pub const MASTER_KEY_PATH: &str = "keys/master.key";

const MASTER_KEY_BYTES: usize = 32;

// The contexts are part of the data's format: changing one makes what was made under it unreadable.
const TOKEN_CONTEXT: &str = "kaichang 2026-11 bearer tokens, message authentication";
const PHONE_CONTEXT: &str = "kaichang 2026-11 phone numbers, look-up hash";
const IDEMPOTENCY_CONTEXT: &str = "kaichang 2026-11 idempotency keys, look-up hash";
const PUBLIC_ID_CONTEXT: &str = "kaichang 2026-11 public ids, block cipher";
const WRAPPING_CONTEXT: &str = "kaichang 2026-11 residents' keys, wrapping";
const TICKET_CONTEXT: &str = "kaichang 2026-11 tickets, signature";
const CODE_CONTEXT: &str = "kaichang 2026-11 tickets, codes to say";
const FORM_CONTEXT: &str = "kaichang 2026-11 pages, forms of a session";
const DRAW_CONTEXT: &str = "kaichang 2026-11 draws, seeds";
const QUEUE_CONTEXT: &str = "kaichang 2026-11 queues, seeds";
const QUEUE_NUMBER_CONTEXT: &str = "kaichang 2026-11 queues, signed numbers";
const RETURN_CONTEXT: &str = "kaichang 2026-11 returns, seeds";
const CHALLENGE_CONTEXT: &str = "kaichang 2026-11 queues, challenges";
const CHECK_CONTEXT: &str = "kaichang 2026-11 master key, check value";

/// What to do when there is no master key yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenAbsent {
    /// Make one: only for a city that holds nothing yet.
    Create,
    /// Refuse: the city's data were made under a key that is not there.
    Refuse,
}

/// The keys that are derived from the master key. The master key itself is not kept.
#[derive(Clone)]
pub struct CityKeys {
    token: [u8; 32],
    phone: [u8; 32],
    idempotency: [u8; 32],
    public_id: [u8; 16],
    wrapping: [u8; 32],
    ticket: [u8; 32],
    code: [u8; 32],
    form: [u8; 32],
    draw: [u8; 32],
    queue: [u8; 32],
    queue_number: [u8; 32],
    returned: [u8; 32],
    challenge: [u8; 32],
    check: [u8; 16],
}

#[derive(Debug, thiserror::Error)]
pub enum MasterKeyFault {
    #[error(
        "the master key {0} is not there; without it this city's data can't be read: restore it or name it with --key-file"
    )]
    Absent(PathBuf),
    #[error(
        "the master key {path} has {bytes} bytes instead of 32: it is not a master key, or it is damaged"
    )]
    WrongLength { path: PathBuf, bytes: u64 },
    #[error("the master key {path} could not be {action}")]
    Io {
        path: PathBuf,
        action: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

impl CityKeys {
    /// Reads the master key, or makes it and syncs file and directory before anything is done under it.
    ///
    /// # Errors
    /// When the file is absent and may not be made, is no master key, or can't be read or written.
    pub fn open(path: &Path, when_absent: WhenAbsent) -> Result<Self, MasterKeyFault> {
        match read_master(path) {
            Ok(master) => Ok(Self::derive(&master)),
            Err(MasterKeyFault::Absent(_)) if when_absent == WhenAbsent::Create => {
                create_master(path)?;
                Ok(Self::derive(&read_master(path)?))
            }
            Err(fault) => Err(fault),
        }
    }

    /// The keys under a given master key.
    #[must_use]
    pub fn derive(master: &[u8; MASTER_KEY_BYTES]) -> Self {
        let key = |context| blake3::derive_key(context, master);
        Self {
            token: key(TOKEN_CONTEXT),
            phone: key(PHONE_CONTEXT),
            idempotency: key(IDEMPOTENCY_CONTEXT),
            public_id: first_half(key(PUBLIC_ID_CONTEXT)),
            wrapping: key(WRAPPING_CONTEXT),
            ticket: key(TICKET_CONTEXT),
            code: key(CODE_CONTEXT),
            form: key(FORM_CONTEXT),
            draw: key(DRAW_CONTEXT),
            queue: key(QUEUE_CONTEXT),
            queue_number: key(QUEUE_NUMBER_CONTEXT),
            returned: key(RETURN_CONTEXT),
            challenge: key(CHALLENGE_CONTEXT),
            check: first_half(key(CHECK_CONTEXT)),
        }
    }

    /// The key that authenticates tokens.
    #[must_use]
    pub fn token(&self) -> &[u8; 32] {
        &self.token
    }

    /// The key of the hash that phones are found by.
    #[must_use]
    pub fn phone(&self) -> &[u8; 32] {
        &self.phone
    }

    /// The key of the cipher that makes public ids.
    #[must_use]
    pub fn public_id(&self) -> &[u8; 16] {
        &self.public_id
    }

    /// The key that wraps the residents' own keys.
    #[must_use]
    pub fn wrapping(&self) -> &[u8; 32] {
        &self.wrapping
    }

    /// The seed of the key pair that signs tickets.
    #[must_use]
    pub fn ticket(&self) -> &[u8; 32] {
        &self.ticket
    }

    /// The key of the hash that makes codes for the desk.
    #[must_use]
    pub fn code(&self) -> &[u8; 32] {
        &self.code
    }

    /// The key that binds a page's forms to the session that they were shown to.
    #[must_use]
    pub fn form(&self) -> &[u8; 32] {
        &self.form
    }

    /// The secret seed of a release's draw. It stands nowhere, at rest no more than in memory: until the draw it is made of this key when
    /// it is needed, and of the release's id and salt.
    #[must_use]
    pub fn draw_seed(&self, release: &str, salt: &[u8; 16]) -> Seed {
        let mut hash = blake3::Hasher::new_keyed(&self.draw);
        hash.update(salt).update(release.as_bytes());
        Seed(*hash.finalize().as_bytes())
    }

    /// The secret seed of a release's queue, made as that of a draw: nothing but the instant publishes it.
    #[must_use]
    pub fn queue_seed(&self, release: &str, salt: &[u8; 16]) -> Seed {
        let mut hash = blake3::Hasher::new_keyed(&self.queue);
        hash.update(salt).update(release.as_bytes());
        Seed(*hash.finalize().as_bytes())
    }

    /// The secret seed by which what is given back of a release comes back, made as that of a draw: it is shown when the release's last
    /// day is over.
    #[must_use]
    pub fn return_seed(&self, release: &str, salt: &[u8; 16]) -> Seed {
        let mut hash = blake3::Hasher::new_keyed(&self.returned);
        hash.update(salt).update(release.as_bytes());
        Seed(*hash.finalize().as_bytes())
    }

    /// The seed of the key pair that signs the numbers of queues.
    #[must_use]
    pub fn queue_number(&self) -> &[u8; 32] {
        &self.queue_number
    }

    /// The key that signs challenges.
    #[must_use]
    pub fn challenge(&self) -> &[u8; 32] {
        &self.challenge
    }

    /// Tells one master key from another; says nothing else about it. Kept beside the data, so that a wrong key is
    /// seen at the start and not at the first resident who can't be read.
    #[must_use]
    pub fn check_value(&self) -> [u8; 16] {
        self.check
    }

    /// What an Idempotency-Key is found by: scoped by account, method and path, and useless to who reads the journal.
    #[must_use]
    pub fn idempotency_hash(&self, account: ResidentNo, method: &str, path: &str, key: &str) -> [u8; 16] {
        // Method and path hold no NUL, so the parts can't run into each other. One piece is hashed quicker than many.
        let mut all = Vec::with_capacity(16 + method.len() + path.len() + key.len());
        all.extend_from_slice(&account.get().to_le_bytes());
        for part in [method, "\0", path, "\0", key] {
            all.extend_from_slice(part.as_bytes());
        }
        first_half(*blake3::keyed_hash(&self.idempotency, &all).as_bytes())
    }

    /// What a request's body is compared by when its Idempotency-Key comes again.
    #[must_use]
    pub fn body_hash(&self, body: &[u8]) -> [u8; 16] {
        let mut all = Vec::with_capacity(5 + body.len());
        all.extend_from_slice(b"body\0");
        all.extend_from_slice(body);
        first_half(*blake3::keyed_hash(&self.idempotency, &all).as_bytes())
    }
}

impl fmt::Debug for CityKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CityKeys(..)")
    }
}

fn first_half(bytes: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    half
}

fn read_master(path: &Path) -> Result<[u8; MASTER_KEY_BYTES], MasterKeyFault> {
    let io_fault = |source| MasterKeyFault::Io { path: path.to_owned(), action: "read", source };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(MasterKeyFault::Absent(path.to_owned()));
        }
        Err(error) => return Err(io_fault(error)),
    };
    let metadata = file.metadata().map_err(io_fault)?;
    if metadata.len() != MASTER_KEY_BYTES as u64 {
        return Err(MasterKeyFault::WrongLength { path: path.to_owned(), bytes: metadata.len() });
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others than the owner may read the master key");
    }
    let mut master = [0; MASTER_KEY_BYTES];
    file.read_exact(&mut master).map_err(io_fault)?;
    Ok(master)
}

/// Written beside, synced, then linked into its place: there is never half a key there, and a key that another start
/// made meanwhile is kept, since a link replaces nothing.
fn create_master(path: &Path) -> Result<(), MasterKeyFault> {
    let mut master = [0; MASTER_KEY_BYTES];
    getrandom::fill(&mut master).map_err(MasterKeyFault::Random)?;
    let create = || -> io::Result<()> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        create_private_directory(directory)?;
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(&master)?;
        file.sync_all()?;
        let linked = fs::hard_link(&beside, path);
        fs::remove_file(&beside)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        sync_directory(directory)
    };
    create().map_err(|source| MasterKeyFault::Io { path: path.to_owned(), action: "created", source })
}

/// Makes a directory that only its owner reads, and makes its entry durable.
pub(crate) fn create_private_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    match directory.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => sync_directory(parent),
        None => sync_directory(Path::new(".")),
    }
}

/// Makes the entries of a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_read_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(MASTER_KEY_PATH);
        assert!(matches!(CityKeys::open(&path, WhenAbsent::Refuse), Err(MasterKeyFault::Absent(_))));
        let made = CityKeys::open(&path, WhenAbsent::Create).expect("made");
        let read = CityKeys::open(&path, WhenAbsent::Refuse).expect("read");
        assert_eq!(made.token(), read.token());
        assert_eq!(made.check_value(), read.check_value());
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path().join("keys")).expect("there").count(), 1, "nothing left beside");
    }

    #[test]
    fn what_is_no_master_key_is_refused_and_kept() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("k");
        fs::write(&path, b"short").expect("written");
        let fault = CityKeys::open(&path, WhenAbsent::Create).expect_err("refused");
        assert!(matches!(fault, MasterKeyFault::WrongLength { bytes: 5, .. }));
        assert_eq!(fs::read(&path).expect("there"), b"short");
    }

    #[test]
    fn each_use_has_a_key_of_its_own() {
        let keys = CityKeys::derive(&[7; 32]);
        let mut all = vec![
            *keys.token(),
            *keys.phone(),
            *keys.wrapping(),
            *keys.ticket(),
            *keys.code(),
            keys.idempotency,
        ];
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6);
        assert_ne!(keys.token(), CityKeys::derive(&[8; 32]).token());
        assert_eq!(format!("{keys:?}"), "CityKeys(..)");
    }

    #[test]
    fn an_idempotency_key_is_scoped_by_account_method_and_path() {
        let keys = CityKeys::derive(&[7; 32]);
        let hash =
            |account, method, path, key| keys.idempotency_hash(ResidentNo::new(account), method, path, key);
        let one = hash(1, "POST", "/v1/bookings", "k");
        assert_eq!(one, hash(1, "POST", "/v1/bookings", "k"));
        for other in [
            hash(2, "POST", "/v1/bookings", "k"),
            hash(1, "PUT", "/v1/bookings", "k"),
            hash(1, "POST", "/v1/holds", "k"),
            hash(1, "POST", "/v1/bookings", "l"),
        ] {
            assert_ne!(one, other);
        }
        assert_ne!(keys.body_hash(b"{}"), keys.body_hash(b"{ }"));
    }
}
