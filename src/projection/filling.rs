//! Empty tables filled with what a snapshot holds, for a journal that has its first records no more: all in one transaction, so that a
//! crash leaves them empty, and what follows goes on behind the snapshot as if all before had been written.
//!
//! The snapshot's own bytes go with the rows, so that a city can still be rebuilt from Postgres alone.

use std::collections::BTreeSet;
use std::time::Duration;

use super::catalogue_rows;
use super::copy::Rows;
use super::database::{Link, SCHEMA};
use super::fault::{Fault, Refusal, unfit};
use super::fold::wallet_of;
use super::occupancy::Occupancy;
use super::offset::Offset;
use super::pace::Pace;
use super::snapshot_city::SnapshotCity;
use super::tables::{
    ACCOUNT, AUDIT, BOOKING, CHECK_IN, DISTRICT, LEDGER_LINE, LIVE_OCCUPANCY, LIVE_SESSION, PITCH, RELEASE,
    RELEASE_OPENING, RESIDENT, RESIDENT_KEY, SNAPSHOT_PIECE, SPORT, Table, VENUE,
};
use super::uploaded::PIECE_BYTES;
use super::worker::WrappedKeys;
use super::write::{make_partitions, month_of, resident};
use crate::journal::disk::DiskFile;

/// How many rows are sent together, at about.
const ROWS_AT_ONCE: usize = 8192;
/// A step that takes longer has come to nothing: Postgres stands still.
const STEP_MAX: Duration = Duration::from_secs(60);
/// For how much work at most a step rests in a burst: an open transaction may not idle for long.
const WORKED_MAX: Duration = Duration::from_secs(2);

/// Where the snapshot's bytes come from.
pub(super) enum Bytes<'a, F> {
    File(&'a F),
    /// The tables that are made anew have them.
    FormerTables,
}

/// Fills the tables of an offset at which nothing was written; the offset behind the snapshot.
pub(super) async fn fill<F: DiskFile>(
    link: &mut Link,
    offset: &Offset,
    city: &mut SnapshotCity,
    bytes: Bytes<'_, F>,
    keys: &dyn WrappedKeys,
    pace: Option<&mut Pace>,
) -> Result<Offset, Fault> {
    let months = city.engine.bookings().iter().map(|booking| month_of(booking.created_at)).collect();
    make_partitions(link, &mut BTreeSet::new(), months).await?;
    link.run("BEGIN").await?;
    if Offset::lock(link).await?.as_ref() != Some(offset) {
        return Err(Fault::Away("somebody else has written into it".to_owned()));
    }
    let mut filling = Filling { link, pace };
    filling.put_catalogue(city).await?;
    filling.put_people(city, keys).await?;
    filling.put_bookings(city).await?;
    match bytes {
        Bytes::File(file) => filling.put_bytes(file).await?,
        Bytes::FormerTables => {
            let sql = format!("INSERT INTO snapshot_piece SELECT * FROM {SCHEMA}.snapshot_piece");
            filling.link.run(&sql).await?;
        }
    }
    city.filled_from().write(filling.link).await?;
    let behind = offset.behind_snapshot(&city.position);
    behind.write(filling.link, city.position.at(), &city.books).await?;
    filling.link.run("COMMIT").await?;
    Ok(behind)
}

struct Filling<'a> {
    link: &'a mut Link,
    pace: Option<&'a mut Pace>,
}

