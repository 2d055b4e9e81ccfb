//! What time brings: bookings that are over, days that roll over, and closures that are dealt with. Each is an event; nothing
//! changes by looking at the clock.

use std::collections::{HashMap, VecDeque};

use super::bookings::{Booking, BookingState};
use super::closing::Closing;
use super::drawing::Drawing;
use super::forgetting::{Archive, Forgetting};
use super::giving_back::GivingBack;
use super::lane::Ticket;
use super::serving::{SeedOf, Serving};
use super::state::{CommandLane, Engine};
use super::sync::{Ordering, lock};
use super::world::World;
use crate::domain::catalogue::Release;
use crate::domain::change::Admission;
use crate::domain::definition::BookingsInside;
use crate::domain::event::{BookingStep, ClosureFinished, Event, ReleaseOpened};
use crate::domain::ids::{BookingNo, ReleaseNo};
use crate::domain::time::{LocalDay, UtcMillis};

/// How many records one tick queues at most, so that it gives way to bookings.
const RECORDS_PER_TICK: usize = 512;

/// Turns the wheel. One a city, on a thread and a lane of its own.
pub struct Timekeeper {
    lane: CommandLane,
    /// Bookings that are due and found no room in the lane.
    due: VecDeque<BookingNo>,
    /// How far the closure has come that is being dealt with.
    closing: Option<Closing>,
    /// The closure whose end is queued.
    finishing: Option<(u32, Ticket)>,
    /// Releases whose opening is under way.
    opening: HashMap<(ReleaseNo, LocalDay), Ticket>,
    drawing: Drawing,
    serving: Serving,
    forgetting: Forgetting,
    giving_back: GivingBack,
}

/// How much later one looks again at a booking that somebody is changing.
const LATER_MS: i64 = 1000;

/// What is to be done about a booking that is due.
enum Due {
    Step(BookingState, Event),
    Later,
    Never,
}

/// What is due for a booking at this moment.
fn step_of(world: &World, booking: &Booking, now: UtcMillis) -> Due {
    let event = BookingStep { no: booking.no };
    let is_over = || world.clock_of(booking.terms.day).end(booking.terms.span) <= now;
    let state = booking.state;
    if state.settled() != state {
        // Another change is under way: when it has come to something, or to nothing, the booking is looked at again.
        return Due::Later;
    }
    if state == BookingState::Held && booking.changed_at <= now {
        return Due::Step(BookingState::Expiring, Event::HoldExpired(event));
    }
    if state == BookingState::CheckedIn && is_over() {
        return Due::Step(BookingState::Leaving, Event::BookingCompleted(event));
    }
    if state == BookingState::Confirmed && is_over() {
        return match admission(world, booking) {
            Admission::Open => Due::Step(BookingState::Completing, Event::BookingCompleted(event)),
            Admission::Checked => Due::Step(BookingState::Missing, Event::BookingMissed(event)),
        };
    }
    Due::Never
}

fn admission(world: &World, booking: &Booking) -> Admission {
    let venue =
        world.catalogue.pitch(booking.terms.pitch).and_then(|pitch| world.catalogue.venue(pitch.venue));
    venue.map_or(Admission::Open, |venue| venue.admission)
}

impl Timekeeper {
    #[must_use]
    pub fn new(lane: CommandLane) -> Self {
        Self {
            lane,
            due: VecDeque::new(),
            closing: None,
            finishing: None,
            opening: HashMap::new(),
            drawing: Drawing::default(),
            serving: Serving::default(),
            forgetting: Forgetting::default(),
            giving_back: GivingBack::default(),
        }
    }

    /// The same, with who makes the seeds of queues: without them none opens.
    #[must_use]
    pub fn with_seeds(mut self, seeds: SeedOf) -> Self {
        self.serving = Serving::with_seeds(seeds);
        self
    }

    /// The same, with who keeps the past: without him nothing is forgotten. `piece` is how many numbers go with one record.
    #[must_use]
    pub fn with_archive(mut self, archive: Box<dyn Archive>, piece: u32) -> Self {
        self.forgetting = Forgetting::into(archive, piece);
        self
    }

    /// The same, with who makes the seeds by which what is given back comes back: without them it does at its window's end.
    #[must_use]
    pub fn with_return_seeds(mut self, seeds: SeedOf) -> Self {
        self.giving_back = GivingBack::with_seeds(seeds);
        self
    }

    /// Does what is due at this moment. Returns whether more is to be done at once.
    pub fn tick(&mut self, engine: &Engine, now: UtcMillis) -> bool {
        self.open_days(engine, now);
        self.open_releases(engine, now);
        let more_bookings = self.end_what_is_over(engine, now);
        let more_prizes = self.drawing.tick(engine, &self.lane, now, RECORDS_PER_TICK);
        let more_turns = self.serving.tick(engine, &self.lane, now);
        let more_returns = self.giving_back.tick(engine, &self.lane, now, RECORDS_PER_TICK);
        let more_closures = self.close(engine);
        let more_past = self.forgetting.tick(engine, &self.lane, now);
        more_past || more_bookings || more_returns || more_prizes || more_turns || more_closures
    }

