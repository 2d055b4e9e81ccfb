//! `kaichang export`: a city's files, as `kaichang import` reads them. Reads the city only, also beside a running server.

use std::fs::{self, File as DiskFile};
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use super::Failure;
use super::arguments::ExportArguments;
use super::data_dir::DataDir;
use super::import::replayed;
use crate::city_files::{Sources, write};

pub(super) fn run(arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let dir = DataDir::new(&arguments.data_dir, None);
    dir.expect_city()?;
    let engine = replayed(&dir)?.engine;
    let sources = write(&engine.world().catalogue)?;
    let files = &arguments.files;
    if !arguments.overwrite {
        refuse_to_overwrite(files, &sources)?;
    }
    put(files, &sources).map_err(|error| format!("the files in {}: {error}", files.display()))?;
    let mut out = stdout().lock();
    writeln!(out, "{} files stand in {}", sources.0.len(), files.display())?;
    Ok(ExitCode::SUCCESS)
}

/// Somebody may have worked on them.
fn refuse_to_overwrite(files: &Path, sources: &Sources) -> Result<(), Failure> {
    for named in &sources.0 {
        let path = files.join(named.file.name());
        if path.try_exists()? {
            let path = path.display();
            return Err(format!("{path} is there: name another directory, or --overwrite it").into());
        }
    }
    Ok(())
}

/// Each file is whole under its name or not there.
fn put(files: &Path, sources: &Sources) -> std::io::Result<()> {
    fs::create_dir_all(files)?;
    for named in &sources.0 {
        let name = named.file.name();
        let in_making = files.join(format!("{name}.making"));
        let mut file = DiskFile::create(&in_making)?;
        file.write_all(&named.bytes)?;
        file.sync_all()?;
        fs::rename(in_making, files.join(name))?;
    }
    DiskFile::open(files)?.sync_all()
}
