//! Whether Postgres says what the journal says, both ways and column by column: what `kaichang verify` prints.
//!
//! The rows that should be there are made by the same fold that made those that are, anew and from the first record on, or behind the
//! snapshot that the tables were filled from, and compared byte by byte as COPY gives them. Records that the journal has given up are taken
//! from Postgres, when their hash chain is the journal's. All is read in one transaction, so that it can be done beside a running service:
//! what came after the offset is lag and no difference.

mod model;

use std::collections::HashMap;
use std::sync::Arc;

use super::copy::{Rows, Unpack};
use super::database::{Database, Link};
use super::difference::{Key, Row, differing, key_of, named};
use super::fault::{Fault, Refusal, unfit};
use super::fold::{Enrolled, Record};
use super::offset::Offset;
use super::records::Records;
use super::tables::{
    AUDIT, BOOKING_EVENT, DRAW_STEP, JOURNAL_RECORD, LEDGER_LINE, QUEUE_STEP, RESIDENT_KEY, Table,
};
use super::uploaded::{FilledFrom, UploadedSnapshot};
use super::worker::WrappedKeys;
use crate::domain::ids::BookingNo;
use crate::engine::Engine;
use crate::engine::log::Sequence;
use crate::engine::replay::Replay;
use crate::journal::{FileDisk, Position, uuid_text};
use model::Model;

/// How many records are compared at once.
const RECORDS_AT_ONCE: usize = 8192;

/// The tables that are compared record by record: each row is of one.
const BY_RECORD: [Table; 6] = [JOURNAL_RECORD, BOOKING_EVENT, LEDGER_LINE, AUDIT, QUEUE_STEP, DRAW_STEP];

/// What a comparison came to.
pub struct Compared {
    /// The last record that Postgres has.
    pub projected: Sequence,
    /// Everything that is different, each in a line.
    pub differences: Vec<String>,
    /// What the rows come to, to be compared with what the engine came to by its own way.
    pub told: Told,
    /// The city that the snapshot in Postgres and the records behind it come to, where the tables were filled from one.
    pub replayed: Option<Engine>,
}

/// What the rows say of bookings and money.
#[derive(Debug, Default)]
pub struct Told {
    pub bookings: HashMap<BookingNo, ToldBooking>,
    /// By the number of the account.
    pub balances: HashMap<i64, i64>,
}

/// A booking as its row has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToldBooking {
    pub state: &'static str,
    pub resident: u32,
    pub pitch: u32,
    pub day: i32,
    pub first_unit: u8,
    pub units: u8,
    pub price: i64,
    pub refund: i64,
}

/// A journal of which so much is known to be whole.
pub struct Journal<'a> {
    pub disk: Arc<FileDisk>,
    pub uuid: [u8; 16],
    pub last: Sequence,
    /// Behind which it is there, where the first segments were given up.
    pub behind: Option<&'a Position>,
    pub keys: &'a dyn WrappedKeys,
}

/// Compares a journal with a database.
///
/// # Errors
/// Why it can't be compared.
pub fn compare(database: &Database, journal: Journal<'_>) -> Result<Compared, Fault> {
    let Journal { disk, uuid, last, behind, keys } = journal;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault::Away(error.to_string()))?;
    runtime.block_on(async {
        let mut link = database.connect().await?;
        link.run("SET enable_seqscan = on; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let ours = uuid_text(&uuid);
        let offset = match Offset::read(&mut link).await? {
            Some(offset) if offset.journal == ours => offset,
            Some(offset) => return Err(Refusal::OtherJournal { found: offset.journal, ours }.into()),
            None => return Err(Fault::Away("nothing was written into it yet".to_owned())),
        };
        if offset.sequence > last {
            return Err(Refusal::Ahead { projected: offset.sequence.get(), last: last.get() }.into());
        }
        let filled = FilledFrom::read(&mut link).await?;
        let records = Records::of_tables(disk, filled.as_ref(), behind)?;
        let (model, differences) = (Model::default(), Vec::new());
        let mut comparison = Comparison { link, records, keys, model, replay: None, differences };
        let begun = match &filled {
            Some(filled) => comparison.begin(filled).await?,
            None => Begun { sequence: Sequence::ZERO, digest: Vec::new() },
        };
        comparison.run(begun, &offset).await?;
        let Comparison { model, differences, replay, .. } = comparison;
        // Where something is missing no city is made.
        let replay = replay.filter(|_| differences.is_empty());
        let replayed = replay.map(Replay::finish).transpose();
        let replayed = replayed.map_err(|error| Refusal::Snapshot(error.to_string()))?;
        Ok(Compared { projected: offset.sequence, differences, told: model.told(), replayed })
    })
}

/// Where the tables begin.
struct Begun {
    sequence: Sequence,
    /// What the offset has of it.
    digest: Vec<u8>,
}

struct Comparison<'a> {
    link: Link,
    records: Records<'a>,
    keys: &'a dyn WrappedKeys,
    model: Model,
    /// From the snapshot that the tables were filled from.
    replay: Option<Replay>,
    differences: Vec<String>,
}

