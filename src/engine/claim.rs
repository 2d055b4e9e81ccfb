//! From a request to a claim: rules, quota, payment and units in one pass, without locks and without waiting.
//!
//! Bookings, holds and what is sold at the counter go the same way and differ in what they take. Always: what is taken is taken
//! before the record is queued, in this order; a refusal gives back what was taken, in reverse, and touches nobody else's.

use super::bookings::{BookingState, Payment, Terms};
use super::known_requests::{CameTo, Known};
use super::lane::Ticket;
use super::pitch_days::{OnDay, Sale};
use super::quota::Windows;
use super::refusal::{FieldError, InLine, Refusal, Wrong};
use super::releases::{Gate, sale};
use super::session::Seller;
use super::state::{CommandLane, Engine, counted};
use super::when::{self, Judged, When, WrittenTime};
use super::world::World;
use crate::domain::catalogue::{Pitch, PitchKind, Release};
use crate::domain::event::{Event, HoldPlaced, NewBooking, RequestKey, Role, StaffActed};
use crate::domain::ids::{BookingNo, ResidentNo, VenueNo};
use crate::domain::lottery::Wish;
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

/// What is asked for.
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
    /// Claimed and queued: there when the ticket is durable.
    Queued { no: BookingNo, ticket: Ticket },
    /// The same request came before, as this booking. It may be under way still.
    Before(BookingNo),
}

/// How something is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Paid from the wallet at once.
    Book,
    /// Kept for a while, unpaid.
    Hold,
    /// Kept until this moment for who has won it by lot, before it is sold to others.
    Prize { expires_at: UtcMillis },
    /// Sold by the staff of a venue, and paid there.
    Counter { by: ResidentNo, venue: VenueNo },
}

impl Purpose {
    pub(super) const fn seller(self) -> Seller {
        match self {
            Self::Book | Self::Hold | Self::Prize { .. } => Seller::Online,
            Self::Counter { .. } => Seller::Counter,
        }
    }
}

/// A request that makes sense: its pitch, its times, its price.
pub(super) struct Judgement<'a> {
    pub(super) pitch: &'a Pitch,
    pub(super) when: When,
    pub(super) party_size: u16,
    pub(super) price: Minor,
}

impl Engine {
    /// Claims what is asked for. On success the claim belongs to the committer, whatever becomes of the caller.
    pub(super) fn claim(
        &self,
        lane: &CommandLane,
        request: &BookingRequest<'_>,
        purpose: Purpose,
        now: UtcMillis,
    ) -> Result<Booked, Refusal> {
        let result = self.try_claim(lane, request, purpose, now);
        if let Err(refusal) = &result {
            self.counters.refuse(refusal);
        }
        result
    }

    fn try_claim(
        &self,
        lane: &CommandLane,
        request: &BookingRequest<'_>,
        purpose: Purpose,
        now: UtcMillis,
    ) -> Result<Booked, Refusal> {
        let _command = lane.owner.begin_command();
        let known = self.known.look_up(request.request);
        if let Some(Known::Same(CameTo::Booking(no))) = known {
            return Ok(Booked::Before(no));
        }
        let world = self.world.load();
        let resident = self.residents.get(request.resident).ok_or(Refusal::NotFound)?;
        let judgement = judge(&world, request, resident.role(), purpose, known.is_some(), now)?;
        // Whoever stands at a counter may have deleted his account since he was found.
        if matches!(purpose, Purpose::Counter { .. }) && resident.role().is_none() {
            return Err(Refusal::NotFound);
        }
        let (pitch, day) = (judgement.pitch, judgement.when.day);
        // Sold out and closed leave here, by loads alone.
        let offer = self.offer(&world, &judgement, purpose, (request.resident, now));
        let who = (request.resident, request.request);
        let taken = offer.and_then(|offer| self.take(lane, &world, who, (judgement, offer), purpose, now));
        if let Err(refusal) = &taken
            && let Some(release) = world.catalogue.release_of(pitch, day)
        {
            self.release_refusals.count(release.no, day, refusal);
        }
        taken
    }

    /// Holds what somebody has won by lot, as yet unreleased; nothing when his hold is being placed.
    pub(super) fn hold_prize(
        &self,
        lane: &CommandLane,
        world: &World,
        (resident, request): (ResidentNo, RequestKey),
        (pitch, release): (&Pitch, &Release),
        wish: Wish,
        (party_size, prize): (u16, Purpose),
    ) -> Result<Option<Ticket>, Refusal> {
        let _command = lane.owner.begin_command();
        let account = self.residents.get(resident).ok_or(Refusal::NotFound)?;
        if account.role().is_none() {
            // Who has deleted his account gets nothing any more; of who is about to, it is known in a moment.
            return Err(if account.is_erased() { Refusal::NotFound } else { Refusal::Overloaded });
        }
        let when = When { day: wish.day, span: wish.span() };
        if !world.days.is_open(when.day) {
            return Err(Refusal::SlotClosed);
        }
        let price = price_of(world, pitch, &when, party_size).ok_or(Refusal::Overloaded)?;
        let on_day = self.pitch_days.on(pitch, when.day).ok_or(Refusal::Overloaded)?;
        let gate = Gate::Open(Some(release));
        let sale = sale(gate, pitch, Seller::Online).ok_or(Refusal::SlotClosed)?;
        let offer = Offer { on_day, sale, release: Some(release) };
        let judgement = Judgement { pitch, when, party_size, price };
        let now = UtcMillis::new(0);
        match self.take(lane, world, (resident, request), (judgement, offer), prize, now)? {
            Booked::Queued { ticket, .. } => Ok(Some(ticket)),
            Booked::Before(_) => Ok(None),
        }
    }