impl Filling<'_> {
    /// Sends rows and gives way to requests.
    async fn put(&mut self, table: Table, rows: Rows) -> Result<(), Fault> {
        let began = self.pace.as_ref().map(|pace| pace.now());
        match tokio::time::timeout(STEP_MAX, self.link.copy_in(table, &rows)).await {
            Ok(copied) => copied?,
            Err(_) => return Err(Fault::Away("it doesn't answer".to_owned())),
        }
        let (Some(pace), Some(began)) = (self.pace.as_mut(), began) else { return Ok(()) };
        let worked = pace.now().saturating_sub(began).min(WORKED_MAX);
        pace.give_way(worked).await;
        // What was sent so far is undone with its transaction.
        if pace.is_ending() { Err(Fault::Away("the service ends".to_owned())) } else { Ok(()) }
    }

    /// Sends rows when there are many.
    async fn put_many(&mut self, table: Table, rows: &mut Rows) -> Result<(), Fault> {
        if rows.count() < ROWS_AT_ONCE { Ok(()) } else { self.put(table, std::mem::take(rows)).await }
    }

    async fn put_catalogue(&mut self, city: &SnapshotCity) -> Result<(), Fault> {
        let unfit_here = || unfit(city.position.last().get());
        let catalogue = city.books.catalogue().map_err(unfit_here())?;
        let (mut venues, mut pitches, mut releases) = (Rows::default(), Rows::default(), Rows::default());
        catalogue.venues().iter().for_each(|venue| catalogue_rows::venue(&mut venues, venue));
        catalogue.pitches().iter().for_each(|pitch| catalogue_rows::pitch(&mut pitches, pitch));
        catalogue.releases().iter().for_each(|release| catalogue_rows::release(&mut releases, release));
        let (accounts, lines) = city.ledger_of_city().map_err(unfit_here())?;
        for (table, rows) in [
            (DISTRICT, city.districts().map_err(unfit_here())?),
            (SPORT, city.sports().map_err(unfit_here())?),
            (VENUE, venues),
            (PITCH, pitches),
            (RELEASE, releases),
            (RELEASE_OPENING, city.release_openings().map_err(unfit_here())?),
            (ACCOUNT, accounts),
            (LEDGER_LINE, lines),
            (AUDIT, city.audit().map_err(unfit_here())?),
        ] {
            self.put(table, rows).await?;
        }
        Ok(())
    }

    async fn put_people(&mut self, city: &SnapshotCity, keys: &dyn WrappedKeys) -> Result<(), Fault> {
        let (mut rows, mut accounts, mut lines) = (Rows::default(), Rows::default(), Rows::default());
        for (no, account) in city.accounts() {
            resident(&mut rows, no.get(), account.role, account.opened_at, account.later);
            wallet_of(&mut accounts, no);
            city.wallet_line(&mut lines, no);
            self.put_many(RESIDENT, &mut rows).await?;
            self.put_many(ACCOUNT, &mut accounts).await?;
            self.put_many(LEDGER_LINE, &mut lines).await?;
        }
        self.put(RESIDENT, rows).await?;
        self.put(ACCOUNT, accounts).await?;
        self.put(LEDGER_LINE, lines).await?;
        let mut wrapped = Rows::default();
        for no in city.have_keys() {
            let key = keys.wrapped(no);
            // Who has deleted his account since has none any more.
            if let Some(key) = key.map_err(|error| Fault::Away(format!("the residents' keys: {error}")))? {
                wrapped.row(RESIDENT_KEY.width()).int8(no.get().into()).blob(&key);
            }
            self.put_many(RESIDENT_KEY, &mut wrapped).await?;
        }
        self.put(RESIDENT_KEY, wrapped).await
    }

    async fn put_bookings(&mut self, city: &mut SnapshotCity) -> Result<(), Fault> {
        let sequence = city.position.last().get();
        let (mut bookings, mut check_ins) = (Rows::default(), Rows::default());
        let (mut occupancy, mut taken) = (Occupancy::default(), Rows::default());
        for index in 0..city.engine.bookings().count() {
            let Some(booking) = city.engine.bookings().get(crate::domain::ids::BookingNo::new(index)) else {
                continue;
            };
            let row = city.booking(&booking).map_err(unfit(sequence))?;
            row.put(&mut bookings);
            city.check_in(&mut check_ins, &row);
            occupancy.count(&city.books, None, None, &row).map_err(unfit(sequence))?;
            occupancy.put_taken(&mut taken);
            self.put_many(BOOKING, &mut bookings).await?;
            self.put_many(CHECK_IN, &mut check_ins).await?;
            self.put_many(LIVE_OCCUPANCY, &mut taken).await?;
        }
        self.put(BOOKING, bookings).await?;
        self.put(CHECK_IN, check_ins).await?;
        self.put(LIVE_OCCUPANCY, taken).await?;
        self.put(LIVE_SESSION, occupancy.sold_rows()).await
    }

    async fn put_bytes(&mut self, file: &impl DiskFile) -> Result<(), Fault> {
        let unreadable = |error: std::io::Error| Fault::from(Refusal::Snapshot(error.to_string()));
        let mut piece = vec![0; PIECE_BYTES];
        let mut offset = 0;
        for no in 0.. {
            let mut filled = 0;
            while filled < piece.len() {
                match file.read_at(&mut piece[filled..], offset + filled as u64).map_err(unreadable)? {
                    0 => break,
                    read => filled += read,
                }
            }
            if filled == 0 {
                break;
            }
            let mut rows = Rows::default();
            rows.row(SNAPSHOT_PIECE.width()).int4(no).blob(&piece[..filled]);
            self.put(SNAPSHOT_PIECE, rows).await?;
            offset += filled as u64;
        }
        Ok(())
    }
}