    /// A new day has begun: its event, once.
    fn open_days(&self, engine: &Engine, now: UtcMillis) {
        let _command = self.lane.owner.begin_command();
        let world = engine.world();
        let due = world.days_due(now);
        let is_due = world.days.first() < due.first || world.days.last().is_none_or(|last| last < due.last);
        // ORDERING: Acquire pairs with the Release where the roll-over is settled or undone.
        if !is_due || engine.days_under_way.load(Ordering::Acquire) {
            return;
        }
        if let Ok(permit) = self.lane.owner.permit() {
            // ORDERING: Release; the lane's queue orders it before the committer's `false`.
            engine.days_under_way.store(true, Ordering::Release);
            permit.push(Event::DaysOpened(due));
        }
    }

    /// Whatever is due on the wheel: holds that expire, bookings that are over.
    fn end_what_is_over(&mut self, engine: &Engine, now: UtcMillis) -> bool {
        lock(&engine.wheel).turn(now, |booking| self.due.push_back(booking));
        let world = engine.world();
        for _ in 0..RECORDS_PER_TICK {
            let Some(no) = self.due.front().copied() else { break };
            let _command = self.lane.owner.begin_command();
            let Ok(permit) = self.lane.owner.permit() else { return true };
            self.due.pop_front();
            let (Some(booking), Some(entry)) = (engine.bookings.get(no), engine.bookings.entry(no)) else {
                continue;
            };
            match step_of(&world, &booking, now) {
                Due::Step(intent, record) => {
                    if entry.intend(&booking.terms, booking.state, intent).is_ok() {
                        permit.push(record);
                    } else {
                        // Somebody was quicker; what he does is looked at again.
                        lock(&engine.wheel).insert(now.plus_ms(LATER_MS), no);
                    }
                }
                Due::Later => lock(&engine.wheel).insert(now.plus_ms(LATER_MS), no),
                Due::Never => {}
            }
        }
        !self.due.is_empty()
    }

    /// Releases whose moment has come, for each day that is open: an event for each, once.
    fn open_releases(&mut self, engine: &Engine, now: UtcMillis) {
        let world = engine.world();
        let intake = self.lane.owner.intake();
        self.opening.retain(|_, ticket| intake.outcome(*ticket).is_none());
        for release in world.catalogue.releases() {
            for clock in world.days.iter().filter(|clock| release.def.governs(clock.day)) {
                let key = (release.no, clock.day);
                if engine.releases.opened_at(release.no, clock.day).is_some()
                    || self.opening.contains_key(&key)
                    || now < release.def.opens_at(world.catalogue.zone(), clock.day)
                    || !engine.draws.may_open(release.no)
                {
                    continue;
                }
                let _command = self.lane.owner.begin_command();
                let Ok(permit) = self.lane.owner.permit() else { return };
                let record = Event::ReleaseOpened(ReleaseOpened { no: release.no, day: clock.day });
                self.opening.insert(key, permit.push(record));
            }
        }
    }

    /// Whether a release's moment has come whose opening is not durable yet.
    #[must_use]
    pub fn has_releases_due(engine: &Engine, now: UtcMillis) -> bool {
        let world = engine.world();
        let is_due = |release: &Release, day: LocalDay| {
            release.def.governs(day)
                && engine.releases.opened_at(release.no, day).is_none()
                && release.def.opens_at(world.catalogue.zone(), day) <= now
                && engine.draws.may_open(release.no)
        };
        let releases = world.catalogue.releases();
        releases.iter().any(|release| world.days.iter().any(|clock| is_due(release, clock.day)))
    }

    /// Goes on with the first closure that is not dealt with.
    fn close(&mut self, engine: &Engine) -> bool {
        // An end that came to nothing is queued again. Looked at before the world, which shows it when it came to something.
        let intake = self.lane.owner.intake();
        let finishing = self.finishing.filter(|(_, ticket)| intake.outcome(*ticket).is_none());
        let world = engine.world();
        let Some((no, closure)) =
            world.catalogue.closures().iter().enumerate().find(|(_, closure)| !closure.is_done)
        else {
            return false;
        };
        let Ok(no) = u32::try_from(no) else { return false };
        if finishing.is_some_and(|(finishing, _)| finishing == no) {
            return false;
        }
        let is_done = match closure.def.bookings {
            BookingsInside::Keep => true,
            BookingsInside::Cancel => {
                let begun = self.closing.take().filter(|closing| closing.no() == no);
                let mut closing = begun.unwrap_or_else(|| Closing::begin(&world, no, closure));
                let is_done = closing.go_on(engine, &world, closure, &self.lane);
                self.closing = Some(closing);
                is_done
            }
        };
        if is_done && let Ok(permit) = self.lane.owner.permit() {
            self.finishing = Some((no, permit.push(Event::ClosureFinished(ClosureFinished { no }))));
        }
        !is_done
    }
}
