//! The hand-over to the committer, under every order of steps that the memory model allows.
//!
//! Run by `cargo test --features loom --test loom --release`. Capacities are shrunk so that the models stay small.

use std::sync::Arc;

use kaichang::engine::lane::{Intake, LaneNo, Overloaded};
use kaichang::engine::log::Outcome;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

#[test]
fn a_committer_that_sleeps_is_woken_by_the_push_that_follows() {
    loom::model(|| {
        let (intake, mut owners) = Intake::<u32>::new(1, 2);
        let owner = owners.pop().expect("one lane");
        let producer = thread::spawn(move || owner.permit().expect("room").push(7));
        let mut taken = Vec::new();
        while taken.is_empty() {
            // A lost wake-up would leave this thread asleep for ever, which loom reports as a deadlock.
            intake.wait_for_records();
            intake.take(8, &mut taken);
        }
        assert_eq!(taken, [(LaneNo::new(0), 7)]);
        let _ = producer.join();
    });
}

#[test]
fn who_sees_a_ticket_settled_sees_what_the_committer_wrote_before() {
    loom::model(|| {
        let (intake, mut owners) = Intake::<u32>::new(1, 2);
        let owner = owners.pop().expect("one lane");
        let shown = Arc::new(AtomicU64::new(0));
        let ticket = owner.permit().expect("room").push(7);
        let committer = {
            let (intake, shown) = (Arc::clone(&intake), Arc::clone(&shown));
            thread::spawn(move || {
                let mut taken = Vec::new();
                intake.take(8, &mut taken);
                shown.store(1, Ordering::Relaxed);
                intake.settle(LaneNo::new(0), 1, Outcome::Durable);
            })
        };
        if intake.outcome(ticket) == Some(Outcome::Durable) {
            assert_eq!(shown.load(Ordering::Relaxed), 1);
        }
        let _ = committer.join();
    });
}

#[test]
fn a_barrier_sees_what_the_commands_before_it_queued() {
    loom::model(|| {
        let (intake, mut owners) = Intake::<u32>::new(1, 2);
        let owner = owners.pop().expect("one lane");
        let mask_changed = Arc::new(AtomicU64::new(0));
        let command = {
            let mask_changed = Arc::clone(&mask_changed);
            thread::spawn(move || {
                let _command = owner.begin_command();
                if mask_changed.load(Ordering::Relaxed) == 0 {
                    let _ = owner.permit().expect("room").push(7);
                }
                // Else it went by the new mask and queued nothing.
            })
        };
        mask_changed.store(1, Ordering::Relaxed);
        intake.await_commands();
        // Whatever goes by the old mask has queued by now: nothing may come later.
        let queued = intake.queued();
        let _ = command.join();
        assert_eq!(intake.queued(), queued, "a command slipped past the barrier");
    });
}

#[test]
fn outstanding_records_never_exceed_the_bound() {
    loom::model(|| {
        let (intake, mut owners) = Intake::<u32>::new(1, 1);
        let owner = owners.pop().expect("one lane");
        let _ = owner.permit().expect("room").push(1);
        assert_eq!(owner.permit().err(), Some(Overloaded));
        let committer = thread::spawn(move || {
            let mut taken = Vec::new();
            intake.take(8, &mut taken);
            assert_eq!(taken.len(), 1);
            intake.settle(LaneNo::new(0), 1, Outcome::Durable);
        });
        if let Ok(permit) = owner.permit() {
            let _ = permit.push(2);
        }
        let _ = committer.join();
    });
}
