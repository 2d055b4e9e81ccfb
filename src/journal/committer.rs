//! The thread that makes records durable: take what is queued, one write, one sync, tell all.
//!
//! Always: a record is settled after its frame is synced and never before; in the order of sequence, so of each lane in the
//! order of its pushes; the engine hears of it before those who wait do. After a failure that leaves a record's fate open
//! nothing is acknowledged or written any more.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::clock::Clock;
use crate::domain::time::UtcMillis;
use crate::engine::lane::{Intake, LaneNo};
use crate::engine::log::{Outcome, Record, Sequence, Settle};

use super::Options;
use super::appender::{AppendError, Appender, Ended};
use super::control::{Control, JournalHandle};
use super::disk::Disk;
use super::error::JournalError;
use super::frame::{FrameBuilder, NotAdded};
use super::layout::RECORD_BYTES_MAX;
use super::meters::Meters;
use super::planted::Planted;
use super::sealing::{AGAIN_AFTER, Sealing};
use super::spare::Wait;

/// How many records are held beyond the queues; a frame of the shortest sensible records has about so many.
const TAKEN_MAX: usize = 1024;

/// How long a batch waits for company.
///
/// Each batch costs a write, a sync and a wake-up of each lane, which a few dozen records share well enough. So how many came lately
/// decides: after small batches a record is committed at once, because nobody else may come; after large ones a little is waited
/// even for the first record, or every large batch would be followed by some of one or two; and enough are committed at once,
/// because waiting would gain nothing. When all workers rest, fewer are enough: nobody is on the way who could be waited for, and
/// there is processor time for one more sync.
#[derive(Debug, Clone, Copy)]
pub struct Gathering {
    /// While batches have had fewer, records are committed at once.
    pub records_min: usize,
    /// So many are committed at once.
    pub records_enough: usize,
    /// So many are committed at once when all workers rest.
    pub records_enough_at_rest: usize,
    /// Looked at again after each slice, and committed when a slice brought nothing new.
    pub slice: Duration,
    /// At most so many slices.
    pub slices_max: u32,
}

impl Default for Gathering {
    fn default() -> Self {
        Self {
            records_min: 8,
            records_enough: 128,
            records_enough_at_rest: 16,
            slice: Duration::from_micros(150),
            slices_max: 4,
        }
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing was queued.
    Idle,
    /// So many records are durable.
    Durable(usize),
    /// So many records are not written, and there may be room again later.
    NotWritten(usize),
}

/// The committer of one journal.
pub struct Committer<D: Disk, R: Record, S: Settle<R>> {
    appender: Appender<D>,
    intake: Arc<Intake<R>>,
    settle: S,
    clock: Arc<dyn Clock>,
    control: Arc<Control>,
    gathering: Gathering,
    sealing: Sealing,
    planted: Planted,
    /// How many records batches had lately, in eighths: each batch moves it by an eighth of the way.
    lately_eighths: usize,
    /// Taken from the lanes and not settled yet, in the order of sequence.
    taken: Vec<(LaneNo, R)>,
    frame: FrameBuilder,
    /// How many records of each lane the batch has.
    counts: Vec<u32>,
    meters: Meters,
}

impl<D: Disk, R: Record, S: Settle<R>> Committer<D, R, S> {
    pub(super) fn new(
        appender: Appender<D>,
        intake: Arc<Intake<R>>,
        settle: S,
        clock: Arc<dyn Clock>,
        control: Arc<Control>,
        options: &Options,
    ) -> Self {
        let lanes = intake.lanes();
        let committer = Self {
            appender,
            intake,
            settle,
            clock,
            control,
            gathering: options.gathering,
            sealing: Sealing::new(options.seal_after_ms),
            planted: options.planted,
            lately_eighths: 0,
            taken: Vec::with_capacity(TAKEN_MAX),
            frame: FrameBuilder::new(),
            counts: vec![0; lanes],
            meters: Meters::new(),
        };
        committer.publish();
        committer
    }

