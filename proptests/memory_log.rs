//! A log in memory that does what the journal does, one step at a time: takes records, keeps their bytes, settles them.

use std::collections::VecDeque;
use std::sync::Arc;

use kaichang::domain::event::Event;
use kaichang::domain::time::UtcMillis;
use kaichang::engine::lane::{Intake, LaneNo};
use kaichang::engine::log::{Outcome, Sequence, Settle};
use kaichang::engine::replay::Replay;
use kaichang::engine::settle::Settlement;
use kaichang::engine::timekeeper::Timekeeper;
use kaichang::engine::{CommandLane, Engine};

/// A city on a log in memory, with a lane for commands and one for its timekeeper.
pub(crate) struct City {
    pub(crate) engine: Arc<Engine>,
    pub(crate) lane: CommandLane,
    pub(crate) timekeeper: Timekeeper,
    pub(crate) kept: Vec<(UtcMillis, Vec<u8>)>,
    intake: Arc<Intake<Event>>,
    settlement: Settlement,
    taken: VecDeque<(LaneNo, Event)>,
}

impl City {
    /// A city from what a log has kept.
    pub(crate) fn from_log(kept: Vec<(UtcMillis, Vec<u8>)>) -> Self {
        let mut replay = Replay::new();
        for (index, (at, bytes)) in kept.iter().enumerate() {
            let sequence = Sequence::new(index as u64 + 1);
            replay.apply(sequence, *at, bytes).expect("what was kept can be replayed");
        }
        let engine = Arc::new(replay.finish().expect("a city"));
        let (intake, mut owners) = Intake::new(2, 64);
        let timekeeper = Timekeeper::new(CommandLane::new(owners.pop().expect("a lane")));
        let lane = CommandLane::new(owners.pop().expect("a lane"));
        let settlement = Settlement::new(Arc::clone(&engine), Arc::clone(&intake));
        Self { engine, lane, timekeeper, kept, intake, settlement, taken: VecDeque::new() }
    }

    pub(crate) fn found(events: &[Event], at: UtcMillis) -> Self {
        let encode = |event: &Event| {
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            (at, bytes)
        };
        Self::from_log(events.iter().map(encode).collect())
    }

    /// Settles up to `count` records: kept when `outcome` is durable.
    pub(crate) fn settle(&mut self, at: UtcMillis, count: usize, outcome: Outcome) -> usize {
        let mut taken = Vec::new();
        self.intake.take(usize::MAX, &mut taken);
        self.taken.extend(taken);
        let count = count.min(self.taken.len());
        for (lane, event) in self.taken.drain(..count) {
            match outcome {
                Outcome::Durable => {
                    let mut bytes = Vec::new();
                    event.encode(&mut bytes);
                    self.kept.push((at, bytes));
                    self.settlement.durable(Sequence::new(self.kept.len() as u64), at, event);
                }
                Outcome::NotWritten => self.settlement.not_written(event),
                Outcome::Unknown => {}
            }
            self.intake.settle(lane, 1, outcome);
        }
        count
    }

    /// Turns the clock's wheel and settles what comes, until nothing does.
    pub(crate) fn let_time_pass(&mut self, now: UtcMillis) {
        loop {
            let more = self.timekeeper.tick(&self.engine, now);
            if self.settle(now, usize::MAX, Outcome::Durable) == 0 && !more {
                return;
            }
        }
    }

    /// Turns the clock's wheel once, and nothing of what comes is written.
    pub(crate) fn let_time_pass_unwritten(&mut self, now: UtcMillis) {
        self.timekeeper.tick(&self.engine, now);
        self.settle(now, usize::MAX, Outcome::NotWritten);
    }
}
