//! What the journal's simulations run and how they judge what a start finds afterwards.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaichang::domain::clock::Clock;
use kaichang::domain::time::UtcMillis;
use kaichang::engine::lane::{Intake, Ticket};
use kaichang::engine::log::{Outcome, Record, Sequence, Settle};
use kaichang::journal::{
    Journal, JournalError, Options, Planted, Position, SeededEntropy, Step, read_sealed, repack, retire,
};

use crate::sim_disk::SimDisk;

pub(crate) const LANES: usize = 3;

/// Small, so that a script fills several.
pub(crate) const SEGMENT_BYTES: u64 = 80 * 1024;

/// A small generator: runs must be repeatable by their seed and nothing else.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }
}

/// Whether the long form of the simulations was asked for.
pub(crate) fn torture() -> bool {
    std::env::var_os("KAICHANG_TORTURE").is_some()
}

/// Goes on by a millisecond a look, and back now and then.
#[derive(Default)]
struct ScriptClock(AtomicI64);

impl Clock for ScriptClock {
    fn now(&self) -> UtcMillis {
        let looks = self.0.fetch_add(1, Ordering::Relaxed);
        UtcMillis::new(1_800_000_000_000 + looks - if looks % 7 == 0 { 5 } else { 0 })
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// A record that nobody else has: lane, number, and bytes that follow from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbered {
    lane: usize,
    number: u64,
    length: usize,
}

impl Numbered {
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

impl Record for Numbered {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(format!("{} {} ", self.lane, self.number).bytes());
        let mut rng = Rng::new(self.number * 8 + self.lane as u64 + 1);
        for _ in 0..self.length / 8 {
            out.extend(rng.next().to_le_bytes());
        }
    }
}

/// What the world was told.
#[derive(Debug, Default, Clone)]
pub(crate) struct History {
    /// By sequence, with the moment.
    acknowledged: BTreeMap<u64, (UtcMillis, Vec<u8>)>,
    refused: BTreeSet<Vec<u8>>,
    /// Pushed and without an outcome, in the order of each lane.
    open: Vec<VecDeque<Vec<u8>>>,
    pushed: u64,
    snapshots: Vec<Snapshot>,
    upkeep_failed: u64,
}

/// What a reader of sealed segments kept: where they end, in the position's own bytes, and what stood before.
#[derive(Debug, Clone)]
struct Snapshot {
    position: Vec<u8>,
    found: Found,
}

impl Snapshot {
    fn position(&self) -> Position {
        Position::decode(&self.position).expect("a position is read back")
    }
}

#[derive(Clone, Default)]
struct Listener(Arc<Mutex<History>>);

impl Listener {
    fn lock(&self) -> MutexGuard<'_, History> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Settle<Numbered> for Listener {
    fn durable(&mut self, sequence: Sequence, at: UtcMillis, record: Numbered) {
        let mut history = self.lock();
        assert_eq!(history.open[record.lane].pop_front(), Some(record.bytes()), "a lane keeps its order");
        assert!(history.acknowledged.insert(sequence.get(), (at, record.bytes())).is_none());
    }

    fn not_written(&mut self, record: Numbered) {
        let mut history = self.lock();
        assert_eq!(history.open[record.lane].pop_front(), Some(record.bytes()), "a lane keeps its order");
        history.refused.insert(record.bytes());
    }
}

/// What a start found.
pub(crate) type Found = BTreeMap<u64, (UtcMillis, Vec<u8>)>;

/// What is done about segments while the journal is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// They are filled, and that is all.
    None,
    /// They are sealed early, and snapshots are kept of them.
    Snapshots,
    /// The sealed ones are packed too, and go when two snapshots stand behind them.
    All,
}

/// How a simulation is run.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) seed: u64,
    pub(crate) planted: Planted,
    pub(crate) upkeep: Upkeep,
}

impl Setting {
    /// A journal that is only written.
    pub(crate) const fn of_seed(seed: u64) -> Self {
        Self { seed, planted: Planted::none(), upkeep: Upkeep::None }
    }

    fn options(self, life: u64) -> Options {
        Options {
            segment_bytes: SEGMENT_BYTES,
            entropy: Arc::new(SeededEntropy::new(self.seed * 1_000 + life)),
            planted: self.planted,
            ..Options::default()
        }
    }

