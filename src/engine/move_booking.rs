//! Moving a booking to another pitch or time of its venue, by the staff.
//!
//! The new place is taken before the record is queued, the old one given back when it is durable; in between the booking has both.
//! Along one pitch and day only what is new is taken, so that a booking can be moved by half of its own length.

use super::bookings::{Booking, BookingState, Payment, Terms};
use super::cancel::not_confirmed;
use super::claim::{off_grid, price_of};
use super::lane::Ticket;
use super::quota::{Counted, Windows};
use super::refusal::Refusal;
use super::releases::sale;
use super::session::Seller;
use super::state::{CommandLane, Engine, counted};
use super::when::{self, Judged, WrittenTime};
use super::world::World;
use crate::domain::catalogue::{Pitch, PitchKind};
use crate::domain::event::{BookingMoved, Event, StaffActed};
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;
use crate::domain::units::UnitMask;

/// Where a booking is to be.
#[derive(Debug, Clone, Copy)]
pub struct NewPlace<'a> {
    pub pitch: &'a str,
    pub start: WrittenTime,
    pub end: WrittenTime,
    pub price: NewPrice,
}

/// What a moved booking costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewPrice {
    /// What it cost before.
    Kept,
    /// What its new place costs; the difference is paid or given back.
    OfPlace,
}

impl Engine {
    /// Moves a booking.
    ///
    /// # Errors
    /// Why it stays where it is; `NotFound` for another venue's.
    pub fn move_booking(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        venue: VenueNo,
        no: BookingNo,
        to: &NewPlace<'_>,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let result = self.try_move(lane, by, venue, no, to, now);
        self.count(result)
    }

    /// What a booking would cost at another place of its venue. Whether that place is free is judged when it is moved.
    ///
    /// # Errors
    /// Why it could not be there at all; `NotFound` for another venue's.
    pub fn price_of_move(
        &self,
        venue: VenueNo,
        no: BookingNo,
        to: &NewPlace<'_>,
        now: UtcMillis,
    ) -> Result<Minor, Refusal> {
        let world = self.world.load();
        let (booking, _) = self.venues_booking(venue, no)?;
        new_terms(&world, venue, &booking, to, now).map(|(_, terms)| terms.price)
    }

    fn try_move(
        &self,
        lane: &CommandLane,
        by: ResidentNo,
        venue: VenueNo,
        no: BookingNo,
        to: &NewPlace<'_>,
        now: UtcMillis,
    ) -> Result<Ticket, Refusal> {
        let _command = lane.owner.begin_command();
        let world = self.world.load();
        let (booking, entry) = self.venues_booking(venue, no)?;
        let old = booking.terms;
        let (pitch, terms) = new_terms(&world, venue, &booking, to, now)?;
        let on_day = self.pitch_days.on(pitch, terms.day).ok_or(Refusal::Overloaded)?;
        let is_session = matches!(pitch.kind, PitchKind::Session { .. });
        let gate = self.releases.gate(world.catalogue.release_of(pitch, terms.day), pitch, terms.day);
        let sale = sale(gate, pitch, Seller::Counter).ok_or(Refusal::SlotClosed)?;
        // It was sold by whoever sold it, and stays so.
        let sale = super::pitch_days::Sale { seller: seller_of(&terms), kept: 0, ..sale };
        // Where one queues a booking of another release comes by no shorter way; what is sold at the counter doesn't queue.
        if old.payment == Payment::Wallet && old.release != terms.release {
            let release = world.catalogue.release_of(pitch, terms.day);
            self.expect_turn(release, old.resident, now)?;
            self.expect_entitled(release, old.resident, terms.day)?;
        }
        let resident = self.residents.get(old.resident).ok_or(Refusal::NotFound)?;
        let permit = lane.owner.permit()?;
        let place = self.bookings.left_over_or_new(lane.spare.take()).ok_or(Refusal::Overloaded)?;
        let undo_number = |refusal| {
            lane.spare.set(Some(place));
            refusal
        };
        entry
            .intend(&old, BookingState::Confirmed, BookingState::Moving)
            .map_err(|state| undo_number(not_confirmed(state)))?;
        let undo_intent = |refusal| {
            let _ = entry.advance(BookingState::Moving, BookingState::Confirmed);
            undo_number(refusal)
        };
        let counts = quota_change(&world, &old, &terms);
        if let Some((_, new)) = &counts {
            self.quotas
                .take(&resident.quota, new)
                .map_err(|exceeded| undo_intent(Refusal::from(exceeded)))?;
        }
        let undo_quota = |refusal| {
            if let Some((_, new)) = &counts {
                self.quotas.give_back(&resident.quota, new, Windows::All { is_day_over: false });
            }
            undo_intent(refusal)
        };
        let dearer = dearer(&old, &terms);
        resident
            .debit(dearer)
            .map_err(|balance| undo_quota(Refusal::InsufficientFunds { balance, price: dearer }))?;
        let claimed = match along(&old, &terms, pitch) {
            Some((taken, _)) => on_day.check_open(terms.span).and_then(|()| on_day.claim_units(taken)),
            None => on_day.claim(terms.span, terms.party_size, sale),
        };
        claimed.map_err(|refused| {
            resident.credit_spendable(dearer);
            undo_quota(Refusal::of_claim(refused, is_session))
        })?;
        let event = BookingMoved {
            no,
            place,
            pitch: pitch.no,
            day: terms.day,
            span: terms.span,
            price: terms.price,
            release: terms.release,
        };
        let action = Box::new(Event::BookingMoved(event));
        Ok(permit.push(Event::StaffActed(StaffActed { by, action })))
    }
}