    /// Takes what was judged and is offered.
    fn take(
        &self,
        lane: &CommandLane,
        world: &World,
        (resident_no, request): (ResidentNo, RequestKey),
        (judgement, offer): (Judgement<'_>, Offer<'_>),
        purpose: Purpose,
        now: UtcMillis,
    ) -> Result<Booked, Refusal> {
        let resident = self.residents.get(resident_no).ok_or(Refusal::NotFound)?;
        let Offer { on_day, sale, release } = offer;
        let Judgement { pitch, when: When { day, span, .. }, party_size, price } = judgement;
        let is_session = matches!(pitch.kind, PitchKind::Session { .. });

        let permit = self.permit_for_new(lane)?;
        let no = self.bookings.left_over_or_new(lane.spare.take()).ok_or(Refusal::Overloaded)?;
        if let Err(known) = self.known.begin(request, CameTo::Booking(no)) {
            lane.spare.set(Some(no));
            return match known {
                Known::Same(CameTo::Booking(before)) => Ok(Booked::Before(before)),
                Known::Same(CameTo::TopUp(_) | CameTo::AtGate(_) | CameTo::CheckIn(_) | CameTo::Entry(_))
                | Known::OtherBody => Err(Refusal::OtherBody),
            };
        }
        // From here on a refusal gives back what was taken, in reverse.
        let undo_number = |refusal| {
            self.known.forget(request);
            lane.spare.set(Some(no));
            refusal
        };
        let event = NewBooking {
            no,
            resident: resident_no,
            pitch: pitch.no,
            day,
            span,
            party_size,
            price,
            release: release.map(|release| release.no),
            request,
        };
        let payment = match purpose {
            Purpose::Book | Purpose::Hold | Purpose::Prize { .. } => Payment::Wallet,
            Purpose::Counter { .. } => Payment::Counter,
        };
        let terms = Terms::of(&event, payment);
        let counted = counted(world, pitch, &terms);
        // What is sold at the counter is nobody's own doing: it takes no quota.
        let takes_quota = payment == Payment::Wallet;
        let household = if takes_quota { self.hold_household(release, resident, day) } else { Ok(None) };
        let household = household.map_err(undo_number)?;
        if takes_quota {
            self.quotas
                .take(&resident.quota, &counted)
                .map_err(|exceeded| undo_number(Refusal::from(exceeded)))?;
        }
        // It is counted now.
        drop(household);
        let undo_quota = |refusal| {
            if takes_quota {
                let windows = Windows::All { is_day_over: false };
                self.quotas.give_back(&resident.quota, &counted, windows);
            }
            undo_number(refusal)
        };
        let debit = if purpose == Purpose::Book { price } else { Minor::ZERO };
        resident.debit(debit).map_err(|balance| undo_quota(Refusal::InsufficientFunds { balance, price }))?;
        on_day.claim(span, party_size, sale).map_err(|refused| {
            resident.credit_spendable(debit);
            undo_quota(Refusal::of_claim(refused, is_session))
        })?;

        let expires_at = match purpose {
            Purpose::Prize { expires_at } => expires_at,
            Purpose::Book | Purpose::Hold | Purpose::Counter { .. } => {
                now.plus_ms(i64::from(world.catalogue.city().hold_minutes) * 60_000)
            }
        };
        if let Some(entry) = self.bookings.entry(no) {
            let state = match purpose {
                Purpose::Book | Purpose::Counter { .. } => BookingState::Pending,
                Purpose::Hold | Purpose::Prize { .. } => {
                    entry.note_changed(expires_at);
                    BookingState::PendingHold
                }
            };
            entry.fill(&terms, state);
        }
        let record = match purpose {
            Purpose::Book => Event::BookingConfirmed(event),
            Purpose::Hold | Purpose::Prize { .. } => {
                Event::HoldPlaced(HoldPlaced { booking: event, expires_at })
            }
            Purpose::Counter { by, .. } => {
                Event::StaffActed(StaffActed { by, action: Box::new(Event::CounterBooked(event)) })
            }
        };
        Ok(Booked::Queued { no, ticket: permit.push(record) })
    }
}

/// What is sold at this moment to whoever asks.
struct Offer<'a> {
    on_day: OnDay<'a>,
    sale: Sale,
    release: Option<&'a Release>,
}

