//! What commands look at and rarely changes: the catalogue and the open days, exchanged as one.

use std::borrow::Cow;
use std::sync::Arc;

use crate::domain::calendar::{DayClock, local_day};
use crate::domain::catalogue::Catalogue;
use crate::domain::event::DaysOpened;
use crate::domain::time::{LocalDay, UtcMillis};

/// The catalogue and the open days at one moment.
#[derive(Clone)]
pub struct World {
    pub catalogue: Arc<Catalogue>,
    pub days: Arc<OpenDays>,
}

/// The days that can be booked, each with its clock.
#[derive(Clone)]
pub struct OpenDays {
    first: LocalDay,
    clocks: Vec<DayClock>,
}

impl OpenDays {
    /// No day is open.
    #[must_use]
    pub fn none() -> Self {
        Self { first: LocalDay::new(i32::MIN), clocks: Vec::new() }
    }

    /// The days from the first to the last; clocks that are known already are kept.
    #[must_use]
    pub fn between(catalogue: &Catalogue, before: &Self, first: LocalDay, last: LocalDay) -> Self {
        let count = last.days_since(first).saturating_add(1).max(0);
        let clock = |day| before.clock(day).cloned().unwrap_or_else(|| DayClock::new(catalogue.zone(), day));
        Self { first, clocks: (0..count).map(|after| clock(first.plus_days(after))).collect() }
    }

    /// The first open day: today, as the journal knows it.
    #[must_use]
    pub fn first(&self) -> LocalDay {
        self.first
    }

    /// The last open day, or nothing when none is open.
    #[must_use]
    pub fn last(&self) -> Option<LocalDay> {
        self.clocks.last().map(|clock| clock.day)
    }

    /// The clock of an open day.
    #[must_use]
    pub fn clock(&self, day: LocalDay) -> Option<&DayClock> {
        let after = day.get().checked_sub(self.first.get())?;
        self.clocks.get(usize::try_from(after).ok()?)
    }

    #[must_use]
    pub fn is_open(&self, day: LocalDay) -> bool {
        self.clock(day).is_some()
    }

    /// The open days, in order.
    pub fn iter(&self) -> impl Iterator<Item = &DayClock> {
        self.clocks.iter()
    }
}

impl World {
    /// The days that should be open at this moment.
    #[must_use]
    pub fn days_due(&self, now: UtcMillis) -> DaysOpened {
        let first = local_day(self.catalogue.zone(), now);
        DaysOpened { first, last: first.plus_days(i32::from(self.catalogue.city().days_ahead)) }
    }

    /// The clock of a day, open or not.
    #[must_use]
    pub fn clock_of(&self, day: LocalDay) -> Cow<'_, DayClock> {
        self.days
            .clock(day)
            .map_or_else(|| Cow::Owned(DayClock::new(self.catalogue.zone(), day)), Cow::Borrowed)
    }
}
