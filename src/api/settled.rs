//! The worker thread's lane, and waiting on it without a channel for each request.
//!
//! A worker owns one lane into the log. A handler runs its command on it (`with_lane`), gets a ticket and awaits
//! `settled(ticket)`. Those who wait stand in a queue of the thread, ordered by ticket. The lane's one notifier is the
//! worker's reaper: woken once a batch, it wakes all whose tickets are settled, which on the same thread is a push to a
//! local run queue. So the committer pays one cross-thread wake a batch and lane, however many wait.
//!
//! No wake is lost: a waiter looks at its outcome and then enters the queue within one poll, the reaper runs on the same
//! thread and so never between the two; what is settled after the look wakes the reaper after the entry.
//! A waiter that is dropped leaves its entry behind, which wakes nobody when its turn comes.

use std::any::Any;
use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::problem::Problem;
use crate::engine::lane::{Intake, LaneNo, LaneOwner, Ticket};
use crate::engine::log::Outcome;

/// How often a ticket of another thread's lane is looked at. That happens only where a retry waits for its original.
const FOREIGN_LOOK: Duration = Duration::from_millis(1);

thread_local! {
    static LANE: OnceCell<WorkerLane> = const { OnceCell::new() };
}

/// A worker's lane. Its type is erased, since a thread-local can't be generic.
struct WorkerLane {
    lane: Box<dyn Any>,
    no: LaneNo,
    outcomes: Arc<dyn Outcomes>,
    waiting: RefCell<Waiting>,
}

/// What waiting needs of an intake, whatever its records are.
trait Outcomes: Send + Sync {
    fn outcome(&self, ticket: Ticket) -> Option<Outcome>;
    fn settled(&self, lane: LaneNo) -> u64;
    fn is_halted(&self) -> bool;
    fn set_notifier(&self, lane: LaneNo, waker: Waker);
}

impl<R: Send> Outcomes for Intake<R> {
    fn outcome(&self, ticket: Ticket) -> Option<Outcome> {
        Intake::outcome(self, ticket)
    }

    fn settled(&self, lane: LaneNo) -> u64 {
        self.lane(lane).settled()
    }

    fn is_halted(&self) -> bool {
        Intake::is_halted(self)
    }

    fn set_notifier(&self, lane: LaneNo, waker: Waker) {
        self.lane(lane).set_notifier(waker);
    }
}

/// Gives this thread its lane, once and for all.
///
/// # Panics
/// When the thread has one already.
pub fn install_lane<R: Send + 'static, L: AsRef<LaneOwner<R>> + 'static>(lane: L) {
    let owner = lane.as_ref();
    let (no, intake): (LaneNo, Arc<Intake<R>>) = (owner.no(), Arc::clone(owner.intake()));
    let lane =
        WorkerLane { no, lane: Box::new(lane), outcomes: intake, waiting: RefCell::new(Waiting::default()) };
    LANE.with(|cell| assert!(cell.set(lane).is_ok(), "a thread has one lane"));
}

/// Runs a command on this thread's lane. A command that panics is half a command: the process ends, and what stands in the
/// log is the truth.
///
/// # Panics
/// On a thread without a lane of this type: handlers run on workers only.
pub fn with_lane<L: 'static, T>(command: impl FnOnce(&L) -> T) -> T {
    LANE.with(|cell| {
        let lane = cell.get().and_then(|lane| lane.lane.downcast_ref::<L>());
        match lane {
            Some(lane) => {
                let _whole = WholeOrNothing;
                command(lane)
            }
            None => panic!("this thread has no such lane"),
        }
    })
}

/// Ends the process when a command panics, before anybody can catch that.
struct WholeOrNothing;

impl Drop for WholeOrNothing {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("a command panicked; the process ends");
            std::process::abort();
        }
    }
}

/// Waits until a record is settled. To be awaited on a worker, where `with_lane` was called or on another one's ticket.
///
/// # Panics
/// On a thread without a lane.
pub async fn settled(ticket: Ticket) -> Outcome {
    let own = LANE.with(|cell| cell.get().map(|lane| lane.no == ticket.lane));
    match own {
        Some(true) => poll_fn(|cx| with_own(|lane| lane.poll(ticket.number(), ticket, cx))).await,
        Some(false) => loop {
            if let Some(outcome) = with_own(|lane| lane.outcomes.outcome(ticket)) {
                return outcome;
            }
            tokio::time::sleep(FOREIGN_LOOK).await;
        },
        None => panic!("settled() is for the threads that own a lane"),
    }
}

