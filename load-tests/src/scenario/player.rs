//! Plays a scenario: says what is asked for next, and notes what came of it.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::claims::Claims;
use super::progress;
use super::record::{Kind, Record};
use super::watch::{ServerPid, Watch};
use crate::Failure;
use crate::draw::Draw;
use crate::drive::{Answered, Next, Workload};
use crate::http::request::{Request, Requests};
use crate::outcome::CREATED;
use crate::residents::BOOKINGS_A_RESIDENT_MAX;

const OVERLOADED: u16 = 503;
const RATE_LIMITED: u16 = 429;
const SEED: u64 = 4;

/// What is done.
#[derive(Debug, Clone)]
pub(super) enum Script {
    /// So many of a hundred requests book, so many cancel, and all others browse. What was cancelled is booked again.
    Mix { book: usize, cancel: usize },
    /// Every booking of the plan once. Who is refused wants one of the alternatives, after some thought.
    Grab { retries: u32, think_time: Duration, alternatives: Vec<usize> },
    /// Bookings of the plan from the first to this, each once.
    BuyOut { until: usize },
    /// Those from this on, again and again.
    Late { from: usize },
}

/// A request. Each number has its own list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    Browse(usize),
    Book(usize),
    Cancel(usize),
}

pub(super) struct Player<'a> {
    script: Script,
    /// Nothing goes out from then on.
    ends: Option<Instant>,
    pub(super) claims: Claims,
    pub(super) record: Record,
    keys: String,
    browsing: Requests,
    next_browsing: usize,
    /// The first bookings lie ready, the others are encoded when they are thought of.
    planned: Requests,
    more: Requests,
    next_booking: usize,
    cancelling: Requests,
    cancelled_claims: Vec<usize>,
    /// Confirmed, the oldest first.
    cancellable: VecDeque<usize>,
    /// Slots that were cancelled.
    freed: VecDeque<usize>,
    /// What somebody will ask for, and when.
    later: VecDeque<(Instant, usize)>,
    tries: HashMap<usize, u32>,
    next_alternative: usize,
    /// How many bookings each resident has or asks for.
    live: Vec<usize>,
    next_resident: usize,
    under_way: usize,
    draw: Draw,
    watch: Watch<'a>,
}

impl<'a> Player<'a> {
    pub(super) fn new(
        script: Script,
        claims: Claims,
        browsing: Requests,
        keys: String,
        pid: &'a ServerPid,
        now: Instant,
    ) -> Result<Self, Failure> {
        let planned = claims.plan.encode_with(&keys);
        Ok(Self {
            script,
            ends: None,
            record: Record::begin(now)?,
            keys,
            browsing,
            next_browsing: 0,
            planned,
            more: Requests::default(),
            next_booking: 0,
            cancelling: Requests::default(),
            cancelled_claims: Vec::new(),
            cancellable: VecDeque::new(),
            freed: VecDeque::new(),
            later: VecDeque::new(),
            tries: HashMap::new(),
            next_alternative: 0,
            live: vec![0; claims.plan.tokens().len()],
            claims,
            next_resident: 0,
            under_way: 0,
            draw: Draw::new(SEED),
            watch: Watch::begin(pid),
        })
    }

    /// Begins anew with another script and an empty record, and keeps what it knows of the bookings.
    pub(super) fn turn_to(&mut self, script: Script) -> Result<(), Failure> {
        self.script = script;
        self.record = Record::begin(self.record.began)?;
        Ok(())
    }

    /// The run begins, what was done before is not seen.
    pub(super) fn begin_at(&mut self, now: Instant) {
        self.record.began = now;
        let _ = self.watch.look();
    }

    /// The run is over, with what is left of its last second.
    pub(super) fn end(&mut self) {
        if self.record.is_in_a_second() {
            let seen = self.watch.look();
            progress::tell(self.record.close_second(self.record.ended, seen));
        }
    }

    pub(super) const fn end_at(&mut self, ends: Instant) {
        self.ends = Some(ends);
    }

    fn browse(&mut self) -> Ask {
        let number = self.next_browsing;
        self.next_browsing = (number + 1) % self.browsing.len();
        Ask::Browse(number)
    }

    /// The next booking of the plan that was not asked for.
    fn book_planned(&mut self, until: usize) -> Option<Ask> {
        let claim = self.next_booking;
        if claim >= until.min(self.planned.len()) {
            return None;
        }
        self.next_booking += 1;
        Some(self.book(claim))
    }

    fn book(&mut self, claim: usize) -> Ask {
        self.claims.asked(claim);
        self.live[self.claims.plan.resident(claim)] += 1;
        Ask::Book(claim)
    }

    /// Somebody else books what was cancelled.
    fn book_freed(&mut self) -> Option<Ask> {
        let slot = self.freed.pop_front()?;
        let residents = self.live.len();
        let has_room = |resident: &usize| self.live[*resident] < BOOKINGS_A_RESIDENT_MAX;
        let Some(resident) =
            (0..residents).map(|step| (self.next_resident + step) % residents).find(has_room)
        else {
            self.freed.push_front(slot);
            return None;
        };
        self.next_resident = (resident + 1) % residents;
        let claim = self.think_of(resident, slot);
        Some(self.book(claim))
    }

    /// One more booking than was planned.
    pub(super) fn think_of(&mut self, resident: usize, slot: usize) -> usize {
        let claim = self.claims.push(resident, slot);
        let plan = &self.claims.plan;
        plan.encode_one(claim, plan.tokens().get(resident), &self.keys, &mut self.more);
        claim
    }

