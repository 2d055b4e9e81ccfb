//! How many files the process may have open: each connection is one.
//!
//! Most systems begin a process with a thousand and let it have more when it asks. A city has more listeners than that.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Asks for as many as the system lets this process have.
pub(super) fn allow_most() {
    let before = getrlimit(Resource::Nofile);
    let most = Rlimit { current: before.maximum, maximum: before.maximum };
    if let Err(fault) = setrlimit(Resource::Nofile, most) {
        tracing::warn!(%fault, limit = ?before.current, "the system lets no more files be open");
    }
}
