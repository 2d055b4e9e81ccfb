//! The allocator's word and the hand-over to the committer, under every order of steps that the memory model allows.
//!
//! Run by `cargo test --features loom --test loom --release`. Capacities are shrunk so that the models stay small.

use std::sync::Arc;

use kaichang::domain::units::UnitMask;
use kaichang::engine::lane::{Intake, LaneNo, Overloaded};
use kaichang::engine::log::Outcome;
use kaichang::engine::word::{PitchDay, Refused, claim};
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
        while intake.outcome(ticket).is_none() {
            thread::yield_now();
        }
        assert_eq!(intake.outcome(ticket), Some(Outcome::Durable));
        assert_eq!(shown.load(Ordering::Relaxed), 1);
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

const UNITS: UnitMask = UnitMask::from_bits(0b11);

fn two_leaves() -> Arc<[PitchDay; 2]> {
    Arc::new([PitchDay::new(UnitMask::EMPTY), PitchDay::new(UnitMask::EMPTY)])
}

#[test]
fn of_two_claims_on_one_leaf_exactly_one_wins() {
    loom::model(|| {
        let leaves = two_leaves();
        let other = Arc::clone(&leaves);
        let rival = thread::spawn(move || claim(&other[..1], UNITS).is_ok());
        let won = claim(&leaves[..1], UNITS).is_ok();
        assert!(won != rival.join().expect("no panic"), "I1");
    });
}

#[test]
fn a_whole_and_its_part_are_never_both_sold() {
    loom::model(|| {
        let leaves = two_leaves();
        let other = Arc::clone(&leaves);
        let part = thread::spawn(move || claim(&other[1..], UNITS).is_ok());
        let whole = claim(&leaves[..], UNITS).is_ok();
        let part = part.join().expect("no panic");
        assert!(!(whole && part), "I1");
        assert!(whole || part, "one of the two has it");
        assert_eq!(leaves[0].claimed() == UNITS, whole);
        assert_eq!(leaves[1].claimed(), UNITS);
    });
}

#[test]
fn no_claim_goes_by_the_old_mask_once_units_are_closed() {
    loom::model(|| {
        let leaves = two_leaves();
        let other = Arc::clone(&leaves);
        let closer = thread::spawn(move || {
            other[0].set_closed(UNITS);
            other[0].claimed()
        });
        let mine = claim(&leaves[..1], UNITS);
        let claimed_after_close = closer.join().expect("no panic");
        match mine {
            Ok(()) => {
                assert_eq!(claimed_after_close, UNITS, "who won came before the closing and is seen by it")
            }
            Err(refused) => assert_eq!(refused, Refused::Closed),
        }
    });
}
