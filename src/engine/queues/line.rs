//! One release's line.
//!
//! A number tells who came how many-th, from 1; a place tells whose turn it is how many-th. Before the instant nobody has a place. Then the
//! numbers up to `early` get theirs by the seed, and every later number is a place by itself. All places up to `served` have had their turn,
//! or have it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::opened::{Opened, Order, count, index};
use super::pace::{Wait, wait};
use super::row::{Left, Row};
use super::turns::{Run, Turns};
use super::waits::Waits;
use crate::domain::draw::Seed;
use crate::domain::ids::ResidentNo;
use crate::domain::release::ReleaseDef;
use crate::domain::time::{LocalDay, UtcMillis};

/// More than this many may not wait at the same time.
pub(super) const WAITING_MAX: u32 = 1_000_000;
/// More than this many may not come in all: who comes again is counted again.
pub(super) const COMING_MAX: u32 = 8_000_000;

/// What a line goes by.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Terms {
    pub(in crate::engine) join_from: UtcMillis,
    pub(in crate::engine) opens_at: UtcMillis,
    pub(in crate::engine) turn_ms: i64,
    pub(in crate::engine) at_once: u32,
    proof_of_work: Option<u32>,
    limit: Option<u32>,
    last_day: LocalDay,
}

/// A release's line.
pub struct Line {
    pub(in crate::engine) terms: Terms,
    pub(super) rows: Vec<Row>,
    /// The latest number of each resident.
    of: HashMap<ResidentNo, u32>,
    /// Who is coming or leaving.
    under_way: HashSet<ResidentNo>,
    /// How many wait.
    pub(super) waiting: u32,
    pub(super) opened: Option<Opened>,
    /// The order that is being published.
    pub(in crate::engine) opening: Option<Arc<Order>>,
    /// How long those waited whose turn has come.
    pub(super) waits: Waits,
    /// How many had come when the last day was over; since then nobody is in the line.
    pub(super) ended: Option<u32>,
    /// Whether nothing was left when that was looked at last. No part of the state: nothing is decided by it.
    pub(in crate::engine) is_sold_out: bool,
}

/// How somebody stands in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    Waiting,
    /// It is his turn until then.
    Admitted {
        until: UtcMillis,
    },
    /// His turn is over, or he has had what one may have.
    Over,
    Left,
}

/// A resident's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnPlace {
    pub number: u32,
    pub came_at: UtcMillis,
    /// None before the line has opened.
    pub place: Option<u32>,
    pub stand: Stand,
    /// How many wait before him.
    pub before: Option<u32>,
    pub wait: Option<Wait>,
}

/// How a line stands, for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Board {
    /// How many have come in all.
    pub count: u32,
    pub waiting: u32,
    /// How many have their turn now.
    pub acting: u32,
    /// Up to which place it is, or was, their turn.
    pub served: u32,
    /// The seed and how many came early, when it has opened.
    pub opened: Option<(Seed, u32)>,
    pub is_sold_out: bool,
    pub has_ended: bool,
}

impl Line {
    /// The line of a release that has one.
    pub(super) fn of(def: &ReleaseDef) -> Option<Self> {
        let (queue, opens_at, last_day) = (def.queue.as_deref()?, def.queue_opens_at()?, def.last_day?);
        let days = u32::try_from(last_day.days_since(def.first_day) + 1).unwrap_or(1);
        let terms = Terms {
            join_from: queue.join_from,
            opens_at,
            turn_ms: queue.turn_ms(),
            at_once: queue.at_once,
            proof_of_work: queue.proof_of_work,
            limit: def.limit_per_resident.map(|limit| u32::from(limit) * days),
            last_day,
        };
        Some(Self {
            terms,
            rows: Vec::new(),
            of: HashMap::new(),
            under_way: HashSet::new(),
            waiting: 0,
            opened: None,
            opening: None,
            waits: Waits::default(),
            ended: None,
            is_sold_out: false,
        })
    }

    pub(super) fn number_of(&self, resident: ResidentNo) -> Option<u32> {
        self.of.get(&resident).copied()
    }

    fn row(&self, number: u32) -> Option<&Row> {
        self.rows.get(index(number))
    }

    /// How many have come in all.
    pub(in crate::engine) fn count(&self) -> u32 {
        self.ended.unwrap_or_else(|| count(self.rows.len()))
    }

    /// How many came before the instant, once that has come.
    pub(super) fn early(&self) -> Option<u32> {
        self.opened.as_ref().map(|opened| opened.early)
    }

    pub(in crate::engine) const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    pub(in crate::engine) const fn has_opened(&self) -> bool {
        self.opened.is_some()
    }

    /// Announces that somebody comes or leaves. Returns whether he may: nothing else of his is under way.
    pub(in crate::engine) fn begin(&mut self, resident: ResidentNo) -> bool {
        self.under_way.insert(resident)
    }

    /// That has come to something, or to nothing.
    pub(in crate::engine) fn end(&mut self, resident: ResidentNo) {
        self.under_way.remove(&resident);
    }