    /// A handle that stops this committer and shows how far it is.
    #[must_use]
    pub fn handle(&self) -> JournalHandle
    where
        R: 'static,
    {
        let intake = Arc::clone(&self.intake);
        JournalHandle::new(Arc::clone(&self.control), Arc::new(move || intake.wake_committer()))
    }

    /// Commits until it is told to stop and all is durable that was queued before.
    ///
    /// # Errors
    /// What left the fate of records open: the intake is halted, and the process must end.
    pub fn run(mut self) -> Result<(), JournalError> {
        loop {
            // Looked at first: what was pushed before the stop is then seen by the step.
            let stopping = self.control.is_stopping();
            if !stopping {
                self.gather();
            }
            if self.step()? == Step::Idle {
                if stopping {
                    // All is durable and told; the next start finds a segment that a snapshot can stand behind.
                    return self.seal(Wait::UntilReady).map(|_| ()).map_err(|error| self.stop(error));
                }
                self.seal_if_old(self.clock.now()).map_err(|error| self.stop(error))?;
                self.wait();
            }
        }
    }

    /// Until a record comes, someone asks for something, or the segment has become old.
    fn wait(&self) {
        // Whoever asked for a seal that was not possible is not made to wait for the next record.
        let asked = self.control.is_seal_asked().then_some(AGAIN_AFTER);
        match asked.or_else(|| self.sealing.look_after(self.appender.data_since(), self.clock.now())) {
            Some(duration) => self.intake.wait_for_records_at_most(duration),
            None => self.intake.wait_for_records(),
        }
    }

    fn seal_if_asked(&mut self) -> Result<(), AppendError> {
        if self.control.take_seal() && self.seal(Wait::No)? == Ended::NotYet {
            self.control.ask_seal();
        }
        Ok(())
    }

    fn seal_if_old(&mut self, now: UtcMillis) -> Result<(), AppendError> {
        if self.sealing.is_due(self.appender.data_since(), now) {
            self.seal(Wait::No)?;
        }
        Ok(())
    }

    /// Ends the segment in use if there is anything in it. A lack of room hinders nobody: the segment in use has some yet.
    fn seal(&mut self, wait: Wait) -> Result<Ended, AppendError> {
        if self.appender.data_since().is_none() {
            return Ok(Ended::Now);
        }
        let ended = match self.appender.begin_segment(wait) {
            Ok(ended) => ended,
            Err(AppendError::NoRoom(error)) => {
                self.sealing.failed(&error);
                Ended::NotYet
            }
            Err(fatal @ AppendError::Fatal(_)) => return Err(fatal),
        };
        if ended == Ended::Now {
            self.sealing.succeeded();
            self.publish();
        }
        Ok(ended)
    }

    /// Nothing may be acknowledged any more.
    fn stop(&self, error: AppendError) -> JournalError {
        let error = error.into_inner();
        tracing::error!(%error, source = ?std::error::Error::source(&error), "the journal stops: what is under way is unknown");
        self.intake.halt();
        error
    }

    fn gather(&self) {
        let Gathering { records_min, records_enough, records_enough_at_rest, slice, slices_max } =
            self.gathering;
        let attendance = self.intake.attendance();
        let mut queued = self.queued();
        if queued == 0 || queued.max(self.lately_eighths / 8) < records_min {
            return;
        }
        for _ in 0..slices_max {
            if queued >= records_enough || (queued >= records_enough_at_rest && attendance.all_rest()) {
                return;
            }
            if queued >= records_enough_at_rest {
                attendance.wait_until_all_rest_at_most(slice);
            } else {
                std::thread::sleep(slice);
            }
            let now = self.queued();
            if now == queued {
                return;
            }
            queued = now;
        }
    }

    fn queued(&self) -> usize {
        self.taken.len() + self.intake.queued()
    }

