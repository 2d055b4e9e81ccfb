//! Who comes along with residents: each resident's list, and who is named for a booking. The engine keeps sealed bytes and can't read them.
//!
//! A list is changed from what it was: one change of a list is under way at a time, and who has read another list than the one that
//! stands begins anew. Who is named for a booking is forgotten when the booking is over: nobody asks at a gate then.

use std::sync::Arc;

use dashmap::{DashMap, DashSet};

use super::bookings::{Booking, BookingState};
use super::lane::Ticket;
use super::refusal::Refusal;
use super::replay::ReplayError;
use super::snapshot::bytes::{Fields, Malformed, put, put_measured};
use super::state::{CommandLane, Engine};
use super::sync::{AtomicU32, Ordering};
use crate::domain::event::{CompanionsListed, CompanionsNamed, Event, OfCompanions, Role};
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::time::UtcMillis;

/// In a snapshot's row: whose the bytes are.
const ROW_OF_RESIDENT: u32 = 0;
const ROW_OF_BOOKING: u32 = 1;

/// What residents have said of their companions.
#[derive(Default)]
pub(super) struct Companions {
    lists: DashMap<ResidentNo, Arc<[u8]>>,
    named: DashMap<BookingNo, Arc<[u8]>>,
    /// How many bookings somebody is named for: where nobody is, the end of a booking looks at this word alone.
    named_count: AtomicU32,
    /// The residents a change of whose list is queued and not yet durable.
    changing: DashSet<ResidentNo>,
}

/// What became of a change of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    Queued(Ticket),
    /// The list is another by now, or is about to be: it is to be read and changed anew.
    Meanwhile,
}

