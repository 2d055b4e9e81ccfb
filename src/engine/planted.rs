//! Bugs that can be switched on, to prove that the tests see them. Compiled only with the feature `planted-bugs`.

use std::sync::OnceLock;

/// A bug of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A quota is looked at first and added to afterwards.
    CheckThenAddQuota,
    /// A cancellation frees units without asking whether the booking is still there to be cancelled.
    FreeByBits,
    /// Who calls the booking's address directly passes those who queue.
    PassTheLine,
    /// Bookings are forgotten that nobody else has yet.
    ForgetUnkept,
    /// What is given back is free at once, though its release leaves the moment to chance.
    ReturnAtOnce,
}

/// Whether KAICHANG_PLANTED_BUG names this bug.
#[must_use]
pub fn is_on(bug: Bug) -> bool {
    static ON: OnceLock<Option<Bug>> = OnceLock::new();
    let on = ON.get_or_init(|| match std::env::var("KAICHANG_PLANTED_BUG").as_deref() {
        Ok("check-then-add-quota") => Some(Bug::CheckThenAddQuota),
        Ok("free-by-bits") => Some(Bug::FreeByBits),
        Ok("pass-the-line") => Some(Bug::PassTheLine),
        Ok("forget-unkept") => Some(Bug::ForgetUnkept),
        Ok("return-at-once") => Some(Bug::ReturnAtOnce),
        _ => None,
    });
    *on == Some(bug)
}
