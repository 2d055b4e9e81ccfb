//! Whether the snapshots say what the journal says: each is read whole, and the city in it compared with the one that is replayed up
//! to where it stands.
//!
//! Where the journal's first segments were given up, the older snapshot is what the rest is replayed behind: of it only checksums,
//! digest, rules and its place in the journal can be judged.

use super::snapshots::{Begun, load, names};
use super::{Failure, explain};
use crate::engine::Engine;
use crate::engine::log::Sequence;
use crate::engine::replay::{Replay, ReplayError};
use crate::journal::{FileDisk, JournalError, Position, SnapshotError, read_only_behind};

/// The snapshot that all begins with.
pub(super) struct Base {
    pub(super) name: String,
    pub(super) position: Position,
}

/// The oldest snapshot that is whole, or nothing.
pub(super) fn base_behind_what_is_gone(snapshots: &FileDisk) -> Result<Option<Base>, Failure> {
    for name in names(snapshots)?.into_iter().rev() {
        match load(snapshots, &name) {
            Ok(Begun { position: Some(position), .. }) => return Ok(Some(Base { name, position })),
            Err(error @ SnapshotError::NewerFormat { .. }) => return Err(error.into()),
            // That it is not whole is told of each.
            Ok(Begun { position: None, .. }) | Err(_) => {}
        }
    }
    Ok(None)
}

/// What is wrong with the snapshots, in lines.
pub(super) fn faults_of_snapshots(
    snapshots: &FileDisk,
    journal: &FileDisk,
    base: Option<&Base>,
) -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    for name in names(snapshots)? {
        match load(snapshots, &name) {
            Ok(Begun { replay, position: Some(position) }) => {
                let engine = replay.finish()?;
                let is_base = base.is_some_and(|base| base.name == name);
                let wrong =
                    if is_base { None } else { compare(snapshots, journal, base, &engine, &position)? };
                faults.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
                let broken = engine.audit();
                faults.extend(broken.iter().map(|rule| format!("{name}: {}: {}", rule.invariant, rule.what)));
            }
            Ok(Begun { position: None, .. }) => {}
            // A server beside has removed it, because it has newer ones.
            Err(SnapshotError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error @ (SnapshotError::Io { .. } | SnapshotError::NewerFormat { .. })) => {
                return Err(error.into());
            }
            Err(error) => faults.push(explain(&error)),
        }
    }
    Ok(faults)
}

/// What is different in a snapshot's city from the one that the journal tells up to there.
fn compare(
    snapshots: &FileDisk,
    journal: &FileDisk,
    base: Option<&Base>,
    engine: &Engine,
    position: &Position,
) -> Result<Option<String>, Failure> {
    let nothing = |_: Sequence, _, _: &[u8]| Ok::<_, ReplayError>(());
    match read_only_behind(journal, Some(position), nothing) {
        Ok(_) => {}
        Err(error @ JournalError::OtherHistory { .. }) => return Ok(Some(explain(&error))),
        Err(error) => return Err(error.into()),
    }
    let expected = replay_up_to(snapshots, journal, base, position.last())?;
    let last = position.last().get();
    Ok((expected.digest() != engine.digest())
        .then(|| format!("it is not the city that the journal tells up to record {last}")))
}

/// Why a replay stops before the journal's end.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("as far as was wanted")]
    Reached,
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

fn replay_up_to(
    snapshots: &FileDisk,
    journal: &FileDisk,
    base: Option<&Base>,
    last: Sequence,
) -> Result<Engine, Failure> {
    let begun = match base {
        Some(base) => load(snapshots, &base.name)?,
        None => Begun { replay: Replay::new(), position: None },
    };
    let Begun { mut replay, position } = begun;
    let mut is_reached = false;
    let read = read_only_behind(journal, position.as_ref(), |sequence, at, bytes| {
        if sequence > last {
            is_reached = true;
            return Err(Stop::Reached);
        }
        Ok(replay.apply(sequence, at, bytes)?)
    });
    match read {
        Err(JournalError::Apply { .. }) if is_reached => {}
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(replay.finish()?)
}
