//! All that is live in a city, in one place; commands and views stand in files of their own beside this one.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use dashmap::{DashMap, DashSet};

use super::audit_log::AuditLog;
use super::bookings::{Booking, BookingState, Bookings, Entry, Terms};
use super::changes::{Change, Changes};
use super::companions::Companions;
use super::counters::Counters;
use super::draws::Draws;
use super::forgetting::Forgotten;
use super::known_requests::KnownRequests;
use super::lane::LaneOwner;
use super::people::Households;
use super::pitch_days::PitchDays;
use super::queues::Queues;
use super::quota::{Counted, Quotas, ReleaseLimit};
use super::refusal::Refusal;
use super::release_refusals::ReleaseRefusals;
use super::releases::Releases;
use super::residents::Residents;
use super::returns::Returns;
use super::slab::Slab;
use super::sync::{AtomicBool, AtomicI64, Mutex, Ordering, lock};
use super::top_ups::TopUps;
use super::wheel::Wheel;
use super::world::{OpenDays, World};
use crate::domain::catalogue::{Catalogue, Pitch};
use crate::domain::event::{Event, PhoneHash};
use crate::domain::ids::{BookingNo, PitchNo, ResidentNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};

const VENUES_MAX: usize = 1 << 20;
const VENUES_PER_BLOCK: usize = 1 << 10;

/// A city, live.
pub struct Engine {
    pub(super) world: ArcSwap<World>,
    pub(super) pitch_days: PitchDays,
    pub(super) residents: Residents,
    pub(super) bookings: Bookings,
    pub(super) top_ups: TopUps,
    pub(super) quotas: Quotas,
    pub(super) known: Arc<KnownRequests>,
    pub(super) releases: Releases,
    pub(super) release_refusals: ReleaseRefusals,
    pub(super) draws: Draws,
    pub(super) queues: Queues,
    pub(super) returns: Returns,
    pub(super) households: Households,
    /// The newest booking of each whole's day that is over, where it had one.
    pub(super) past_days: DashMap<(PitchNo, LocalDay), BookingNo>,
    /// What memory had once and has no more. A plain lock: written a few times a day.
    pub(super) forgotten: Mutex<Forgotten>,
    /// How much of each whole was open on each day that is over, by number.
    pub(super) past_open: DashMap<LocalDay, Box<[u32]>>,
    pub(super) ledger: Ledger,
    pub(super) phones: DashMap<PhoneHash, ResidentNo>,
    pub(super) sealed: DashMap<ResidentNo, Arc<[u8]>>,
    /// The accounts whose completion is queued and not yet durable.
    pub(super) completing: DashSet<ResidentNo>,
    pub(super) companions: Companions,
    pub(super) audit_log: AuditLog,
    /// Who was ever made one of the staff. A plain lock: written when an account is opened, read when the staff is listed.
    pub(super) staff: Mutex<BTreeSet<ResidentNo>>,
    /// A plain lock: the committer puts bookings on the wheel, the timekeeper turns it, each for less than a microsecond.
    pub(super) wheel: Mutex<Wheel<BookingNo>>,
    pub(super) counters: Counters,
    pub(super) changes: Changes,
    /// There is room for nothing new (`room.rs`).
    pub(super) short_of_room: AtomicBool,
    /// A roll-over is queued and not yet durable.
    pub(super) days_under_way: AtomicBool,
    /// A change of the catalogue by the staff is queued and not yet durable.
    pub(super) change_under_way: AtomicBool,
}

/// The accounts that are not wallets. With the wallets they sum to nothing: every movement has two sides (I3).
pub(super) struct Ledger {
    revenue: Slab<AtomicI64, VENUES_PER_BLOCK>,
    tills: Slab<AtomicI64, VENUES_PER_BLOCK>,
    providers: AtomicI64,
}

// ORDERING: Relaxed throughout: the committer alone moves these balances, and each is right by itself. Their sum is
// taken only where no command runs.
impl Ledger {
    fn new() -> Self {
        let slab = || Slab::new(VENUES_MAX);
        Self { revenue: slab(), tills: slab(), providers: AtomicI64::new(0) }
    }

    /// What a venue has earned rises, or falls by a refund. By the committer.
    pub(super) fn earn(&self, venue: VenueNo, amount: Minor) {
        if let Some(revenue) = self.revenue.get_or_make(venue.index()) {
            revenue.fetch_add(amount.get(), Ordering::Relaxed);
        }
    }

