//! The hand-over of records to the committer, and of outcomes back.
//!
//! Each thread that runs commands owns one lane: a bounded queue, and two counters. Because only its owner pushes and the
//! committer settles a lane's records in the order in which they were pushed, "my record is settled" is one comparison of
//! a ticket with a counter, and one notification a batch serves all who wait on that lane.
//!
//! Always: a permit is had before anything is consumed, and whoever has a permit can push; what is outstanding on a lane
//! never exceeds its bound; a committer that sleeps is woken by the push that follows.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crossbeam::utils::CachePadded;

use super::attendance::Attendance;
use super::doorbell::Doorbell;
use super::log::Outcome;
use super::sync::{AtomicBool, AtomicU32, AtomicU64, BoundedQueue, Mutex, Ordering, fence, lock};

/// All lanes into one log, and the bell that wakes its committer.
pub struct Intake<R> {
    lanes: Box<[CachePadded<Lane<R>>]>,
    /// The lane with which the next `take` begins.
    next_taken: AtomicU64,
    bell: Doorbell,
    attendance: Attendance,
    halted: AtomicBool,
}

/// One thread's way into the log. Shared with the committer and with those who wait for its tickets.
pub struct Lane<R> {
    queue: BoundedQueue<R>,
    outstanding_max: u32,
    outstanding: AtomicU32,
    pushed: AtomicU64,
    settled: AtomicU64,
    commands: AtomicU32,
    any_refused: AtomicBool,
    refused: Mutex<Vec<RangeInclusive<u64>>>,
    notifier: Mutex<Option<Waker>>,
}

/// A lane's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LaneNo(usize);

impl LaneNo {
    #[must_use]
    pub const fn new(index: usize) -> Self {
        Self(index)
    }

    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// The right to push on a lane. It can be sent to another thread, but two threads can't share it.
pub struct LaneOwner<R> {
    intake: Arc<Intake<R>>,
    no: LaneNo,
    not_sync: PhantomData<Cell<()>>,
}

/// A place in a lane, taken before a command consumes anything, so that its push can't fail.
pub struct Permit<'a, R> {
    owner: &'a LaneOwner<R>,
}

/// A pushed record, known by its lane and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub lane: LaneNo,
    number: u64,
}

/// The lane is full, or the log has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is under way")]
pub struct Overloaded;

impl<R> Intake<R> {
    /// An intake with so many lanes, each with so many records outstanding at most, and an owner for each lane.
    #[must_use]
    pub fn new(lanes: usize, outstanding_max: u32) -> (Arc<Self>, Vec<LaneOwner<R>>) {
        let intake = Arc::new(Self {
            lanes: (0..lanes).map(|_| CachePadded::new(Lane::new(outstanding_max))).collect(),
            next_taken: AtomicU64::new(0),
            bell: Doorbell::new(),
            attendance: Attendance::new(),
            halted: AtomicBool::new(false),
        });
        let owners = (0..lanes)
            .map(|index| LaneOwner { intake: Arc::clone(&intake), no: LaneNo(index), not_sync: PhantomData })
            .collect();
        (intake, owners)
    }

    #[must_use]
    pub fn lane(&self, no: LaneNo) -> &Lane<R> {
        &self.lanes[no.0]
    }

    /// How many lanes there are.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Takes up to `count_max` records from the lanes, each with its lane; at most a fair share from each lane at a time,
    /// and the next call goes on with the lane behind the one where this one had to end. For the committer only.
    pub fn take(&self, count_max: usize, into: &mut Vec<(LaneNo, R)>) {
        let lanes = self.lanes.len() as u64;
        // ORDERING: Relaxed, only the committer reads and writes it.
        let first = self.next_taken.load(Ordering::Relaxed);
        for step in 0..lanes {
            let at = (first + step) % lanes;
            let Ok(index) = usize::try_from(at) else { continue };
            let lane = &self.lanes[index];
            // The share is what stands there now: a lane that is refilled meanwhile doesn't starve the others.
            for _ in 0..lane.queue.len() {
                if into.len() >= count_max {
                    // The next lane's turn, even if this one has more: else it could be refilled for ever.
                    let taken_from = u64::from(into.last().is_some_and(|(last, _)| *last == LaneNo(index)));
                    self.next_taken.store((at + taken_from) % lanes, Ordering::Relaxed);
                    return;
                }
                let Some(record) = lane.queue.pop() else { break };
                into.push((LaneNo(index), record));
            }
        }
    }

