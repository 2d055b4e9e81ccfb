//! Known bugs that can be switched on, to prove that the tests see them. Compiled out without the feature `planted-bugs`.

/// Which bug is switched on, if any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Planted {
    #[cfg(feature = "planted-bugs")]
    bug: Option<Bug>,
}

/// The journal's known bugs.
#[cfg(feature = "planted-bugs")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Records are settled before they are synced.
    AckBeforeSync,
    /// Recovery believes frames without looking at their checksum.
    NoCrc,
}

impl Planted {
    /// No bug, whatever the environment says.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            #[cfg(feature = "planted-bugs")]
            bug: None,
        }
    }

    /// What `KAICHANG_PLANTED_BUG` names, when that is one of the journal's.
    #[must_use]
    pub fn from_env() -> Self {
        Self {
            #[cfg(feature = "planted-bugs")]
            bug: match std::env::var("KAICHANG_PLANTED_BUG").as_deref() {
                Ok("ack-before-sync") => Some(Bug::AckBeforeSync),
                Ok("no-crc") => Some(Bug::NoCrc),
                _ => None,
            },
        }
    }

    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub const fn only(bug: Bug) -> Self {
        Self { bug: Some(bug) }
    }

    #[cfg(feature = "planted-bugs")]
    pub(super) fn ack_before_sync(self) -> bool {
        self.bug == Some(Bug::AckBeforeSync)
    }

    #[cfg(feature = "planted-bugs")]
    pub(super) fn no_crc(self) -> bool {
        self.bug == Some(Bug::NoCrc)
    }

    #[cfg(not(feature = "planted-bugs"))]
    #[expect(clippy::unused_self, reason = "the same call with and without the feature")]
    pub(super) const fn ack_before_sync(self) -> bool {
        false
    }

    #[cfg(not(feature = "planted-bugs"))]
    #[expect(clippy::unused_self, reason = "the same call with and without the feature")]
    pub(super) const fn no_crc(self) -> bool {
        false
    }
}
