//! What happened longer ago than memory reaches: asked of whoever has it, so that who asks us doesn't notice.
//!
//! Memory is always read first. What it no more had then had been written elsewhere before, so nothing falls between the two; what both
//! have is taken from memory. Always: an answer that would need more than can be read says so, and is never taken for all there is.

use std::collections::HashMap;
use std::sync::Arc;

use super::problem::{FieldFault, Problem, Text};
use super::resident::booking_view::BookingStatus;
use crate::domain::catalogue::Pitch;
use crate::domain::ids::{BookingNo, PitchNo, ResidentNo};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::Engine;
use crate::engine::bookings::{Booking, OwnBookings};
use crate::engine::world::World;
use crate::projection::{History, Own, Wanted};

/// How soon one may ask again for what can't be read now.
const AGAIN_AFTER_S: u32 = 5;

/// Memory and what is behind it.
#[derive(Clone)]
pub struct Past {
    engine: Arc<Engine>,
    /// Nothing where there is no database.
    history: Option<History>,
}

/// What was found, up to where something couldn't be read.
pub struct UpTo<T> {
    pub found: Vec<T>,
    /// Nothing when it is all.
    pub missing: Option<Problem>,
}

/// The bookings of days that memory has no more, of pitches by whole.
#[derive(Default)]
pub struct PastDays {
    before: Option<LocalDay>,
    found: HashMap<(PitchNo, LocalDay), Vec<Booking>>,
}

/// Older bookings can't be read now; newer ones can.
#[must_use]
pub fn away() -> Problem {
    Problem::Overloaded {
        retry_after_s: AGAIN_AFTER_S,
        reason: Some(Text::fixed(
            "older bookings can't be read at this moment; newer ones can",
            "暂时无法查询较早的预订;近期的预订可以查询",
        )),
    }
}

impl Past {
    #[must_use]
    pub const fn new(engine: Arc<Engine>, history: Option<History>) -> Self {
        Self { engine, history }
    }

    /// Asks whoever has what is forgotten. Where nobody ever had any of it, that was the end of it.
    ///
    /// # Errors
    /// `overloaded` when it can't be read now.
    pub async fn ask(&self, wanted: Wanted) -> Result<Vec<Booking>, Problem> {
        let forgotten = self.engine.forgotten();
        match &self.history {
            Some(history) => history.bookings(wanted, forgotten.told_by).await.map_err(|_| away()),
            None if forgotten.is_kept => Err(away()),
            None => Ok(Vec::new()),
        }
    }

    /// Before which day of play something may be forgotten. To be asked behind a look into memory.
    #[must_use]
    pub fn before(&self) -> Option<LocalDay> {
        self.engine.forgotten().before
    }

    /// A booking, however old.
    ///
    /// # Errors
    /// `overloaded` when it can't be read now.
    pub async fn booking(&self, no: BookingNo) -> Result<Option<Booking>, Problem> {
        if let Some(booking) = self.engine.bookings().get(no) {
            return Ok(Some(booking));
        }
        if !self.engine.bookings().is_forgotten(no) {
            return Ok(None);
        }
        Ok(self.ask(Wanted::One(no)).await?.into_iter().next())
    }

    /// One of somebody's own bookings, however old.
    ///
    /// # Errors
    /// `not-found` also for another's; `overloaded` when it can't be read now.
    pub async fn own_booking(&self, resident: ResidentNo, no: BookingNo) -> Result<Booking, Problem> {
        let booking = self.booking(no).await?.filter(|booking| booking.terms.resident == resident);
        booking.ok_or(Problem::NotFound)
    }

    /// All bookings of a resident, in no order.
    ///
    /// # Errors
    /// `overloaded` when some can't be read now.
    pub async fn all_of(&self, resident: ResidentNo) -> Result<Vec<Booking>, Problem> {
        let UpTo { found, missing } = self.of_resident(resident, None).await;
        missing.map_or(Ok(found), Err)
    }

