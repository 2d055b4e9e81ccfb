//! `kaichang reproject`: the tables of a database anew, from the journal of a city that nobody serves meanwhile.

use std::process::ExitCode;
use std::sync::Arc;

use super::arguments::ReprojectArguments;
use super::data_dir::DataDir;
use super::projecting::Keys;
use super::{Failure, say, snapshots};
use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;
use crate::identity::city_keys::WhenAbsent;
use crate::journal::{DirLock, FileDisk, JournalError, read_only_behind};
use crate::projection::{Database, reproject};

pub(super) fn run(arguments: &ReprojectArguments) -> Result<ExitCode, Failure> {
    let database: Database = arguments.database_url.parse()?;
    let dir = DataDir::new(&arguments.data_dir, arguments.key_file.as_deref());
    dir.expect_city()?;
    let _lock = DirLock::acquire(&arguments.data_dir)?;
    let disk = FileDisk::new(dir.journal())?;
    let none = |_: Sequence, _: UtcMillis, _: &[u8]| -> Result<(), JournalError> { Ok(()) };
    // Where its first segments were given up, the projection says from which record on there is something.
    let behind = snapshots::begin(&dir)?.position;
    let read = read_only_behind(&disk, behind.as_ref(), none)?.ok_or("the journal is empty")?;
    let keys = Keys(dir.keys(WhenAbsent::Refuse)?.residents);
    let records = reproject(&database, Arc::new(disk), &read.uuid, read.last, &keys)?;
    say(&format!("the tables were made anew from {records} records"));
    Ok(ExitCode::SUCCESS)
}
