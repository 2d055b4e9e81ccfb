//! I2, the engine's part: each ticket learns the outcome of its own record and of no other.

use std::collections::{BTreeMap, VecDeque};

use kaichang::engine::lane::{Intake, LaneNo, Ticket};
use kaichang::engine::log::Outcome;
use proptest::prelude::*;

const LANES: usize = 3;
const OUTSTANDING_MAX: u32 = 4;

#[derive(Debug, Clone)]
enum Step {
    Push { lane: usize },
    Settle { lane: usize, count: usize, written: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..LANES).prop_map(|lane| Step::Push { lane }),
        (0..LANES, 1..4usize, any::<bool>()).prop_map(|(lane, count, written)| Step::Settle {
            lane,
            count,
            written
        }),
    ]
}

proptest! {
    #[test]
    fn each_ticket_learns_its_own_outcome(steps in prop::collection::vec(step(), 1..200)) {
        let (intake, owners) = Intake::<u64>::new(LANES, OUTSTANDING_MAX);
        let mut waiting: Vec<VecDeque<(u64, Ticket)>> = vec![VecDeque::new(); LANES];
        let mut expected: BTreeMap<u64, (Ticket, Option<Outcome>)> = BTreeMap::new();
        let mut queues: Vec<VecDeque<u64>> = vec![VecDeque::new(); LANES];
        let mut next = 0;
        for step in steps {
            match step {
                Step::Push { lane } => {
                    let permit = owners[lane].permit();
                    prop_assert_eq!(permit.is_ok(), waiting[lane].len() < OUTSTANDING_MAX as usize);
                    if let Ok(permit) = permit {
                        let ticket = permit.push(next);
                        waiting[lane].push_back((next, ticket));
                        expected.insert(next, (ticket, None));
                        next += 1;
                    }
                }
                Step::Settle { lane, count, written } => {
                    let mut taken = Vec::new();
                    intake.take(usize::MAX, &mut taken);
                    for (lane, record) in taken {
                        queues[lane.index()].push_back(record);
                    }
                    let outcome = if written { Outcome::Durable } else { Outcome::NotWritten };
                    let mut settled = 0;
                    while settled < count {
                        let Some(record) = queues[lane].pop_front() else { break };
                        let (pushed, ticket) = waiting[lane].pop_front().expect("pushed before");
                        prop_assert_eq!(record, pushed, "a lane keeps its order");
                        expected.insert(record, (ticket, Some(outcome)));
                        settled += 1;
                    }
                    if settled > 0 {
                        intake.settle(LaneNo::new(lane), u32::try_from(settled).expect("few"), outcome);
                    }
                }
            }
            for (ticket, outcome) in expected.values() {
                prop_assert_eq!(intake.outcome(*ticket), *outcome);
            }
        }
        intake.halt();
        for (ticket, outcome) in expected.values() {
            prop_assert_eq!(intake.outcome(*ticket), Some(outcome.unwrap_or(Outcome::Unknown)));
        }
        prop_assert!(owners.iter().all(|owner| owner.permit().is_err()), "a stopped log takes nothing");
    }
}

#[test]
fn a_lane_that_is_always_full_does_not_starve_the_others() {
    let (intake, owners) = Intake::<usize>::new(3, 8);
    let mut taken = Vec::new();
    for _ in 0..8 {
        for owner in &owners {
            while let Ok(permit) = owner.permit() {
                let _ = permit.push(0);
            }
        }
        let mut batch = Vec::new();
        intake.take(5, &mut batch);
        for (lane, _) in &batch {
            intake.settle(*lane, 1, Outcome::Durable);
        }
        taken.extend(batch.into_iter().map(|(lane, _)| lane.index()));
    }
    for lane in 0..3 {
        assert!(taken.iter().filter(|&&one| one == lane).count() >= 8, "lane {lane} in {taken:?}");
    }
}