    /// A resident's bookings that memory has, and so many of the older ones as are wanted, the newest starts of those; in no order.
    pub async fn of_resident(&self, resident: ResidentNo, limit: Option<usize>) -> UpTo<Booking> {
        let own = self.in_memory(resident);
        let Some(before) = self.before().filter(|_| own.had_more) else {
            return UpTo { found: own.kept, missing: None };
        };
        let wanted = Own {
            resident,
            first: None,
            last: before.plus_days(-1),
            states: None,
            after: None,
            but: numbers_before(&own.kept, before),
            limit,
        };
        let mut found = own.kept;
        let missing = match self.ask(Wanted::Own(wanted)).await {
            Ok(older) => {
                found.extend(older);
                None
            }
            Err(problem) => Some(problem),
        };
        UpTo { found, missing }
    }

    /// What memory has of a resident's bookings.
    #[must_use]
    pub fn in_memory(&self, resident: ResidentNo) -> OwnBookings {
        match self.engine.residents().get(resident) {
            Some(account) => self.engine.bookings().of_resident(&account.newest_booking),
            None => OwnBookings { kept: Vec::new(), had_more: false },
        }
    }

    /// The bookings of some wholes, with their parts, on those of the days that are forgotten. `field` is where the days were asked for.
    ///
    /// # Errors
    /// `overloaded` when they can't be read now; `invalid-request` when nobody has them.
    pub async fn of_days(
        &self,
        world: &World,
        wholes: impl Iterator<Item = &Pitch>,
        (first, last): (LocalDay, LocalDay),
        field: &'static str,
    ) -> Result<PastDays, Problem> {
        let mut past = PastDays { before: self.before(), found: HashMap::new() };
        let Some(before) = past.before.filter(|before| first < *before) else { return Ok(past) };
        let forgotten = self.engine.forgotten();
        let is_lost = forgotten.lost_before.is_some_and(|lost_before| first < lost_before);
        if is_lost || (self.history.is_none() && !forgotten.is_kept) {
            let text = Text::fixed("lies before what is kept", "早于本市保存的记录");
            return Err(FieldFault::new(field, text).into());
        }
        let pitches =
            wholes.flat_map(|whole| std::iter::once(whole.no).chain(whole.parts.clone().map(PitchNo::new)));
        let last = last.min(before.plus_days(-1));
        for booking in self.ask(Wanted::OfDays { pitches: pitches.collect(), first, last }).await? {
            let Some(pitch) = world.catalogue.pitch(booking.terms.pitch) else { continue };
            past.found.entry((pitch.whole, booking.terms.day)).or_default().push(booking);
        }
        Ok(past)
    }
}

impl PastDays {
    /// The bookings of a whole's day: as memory has them, or as they were found where it has none.
    ///
    /// # Errors
    /// `overloaded` when the day was forgotten since it was looked for.
    pub fn of(
        &self,
        engine: &Engine,
        world: &World,
        whole: &Pitch,
        day: LocalDay,
    ) -> Result<Vec<Booking>, Problem> {
        if let Some(bookings) = engine.bookings_of_day(world, whole, day) {
            return Ok(bookings);
        }
        if self.before.is_none_or(|before| before <= day) {
            return Err(away());
        }
        Ok(self.found.get(&(whole.no, day)).cloned().unwrap_or_default())
    }
}

/// The numbers of those that are played before a day.
#[must_use]
pub fn numbers_before(bookings: &[Booking], before: LocalDay) -> Vec<BookingNo> {
    bookings.iter().filter(|booking| booking.terms.day < before).map(|booking| booking.no).collect()
}

/// When a day begins: everything that happened to what is forgotten before it lies earlier.
#[must_use]
pub fn begin_of(world: &World, day: LocalDay) -> UtcMillis {
    world.clock_of(day).start_of(0)
}

/// Why nothing can be changed of a booking that is over.
#[must_use]
pub fn over(booking: &Booking) -> Problem {
    match BookingStatus::of(booking.state) {
        Some(BookingStatus::Cancelled) => Problem::AlreadyCancelled,
        Some(BookingStatus::Expired) => Problem::HoldExpired,
        Some(
            BookingStatus::Held
            | BookingStatus::Confirmed
            | BookingStatus::CheckedIn
            | BookingStatus::Completed
            | BookingStatus::NoShow,
        )
        | None => Problem::TooLate,
    }
}
