//! Booking: rules, quota, payment and claim in one pass, without locks and without waiting.

use super::bookings::{Booking, BookingState, Terms};
use super::known_requests::{CameTo, Known};
use super::lane::Ticket;
use super::refusal::{FieldError, Refusal, Wrong};
use super::residents::Resident;
use super::state::{CommandLane, Engine, counted};
use super::when::{self, Judged, When, WrittenTime};
use super::world::World;
use crate::domain::catalogue::{Pitch, PitchKind};
use crate::domain::event::{BookingConfirmed, Event, RequestKey, Role};
use crate::domain::ids::{BookingNo, ResidentNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

/// What a resident asks for.
#[derive(Debug, Clone, Copy)]
pub struct BookingRequest<'a> {
    pub resident: ResidentNo,
    pub pitch: &'a str,
    pub start: WrittenTime,
    pub end: WrittenTime,
    pub party_size: i64,
    pub request: RequestKey,
}

/// What became of it so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booked {
    /// Claimed and queued: confirmed when the ticket is durable.
    Queued { no: BookingNo, ticket: Ticket },
    /// The same request came before, as this booking. It may be under way still.
    Before(BookingNo),
}

/// What a request that came before came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookedBefore {
    /// Not decided yet.
    UnderWay,
    Booked(Booking),
    /// Nothing: the same request is judged anew.
    Refused,
}

/// A request that makes sense: its pitch, its times, its price.
struct Judgement<'a> {
    pitch: &'a Pitch,
    when: When,
    party_size: u16,
    price: Minor,
}

impl Engine {
    /// Books. On success the claim belongs to the committer, whatever becomes of the caller.
    ///
    /// # Errors
    /// Why nothing was booked; nothing is held or changed then.
    pub fn book(
        &self,
        lane: &CommandLane,
        request: &BookingRequest<'_>,
        now: UtcMillis,
    ) -> Result<Booked, Refusal> {
        let result = self.try_book(lane, request, now);
        if let Err(refusal) = &result {
            self.counters.refuse(refusal);
        }
        result
    }

    /// What the request came to that was answered with `Booked::Before`.
    #[must_use]
    pub fn booked_before(&self, request: RequestKey, no: BookingNo) -> BookedBefore {
        let booking = self.bookings.get(no);
        // Looked up behind the booking: a number that a refused request gave up may be another's by now, and then this
        // request isn't known by it any more.
        if self.known.look_up(request) != Some(Known::Same(CameTo::Booking(no))) {
            return BookedBefore::Refused;
        }
        match booking {
            Some(booking) if booking.state != BookingState::Pending => BookedBefore::Booked(booking),
            Some(_) | None => BookedBefore::UnderWay,
        }
    }

