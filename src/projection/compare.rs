//! Whether Postgres says what the journal says, both ways and column by column: what `kaichang verify` prints.
//!
//! The rows that should be there are made by the same fold that made those that are, anew and from the first record on, and compared
//! byte by byte as COPY gives them. Records that the journal has given up are taken from Postgres, when their hash chain is the journal's. All is read in one snapshot, so that it can be done beside a running service: what came after
//! the offset is lag and no difference.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::booking_row::BookingRow;
use super::books::Books;
use super::catalogue_rows;
use super::copy::{Fields, Rows, Unpack};
use super::database::{Database, Link};
use super::difference::{Key, Row, differing, key_of, named};
use super::fault::{Fault, Refusal, unfit};
use super::fold::{Changes, Enrolled, Record, needed, wallet_of};
use super::kept_records::KeptRecords;
use super::occupancy::Occupancy;
use super::offset::Offset;
use super::tables::{
    ACCOUNT, AUDIT, BOOKING, BOOKING_EVENT, CHECK_IN, DISTRICT, DRAW_STEP, JOURNAL_RECORD, LEDGER_LINE,
    LIVE_OCCUPANCY, LIVE_SESSION, PITCH, PITCH_DAY, QUEUE_STEP, RELEASE, RELEASE_OPENING, RESIDENT,
    RESIDENT_KEY, SPORT, Table, VENUE,
};
use super::worker::{WrappedKeys, read_records};
use super::write::{Later, resident};
use crate::domain::change::Named;
use crate::domain::event::Role;
use crate::domain::ids::{BookingNo, DistrictNo, ResidentNo, SportNo};
use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;
use crate::journal::tail::Tail;
use crate::journal::{FileDisk, Position, uuid_text};

/// How many records are compared at once.
const RECORDS_AT_ONCE: usize = 8192;

/// The tables that are compared record by record: each row is of one.
const BY_RECORD: [Table; 6] = [JOURNAL_RECORD, BOOKING_EVENT, LEDGER_LINE, AUDIT, QUEUE_STEP, DRAW_STEP];

/// What a comparison came to.
#[derive(Debug)]
pub struct Compared {
    /// The last record that Postgres has.
    pub projected: Sequence,
    /// Everything that is different, each in a line.
    pub differences: Vec<String>,
    /// What the rows come to, to be compared with what the engine came to by its own way.
    pub told: Told,
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
        let first = behind.map_or(Sequence::ZERO, Position::last).next();
        let (tail, kept) = (Tail::from(disk, first), behind.map(KeptRecords::up_to));
        let mut comparison =
            Comparison { link, tail, kept, keys, model: Model::default(), differences: Vec::new() };
        comparison.run(&offset).await?;
        let Comparison { model, differences, .. } = comparison;
        Ok(Compared { projected: offset.sequence, differences, told: model.told() })
    })
}

struct Comparison<'a> {
    link: Link,
    tail: Tail<FileDisk>,
    kept: Option<KeptRecords<'a>>,
    keys: &'a dyn WrappedKeys,
    model: Model,
    differences: Vec<String>,
}

/// What should be in the tables that are compared as a whole.
#[derive(Default)]
struct Model {
    books: Books,
    bookings: HashMap<BookingNo, BookingRow>,
    residents: BTreeMap<ResidentNo, Account>,
    /// Those who opened an account by themselves or at a counter, and so have a key.
    opened: Vec<ResidentNo>,
    rows: HashMap<&'static str, Rows>,
    balances: HashMap<i64, i64>,
}

struct Account {
    role: Role,
    opened_at: UtcMillis,
    later: Later,
}

