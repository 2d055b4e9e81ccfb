//! The tables made anew from the journal, beside the old ones, which they replace in one step.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::books::Books;
use super::database::{ANEW, Database, SCHEMA};
use super::fault::{Fault, Refusal};
use super::offset::Offset;
use super::worker::{WrappedKeys, read_records};
use super::write::{SCRATCH, make_months, write};
use crate::engine::log::Sequence;
use crate::journal::tail::Tail;
use crate::journal::{FileDisk, uuid_text};

/// How many records are written at once.
const RECORDS_AT_ONCE: usize = 32_768;

/// Makes the tables anew from a journal that nobody writes, and of which so much is whole; how many records that were.
///
/// # Errors
/// Why not, and then the tables are as they were. It is refused where something is known here that the journal doesn't tell any more.
pub fn reproject(
    database: &Database,
    disk: Arc<FileDisk>,
    uuid: &[u8; 16],
    last: Sequence,
    keys: &dyn WrappedKeys,
) -> Result<u64, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault::Away(error.to_string()))?;
    runtime.block_on(async {
        let mut link = database.connect_to_write().await?;
        let before = Offset::of_journal(&mut link, uuid).await?;
        if before.sequence > last {
            return Err(Refusal::Ahead { projected: before.sequence.get(), last: last.get() }.into());
        }
        let mut tail = Tail::from(disk, Sequence::ZERO.next());
        // Looked at before anything is done: what is gone from the journal stands in the old tables alone.
        let mut records = read_records(&mut tail, last, RECORDS_AT_ONCE)?;
        link.run(&format!("DROP SCHEMA IF EXISTS {ANEW} CASCADE; SET search_path = {ANEW}")).await?;
        link.prepare(ANEW).await?;
        link.run(&format!("INSERT INTO former_journal SELECT * FROM {SCHEMA}.former_journal")).await?;
        let mut offset = Offset::of_journal(&mut link, uuid).await?;
        debug_assert_eq!(offset.journal, uuid_text(uuid));
        link.run(&format!("DROP TABLE IF EXISTS changed_booking; {SCRATCH}")).await?;
        let (mut books, mut months) = (Books::default(), BTreeSet::new());
        while !records.is_empty() {
            make_months(&mut link, &mut months, &records).await?;
            offset = write(&mut link, &mut books, &offset, &records, keys).await?;
            records = read_records(&mut tail, last, RECORDS_AT_ONCE)?;
        }
        link.run(&format!(
            "BEGIN; DROP SCHEMA {SCHEMA} CASCADE; ALTER SCHEMA {ANEW} RENAME TO {SCHEMA}; COMMIT"
        ))
        .await?;
        Ok(offset.sequence.get())
    })
}
