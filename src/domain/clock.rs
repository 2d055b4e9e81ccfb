//! The clock that everything is given. Nothing below `main` asks the operating system for the time.

use std::time::Duration;

use super::time::UtcMillis;

/// Wall time for records and answers, monotonic time for waiting and for time to live.
pub trait Clock: Send + Sync {
    /// The wall time that is believed.
    fn now(&self) -> UtcMillis;

    /// The time since some beginning; never goes back.
    fn monotonic(&self) -> Duration;
}
