//! The thread that follows the journal and writes it into Postgres, for as long as the service runs.
//!
//! It has a runtime of its own, so that neither its waiting nor its work ever stands in a request's way. While requests come in a
//! burst it rests between batches, until they are over or it is behind by as much as it may be.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::books::Books;
use super::burst::Burst;
use super::database::{Database, Link};
use super::fault::{Fault, Refusal, unfit};
use super::fold::Record;
use super::offset::{Offset, read_books};
use super::progress::{Progress, State};
use super::write::{SCRATCH, make_months, write};
use crate::domain::clock::Clock;
use crate::domain::ids::ResidentNo;
use crate::engine::log::Sequence;
use crate::journal::tail::Tail;
use crate::journal::{FileDisk, JournalHandle};

/// How many records a batch has at least and at most, while there are so many.
const BATCH_RECORDS: std::ops::RangeInclusive<usize> = 256..=32_768;
/// How long a batch should take: long enough to be worth its transaction, short enough to give way.
const BATCH_AIM: Duration = Duration::from_millis(800);
/// A batch that takes longer has come to nothing: Postgres stands still.
const BATCH_MAX: Duration = Duration::from_secs(60);
/// How often it is looked whether there is more.
const LOOK: Duration = Duration::from_millis(25);
/// How often an idle connection is asked whether it still is one.
const ASK_AFTER: Duration = Duration::from_secs(5);
/// How long a first try may keep a start waiting.
const FIRST_TRY_MAX: Duration = Duration::from_secs(15);
const BACKOFF: std::ops::RangeInclusive<Duration> = Duration::from_millis(200)..=Duration::from_secs(10);
/// How often it is tried again what somebody has to look at.
const REFUSED_AGAIN: Duration = Duration::from_secs(30);
/// How long an end may take to write what is left.
const END_MAX: Duration = Duration::from_secs(5);
/// The priority of the thread, where 0 is usual and 19 the lowest. It sends what Postgres then works on: at the lowest, a burst would
/// stop it where its lag has to end.
const NICE: i32 = 10;

/// Where the residents' keys are, wrapped under the master key.
pub trait WrappedKeys: Send {
    /// A resident's key as it stands in its file, or nothing where there is none.
    ///
    /// # Errors
    /// What the disk says.
    fn wrapped(&self, resident: ResidentNo) -> std::io::Result<Option<Vec<u8>>>;
}

/// A projection that runs.
pub struct Projector {
    thread: JoinHandle<()>,
    is_ending: Arc<AtomicBool>,
    first_try: Receiver<Result<(), Fault>>,
}

impl Projector {
    /// Starts to follow a journal.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(
        database: Database,
        disk: Arc<FileDisk>,
        journal: JournalHandle,
        keys: Box<dyn WrappedKeys>,
        clock: Arc<dyn Clock>,
        progress: Progress,
    ) -> std::io::Result<Self> {
        let is_ending = Arc::new(AtomicBool::new(false));
        let (tell, first_try) = sync_channel(1);
        let asked = journal.clone();
        progress.ask(move || asked.durable().get());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut worker = Worker {
            database,
            disk,
            journal,
            keys,
            clock,
            progress,
            is_ending: Arc::clone(&is_ending),
            ending_since: None,
            burst: Burst::default(),
        };
        let thread = std::thread::Builder::new().name("projection".to_owned()).spawn(move || {
            runtime.block_on(worker.run(|first| {
                // Of this thread alone: requests go first, and nobody waits for it any more. Where it isn't allowed it takes its share.
                let _ = rustix::process::setpriority_process(None, NICE);
                // Who started it may have stopped to wait.
                let _ = tell.try_send(first);
            }));
        })?;
        Ok(Self { thread, is_ending, first_try })
    }

    /// Waits for the first try.
    ///
    /// # Errors
    /// Why the database and the journal don't go together. That Postgres is away is no error.
    pub fn first_try(&self) -> Result<(), Refusal> {
        match self.first_try.recv_timeout(FIRST_TRY_MAX) {
            Ok(Err(Fault::Refused(refusal))) => Err(refusal),
            Ok(Ok(()) | Err(Fault::Away(_))) | Err(_) => Ok(()),
        }
    }

    /// Writes what is left, if that is soon done, and ends. The journal must have stopped.
    pub fn end(self) {
        // ORDERING: Release pairs with the Acquire in `Worker::is_over`: what was durable before is seen.
        self.is_ending.store(true, Ordering::Release);
        let _ = self.thread.join();
    }
}

