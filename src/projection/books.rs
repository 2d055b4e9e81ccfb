//! What the projection knows of the city: the catalogue and the open days, as of the last record that it wrote.
//!
//! It is made from the records of the catalogue that stand in Postgres, so that a projection goes on from what Postgres says and
//! needs nothing of the journal that is older.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::calendar::DayClock;
use crate::domain::catalogue::{Catalogue, InvalidDefinition, Pitch};
use crate::domain::event::{Event, UnknownEvent};
use crate::domain::ids::PitchNo;
use crate::domain::time::{LocalDay, UtcMillis};

/// A record that can't be written into the books: the journal would not have been replayed with it either.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error(transparent)]
    Unknown(#[from] UnknownEvent),
    #[error("the catalogue: {0}")]
    Definition(#[from] InvalidDefinition),
    #[error("the first event founds no city")]
    NoCity,
    #[error("{0} is not there")]
    Missing(String),
}

#[derive(Default)]
pub(super) struct Books {
    catalogue: Option<Catalogue>,
    first_open: Option<LocalDay>,
    last_open: Option<LocalDay>,
    clocks: HashMap<LocalDay, Arc<DayClock>>,
}

impl Books {
    /// The books behind a snapshot: of the events that made its catalogue, each behind its moment and its length, and the days that
    /// were open.
    pub(super) fn behind_snapshot(
        mut rows: &[u8],
        first_open: Option<LocalDay>,
        last_open: Option<LocalDay>,
    ) -> Result<Self, Unfit> {
        let mut books = Self::default();
        let cut = || Unfit::Missing("the rest of the catalogue".to_owned());
        while !rows.is_empty() {
            let (at, behind) = rows.split_first_chunk().ok_or_else(cut)?;
            let (length, behind) = behind.split_first_chunk().ok_or_else(cut)?;
            let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| cut())?;
            let (event, behind) = behind.split_at_checked(length).ok_or_else(cut)?;
            books.apply(UtcMillis::new(i64::from_le_bytes(*at)), &Event::decode(event)?)?;
            rows = behind;
        }
        Ok(Self { first_open, last_open, ..books })
    }

    pub(super) fn catalogue(&self) -> Result<&Catalogue, Unfit> {
        self.catalogue.as_ref().ok_or(Unfit::NoCity)
    }

    /// The first open day; earlier ones are over.
    pub(super) const fn first_open(&self) -> Option<LocalDay> {
        self.first_open
    }

    pub(super) fn is_open(&self, day: LocalDay) -> bool {
        self.first_open.is_some_and(|first| first <= day)
    }

    /// The days that are over when these are the first that is open.
    pub(super) fn days_ended_by(&self, first: LocalDay) -> impl Iterator<Item = LocalDay> + use<> {
        let (from, to) = match (self.first_open, self.last_open) {
            (Some(from), Some(last)) => (from.get(), first.get().min(last.get().saturating_add(1))),
            _ => (0, 0),
        };
        (from..to).map(LocalDay::new)
    }

    pub(super) fn pitch(&self, no: PitchNo) -> Result<&Pitch, Unfit> {
        self.catalogue()?.pitch(no).ok_or_else(|| Unfit::Missing(no.to_string()))
    }

    pub(super) fn clock(&mut self, day: LocalDay) -> Result<Arc<DayClock>, Unfit> {
        if let Some(clock) = self.clocks.get(&day) {
            return Ok(Arc::clone(clock));
        }
        let clock = Arc::new(DayClock::new(self.catalogue()?.zone(), day));
        self.clocks.insert(day, Arc::clone(&clock));
        Ok(clock)
    }

    /// Applies what an event changes of the catalogue or of the open days.
    pub(super) fn apply(&mut self, at: UtcMillis, event: &Event) -> Result<(), Unfit> {
        if let Event::CityFounded(def) = event {
            self.catalogue = Some(Catalogue::found(def.as_ref().clone())?);
            return Ok(());
        }
        let catalogue = self.catalogue.as_mut().ok_or(Unfit::NoCity)?;
        if let Event::DaysOpened(opened) = event {
            self.first_open = Some(opened.first);
            self.last_open = Some(opened.last);
            self.clocks.retain(|day, _| *day >= opened.first);
        }
        Ok(catalogue.apply(at, event)?)
    }
}
