//! What residents do: book, hold, pay, give up, cancel, top up. And what is sold at the counter, which goes the same way.

use super::{Booking, Model, Purpose, State, Wish};
use crate::small_city::*;

/// By what the body of a request is known.
pub(crate) fn claim_body(wish: &Wish, purpose: Purpose) -> String {
    format!("{purpose:?} {wish:?}")
}

pub(crate) fn confirm_body(booking: usize) -> String {
    format!("confirm {booking}")
}

impl Model {
    /// The name of the outcome, and the booking where there is one.
    pub(crate) fn claim(
        &mut self,
        purpose: Purpose,
        wish: Wish,
        key: u8,
        is_written: bool,
    ) -> (&'static str, Option<usize>) {
        let Wish { resident, place, party } = wish;
        let body = claim_body(&wish, purpose);
        let known = self.keys.get(&(resident, key));
        if let Some((same, booking)) = known
            && *same == body
        {
            return ("before", Some(*booking));
        }
        let is_invalid =
            place.day > self.last_day() || place.end() > 48 || !(1..=i64::from(PARTY_MAX)).contains(&party);
        if is_invalid || place.is_off_grid() {
            return ("invalid-request", None);
        }
        if self.erased.contains(&resident) {
            return ("forbidden", None);
        }
        if let Purpose::Counter { venue } = purpose
            && place.venue() != venue
        {
            return ("not-found", None);
        }
        if known.is_some() {
            return ("idempotency-mismatch", None);
        }
        if place.start_min() <= self.now_min || self.is_closed(&place) {
            return ("slot-closed", None);
        }
        let is_counter = matches!(purpose, Purpose::Counter { .. });
        let sale = match self.sale(&place, is_counter) {
            Ok(sale) => sale,
            Err(why) => return (why, None),
        };
        if !self.has_room(&place, party, sale, None) {
            return (if is_session(place.pitch) { "sold-out" } else { "slot-taken" }, None);
        }
        let release = self.release_of(place.pitch, place.day);
        if !is_counter && self.exceeds_quota(resident, &place, release) {
            return ("quota-exceeded", None);
        }
        let price = self.price(&place, party);
        if purpose == Purpose::Book && self.balance(resident) < price {
            return ("insufficient-funds", None);
        }
        if !is_written {
            return ("not-written", None);
        }
        if purpose == Purpose::Book {
            self.pay(resident, price);
        }
        let booking = self.bookings.len();
        self.bookings.push(Booking {
            resident,
            place,
            party,
            price,
            refund: 0,
            state: if purpose == Purpose::Hold { State::Held } else { State::Confirmed },
            is_counter,
            release,
            made_min: self.now_min,
            expires_min: self.now_min + i64::from(HOLD_MINUTES),
        });
        self.keys.insert((resident, key), (body, booking));
        ("queued", Some(booking))
    }

    fn own(&self, resident: u32, booking: usize) -> Option<Booking> {
        self.bookings.get(booking).filter(|booking| booking.resident == resident).cloned()
    }

