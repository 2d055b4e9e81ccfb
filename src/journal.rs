//! The durable log behind the engine's `Record` and `Settle`: a directory of segments, committed in groups by one thread.
//!
//! I2 rests here: what was settled as durable is found again after any crash. `docs/journal.md` draws the format byte by
//! byte and says what is assumed of the disk. The order of a start:
//!
//! ```text
//! let lock = DirLock::acquire(dir)?;
//! let journal = Journal::open(FileDisk::new(dir.join("journal"))?, Options::default(), |sequence, at, bytes| …)?;
//! let (handle, committer) = journal.start(intake, settle, clock)?;
//! … handle.stop(); committer.join()
//! ```

mod anew;
mod appender;
pub mod chain;
mod committer;
mod control;
mod copying;
mod daily_roots;
pub mod disk;
mod entropy;
mod error;
mod file_disk;
mod frame;
pub mod layout;
mod listing;
mod lock;
mod meters;
mod packed;
mod planted;
mod position;
mod read_only;
mod reader;
mod recovery;
mod repack;
mod retire;
mod sealing;
mod segment;
mod snapshot_file;
mod spare;
pub mod tail;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::domain::clock::Clock;
use crate::domain::time::UtcMillis;
use crate::engine::lane::Intake;
use crate::engine::log::{Record, Sequence, Settle};

pub use anew::{AnewError, JournalAnew};
pub use committer::{Committer, Gathering, Step};
pub use control::JournalHandle;
pub use copying::copy_segments;
pub use daily_roots::{DailyRoot, daily_roots};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use error::JournalError;
pub use file_disk::FileDisk;
pub use listing::expect_behind;
pub use lock::DirLock;
#[cfg(feature = "planted-bugs")]
pub use planted::Bug;
pub use planted::Planted;
pub use position::{Position, PositionError};
pub use read_only::{ReadOnly, read_only, read_only_behind, read_sealed};
pub use recovery::Cut;
pub use repack::{Repacked, repack};
pub use retire::{Kept, Sealed, kept, retire};
pub use segment::uuid_text;
pub use snapshot_file::{SnapshotError, read_snapshot, snapshot_name, snapshot_sequence, write_snapshot};

use appender::Appender;
use control::Control;
use disk::Disk;
use frame::Checksum;

/// How a journal is opened. The defaults are for use.
#[derive(Clone)]
pub struct Options {
    /// Of the segments that are begun from now on.
    pub segment_bytes: u64,
    /// A segment is ended when its first record is so old, by the clock of the records; full ones at once.
    pub seal_after_ms: i64,
    pub gathering: Gathering,
    pub entropy: Arc<dyn Entropy>,
    pub planted: Planted,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: layout::SEGMENT_BYTES_DEFAULT,
            seal_after_ms: 60 * 60 * 1000,
            gathering: Gathering::default(),
            entropy: Arc::new(SystemEntropy),
            planted: Planted::from_env(),
        }
    }
}

/// What a start found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    pub uuid: [u8; 16],
    /// The one that this start began.
    pub epoch: u64,
    /// How many records were given to the engine.
    pub records: u64,
    /// The time of the last record, or zero when there is none.
    pub at: UtcMillis,
    /// The torn tail that was cut, if any.
    pub cut: Option<Cut>,
}

/// A journal that was read, made durable anew and opened for writing.
pub struct Journal<D: Disk> {
    appender: Appender<D>,
    options: Options,
    recovered: Recovered,
}