struct Worker {
    database: Database,
    disk: Arc<FileDisk>,
    journal: JournalHandle,
    keys: Box<dyn WrappedKeys>,
    clock: Arc<dyn Clock>,
    progress: Progress,
    is_ending: Arc<AtomicBool>,
    ending_since: Option<Duration>,
    burst: Burst,
}

/// Where a connection stands.
struct Session {
    link: Link,
    books: Books,
    offset: Offset,
    tail: Tail<FileDisk>,
    months: BTreeSet<String>,
    batch_records: usize,
}

impl Worker {
    async fn run(&mut self, mut first_try: impl FnMut(Result<(), Fault>)) {
        let mut backoff = *BACKOFF.start();
        loop {
            let mut session = match self.open().await {
                Ok(session) => session,
                Err(fault) => {
                    let pause = self.tell(&fault, &mut backoff);
                    first_try(Err(fault));
                    if self.rest(pause).await {
                        return;
                    }
                    continue;
                }
            };
            if self.progress.set_state(State::Projecting) {
                let (sequence, durable) = (session.offset.sequence.get(), self.journal.durable().get());
                tracing::info!(sequence, durable, "Postgres is there: the journal is written into it");
            }
            first_try(Ok(()));
            backoff = *BACKOFF.start();
            match self.follow(&mut session).await {
                Ok(()) => return,
                Err(fault) => {
                    let pause = self.tell(&fault, &mut backoff);
                    if self.rest(pause).await {
                        return;
                    }
                }
            }
        }
    }

    /// Says why it doesn't go on, once; how long to wait.
    fn tell(&self, fault: &Fault, backoff: &mut Duration) -> Duration {
        match fault {
            Fault::Away(why) => {
                if self.progress.set_state(State::Away) {
                    tracing::warn!(
                        why,
                        "Postgres is away: bookings go on, and are written into it when it is back"
                    );
                }
                let pause = *backoff;
                *backoff = (pause * 2).min(*BACKOFF.end());
                pause
            }
            Fault::Refused(refusal) => {
                if self.progress.set_state(State::Refused) {
                    tracing::error!(why = %refusal, "nothing is written into Postgres until somebody has looked; bookings go on");
                }
                REFUSED_AGAIN
            }
        }
    }

    /// Waits, while the lag is counted on; whether it is time to end.
    async fn rest(&mut self, pause: Duration) -> bool {
        let until = self.clock.monotonic() + pause;
        while self.clock.monotonic() < until {
            self.look();
            // An end doesn't wait for who is away.
            if self.is_ending() {
                return true;
            }
            tokio::time::sleep(LOOK.min(pause)).await;
        }
        self.is_ending()
    }