    /// One batch: takes what is queued, makes it durable and settles it. Never waits for records.
    ///
    /// # Errors
    /// As `run`. The committer must not be used any more.
    pub fn step(&mut self) -> Result<Step, JournalError> {
        self.seal_if_asked().map_err(|error| self.stop(error))?;
        self.intake.take(TAKEN_MAX, &mut self.taken);
        if self.taken.is_empty() {
            return Ok(Step::Idle);
        }
        let count = match self.fill_frame() {
            0 => {
                tracing::error!(bytes_max = RECORD_BYTES_MAX, "a record is longer than the journal takes");
                self.settle_not_written(1);
                return Ok(Step::NotWritten(1));
            }
            count => count,
        };
        match self.append(count) {
            Ok(()) => Ok(Step::Durable(count)),
            Err(AppendError::NoRoom(error)) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), records = count, "records refused: no room");
                self.settle_not_written(count);
                Ok(Step::NotWritten(count))
            }
            Err(fatal @ AppendError::Fatal(_)) => Err(self.stop(fatal)),
        }
    }

    /// Encodes as many of the taken records as a frame holds; none when the first is too long for any.
    fn fill_frame(&mut self) -> usize {
        self.frame.clear();
        let mut count = 0;
        for (_, record) in &self.taken {
            match self.frame.push(|out| record.encode(out)) {
                Ok(()) => count += 1,
                // One that is too long ends the batch before it, so that each lane's outcomes keep their order.
                Err(NotAdded::Full | NotAdded::TooLong) => break,
            }
        }
        count
    }

    fn append(&mut self, count: usize) -> Result<(), AppendError> {
        let now = self.clock.now();
        self.seal_if_old(now)?;
        let written = self.appender.write(&mut self.frame, now)?;
        if self.planted.ack_before_sync() {
            self.settle_durable(count, written.first, written.at);
        }
        let begun = self.clock.monotonic();
        self.appender.sync()?;
        let sync = self.clock.monotonic().saturating_sub(begun);
        if !self.planted.ack_before_sync() {
            self.settle_durable(count, written.first, written.at);
        }
        // Behind the answers: nobody waits for the chain.
        self.appender.advance(&self.frame, &written);
        self.lately_eighths = self.lately_eighths - self.lately_eighths / 8 + count;
        self.control.count_batch();
        self.publish();
        self.meters.committed(count, written.bytes, sync, self.queued(), self.appender.segments());
        Ok(())
    }

    fn publish(&self) {
        self.control.publish(self.appender.durable(), self.appender.segments(), self.appender.bytes());
    }

    fn settle_durable(&mut self, count: usize, first: Sequence, at: UtcMillis) {
        let mut sequence = first;
        for (lane, record) in self.taken.drain(..count) {
            self.settle.durable(sequence, at, record);
            self.counts[lane.index()] += 1;
            sequence = sequence.next();
        }
        self.tell_lanes(Outcome::Durable);
    }

    fn settle_not_written(&mut self, count: usize) {
        for (lane, record) in self.taken.drain(..count) {
            self.settle.not_written(record);
            self.counts[lane.index()] += 1;
        }
        self.meters.not_written(count);
        self.tell_lanes(Outcome::NotWritten);
    }

    /// All counters first, then the wakers: who is woken finds every lane's outcome.
    fn tell_lanes(&mut self, outcome: Outcome) {
        for (index, &count) in self.counts.iter().enumerate() {
            if count > 0 {
                self.intake.settle(LaneNo::new(index), count, outcome);
            }
        }
        for (index, count) in self.counts.iter_mut().enumerate() {
            if std::mem::take(count) > 0 {
                self.intake.notify(LaneNo::new(index));
            }
        }
    }
}

impl<D: Disk, R: Record, S: Settle<R>> Drop for Committer<D, R, S> {
    /// However the committer ends, by a panic too, whoever still waits learns that nobody will answer.
    fn drop(&mut self) {
        self.intake.halt();
    }
}
