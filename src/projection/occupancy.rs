//! What bookings take of open days: the rows of `live_occupancy`, and the places of sessions.
//!
//! Only what a batch comes to is written, and deletions go first: a half hour that changed hands within a batch is never taken twice.

use std::collections::BTreeMap;

use super::booking_row::BookingRow;
use super::books::{Books, Unfit};
use super::copy::Rows;
use super::tables::{LIVE_OCCUPANCY, LIVE_SESSION};
use crate::domain::catalogue::PitchKind;
use crate::domain::ids::PitchNo;
use crate::domain::time::LocalDay;

/// A half hour of a leaf, on a day.
pub(super) type Place = (u32, LocalDay, u8);
/// A half hour of a session, on a day.
pub(super) type Slot = (PitchNo, LocalDay, u8);

/// What changes.
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    /// Each with the booking that has it until now.
    pub(super) freed: Vec<(Place, u32)>,
    /// Each with the booking that has it from now on.
    pub(super) taken: Vec<(Place, u32)>,
    /// How many places more, or fewer, and how many there are.
    pub(super) sold: BTreeMap<Slot, (i64, u16)>,
}

impl Occupancy {
    /// Counts a booking that stood somewhere and stands somewhere now. Days before the first open one have no rows any more,
    /// neither those before the batch nor those after it.
    pub(super) fn count(
        &mut self,
        books: &Books,
        first_open_before: Option<LocalDay>,
        before: Option<&BookingRow>,
        after: &BookingRow,
    ) -> Result<(), Unfit> {
        let had = before
            .filter(|row| row.state.holds_units() && first_open_before.is_some_and(|first| first <= row.day));
        let has = Some(after).filter(|row| row.state.holds_units() && books.is_open(row.day));
        let place = |row: &BookingRow| (row.pitch, row.day, row.span);
        if had.map(place) == has.map(place) {
            return Ok(());
        }
        if let Some(row) = had {
            self.add(books, row, -1)?;
        }
        if let Some(row) = has {
            self.add(books, row, 1)?;
        }
        Ok(())
    }

    /// The rows of what is taken, which are forgotten by that.
    pub(super) fn put_taken(&mut self, rows: &mut Rows) {
        for ((leaf, day, unit), no) in self.taken.drain(..) {
            let row = rows.row(LIVE_OCCUPANCY.width());
            row.int8(i64::from(leaf)).date(day.get()).int2(unit).int8(i64::from(no));
        }
    }

    /// The rows of sessions of which nothing was sold before.
    pub(super) fn sold_rows(&self) -> Rows {
        let mut rows = Rows::default();
        for ((pitch, day, unit), (count, capacity)) in &self.sold {
            let count = i32::try_from(*count).unwrap_or(i32::MAX);
            let row = rows.row(LIVE_SESSION.width()).int8(i64::from(pitch.get())).date(day.get());
            row.int2(*unit).int4(count).int4(i32::from(*capacity));
        }
        rows
    }

    fn add(&mut self, books: &Books, row: &BookingRow, sign: i64) -> Result<(), Unfit> {
        let pitch = books.pitch(row.pitch)?;
        let units = row.span.first()..row.span.end();
        if let PitchKind::Session { capacity_ever, .. } = pitch.kind {
            for unit in units {
                let slot = self.sold.entry((pitch.no, row.day, unit)).or_default();
                slot.0 += sign * i64::from(row.party_size);
                slot.1 = capacity_ever;
            }
            return Ok(());
        }
        let list = if sign > 0 { &mut self.taken } else { &mut self.freed };
        for leaf in pitch.leaves.clone() {
            list.extend(units.clone().map(|unit| ((leaf, row.day, unit), row.no.get())));
        }
        Ok(())
    }
}