    /// Lets requests go first after so much work, until the burst is over or the lag is as long as it may be.
    async fn give_way(&mut self, worked: Duration) {
        let began = self.clock.monotonic();
        while !self.is_ending() {
            let rested = self.clock.monotonic().saturating_sub(began);
            if rested >= self.burst.rest_after(worked, self.progress.shown().lag) {
                return;
            }
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    fn look(&mut self) -> Sequence {
        let durable = self.journal.durable();
        let now = self.clock.monotonic();
        self.progress.note_durable(durable.get(), now);
        self.burst.note(durable.get(), now);
        durable
    }

    fn is_ending(&self) -> bool {
        // ORDERING: Acquire pairs with the Release in `Projector::end`.
        self.is_ending.load(Ordering::Acquire)
    }

    /// Connects and finds out from where to go on: Postgres says.
    async fn open(&mut self) -> Result<Session, Fault> {
        let opening = async {
            let mut link = self.database.connect_to_write().await?;
            let offset = Offset::of_journal(&mut link, &self.journal.uuid()).await?;
            let tail = self.tail_behind(&offset)?;
            let books = read_books(&mut link).await?;
            link.run(SCRATCH).await?;
            let batch_records = *BATCH_RECORDS.start();
            Ok(Session { link, books, offset, tail, months: BTreeSet::new(), batch_records })
        };
        match tokio::time::timeout(BATCH_MAX, opening).await {
            Ok(opened) => opened.inspect(|session: &Session| {
                self.progress.note_projected(session.offset.sequence.get());
            }),
            Err(_) => Err(Fault::Away("it doesn't answer".to_owned())),
        }
    }

    /// Reads on behind the offset, when the journal's record there is the one that Postgres has.
    fn tail_behind(&self, offset: &Offset) -> Result<Tail<FileDisk>, Fault> {
        let (projected, durable) = (offset.sequence, self.journal.durable());
        if projected > durable {
            return Err(Refusal::Ahead { projected: projected.get(), last: durable.get() }.into());
        }
        let mut tail = Tail::from(Arc::clone(&self.disk), projected);
        if projected == Sequence::ZERO {
            // An empty database needs all of the journal: whether it is there is known at once.
            tail.read(durable, 1, |_| {})?;
            return Ok(Tail::from(Arc::clone(&self.disk), projected));
        }
        let mut is_same = false;
        // No more than the record itself: what follows it is read again by who follows.
        tail.read(projected, 1, |record| {
            if record.sequence == projected {
                is_same = record.epoch == offset.epoch && record.digest()[..] == offset.digest[..];
            }
        })?;
        if !is_same {
            return Err(Refusal::Diverged { sequence: projected.get() }.into());
        }
        Ok(Tail::from(Arc::clone(&self.disk), projected.next()))
    }

    /// Writes what comes until the end.
    async fn follow(&mut self, session: &mut Session) -> Result<(), Fault> {
        let mut heard_at = self.clock.monotonic();
        loop {
            let durable = self.look();
            if session.tail.next() > durable {
                if self.is_ending() {
                    return Ok(());
                }
                if self.clock.monotonic().saturating_sub(heard_at) > ASK_AFTER {
                    let asked = tokio::time::timeout(BATCH_MAX, session.link.run("SELECT 1")).await;
                    asked.map_err(|_| Fault::Away("it doesn't answer".to_owned()))??;
                    heard_at = self.clock.monotonic();
                }
                tokio::time::sleep(LOOK).await;
                continue;
            }
            let began = self.clock.monotonic();
            let count = match tokio::time::timeout(BATCH_MAX, self.write_batch(session, durable)).await {
                Ok(written) => written?,
                Err(_) => return Err(Fault::Away("it doesn't answer".to_owned())),
            };
            let now = self.clock.monotonic();
            let took = now.saturating_sub(began);
            heard_at = now;
            self.progress.note_projected(session.offset.sequence.get());
            self.progress.count_batch(count, took);
            if took < BATCH_AIM / 2 && count >= session.batch_records {
                session.batch_records = (session.batch_records * 2).min(*BATCH_RECORDS.end());
            } else if took > BATCH_AIM * 2 {
                session.batch_records = (session.batch_records / 2).max(*BATCH_RECORDS.start());
            }
            if self.is_over(now) {
                return Ok(());
            }
            self.look();
            self.give_way(took).await;
        }
    }

    /// Whether what is left is left to the next start.
    fn is_over(&mut self, now: Duration) -> bool {
        self.is_ending() && now.saturating_sub(*self.ending_since.get_or_insert(now)) > END_MAX
    }

    async fn write_batch(&self, session: &mut Session, durable: Sequence) -> Result<usize, Fault> {
        let records = read_records(&mut session.tail, durable, session.batch_records)?;
        let Session { link, books, offset, months, .. } = session;
        make_months(link, months, &records).await?;
        *offset = write(link, books, offset, &records, &*self.keys).await?;
        Ok(records.len())
    }
}

/// The next records, as long as they are durable, about so many.
pub(super) fn read_records(
    tail: &mut Tail<FileDisk>,
    durable: Sequence,
    records_enough: usize,
) -> Result<Vec<Record>, Fault> {
    let mut records = Vec::with_capacity(records_enough);
    let mut wrong = None;
    tail.read(durable, records_enough, |record| match Record::read(record) {
        Ok(read) if wrong.is_none() => records.push(read),
        Ok(_) => {}
        Err(why) => {
            wrong.get_or_insert((record.sequence.get(), why));
        }
    })?;
    match wrong {
        Some((sequence, why)) => Err(unfit(sequence)(why)),
        None => Ok(records),
    }
}
