//! The dull model: one thing after the other, lists and sums, nothing clever. What it says is what should be.
//!
//! Here is what there is, and what can be read off it; what residents, the staff and time do stands beside.

mod of_residents;
mod of_returns;
mod of_staff;
mod of_time;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use of_residents::{claim_body, confirm_body};
pub(crate) use of_staff::Change;

use kaichang::domain::time::UtcMillis;

use crate::small_city::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Held,
    GivenUp,
    Expired,
    Confirmed,
    CheckedIn,
    Cancelled,
    Completed,
    Missed,
}

/// Half hours of a pitch's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) pitch: usize,
    pub(crate) day: i32,
    pub(crate) first: u8,
    pub(crate) units: u8,
}

#[derive(Debug, Clone)]
pub(crate) struct Booking {
    pub(crate) resident: u32,
    pub(crate) place: Place,
    pub(crate) party: i64,
    pub(crate) price: i64,
    pub(crate) refund: i64,
    pub(crate) state: State,
    /// Paid at the counter, or to be paid from the wallet.
    pub(crate) is_counter: bool,
    pub(crate) release: Option<usize>,
    pub(crate) made_min: i64,
    pub(crate) expires_min: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) resident: u32,
    pub(crate) place: Place,
    pub(crate) party: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Book,
    Hold,
    /// By the staff of a venue.
    Counter {
        venue: u32,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Closure {
    pub(crate) place: Place,
    pub(crate) cancels: bool,
}

/// What a pitch is now, after all changes.
#[derive(Debug, Clone)]
pub(crate) struct Pitch {
    pub(crate) open: (u8, u8),
    pub(crate) prices: (i64, i64),
    pub(crate) capacity: u16,
    pub(crate) is_offered: bool,
}

/// Who sells, how much is kept from him, and how much there is at most.
#[derive(Debug, Clone, Copy)]
struct Sale {
    is_counter: bool,
    kept: i64,
    at_most: i64,
}

/// How a slot is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Closed,
    Unreleased,
    Taken,
    Free { left: i64 },
}

/// What was given back and comes back later.
#[derive(Debug, Clone)]
struct KeptBack {
    place: Place,
    party: i64,
    is_counter: bool,
    comes_back_at: UtcMillis,
}

#[derive(Debug)]
pub(crate) struct Model {
    /// Minutes since the beginning of day 0, local time.
    pub(crate) now_min: i64,
    pub(crate) bookings: Vec<Booking>,
    pub(crate) balances: BTreeMap<u32, i64>,
    /// What came with a key, and to which booking.
    pub(crate) keys: BTreeMap<(u32, u8), (String, usize)>,
    pub(crate) closures: Vec<Closure>,
    kept_back: Vec<KeptBack>,
    pub(crate) releases: Vec<Release>,
    pub(crate) pitches: Vec<Pitch>,
    /// The venues where somebody checks who comes.
    pub(crate) checked: Vec<bool>,
    /// The residents who have deleted their accounts.
    pub(crate) erased: BTreeSet<u32>,
}

impl State {
    /// Neither over nor called off.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Held | Self::Confirmed | Self::CheckedIn)
    }

    /// Nobody else may have the place.
    pub(crate) fn holds(self) -> bool {
        self.is_live() || matches!(self, Self::Completed | Self::Missed)
    }
}

impl Place {
    pub(crate) fn end(&self) -> u8 {
        self.first + self.units
    }

    pub(crate) fn venue(&self) -> u32 {
        PITCHES[self.pitch].1
    }

    pub(crate) fn start_min(&self) -> i64 {
        i64::from(self.day) * 1440 + i64::from(self.first) * 30
    }

    pub(crate) fn end_min(&self) -> i64 {
        i64::from(self.day) * 1440 + i64::from(self.end()) * 30
    }