    /// How many records stand in the queues now.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.lanes.iter().map(|lane| lane.queue.len()).sum()
    }

    /// How full the fullest lane is, in a thousand: of what may be outstanding, how much is.
    #[must_use]
    pub fn fill_permille(&self) -> u32 {
        let fill = |lane: &CachePadded<Lane<R>>| {
            u64::from(lane.outstanding()) * 1000 / u64::from(lane.outstanding_max.max(1))
        };
        u32::try_from(self.lanes.iter().map(fill).max().unwrap_or(0)).unwrap_or(u32::MAX)
    }

    fn any_queued(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.queue.is_empty())
    }

    /// Sleeps until a record is queued or `wake_committer` is called. For the committer only.
    pub fn wait_for_records(&self) {
        self.bell.wait_unless(|| self.any_queued());
    }

    /// The same, for so long at most.
    pub fn wait_for_records_at_most(&self, duration: Duration) {
        self.bell.wait_at_most_unless(duration, || self.any_queued());
    }

    /// Which of the threads that push are at work, as far as they say so.
    #[must_use]
    pub fn attendance(&self) -> &Attendance {
        &self.attendance
    }

    /// Wakes the committer though nothing was pushed, so that it looks whether it should end.
    pub fn wake_committer(&self) {
        self.bell.ring();
    }

    /// Tells a lane that its next `count` records are settled. For the committer only; `notify` follows.
    pub fn settle(&self, no: LaneNo, count: u32, outcome: Outcome) {
        let lane = self.lane(no);
        // ORDERING: Relaxed, only the committer writes `settled`, and it is the one who reads here.
        let before = lane.settled.load(Ordering::Relaxed);
        let after = before + u64::from(count);
        match outcome {
            Outcome::Durable => {}
            Outcome::NotWritten => lane.refuse(before + 1..=after),
            Outcome::Unknown => return,
        }
        // ORDERING: Release publishes the settled state and the refusals to whoever sees the counter (`outcome`).
        lane.settled.store(after, Ordering::Release);
        // ORDERING: Relaxed, a bound on memory; the queue's own push and pop order the records.
        lane.outstanding.fetch_sub(count, Ordering::Relaxed);
    }

    /// Wakes those who wait on a lane. Once a batch and lane, after `settle`.
    pub fn notify(&self, no: LaneNo) {
        if let Some(waker) = lock(&self.lane(no).notifier).as_ref() {
            waker.wake_by_ref();
        }
    }

    /// The log has stopped for good: nothing more is taken, and what is under way is unknown.
    pub fn halt(&self) {
        // ORDERING: Release; who sees the flag needs to see nothing else.
        self.halted.store(true, Ordering::Release);
        for index in 0..self.lanes.len() {
            self.notify(LaneNo(index));
        }
    }

    #[must_use]
    pub fn is_halted(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `halt`.
        self.halted.load(Ordering::Acquire)
    }

    /// What became of a ticket, or nothing while it is under way.
    #[must_use]
    pub fn outcome(&self, ticket: Ticket) -> Option<Outcome> {
        let lane = self.lane(ticket.lane);
        // ORDERING: Acquire pairs with the Release in `settle`.
        if lane.settled.load(Ordering::Acquire) >= ticket.number {
            if lane.any_refused.load(Ordering::Relaxed) && lane.was_refused(ticket.number) {
                return Some(Outcome::NotWritten);
            }
            return Some(Outcome::Durable);
        }
        self.is_halted().then_some(Outcome::Unknown)
    }

    /// Waits until every command that had begun on any lane when this was called has queued its record or given up.
    ///
    /// Whoever changed what commands look at (a mask and its generation) calls this before it looks for the commands
    /// that went by the old value.
    pub fn await_commands(&self) {
        // ORDERING: SeqCst pairs with the one in `begin_command`: either the command's loads come after the change
        // that was made before this call, or the command is counted here.
        fence(Ordering::SeqCst);
        for lane in &self.lanes {
            // ORDERING: Acquire pairs with the Release in `CommandGuard::drop`: what the command queued is seen.
            while lane.commands.load(Ordering::Acquire) != 0 {
                super::sync::yield_now();
            }
        }
    }

    /// What commands queued that had begun on any lane when this was called, and all that was queued before. Waits for those commands, so it
    /// is not for one that is under way itself.
    #[must_use]
    pub fn queued_before(&self) -> Queued {
        self.await_commands();
        // ORDERING: Relaxed, ordered by the Acquire above: what those commands pushed is seen.
        Queued(self.lanes.iter().map(|lane| lane.pushed.load(Ordering::Relaxed)).collect())
    }

    /// Whether all of that is settled.
    #[must_use]
    pub fn is_settled(&self, queued: &Queued) -> bool {
        self.lanes.iter().zip(&queued.0).all(|(lane, pushed)| lane.settled() >= *pushed)
    }
}

/// How far each lane had come at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued(Box<[u64]>);

