//! `kaichang verify`: replays the journal from its first byte, or behind the older snapshot where its first segments were given up,
//! counts everything anew and compares it with the snapshots and with Postgres. Reads only, also beside a running server, whose last
//! moments it may not see.

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use super::against_engine::against_engine;
use super::arguments::VerifyArguments;
use super::data_dir::DataDir;
use super::snapshots::{self, Begun, load};
use super::verify_roots;
use super::verify_snapshots::{Base, base_behind_what_is_gone, faults_of_snapshots};
use super::{Failure, explain};
use crate::domain::ids::ResidentNo;
use crate::domain::invariant::Invariant;
use crate::engine::Engine;
use crate::engine::replay::Replay;
use crate::identity::resident_keys::WrappedResidentKeys;
use crate::journal::{FileDisk, JournalError, ReadOnly, read_only_behind, uuid_text};
use crate::projection::{Database, Journal, WrappedKeys, compare};

/// A difference was found.
const DIFFERENT: u8 = 1;

/// A journal that was read to its end.
struct Verified {
    engine: Engine,
    read: ReadOnly,
    /// What it begins behind, where its first segments are gone.
    base: Option<Base>,
}

pub(super) fn run(arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let dir = DataDir::new(&arguments.data_dir, None);
    dir.expect_city()?;
    let database: Option<Database> = arguments.database_url.as_deref().map(str::parse).transpose()?;
    let disk = FileDisk::new(dir.journal())?;
    let snapshots = snapshots::directory(&dir)?;
    let mut out = stdout().lock();
    let verified = match read_journal(&disk, snapshots.as_ref())? {
        Ok(verified) => verified,
        // What can't be read for want of rights or of a newer version says nothing about the journal.
        Err(error @ (JournalError::Io { .. } | JournalError::NewerFormat { .. })) => return Err(error.into()),
        Err(error) => {
            writeln!(out, "{}", explain(&error))?;
            return Ok(ExitCode::from(DIFFERENT));
        }
    };
    let Verified { engine, read, base } = verified;
    let violations = engine.audit();
    for violation in &violations {
        writeln!(out, "{}: {}", violation.invariant, violation.what)?;
    }
    let faults = match &snapshots {
        Some(snapshots) => faults_of_snapshots(snapshots, &disk, base.as_ref())?,
        None => Vec::new(),
    };
    for fault in &faults {
        writeln!(out, "{fault}")?;
    }
    let roots = verify_roots::compare(&dir, &disk, &read.uuid, arguments.roots.as_deref())?;
    for difference in &roots.differences {
        writeln!(out, "{difference}")?;
    }
    if !violations.is_empty() || !faults.is_empty() || !roots.differences.is_empty() {
        return Ok(ExitCode::from(DIFFERENT));
    }
    if let Some(base) = &base {
        let (name, record) = (&base.name, base.position.last().get());
        writeln!(
            out,
            "the journal's first segments were given up: up to record {record} {name} is believed"
        )?;
    }
    writeln!(
        out,
        "journal {}: {} records in {} segments, up to sequence {} of epoch {}; all rules hold",
        uuid_text(&read.uuid),
        read.records,
        read.segments,
        read.last.get(),
        read.epoch
    )?;
    if roots.agree + roots.untold > 0 {
        let (agree, untold) = (roots.agree, roots.untold);
        writeln!(
            out,
            "{agree} daily roots are as they were published; of {untold} the journal has nothing any more"
        )?;
    }
    let Some(database) = database else { return Ok(ExitCode::SUCCESS) };
    let keys = KeysAsKept(dir.wrapped_keys()?);
    let behind = base.as_ref().map(|base| &base.position);
    let journal = Journal { disk: Arc::new(disk), uuid: read.uuid, last: read.last, behind, keys: &keys };
    let compared = compare(&database, journal)?;
    let mut differences = compared.differences;
    // The engine comes to the same by its own code; it stands at the journal's end, so that they can be compared only there.
    if compared.projected == read.last && differences.is_empty() {
        differences.extend(against_engine(&engine.digest(), &compared.told));
    }
    if compared.projected == read.last
        && let Some(replayed) = &compared.replayed
        && replayed.digest() != engine.digest()
    {
        differences
            .push("the snapshot in Postgres doesn't come to the city that the journal tells".to_owned());
    }
    for difference in &differences {
        writeln!(out, "{}: {difference}", Invariant::I5ProjectionEqual)?;
    }
    if !differences.is_empty() {
        return Ok(ExitCode::from(DIFFERENT));
    }
    let (projected, lag) = (compared.projected.get(), read.last.get() - compared.projected.get());
    writeln!(out, "Postgres says the same up to sequence {projected}; {lag} records are not in it yet")?;
    Ok(ExitCode::SUCCESS)
}

/// Replays all of the journal that is there.
fn read_journal(
    disk: &FileDisk,
    snapshots: Option<&FileDisk>,
) -> Result<Result<Verified, JournalError>, Failure> {
    let replay = |begun: Begun, base| {
        let Begun { mut replay, position } = begun;
        match read_only_behind(disk, position.as_ref(), |sequence, at, bytes| {
            replay.apply(sequence, at, bytes)
        }) {
            Ok(Some(read)) => Ok(Ok(Verified { engine: replay.finish()?, read, base })),
            Ok(None) => Err(Failure::from("the journal is empty")),
            Err(error) => Ok(Err(error)),
        }
    };
    match replay(Begun { replay: Replay::new(), position: None }, None)? {
        Err(needed @ JournalError::SnapshotNeeded { .. }) => {
            let Some(snapshots) = snapshots else { return Ok(Err(needed)) };
            match base_behind_what_is_gone(snapshots)? {
                Some(base) => replay(load(snapshots, &base.name)?, Some(base)),
                None => Ok(Err(needed)),
            }
        }
        read => Ok(read),
    }
}

/// The residents' keys as they stand in their file.
struct KeysAsKept(WrappedResidentKeys);

impl WrappedKeys for KeysAsKept {
    fn wrapped(&self, resident: ResidentNo) -> std::io::Result<Option<Vec<u8>>> {
        self.0.wrapped(resident)
    }
}
