//! What the harness knows of each booking that it asked for, and what must be true of all of them together.
//!
//! A booking is surely live from the answer that confirmed it until its cancelling was asked for. What was asked and never answered may
//! have happened or not.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Deserialize;

use crate::audit::Findings;
use crate::booking_plan::BookingPlan;
use crate::residents::{BOOKINGS_A_RESIDENT_MAX, LIVE_BOOKINGS_A_RESIDENT_MAX};
use crate::stock::StockItem;

/// Slot-taken, or sold-out.
const TAKEN: u16 = 409;

/// What became of a request to book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    NotAsked,
    UnderWay,
    Refused {
        status: u16,
    },
    /// No answer came.
    Unknown,
    Confirmed(Booked),
    /// A cancelling was asked for, and no answer to that came as yet.
    Cancelling(Booked, Instant),
    Cancelled {
        booked: Booked,
        asked: Instant,
        refund: i64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Booked {
    pub(super) id: Box<str>,
    pub(super) price: i64,
    /// When the answer was there.
    pub(super) since: Instant,
}

/// As much of a booking as is looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Booking {
    pub(super) id: String,
    pub(super) status: String,
    pub(super) pitch: String,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) price: Amount,
    pub(super) refund: Option<Amount>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Amount {
    pub(super) amount: i64,
}

impl Booking {
    pub(super) fn is_of(&self, slot: &StockItem) -> bool {
        *self.pitch == *slot.pitch && *self.start == *slot.start && *self.end == *slot.end
    }
}

/// The bookings of a plan, each with its fate.
pub(super) struct Claims {
    pub(super) plan: BookingPlan,
    fates: Vec<Fate>,
    /// What was wrong in an answer by itself.
    pub(super) findings: Findings,
}

impl Claims {
    pub(super) fn new(plan: BookingPlan) -> Self {
        let fates = vec![Fate::NotAsked; plan.len()];
        Self { plan, fates, findings: Findings::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.fates.len()
    }

    pub(super) fn fate(&self, claim: usize) -> &Fate {
        &self.fates[claim]
    }

    /// One more, which is the last.
    pub(super) fn push(&mut self, resident: usize, slot: usize) -> usize {
        self.fates.push(Fate::NotAsked);
        self.plan.push(resident, slot)
    }

    pub(super) fn asked(&mut self, claim: usize) {
        self.fates[claim] = Fate::UnderWay;
    }

    pub(super) fn refused(&mut self, claim: usize, status: u16) {
        self.fates[claim] = Fate::Refused { status };
    }

    pub(super) fn lost(&mut self, claim: usize) {
        self.fates[claim] = Fate::Unknown;
    }

    /// It was answered 201.
    pub(super) fn confirmed(&mut self, claim: usize, body: &[u8], now: Instant) {
        let booking: Booking = match serde_json::from_slice(body) {
            Ok(booking) => booking,
            Err(error) => {
                self.findings.add(format_args!("the answer to booking {claim} is no booking: {error}"));
                self.fates[claim] = Fate::Unknown;
                return;
            }
        };
        let slot = self.plan.slot(claim);
        if !booking.is_of(slot) {
            self.findings.add(format_args!(
                "asked for {} from {} to {}, confirmed {} from {} to {}",
                slot.pitch, slot.start, slot.end, booking.pitch, booking.start, booking.end
            ));
        }
        if booking.status != "confirmed" {
            self.findings
                .add(format_args!("booking {} was answered 201 and is {}", booking.id, booking.status));
        }
        self.fates[claim] =
            Fate::Confirmed(Booked { id: booking.id.into(), price: booking.price.amount, since: now });
    }

    /// Its cancelling goes out; the booking's id, when it is one that can be cancelled.
    pub(super) fn cancelling(&mut self, claim: usize, now: Instant) -> Option<&str> {
        let fate = &mut self.fates[claim];
        if let Fate::Confirmed(booked) = fate {
            *fate = Fate::Cancelling(booked.clone(), now);
        }
        match fate {
            Fate::Cancelling(booked, _) => Some(&booked.id),
            Fate::NotAsked
            | Fate::UnderWay
            | Fate::Refused { .. }
            | Fate::Unknown
            | Fate::Confirmed(_)
            | Fate::Cancelled { .. } => None,
        }
    }

    /// The cancelling was put off.
    pub(super) fn still_there(&mut self, claim: usize) {
        if let Fate::Cancelling(booked, _) = self.fates[claim].clone() {
            self.fates[claim] = Fate::Confirmed(booked);
        }
    }

    /// The cancelling was answered.
    pub(super) fn cancelled(&mut self, claim: usize, status: u16, body: &[u8]) {
        let Fate::Cancelling(booked, asked) = self.fates[claim].clone() else { return };
        if status != 200 {
            self.findings.add(format_args!("booking {} could not be cancelled: {status}", booked.id));
            self.fates[claim] = Fate::Confirmed(booked);
            return;
        }
        let refund = match serde_json::from_slice::<Booking>(body) {
            Ok(booking) if *booking.id == *booked.id && booking.status == "cancelled" => booking.refund,
            Ok(booking) => {
                let (id, status) = (booking.id, booking.status);
                self.findings
                    .add(format_args!("{} was cancelled, and the answer is {id}, {status}", booked.id));
                booking.refund
            }
            Err(error) => {
                self.findings.add(format_args!("the answer to a cancelling is no booking: {error}"));
                None
            }
        };
        let refund = refund.map_or(0, |refund| refund.amount);
        self.fates[claim] = Fate::Cancelled { booked, asked, refund };
    }

    /// How many may be live in the end, and how many there is no telling of.
    pub(super) fn confirmed_and_unknown(&self) -> (usize, usize) {
        let count = |is: fn(&Fate) -> bool| self.fates.iter().filter(|fate| is(fate)).count();
        let confirmed =
            count(|fate| matches!(fate, Fate::Confirmed(_) | Fate::Cancelling(..) | Fate::Cancelled { .. }));
        (confirmed, count(|fate| matches!(fate, Fate::Unknown | Fate::Cancelling(..))))
    }

    /// How many are live in the end, at least and at most.
    pub(super) fn live_in_the_end(&self) -> (u64, u64) {
        let count = |is: fn(&Fate) -> bool| self.fates.iter().filter(|fate| is(fate)).count() as u64;
        let surely = count(|fate| matches!(fate, Fate::Confirmed(_)));
        (surely, surely + count(|fate| matches!(fate, Fate::Unknown | Fate::Cancelling(..))))
    }

    /// What the answers alone show: no id twice, nothing sold to more than there are places for at one moment, nobody with more at one
    /// moment than the quotas let through.
    pub(super) fn examine(&self, findings: &mut Findings) {
        let mut ids: Vec<&str> =
            self.fates.iter().filter_map(|fate| booked(fate).map(|one| &*one.id)).collect();
        ids.sort_unstable();
        for pair in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
            findings.add(format_args!("two bookings have the id {}", pair[0]));
        }
        let mut of_slots: BTreeMap<usize, Vec<Live>> = BTreeMap::new();
        let mut of_residents: BTreeMap<usize, Vec<Live>> = BTreeMap::new();
        let mut of_days: BTreeMap<(usize, &str), Vec<Live>> = BTreeMap::new();
        for (claim, fate) in self.fates.iter().enumerate() {
            let Some(live) = Live::of(fate) else { continue };
            let (resident, slot) = (self.plan.resident(claim), self.plan.slot_index(claim));
            of_slots.entry(slot).or_default().push(live);
            of_residents.entry(resident).or_default().push(live);
            of_days.entry((resident, self.plan.slot(claim).day())).or_default().push(live);
        }
        for (slot, lives) in of_slots {
            let StockItem { pitch, start, sold, .. } = self.plan.stock_item(slot);
            let most = most_at_once(lives);
            if most > sold.places() {
                findings.add(format_args!(
                    "{pitch} at {start} was sold {most} times at one moment, and has {} places",
                    sold.places()
                ));
            }
        }
        for ((resident, day), lives) in of_days {
            let most = most_at_once(lives);
            if most > BOOKINGS_A_RESIDENT_MAX {
                findings.add(format_args!("resident {resident} had {most} bookings on {day} at one moment"));
            }
        }
        for (resident, lives) in of_residents {
            let most = most_at_once(lives);
            if most > LIVE_BOOKINGS_A_RESIDENT_MAX {
                findings.add(format_args!("resident {resident} had {most} bookings at one moment"));
            }
        }
    }