    /// Whether two have a half hour of a leaf in common.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.day == other.day
            && self.first < other.end()
            && other.first < self.end()
            && PITCHES[self.pitch].2.clone().any(|leaf| PITCHES[other.pitch].2.contains(&leaf))
    }

    fn is_off_grid(&self) -> bool {
        !self.first.is_multiple_of(SLOT_UNITS)
            || !self.units.is_multiple_of(SLOT_UNITS)
            || self.units / SLOT_UNITS > SLOTS_MAX
    }
}

impl Model {
    pub(crate) fn new() -> Self {
        let pitch = Pitch { open: OPEN, prices: PRICES, capacity: CAPACITY, is_offered: true };
        Self {
            now_min: 0,
            bookings: Vec::new(),
            balances: BTreeMap::new(),
            keys: BTreeMap::new(),
            closures: Vec::new(),
            kept_back: Vec::new(),
            releases: releases_at_founding(),
            pitches: vec![pitch; PITCHES.len()],
            checked: vec![false, true],
            erased: BTreeSet::new(),
        }
    }

    pub(crate) fn today(&self) -> i32 {
        i32::try_from(self.now_min.div_euclid(1440)).expect("a day")
    }

    fn last_day(&self) -> i32 {
        self.today() + i32::from(DAYS_AHEAD)
    }

    pub(crate) fn balance(&self, account: u32) -> i64 {
        let opening = if account < RESIDENTS { BALANCE } else { 0 };
        self.balances.get(&account).copied().unwrap_or(opening)
    }

    fn pay(&mut self, account: u32, amount: i64) {
        let before = self.balance(account);
        self.balances.insert(account, before - amount);
    }

    fn price(&self, place: &Place, party: i64) -> i64 {
        let prices = self.pitches[place.pitch].prices;
        let slots = (place.first..place.end()).step_by(usize::from(SLOT_UNITS));
        let sum: i64 = slots.map(|unit| if unit < 40 { prices.0 } else { prices.1 }).sum();
        if is_session(place.pitch) { sum * party } else { sum }
    }

    fn is_closed(&self, place: &Place) -> bool {
        let whole = &self.pitches[whole_of(place.pitch)];
        !whole.is_offered
            || place.first < whole.open.0
            || place.end() > whole.open.1
            || self.closures.iter().any(|closure| closure.place.meets(place))
    }

    /// The latest release that governs a pitch's day.
    fn release_of(&self, pitch: usize, day: i32) -> Option<usize> {
        let governs =
            |release: &Release| release.wholes.contains(&whole_of(pitch)) && release.first_day <= day;
        self.releases.iter().rposition(governs)
    }

    fn is_released(&self, release: usize, day: i32) -> bool {
        let opens_min = match self.releases[release].when {
            When::Daily { days_before, minute } => {
                (i64::from(day) - i64::from(days_before)) * 1440 + i64::from(minute)
            }
            When::Once { at_min } => at_min,
        };
        opens_min <= self.now_min
    }

    /// Whether the release keeps the pitch itself for the counter: of all its pitches the last ones by number.
    fn is_kept(&self, release: usize, pitch: usize) -> bool {
        let release = &self.releases[release];
        let mut wholes: Vec<_> = release.wholes.iter().filter(|whole| !is_session(**whole)).collect();
        wholes.sort_unstable();
        let kept = wholes.len() * usize::from(release.counter_percent) / 100;
        wholes.iter().rev().take(kept).any(|whole| **whole == whole_of(pitch))
    }

    fn kept_places(&self, release: Option<usize>, pitch: usize) -> i64 {
        let percent = release.map_or(0, |release| i64::from(self.releases[release].counter_percent));
        if is_session(pitch) { i64::from(self.pitches[pitch].capacity) * percent / 100 } else { 0 }
    }