    /// Starts the journal on a disk and shows what it found.
    pub(crate) fn open(self, disk: &SimDisk, life: u64) -> Result<(Journal<SimDisk>, Found), JournalError> {
        self.open_behind(disk, life, None)
    }

    /// The same from a snapshot on, whose records count as found.
    fn open_behind(
        self,
        disk: &SimDisk,
        life: u64,
        snapshot: Option<&Snapshot>,
    ) -> Result<(Journal<SimDisk>, Found), JournalError> {
        let position = snapshot.map(Snapshot::position);
        let mut found = snapshot.map(|snapshot| snapshot.found.clone()).unwrap_or_default();
        let disk = disk.clone();
        let options = self.options(life);
        let journal = Journal::open_behind(disk, options, position.as_ref(), |sequence, at, bytes| {
            assert!(
                position.as_ref().is_none_or(|position| sequence > position.last()),
                "only what is behind"
            );
            found.insert(sequence.get(), (at, bytes.to_vec()));
            Ok::<_, Infallible>(())
        })?;
        Ok((journal, found))
    }

    /// What a server's background work does with sealed segments. A failure of the disk hinders nobody there.
    fn keep_up(self, disk: &SimDisk, listener: &Listener) {
        let kept = self.keep_snapshot(disk, listener).and_then(|()| match self.upkeep {
            Upkeep::All => self.pack_and_retire(disk, listener),
            Upkeep::None | Upkeep::Snapshots => Ok(()),
        });
        match kept {
            Ok(()) => {}
            Err(JournalError::Io { .. }) => listener.lock().upkeep_failed += 1,
            Err(error) => panic!("seed {}: {error}", self.seed),
        }
    }

    fn pack_and_retire(self, disk: &SimDisk, listener: &Listener) -> Result<(), JournalError> {
        let snapshots = listener.lock().snapshots.clone();
        let [.., older, newest] = snapshots.as_slice() else { return Ok(()) };
        let (older, newest) = (older.position().segment(), newest.position().segment());
        for number in older..=newest {
            repack(disk, number)?;
        }
        retire(disk, older)?;
        Ok(())
    }

    /// Keeps a snapshot of what is sealed by now.
    fn keep_snapshot(self, disk: &SimDisk, listener: &Listener) -> Result<(), JournalError> {
        let before = listener.lock().snapshots.last().cloned();
        let mut found = before.as_ref().map(|snapshot| snapshot.found.clone()).unwrap_or_default();
        let behind = before.as_ref().map(Snapshot::position);
        let position = read_sealed(disk, behind.as_ref(), |sequence, at, bytes| {
            found.insert(sequence.get(), (at, bytes.to_vec()));
            Ok::<_, Infallible>(())
        })?;
        if let Some(position) = position {
            let mut bytes = Vec::new();
            position.encode(&mut bytes);
            listener.lock().snapshots.push(Snapshot { position: bytes, found });
        }
        Ok(())
    }

    /// Runs two lives of a journal, or as far as the disk lets them. A refused record is followed by others.
    pub(crate) fn run(self, disk: &SimDisk) -> (History, Result<(), JournalError>) {
        let listener = Listener::default();
        listener.lock().open = vec![VecDeque::new(); LANES];
        let mut rng = Rng::new(self.seed + 1);
        let mut result = Ok(());
        for life in 0..2 {
            result = self.live(disk, life, &listener, &mut rng);
            if result.is_err() {
                break;
            }
        }
        let history = listener.lock().clone();
        (history, result)
    }

