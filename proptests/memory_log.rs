//! A log in memory that does what the journal does, one step at a time: takes records, keeps their bytes, settles them.

use std::cell::Cell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use kaichang::domain::draw::Seed;
use kaichang::domain::event::Event;
use kaichang::domain::time::UtcMillis;
use kaichang::engine::forgetting::Archive;
use kaichang::engine::lane::{Intake, LaneNo};
use kaichang::engine::log::{Outcome, Sequence, Settle};
use kaichang::engine::replay::{Replay, Replayed};
use kaichang::engine::settle::Settlement;
use kaichang::engine::snapshot::{Loaded, Loader};
use kaichang::engine::timekeeper::Timekeeper;
use kaichang::engine::{CommandLane, Engine};

/// The seed of every queue.
pub(crate) const QUEUE_SEED: Seed = Seed([3; 32]);

/// The pieces of a snapshot, each with its section's tag.
type Pieces = Vec<(u32, Vec<u8>)>;

fn replay_all(mut replay: Replay, kept: &[(UtcMillis, Vec<u8>)]) -> Replayed {
    for (index, (at, bytes)) in kept.iter().enumerate() {
        let sequence = Sequence::new(index as u64 + 1);
        replay.apply(sequence, *at, bytes).expect("what was kept can be replayed");
    }
    replay.finish_to_keep().expect("a city")
}

fn snapshot(replayed: &Replayed) -> Pieces {
    let mut pieces = Vec::new();
    let given = replayed.dump(|section, piece| {
        pieces.push((section.tag(), piece.to_vec()));
        Ok::<_, Infallible>(())
    });
    let Ok(()) = given;
    pieces
}

fn load(pieces: &Pieces) -> Loaded {
    let mut loader = Loader::default();
    for (tag, piece) in pieces {
        loader.take(*tag, piece).expect("what was dumped can be loaded");
    }
    loader.finish().expect("a city")
}

/// Has everything a moment later: every second time that it is asked.
struct LaterArchive {
    memory_days: u16,
    asked: Cell<u64>,
}

impl Archive for LaterArchive {
    fn memory_days(&self) -> Option<u16> {
        Some(self.memory_days)
    }

    fn durable(&self) -> u64 {
        7
    }

    fn has(&self, record: u64) -> bool {
        self.asked.set(self.asked.get() + 1);
        record == 7 && self.asked.get().is_multiple_of(2)
    }

    fn can_be_asked(&self) -> bool {
        true
    }
}

/// A city on a log in memory, with a lane for commands and one for its timekeeper.
pub(crate) struct City {
    pub(crate) engine: Arc<Engine>,
    pub(crate) lane: CommandLane,
    pub(crate) timekeeper: Timekeeper,
    pub(crate) kept: Vec<(UtcMillis, Vec<u8>)>,
    pub(crate) intake: Arc<Intake<Event>>,
    settlement: Settlement,
    taken: VecDeque<(LaneNo, Event)>,
}

impl City {
    /// A city from what a log has kept.
    pub(crate) fn from_log(kept: Vec<(UtcMillis, Vec<u8>)>) -> Self {
        let replayed = replay_all(Replay::new(), &kept);
        Self::of(replayed.engine, kept)
    }

    /// The same by way of a snapshot of what the first ones came to, and of one of what some more came to.
    pub(crate) fn by_snapshots(kept: Vec<(UtcMillis, Vec<u8>)>, cuts: [usize; 2]) -> Self {
        let mut replayed = replay_all(Replay::new(), &kept[..cuts[0]]);
        for (from, to) in [(cuts[0], cuts[1]), (cuts[1], kept.len())] {
            let replay = Replay::behind(load(&snapshot(&replayed)), kept[from - 1].0);
            replayed = replay_all(replay, &kept[from..to]);
        }
        assert_eq!(snapshot(&replayed), snapshot(&replay_all(Replay::new(), &kept)), "another snapshot");
        Self::of(replayed.engine, kept)
    }

    fn of(engine: Engine, kept: Vec<(UtcMillis, Vec<u8>)>) -> Self {
        let engine = Arc::new(engine);
        let (intake, mut owners) = Intake::new(2, 64);
        let timekeeper = Timekeeper::new(CommandLane::new(owners.pop().expect("a lane")))
            .with_seeds(Box::new(|_, _| QUEUE_SEED))
            .with_return_seeds(Box::new(|_, _| crate::small_city::RETURN_SEED));
        let lane = CommandLane::new(owners.pop().expect("a lane"));
        let settlement = Settlement::new(Arc::clone(&engine), Arc::clone(&intake));
        Self { engine, lane, timekeeper, kept, intake, settlement, taken: VecDeque::new() }
    }

    /// The same, which forgets what is older than so many days, so many numbers at a time.
    pub(crate) fn forgetting(self, memory_days: u16, piece: u32) -> Self {
        let archive = Box::new(LaterArchive { memory_days, asked: Cell::new(0) });
        Self { timekeeper: self.timekeeper.with_archive(archive, piece), ..self }
    }

    pub(crate) fn found(events: &[Event], at: UtcMillis) -> Self {
        let encode = |event: &Event| {
            let mut bytes = Vec::new();
            event.encode(&mut bytes);
            (at, bytes)
        };
        Self::from_log(events.iter().map(encode).collect())
    }

    /// Settles the one record that a command has queued: there is no other.
    pub(crate) fn settle_the_one(&mut self, at: UtcMillis, is_written: bool) {
        let outcome = if is_written { Outcome::Durable } else { Outcome::NotWritten };
        assert_eq!(self.settle(at, usize::MAX, outcome), 1);
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
