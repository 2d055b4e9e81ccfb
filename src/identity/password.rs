//! Passwords: argon2id, in a pool that can't be flooded.
//!
//! One hash takes 19 MiB and tens of milliseconds of a core. So at most half of the cores hash at once, a bounded number
//! waits, and whoever comes beyond that is told that it is too much. A log-in for a phone that nobody has verifies a hash
//! all the same, so that neither time nor answer says whether there is such an account.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// The shortest password, in bytes.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// How many may wait for a place by default.
pub const WAITING_MAX: usize = 64;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// A password within the policy, as it was typed: never trimmed, never cut. `Debug` hides it.
#[derive(Clone)]
pub struct Password(Box<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has 8 to 1024 bytes")]
pub struct PasswordLength;

#[derive(Debug, thiserror::Error)]
pub enum PasswordFault {
    #[error("too many passwords are being checked")]
    Overloaded,
    #[error("the password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    #[error("the thread that hashed ended early")]
    Thread,
}

impl Password {
    /// # Errors
    /// `PasswordLength` when it is shorter or longer than the policy allows.
    pub fn new(text: String) -> Result<Self, PasswordLength> {
        if (PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(PasswordLength)
        }
    }
}

impl Password {
    /// A password that somebody tries: too short for the policy is wrong, not malformed.
    ///
    /// # Errors
    /// `PasswordLength` when it is longer than any password.
    pub fn attempt(text: String) -> Result<Self, PasswordLength> {
        if text.len() <= PASSWORD_BYTES_MAX { Ok(Self(text.into())) } else { Err(PasswordLength) }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Hashes and verifies passwords on blocking threads of the caller's runtime.
pub struct PasswordPool {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    nobodys_hash: Arc<str>,
}

impl PasswordPool {
    /// A pool for so many cores, with so many waiting at most. Hashes once, for nobody's hash.
    ///
    /// # Errors
    /// When the system has no random bytes or no memory for a hash.
    pub fn new(cores: usize, waiting_max: usize) -> Result<Self, PasswordFault> {
        let nobody = Password("nobody has this password".into());
        Ok(Self {
            running: Arc::new(Semaphore::new((cores / 2).max(1))),
            waiting: AtomicUsize::new(0),
            waiting_max,
            nobodys_hash: hash_blocking(&nobody)?.into(),
        })
    }

    /// The hash to keep, as a PHC string.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already.
    pub async fn hash(&self, password: Password) -> Result<String, PasswordFault> {
        self.run(move || hash_blocking(&password)).await?
    }

    /// Whether the password is the one that the hash was made of; never so where there is no hash, after the same time.
    ///
    /// # Errors
    /// `Overloaded` when too many wait already; `Hash` when what was kept is no hash.
    pub async fn verify(&self, password: Password, kept: Option<Arc<str>>) -> Result<bool, PasswordFault> {
        let (against, somebody) = match kept {
            Some(hash) => (hash, true),
            None => (Arc::clone(&self.nobodys_hash), false),
        };
        let matches = self.run(move || verify_blocking(&password, &against)).await??;
        Ok(matches && somebody)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordFault> {
        let permit = {
            let _waiting = Waiting::enter(&self.waiting, self.waiting_max)?;
            // The semaphore is never closed.
            Arc::clone(&self.running).acquire_owned().await.map_err(|_| PasswordFault::Overloaded)?
        };
        // The permit goes with the work: a caller that goes away doesn't make room before the core is free.
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|_| PasswordFault::Thread)
    }
}

/// A place in the waiting room.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize, max: usize) -> Result<Self, PasswordFault> {
        // ORDERING: Relaxed, a bound on memory; it publishes nothing.
        count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now < max).then_some(now + 1))
            .map_err(|_| PasswordFault::Overloaded)?;
        Ok(Self(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // ORDERING: Relaxed, as in `enter`.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordFault> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| PasswordFault::Hash(e.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash to keep, on this thread: for who makes the demo, and for the pool.
///
/// # Errors
/// When the system has no random bytes or no memory for a hash.
pub fn hash_blocking(password: &Password) -> Result<String, PasswordFault> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(PasswordFault::Random)?;
    let hash: PasswordHash =
        argon2()?.hash_password_with_salt(password.0.as_bytes(), &salt).map_err(PasswordFault::Hash)?;
    Ok(hash.to_string())
}

fn verify_blocking(password: &Password, kept: &str) -> Result<bool, PasswordFault> {
    let kept = PasswordHash::new(kept).map_err(|e| PasswordFault::Hash(e.into()))?;
    match argon2()?.verify_password(password.0.as_bytes(), &kept) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(PasswordFault::Hash(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned()).expect("within the policy")
    }

    #[test]
    fn the_policy_counts_bytes_and_changes_nothing() {
        for (text, good) in [
            ("1234567".to_owned(), false),
            ("12345678".to_owned(), true),
            ("密码一".to_owned(), true),
            (" ".repeat(8), true),
            ("a".repeat(1024), true),
            ("a".repeat(1025), false),
        ] {
            assert_eq!(Password::new(text.clone()).is_ok(), good, "{} bytes", text.len());
        }
        assert_eq!(format!("{:?}", password("12345678")), "Password(..)");
    }

    #[tokio::test]
    async fn only_the_same_password_verifies() {
        let pool = PasswordPool::new(2, 4).expect("a pool");
        let kept: Arc<str> = pool.hash(password(" correct horse ")).await.expect("hashed").into();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let verify = async |text: &str, kept| pool.verify(password(text), kept).await.expect("verified");
        assert!(verify(" correct horse ", Some(Arc::clone(&kept))).await);
        assert!(!verify("correct horse", Some(Arc::clone(&kept))).await, "spaces count");
        assert!(!verify("nobody has this password", None).await, "nobody's hash lets nobody in");
        let broken = pool.verify(password("12345678"), Some("nonsense".into())).await;
        assert!(matches!(broken, Err(PasswordFault::Hash(_))));
        let long = "a".repeat(1023);
        let kept: Arc<str> = pool.hash(password(&format!("{long}b"))).await.expect("hashed").into();
        assert!(!verify(&format!("{long}c"), Some(kept)).await, "no byte is cut off");
    }

    #[tokio::test]
    async fn who_comes_beyond_the_waiting_room_is_told_so() {
        let pool = Arc::new(PasswordPool::new(2, 1).expect("a pool"));
        let held = Arc::clone(&pool.running).acquire_owned().await.expect("open");
        let waiting = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.verify(password("12345678"), None).await }
        });
        tokio::task::yield_now().await;
        let refused = pool.verify(password("12345678"), None).await;
        assert!(matches!(refused, Err(PasswordFault::Overloaded)));
        drop(held);
        assert!(!waiting.await.expect("ended").expect("verified"));
        assert_eq!(pool.waiting.load(Ordering::Relaxed), 0);
    }
}
