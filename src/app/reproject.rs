//! `kaichang reproject`: the tables of a database anew, from the journal of a city that nobody serves meanwhile.

use std::process::ExitCode;
use std::sync::Arc;

use super::arguments::ReprojectArguments;
use super::data_dir::DataDir;
use super::projecting::Keys;
use super::verify_snapshots::{Base, base_behind_what_is_gone};
use super::{Failure, say, snapshots};
use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;
use crate::identity::city_keys::WhenAbsent;
use crate::journal::{DirLock, FileDisk, JournalError, Position, ReadOnly, read_only_behind};
use crate::projection::{Database, SettledJournal, reproject};

pub(super) fn run(arguments: &ReprojectArguments) -> Result<ExitCode, Failure> {
    let database: Database = arguments.database_url.parse()?;
    let dir = DataDir::new(&arguments.data_dir, arguments.key_file.as_deref());
    dir.expect_city()?;
    let _lock = DirLock::acquire(&arguments.data_dir)?;
    let disk = FileDisk::new(dir.journal())?;
    let mut base = None;
    let read = match read_all(&disk, None) {
        Err(needed @ JournalError::SnapshotNeeded { .. }) => {
            base = match snapshots::directory(&dir)? {
                Some(snapshots) => base_behind_what_is_gone(&snapshots)?,
                None => None,
            };
            let Some(Base { position, .. }) = &base else { return Err(needed.into()) };
            read_all(&disk, Some(position))?
        }
        read => read?,
    };
    let ReadOnly { uuid, last, .. } = read.ok_or("the journal is empty")?;
    let keys = Keys(dir.keys(WhenAbsent::Refuse)?.residents);
    let behind = base.as_ref().map(|base| &base.position);
    let journal = SettledJournal { disk: Arc::new(disk), uuid, last, behind, keys: &keys };
    let records = reproject(&database, &journal)?;
    say(&format!("the tables were made anew up to record {records}"));
    Ok(ExitCode::SUCCESS)
}

/// Reads what is there, so that it is known to be whole.
fn read_all(disk: &FileDisk, behind: Option<&Position>) -> Result<Option<ReadOnly>, JournalError> {
    let none = |_: Sequence, _: UtcMillis, _: &[u8]| -> Result<(), JournalError> { Ok(()) };
    read_only_behind(disk, behind, none)
}
