//! What should be in the tables, as far as they are compared as a whole: the fold of all records so far, kept in memory.

use std::collections::{BTreeMap, HashMap};

use super::{BY_RECORD, Told, ToldBooking};
use crate::domain::event::Role;
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::projection::booking_row::BookingRow;
use crate::projection::books::{Books, Unfit};
use crate::projection::catalogue_rows;
use crate::projection::copy::{Fields, Rows, Unpack};
use crate::projection::fault::{Fault, unfit};
use crate::projection::fold::{Changes, Record, needed, wallet_of};
use crate::projection::occupancy::Occupancy;
use crate::projection::snapshot_city::SnapshotCity;
use crate::projection::snapshot_rows::AccountRow;
use crate::projection::tables::{
    ACCOUNT, BOOKING, CHECK_IN, DISTRICT, LIVE_OCCUPANCY, LIVE_SESSION, PITCH, PITCH_DAY, RELEASE,
    RELEASE_OPENING, RESIDENT, SPORT, Table, VENUE,
};
use crate::projection::write::{Later, resident};

/// What should be in the tables that are compared as a whole.
#[derive(Default)]
pub(super) struct Model {
    books: Books,
    bookings: HashMap<BookingNo, BookingRow>,
    residents: BTreeMap<ResidentNo, AccountRow>,
    /// Those who opened an account by themselves or at a counter, and so have a key.
    pub(super) opened: Vec<ResidentNo>,
    rows: HashMap<&'static str, Rows>,
    balances: HashMap<i64, i64>,
}

impl Model {
    /// Begins with a snapshot's city; the lines of its ledger.
    pub(super) fn begin(&mut self, city: &mut SnapshotCity) -> Result<Rows, Unfit> {
        let (mut accounts, mut ledger) = city.ledger_of_city()?;
        for (no, account) in city.accounts() {
            self.residents.insert(no, account);
            wallet_of(&mut accounts, no);
            city.wallet_line(&mut ledger, no);
        }
        self.opened = city.have_keys().collect();
        let mut check_ins = Rows::default();
        for no in (0..city.engine.bookings().count()).map(BookingNo::new) {
            let Some(booking) = city.engine.bookings().get(no) else { continue };
            let row = city.booking(&booking)?;
            city.check_in(&mut check_ins, &row);
            self.bookings.insert(no, row);
        }
        for (table, rows) in
            [(ACCOUNT, accounts), (CHECK_IN, check_ins), (RELEASE_OPENING, city.release_openings()?)]
        {
            self.rows.insert(table.name, rows);
        }
        self.books = city.filled_from().books()?;
        Ok(ledger)
    }

    /// Whether an account was deleted by its resident.
    pub(super) fn is_erased(&self, resident: ResidentNo) -> bool {
        self.residents.get(&resident).is_some_and(|account| account.later.erased_at.is_some())
    }

    pub(super) fn fold(&mut self, records: &[Record]) -> Result<Changes, Fault> {
        let looked_up = needed(records).into_iter().filter_map(|no| self.bookings.get(&no).copied());
        let looked_up: Vec<_> = looked_up.collect();
        let mut changes = Changes::begin(&self.books, looked_up);
        for record in records {
            changes.add(&mut self.books, record).map_err(unfit(record.sequence.get()))?;
        }
        self.bookings.extend(changes.bookings.values().map(|touched| (touched.now.no, touched.now)));
        let account = |role, opened_at| AccountRow { role, opened_at, later: Later::default() };
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

    pub(super) fn add_up(&mut self, ledger: &Rows) -> Result<(), Fault> {
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

    pub(super) fn told(self) -> Told {
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
    pub(super) fn wholes(&mut self) -> Result<Vec<(Table, Rows)>, Unfit> {
        let mut wholes = Vec::new();
        for table in [ACCOUNT, CHECK_IN, PITCH_DAY, RELEASE_OPENING] {
            wholes.push((table, self.rows.remove(table.name).unwrap_or_default()));
        }
        let mut rows = [DISTRICT, SPORT, VENUE, PITCH, RELEASE].map(|table| (table, Rows::default()));
        let [(_, districts), (_, sports), (_, venues), (_, pitches), (_, releases)] = &mut rows;
        if let Ok(catalogue) = self.books.catalogue() {
            catalogue_rows::districts(districts, catalogue);
            catalogue_rows::sports(sports, catalogue);
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
        let mut taken = Rows::default();
        occupancy.put_taken(&mut taken);
        wholes.push((LIVE_OCCUPANCY, taken));
        wholes.push((LIVE_SESSION, occupancy.sold_rows()));
        Ok(wholes)
    }
}