    /// Where nobody else books: of what somebody was refused as taken, every place was somebody's at some time.
    pub(super) fn examine_refusals(&self, findings: &mut Findings) {
        let mut wanted: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (claim, fate) in self.fates.iter().enumerate() {
            let (refused, had) = wanted.entry(self.plan.slot_index(claim)).or_default();
            match fate {
                Fate::Refused { status } => *refused += usize::from(*status == TAKEN),
                Fate::Unknown | Fate::Confirmed(_) | Fate::Cancelling(..) | Fate::Cancelled { .. } => {
                    *had += 1
                }
                Fate::NotAsked | Fate::UnderWay => {}
            }
        }
        for (slot, (refused, had)) in wanted {
            let StockItem { pitch, start, sold, .. } = self.plan.stock_item(slot);
            if refused > 0 && had < sold.places() {
                findings.add(format_args!(
                    "{pitch} at {start} was refused {refused} times and sold {had} times, and has {} places",
                    sold.places()
                ));
            }
        }
    }
}

pub(super) const fn booked(fate: &Fate) -> Option<&Booked> {
    match fate {
        Fate::Confirmed(booked) | Fate::Cancelling(booked, _) | Fate::Cancelled { booked, .. } => {
            Some(booked)
        }
        Fate::NotAsked | Fate::UnderWay | Fate::Refused { .. } | Fate::Unknown => None,
    }
}

/// From when to when a booking was surely live; without an end it still is.
#[derive(Debug, Clone, Copy)]
struct Live {
    from: Instant,
    until: Option<Instant>,
}

impl Live {
    const fn of(fate: &Fate) -> Option<Self> {
        match fate {
            Fate::Confirmed(booked) => Some(Self { from: booked.since, until: None }),
            Fate::Cancelling(booked, asked) | Fate::Cancelled { booked, asked, .. } => {
                Some(Self { from: booked.since, until: Some(*asked) })
            }
            Fate::NotAsked | Fate::UnderWay | Fate::Refused { .. } | Fate::Unknown => None,
        }
    }
}

/// How many of these were live at one moment. Where one ends as another begins they were not.
fn most_at_once(lives: Vec<Live>) -> usize {
    let mut begins: Vec<Instant> = lives.iter().map(|live| live.from).collect();
    let mut ends: Vec<Instant> = lives.iter().filter_map(|live| live.until).collect();
    begins.sort_unstable();
    ends.sort_unstable();
    let (mut ended, mut most) = (0, 0);
    for (begun, begin) in begins.iter().enumerate() {
        while ends.get(ended).is_some_and(|end| end <= begin) {
            ended += 1;
        }
        most = most.max(begun + 1 - ended);
    }
    most
}

#[cfg(test)]
mod tests;
