//! The tables made anew, beside the old ones, which they replace in one step: from the journal, and from what the old tables have of the
//! journal's own bytes where it has its first records no more.
//!
//! Nothing that was known may be lost by it. So what the old tables begin with the new ones do too, records of which only Postgres has the
//! bytes must be the ones that the journal's hash chain names, and where any is missing the old tables stay.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;

use super::books::Books;
use super::database::{ANEW, Database, Link, SCHEMA};
use super::fault::{Fault, Refusal};
use super::filling::{self, Bytes};
use super::offset::Offset;
use super::records::Records;
use super::uploaded::{FilledFrom, UploadedSnapshot};
use super::worker::WrappedKeys;
use super::write::{SCRATCH, make_months, write};
use crate::engine::log::Sequence;
use crate::journal::{FileDisk, Position, uuid_text};

/// How many records are written at once.
const RECORDS_AT_ONCE: usize = 32_768;

/// A journal that nobody writes, and of which so much is whole.
pub struct SettledJournal<'a> {
    pub disk: Arc<FileDisk>,
    pub uuid: [u8; 16],
    pub last: Sequence,
    /// Behind which it is there, where the first segments were given up.
    pub behind: Option<&'a Position>,
    pub keys: &'a dyn WrappedKeys,
}

/// Makes the tables anew; up to which record they are.
///
/// # Errors
/// Why not, and then the tables are as they were. It is refused where something is known here that nothing else tells any more.
pub fn reproject(database: &Database, journal: &SettledJournal<'_>) -> Result<u64, Fault> {
    let SettledJournal { disk, uuid, last, behind, keys } = journal;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault::Away(error.to_string()))?;
    runtime.block_on(async {
        let mut link = database.connect_to_write().await?;
        let before = Offset::of_journal(&mut link, uuid).await?;
        if before.sequence > *last {
            return Err(Refusal::Ahead { projected: before.sequence.get(), last: last.get() }.into());
        }
        let filled = FilledFrom::read(&mut link).await?;
        let mut records = Records::of_tables(Arc::clone(disk), filled.as_ref(), *behind)?;
        // The old tables are read by their own connection while the new ones are written.
        let mut former = database.connect().await?;
        let mut next = read(&mut records, &mut former, *last).await?;
        link.run(&format!("DROP SCHEMA IF EXISTS {ANEW} CASCADE; SET search_path = {ANEW}")).await?;
        link.prepare(ANEW).await?;
        link.run(&format!("INSERT INTO former_journal SELECT * FROM {SCHEMA}.former_journal")).await?;
        let mut offset = Offset::of_journal(&mut link, uuid).await?;
        debug_assert_eq!(offset.journal, uuid_text(uuid));
        let mut books = Books::default();
        if let Some(filled) = &filled {
            let mut city = UploadedSnapshot::read(&mut former, filled).await?.city()?;
            let bytes = Bytes::<File>::FormerTables;
            offset = filling::fill(&mut link, &offset, &mut city, bytes, *keys, None).await?;
            books = filled.books().map_err(super::fault::unfit(filled.sequence().get()))?;
        }
        link.run(&format!("DROP TABLE IF EXISTS changed_booking; {SCRATCH}")).await?;
        let mut months = BTreeSet::new();
        while !next.is_empty() {
            make_months(&mut link, &mut months, &next).await?;
            offset = write(&mut link, &mut books, &offset, &next, *keys).await?;
            next = read(&mut records, &mut former, *last).await?;
        }
        drop(former);
        link.run(&format!(
            "BEGIN; DROP SCHEMA {SCHEMA} CASCADE; ALTER SCHEMA {ANEW} RENAME TO {SCHEMA}; COMMIT"
        ))
        .await?;
        Ok(offset.sequence.get())
    })
}

/// The next records. What is missing or wrong among those that only the old tables have ends it.
async fn read(
    records: &mut Records<'_>,
    former: &mut Link,
    last: Sequence,
) -> Result<Vec<super::fold::Record>, Fault> {
    let read = records.read(former, last, RECORDS_AT_ONCE).await?;
    Ok(read.map_err(Refusal::OnlyHere)?)
}