impl<D: Disk> Journal<D> {
    /// Reads the journal in this directory, or makes one, and gives each record of the engine's to `apply` in order. When
    /// it returns, all that was read is durable, and older writers are not believed any more.
    ///
    /// # Errors
    /// `JournalError`: when anything but the tail is not whole, when `apply` refuses a record, when the disk fails.
    pub fn open<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        disk: D,
        options: Options,
        apply: impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
    ) -> Result<Self, JournalError> {
        Self::open_behind(disk, options, None, apply)
    }

    /// The same from a position on, for an engine that has a snapshot of what stands before: the segments up to the position
    /// are not read and may be gone.
    ///
    /// # Errors
    /// As `open`; and `OtherHistory` when the journal does not go on from the position, `SnapshotNeeded` when the first segments
    /// are gone and there is no position.
    pub fn open_behind<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        disk: D,
        options: Options,
        behind: Option<&Position>,
        apply: impl FnMut(Sequence, UtcMillis, &[u8]) -> Result<(), E>,
    ) -> Result<Self, JournalError> {
        if !segment::is_possible_length(options.segment_bytes) {
            let (bytes, min) = (options.segment_bytes, layout::SEGMENT_BYTES_MIN);
            return Err(JournalError::SegmentBytes { bytes, min });
        }
        let new_uuid = new_uuid(&*options.entropy)?;
        let check = if options.planted.no_crc() { Checksum::Ignored } else { Checksum::Checked };
        let read = recovery::read_all(&disk, behind, new_uuid, check, apply)?;
        let (records, cut) = (read.records, read.cut.clone());
        if let Some(Cut { file, offset, why }) = &cut {
            tracing::warn!(file, offset, why, "a torn tail was cut from the journal");
        }
        let disk = Arc::new(disk);
        let appender =
            recovery::begin(&disk, read, options.segment_bytes, check, Arc::clone(&options.entropy))?;
        let state = appender.state();
        let recovered = Recovered { uuid: state.uuid, epoch: state.epoch, records, at: state.at, cut };
        Ok(Self { appender, options, recovered })
    }

    /// Begins a journal of its own name that goes on behind a position of another, in a directory that has none. No epoch is begun:
    /// its next records come from elsewhere too.
    fn begin_behind(disk: D, options: Options, position: &Position) -> Result<Self, JournalError> {
        let position = position.in_journal(new_uuid(&*options.entropy)?);
        let disk = Arc::new(disk);
        let appender =
            recovery::begin_behind(&disk, &position, options.segment_bytes, Arc::clone(&options.entropy))?;
        let (uuid, epoch, at) = (position.uuid(), position.epoch(), position.at());
        Ok(Self { appender, options, recovered: Recovered { uuid, epoch, records: 0, at, cut: None } })
    }

    /// What this start found.
    #[must_use]
    pub const fn recovered(&self) -> &Recovered {
        &self.recovered
    }

    /// The sequence of the last durable record.
    #[must_use]
    pub fn durable(&self) -> Sequence {
        self.appender.durable()
    }

    /// The committer, to be stepped by the caller; the next segment is prepared when it is needed.
    pub fn committer<R: Record, S: Settle<R>>(
        self,
        intake: Arc<Intake<R>>,
        settle: S,
        clock: Arc<dyn Clock>,
    ) -> Committer<D, R, S> {
        let control = Arc::new(Control::new(self.recovered.uuid, self.recovered.epoch));
        Committer::new(self.appender, intake, settle, clock, control, &self.options)
    }

    /// Starts the committer on a thread of its own, and another that prepares segments.
    ///
    /// # Errors
    /// `System` when there is no thread to be had.
    pub fn start<R: Record + 'static, S: Settle<R> + 'static>(
        mut self,
        intake: Arc<Intake<R>>,
        settle: S,
        clock: Arc<dyn Clock>,
    ) -> Result<(JournalHandle, JoinHandle<Result<(), JournalError>>), JournalError> {
        self.appender.spares.prepare_in_background()?;
        let committer = self.committer(Arc::clone(&intake), settle, clock);
        let handle = committer.handle();
        let thread = std::thread::Builder::new()
            .name("journal-commit".to_owned())
            .spawn(move || {
                wake_in_time();
                committer.run()
            })
            .map_err(|source| JournalError::System { what: "thread", source })?;
        Ok((handle, thread))
    }
}

/// The system wakes this thread when its time has come. Usually it may be 50 µs late, to save wake-ups.
fn wake_in_time() {
    // Where it can't be had, batches are gathered a little longer.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
}

fn new_uuid(entropy: &dyn Entropy) -> Result<[u8; 16], JournalError> {
    let mut uuid = [0; 16];
    entropy.fill(&mut uuid).map_err(|source| JournalError::System { what: "random bytes", source })?;
    Ok(uuid)
}

#[cfg(test)]
mod tests;