impl Companions {
    /// The committer alone changes who is named.
    fn name(&self, no: BookingNo, sealed: &[u8]) {
        if sealed.is_empty() {
            self.forget(no);
        } else if self.named.insert(no, sealed.into()).is_none() {
            // ORDERING: Relaxed, the committer alone writes and reads it.
            self.named_count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Nobody comes to this booking any more. By the committer.
    pub(super) fn forget(&self, no: BookingNo) {
        // ORDERING: Relaxed, as in `name`.
        if self.named_count.load(Ordering::Relaxed) > 0 && self.named.remove(&no).is_some() {
            self.named_count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// A resident has gone, and so has all that he said. By the committer.
    pub(super) fn forget_all_of(&self, resident: ResidentNo, bookings: impl Iterator<Item = Booking>) {
        self.lists.remove(&resident);
        for booking in bookings {
            self.forget(booking.no);
        }
    }

    fn list(&self, resident: ResidentNo, sealed: &[u8]) {
        if sealed.is_empty() {
            self.lists.remove(&resident);
        } else {
            self.lists.insert(resident, sealed.into());
        }
    }

    /// Gives the rows of a snapshot.
    pub(super) fn put_rows<E>(&self, mut give: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let lists = self.lists.iter().map(|one| ((ROW_OF_RESIDENT, one.key().get()), one.value().clone()));
        let named = self.named.iter().map(|one| ((ROW_OF_BOOKING, one.key().get()), one.value().clone()));
        let mut rows: Vec<(_, Arc<[u8]>)> = lists.chain(named).collect();
        rows.sort_unstable();
        for ((whose, no), sealed) in rows {
            let mut row = Vec::with_capacity(sealed.len() + 12);
            put!(row, whose, no);
            put_measured(&mut row, &sealed);
            give(&row)?;
        }
        Ok(())
    }

    pub(super) fn take_row(&self, row: &mut Fields<'_>) -> Result<(), Malformed> {
        let (whose, no, sealed) = (row.u32()?, row.u32()?, row.measured()?);
        match whose {
            _ if sealed.is_empty() => return Err(Malformed),
            ROW_OF_RESIDENT => self.list(ResidentNo::new(no), sealed),
            ROW_OF_BOOKING => self.name(BookingNo::new(no), sealed),
            _ => return Err(Malformed),
        }
        Ok(())
    }
}

impl Engine {
    /// A resident's list, sealed; nothing when nobody stands in it.
    #[must_use]
    pub fn companions_of(&self, resident: ResidentNo) -> Option<Arc<[u8]>> {
        self.companions.lists.get(&resident).map(|sealed| Arc::clone(&sealed))
    }

    /// Who comes along to a booking, sealed; nothing when nobody is named.
    #[must_use]
    pub fn companions_at(&self, no: BookingNo) -> Option<Arc<[u8]>> {
        self.companions.named.get(&no).map(|sealed| Arc::clone(&sealed))
    }

    /// Makes a resident's list another one than what was read.
    ///
    /// # Errors
    /// `NotFound` for who is no resident any more; `Overloaded`.
    pub fn list_companions(
        &self,
        lane: &CommandLane,
        before: Option<&Arc<[u8]>>,
        listed: CompanionsListed,
    ) -> Result<Listing, Refusal> {
        let _command = lane.owner.begin_command();
        let no = listed.resident;
        let role = self.residents.get(no).and_then(super::residents::Resident::role);
        if role != Some(Role::Resident) {
            return Err(Refusal::NotFound);
        }
        if !self.companions.changing.insert(no) {
            return Ok(Listing::Meanwhile);
        }
        // Looked up when nobody else can change it: who was quicker has exchanged it by now.
        let is_same = match (self.companions_of(no), before) {
            (Some(now), Some(before)) => Arc::ptr_eq(&now, before),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let permit = if is_same { self.permit_for_new(lane).map(Some) } else { Ok(None) };
        match permit {
            Ok(Some(permit)) => {
                let event = Event::OfCompanions(OfCompanions::Listed(listed));
                Ok(Listing::Queued(permit.push(event)))
            }
            Ok(None) => {
                self.companions.changing.remove(&no);
                Ok(Listing::Meanwhile)
            }
            Err(refusal) => {
                self.companions.changing.remove(&no);
                Err(refusal)
            }
        }
    }

    /// Says who comes along to a booking of one's own that has not begun.
    ///
    /// # Errors
    /// Why it stays as it is.
    pub fn name_companions(
        &self,
        lane: &CommandLane,
        resident: ResidentNo,
        named: CompanionsNamed,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let (booking, _) = self.own_booking(resident, named.no)?;
        let world = self.world.load();
        let start = world.clock_of(booking.terms.day).start(booking.terms.span);
        match booking.state.settled() {
            BookingState::Held | BookingState::Confirmed if now < start => {}
            BookingState::Cancelled | BookingState::GivenUp => return Err(Refusal::AlreadyCancelled),
            BookingState::Expired => return Err(Refusal::HoldExpired),
            BookingState::CheckedIn => return Err(Refusal::AlreadyUsed),
            BookingState::Void
            | BookingState::Pending
            | BookingState::PendingHold
            | BookingState::Held
            | BookingState::Confirming
            | BookingState::GivingUp
            | BookingState::Expiring
            | BookingState::Confirmed
            | BookingState::Moving
            | BookingState::Relocating
            | BookingState::CheckingIn
            | BookingState::Cancelling
            | BookingState::Completing
            | BookingState::Leaving
            | BookingState::Completed
            | BookingState::Missing
            | BookingState::Missed
            | BookingState::Alias => return Err(Refusal::TooLate),
        }
        let permit = self.permit_for_new(lane)?;
        Ok(permit.push(Event::OfCompanions(OfCompanions::Named(named))))
    }

    pub(super) fn settle_companions(&self, event: &OfCompanions) {
        match event {
            OfCompanions::Listed(event) => {
                self.companions.list(event.resident, &event.sealed);
                self.companions.changing.remove(&event.resident);
            }
            // The booking may have ended since it was queued: then nobody comes along.
            OfCompanions::Named(event) => {
                if self.bookings.get(event.no).is_some_and(|booking| booking.state.settled().is_live()) {
                    self.companions.name(event.no, &event.sealed);
                }
            }
        }
    }

    pub(super) fn undo_companions(&self, event: &OfCompanions) {
        match event {
            OfCompanions::Listed(event) => {
                self.companions.changing.remove(&event.resident);
            }
            OfCompanions::Named(_) => {}
        }
    }

    pub(super) fn companions_again(&self, event: &OfCompanions) -> Result<(), ReplayError> {
        let is_known = match event {
            OfCompanions::Listed(event) => {
                self.residents.get(event.resident).is_some_and(|resident| !resident.is_erased())
            }
            OfCompanions::Named(event) => self.bookings.get(event.no).is_some(),
        };
        if is_known {
            Ok(())
        } else {
            Err(ReplayError::Missing { what: "whose companions they are".to_owned() })
        }
    }
}
