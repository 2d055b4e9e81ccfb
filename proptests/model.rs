//! The dull model: one thing after the other, lists and sums, nothing clever. What it says is what should be.

use std::collections::BTreeMap;

use crate::small_city::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Confirmed,
    Cancelled,
    Completed,
}

#[derive(Debug, Clone)]
pub(crate) struct Booking {
    pub(crate) resident: u32,
    pub(crate) pitch: usize,
    pub(crate) day: i32,
    pub(crate) first: u8,
    pub(crate) units: u8,
    pub(crate) party: i64,
    pub(crate) price: i64,
    pub(crate) refund: i64,
    pub(crate) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) resident: u32,
    pub(crate) pitch: usize,
    pub(crate) day: i32,
    pub(crate) first: u8,
    pub(crate) units: u8,
    pub(crate) party: i64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Closure {
    pub(crate) pitch: usize,
    pub(crate) day: i32,
    pub(crate) first: u8,
    pub(crate) units: u8,
}

/// Keys that are older are forgotten when a day begins.
const KEYS_KEPT_MIN: i64 = 48 * 60;

#[derive(Debug, Default)]
pub(crate) struct Model {
    /// Minutes since the beginning of day 0, local time.
    pub(crate) now_min: i64,
    pub(crate) bookings: Vec<Booking>,
    pub(crate) balances: BTreeMap<u32, i64>,
    /// What came with a key, to which booking, and when.
    pub(crate) keys: BTreeMap<(u32, u8), (Wish, usize, i64)>,
    pub(crate) closures: Vec<Closure>,
}

impl Model {
    fn today(&self) -> i32 {
        i32::try_from(self.now_min.div_euclid(1440)).expect("a day")
    }

    fn start_min(day: i32, first: u8) -> i64 {
        i64::from(day) * 1440 + i64::from(first) * 30
    }

    fn live(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.iter().filter(|booking| booking.state == State::Confirmed)
    }

    /// Whether the pitch has room for the wish: units of leaves, or places.
    fn has_room(&self, wish: &Wish) -> bool {
        let holding = |booking: &&Booking| booking.state != State::Cancelled && booking.day == wish.day;
        (wish.first..wish.first + wish.units).all(|unit| {
            let at_unit = |booking: &&Booking| booking.first <= unit && unit < booking.first + booking.units;
            if wish.pitch == POOL {
                let sold: i64 = self
                    .bookings
                    .iter()
                    .filter(holding)
                    .filter(at_unit)
                    .filter(|booking| booking.pitch == POOL)
                    .map(|booking| booking.party)
                    .sum();
                return sold + wish.party <= i64::from(CAPACITY);
            }
            PITCHES[wish.pitch].2.clone().all(|leaf| {
                !self
                    .bookings
                    .iter()
                    .filter(holding)
                    .filter(at_unit)
                    .any(|booking| PITCHES[booking.pitch].2.contains(&leaf))
            })
        })
    }

    fn is_closed(&self, wish: &Wish) -> bool {
        wish.first < OPEN.0
            || wish.first + wish.units > OPEN.1
            || self.closures.iter().any(|closure| {
                closure.day == wish.day
                    && closure.first < wish.first + wish.units
                    && wish.first < closure.first + closure.units
                    && PITCHES[closure.pitch].2.clone().any(|leaf| PITCHES[wish.pitch].2.contains(&leaf))
            })
    }

    fn price(wish: &Wish) -> i64 {
        let slots = (wish.first..wish.first + wish.units).step_by(usize::from(SLOT_UNITS));
        let sum: i64 = slots.map(|unit| if unit < 40 { PRICES.0 } else { PRICES.1 }).sum();
        if wish.pitch == POOL { sum * wish.party } else { sum }
    }

