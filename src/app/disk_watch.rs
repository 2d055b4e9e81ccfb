//! Watches how much room the disk has, off the way of any request: when it is less than the reserve nothing new is taken, and all that
//! gives back goes on; when there is a quarter more than that again, all goes on.
//!
//! The journal alone would find out only when a segment can't be made ready any more, and then cancellations would be refused too.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use metrics::{Gauge, gauge};

use super::Failure;
use super::byte_size::ByteSize;
use super::snapshot_maker::wait;
use crate::api::ops::Readiness;
use crate::api::problem::Problem;
use crate::engine::Engine;
use crate::engine::room::Room;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// When there is enough, and when not.
#[derive(Debug)]
struct Reserve {
    bytes: u64,
    room: Room,
}

impl Reserve {
    const fn new(reserve: ByteSize) -> Self {
        Self { bytes: reserve.get(), room: Room::Enough }
    }

    /// What becomes of it with so many bytes free, if that is something else than before. It takes more to come back than to stay,
    /// so that a disk at the limit doesn't open and close the city by turns.
    const fn judge(&mut self, free: u64) -> Option<Room> {
        let enough = match self.room {
            Room::Enough => self.bytes,
            Room::Short => self.bytes.saturating_add(self.bytes / 4),
        };
        let room = if free < enough { Room::Short } else { Room::Enough };
        let is_new = matches!((self.room, room), (Room::Enough, Room::Short) | (Room::Short, Room::Enough));
        self.room = room;
        if is_new { Some(room) } else { None }
    }
}

/// Who is told, and what is looked at.
struct Watch {
    reserve: Reserve,
    places: Vec<PathBuf>,
    engine: Arc<Engine>,
    readiness: Readiness,
    free: Gauge,
    short: Gauge,
    /// That it can't be told was said.
    told: bool,
}

/// Looks once, and then from a thread of its own until the city closes; nothing is watched for a reserve of nothing.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(
    data_dir: &Path,
    reserve: ByteSize,
    engine: &Arc<Engine>,
    readiness: &Readiness,
    is_closing: &Arc<AtomicBool>,
) -> Result<Option<JoinHandle<()>>, Failure> {
    if reserve.get() == 0 {
        return Ok(None);
    }
    let mut watch = Watch {
        reserve: Reserve::new(reserve),
        // Each may be a disk of its own: the journal grows in one, keys and snapshots in the other.
        places: vec![data_dir.to_owned(), data_dir.join("journal")],
        engine: Arc::clone(engine),
        readiness: readiness.clone(),
        free: gauge!("kaichang_disk_free_bytes"),
        short: gauge!("kaichang_disk_short"),
        told: false,
    };
    watch.look();
    let is_closing = Arc::clone(is_closing);
    Ok(Some(std::thread::Builder::new().name("disk".to_owned()).spawn(move || {
        while wait(LOOK_EVERY, &is_closing) {
            watch.look();
        }
    })?))
}

impl Watch {
    fn look(&mut self) {
        let free = match self.free_bytes() {
            Ok(free) => free,
            Err(error) => {
                if !std::mem::replace(&mut self.told, true) {
                    tracing::error!(%error, "nobody knows how much room the disk has; it is asked again");
                }
                return;
            }
        };
        self.told = false;
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        self.free.set(free as f64);
        let Some(room) = self.reserve.judge(free) else { return };
        self.engine.set_room(room);
        let reserve = self.reserve.bytes;
        match room {
            Room::Short => {
                self.readiness.set_limited(Some(Problem::SHORT_OF_ROOM));
                self.short.set(1.0);
                tracing::error!(
                    free,
                    reserve,
                    "the disk nears its limit: nothing new is taken, what gives back goes on"
                );
            }
            Room::Enough => {
                self.readiness.set_limited(None);
                self.short.set(0.0);
                tracing::warn!(free, reserve, "there is room on the disk again: bookings are taken");
            }
        }
    }

    /// Of the fullest place.
    fn free_bytes(&self) -> io::Result<u64> {
        let mut least = u64::MAX;
        for place in &self.places {
            let said = rustix::fs::statvfs(place)?;
            least = least.min(said.f_bavail.saturating_mul(said.f_frsize));
        }
        Ok(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_a_quarter_more_to_open_again_than_to_stay_open() {
        let mut reserve = Reserve::new(ByteSize::new(1000));
        for (free, change) in [
            (5000, None),
            (1000, None),
            (999, Some(Room::Short)),
            (0, None),
            (1000, None),
            (1249, None),
            (1250, Some(Room::Enough)),
            (1000, None),
            (999, Some(Room::Short)),
            (1249, None),
            (u64::MAX, Some(Room::Enough)),
        ] {
            assert_eq!(reserve.judge(free), change, "{free} bytes");
        }
    }
}