impl Comparison<'_> {
    /// Begins with what the snapshot holds that the tables were filled from, and compares what they have of before.
    async fn begin(&mut self, filled: &FilledFrom) -> Result<Begun, Fault> {
        let uploaded = UploadedSnapshot::read(&mut self.link, filled).await?;
        let (position, mut city) = (&filled.position, uploaded.city()?);
        let what_it_says = city.filled_from();
        if what_it_says != *filled {
            self.differences.push("filled_from: the snapshot in Postgres says something else".to_owned());
        }
        let unfit_here = || unfit(position.last().get());
        let audit = city.audit().map_err(unfit_here())?;
        let ledger = self.model.begin(&mut city).map_err(unfit_here())?;
        drop(city);
        self.model.add_up(&ledger)?;
        let before = format!("WHERE sequence <= {}", position.last().get());
        for begins_behind in [JOURNAL_RECORD, BOOKING_EVENT, QUEUE_STEP, DRAW_STEP] {
            self.compare(begins_behind, &Rows::default(), &before).await?;
        }
        self.compare(LEDGER_LINE, &ledger, &before).await?;
        self.compare(AUDIT, &audit, &before).await?;
        self.replay = Some(uploaded.replay()?);
        Ok(Begun { sequence: position.last(), digest: position.digest().to_vec() })
    }

    async fn run(&mut self, begun: Begun, offset: &Offset) -> Result<(), Fault> {
        let Begun { sequence, mut digest } = begun;
        let mut from = sequence.get().cast_signed();
        while from < offset.sequence.get().cast_signed() {
            let records = match self.records.read(&mut self.link, offset.sequence, RECORDS_AT_ONCE).await? {
                Ok(records) => records,
                Err(wrong) => {
                    self.differences.push(wrong);
                    return Ok(());
                }
            };
            let Some(last) = records.last() else { break };
            self.replay_on(&records)?;
            digest = last.digest.to_vec();
            let to = last.number();
            let changes = self.model.fold(&records)?;
            let mut ledger = changes.ledger_line.clone();
            for enrolled in &changes.enrolled {
                opening_lines(&mut ledger, enrolled);
            }
            self.model.add_up(&ledger)?;
            for (table, rows) in [
                (JOURNAL_RECORD, &changes.journal_record),
                (BOOKING_EVENT, &changes.booking_event),
                (LEDGER_LINE, &ledger),
                (AUDIT, &changes.audit),
                (QUEUE_STEP, &changes.queue_step),
                (DRAW_STEP, &changes.draw_step),
            ] {
                self.compare(table, rows, &format!("WHERE sequence > {from} AND sequence <= {to}")).await?;
            }
            from = to;
        }
        if digest != offset.digest {
            self.differences
                .push(format!("projection {}: another record stands there", offset.sequence.get()));
        }
        for table in BY_RECORD {
            self.compare(table, &Rows::default(), &format!("WHERE sequence > {from}")).await?;
        }
        for (table, rows) in self.model.wholes().map_err(unfit(offset.sequence.get()))? {
            self.compare(table, &rows, "").await?;
        }
        self.compare_keys().await
    }

    fn replay_on(&mut self, records: &[Record]) -> Result<(), Refusal> {
        let Some(replay) = self.replay.as_mut() else { return Ok(()) };
        for record in records.iter().filter(|record| record.event.is_some()) {
            replay
                .apply(record.sequence, record.at, &record.bytes)
                .map_err(|error| Refusal::Snapshot(error.to_string()))?;
        }
        Ok(())
    }

    /// The keys of those who opened an account and are not gone, as they stand in the keys' file. The file may be ahead of Postgres: of a
    /// key that it has no more, of an account that is there yet by what is projected, nothing is said.
    async fn compare_keys(&mut self) -> Result<(), Fault> {
        let mut expected = Rows::default();
        let mut ahead = Vec::new();
        for resident in self.model.opened.iter().filter(|resident| !self.model.is_erased(**resident)) {
            let key = self.keys.wrapped(*resident);
            match key.map_err(|error| Fault::Away(format!("the residents' keys: {error}")))? {
                Some(key) => expected.row(RESIDENT_KEY.width()).int8(resident.get().into()).blob(&key),
                None => {
                    ahead.push(resident.get().to_string());
                    continue;
                }
            };
        }
        let part = match ahead.as_slice() {
            [] => String::new(),
            ahead => format!("WHERE resident_no NOT IN ({})", ahead.join(", ")),
        };
        self.compare(RESIDENT_KEY, &expected, &part).await
    }

    /// Compares what should be in a part of a table with what is.
    async fn compare(&mut self, table: Table, expected: &Rows, part: &str) -> Result<(), Fault> {
        let mut missing: HashMap<Key, Row> = HashMap::with_capacity(expected.count());
        Unpack::default().push(expected.bytes(), |row| {
            missing.insert(key_of(table, row), row.into());
            Ok(())
        })?;
        let differences = &mut self.differences;
        self.link
            .copy_out(&table.copy_out(part), |row| {
                match missing.remove(&key_of(table, row)) {
                    Some(expected) if *expected == *row => {}
                    Some(expected) => differences.push(differing(table, &expected, row)),
                    None => differences.push(format!("{}: is not in the journal", named(table, row))),
                }
                Ok(())
            })
            .await?;
        let mut missing: Vec<_> = missing.into_values().collect();
        missing.sort_unstable();
        let missing = missing.iter().map(|row| format!("{}: is not in Postgres", named(table, row)));
        self.differences.extend(missing);
        Ok(())
    }
}

/// What residents were enrolled with, which Postgres makes by itself.
fn opening_lines(ledger: &mut Rows, enrolled: &Enrolled) {
    if enrolled.balance == 0 {
        return;
    }
    for no in enrolled.residents() {
        ledger
            .row(LEDGER_LINE.width())
            .int8(enrolled.sequence)
            .int8(no.get().into())
            .time(enrolled.at.get())
            .text("opening")
            .int8(enrolled.balance)
            .null();
    }
}