    pub(in crate::engine) fn is_under_way(&self, resident: ResidentNo) -> bool {
        self.under_way.contains(&resident)
    }

    /// Whether one more may come.
    pub(in crate::engine) fn has_room(&self) -> bool {
        self.waiting < WAITING_MAX && count(self.rows.len()) < COMING_MAX
    }

    /// Whether somebody has had a turn, or has it: he may have booked.
    pub(in crate::engine) fn had_turn(&self, resident: ResidentNo) -> bool {
        let number = self.number_of(resident);
        let row = number.and_then(|number| self.row(number));
        number.zip(row).is_some_and(|(number, row)| row.had_turn || self.is_served(number))
    }

    pub(super) fn is_served(&self, number: u32) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.place_of(number) <= opened.served)
    }

    /// How somebody stands.
    pub(in crate::engine) fn stand(&self, resident: ResidentNo, now: UtcMillis) -> Option<Stand> {
        let number = self.number_of(resident)?;
        Some(self.stand_of(number, self.row(number)?, now))
    }

    fn stand_of(&self, number: u32, row: &Row, now: UtcMillis) -> Stand {
        let began = self.opened.as_ref().and_then(|opened| opened.turns.began(opened.place_of(number)));
        let until = began.map(|began| began.plus_ms(self.terms.turn_ms)).filter(|until| *until > now);
        match (row.left, until) {
            (Left::Himself, _) => Stand::Left,
            (Left::Served, _) => Stand::Over,
            (Left::No, Some(until)) => Stand::Admitted { until },
            (Left::No, None) if self.is_served(number) => Stand::Over,
            (Left::No, None) => Stand::Waiting,
        }
    }

    /// A resident's place.
    pub(super) fn own(&self, resident: ResidentNo, now: UtcMillis) -> Option<OwnPlace> {
        let number = self.number_of(resident)?;
        let row = self.row(number)?;
        let stand = self.stand_of(number, row, now);
        let opened = self.opened.as_ref();
        let place = opened.map(|opened| opened.place_of(number));
        let before = opened.zip(place).filter(|_| stand == Stand::Waiting);
        let before = before.map(|(opened, place)| (opened, opened.before(place)));
        let came_at = self.terms.join_from.plus_ms(row.came_after_ms.into());
        let wait = before.filter(|_| !self.is_sold_out);
        let wait = wait.and_then(|(opened, before)| wait_of(opened, before, now));
        Some(OwnPlace { number, came_at, place, stand, before: before.map(|(_, before)| before), wait })
    }

    /// When it will be somebody's turn, as if nobody before him had left: told without a look at those.
    pub(in crate::engine) fn wait_at_most(&self, resident: ResidentNo, now: UtcMillis) -> Option<Wait> {
        let opened = self.opened.as_ref()?;
        let place = opened.place_of(self.number_of(resident)?);
        wait_of(opened, place.saturating_sub(opened.served + 1), now)
    }

    /// What somebody has to show who comes now, and how many-th he came before: where more wait than may act, and he isn't here.
    pub(super) fn proof_for(&self, resident: ResidentNo, now: UtcMillis) -> Option<(u32, u32)> {
        let most = self.terms.proof_of_work.filter(|_| self.waiting >= self.terms.at_once)?;
        let is_here = matches!(self.stand(resident, now), Some(Stand::Waiting | Stand::Admitted { .. }));
        (!is_here && !self.has_ended()).then(|| (most, self.number_of(resident).unwrap_or(0)))
    }

    /// How it stands, for everybody.
    pub(super) fn board(&self, now: UtcMillis) -> Board {
        let opened = self.opened.as_ref();
        Board {
            count: self.count(),
            waiting: self.waiting,
            acting: self.acting(now),
            served: opened.map_or(0, |opened| opened.served),
            opened: opened.map(|opened| (opened.seed, opened.early)),
            is_sold_out: self.is_sold_out,
            has_ended: self.has_ended(),
        }
    }

    /// How many have their turn at this moment.
    pub(in crate::engine) fn acting(&self, now: UtcMillis) -> u32 {
        self.opened.as_ref().map_or(0, |opened| opened.turns.acting(now, self.terms.turn_ms))
    }

    /// How many wait.
    pub(in crate::engine) const fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Up to which place so many more of those who wait would have their turn; nothing when nobody waits.
    pub(in crate::engine) fn next_up_to(&self, admitted_max: u32) -> Option<u32> {
        let opened = self.opened.as_ref()?;
        let (mut admitted, mut up_to) = (0, None);
        for place in opened.served + 1..=count(self.rows.len()) {
            if admitted == admitted_max {
                break;
            }
            if self.row(opened.number_at(place)).is_some_and(Row::stays) {
                admitted += 1;
                up_to = Some(place);
            }
        }
        up_to
    }

    /// Somebody has come. By the committer, as all that follow.
    pub(super) fn join(&mut self, at: UtcMillis, resident: ResidentNo) {
        let had_turn = self.had_turn(resident);
        // Whoever comes again has no other turn left.
        self.end_row(resident, Left::Served);
        let came_after_ms = u32::try_from(at.since_ms(self.terms.join_from)).unwrap_or(0);
        self.put(Row { resident, came_after_ms, used: 0, left: Left::No, had_turn });
        self.waiting += 1;
    }

    pub(super) fn put(&mut self, row: Row) {
        self.rows.push(row);
        self.of.insert(row.resident, count(self.rows.len()));
    }

    /// Somebody has left, or his account is gone.
    pub(super) fn leave(&mut self, resident: ResidentNo) {
        self.end_row(resident, Left::Himself);
    }

    fn end_row(&mut self, resident: ResidentNo, left: Left) {
        let Some(number) = self.number_of(resident) else { return };
        let is_served = self.is_served(number);
        let Some(row) = self.rows.get_mut(index(number)).filter(|row| row.stays()) else { return };
        row.left = left;
        if let Some(opened) = &mut self.opened {
            let place = opened.place_of(number);
            if is_served {
                opened.turns.end(place);
            } else {
                opened.note_gone(place);
            }
        }
        if !is_served {
            self.waiting -= 1;
        }
    }

    /// Somebody has booked or holds something more.
    pub(super) fn use_turn(&mut self, resident: ResidentNo) {
        let Some(number) = self.number_of(resident).filter(|number| self.is_served(*number)) else { return };
        let Some(row) = self.rows.get_mut(index(number)).filter(|row| row.stays()) else { return };
        row.used = row.used.saturating_add(1);
        if self.terms.limit.is_some_and(|limit| u32::from(row.used) >= limit) {
            self.end_row(resident, Left::Served);
        }
    }

    /// The line begins to move.
    pub(super) fn open(&mut self, at: UtcMillis, seed: Seed, early: u32, order: Arc<Order>) {
        self.opening = None;
        let opened = Opened { at, seed, early, order, served: 0, turns: Turns::default(), gone: Vec::new() };
        let opened = self.opened.insert(opened);
        for (row, number) in self.rows.iter().zip(1u32..) {
            if !row.stays() {
                opened.note_gone(opened.place_of(number));
            }
        }
    }

    /// It is the turn of all places up to this one.
    pub(super) fn serve(&mut self, at: UtcMillis, up_to: u32) {
        let Some(opened) = &mut self.opened else { return };
        let mut admitted = 0;
        for place in opened.served + 1..=up_to {
            let row = self.rows.get(index(opened.number_at(place))).filter(|row| row.stays());
            if let Some(row) = row {
                admitted += 1;
                // Who came before the instant has waited since the instant.
                let came_at = self.terms.join_from.plus_ms(row.came_after_ms.into());
                let wait_ms = at.since_ms(came_at.max(self.terms.opens_at)).max(0);
                self.waits.add(wait_ms.unsigned_abs());
            }
        }
        let run = Run { behind: opened.served, up_to, at, admitted, acting: admitted };
        opened.turns.add(run, self.terms.turn_ms);
        opened.served = up_to;
        self.waiting -= admitted;
    }

    /// How far it has come, as a snapshot has it.
    pub(super) fn take_served(&mut self, served: u32) {
        let Some(opened) = &mut self.opened else { return };
        opened.served = served;
        let stays = |(row, number): (&Row, u32)| row.stays() && opened.place_of(number) <= served;
        self.waiting -= count(self.rows.iter().zip(1u32..).filter(|come| stays(*come)).count());
    }

    /// Days are over: when the last of its own is, the line is at its end, and what is left of it is what was published.
    pub(super) fn end_before(&mut self, first: LocalDay) {
        if self.terms.last_day >= first || self.has_ended() {
            return;
        }
        let count = self.count();
        self.end_at(count);
    }

    pub(super) fn end_at(&mut self, count: u32) {
        self.ended = Some(count);
        (self.rows, self.of, self.waiting) = (Vec::new(), HashMap::new(), 0);
        if let Some(opened) = &mut self.opened {
            opened.turns.clear();
            (opened.order, opened.gone) = (Arc::default(), Vec::new());
        }
    }

    /// Bytes of memory that it takes: of the map as many as its places need, each with a byte of its own.
    #[must_use]
    pub(super) fn bytes(&self) -> usize {
        let of_map = |capacity: usize, each: usize| (capacity * 8 / 7).next_power_of_two() * (each + 1);
        let rows = self.rows.capacity() * size_of::<Row>();
        let of = of_map(self.of.capacity(), size_of::<(ResidentNo, u32)>());
        let under_way = of_map(self.under_way.capacity(), size_of::<ResidentNo>());
        let opened = self.opened.as_ref().map_or(0, |opened| {
            let order = opened.order.numbers.capacity() + opened.order.places.capacity();
            order * size_of::<u32>() + opened.gone.capacity() * size_of::<u64>() + opened.turns.bytes()
        });
        size_of::<Self>() + rows + of + under_way + opened
    }
}

fn wait_of(opened: &Opened, before: u32, now: UtcMillis) -> Option<Wait> {
    wait(&opened.turns, before, opened.at, now)
}
