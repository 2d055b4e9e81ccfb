//! Every record that tables were made of, in order: from the journal as far as it is there, and before that from Postgres itself, where
//! the journal's hash chain says that those are the ones.

use std::sync::Arc;

use super::database::Link;
use super::fault::{Fault, Refusal};
use super::fold::Record;
use super::kept_records::KeptRecords;
use super::uploaded::FilledFrom;
use super::worker::read_records;
use crate::engine::log::Sequence;
use crate::journal::tail::Tail;
use crate::journal::{FileDisk, Position, expect_behind};

pub(super) struct Records<'a> {
    tail: Tail<FileDisk>,
    kept: Option<KeptRecords<'a>>,
}

impl<'a> Records<'a> {
    /// The records behind the snapshot that tables were filled from, or all. The journal is there behind `given_up`, where its first
    /// segments are not.
    ///
    /// # Errors
    /// The journal doesn't go on from where the tables begin.
    pub(super) fn of_tables(
        disk: Arc<FileDisk>,
        filled: Option<&FilledFrom>,
        given_up: Option<&'a Position>,
    ) -> Result<Self, Refusal> {
        let begun = filled.map(|filled| &filled.position);
        let first = begun.map_or(Sequence::ZERO, Position::last);
        let kept = given_up.filter(|given_up| given_up.last() > first);
        match (kept, begun) {
            (Some(given_up), _) => {
                let kept = Some(KeptRecords::between(begun, given_up));
                Ok(Self { tail: Tail::from(disk, given_up.last().next()), kept })
            }
            (None, Some(begun)) => {
                let diverged = |_| Refusal::Diverged { sequence: begun.last().get() };
                expect_behind(&*disk, begun).map_err(diverged)?;
                Ok(Self { tail: Tail::from(disk, begun.last().next()), kept: None })
            }
            (None, None) => Ok(Self { tail: Tail::from(disk, first.next()), kept: None }),
        }
    }

    /// The next records up to one, about so many, or what is wrong with those that only Postgres has.
    pub(super) async fn read(
        &mut self,
        link: &mut Link,
        until: Sequence,
        count: usize,
    ) -> Result<Result<Vec<Record>, String>, Fault> {
        if let Some(kept) = self.kept.as_mut().filter(|kept| !kept.are_read()) {
            return kept.read(link, until, count as u64).await;
        }
        let mut records = read_records(&mut self.tail, until, count)?;
        // A frame may go on behind.
        records.retain(|record| record.sequence <= until);
        Ok(Ok(records))
    }
}
