//! Bookings that are long over leave memory, when whoever keeps the past has them: an event, so that the live state, the replayed one and
//! that of a snapshot have the same.
//!
//! Numbers are given in order, so the oldest bookings have the lowest ones: forgotten is always everything below a number, in small pieces,
//! each a record. What is left of them in memory is what they came to for each wallet, which balances are audited by, and a mark at the
//! end of their residents' lists. The lists of days go as a whole, when the day lies far enough back. Always: a booking is forgotten
//! later than every list that it stands in.
//!
//! Before a piece is proposed its numbers are closed, and the commands that may have one of them have ended and are settled; then all
//! of it must be over. Then how far the log is now is how far the keeper of the past must be.

use std::collections::HashMap;

use super::bookings::{Booking, BookingState, Bookings, Payment};
use super::change_world::Live;
use super::lane::{Queued, Ticket};
use super::replay::ReplayError;
use super::state::{CommandLane, Engine};
use super::sync::lock;
use super::world::World;
use crate::domain::event::{BookingsForgotten, Event};
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::invariant::Invariant;
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};

/// For so many days at least a booking stays in memory when its day is over: requests are known for two days by their keys.
pub const MEMORY_DAYS_MIN: u16 = 2;
/// How many numbers are looked at together.
const LOOKED_AT_MAX: u32 = 1 << 16;
/// How long one waits when nothing was old enough: nothing becomes so but by a new day, or by an old booking's end.
const LOOK_AGAIN_MS: i64 = 60_000;
/// While more records stand before the committer he has better things to do.
const QUEUED_MAX: usize = 64;

/// Who keeps the past, for those who forget it.
pub trait Archive: Send {
    /// For how many days memory keeps a booking whose day is over; nothing while all is kept.
    fn memory_days(&self) -> Option<u16>;
    /// The last record that is durable now.
    fn durable(&self) -> u64;
    /// Whether what stands in the records up to this one may be forgotten.
    fn has(&self, record: u64) -> bool;
    /// Whether somebody has it then who can be asked.
    fn can_be_asked(&self) -> bool;
}

/// What is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// The lists of the days before this one; nothing while no day is forgotten.
    pub before: Option<LocalDay>,
    /// Whoever is asked for it must have the records up to this one.
    pub told_by: u64,
    /// Whether somebody can be asked for any of it.
    pub is_kept: bool,
    /// The days before this one were forgotten while nobody else had them; nothing where there are none.
    pub lost_before: Option<LocalDay>,
}

/// The part of the timekeeper that forgets.
#[derive(Default)]
pub(super) struct Forgetting {
    archive: Option<Box<dyn Archive>>,
    /// How many numbers one record forgets.
    piece: u32,
    round: Option<Round>,
    queued: Option<Ticket>,
    next_look: Option<UtcMillis>,
}

/// Some pieces that are forgotten one after the other.
struct Round {
    before: LocalDay,
    below: BookingNo,
    /// What must be settled before anything is concluded.
    under_way: Queued,
    /// How far the archive must be, when that is known.
    told_by: Option<u64>,
}

impl Forgetting {
    pub(super) fn into(archive: Box<dyn Archive>, piece: u32) -> Self {
        Self { archive: Some(archive), piece: piece.max(1), ..Self::default() }
    }

    /// Goes on with forgetting. Returns whether more is to be done at once.
    pub(super) fn tick(&mut self, engine: &Engine, lane: &CommandLane, now: UtcMillis) -> bool {
        let Some(archive) = &self.archive else { return false };
        let intake = lane.owner.intake();
        if self.queued.is_some_and(|ticket| intake.outcome(ticket).is_none()) {
            return self.round.is_some();
        }
        self.queued = None;
        let world = engine.world();
        let Some(round) = &mut self.round else {
            if self.next_look.is_some_and(|next| now < next) {
                return false;
            }
            self.next_look = Some(now.plus_ms(LOOK_AGAIN_MS));
            let Some(days) = archive.memory_days().filter(|_| world.days.last().is_some()) else {
                return false;
            };
            let before = world.days.first().plus_days(-i32::from(days.max(MEMORY_DAYS_MIN)));
            let before = before.max(engine.forgotten().before.unwrap_or(before));
            let from = engine.bookings.forgotten_below();
            let until = from.get().saturating_add(LOOKED_AT_MAX);
            let below = engine.over_until(Horizon::new(&world, before), from, until, self.piece);
            if below == from && engine.forgotten().before == Some(before) {
                return false;
            }
            engine.bookings.close_below(below);
            self.round = Some(Round { before, below, under_way: intake.queued_before(), told_by: None });
            return true;
        };
        if !intake.is_settled(&round.under_way) {
            return false;
        }
        let from = engine.bookings.forgotten_below();
        let told_by = match round.told_by {
            Some(told_by) => told_by,
            None => {
                // What was under way has come to something: who was pending has a booking now.
                let horizon = Horizon::new(&world, round.before);
                round.below = engine.over_until(horizon, from, round.below.get(), self.piece);
                *round.told_by.insert(archive.durable())
            }
        };
        if !is_kept(&**archive, told_by) || intake.queued() > QUEUED_MAX {
            return false;
        }
        let below = BookingNo::new(from.get().saturating_add(self.piece).min(round.below.get()));
        let Ok(permit) = lane.owner.permit() else { return true };
        let event =
            BookingsForgotten { before: round.before, below, told_by, is_kept: archive.can_be_asked() };
        self.queued = Some(permit.push(Event::BookingsForgotten(event)));
        if below >= round.below {
            self.round = None;
            self.next_look = None;
        }
        self.round.is_some()
    }
}