    /// Pays a hold. `late_min` is how much later it is than the timekeeper has noticed.
    pub(crate) fn confirm(
        &mut self,
        resident: u32,
        no: usize,
        key: Option<u8>,
        late_min: i64,
        is_written: bool,
    ) -> &'static str {
        let Some(booking) = self.own(resident, no) else { return "not-found" };
        let body = confirm_body(no);
        match key.and_then(|key| self.keys.get(&(resident, key))) {
            Some((known, _)) if *known == body => return "before",
            Some(_) => return "idempotency-mismatch",
            None => {}
        }
        match booking.state {
            State::Held => {}
            State::Confirmed | State::CheckedIn | State::Completed | State::Missed => return "before",
            State::Expired => return "hold-expired",
            State::GivenUp | State::Cancelled => return "already-cancelled",
        }
        if booking.expires_min <= self.now_min + late_min {
            return "hold-expired";
        }
        if self.balance(resident) < booking.price {
            return "insufficient-funds";
        }
        if !is_written {
            return "not-written";
        }
        self.pay(resident, booking.price);
        self.bookings[no].state = State::Confirmed;
        if let Some(key) = key {
            self.keys.insert((resident, key), (body, no));
        }
        "queued"
    }

    pub(crate) fn give_up(&mut self, resident: u32, no: usize, is_written: bool) -> &'static str {
        let Some(booking) = self.own(resident, no) else { return "not-found" };
        match booking.state {
            State::Held if is_written => {
                self.bookings[no].state = State::GivenUp;
                self.give_back(&booking, booking.place);
                "queued"
            }
            State::Held => "not-written",
            State::GivenUp | State::Cancelled => "already-cancelled",
            State::Expired => "hold-expired",
            State::Confirmed | State::CheckedIn | State::Completed | State::Missed => "too-late",
        }
    }

    pub(crate) fn cancel(&mut self, resident: u32, no: usize, is_written: bool) -> &'static str {
        let Some(booking) = self.own(resident, no) else { return "not-found" };
        if booking.state == State::Held {
            return self.give_up(resident, no, is_written);
        }
        if let Some(why) = Self::not_cancellable(booking.state) {
            return why;
        }
        let left = booking.place.start_min() - self.now_min;
        let step = REFUNDS.iter().find(|(minutes, _)| left >= i64::from(*minutes));
        let Some((_, percent)) = step else { return "too-late" };
        if !is_written {
            return "not-written";
        }
        self.call_off(no, booking.price * i64::from(*percent) / 100);
        "queued"
    }

    pub(super) fn not_cancellable(state: State) -> Option<&'static str> {
        match state {
            State::Confirmed => None,
            State::Cancelled | State::GivenUp => Some("already-cancelled"),
            State::Expired => Some("hold-expired"),
            State::Held | State::CheckedIn | State::Completed | State::Missed => Some("too-late"),
        }
    }

    /// A booking is cancelled, and so much given back where it was paid.
    pub(super) fn call_off(&mut self, no: usize, refund: i64) {
        let booking = &mut self.bookings[no];
        booking.state = State::Cancelled;
        booking.refund = refund;
        let (resident, is_counter) = (booking.resident, booking.is_counter);
        if !is_counter {
            self.pay(resident, -refund);
        }
        let booking = self.bookings[no].clone();
        self.give_back(&booking, booking.place);
    }

    pub(crate) fn top_up(&mut self, resident: u32, amount: i64) -> &'static str {
        if self.erased.contains(&resident) {
            return "forbidden";
        }
        self.pay(resident, -amount);
        "queued"
    }

    /// What a resident has to call off before the account can be deleted; nothing where one of them can't be.
    pub(crate) fn ahead(&self, resident: u32) -> Option<Vec<usize>> {
        let is_ahead = |booking: &Booking| {
            booking.resident == resident && matches!(booking.state, State::Held | State::Confirmed)
        };
        let ahead: Vec<_> = (0..self.bookings.len()).filter(|no| is_ahead(&self.bookings[*no])).collect();
        let can_be_called_off = |booking: &Booking| {
            let left = booking.place.start_min() - self.now_min;
            booking.state == State::Held || REFUNDS.iter().any(|(minutes, _)| left >= i64::from(*minutes))
        };
        ahead.iter().all(|no| can_be_called_off(&self.bookings[*no])).then_some(ahead)
    }

    /// The account is deleted, with all that is in its wallet paid back.
    pub(crate) fn erase(&mut self, resident: u32, is_written: bool) -> &'static str {
        if self.erased.contains(&resident) {
            return "not-found";
        }
        if self.ahead(resident).is_none_or(|ahead| !ahead.is_empty()) {
            return "overloaded";
        }
        if !is_written {
            return "not-written";
        }
        self.erased.insert(resident);
        self.balances.insert(resident, 0);
        "queued"
    }
}
