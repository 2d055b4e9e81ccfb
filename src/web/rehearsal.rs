//! Whether this process serves a rehearsal: then every page says so, that nobody takes what he books there for a booking.

use std::sync::OnceLock;

static IS_ON: OnceLock<()> = OnceLock::new();

/// From now on it does. Before the first page is asked for.
pub fn announce() {
    IS_ON.get_or_init(|| ());
}

/// Whether it does.
#[must_use]
pub fn is_on() -> bool {
    IS_ON.get().is_some()
}
