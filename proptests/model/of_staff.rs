//! What the staff of a venue do: let in, move, cancel, close, change.

use super::{Closure, Model, Place, State};
use crate::small_city::*;

/// A change of what is offered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Hours { pitch: usize, open: (u8, u8) },
    Prices { pitch: usize, prices: (i64, i64) },
    Capacity { pitch: usize, capacity: u16 },
    Offered { pitch: usize, is_offered: bool },
    Admission { venue: u32, is_checked: bool },
    Release { which: usize },
}

impl Model {
    pub(crate) fn check_in(&mut self, venue: u32, no: usize, is_written: bool) -> &'static str {
        let Some(booking) = self.bookings.get_mut(no) else { return "ticket-invalid" };
        if booking.place.venue() != venue {
            return "forbidden";
        }
        match booking.state {
            State::Confirmed => {}
            State::CheckedIn => return "already-used",
            State::Completed | State::Missed => return "too-late",
            State::Held | State::GivenUp | State::Expired | State::Cancelled => return "ticket-invalid",
        }
        if self.now_min < booking.place.start_min() - 30 {
            return "too-early";
        }
        if !is_written {
            return "not-written";
        }
        booking.state = State::CheckedIn;
        "queued"
    }

    pub(crate) fn move_booking(
        &mut self,
        venue: u32,
        no: usize,
        to: Place,
        keeps_price: bool,
        is_written: bool,
    ) -> &'static str {
        let Some(old) = self.bookings.get(no).filter(|booking| booking.place.venue() == venue).cloned()
        else {
            return "not-found";
        };
        if to.day > self.last_day() || to.end() > 48 {
            return "invalid-request";
        }
        if to.venue() != venue {
            return "not-found";
        }
        let is_begun = to.start_min() <= self.now_min;
        if is_begun {
            return "slot-closed";
        }
        if to.is_off_grid() {
            return "invalid-request";
        }
        let Ok(sale) = self.sale(&to, true) else { return "slot-closed" };
        match old.state {
            State::Confirmed => {}
            State::Cancelled => return "already-cancelled",
            State::Held
            | State::GivenUp
            | State::Expired
            | State::CheckedIn
            | State::Completed
            | State::Missed => return "too-late",
        }
        let release = self.release_of(to.pitch, to.day);
        // While it is moved it counts in both places, unless nothing counts differently.
        let counts_differently =
            old.place.day != to.day || old.place.units != to.units || old.release != release;
        if !old.is_counter && counts_differently && self.exceeds_quota(old.resident, &to, release) {
            return "quota-exceeded";
        }
        let price = if keeps_price { old.price } else { self.price(&to, old.party) };
        if !old.is_counter && self.balance(old.resident) < price - old.price {
            return "insufficient-funds";
        }
        if self.is_closed(&to) {
            return "slot-closed";
        }
        // It stays sold by whoever sold it, and may use what is kept for the counter. On its own pitch and day its own half
        // hours don't stand in its way.
        let sale = super::Sale { is_counter: true, kept: 0, ..sale };
        let is_along = !is_session(to.pitch) && old.place.pitch == to.pitch && old.place.day == to.day;
        if !self.has_room(&to, old.party, sale, is_along.then_some(no)) {
            return if is_session(to.pitch) { "sold-out" } else { "slot-taken" };
        }
        if !is_written {
            return "not-written";
        }
        if !old.is_counter {
            self.pay(old.resident, price - old.price);
        }
        let booking = &mut self.bookings[no];
        (booking.place, booking.price, booking.release) = (to, price, release);
        self.give_back_moved(&old, &to);
        "queued"
    }

    pub(crate) fn cancel_by_staff(
        &mut self,
        venue: u32,
        no: usize,
        refund: Option<i64>,
        is_written: bool,
    ) -> &'static str {
        let Some(booking) = self.bookings.get(no).filter(|booking| booking.place.venue() == venue) else {
            return "not-found";
        };
        if let Some(why) = Self::not_cancellable(booking.state) {
            return why;
        }
        let refund = refund.unwrap_or(booking.price);
        if refund < 0 || refund > booking.price {
            return "invalid-request";
        }
        if !is_written {
            return "not-written";
        }
        self.call_off(no, refund);
        "queued"
    }

    pub(crate) fn close(&mut self, closure: Closure) {
        self.closures.push(closure);
        if !closure.cancels {
            return;
        }
        for no in 0..self.bookings.len() {
            let booking = self.bookings[no].clone();
            if !booking.place.meets(&closure.place) {
                continue;
            }
            match booking.state {
                State::Held => {
                    self.bookings[no].state = State::GivenUp;
                    self.give_back(&booking, booking.place);
                }
                State::Confirmed => self.call_off(no, booking.price),
                State::GivenUp
                | State::Expired
                | State::CheckedIn
                | State::Cancelled
                | State::Completed
                | State::Missed => {}
            }
        }
    }

    /// Whether it may be made; a release is declared once.
    pub(crate) fn may_change(&self, change: Change) -> bool {
        let Change::Release { which } = change else { return true };
        let mut declared = self.releases.iter().skip(releases_at_founding().len());
        let wholes = &releases_to_come()[which].wholes;
        declared.all(|release| release.wholes != *wholes)
    }

    pub(crate) fn change(&mut self, change: Change) {
        match change {
            Change::Hours { pitch, open } => self.pitches[pitch].open = open,
            Change::Prices { pitch, prices } => self.pitches[pitch].prices = prices,
            Change::Capacity { pitch, capacity } => self.pitches[pitch].capacity = capacity,
            Change::Offered { pitch, is_offered } => self.pitches[pitch].is_offered = is_offered,
            Change::Admission { venue, is_checked } => self.checked[venue as usize] = is_checked,
            Change::Release { which } => self.releases.push(releases_to_come()[which].clone()),
        }
    }
}