    fn cancel(&mut self, now: Instant) -> Option<Ask> {
        let claim = self.cancellable.pop_front()?;
        let token = self.claims.plan.tokens().get(self.claims.plan.resident(claim)).to_owned();
        let path = format!("/v1/bookings/{}", self.claims.cancelling(claim, now)?);
        self.cancelling.push(&Request { method: "DELETE", token: Some(&token), ..Request::get(&path) });
        self.cancelled_claims.push(claim);
        Some(Ask::Cancel(self.cancelled_claims.len() - 1))
    }

    fn by_script(&mut self, now: Instant) -> Option<Next<Ask>> {
        match self.script {
            Script::Mix { book, cancel } => {
                let drawn = self.draw.below(100);
                let chosen = if drawn < book {
                    self.book_planned(usize::MAX).or_else(|| self.book_freed())
                } else if drawn < book + cancel {
                    self.cancel(now)
                } else {
                    None
                };
                Some(Next::Send(chosen.unwrap_or_else(|| self.browse())))
            }
            Script::Grab { .. } => match self.book_planned(usize::MAX) {
                Some(ask) => Some(Next::Send(ask)),
                // An answer may yet make somebody think of another slot.
                None if self.under_way > 0 || !self.later.is_empty() => Some(Next::NotYet),
                None => None,
            },
            Script::BuyOut { until } => self.book_planned(until).map(Next::Send),
            Script::Late { from } => {
                if self.next_booking < from || self.next_booking >= self.claims.len() {
                    self.next_booking = from;
                }
                let claim = self.next_booking;
                self.next_booking += 1;
                Some(Next::Send(self.book(claim)))
            }
        }
    }

    fn booked(&mut self, claim: usize, answered: &Answered<'_, Ask>) {
        let resident = self.claims.plan.resident(claim);
        if answered.status == CREATED {
            if matches!(self.script, Script::Late { .. }) {
                self.claims.findings.add("something that was sold out was sold again");
            }
            self.claims.confirmed(claim, answered.body, answered.now);
            self.cancellable.push_back(claim);
            return;
        }
        self.claims.refused(claim, answered.status);
        self.live[resident] -= 1;
        let Script::Grab { retries, think_time, ref alternatives } = self.script else { return };
        let tries = self.tries.get(&claim).copied().unwrap_or(0);
        if tries >= retries || alternatives.is_empty() {
            return;
        }
        let next = if matches!(answered.status, OVERLOADED | RATE_LIMITED) {
            claim
        } else {
            let slot = alternatives[self.next_alternative % alternatives.len()];
            self.next_alternative += 1;
            self.think_of(resident, slot)
        };
        self.tries.insert(next, tries + 1);
        self.later.push_back((answered.now + think_time, next));
    }

    fn cancelled(&mut self, claim: usize, answered: &Answered<'_, Ask>) {
        if answered.status == OVERLOADED {
            self.claims.still_there(claim);
            return self.cancellable.push_back(claim);
        }
        self.claims.cancelled(claim, answered.status, answered.body);
        if answered.status == 200 {
            self.live[self.claims.plan.resident(claim)] -= 1;
            self.freed.push_back(self.claims.plan.slot_index(claim));
        }
    }
}

impl Ask {
    const fn kind(self) -> Kind {
        match self {
            Self::Browse(_) => Kind::Browse,
            Self::Book(_) => Kind::Book,
            Self::Cancel(_) => Kind::Cancel,
        }
    }
}

impl Workload for Player<'_> {
    type Request = Ask;

    fn next(&mut self, now: Instant) -> Result<Next<Ask>, Failure> {
        if self.ends.is_some_and(|ends| now >= ends) {
            return Ok(Next::Over);
        }
        let is_due = self.later.front().is_some_and(|(due, _)| *due <= now);
        let next = match self.later.pop_front() {
            Some((_, claim)) if is_due => Some(Next::Send(self.book(claim))),
            Some(later) => {
                self.later.push_front(later);
                self.by_script(now)
            }
            None => self.by_script(now),
        };
        self.under_way += usize::from(matches!(next, Some(Next::Send(_))));
        Ok(next.unwrap_or(Next::Over))
    }

    fn bytes(&self, request: Ask) -> &[u8] {
        match request {
            Ask::Browse(number) => self.browsing.get(number),
            Ask::Book(claim) if claim < self.planned.len() => self.planned.get(claim),
            Ask::Book(claim) => self.more.get(claim - self.planned.len()),
            Ask::Cancel(number) => self.cancelling.get(number),
        }
    }

    fn answered(&mut self, answered: &Answered<'_, Ask>) -> Result<(), Failure> {
        self.under_way -= 1;
        self.record.answered(answered.request.kind(), answered.status, answered.took(), answered.now);
        match answered.request {
            Ask::Browse(_) => {}
            Ask::Book(claim) => self.booked(claim, answered),
            Ask::Cancel(number) => self.cancelled(self.cancelled_claims[number], answered),
        }
        Ok(())
    }

    /// Every other booking that was lost is asked for again with the same key, as an app does; the others stay unknown.
    fn lost(&mut self, request: Ask) -> Result<(), Failure> {
        self.under_way -= 1;
        self.record.lost(request.kind());
        if let Ask::Book(claim) = request {
            self.claims.lost(claim);
            if claim % 2 == 0 {
                self.live[self.claims.plan.resident(claim)] -= 1;
                self.later.push_front((self.record.began, claim));
            }
        }
        Ok(())
    }

    fn came_late(&mut self, _due: Instant, by: Duration) {
        self.record.lag.record(by);
    }

    fn a_second_passed(&mut self, now: Instant) -> Result<(), Failure> {
        let seen = self.watch.look();
        progress::tell(self.record.close_second(now, seen));
        Ok(())
    }
}
