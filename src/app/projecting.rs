//! The projection of a city that is served: started beside it when there is a database.

use std::io;
use std::sync::Arc;

use super::Failure;
use super::data_dir::DataDir;
use super::settings::Settings;
use crate::domain::clock::Clock;
use crate::domain::ids::ResidentNo;
use crate::identity::city_keys::WhenAbsent;
use crate::identity::resident_keys::ResidentKeys;
use crate::journal::{FileDisk, JournalHandle};
use crate::projection::{Progress, Projector, WrappedKeys};

/// The file of the residents' keys, from which they are copied as they stand.
pub(super) struct Keys(pub(super) ResidentKeys);

impl WrappedKeys for Keys {
    fn wrapped(&self, resident: ResidentNo) -> io::Result<Option<Vec<u8>>> {
        self.0.wrapped(resident)
    }
}

/// Starts it, and waits for what the database says at first: another city's is an error, that it is away is none.
pub(super) fn start(
    dir: &DataDir,
    settings: &Settings,
    journal: &JournalHandle,
    clock: &Arc<dyn Clock>,
    progress: Option<&Progress>,
) -> Result<Option<Projector>, Failure> {
    let Some((database, progress)) = settings.database.clone().zip(progress) else { return Ok(None) };
    let keys = Box::new(Keys(dir.keys(WhenAbsent::Refuse)?.residents));
    let disk = Arc::new(FileDisk::new(dir.journal())?);
    let (journal, clock) = (journal.clone(), Arc::clone(clock));
    let projector =
        Projector::start(database, disk, dir.snapshots(), journal, keys, clock, progress.clone())?;
    projector.first_try()?;
    Ok(Some(projector))
}