/// Whether what stands in the records up to this one may be forgotten.
fn is_kept(archive: &dyn Archive, record: u64) -> bool {
    #[cfg(feature = "planted-bugs")]
    if super::planted::is_on(super::planted::Bug::ForgetUnkept) {
        return true;
    }
    archive.has(record)
}

impl Engine {
    /// What is forgotten.
    #[must_use]
    pub fn forgotten(&self) -> Forgotten {
        *lock(&self.forgotten)
    }

    /// Whether the lists of a day are forgotten.
    #[must_use]
    pub fn is_day_forgotten(&self, day: LocalDay) -> bool {
        self.forgotten().before.is_some_and(|before| day < before)
    }

    /// Up to which number all is over, in whole pieces.
    fn over_until(&self, horizon: Horizon, from: BookingNo, until: u32, piece: u32) -> BookingNo {
        let until = until.min(self.bookings.count());
        let is_over = |no: &u32| self.is_over(horizon, BookingNo::new(*no));
        let end = (from.get()..until).find(|no| !is_over(no)).unwrap_or(until).max(from.get());
        BookingNo::new(from.get() + (end - from.get()) / piece * piece)
    }

    /// Whether nothing of a number is needed any more. What has no booking is needed by nobody, as far as its number is closed.
    fn is_over(&self, horizon: Horizon, no: BookingNo) -> bool {
        let Some(entry) = self.bookings.entry(no) else { return true };
        // An alias stands in a list of a day that its booking may have left again: until that is long over.
        let meant = entry.stands_for();
        match self.bookings.get(meant.unwrap_or(no)) {
            Some(booking) => horizon.has_passed(&booking),
            None => meant.is_some() || entry.state() == BookingState::Void,
        }
    }

    /// Whether a record may forget so much.
    pub(super) fn forget_again(&self, world: &World, event: &BookingsForgotten) -> Result<(), ReplayError> {
        let known = self.forgotten();
        let from = self.bookings.forgotten_below();
        let latest = world.days.first().plus_days(-i32::from(MEMORY_DAYS_MIN));
        let horizon = Horizon::new(world, event.before);
        let is_over = |no| self.is_over(horizon, BookingNo::new(no));
        if world.days.last().is_none()
            || event.before > latest
            || known.before.is_some_and(|before| event.before < before)
            || event.below < from
            || !Bookings::is_a_number(event.below)
            || !(from.get()..event.below.get()).all(is_over)
        {
            let what = format!("bookings below {} are forgotten that may be needed", event.below);
            return Err(ReplayError::Broken { invariant: Invariant::I2Durable, what });
        }
        Ok(())
    }

    /// Forgets. By the committer, and at replay.
    pub(super) fn forget(&self, event: &BookingsForgotten, live: &impl Live) {
        // Days first: who finds no list of a day any more asks the archive for all of it, whatever memory still has.
        let is_later = self.forgotten().before != Some(event.before);
        self.note_forgotten(Forgotten {
            before: Some(event.before),
            told_by: event.told_by,
            is_kept: event.is_kept,
            lost_before: Some(event.before).filter(|_| !event.is_kept),
        });
        if is_later {
            self.past_days.retain(|(_, day), _| *day >= event.before);
        }
        // Also those whose records were never written.
        self.bookings.note_used(event.below.get());
        let mut left: HashMap<ResidentNo, i64> = HashMap::new();
        for no in self.bookings.forgotten_below().get()..event.below.get() {
            if let Some(booking) = self.bookings.get(BookingNo::new(no)) {
                *left.entry(booking.terms.resident).or_default() += moved_in_wallet(&booking);
            }
        }
        for (no, amount) in left {
            let Some(resident) = self.residents.get(no) else { continue };
            self.residents.carry(no, Minor::new(amount));
            self.bookings.shorten(&resident.newest_booking, event.below);
        }
        self.bookings.forget(event.below, || live.await_commands());
    }

    pub(super) fn note_forgotten(&self, now: Forgotten) {
        let mut forgotten = lock(&self.forgotten);
        *forgotten = Forgotten {
            before: now.before,
            told_by: forgotten.told_by.max(now.told_by),
            is_kept: forgotten.is_kept || now.is_kept,
            lost_before: forgotten.lost_before.max(now.lost_before),
        };
    }
}

/// What a booking moved in its resident's wallet, for ever: it is over.
#[must_use]
pub fn moved_in_wallet(booking: &Booking) -> i64 {
    let is_of_wallet = booking.state.is_paid() && booking.terms.payment == Payment::Wallet;
    if is_of_wallet { booking.refund.get() - booking.terms.price.get() } else { 0 }
}

/// What lies far enough back.
#[derive(Clone, Copy)]
struct Horizon {
    before: LocalDay,
    begin: UtcMillis,
    days_ahead: i32,
}

impl Horizon {
    fn new(world: &World, before: LocalDay) -> Self {
        let days_ahead = i32::from(world.catalogue.city().days_ahead) + 1;
        Self { before, begin: world.clock_of(before).start_of(0), days_ahead }
    }

    /// Whether a booking is over, and so was all that happened to it, before the day; with every day in whose list it ever stood.
    fn has_passed(self, booking: &Booking) -> bool {
        let state = booking.state;
        let is_over = state != BookingState::Void && state.settled() == state && !state.is_live();
        // Where it was before it was moved lay no further ahead than days are open.
        let last_listed =
            if booking.is_moved() { booking.terms.day.plus_days(self.days_ahead) } else { booking.terms.day };
        is_over
            && last_listed < self.before
            && booking.created_at < self.begin
            && booking.changed_at < self.begin
    }
}