    fn try_book(
        &self,
        lane: &CommandLane,
        request: &BookingRequest<'_>,
        now: UtcMillis,
    ) -> Result<Booked, Refusal> {
        let _command = lane.owner.begin_command();
        let known = self.known.look_up(request.request);
        if let Some(Known::Same(CameTo::Booking(no))) = known {
            return Ok(Booked::Before(no));
        }
        let world = self.world.load();
        let resident = self.residents.get(request.resident).ok_or(Refusal::NotFound)?;
        let judgement = judge(&world, request, resident, known.is_some(), now)?;
        let pitch = judgement.pitch;
        let is_session = matches!(pitch.kind, PitchKind::Session { .. });
        let When { day, span, .. } = judgement.when;
        let on_day = self.pitch_days.on(pitch, day).ok_or(Refusal::Overloaded)?;
        // Sold out and closed leave here, by loads alone.
        on_day.judge(span, judgement.party_size).map_err(|refused| Refusal::of_claim(refused, is_session))?;

        let permit = lane.owner.permit()?;
        let no = match lane.spare.take() {
            Some(no) => no,
            None => self.bookings.allot().ok_or(Refusal::Overloaded)?,
        };
        if let Err(known) = self.known.begin(request.request, CameTo::Booking(no)) {
            lane.spare.set(Some(no));
            return match known {
                Known::Same(CameTo::Booking(before)) => Ok(Booked::Before(before)),
                Known::Same(CameTo::TopUp(_)) | Known::OtherBody => Err(Refusal::OtherBody),
            };
        }
        // From here on a refusal gives back what was taken, in reverse.
        let undo_number = |refusal| {
            self.known.forget(request.request);
            lane.spare.set(Some(no));
            refusal
        };
        let terms = Terms {
            resident: request.resident,
            pitch: pitch.no,
            day,
            span,
            party_size: judgement.party_size,
            price: judgement.price,
        };
        let counted = counted(pitch, &terms);
        self.quotas
            .take(&resident.quota, &counted)
            .map_err(|exceeded| undo_number(Refusal::from(exceeded)))?;
        let undo_quota = |refusal| {
            self.quotas.give_back(
                &resident.quota,
                &counted,
                super::quota::Windows::All { is_day_over: false },
            );
            undo_number(refusal)
        };
        resident
            .debit(judgement.price)
            .map_err(|balance| undo_quota(Refusal::InsufficientFunds { balance, price: judgement.price }))?;
        on_day.claim(span, judgement.party_size).map_err(|refused| {
            resident.credit_spendable(judgement.price);
            undo_quota(Refusal::of_claim(refused, is_session))
        })?;

        let event = BookingConfirmed {
            no,
            resident: request.resident,
            pitch: pitch.no,
            day,
            span,
            party_size: judgement.party_size,
            price: judgement.price,
            request: request.request,
        };
        if let Some(entry) = self.bookings.entry(no) {
            entry.fill(&event);
        }
        Ok(Booked::Queued { no, ticket: permit.push(Event::BookingConfirmed(event)) })
    }
}

/// Judges what needs no look at what is sold, in the order in which problems are answered.
fn judge<'a>(
    world: &'a World,
    request: &BookingRequest<'_>,
    resident: &Resident,
    is_other_body: bool,
    now: UtcMillis,
) -> Result<Judgement<'a>, Refusal> {
    let mut errors = Vec::new();
    let judged = when::judge(world, request.start, request.end, now).map_err(|error| errors.push(error)).ok();
    let party_size = u16::try_from(request.party_size).ok().filter(|size| *size > 0);
    if party_size.is_none() {
        errors.push(FieldError { field: "party_size", wrong: Wrong::PartySize });
    }
    let pitch = world.catalogue.pitch_by_code(request.pitch);
    if let Some(pitch) = pitch {
        if party_size.is_some_and(|size| size > pitch.party_max) {
            errors.push(FieldError { field: "party_size", wrong: Wrong::PartySize });
        }
        if let Some(Judged::When(when) | Judged::Begun(when)) = &judged {
            errors.extend(off_grid(pitch, when));
        }
    }
    let (Some(judged), Some(party_size), true) = (judged, party_size, errors.is_empty()) else {
        return Err(Refusal::Invalid(errors));
    };
    if resident.role() != Some(Role::Resident) {
        return Err(Refusal::Forbidden);
    }
    let pitch = pitch.ok_or(Refusal::NotFound)?;
    if is_other_body {
        return Err(Refusal::OtherBody);
    }
    let Judged::When(when) = judged else { return Err(Refusal::SlotClosed) };
    let places = match pitch.kind {
        PitchKind::Session { .. } => party_size,
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => 1,
    };
    let kind = world.catalogue.day_kind(when.day);
    // Prices are bounded where they are set, so the sum fits.
    let price = pitch.tariff.price(pitch.grid, kind, when.span, places).ok_or(Refusal::Overloaded)?;
    Ok(Judgement { pitch, when, party_size, price })
}

/// What is wrong with a span on a pitch's grid.
fn off_grid(pitch: &Pitch, when: &When) -> Option<FieldError> {
    let Some(slots) = pitch.grid.slots_in(when.span) else {
        let starts_well = crate::domain::units::UnitSpan::new(when.span.first(), pitch.grid.slot_units())
            .is_ok_and(|slot| pitch.grid.slots_in(slot).is_some());
        let field = if starts_well { "end" } else { "start" };
        return Some(FieldError { field, wrong: Wrong::OffGrid });
    };
    (slots > pitch.max_slots).then_some(FieldError { field: "end", wrong: Wrong::TooManySlots })
}
