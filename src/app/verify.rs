//! `kaichang verify`: replays the journal from its first byte and counts everything anew. Reads only, also beside a running
//! server, whose last moments it may not see.

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use super::against_engine::against_engine;
use super::arguments::VerifyArguments;
use super::data_dir::DataDir;
use super::{Failure, explain};
use crate::domain::invariant::Invariant;
use crate::engine::replay::Replay;
use crate::journal::{FileDisk, JournalError, read_only, uuid_text};
use crate::projection::{Database, compare};

/// A difference was found.
const DIFFERENT: u8 = 1;

pub(super) fn run(arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let dir = DataDir::new(&arguments.data_dir, None);
    dir.expect_city()?;
    let database: Option<Database> = arguments.database_url.as_deref().map(str::parse).transpose()?;
    let disk = FileDisk::new(dir.journal())?;
    let mut replay = Replay::new();
    let mut out = stdout().lock();
    let read = match read_only(&disk, |sequence, at, bytes| replay.apply(sequence, at, bytes)) {
        Ok(Some(read)) => read,
        Ok(None) => return Err("the journal is empty".into()),
        // What can't be read for want of rights or of a newer version says nothing about the journal.
        Err(error @ (JournalError::Io { .. } | JournalError::NewerFormat { .. })) => return Err(error.into()),
        Err(error) => {
            writeln!(out, "{}", explain(&error))?;
            return Ok(ExitCode::from(DIFFERENT));
        }
    };
    let engine = replay.finish()?;
    let violations = engine.audit();
    for violation in &violations {
        writeln!(out, "{}: {}", violation.invariant, violation.what)?;
    }
    if !violations.is_empty() {
        return Ok(ExitCode::from(DIFFERENT));
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
    let Some(database) = database else { return Ok(ExitCode::SUCCESS) };
    let compared = compare(&database, Arc::new(disk), &read.uuid, read.last)?;
    let mut differences = compared.differences;
    // The engine comes to the same by its own code; it stands at the journal's end, so that they can be compared only there.
    if compared.projected == read.last {
        differences.extend(against_engine(&engine.digest(), &compared.told));
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
