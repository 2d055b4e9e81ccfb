//! What durable records of queues do, live and at replay; and the check that nobody was served out of turn (I8).

use std::sync::Arc;

use super::opened::Order;
use super::row::Row;
use super::{Line, Queues};
use crate::domain::event::{OfQueue, QueueJoined, QueueLeft};
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::domain::invariant::Invariant;
use crate::domain::time::UtcMillis;
use crate::engine::audit::Violation;
use crate::engine::replay::ReplayError;
use crate::engine::state::Engine;
use crate::engine::world::World;

/// A line in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDigest {
    pub release: ReleaseNo,
    pub rows: Vec<Row>,
    pub count: u32,
    pub waiting: u32,
    /// When it opened, for how many who came early, and how far it has come.
    pub opened: Option<(UtcMillis, u32, u32)>,
    pub acting: Vec<(u32, u32, i64)>,
    pub waits: Option<super::WaitsTold>,
}

impl Engine {
    /// Shows what a durable record of a queue says. By the committer, and by the replay.
    pub(in crate::engine) fn settle_of_queue(&self, at: UtcMillis, event: &OfQueue) {
        self.queues.with(event.release(), |line| match event {
            // Its days ended while this was queued: nobody is in the line any more.
            OfQueue::Joined(QueueJoined { resident, .. }) | OfQueue::Left(QueueLeft { resident, .. })
                if line.has_ended() =>
            {
                line.end(*resident);
            }
            OfQueue::Opened(_) | OfQueue::Served(_) if line.has_ended() => {}
            OfQueue::Joined(event) => {
                line.join(at, event.resident);
                line.end(event.resident);
            }
            OfQueue::Left(event) => {
                line.leave(event.resident);
                line.end(event.resident);
            }
            OfQueue::Opened(event) => {
                let prepared = line.opening.take();
                let order = prepared.unwrap_or_else(|| Arc::new(Order::of(&event.seed, event.early)));
                line.open(at, event.seed, event.early, order);
            }
            OfQueue::Served(event) => line.serve(at, event.up_to),
        });
    }

    /// What a record took that will never be in the log.
    pub(in crate::engine) fn undo_of_queue(&self, event: &OfQueue) {
        self.queues.with(event.release(), |line| match event {
            OfQueue::Joined(event) => line.end(event.resident),
            OfQueue::Left(event) => line.end(event.resident),
            OfQueue::Opened(_) => line.opening = None,
            OfQueue::Served(_) => {}
        });
    }

    /// Judges a record of a queue at replay.
    pub(in crate::engine) fn queue_again(&self, world: &World, event: &OfQueue) -> Result<(), ReplayError> {
        let no = event.release();
        let terms = world.catalogue.release(no).and_then(|release| release.def.queue.as_deref());
        let is_possible = self.queues.with(no, |line| match event {
            OfQueue::Joined(event) => {
                let has_account = self.residents.get(event.resident).is_some();
                has_account && (line.has_ended() || !line.waits(event.resident))
            }
            OfQueue::Left(event) => line.number_of(event.resident).is_some() || line.has_ended(),
            OfQueue::Opened(event) => {
                let is_committed_to = terms.map(|terms| terms.commitment) == Some(event.seed.commitment());
                let is_first = !line.has_opened() && event.early <= line.count();
                is_committed_to && (line.has_ended() || is_first)
            }
            OfQueue::Served(event) => line.has_ended() || line.may_serve(event.up_to),
        });
        if is_possible == Some(true) {
            return Ok(());
        }
        let what = format!("{no}: what its queue's record says, {event:?}");
        Err(ReplayError::Broken { invariant: Invariant::I8ReleaseKept, what })
    }

    /// Whoever has booked where one queues had his turn, and everybody stands where the seed has put him.
    pub(in crate::engine) fn audit_queues(&self, violations: &mut Vec<Violation>) {
        let world = self.world();
        let mut fail = |what| violations.push(Violation { invariant: Invariant::I8ReleaseKept, what });
        for no in self.queues.releases() {
            let terms = world.catalogue.release(no).and_then(|release| release.def.queue.as_deref());
            let wrong = self.queues.with(no, |line| line.audit(terms.map(|terms| terms.commitment)));
            wrong.into_iter().flatten().for_each(|what| fail(format!("{no}: {what}")));
        }
        for booking in self.bookings.iter().filter(|booking| !booking.is_moved()) {
            let Some(no) = booking.terms.release.filter(|_| world.days.is_open(booking.terms.day)) else {
                continue;
            };
            if booking.terms.payment == crate::engine::bookings::Payment::Wallet
                && booking.state.settled() != crate::engine::bookings::BookingState::Void
                && !self.has_had_turn(no, booking.terms.resident)
            {
                fail(format!("{} was made by somebody whose turn it never was in {no}", booking.no));
            }
        }
    }

    /// Whether somebody may have booked where one queues; of other releases everybody may.
    pub(in crate::engine) fn has_had_turn(&self, release: ReleaseNo, resident: ResidentNo) -> bool {
        self.queues.with(release, |line| line.has_ended() || line.had_turn(resident)) != Some(false)
    }
}

impl Line {
    /// Whether somebody waits whose turn it wasn't yet.
    fn waits(&self, resident: ResidentNo) -> bool {
        let stays = |number: u32| {
            let row = usize::try_from(number).ok().and_then(|number| self.rows.get(number.checked_sub(1)?));
            row.is_some_and(Row::stays)
        };
        self.number_of(resident).is_some_and(|number| stays(number) && !self.is_served(number))
    }

    fn may_serve(&self, up_to: u32) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.served < up_to && up_to <= self.count())
    }

    /// What is wrong with it.
    fn audit(&self, commitment: Option<crate::domain::draw::Hash>) -> Vec<String> {
        let mut wrong = Vec::new();
        let Some(opened) = &self.opened else { return wrong };
        if commitment != Some(opened.seed.commitment()) {
            wrong.push("its order is by a seed that nobody committed to".to_owned());
        }
        if !self.has_ended() && *opened.order != Order::of(&opened.seed, opened.early) {
            wrong.push("those who came early don't stand where the seed puts them".to_owned());
        }
        let waiting = self.rows.iter().zip(1u32..).filter(|(row, no)| row.stays() && !self.is_served(*no));
        if waiting.count() != usize::try_from(self.waiting).unwrap_or(usize::MAX) {
            wrong.push("others wait than are counted".to_owned());
        }
        wrong
    }
}

impl Queues {
    pub(in crate::engine) fn digest(&self) -> Vec<LineDigest> {
        let digest = |release| {
            self.with(release, |line| {
                let opened = line.opened.as_ref();
                let turns = opened.into_iter().flat_map(|opened| opened.turns.iter());
                LineDigest {
                    release,
                    rows: line.rows.clone(),
                    count: line.count(),
                    waiting: line.waiting,
                    opened: opened.map(|opened| (opened.at, opened.early, opened.served)),
                    acting: turns.map(|run| (run.up_to, run.acting, run.at.get())).collect(),
                    waits: line.waits.told(),
                }
            })
        };
        self.releases().into_iter().filter_map(digest).collect()
    }
}