    /// Money comes in at a venue's counter, or goes out there when it is negative. By the committer.
    pub(super) fn ring_up(&self, venue: VenueNo, amount: Minor) {
        if let Some(till) = self.tills.get_or_make(venue.index()) {
            // ORDERING: Relaxed, as in `earn`.
            till.fetch_sub(amount.get(), Ordering::Relaxed);
        }
    }

    /// What came in at a venue's counter, as a negative balance.
    pub(super) fn till(&self, venue: VenueNo) -> Minor {
        // ORDERING: Relaxed, as in `earn`.
        Minor::new(self.tills.get(venue.index()).map_or(0, |till| till.load(Ordering::Relaxed)))
    }

    /// Money comes in from a payment provider. By the committer.
    pub(super) fn bring_in(&self, amount: Minor) {
        self.providers.fetch_sub(amount.get(), Ordering::Relaxed);
    }

    /// A venue's two balances, and what providers brought in, as a snapshot has them.
    pub(super) fn set(&self, venue: VenueNo, revenue: Minor, till: Minor) {
        if let (Some(of_revenue), Some(of_till)) =
            (self.revenue.get_or_make(venue.index()), self.tills.get_or_make(venue.index()))
        {
            of_revenue.store(revenue.get(), Ordering::Relaxed);
            of_till.store(till.get(), Ordering::Relaxed);
        }
    }

    pub(super) fn set_providers(&self, balance: Minor) {
        self.providers.store(balance.get(), Ordering::Relaxed);
    }

    /// What a venue has earned.
    pub(super) fn revenue(&self, venue: VenueNo) -> Minor {
        Minor::new(self.revenue.get(venue.index()).map_or(0, |revenue| revenue.load(Ordering::Relaxed)))
    }

    /// What providers brought in, as a negative balance.
    pub(super) fn providers(&self) -> Minor {
        Minor::new(self.providers.load(Ordering::Relaxed))
    }
}

/// A thread's way to give commands: its lane, and a booking number that its last command didn't use.
pub struct CommandLane {
    pub(super) owner: LaneOwner<Event>,
    pub(super) spare: Cell<Option<BookingNo>>,
}

impl CommandLane {
    #[must_use]
    pub fn new(owner: LaneOwner<Event>) -> Self {
        Self { owner, spare: Cell::new(None) }
    }

    #[must_use]
    pub fn owner(&self) -> &LaneOwner<Event> {
        &self.owner
    }
}

impl AsRef<LaneOwner<Event>> for CommandLane {
    fn as_ref(&self) -> &LaneOwner<Event> {
        &self.owner
    }
}

impl Engine {
    /// The engine of a city that has nothing yet.
    #[must_use]
    pub(super) fn new(catalogue: &Catalogue, known: Arc<KnownRequests>) -> Self {
        let city = catalogue.city();
        Self {
            world: ArcSwap::from_pointee(World {
                catalogue: Arc::new(catalogue.clone()),
                days: Arc::new(OpenDays::none()),
            }),
            pitch_days: PitchDays::new(city.days_ahead),
            residents: Residents::new(),
            bookings: Bookings::new(),
            top_ups: TopUps::new(),
            quotas: Quotas::new(&city.quotas, city.days_ahead),
            known,
            releases: Releases::new(),
            release_refusals: ReleaseRefusals::new(),
            draws: Draws::default(),
            queues: Queues::default(),
            returns: Returns::default(),
            households: Households::default(),
            past_days: DashMap::new(),
            forgotten: Mutex::default(),
            past_open: DashMap::new(),
            ledger: Ledger::new(),
            phones: DashMap::new(),
            sealed: DashMap::new(),
            completing: DashSet::new(),
            companions: Companions::default(),
            audit_log: AuditLog::default(),
            staff: Mutex::new(BTreeSet::new()),
            wheel: Mutex::new(Wheel::new(UtcMillis::new(0))),
            counters: Counters::default(),
            changes: Changes::new(),
            short_of_room: AtomicBool::new(false),
            days_under_way: AtomicBool::new(false),
            change_under_way: AtomicBool::new(false),
        }
    }

