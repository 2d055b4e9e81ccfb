//! The allocator's word, a booking's word and the hand-over to the committer, under every order of steps that the memory model allows.
//!
//! Run by `cargo test --features loom --test loom --release`. Capacities are shrunk so that the models stay small.

#[path = "loom/booking.rs"]
mod booking;

use std::sync::Arc;

use kaichang::domain::units::UnitMask;
use kaichang::engine::lane::{Intake, LaneNo, Overloaded};
use kaichang::engine::log::Outcome;
use kaichang::engine::quota_word::{DenseLimits, Exceeded, QuotaWords};
use kaichang::engine::session::{self, Places, SlotCount};
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

/// Written by the committer before it settles, read by whoever waited: loom reports a read that the settling doesn't order.
struct Shown(loom::cell::UnsafeCell<u64>);

// SAFETY: loom checks that the accesses are ordered, which is what the model is for.
#[expect(unsafe_code, reason = "the model's own cell")]
unsafe impl Sync for Shown {}

#[test]
fn who_sees_a_ticket_settled_sees_what_the_committer_wrote_before() {
    loom::model(|| {
        let (intake, mut owners) = Intake::<u32>::new(1, 2);
        let owner = owners.pop().expect("one lane");
        let shown = Arc::new(Shown(loom::cell::UnsafeCell::new(0)));
        let ticket = owner.permit().expect("room").push(7);
        let committer = {
            let (intake, shown) = (Arc::clone(&intake), Arc::clone(&shown));
            thread::spawn(move || {
                let mut taken = Vec::new();
                intake.take(8, &mut taken);
                // SAFETY: nobody reads before the ticket is settled.
                #[expect(unsafe_code, reason = "the model's own cell")]
                shown.0.with_mut(|value| unsafe { *value = 1 });
                intake.settle(LaneNo::new(0), 1, Outcome::Durable);
            })
        };
        while intake.outcome(ticket).is_none() {
            thread::yield_now();
        }
        // SAFETY: the committer wrote before it settled, and never again.
        #[expect(unsafe_code, reason = "the model's own cell")]
        shown.0.with(|value| assert_eq!(unsafe { *value }, 1));
        let _ = committer.join();
        assert_eq!(intake.outcome(ticket), Some(Outcome::Durable));
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

#[test]
fn what_passed_before_a_closure_has_queued_when_the_barrier_is_through() {
    loom::model(|| {
        let (intake, mut owners) = Intake::<u32>::new(1, 2);
        let owner = owners.pop().expect("one lane");
        let leaves = two_leaves();
        let other = Arc::clone(&leaves);
        let booking = thread::spawn(move || {
            let _command = owner.begin_command();
            let permit = owner.permit().expect("room");
            if claim(&other[..1], UNITS).is_ok() {
                let _ = permit.push(7);
            }
        });
        leaves[0].set_closed(UNITS);
        intake.await_commands();
        // The job that deals with the bookings inside a closure relies on this.
        let (claimed, queued) = (leaves[0].claimed(), intake.queued());
        assert_eq!(claimed == UNITS, queued == 1, "I1: a claim that nobody will hear of");
        let _ = booking.join();
        assert_eq!((leaves[0].claimed(), intake.queued()), (claimed, queued), "nothing came later");
    });
}

const DAY_LIMITS: DenseLimits = DenseLimits { day: Some(1), live: Some(2) };

#[test]
fn of_two_bookings_for_the_last_place_of_a_quota_one_gets_it() {
    loom::model(|| {
        let words = Arc::new(QuotaWords::default());
        let other = Arc::clone(&words);
        let rival = thread::spawn(move || other.take(3, DAY_LIMITS).is_ok());
        let won = words.take(3, DAY_LIMITS).is_ok();
        assert!(won != rival.join().expect("no panic"), "I4");
        assert_eq!((words.day(3), words.live()), (1, 1));
    });
}

#[test]
fn a_day_beyond_the_first_word_and_the_live_count_never_exceed_their_limits() {
    loom::model(|| {
        let words = Arc::new(QuotaWords::default());
        let limits = DenseLimits { day: Some(1), live: Some(1) };
        let other = Arc::clone(&words);
        let rival = thread::spawn(move || other.take(20, limits));
        let mine = words.take(21, limits);
        let rival = rival.join().expect("no panic");
        assert!(!(mine.is_ok() && rival.is_ok()), "I4");
        assert!(mine.is_ok() || rival.is_ok(), "one of the two has it");
        let refused = if mine.is_ok() { rival } else { mine };
        assert_eq!(refused, Err(Exceeded::Live { used: 1 }));
        assert_eq!(words.day(20) + words.day(21), 1);
        assert_eq!(words.live(), 1);
    });
}

#[test]
fn a_session_is_never_sold_over_its_capacity() {
    loom::model(|| {
        let day = Arc::new((PitchDay::new(UnitMask::EMPTY), [SlotCount::default(), SlotCount::default()]));
        let wanted = Places::online(2, 3);
        let other = Arc::clone(&day);
        let rival = thread::spawn(move || session::claim(&other.0, &other.1, UNITS, wanted).is_ok());
        let won = session::claim(&day.0, &day.1[1..], UNITS, wanted).is_ok();
        let rival = rival.join().expect("no panic");
        assert!(!(won && rival), "I1");
        assert!(won || rival, "one of the two has it");
        assert_eq!(day.1[0].sold(), if rival { 2 } else { 0 });
        assert_eq!(day.1[1].sold(), 2);
    });
}

#[test]
fn no_place_of_a_session_is_sold_by_the_old_mask_once_it_is_closed() {
    loom::model(|| {
        let day = Arc::new((PitchDay::new(UnitMask::EMPTY), [SlotCount::default()]));
        let other = Arc::clone(&day);
        let closer = thread::spawn(move || {
            other.0.set_closed(UNITS);
            other.1[0].bump();
            other.1[0].sold()
        });
        let mine = session::claim(&day.0, &day.1, UNITS, Places::online(1, 1));
        let sold_after_close = closer.join().expect("no panic");
        match mine {
            Ok(()) => assert_eq!(sold_after_close, 1, "who won came before the closing and is seen by it"),
            Err(refused) => assert_eq!(refused, Refused::Closed),
        }
    });
}