impl<R> Lane<R> {
    fn new(outstanding_max: u32) -> Self {
        Self {
            queue: BoundedQueue::new(outstanding_max as usize),
            outstanding_max,
            outstanding: AtomicU32::new(0),
            pushed: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            commands: AtomicU32::new(0),
            any_refused: AtomicBool::new(false),
            refused: Mutex::new(Vec::new()),
            notifier: Mutex::new(None),
        }
    }

    /// Who is woken when records of this lane are settled: one waker, called once a batch.
    pub fn set_notifier(&self, waker: Waker) {
        *lock(&self.notifier) = Some(waker);
    }

    /// How many of this lane's records are settled.
    #[must_use]
    pub fn settled(&self) -> u64 {
        // ORDERING: Acquire pairs with the Release in `settle`.
        self.settled.load(Ordering::Acquire)
    }

    /// How many records are queued or being written.
    #[must_use]
    pub fn outstanding(&self) -> u32 {
        // ORDERING: Relaxed, a figure that is out of date as soon as it is read.
        self.outstanding.load(Ordering::Relaxed)
    }

    /// Neighbouring ranges are joined, so that a long time of refusals is one range.
    fn refuse(&self, tickets: RangeInclusive<u64>) {
        let mut refused = lock(&self.refused);
        match refused.last_mut() {
            Some(last) if *last.end() + 1 == *tickets.start() => *last = *last.start()..=*tickets.end(),
            _ => refused.push(tickets),
        }
        // ORDERING: Relaxed, published by the Release of `settled` that follows.
        self.any_refused.store(true, Ordering::Relaxed);
    }

    fn was_refused(&self, number: u64) -> bool {
        lock(&self.refused).iter().rev().any(|range| range.contains(&number))
    }
}

impl<R> AsRef<Self> for LaneOwner<R> {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl<R> LaneOwner<R> {
    #[must_use]
    pub fn no(&self) -> LaneNo {
        self.no
    }

    #[must_use]
    pub fn intake(&self) -> &Arc<Intake<R>> {
        &self.intake
    }

    fn lane(&self) -> &Lane<R> {
        self.intake.lane(self.no)
    }

    /// Announces a command, so that a barrier can wait for it (`Intake::await_commands`).
    #[must_use]
    pub fn begin_command(&self) -> CommandGuard<'_, R> {
        let lane = self.lane();
        // ORDERING: Relaxed, made strong by the fence below.
        lane.commands.fetch_add(1, Ordering::Relaxed);
        // ORDERING: SeqCst pairs with the one in `await_commands`.
        fence(Ordering::SeqCst);
        CommandGuard { lane }
    }

    /// A place in the lane: tried, never awaited.
    ///
    /// # Errors
    /// `Overloaded` when the lane is full or the log has stopped.
    pub fn permit(&self) -> Result<Permit<'_, R>, Overloaded> {
        let lane = self.lane();
        // ORDERING: Relaxed, a bound on memory; only this owner adds, so the check can't be overtaken by another.
        if lane.outstanding.load(Ordering::Relaxed) >= lane.outstanding_max || self.intake.is_halted() {
            return Err(Overloaded);
        }
        lane.outstanding.fetch_add(1, Ordering::Relaxed);
        Ok(Permit { owner: self })
    }
}

/// A command under way; ends when dropped.
pub struct CommandGuard<'a, R> {
    lane: &'a Lane<R>,
}

impl<R> Drop for CommandGuard<'_, R> {
    fn drop(&mut self) {
        // ORDERING: Release pairs with the Acquire in `await_commands`.
        self.lane.commands.fetch_sub(1, Ordering::Release);
    }
}

impl<R> Permit<'_, R> {
    /// Queues a record. From here it belongs to the committer, whatever becomes of the caller.
    ///
    /// # Panics
    /// When the lane holds more than its permits allow, which would be a bug.
    pub fn push(self, record: R) -> Ticket {
        let owner = self.owner;
        std::mem::forget(self);
        let lane = owner.lane();
        assert!(lane.queue.push(record).is_ok(), "a permit was given for a place that is not there");
        // ORDERING: Relaxed, only the owner writes and reads `pushed`.
        let number = lane.pushed.load(Ordering::Relaxed) + 1;
        lane.pushed.store(number, Ordering::Relaxed);
        owner.intake.bell.ring_if_waiting();
        Ticket { lane: owner.no, number }
    }
}

impl<R> Drop for Permit<'_, R> {
    fn drop(&mut self) {
        // ORDERING: Relaxed, as in `permit`: a bound on memory.
        self.owner.lane().outstanding.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Ticket {
    /// The record's place in its lane, from 1.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.number
    }
}