    /// The catalogue and the open days.
    #[must_use]
    pub fn world(&self) -> Guard<Arc<World>> {
        self.world.load()
    }

    #[must_use]
    pub fn residents(&self) -> &Residents {
        &self.residents
    }

    #[must_use]
    pub fn bookings(&self) -> &Bookings {
        &self.bookings
    }

    #[must_use]
    pub fn top_ups(&self) -> &TopUps {
        &self.top_ups
    }

    #[must_use]
    pub fn known(&self) -> &KnownRequests {
        &self.known
    }

    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The latest changes of slots.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Tells who listens that a pitch's day is another. By the committer.
    pub(super) fn tell(&self, world: &World, pitch: PitchNo, day: LocalDay) {
        if let Some(pitch) = world.catalogue.pitch(pitch) {
            self.changes.push(Change::PitchDay(pitch.whole, day));
        }
    }

    /// How many bookings wait on the wheel.
    #[must_use]
    pub fn timers(&self) -> usize {
        lock(&self.wheel).len()
    }

    /// The days of all pitches.
    #[must_use]
    pub fn pitch_days(&self) -> &PitchDays {
        &self.pitch_days
    }
}

impl Engine {
    /// A resident's booking and its place.
    pub(super) fn own_booking(
        &self,
        resident: ResidentNo,
        no: BookingNo,
    ) -> Result<(Booking, &Entry), Refusal> {
        let booking = self.bookings.get(no).filter(|booking| booking.terms.resident == resident);
        let shown = booking.filter(|booking| booking.state.settled() != BookingState::Void);
        shown.zip(self.bookings.entry(no)).ok_or(Refusal::NotFound)
    }

    /// A venue's booking and its place.
    pub(super) fn venues_booking(&self, venue: VenueNo, no: BookingNo) -> Result<(Booking, &Entry), Refusal> {
        let world = self.world.load();
        let is_venues = |booking: &Booking| {
            let pitch = world.catalogue.pitch(booking.terms.pitch);
            pitch.is_some_and(|pitch| pitch.venue == venue) && booking.state.settled() != BookingState::Void
        };
        let booking = self.bookings.get(no).filter(is_venues);
        booking.zip(self.bookings.entry(no)).ok_or(Refusal::NotFound)
    }

    /// Counts what was refused.
    pub(super) fn count<T>(&self, result: Result<T, Refusal>) -> Result<T, Refusal> {
        if let Err(refusal) = &result {
            self.counters.refuse(refusal);
        }
        result
    }

    #[must_use]
    pub fn releases(&self) -> &Releases {
        &self.releases
    }

    /// The lines of releases that one queues for.
    #[must_use]
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// What was given back and waits to come back to sale.
    #[must_use]
    pub fn returns(&self) -> &Returns {
        &self.returns
    }

    /// The bookings of a whole's day, whether the day is open or over; nothing of one that is forgotten.
    pub fn bookings_of_day(&self, world: &World, whole: &Pitch, day: LocalDay) -> Option<Vec<Booking>> {
        let found = self.listed_on(world, whole, day);
        // Asked behind the walk: a list that was forgotten meanwhile may have ended too early.
        (!self.is_day_forgotten(day)).then_some(found)
    }

    fn listed_on(&self, world: &World, whole: &Pitch, day: LocalDay) -> Vec<Booking> {
        if world.days.is_open(day) {
            let on_day = self.pitch_days.on(whole, day);
            let newest = on_day.map(|on_day| on_day.newest_booking());
            return newest.map_or_else(Vec::new, |newest| self.bookings.of_pitch_day(newest).collect());
        }
        let newest = self.past_days.get(&(whole.no, day)).map(|newest| *newest);
        newest.map_or_else(Vec::new, |newest| {
            self.bookings.of_pitch_day(&super::sync::AtomicU32::new(newest.get())).collect()
        })
    }
}

/// What quotas count of a booking on this pitch.
pub(super) fn counted(world: &World, pitch: &Pitch, terms: &Terms) -> Counted {
    let release = terms.release.and_then(|no| world.catalogue.release(no));
    Counted {
        release: release
            .and_then(|release| Some(ReleaseLimit { no: release.no, limit: release.def.limit_each()? })),
        resident: terms.resident,
        venue: pitch.venue,
        sport: pitch.sport,
        day: terms.day,
        span: terms.span,
    }
}
