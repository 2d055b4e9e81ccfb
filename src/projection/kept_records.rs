//! The records that a journal has given up with its first segments, as Postgres keeps them: what a comparison begins with then.
//!
//! Postgres is not believed by itself: the hash chain over these records must come to the link that stands where the snapshot does, so
//! that they are the very ones which the journal had.

use super::copy::{Fields, NotRows};
use super::database::Link;
use super::fault::Fault;
use super::fold::Record;
use super::tables::JOURNAL_RECORD;
use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;
use crate::journal::Position;
use crate::journal::chain::{Chain, Kind};
use crate::journal::tail::TailRecord;

/// On the way through them.
pub(super) struct KeptRecords<'a> {
    position: &'a Position,
    next: Sequence,
    epoch: u64,
    chain: Chain,
}

impl<'a> KeptRecords<'a> {
    /// Those up to a position, behind which the journal has all: from the first on, or from where the tables begin.
    pub(super) fn between(begun: Option<&Position>, position: &'a Position) -> Self {
        match begun {
            Some(begun) => Self {
                position,
                next: begun.last().next(),
                epoch: begun.epoch(),
                chain: begun.chain().clone(),
            },
            None => {
                Self { position, next: Sequence::ZERO.next(), epoch: 0, chain: Chain::new(&position.uuid()) }
            }
        }
    }

    pub(super) fn are_read(&self) -> bool {
        self.next > self.position.last()
    }

    /// The next ones, so many if there are and none behind `until`; or what is wrong with them, and then nothing can be made of what
    /// follows.
    pub(super) async fn read(
        &mut self,
        link: &mut Link,
        until: Sequence,
        count: u64,
    ) -> Result<Result<Vec<Record>, String>, Fault> {
        let from = self.next.get();
        let to = (from + count - 1).min(self.position.last().get()).min(until.get());
        let mut records = Vec::new();
        let mut wrong = None;
        let part = format!("WHERE sequence BETWEEN {from} AND {to} ORDER BY sequence");
        link.copy_out(&JOURNAL_RECORD.copy_out(&part), |row| {
            let mut fields = Fields::of(row);
            let sequence = Sequence::new(fields.int8()?.cast_unsigned());
            let at = UtcMillis::new(fields.time()?);
            let kind = if fields.text()? == "epoch" { Kind::Epoch } else { Kind::Data };
            let bytes = fields.bytes()?.ok_or(NotRows)?;
            if wrong.is_none() {
                match self.take(&TailRecord { sequence, epoch: self.epoch, at, kind, bytes }) {
                    Ok(record) => records.push(record),
                    Err(why) => wrong = Some(why),
                }
            }
            Ok(())
        })
        .await?;
        if wrong.is_none() && self.next.get() <= to {
            wrong = Some(self.missing());
        }
        if wrong.is_none() && self.are_read() && !self.position.has_chain(&self.chain) {
            let last = self.position.last().get();
            wrong = Some(format!("journal_record: those up to {last} are not the ones that the journal had"));
        }
        Ok(wrong.map_or(Ok(records), Err))
    }

    fn take(&mut self, record: &TailRecord<'_>) -> Result<Record, String> {
        if record.sequence != self.next {
            return Err(self.missing());
        }
        self.epoch += u64::from(record.kind == Kind::Epoch);
        self.chain.push(record.kind, record.sequence, record.at, record.bytes);
        self.next = record.sequence.next();
        Record::read(&TailRecord { epoch: self.epoch, ..*record })
            .map_err(|why| format!("journal_record {}: {why}", record.sequence.get()))
    }

    fn missing(&self) -> String {
        format!("journal_record {}: is not in Postgres", self.next.get())
    }
}
