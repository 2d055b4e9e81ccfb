//! What can go wrong with the journal, by what the operator can do about it.

use std::io;
use std::path::PathBuf;

use crate::engine::log::Sequence;

/// Why a journal could not be opened, read or written on.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Stop the other process, or point this one at another directory.
    #[error("{} is in use by another process{}", dir.display(), pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    Locked { dir: PathBuf, pid: Option<u32> },

    /// Run the newer version.
    #[error(
        "{file} is of format {version}, and this version knows formats up to {known}: run a newer version"
    )]
    NewerFormat { file: String, version: u32, known: u32 },

    /// Restore the directory as a whole from one backup: its files belong to different journals.
    #[error("{file} belongs to another journal: {found} instead of {expected}")]
    OtherJournal { file: String, expected: String, found: String },

    /// Put the file back: it was there once.
    #[error("{file} is missing: the journal's segments have no gaps")]
    MissingSegment { file: String },

    /// Restore the snapshots too: the first segments were given up because a snapshot has what they said.
    #[error(
        "the journal has segments {first} to {last} and none before: what stood there is in a snapshot, and one is needed to begin with"
    )]
    SnapshotNeeded { first: u64, last: u64 },

    /// Restore snapshots and journal together from one backup.
    #[error(
        "the snapshot ends with segment {segment} and record {}, and the journal does not go on from there: {why}. \
         The two are not of one history (a mixed or partial copy)", last.get()
    )]
    OtherHistory { segment: u64, last: Sequence, why: String },

    /// The disk or someone has changed what was written: restore from a backup. Nothing was changed by this start.
    #[error("{file} is damaged at byte {offset}: {why}")]
    Corrupt { file: String, offset: u64, why: String },

    /// See to the disk: its room, its rights, its health.
    #[error("could not {what} {file}")]
    Io { what: &'static str, file: String, source: io::Error },

    /// The record is intact, but this version can't apply it: run the version that wrote it.
    #[error("record {} could not be applied", sequence.get())]
    Apply { sequence: Sequence, source: Box<dyn std::error::Error + Send + Sync> },

    /// Correct the setting.
    #[error("segments of {bytes} bytes are not possible: a multiple of 4096, from {min}")]
    SegmentBytes { bytes: u64, min: u64 },

    /// The system gave no random bytes or no thread.
    #[error("the system gave no {what}")]
    System { what: &'static str, source: io::Error },
}

impl JournalError {
    pub(super) fn io(what: &'static str, file: &str) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Io { what, file, source }
    }

    pub(super) fn corrupt(file: &str, offset: u64, why: impl Into<String>) -> Self {
        Self::Corrupt { file: file.to_owned(), offset, why: why.into() }
    }
}
