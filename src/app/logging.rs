//! Structured logs on standard error: lines of JSON, or for people when a terminal listens. `KAICHANG_LOG` chooses what is
//! logged, as `info` or `kaichang=debug`.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

pub(super) fn start() {
    let filter = EnvFilter::try_from_env("KAICHANG_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    // Tests start services in one process; the first one's log stands.
    let _ =
        if stderr().is_terminal() { lines.try_init() } else { lines.json().flatten_event(true).try_init() };
}