/// What the booking would be at its new place.
fn new_terms<'a>(
    world: &'a World,
    venue: VenueNo,
    booking: &Booking,
    to: &NewPlace<'_>,
    now: UtcMillis,
) -> Result<(&'a Pitch, Terms), Refusal> {
    let judged = when::judge(world, to.start, to.end, now).map_err(|error| Refusal::Invalid(vec![error]))?;
    let pitch = world.catalogue.pitch_by_code(to.pitch).filter(|pitch| pitch.venue == venue);
    let pitch = pitch.ok_or(Refusal::NotFound)?;
    let Judged::When(when) = judged else { return Err(Refusal::SlotClosed) };
    if let Some(error) = off_grid(pitch, &when) {
        return Err(Refusal::Invalid(vec![error]));
    }
    let old = booking.terms;
    let price = match to.price {
        NewPrice::Kept => old.price,
        NewPrice::OfPlace => price_of(world, pitch, &when, old.party_size).ok_or(Refusal::Overloaded)?,
    };
    let release = world.catalogue.release_of(pitch, when.day).map(|release| release.no);
    let terms = Terms { pitch: pitch.no, day: when.day, span: when.span, price, release, ..old };
    Ok((pitch, terms))
}

/// What a moved booking is from now on.
pub(super) fn moved_terms(old: &Terms, event: &BookingMoved) -> Terms {
    Terms {
        pitch: event.pitch,
        day: event.day,
        span: event.span,
        price: event.price,
        release: event.release,
        ..*old
    }
}

/// By whom a booking was sold.
pub(super) const fn seller_of(terms: &Terms) -> Seller {
    match terms.payment {
        Payment::Wallet => Seller::Online,
        Payment::Counter => Seller::Counter,
    }
}

/// What a wallet pays more for the new place.
pub(super) fn dearer(old: &Terms, new: &Terms) -> Minor {
    match new.payment {
        Payment::Wallet => Minor::new((new.price.get() - old.price.get()).max(0)),
        Payment::Counter => Minor::ZERO,
    }
}

/// What counts less and what counts more by a move, where it makes a difference to any quota.
pub(super) fn quota_change(world: &World, old: &Terms, new: &Terms) -> Option<(Counted, Counted)> {
    if old.payment == Payment::Counter {
        return None;
    }
    let (from, to) = (world.catalogue.pitch(old.pitch)?, world.catalogue.pitch(new.pitch)?);
    let is_same = old.day == new.day
        && old.span.count() == new.span.count()
        && from.venue == to.venue
        && from.sport == to.sport
        && old.release == new.release;
    (!is_same).then(|| (counted(world, from, old), counted(world, to, new)))
}

/// Along one pitch and day that is no session: the half hours that a move takes, and those that it gives back.
pub(super) fn along(old: &Terms, new: &Terms, pitch: &Pitch) -> Option<(UnitMask, UnitMask)> {
    let is_session = matches!(pitch.kind, PitchKind::Session { .. });
    if is_session || old.pitch != new.pitch || old.day != new.day {
        return None;
    }
    let (before, after) = (old.span.mask(), new.span.mask());
    Some((after.without(before), before.without(after)))
}
