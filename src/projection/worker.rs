//! The thread that follows the journal and writes it into Postgres, for as long as the service runs.
//!
//! It has a runtime of its own, so that neither its waiting nor its work ever stands in a request's way. While requests come in a
//! burst it rests between batches, until they are over or it is behind by as much as it may be.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::books::Books;
use super::database::{Database, Link};
use super::fault::{Fault, Refusal, unfit};
use super::filling::{self, Bytes};
use super::fold::Record;
use super::offset::{Offset, read_books};
use super::pace::{LOOK, Pace};
use super::progress::{Progress, State};
use super::snapshot_city::SnapshotCity;
use super::uploaded::FilledFrom;
use super::write::{SCRATCH, make_months, write};
use crate::domain::clock::Clock;
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::engine::log::Sequence;
use crate::journal::disk::Disk;
use crate::journal::tail::Tail;
use crate::journal::{FileDisk, JournalHandle, expect_behind, snapshot_sequence};

/// How many records a batch has at least and at most, while there are so many.
const BATCH_RECORDS: std::ops::RangeInclusive<usize> = 256..=32_768;
/// How long a batch should take: long enough to be worth its transaction, short enough to give way.
const BATCH_AIM: Duration = Duration::from_millis(800);
/// A batch that takes longer has come to nothing: Postgres stands still.
const BATCH_MAX: Duration = Duration::from_secs(60);
/// How often an idle connection is asked whether it still is one.
const ASK_AFTER: Duration = Duration::from_secs(5);
/// How long a first try may keep a start waiting.
const FIRST_TRY_MAX: Duration = Duration::from_secs(15);
const BACKOFF: std::ops::RangeInclusive<Duration> = Duration::from_millis(200)..=Duration::from_secs(10);
/// How often it is tried again what somebody has to look at.
const REFUSED_AGAIN: Duration = Duration::from_secs(30);
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
        snapshots: PathBuf,
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
            snapshots,
            journal: journal.clone(),
            keys,
            pace: Pace::new(journal, clock, progress.clone(), Arc::clone(&is_ending)),
            progress,
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
        // ORDERING: Release pairs with the Acquire in `Pace::is_ending`: what was durable before is seen.
        self.is_ending.store(true, Ordering::Release);
        let _ = self.thread.join();
    }
}

struct Worker {
    database: Database,
    disk: Arc<FileDisk>,
    /// The directory of the snapshots, which may not be there yet.
    snapshots: PathBuf,
    journal: JournalHandle,
    keys: Box<dyn WrappedKeys>,
    progress: Progress,
    pace: Pace,
}

/// What a connection finds.
enum Opened {
    ToFollow(Box<Session>),
    /// Nothing is written there, and the journal has its first records no more.
    ToFill(Box<ToFill>),
}

struct ToFill {
    link: Link,
    offset: Offset,
    /// What it would need without a snapshot.
    needs: Refusal,
}

