//! Monotonic time, the only place that asks for it.

use std::time::Instant;

pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
    Instant::now()
}