/// Waits until a record is durable.
///
/// # Errors
/// `overloaded` when it certainly isn't written and nothing was changed; a fault when nobody can say.
pub async fn durably(ticket: Ticket) -> Result<(), Problem> {
    match settled(ticket).await {
        Outcome::Durable => Ok(()),
        Outcome::NotWritten => Err(Problem::OVERLOADED),
        Outcome::Unknown => Err(Problem::internal(&LOG_STOPPED)),
    }
}

/// Looks again and again until there is something to see: for a retry that waits for its original.
///
/// # Errors
/// A fault when the log has stopped, so that nothing will come.
pub async fn until<T>(look: impl Fn() -> Option<T>) -> Result<T, Problem> {
    loop {
        if let Some(seen) = look() {
            return Ok(seen);
        }
        if with_own(|lane| lane.outcomes.is_halted()) {
            return Err(Problem::internal(&LOG_STOPPED));
        }
        tokio::time::sleep(FOREIGN_LOOK).await;
    }
}

const LOG_STOPPED: &str = "the log has stopped";

/// The worker's reaper: wakes those whose tickets are settled. One a worker, spawned on it; never ends.
///
/// # Panics
/// On a thread without a lane.
pub async fn reap() {
    let mut introduced = false;
    poll_fn(|cx| {
        with_own(|lane| {
            if !introduced {
                lane.outcomes.set_notifier(lane.no, cx.waker().clone());
                introduced = true;
            }
            // Halted first: what is settled after this look brings another wake.
            let up_to = if lane.outcomes.is_halted() { u64::MAX } else { lane.outcomes.settled(lane.no) };
            lane.waiting.borrow_mut().wake_up_to(up_to);
        });
        Poll::Pending
    })
    .await
}

fn with_own<T>(work: impl FnOnce(&WorkerLane) -> T) -> T {
    LANE.with(|cell| match cell.get() {
        Some(lane) => work(lane),
        None => panic!("this thread has no lane"),
    })
}

impl WorkerLane {
    fn poll(&self, number: u64, ticket: Ticket, cx: &mut Context<'_>) -> Poll<Outcome> {
        if let Some(outcome) = self.outcomes.outcome(ticket) {
            return Poll::Ready(outcome);
        }
        self.waiting.borrow_mut().enter(number, cx.waker());
        Poll::Pending
    }
}

/// Who waits, by ticket. Almost always entered at the end and left at the front.
#[derive(Default)]
struct Waiting(VecDeque<(u64, Waker)>);

impl Waiting {
    fn enter(&mut self, number: u64, waker: &Waker) {
        if self.0.back().is_none_or(|(last, _)| *last < number) {
            self.0.push_back((number, waker.clone()));
            return;
        }
        // A task that is polled again for another reason stands here already; two tasks may wait for one ticket.
        let first = self.0.partition_point(|(other, _)| *other < number);
        let same = self.0.range(first..).take_while(|(other, _)| *other == number);
        if !same.into_iter().any(|(_, other)| other.will_wake(waker)) {
            self.0.insert(first, (number, waker.clone()));
        }
    }

    fn wake_up_to(&mut self, number: u64) {
        while self.0.front().is_some_and(|(first, _)| *first <= number) {
            if let Some((_, waker)) = self.0.pop_front() {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn tasks_are_woken_in_the_order_of_their_tickets_and_once_each() {
        let counted = [0, 1, 2].map(|_| Arc::new(Counted(AtomicUsize::new(0))));
        let wakers = counted.clone().map(Waker::from);
        let woken = || counted.each_ref().map(|one| one.0.load(Ordering::Relaxed));
        let mut waiting = Waiting::default();
        waiting.enter(7, &wakers[1]);
        waiting.enter(5, &wakers[0]);
        waiting.enter(7, &wakers[1]);
        waiting.enter(7, &wakers[2]);
        waiting.wake_up_to(4);
        assert_eq!(woken(), [0, 0, 0]);
        waiting.wake_up_to(6);
        assert_eq!(woken(), [1, 0, 0]);
        waiting.wake_up_to(u64::MAX);
        assert_eq!(woken(), [1, 1, 1]);
        assert!(waiting.0.is_empty());
    }

    #[test]
    fn a_ticket_of_another_threads_lane_can_be_waited_for() {
        let (intake, mut owners) = Intake::<u64>::new(2, 4);
        let other = owners.pop().expect("a second lane");
        let ticket = other.permit().expect("room").push(1);
        let waiting = std::thread::spawn(move || {
            install_lane(owners.pop().expect("a first lane"));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            runtime.expect("a runtime").block_on(settled(ticket))
        });
        intake.settle(other.no(), 1, Outcome::NotWritten);
        assert_eq!(waiting.join().expect("no panic"), Outcome::NotWritten);
    }
}
