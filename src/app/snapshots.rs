//! Snapshots of a city: the newest that can be used at a start, and the next one, which a process of its own makes beside the server.
//!
//! A snapshot is made of the one before and the segments that were sealed since, never of the live state, so that it can't carry a fault of
//! the live state on; and it is audited before it is written. Two are kept: when the newer is damaged, the older and a longer tail do.

use std::io::{Write, stdout};
use std::process::ExitCode;

use super::arguments::SnapshotArguments;
use super::data_dir::DataDir;
use super::{Failure, explain, manifest};
use crate::engine::replay::Replay;
use crate::engine::snapshot::Loader;
use crate::journal::disk::Disk;
use crate::journal::{
    DirLock, FileDisk, JournalError, Position, SnapshotError, read_sealed, read_snapshot, repack,
    snapshot_name, snapshot_sequence, write_snapshot,
};

/// How many snapshots are kept.
const KEPT: usize = 2;
/// The lowest priority there is.
const NICE: i32 = 19;
/// A rule doesn't hold.
const BROKEN: u8 = 1;
/// Somebody copies them or gives segments up, so none was made now.
pub(super) const IN_USE: u8 = 3;

/// A replay that has begun, and where in the journal it goes on: at its first record when there is no snapshot.
pub(super) struct Begun {
    pub(super) replay: Replay,
    pub(super) position: Option<Position>,
}

/// Begins a replay with the newest snapshot that can be used.
pub(super) fn begin(dir: &DataDir) -> Result<Begun, Failure> {
    if let Some(disk) = directory(dir)? {
        for name in names(&disk)? {
            match load(&disk, &name) {
                Ok(begun) => return Ok(begun),
                Err(error @ SnapshotError::NewerFormat { .. }) => return Err(error.into()),
                Err(error) => {
                    let why = explain(&error);
                    tracing::warn!(
                        snapshot = name,
                        why,
                        "a snapshot can't be used, so an older one is tried"
                    );
                }
            }
        }
    }
    Ok(Begun { replay: Replay::new(), position: None })
}

/// The directory of the snapshots, where there is one.
pub(super) fn directory(dir: &DataDir) -> Result<Option<FileDisk>, Failure> {
    if dir.snapshots().try_exists()? { Ok(Some(FileDisk::existing(dir.snapshots())?)) } else { Ok(None) }
}

/// All snapshots, the newest first.
pub(super) fn names(disk: &FileDisk) -> Result<Vec<String>, Failure> {
    let mut names: Vec<_> =
        disk.list()?.into_iter().filter(|name| snapshot_sequence(name).is_some()).collect();
    names.sort_unstable_by(|one, other| other.cmp(one));
    Ok(names)
}

/// Where the older of the two kept snapshots stands, when there are two and both are whole: the digests are computed anew.
pub(super) fn older_position(dir: &DataDir) -> Result<Option<Position>, Failure> {
    let disk = FileDisk::existing(dir.snapshots())?;
    let names = names(&disk)?;
    let mut older = None;
    for name in names.iter().take(KEPT) {
        match read_snapshot(&disk, name, |_, _| Ok::<_, Failure>(())) {
            Ok(head) => older = Some(Position::decode(&head)?),
            Err(error) => {
                let why = explain(&error);
                tracing::error!(snapshot = name, why, "a snapshot is not whole");
                return Ok(None);
            }
        }
    }
    Ok(older.filter(|_| names.len() >= KEPT))
}

/// A replay that begins with this one.
pub(super) fn load(disk: &FileDisk, name: &str) -> Result<Begun, SnapshotError> {
    let unusable = |source| SnapshotError::Unusable { file: name.to_owned(), source };
    let mut loader = Loader::default();
    let head = read_snapshot(disk, name, |tag, piece| loader.take(tag, piece))?;
    let position = Position::decode(&head).map_err(|error| unusable(error.into()))?;
    let loaded = loader.finish().map_err(|error| unusable(error.into()))?;
    Ok(Begun { replay: Replay::behind(loaded, position.at()), position: Some(position) })
}

/// `kaichang snapshot`: makes the next one, if a segment was sealed since the last.
pub(super) fn run(arguments: &SnapshotArguments) -> Result<ExitCode, Failure> {
    let dir = DataDir::new(&arguments.data_dir, None);
    dir.expect_city()?;
    // The server goes first, whatever else the machine does.
    rustix::process::setpriority_process(None, NICE)?;
    let _lock = match DirLock::acquire(&dir.snapshots()) {
        Ok(lock) => lock,
        Err(error @ JournalError::Locked { .. }) => {
            writeln!(stdout().lock(), "no snapshot is made now: {error}")?;
            return Ok(ExitCode::from(IN_USE));
        }
        Err(error) => return Err(error.into()),
    };
    manifest::accept(dir.root())?;
    let disk = FileDisk::new(dir.snapshots())?;
    let Begun { mut replay, position } = begin(&dir)?;
    let journal = FileDisk::existing(dir.journal())?;
    let apply = |sequence, at, bytes: &[u8]| replay.apply(sequence, at, bytes);
    let behind = position.as_ref().map_or(0, Position::segment);
    let Some(position) = read_sealed(&journal, position.as_ref(), apply)? else {
        writeln!(stdout().lock(), "no segment was sealed since the last snapshot")?;
        return Ok(ExitCode::SUCCESS);
    };
    let replayed = replay.finish_to_keep()?;
    let violations = replayed.engine.audit();
    if !violations.is_empty() {
        let mut out = stdout().lock();
        for violation in &violations {
            writeln!(out, "{}: {}", violation.invariant, violation.what)?;
        }
        return Ok(ExitCode::from(BROKEN));
    }
    let mut head = Vec::new();
    position.encode(&mut head);
    let name = snapshot_name(position.last().get());
    write_snapshot(&disk, &name, &head, |give| replayed.dump(|section, piece| give(section.tag(), piece)))?;
    drop(replayed);
    // Read again before an older one goes.
    read_snapshot(&disk, &name, |_, _| Ok::<_, Failure>(()))?;
    for old in names(&disk)?.iter().skip(KEPT) {
        disk.remove(old).map_err(|error| format!("remove {old}: {error}"))?;
    }
    disk.sync_dir()?;
    // Segments are written full of zeros: what was sealed early would keep them.
    for sealed in behind + 1..=position.segment() {
        repack(&journal, sealed)?;
    }
    writeln!(stdout().lock(), "{name}: the city up to record {}", position.last().get())?;
    Ok(ExitCode::SUCCESS)
}