    fn live(self, disk: &SimDisk, life: u64, listener: &Listener, rng: &mut Rng) -> Result<(), JournalError> {
        let snapshot = listener.lock().snapshots.last().cloned();
        let (journal, found) = self.open_behind(disk, life, snapshot.as_ref())?;
        assert_eq!(found, listener.lock().acknowledged, "a start after a stop finds what was acknowledged");
        let (intake, owners) = Intake::new(LANES, 64);
        let mut committer =
            journal.committer(Arc::clone(&intake), listener.clone(), Arc::new(ScriptClock::default()));
        for round in 0..12 {
            let mut tickets: Vec<(Ticket, Vec<u8>)> = Vec::new();
            for _ in 0..1 + rng.below(6) {
                let lane = usize::try_from(rng.below(LANES as u64)).expect("small");
                let length = match rng.below(8) {
                    0 => 9_000,
                    1 | 2 => 3_000,
                    _ => 90,
                };
                let mut history = listener.lock();
                let record = Numbered { lane, number: history.pushed, length };
                history.pushed += 1;
                history.open[lane].push_back(record.bytes());
                drop(history);
                let bytes = record.bytes();
                tickets.push((owners[lane].permit().expect("room").push(record), bytes));
            }
            while committer.step()? != Step::Idle {}
            let history = listener.lock();
            for (ticket, bytes) in tickets {
                let expected =
                    if history.refused.contains(&bytes) { Outcome::NotWritten } else { Outcome::Durable };
                assert_eq!(intake.outcome(ticket), Some(expected));
            }
            drop(history);
            if self.upkeep != Upkeep::None && round % 3 == 2 {
                committer.handle().seal();
                committer.step()?;
            }
            // Only after more was written: what a seal left undone is not to be made up for by the reader's sync.
            if self.upkeep != Upkeep::None && round % 3 == 0 {
                self.keep_up(disk, listener);
            }
        }
        Ok(())
    }

    /// Starts twice on a disk, and says what is wrong with what was found, given what the world was told: from the last two
    /// snapshots, and from nothing as long as all segments must be there.
    ///
    /// A refusal to start is right only when the disk was damaged.
    pub(crate) fn judge(self, disk: &SimDisk, history: &History) -> Result<(), String> {
        let snapshots = &history.snapshots;
        for snapshot in &snapshots[snapshots.len().saturating_sub(2)..] {
            self.judge_behind(&disk.copied(), history, Some(snapshot))
                .map_err(|why| format!("behind {:?}: {why}", snapshot.position()))?;
        }
        match self.upkeep {
            Upkeep::All if snapshots.len() > 1 => Ok(()),
            Upkeep::All | Upkeep::None | Upkeep::Snapshots => self.judge_behind(disk, history, None),
        }
    }

    fn judge_behind(
        self,
        disk: &SimDisk,
        history: &History,
        snapshot: Option<&Snapshot>,
    ) -> Result<(), String> {
        let (journal, found) =
            self.open_behind(disk, 77, snapshot).map_err(|error| format!("refused to start: {error}"))?;
        let epoch = journal.recovered().epoch;
        drop(journal);
        history.judge(&found)?;
        let (journal, again) = self
            .open_behind(disk, 78, snapshot)
            .map_err(|error| format!("refused the second start: {error}"))?;
        if again != found || journal.recovered().epoch != epoch + 1 {
            return Err("the second start found something else than the first".to_owned());
        }
        Ok(())
    }
}

impl History {
    /// What was acknowledged is there; what else is there was pushed, not refused, and is the head of its lane.
    pub(crate) fn judge(&self, found: &Found) -> Result<(), String> {
        for (sequence, told) in &self.acknowledged {
            match found.get(sequence) {
                Some(there) if there == told => {}
                Some(_) => return Err(format!("record {sequence} is another than the acknowledged one")),
                None => return Err(format!("record {sequence} was acknowledged and is gone")),
            }
        }
        let mut open = self.open.clone();
        let last_acknowledged = self.acknowledged.keys().last().copied().unwrap_or(0);
        let mut last_at = UtcMillis::new(0);
        for (sequence, (at, bytes)) in found {
            if *at < last_at {
                return Err(format!("record {sequence} is older than the one before it"));
            }
            last_at = *at;
            if self.acknowledged.contains_key(sequence) {
                continue;
            }
            if self.refused.contains(bytes) {
                return Err(format!("record {sequence} was said to be not written"));
            }
            if *sequence < last_acknowledged {
                return Err(format!("record {sequence} stands between acknowledged ones"));
            }
            if !open.iter_mut().any(|lane| lane.front() == Some(bytes) && lane.pop_front().is_some()) {
                return Err(format!("record {sequence} was never pushed, or a record before it is missing"));
            }
        }
        Ok(())
    }

    pub(crate) fn acknowledged(&self) -> &Found {
        &self.acknowledged
    }

    pub(crate) fn snapshots(&self) -> usize {
        self.snapshots.len()
    }

    pub(crate) fn upkeep_failed(&self) -> u64 {
        self.upkeep_failed
    }

    pub(crate) fn refused(&self) -> usize {
        self.refused.len()
    }
}