    /// What is sold of a pitch's day by whom, or why nothing is.
    fn sale(&self, place: &Place, is_counter: bool) -> Result<Sale, &'static str> {
        let release = self.release_of(place.pitch, place.day);
        let kept = self.kept_places(release, place.pitch);
        let all = Sale { is_counter, kept, at_most: i64::MAX };
        match release {
            None => Ok(all),
            Some(release) if self.is_kept(release, place.pitch) => {
                if is_counter {
                    Ok(Sale { kept: 0, ..all })
                } else {
                    Err("slot-closed")
                }
            }
            Some(release) if self.is_released(release, place.day) => Ok(all),
            Some(_) if is_counter && kept > 0 => Ok(Sale { at_most: kept, ..all }),
            Some(_) => Err("not-released"),
        }
    }

    fn holding(&self) -> impl Iterator<Item = (usize, &Booking)> {
        self.bookings.iter().enumerate().filter(|(_, booking)| booking.state.holds())
    }

    /// How many places of a half hour of a session are sold online, and how many at the counter.
    fn sold(&self, pitch: usize, day: i32, unit: u8) -> (i64, i64) {
        let at = Place { pitch, day, first: unit, units: 1 };
        let sum = |is_counter: bool| {
            let here = self.holding().filter(|(_, booking)| booking.place.meets(&at));
            let held = here.filter(|(_, booking)| booking.is_counter == is_counter);
            let back = self.kept_back.iter().filter(|back| back.place.meets(&at));
            let back = back.filter(|back| back.is_counter == is_counter).map(|back| back.party);
            held.map(|(_, booking)| booking.party).chain(back).sum()
        };
        (sum(false), sum(true))
    }

    /// Whether there is room for a party, whatever one booking has.
    fn has_room(&self, place: &Place, party: i64, sale: Sale, but_for: Option<usize>) -> bool {
        if !is_session(place.pitch) {
            return !self
                .holding()
                .any(|(index, booking)| Some(index) != but_for && booking.place.meets(place))
                && !self.kept_back.iter().any(|back| back.place.meets(place));
        }
        let capacity = i64::from(self.pitches[place.pitch].capacity).min(sale.at_most);
        (place.first..place.end()).all(|unit| {
            let (online, counter) = self.sold(place.pitch, place.day, unit);
            let taken = online + if sale.is_counter { counter } else { counter.max(sale.kept) };
            taken + party <= capacity
        })
    }

    /// Whether one booking more here would be one too many for a resident.
    fn exceeds_quota(&self, resident: u32, place: &Place, release: Option<usize>) -> bool {
        let mine: Vec<_> = self
            .bookings
            .iter()
            .filter(|booking| booking.resident == resident && !booking.is_counter)
            .collect();
        let on_day: Vec<_> =
            mine.iter().filter(|booking| booking.state.holds() && booking.place.day == place.day).collect();
        let live = mine.iter().filter(|booking| booking.state.is_live()).count();
        let minutes: u32 = on_day
            .iter()
            .filter(|booking| booking.place.venue() == place.venue())
            .map(|booking| u32::from(booking.place.units) * 30)
            .sum();
        let of_release = on_day.iter().filter(|booking| booking.release == release).count();
        let limit = release.and_then(|release| self.releases[release].limit);
        on_day.len() >= CITY_DAY as usize
            || live >= CITY_LIVE as usize
            || minutes + u32::from(place.units) * 30 > VENUE_MINUTES
            || limit.is_some_and(|limit| of_release >= usize::from(limit))
    }

    /// How a slot is shown to residents.
    pub(crate) fn shown(&self, place: &Place) -> Shown {
        let is_open = (self.today()..=self.last_day()).contains(&place.day);
        if !is_open || place.start_min() <= self.now_min || self.is_closed(place) {
            return Shown::Closed;
        }
        let sale = match self.sale(place, false) {
            Ok(sale) => sale,
            Err("not-released") => return Shown::Unreleased,
            Err(_) => return Shown::Closed,
        };
        if !is_session(place.pitch) {
            let is_free = self.has_room(place, 1, sale, None);
            return if is_free { Shown::Free { left: 1 } } else { Shown::Taken };
        }
        let left = (place.first..place.end()).map(|unit| {
            let (online, counter) = self.sold(place.pitch, place.day, unit);
            i64::from(self.pitches[place.pitch].capacity) - online - counter.max(sale.kept)
        });
        match left.min().unwrap_or(0) {
            ..=0 => Shown::Taken,
            left => Shown::Free { left },
        }
    }
}
