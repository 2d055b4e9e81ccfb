//! `kaichang draw-verify FILE`: repeats a draw from its published file alone. It needs no city, no key and no network.

use std::io::{Read, Write, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use super::Failure;
use super::arguments::DrawVerifyArguments;
use crate::domain::draw::{DrawFile, Got};

/// A difference was found.
const DIFFERENT: u8 = 1;

pub(super) fn run(arguments: &DrawVerifyArguments) -> Result<ExitCode, Failure> {
    let file = DrawFile::read(&bytes_of(&arguments.file)?)?;
    let release = file.release.clone();
    let (entries, won) = file.drawn.as_ref().map_or((0, 0), |drawn| {
        (drawn.entries.len(), drawn.result.iter().filter(|Got(_, won)| won.is_some()).count())
    });
    let mut out = stdout().lock();
    let differences = file.check()?;
    for difference in &differences {
        writeln!(out, "{difference}")?;
    }
    if !differences.is_empty() {
        return Ok(ExitCode::from(DIFFERENT));
    }
    writeln!(out, "the draw of {release} is as it says: {entries} entries, {won} with a slot")?;
    Ok(ExitCode::SUCCESS)
}

fn bytes_of(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(file).map(|read| bytes = read)
    };
    read.map_err(|error| format!("{} can't be read: {error}", file.display()))?;
    Ok(bytes)
}
