//! The steps of bookings: their rows as they come to stand, their events, their money.

use super::{Changes, Record, Touched};
use crate::domain::event::{BookingMoved, Event, NewBooking};
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::time::UtcMillis;
use crate::projection::booking_row::{BookingRow, Paid, RowState};
use crate::projection::books::{Books, Unfit};
use crate::projection::tables::{BOOKING_EVENT, CHECK_IN};

/// Why money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Movement {
    Sale,
    Refund,
    Move,
}

impl Changes {
    pub(super) fn add_booking_step(
        &mut self,
        books: &mut Books,
        record: &Record,
        by: Option<ResidentNo>,
        event: &Event,
    ) -> Result<(), Unfit> {
        let at = record.at;
        let (no, step, charged) = match event {
            Event::BookingConfirmed(event) => {
                self.make(books, record, event, Paid::Wallet, RowState::Confirmed)?;
                (event.no, "confirmed", event.price.get())
            }
            Event::CounterBooked(event) => {
                self.make(books, record, event, Paid::Counter, RowState::Confirmed)?;
                (event.no, "sold_at_counter", event.price.get())
            }
            Event::HoldPlaced(event) => {
                let booking = &event.booking;
                self.make(books, record, booking, Paid::Wallet, RowState::Held)?;
                self.row(booking.no)?.expires_at = Some(event.expires_at);
                (booking.no, "held", 0)
            }
            Event::HoldConfirmed(event) => {
                let row = self.row(event.no)?;
                (row.state, row.confirmed_at) = (RowState::Confirmed, Some(at));
                (event.no, "hold_confirmed", row.price)
            }
            Event::HoldGivenUp(event) => (self.end(event.no, RowState::GivenUp, at)?, "given_up", 0),
            Event::HoldExpired(event) => (self.end(event.no, RowState::Expired, at)?, "expired", 0),
            Event::BookingCompleted(event) => (self.end(event.no, RowState::Completed, at)?, "completed", 0),
            Event::BookingMissed(event) => (self.end(event.no, RowState::Missed, at)?, "missed", 0),
            Event::BookingCancelled(event) => {
                self.end(event.no, RowState::Cancelled, at)?;
                let row = self.row(event.no)?;
                (row.refund, row.cancel_reason) = (event.refund.get(), Some(event.reason));
                (event.no, "cancelled", -event.refund.get())
            }
            Event::BookingCheckedIn(event) => {
                let row = self.row(event.no)?;
                (row.state, row.checked_in_at) = (RowState::CheckedIn, Some(at));
                let venue = row.venue;
                self.check_in
                    .row(CHECK_IN.width())
                    .int8(event.no.get().into())
                    .int8(record.number())
                    .time(at.get())
                    .int4(venue.get().cast_signed())
                    .maybe(by, |rows, by| rows.int8(by.get().into()));
                (event.no, "checked_in", 0)
            }
            Event::BookingMoved(event) => (event.no, "moved", self.relocate(books, at, event)?),
            Event::CityFounded(_)
            | Event::DistrictAdded(_)
            | Event::SportAdded(_)
            | Event::VenueAdded(_)
            | Event::PitchAdded(_)
            | Event::SpecialDaysSet(_)
            | Event::ClosureDeclared(_)
            | Event::ClosureFinished(_)
            | Event::ReleaseDeclared(_)
            | Event::ReleaseOpened(_)
            | Event::PitchChanged(_)
            | Event::VenueChanged(_)
            | Event::NameChanged(_)
            | Event::DaysOpened(_)
            | Event::AccountOpened(_)
            | Event::AccountDisabled(_)
            | Event::AccountCompleted(_)
            | Event::AccountErased(_)
            | Event::ResidentsEnrolled(_)
            | Event::LoggedIn(_)
            | Event::LoggedOut(_)
            | Event::EntryMade(_)
            | Event::EntryChanged(_)
            | Event::EntryWithdrawn(_)
            | Event::DrawSealed(_)
            | Event::DrawDone(_)
            | Event::PrizeLapsed(_)
            | Event::OfQueue(_)
            | Event::BookingsForgotten(_)
            | Event::OfReturn(_)
            | Event::OfPeople(_)
            | Event::OfCompanions(_)
            | Event::WalletToppedUp(_)
            | Event::StaffActed(_) => return Ok(()),
        };
        let row = self.row(no)?;
        row.last_sequence = record.number();
        let row = *row;
        self.booking_event
            .row(BOOKING_EVENT.width())
            .int8(record.number())
            .time(at.get())
            .int8(no.get().into())
            .text(step)
            .int8(charged)
            .maybe(by, |rows, by| rows.int8(by.get().into()));
        let movement = if matches!(event, Event::BookingCancelled(_)) {
            Movement::Refund
        } else if matches!(event, Event::BookingMoved(_)) {
            Movement::Move
        } else {
            Movement::Sale
        };
        self.charge(record, &row, movement, charged);
        Ok(())
    }

    fn row(&mut self, no: BookingNo) -> Result<&mut BookingRow, Unfit> {
        let touched = self.bookings.get_mut(&no);
        touched.map(|touched| &mut touched.now).ok_or_else(|| Unfit::Missing(no.to_string()))
    }

    fn end(&mut self, no: BookingNo, state: RowState, at: UtcMillis) -> Result<BookingNo, Unfit> {
        let row = self.row(no)?;
        (row.state, row.ended_at) = (state, Some(at));
        Ok(no)
    }

    fn make(
        &mut self,
        books: &mut Books,
        record: &Record,
        event: &NewBooking,
        paid: Paid,
        state: RowState,
    ) -> Result<(), Unfit> {
        let clock = books.clock(event.day)?;
        let now = BookingRow {
            no: event.no,
            created_at: record.at,
            resident: event.resident,
            venue: books.pitch(event.pitch)?.venue,
            pitch: event.pitch,
            day: event.day,
            span: event.span,
            starts_at: clock.start(event.span),
            ends_at: clock.end(event.span),
            party_size: event.party_size,
            price: event.price.get(),
            refund: 0,
            paid,
            release: event.release,
            state,
            expires_at: None,
            confirmed_at: (state == RowState::Confirmed).then_some(record.at),
            checked_in_at: None,
            moved_at: None,
            ended_at: None,
            cancel_reason: None,
            last_sequence: record.number(),
        };
        self.bookings.insert(event.no, Touched { before: None, now });
        Ok(())
    }

    /// Moves a booking; what its payer pays more by it.
    fn relocate(&mut self, books: &mut Books, at: UtcMillis, event: &BookingMoved) -> Result<i64, Unfit> {
        let clock = books.clock(event.day)?;
        let venue = books.pitch(event.pitch)?.venue;
        let row = self.row(event.no)?;
        let dearer = event.price.get() - row.price;
        *row = BookingRow {
            venue,
            pitch: event.pitch,
            day: event.day,
            span: event.span,
            starts_at: clock.start(event.span),
            ends_at: clock.end(event.span),
            price: event.price.get(),
            release: event.release,
            moved_at: Some(at),
            ..*row
        };
        Ok(dearer)
    }
}