impl Engine {
    /// Whether a sale at the counter would be refused as things stand, whoever it is for: so that nobody is opened an account for a
    /// sale that can't be.
    ///
    /// # Errors
    /// As `book_at_counter`.
    pub fn check_at_counter(
        &self,
        request: &BookingRequest<'_>,
        by: ResidentNo,
        venue: VenueNo,
        now: UtcMillis,
    ) -> Result<(), Refusal> {
        let known = self.known.look_up(request.request);
        if matches!(known, Some(Known::Same(_))) {
            return Ok(());
        }
        let (world, purpose) = (self.world.load(), Purpose::Counter { by, venue });
        let judgement = judge(&world, request, None, purpose, known.is_some(), now);
        let whose = (request.resident, now);
        let offer =
            judgement.and_then(|judgement| self.offer(&world, &judgement, purpose, whose).map(|_| ()));
        self.count(offer)
    }

    fn offer<'a>(
        &'a self,
        world: &'a World,
        judgement: &Judgement<'a>,
        purpose: Purpose,
        (resident, now): (ResidentNo, UtcMillis),
    ) -> Result<Offer<'a>, Refusal> {
        let Judgement { pitch, when: When { day, span, .. }, party_size, .. } = *judgement;
        let is_session = matches!(pitch.kind, PitchKind::Session { .. });
        let on_day = self.pitch_days.on(pitch, day).ok_or(Refusal::Overloaded)?;
        let release = world.catalogue.release_of(pitch, day);
        let gate = self.releases.gate(release, pitch, day);
        let sale = sale(gate, pitch, purpose.seller()).ok_or_else(|| unsold(world, gate, day));
        let sale = sale.and_then(|sale| {
            if purpose.seller() == Seller::Online {
                self.expect_entitled(release, resident, day)?;
                self.expect_turn(release, resident, now)?;
            }
            Ok(sale)
        });
        let sale = sale.map_err(|refusal| {
            // Closed is answered before unreleased.
            let is_closed = on_day.judge(span, party_size, Sale::ONLINE) == Err(super::word::Refused::Closed);
            if is_closed { Refusal::SlotClosed } else { refusal }
        })?;
        let most = release.and_then(|release| release.def.who.as_deref()).and_then(|who| who.party_max);
        if purpose.seller() == Seller::Online && most.is_some_and(|most| party_size > most) {
            return Err(Refusal::invalid("party_size", Wrong::PartySize));
        }
        on_day.judge(span, party_size, sale).map_err(|refused| Refusal::of_claim(refused, is_session))?;
        Ok(Offer { on_day, sale, release })
    }
}

/// Why nothing of a pitch's day is sold to whoever asks.
fn unsold(world: &World, gate: Gate<'_>, day: crate::domain::time::LocalDay) -> Refusal {
    let opens_at = |release: &Release| release.def.opens_at(world.catalogue.zone(), day);
    match gate {
        Gate::Unreleased(release) if release.def.queue.is_some() => {
            let releases_at = opens_at(release);
            Refusal::NotYourTurn { release: release.no, releases_at, in_line: InLine::No }
        }
        Gate::Unreleased(release) => Refusal::NotReleased { releases_at: opens_at(release) },
        Gate::KeptForCounter(_) | Gate::Open(_) => Refusal::SlotClosed,
    }
}

/// Judges what needs no look at what is sold, in the order in which problems are answered.
fn judge<'a>(
    world: &'a World,
    request: &BookingRequest<'_>,
    role: Option<Role>,
    purpose: Purpose,
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
    match purpose {
        Purpose::Book | Purpose::Hold if role != Some(Role::Resident) => {
            return Err(Refusal::Forbidden);
        }
        Purpose::Counter { venue, .. } if pitch.is_some_and(|pitch| pitch.venue != venue) => {
            return Err(Refusal::NotFound);
        }
        Purpose::Book | Purpose::Hold | Purpose::Prize { .. } | Purpose::Counter { .. } => {}
    }
    let pitch = pitch.ok_or(Refusal::NotFound)?;
    if is_other_body {
        return Err(Refusal::OtherBody);
    }
    let Judged::When(when) = judged else { return Err(Refusal::SlotClosed) };
    let price = price_of(world, pitch, &when, party_size).ok_or(Refusal::Overloaded)?;
    Ok(Judgement { pitch, when, party_size, price })
}

/// What a span costs. Prices are bounded where they are set, so the sum fits.
pub(super) fn price_of(world: &World, pitch: &Pitch, when: &When, party_size: u16) -> Option<Minor> {
    let places = match pitch.kind {
        PitchKind::Session { .. } => party_size,
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => 1,
    };
    let kind = world.catalogue.day_kind(pitch.venue, when.day);
    pitch.tariff.price(pitch.grid, kind, when.span, places)
}

/// What is wrong with a span on a pitch's grid.
pub(super) fn off_grid(pitch: &Pitch, when: &When) -> Option<FieldError> {
    let Some(slots) = pitch.grid.slots_in(when.span) else {
        let starts_well = crate::domain::units::UnitSpan::new(when.span.first(), pitch.grid.slot_units())
            .is_ok_and(|slot| pitch.grid.slots_in(slot).is_some());
        let field = if starts_well { "end" } else { "start" };
        return Some(FieldError { field, wrong: Wrong::OffGrid });
    };
    (slots > pitch.max_slots).then_some(FieldError { field: "end", wrong: Wrong::TooManySlots })
}
