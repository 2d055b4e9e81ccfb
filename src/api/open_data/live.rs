//! Live: whoever looks at a day of a pitch or a venue hears of each change within a moment.
//!
//! The committer writes what changed into a ring (`engine::changes`). On each worker one hub looks at the ring's head twenty times a
//! second and wakes the streams whose day changed. A stream remembers what it has shown of each slot and writes the differences
//! when its connection takes them. So nothing is queued for anybody, a slow reader gets fewer and newer events, and the committer
//! pays two stores a change, however many listen.

pub mod event_id;
pub mod hub;
pub mod pulse;
pub mod shown;
pub mod stream;

use std::time::Duration;

pub use self::hub::Hub;

/// How many streams a city serves at once.
pub const STREAMS_MAX: usize = 10_000;
/// Who doesn't read for so long, while there is something to read, is cut.
pub const STALL_MAX: Duration = Duration::from_secs(30);
