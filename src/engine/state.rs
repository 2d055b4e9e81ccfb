//! All that is live in a city, in one place; commands and views stand in files of their own beside this one.

use std::cell::Cell;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use dashmap::DashMap;

use super::bookings::Bookings;
use super::counters::Counters;
use super::known_requests::KnownRequests;
use super::lane::LaneOwner;
use super::pitch_days::PitchDays;
use super::quota::{Counted, Quotas};
use super::residents::Residents;
use super::slab::Slab;
use super::sync::{AtomicBool, AtomicI64, Mutex, Ordering, lock};
use super::top_ups::TopUps;
use super::wheel::Wheel;
use super::world::{OpenDays, World};
use crate::domain::catalogue::{Catalogue, Pitch};
use crate::domain::event::{Event, PhoneHash};
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

const VENUES_MAX: usize = 1 << 20;

/// A city, live.
pub struct Engine {
    pub(super) world: ArcSwap<World>,
    pub(super) pitch_days: PitchDays,
    pub(super) residents: Residents,
    pub(super) bookings: Bookings,
    pub(super) top_ups: TopUps,
    pub(super) quotas: Quotas,
    pub(super) known: KnownRequests,
    pub(super) ledger: Ledger,
    pub(super) phones: DashMap<PhoneHash, ResidentNo>,
    pub(super) sealed: DashMap<ResidentNo, Arc<[u8]>>,
    /// A plain lock: the committer puts bookings on the wheel, the timekeeper turns it, each for less than a microsecond.
    pub(super) wheel: Mutex<Wheel>,
    pub(super) counters: Counters,
    /// A roll-over is queued and not yet durable.
    pub(super) days_under_way: AtomicBool,
}

/// The accounts that are not wallets. With the wallets they sum to nothing: every movement has two sides (I3).
pub(super) struct Ledger {
    revenue: Slab<AtomicI64>,
    providers: AtomicI64,
}

// ORDERING: Relaxed throughout: the committer alone moves these balances, and each is right by itself. Their sum is
// taken only where no command runs.
impl Ledger {
    fn new() -> Self {
        Self { revenue: Slab::new(VENUES_MAX, 1 << 10), providers: AtomicI64::new(0) }
    }

    /// What a venue has earned rises, or falls by a refund. By the committer.
    pub(super) fn earn(&self, venue: VenueNo, amount: Minor) {
        if let Some(revenue) = self.revenue.get_or_make(venue.index()) {
            revenue.fetch_add(amount.get(), Ordering::Relaxed);
        }
    }

    /// Money comes in from a payment provider. By the committer.
    pub(super) fn bring_in(&self, amount: Minor) {
        self.providers.fetch_sub(amount.get(), Ordering::Relaxed);
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
    pub(super) fn new(catalogue: &Catalogue, bookings_expected: usize) -> Self {
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
            known: KnownRequests::with_capacity(bookings_expected),
            ledger: Ledger::new(),
            phones: DashMap::new(),
            sealed: DashMap::new(),
            wheel: Mutex::new(Wheel::new(UtcMillis::new(0))),
            counters: Counters::default(),
            days_under_way: AtomicBool::new(false),
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

/// What quotas count of a booking on this pitch.
pub(super) fn counted(pitch: &Pitch, terms: &super::bookings::Terms) -> Counted {
    Counted {
        resident: terms.resident,
        venue: pitch.venue,
        sport: pitch.sport,
        day: terms.day,
        span: terms.span,
    }
}
