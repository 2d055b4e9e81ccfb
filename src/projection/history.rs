//! Bookings that memory has no more, read from Postgres for whoever asks for them.
//!
//! A thread of its own has a few connections that only read, and every question an end: a statement that takes too long is given up, a
//! Postgres that stands still is one that is away, and while it is away nobody waits for it again. Always: an answer is whole. Before rows
//! are read the row of `projection` must be this journal's and must have come at least as far as whoever forgot them had made sure of;
//! a Postgres that was restored from an older backup says nothing instead of too little.

mod wanted;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};

use super::booking_row::{BookingRow, Paid};
use super::database::{Database, Link};
use super::fault::Fault;
use super::offset::Offset;
use crate::domain::clock::Clock;
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;
use crate::engine::booking_state::BookingState;
use crate::engine::bookings::{Booking, Payment, Terms};
use crate::journal::uuid_text;
pub use wanted::{Own, Wanted};

/// How many questions are answered at a time, each on a connection.
const AT_ONCE: usize = 4;
/// How many may wait.
const WAITING_MAX: usize = 64;
/// How long an answer may take, from when it is asked for.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// What Postgres gives up by itself: sooner, so that a connection is not lost with it.
const STATEMENT_MAX_MS: u32 = 2_500;
/// For so long nobody is sent to a Postgres that was away.
const AWAY: Duration = Duration::from_secs(1);

/// Postgres can't say it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Postgres is away")]
pub struct Away;

/// The way to ask. Its copies ask the same.
#[derive(Clone)]
pub struct History {
    questions: mpsc::Sender<Question>,
}

struct Question {
    wanted: Wanted,
    told_by: u64,
    answer: oneshot::Sender<Result<Vec<Booking>, Away>>,
}

impl History {
    /// Starts the thread that answers. It ends with the last copy of this.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(database: Database, journal: &[u8; 16], clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let (questions, asked) = mpsc::channel(WAITING_MAX);
        let journal = uuid_text(journal);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("history".to_owned()).spawn(move || {
            let reader = Rc::new(Reader::new(database, journal, clock));
            tokio::task::LocalSet::new().block_on(&runtime, reader.answer_all(asked));
        })?;
        Ok(Self { questions })
    }

    /// The bookings that are wanted, from a Postgres that has the records up to this one.
    ///
    /// # Errors
    /// `Away` when it can't say so in time.
    pub async fn bookings(&self, wanted: Wanted, told_by: u64) -> Result<Vec<Booking>, Away> {
        let (answer, answered) = oneshot::channel();
        self.questions.try_send(Question { wanted, told_by, answer }).map_err(|_| Away)?;
        match tokio::time::timeout(ANSWER_MAX, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(Away),
        }
    }
}

struct Reader {
    database: Database,
    journal: String,
    clock: Arc<dyn Clock>,
    idle: RefCell<Vec<Link>>,
    /// When it was away last.
    away_at: Cell<Option<Duration>>,
    /// The log was told so.
    is_told: Cell<bool>,
}

impl Reader {
    const fn new(database: Database, journal: String, clock: Arc<dyn Clock>) -> Self {
        let idle = RefCell::new(Vec::new());
        Self { database, journal, clock, idle, away_at: Cell::new(None), is_told: Cell::new(false) }
    }

    async fn answer_all(self: Rc<Self>, mut asked: mpsc::Receiver<Question>) {
        let places = Rc::new(Semaphore::new(AT_ONCE));
        while let Some(question) = asked.recv().await {
            let Ok(place) = places.acquire().await else { return };
            place.forget();
            let (reader, places) = (Rc::clone(&self), Rc::clone(&places));
            tokio::task::spawn_local(async move {
                reader.answer(question).await;
                places.add_permits(1);
            });
        }
    }

    async fn answer(&self, question: Question) {
        // Nobody waits any more, or nobody need wait.
        if question.answer.is_closed() {
            return;
        }
        if self.away_at.get().is_some_and(|at| self.clock.monotonic().saturating_sub(at) < AWAY) {
            let _ = question.answer.send(Err(Away));
            return;
        }
        let read = tokio::time::timeout(ANSWER_MAX, self.read(&question.wanted, question.told_by)).await;
        let read = read.unwrap_or_else(|_| Err(Fault::Away("it doesn't answer".to_owned())));
        let answer = match read {
            Ok(bookings) => {
                self.away_at.set(None);
                if self.is_told.replace(false) {
                    tracing::info!("older bookings can be read again");
                }
                Ok(bookings)
            }
            Err(fault) => {
                self.away_at.set(Some(self.clock.monotonic()));
                // What is idle is of the same Postgres.
                self.idle.borrow_mut().clear();
                if !self.is_told.replace(true) {
                    tracing::warn!(%fault, "older bookings can't be read");
                }
                Err(Away)
            }
        };
        let _ = question.answer.send(answer);
    }

    async fn read(&self, wanted: &Wanted, told_by: u64) -> Result<Vec<Booking>, Fault> {
        let idle = self.idle.borrow_mut().pop();
        if let Some(link) = idle
            && let Ok(bookings) = self.read_by(link, wanted, told_by).await
        {
            return Ok(bookings);
        }
        // A connection that was idle may have ended long ago: a new one says whether Postgres has.
        let mut link = self.database.connect().await?;
        let settings =
            format!("SET default_transaction_read_only = on; SET statement_timeout = {STATEMENT_MAX_MS}");
        link.run(&settings).await?;
        self.read_by(link, wanted, told_by).await
    }

    async fn read_by(&self, mut link: Link, wanted: &Wanted, told_by: u64) -> Result<Vec<Booking>, Fault> {
        let offset = Offset::read(&mut link).await?;
        let is_ours = |offset: &Offset| offset.journal == self.journal && offset.sequence.get() >= told_by;
        if !offset.is_some_and(|offset| is_ours(&offset)) {
            return Err(Fault::Away("it hasn't yet what memory has no more".to_owned()));
        }
        let mut bookings = Vec::new();
        link.copy_out(&wanted.statement(), |row| {
            bookings.push(booking(&BookingRow::read(row)?));
            Ok(())
        })
        .await?;
        self.idle.borrow_mut().push(link);
        Ok(bookings)
    }
}

/// A booking as memory had it.
fn booking(row: &BookingRow) -> Booking {
    let state = wanted::state_of(row.state);
    let changed_at = match state {
        BookingState::Held => row.expires_at,
        BookingState::CheckedIn | BookingState::Completed => row.checked_in_at,
        BookingState::Cancelled | BookingState::GivenUp | BookingState::Expired => row.ended_at,
        BookingState::Confirmed
        | BookingState::Missed
        | BookingState::Void
        | BookingState::Alias
        | BookingState::Pending
        | BookingState::PendingHold
        | BookingState::Confirming
        | BookingState::GivingUp
        | BookingState::Expiring
        | BookingState::Moving
        | BookingState::Relocating
        | BookingState::CheckingIn
        | BookingState::Cancelling
        | BookingState::Completing
        | BookingState::Leaving
        | BookingState::Missing => None,
    };
    let terms = Terms {
        resident: row.resident,
        pitch: row.pitch,
        day: row.day,
        span: row.span,
        party_size: row.party_size,
        price: Minor::new(row.price),
        payment: match row.paid {
            Paid::Wallet => Payment::Wallet,
            Paid::Counter => Payment::Counter,
        },
        release: row.release,
    };
    let changed_at = changed_at.unwrap_or(UtcMillis::new(0));
    let moments = (row.created_at, changed_at);
    Booking::told(row.no, state, terms, moments, Minor::new(row.refund), row.moved_at.is_some())
}