/// What empty tables are filled from.
struct Chosen {
    link: Link,
    offset: Offset,
    name: String,
    city: SnapshotCity,
    file: File,
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
            let opened = match self.open().await {
                Ok(Opened::ToFill(to_fill)) => match self.choose_snapshot(*to_fill) {
                    Ok(chosen) => {
                        // It may take a while, and nothing speaks against it any more.
                        first_try(Ok(()));
                        self.fill(chosen).await.and(Ok(None))
                    }
                    Err(fault) => Err(fault),
                },
                Ok(Opened::ToFollow(session)) => Ok(Some(session)),
                Err(fault) => Err(fault),
            };
            let mut session = match opened {
                Ok(Some(session)) => session,
                Ok(None) => continue,
                Err(fault) => {
                    let pause = self.tell(&fault, &mut backoff);
                    first_try(Err(fault));
                    if self.pace.rest(pause).await {
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
                    if self.pace.rest(pause).await {
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

    /// Connects and finds out from where to go on: Postgres says.
    async fn open(&mut self) -> Result<Opened, Fault> {
        let opening = async {
            let mut link = self.database.connect_to_write().await?;
            let offset = Offset::of_journal(&mut link, &self.journal.uuid()).await?;
            let filled = FilledFrom::read(&mut link).await?;
            let tail = match self.tail_behind(&offset, filled.as_ref()) {
                Ok(tail) => tail,
                Err(Fault::Refused(needs @ Refusal::DoesNotReachBack { .. }))
                    if offset.sequence == Sequence::ZERO =>
                {
                    return Ok(Opened::ToFill(Box::new(ToFill { link, offset, needs })));
                }
                Err(fault) => return Err(fault),
            };
            let books = read_books(&mut link, filled.as_ref()).await?;
            link.run(SCRATCH).await?;
            let batch_records = *BATCH_RECORDS.start();
            let months = BTreeSet::new();
            Ok(Opened::ToFollow(Box::new(Session { link, books, offset, tail, months, batch_records })))
        };
        match tokio::time::timeout(BATCH_MAX, opening).await {
            Ok(opened) => opened.inspect(|opened| {
                if let Opened::ToFollow(session) = opened {
                    self.progress.note_projected(session.offset.sequence.get());
                }
            }),
            Err(_) => Err(Fault::Away("it doesn't answer".to_owned())),
        }
    }

    /// Reads on behind the offset, when the journal's record there is the one that Postgres has.
    fn tail_behind(&self, offset: &Offset, filled: Option<&FilledFrom>) -> Result<Tail<FileDisk>, Fault> {
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
        if let Some(filled) = filled.filter(|filled| filled.sequence() == projected) {
            // Nothing was written behind the snapshot yet; its last record may be there no more, but what follows it is.
            if offset.digest != filled.position.digest()
                || expect_behind(&*self.disk, &filled.position).is_err()
            {
                return Err(Refusal::Diverged { sequence: projected.get() }.into());
            }
            return Ok(Tail::from(Arc::clone(&self.disk), projected.next()));
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

    /// The newest snapshot that is whole and of this journal, or what is needed where there is none.
    fn choose_snapshot(&self, to_fill: ToFill) -> Result<Chosen, Fault> {
        let ToFill { link, offset, needs } = to_fill;
        let Ok(disk) = FileDisk::existing(&self.snapshots) else { return Err(needs.into()) };
        let listed = disk.list().map_err(|error| Refusal::Snapshot(error.to_string()))?;
        let mut names: Vec<_> = listed.into_iter().filter(|name| snapshot_sequence(name).is_some()).collect();
        names.sort_unstable();
        while let Some(name) = names.pop() {
            match self.usable(&disk, &name) {
                Ok(city) => {
                    // Held from now on: it may be removed when there are two newer ones.
                    let file = disk.open(&name).map_err(|error| Refusal::Snapshot(error.to_string()))?;
                    return Ok(Chosen { link, offset, name, city, file });
                }
                Err(why) => tracing::warn!(snapshot = name, %why, "tables can't be filled from a snapshot"),
            }
        }
        Err(needs.into())
    }

    fn usable(&self, disk: &FileDisk, name: &str) -> Result<SnapshotCity, Refusal> {
        let refused = |error: &dyn std::fmt::Display| Refusal::Snapshot(error.to_string());
        let city = SnapshotCity::read(disk, name).map_err(|error| refused(&error))?;
        expect_behind(&*self.disk, &city.position).map_err(|error| refused(&error))?;
        // What it has forgotten is in another database, and would be asked for here.
        let has_forgotten = city.engine.bookings().forgotten_below() > BookingNo::new(0);
        if has_forgotten && city.engine.forgotten().is_kept { Err(Refusal::ForgottenInIt) } else { Ok(city) }
    }

    /// Fills the tables with what the snapshot holds.
    async fn fill(&mut self, chosen: Chosen) -> Result<(), Fault> {
        let Chosen { mut link, offset, name, mut city, file } = chosen;
        if self.progress.set_state(State::Filling) {
            tracing::info!(
                snapshot = name,
                "the journal's first segments are gone: Postgres is filled from a snapshot"
            );
        }
        let (bytes, keys) = (Bytes::File(&file), &*self.keys);
        filling::fill(&mut link, &offset, &mut city, bytes, keys, Some(&mut self.pace)).await?;
        Ok(())
    }

    /// Writes what comes until the end.
    async fn follow(&mut self, session: &mut Session) -> Result<(), Fault> {
        let mut heard_at = self.pace.now();
        loop {
            let durable = self.pace.look();
            if session.tail.next() > durable {
                if self.pace.is_ending() {
                    return Ok(());
                }
                if self.pace.now().saturating_sub(heard_at) > ASK_AFTER {
                    let asked = tokio::time::timeout(BATCH_MAX, session.link.run("SELECT 1")).await;
                    asked.map_err(|_| Fault::Away("it doesn't answer".to_owned()))??;
                    heard_at = self.pace.now();
                }
                tokio::time::sleep(LOOK).await;
                continue;
            }
            let began = self.pace.now();
            let count = match tokio::time::timeout(BATCH_MAX, self.write_batch(session, durable)).await {
                Ok(written) => written?,
                Err(_) => return Err(Fault::Away("it doesn't answer".to_owned())),
            };
            let now = self.pace.now();
            let took = now.saturating_sub(began);
            heard_at = now;
            self.progress.note_projected(session.offset.sequence.get());
            self.progress.count_batch(count, took);
            if took < BATCH_AIM / 2 && count >= session.batch_records {
                session.batch_records = (session.batch_records * 2).min(*BATCH_RECORDS.end());
            } else if took > BATCH_AIM * 2 {
                session.batch_records = (session.batch_records / 2).max(*BATCH_RECORDS.start());
            }
            if self.pace.is_over(now) {
                return Ok(());
            }
            self.pace.look();
            self.pace.give_way(took).await;
        }
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