impl Comparison<'_> {
    async fn run(&mut self, offset: &Offset) -> Result<(), Fault> {
        let mut from = 0;
        let mut digest = Vec::new();
        while from < offset.sequence.get().cast_signed() {
            let records = match self.read(offset.sequence).await? {
                Ok(records) => records,
                Err(wrong) => {
                    self.differences.push(wrong);
                    return Ok(());
                }
            };
            let Some(last) = records.last() else { break };
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

    /// The next records, or what is wrong with those that only Postgres has.
    async fn read(&mut self, until: Sequence) -> Result<Result<Vec<Record>, String>, Fault> {
        if let Some(kept) = self.kept.as_mut().filter(|kept| !kept.are_read()) {
            return kept.read(&mut self.link, until, RECORDS_AT_ONCE as u64).await;
        }
        let mut records = read_records(&mut self.tail, until, RECORDS_AT_ONCE)?;
        // A frame may go on behind the offset.
        records.retain(|record| record.sequence <= until);
        Ok(Ok(records))
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

impl Model {
    /// Whether an account was deleted by its resident.
    fn is_erased(&self, resident: ResidentNo) -> bool {
        self.residents.get(&resident).is_some_and(|account| account.later.erased_at.is_some())
    }

    fn fold(&mut self, records: &[Record]) -> Result<Changes, Fault> {
        let looked_up = needed(records).into_iter().filter_map(|no| self.bookings.get(&no).copied());
        let looked_up: Vec<_> = looked_up.collect();
        let mut changes = Changes::begin(&self.books, looked_up);
        for record in records {
            changes.add(&mut self.books, record).map_err(unfit(record.sequence.get()))?;
        }
        self.bookings.extend(changes.bookings.values().map(|touched| (touched.now.no, touched.now)));
        let account = |role, opened_at| Account { role, opened_at, later: Later::default() };
        for opened in &changes.opened {
            self.residents.insert(opened.resident, account(opened.role, opened.at));
            self.opened.push(opened.resident);
        }
        for enrolled in &changes.enrolled {
            let accounts = self.rows.entry(ACCOUNT.name).or_default();
            for no in enrolled.residents() {
                self.residents.insert(no, account(Role::Resident, enrolled.at));
                wallet_of(accounts, no);
            }
        }
        for (no, at) in &changes.completed {
            self.residents.entry(*no).and_modify(|account| account.later.completed_at = Some(*at));
        }
        for (no, at) in &changes.erased {
            self.residents.entry(*no).and_modify(|account| account.later.erased_at = Some(*at));
        }
        for (no, at) in &changes.disabled {
            self.residents.entry(*no).and_modify(|account| {
                account.later.disabled_at.get_or_insert(*at);
            });
        }
        for (table, rows) in changes.added() {
            if !BY_RECORD.contains(&table) {
                self.rows.entry(table.name).or_default().extend(rows);
            }
        }
        Ok(changes)
    }

    fn add_up(&mut self, ledger: &Rows) -> Result<(), Fault> {
        let balances = &mut self.balances;
        Unpack::default().push(ledger.bytes(), |row| {
            let mut fields = Fields::of(row);
            fields.int8()?;
            let account = fields.int8()?;
            fields.time()?;
            fields.text()?;
            *balances.entry(account).or_default() += fields.int8()?;
            Ok(())
        })?;
        Ok(())
    }

    fn told(self) -> Told {
        let told = |row: &BookingRow| ToldBooking {
            state: row.state.name(),
            resident: row.resident.get(),
            pitch: row.pitch.get(),
            day: row.day.get(),
            first_unit: row.span.first(),
            units: row.span.count(),
            price: row.price,
            refund: row.refund,
        };
        let bookings = self.bookings.iter().map(|(no, row)| (*no, told(row))).collect();
        Told { bookings, balances: self.balances }
    }

    /// What should be in the tables that aren't compared record by record.
    fn wholes(&mut self) -> Result<Vec<(Table, Rows)>, super::books::Unfit> {
        let mut wholes = Vec::new();
        for table in [ACCOUNT, CHECK_IN, PITCH_DAY, RELEASE_OPENING] {
            wholes.push((table, self.rows.remove(table.name).unwrap_or_default()));
        }
        let mut rows = [DISTRICT, SPORT, VENUE, PITCH, RELEASE].map(|table| (table, Rows::default()));
        let [(_, districts), (_, sports), (_, venues), (_, pitches), (_, releases)] = &mut rows;
        if let Ok(catalogue) = self.books.catalogue() {
            let (of_districts, of_sports) = (catalogue.districts().len(), catalogue.sports().len());
            for no in (0u16..).take(of_districts).map(DistrictNo::new) {
                catalogue_rows::named(districts, catalogue, Named::District(no));
            }
            for no in (0u16..).take(of_sports).map(SportNo::new) {
                catalogue_rows::named(sports, catalogue, Named::Sport(no));
            }
            catalogue.venues().iter().for_each(|venue| catalogue_rows::venue(venues, venue));
            catalogue.pitches().iter().for_each(|pitch| catalogue_rows::pitch(pitches, pitch));
            catalogue.releases().iter().for_each(|release| catalogue_rows::release(releases, release));
        }
        wholes.extend(rows);
        let mut residents = Rows::default();
        for (no, account) in &self.residents {
            resident(&mut residents, no.get(), account.role, account.opened_at, account.later);
        }
        wholes.push((RESIDENT, residents));
        let (mut bookings, mut occupancy) = (Rows::default(), Occupancy::default());
        for row in self.bookings.values() {
            row.put(&mut bookings);
            occupancy.count(&self.books, None, None, row)?;
        }
        wholes.push((BOOKING, bookings));
        let (taken, sold) = (&mut Rows::default(), &mut Rows::default());
        for ((leaf, day, unit), no) in &occupancy.taken {
            let row = taken.row(LIVE_OCCUPANCY.width());
            row.int8(i64::from(*leaf)).date(day.get()).int2(*unit).int8(i64::from(*no));
        }
        for ((pitch, day, unit), (count, capacity)) in &occupancy.sold {
            let count = i32::try_from(*count).unwrap_or(i32::MAX);
            let row = sold.row(LIVE_SESSION.width()).int8(i64::from(pitch.get())).date(day.get());
            row.int2(*unit).int4(count).int4(i32::from(*capacity));
        }
        wholes.push((LIVE_OCCUPANCY, std::mem::take(taken)));
        wholes.push((LIVE_SESSION, std::mem::take(sold)));
        Ok(wholes)
    }
}