    /// The name of the outcome, and the booking where there is one.
    pub(crate) fn book(&mut self, wish: Wish, key: u8, is_written: bool) -> (&'static str, Option<usize>) {
        let known = self.keys.get(&(wish.resident, key));
        if let Some((same, booking, _)) = known
            && *same == wish
        {
            return ("before", Some(*booking));
        }
        let is_other_body = known.is_some();
        let is_invalid = wish.day > self.today() + i32::from(DAYS_AHEAD)
            || wish.first + wish.units > 48
            || wish.party < 1
            || wish.party > i64::from(PARTY_MAX);
        let is_begun = Self::start_min(wish.day, wish.first) <= self.now_min;
        let is_off_grid = !wish.first.is_multiple_of(SLOT_UNITS)
            || !wish.units.is_multiple_of(SLOT_UNITS)
            || wish.units / SLOT_UNITS > SLOTS_MAX;
        if is_invalid || is_off_grid {
            return ("invalid-request", None);
        }
        if is_other_body {
            return ("idempotency-mismatch", None);
        }
        if is_begun || self.is_closed(&wish) {
            return ("slot-closed", None);
        }
        if !self.has_room(&wish) {
            return (if wish.pitch == POOL { "sold-out" } else { "slot-taken" }, None);
        }
        let mine = |booking: &&Booking| booking.resident == wish.resident;
        let on_day = |booking: &&Booking| booking.day == wish.day && booking.state != State::Cancelled;
        let day_count = self.bookings.iter().filter(mine).filter(on_day).count();
        let live_count = self.live().filter(mine).count();
        let minutes: u32 = self
            .bookings
            .iter()
            .filter(mine)
            .filter(on_day)
            .filter(|booking| PITCHES[booking.pitch].1 == PITCHES[wish.pitch].1)
            .map(|booking| u32::from(booking.units) * 30)
            .sum();
        if day_count >= CITY_DAY as usize
            || live_count >= CITY_LIVE as usize
            || minutes + u32::from(wish.units) * 30 > VENUE_MINUTES
        {
            return ("quota-exceeded", None);
        }
        let price = Self::price(&wish);
        let balance = self.balances.entry(wish.resident).or_insert(BALANCE);
        if *balance < price {
            return ("insufficient-funds", None);
        }
        if !is_written {
            return ("not-written", None);
        }
        *balance -= price;
        let Wish { resident, pitch, day, first, units, party } = wish;
        let state = State::Confirmed;
        self.bookings.push(Booking { resident, pitch, day, first, units, party, price, refund: 0, state });
        let booking = self.bookings.len() - 1;
        self.keys.insert((wish.resident, key), (wish, booking, self.now_min));
        ("booked", Some(booking))
    }

    pub(crate) fn cancel(&mut self, resident: u32, booking: usize, is_written: bool) -> &'static str {
        let now = self.now_min;
        let Some(booking) = self.bookings.get_mut(booking).filter(|booking| booking.resident == resident)
        else {
            return "not-found";
        };
        match booking.state {
            State::Cancelled => return "already-cancelled",
            State::Completed => return "too-late",
            State::Confirmed => {}
        }
        let left = Self::start_min(booking.day, booking.first) - now;
        let step = REFUNDS.iter().find(|(minutes, _)| left >= i64::from(*minutes));
        let Some((_, percent)) = step else { return "too-late" };
        if !is_written {
            return "not-written";
        }
        booking.state = State::Cancelled;
        booking.refund = booking.price * i64::from(*percent) / 100;
        *self.balances.entry(resident).or_insert(BALANCE) += booking.refund;
        "cancelled"
    }

    pub(crate) fn top_up(&mut self, resident: u32, amount: i64) {
        *self.balances.entry(resident).or_insert(BALANCE) += amount;
    }

    pub(crate) fn close(&mut self, closure: Closure) {
        self.closures.push(closure);
        for booking in &mut self.bookings {
            let is_inside = booking.state == State::Confirmed
                && booking.day == closure.day
                && closure.first < booking.first + booking.units
                && booking.first < closure.first + closure.units
                && PITCHES[closure.pitch].2.clone().any(|leaf| PITCHES[booking.pitch].2.contains(&leaf));
            if is_inside {
                booking.state = State::Cancelled;
                booking.refund = booking.price;
                *self.balances.entry(booking.resident).or_insert(BALANCE) += booking.price;
            }
        }
    }

    pub(crate) fn advance(&mut self, minutes: i64) {
        let before = self.today();
        self.now_min += minutes;
        if self.today() != before {
            let now = self.now_min;
            self.keys.retain(|_, (_, _, at)| now - *at < KEYS_KEPT_MIN);
        }
        for booking in &mut self.bookings {
            let end = Self::start_min(booking.day, booking.first) + i64::from(booking.units) * 30;
            if booking.state == State::Confirmed && end <= self.now_min {
                booking.state = State::Completed;
            }
        }
    }

    pub(crate) fn balance(&self, resident: u32) -> i64 {
        self.balances.get(&resident).copied().unwrap_or(BALANCE)
    }
}
