//! Events as bytes: two of the kind, then the fields.

mod of_companions;
mod of_draws;
mod of_people;
mod of_queues;
mod of_returns;
mod peek;

pub use peek::{Peeked, Places};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    AccountCompleted, AccountDisabled, AccountErased, AccountOpened, BookingCancelled, BookingCheckedIn,
    BookingMoved, BookingStep, BookingsForgotten, CancelReason, ClosureFinished, DaysOpened, Event,
    HoldConfirmed, HoldPlaced, NewBooking, PhoneHash, Provider, ReleaseOpened, RequestKey, ResidentsEnrolled,
    Role, SessionChanged, StaffActed, WalletToppedUp,
};
use crate::domain::ids::{BookingNo, PitchNo, ReleaseNo, ResidentNo, TopUpNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;

/// The numbers of the kinds. A number is never given to another kind, nor its fields another meaning.
mod kind {
    pub(super) const CITY_FOUNDED: u16 = 1;
    pub(super) const DISTRICT_ADDED: u16 = 2;
    pub(super) const SPORT_ADDED: u16 = 3;
    pub(super) const VENUE_ADDED: u16 = 4;
    pub(super) const PITCH_ADDED: u16 = 5;
    pub(super) const SPECIAL_DAYS_SET: u16 = 6;
    pub(super) const CLOSURE_DECLARED: u16 = 7;
    pub(super) const CLOSURE_FINISHED: u16 = 8;
    pub(super) const RELEASE_DECLARED: u16 = 9;
    pub(super) const RELEASE_OPENED: u16 = 10;
    pub(super) const PITCH_CHANGED: u16 = 11;
    pub(super) const VENUE_CHANGED: u16 = 12;
    pub(super) const DAYS_OPENED: u16 = 16;
    pub(super) const ACCOUNT_OPENED: u16 = 17;
    pub(super) const RESIDENTS_ENROLLED: u16 = 18;
    pub(super) const LOGGED_IN: u16 = 19;
    pub(super) const LOGGED_OUT: u16 = 20;
    pub(super) const ACCOUNT_DISABLED: u16 = 21;
    pub(super) const ACCOUNT_COMPLETED: u16 = 22;
    pub(super) const ACCOUNT_ERASED: u16 = 23;
    pub(super) const WALLET_TOPPED_UP: u16 = 32;
    pub(super) const BOOKING_CONFIRMED: u16 = 33;
    pub(super) const BOOKING_CANCELLED: u16 = 34;
    pub(super) const BOOKING_COMPLETED: u16 = 35;
    pub(super) const BOOKING_MISSED: u16 = 36;
    pub(super) const BOOKING_CHECKED_IN: u16 = 37;
    pub(super) const BOOKING_MOVED: u16 = 38;
    pub(super) const COUNTER_BOOKED: u16 = 39;
    pub(super) const HOLD_PLACED: u16 = 40;
    pub(super) const HOLD_CONFIRMED: u16 = 41;
    pub(super) const HOLD_GIVEN_UP: u16 = 42;
    pub(super) const HOLD_EXPIRED: u16 = 43;
    pub(super) const ENTRY_MADE: u16 = 48;
    pub(super) const ENTRY_CHANGED: u16 = 49;
    pub(super) const ENTRY_WITHDRAWN: u16 = 50;
    pub(super) const DRAW_SEALED: u16 = 51;
    pub(super) const DRAW_DONE: u16 = 52;
    pub(super) const PRIZE_LAPSED: u16 = 53;
    pub(super) const QUEUE_JOINED: u16 = 54;
    pub(super) const QUEUE_LEFT: u16 = 55;
    pub(super) const QUEUE_OPENED: u16 = 56;
    pub(super) const QUEUE_SERVED: u16 = 57;
    pub(super) const BOOKINGS_FORGOTTEN: u16 = 60;
    pub(super) const COMPANIONS_LISTED: u16 = 62;
    pub(super) const COMPANIONS_NAMED: u16 = 63;
    pub(super) const STAFF_ACTED: u16 = 64;
    pub(super) const NAME_CHANGED: u16 = 65;
    pub(super) const SLOT_RETURNED: u16 = 67;
    pub(super) const RETURN_SEED_SHOWN: u16 = 68;
    pub(super) const RESIDENT_VERIFIED: u16 = 69;
    pub(super) const HOUSEHOLD_JOINED: u16 = 70;
}

/// The bytes are no event that this version knows.
#[derive(Debug, thiserror::Error)]
pub enum UnknownEvent {
    #[error("an event of kind {0}, which this version doesn't know")]
    Kind(u16),
    #[error("an event of kind {kind} whose fields make no sense")]
    Fields { kind: u16 },
    #[error("an event of kind {kind} that can't be read")]
    Json { kind: u16, source: serde_json::Error },
}

impl Event {
    /// Appends the event's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::CityFounded(def) => json(out, kind::CITY_FOUNDED, def),
            Self::DistrictAdded(def) => json(out, kind::DISTRICT_ADDED, def),
            Self::SportAdded(def) => json(out, kind::SPORT_ADDED, def),
            Self::VenueAdded(def) => json(out, kind::VENUE_ADDED, def),
            Self::PitchAdded(def) => json(out, kind::PITCH_ADDED, def),
            Self::SpecialDaysSet(days) => json(out, kind::SPECIAL_DAYS_SET, days),
            Self::ClosureDeclared(def) => json(out, kind::CLOSURE_DECLARED, def),
            Self::ClosureFinished(event) => put(out, kind::CLOSURE_FINISHED, &[&event.no.to_le_bytes()]),
            Self::DaysOpened(event) => put(
                out,
                kind::DAYS_OPENED,
                &[&event.first.get().to_le_bytes(), &event.last.get().to_le_bytes()],
            ),
            Self::AccountOpened(event) => {
                let (role, venue) = match event.role {
                    Role::Resident => (0u8, 0u32),
                    Role::VenueManager(venue) => (1, venue.get()),
                    Role::Operator => (2, 0),
                    Role::FrontDesk(venue) => (3, venue.get()),
                };
                put(
                    out,
                    kind::ACCOUNT_OPENED,
                    &[
                        &event.resident.get().to_le_bytes(),
                        &[role],
                        &venue.to_le_bytes(),
                        &event.phone.0,
                        &event.sealed,
                    ],
                );
            }
            Self::ResidentsEnrolled(event) => put(
                out,
                kind::RESIDENTS_ENROLLED,
                &[
                    &event.first.get().to_le_bytes(),
                    &event.count.to_le_bytes(),
                    &event.balance.get().to_le_bytes(),
                ],
            ),
            Self::LoggedIn(event) => session(out, kind::LOGGED_IN, *event),
            Self::LoggedOut(event) => session(out, kind::LOGGED_OUT, *event),
            Self::WalletToppedUp(event) => top_up(out, event),
            Self::BookingConfirmed(event) => new_booking(out, kind::BOOKING_CONFIRMED, event),
            Self::BookingCancelled(event) => put(
                out,
                kind::BOOKING_CANCELLED,
                &[
                    &event.no.get().to_le_bytes(),
                    &event.refund.get().to_le_bytes(),
                    &[match event.reason {
                        CancelReason::ByResident => 0,
                        CancelReason::Closure => 1,
                        CancelReason::ByStaff => 2,
                    }],
                ],
            ),
            Self::BookingCompleted(event) => step(out, kind::BOOKING_COMPLETED, *event),
            Self::BookingMissed(event) => step(out, kind::BOOKING_MISSED, *event),
            Self::BookingCheckedIn(event) => {
                put(out, kind::BOOKING_CHECKED_IN, &[&event.no.get().to_le_bytes()]);
                put_request(out, event.request);
            }
            Self::BookingMoved(event) => moved(out, event),
            Self::CounterBooked(event) => new_booking(out, kind::COUNTER_BOOKED, event),
            Self::HoldPlaced(event) => {
                new_booking(out, kind::HOLD_PLACED, &event.booking);
                out.extend_from_slice(&event.expires_at.get().to_le_bytes());
            }
            Self::HoldConfirmed(event) => {
                put(out, kind::HOLD_CONFIRMED, &[&event.no.get().to_le_bytes()]);
                put_request(out, event.request);
            }
            Self::HoldGivenUp(event) => step(out, kind::HOLD_GIVEN_UP, *event),
            Self::HoldExpired(event) => step(out, kind::HOLD_EXPIRED, *event),
            Self::EntryMade(event) => of_draws::made(out, event),
            Self::EntryChanged(event) => of_draws::changed(out, event),
            Self::EntryWithdrawn(event) => of_draws::withdrawn(out, *event),
            Self::DrawSealed(event) => of_draws::sealed(out, event),
            Self::DrawDone(event) => of_draws::done(out, event),
            Self::PrizeLapsed(event) => of_draws::lapsed(out, *event),
            Self::OfQueue(event) => of_queues::of_queue(out, event),
            Self::OfReturn(event) => of_returns::of_return(out, event),
            Self::OfPeople(event) => of_people::of_people(out, event),
            Self::OfCompanions(event) => of_companions::of_companions(out, event),
            Self::ReleaseDeclared(def) => json(out, kind::RELEASE_DECLARED, def),
            Self::ReleaseOpened(event) => put(
                out,
                kind::RELEASE_OPENED,
                &[&event.no.get().to_le_bytes(), &event.day.get().to_le_bytes()],
            ),
            Self::PitchChanged(change) => json(out, kind::PITCH_CHANGED, change),
            Self::VenueChanged(change) => json(out, kind::VENUE_CHANGED, change),
            Self::NameChanged(change) => json(out, kind::NAME_CHANGED, change),
            Self::AccountDisabled(event) => {
                put(out, kind::ACCOUNT_DISABLED, &[&event.account.get().to_le_bytes()]);
            }
            Self::AccountCompleted(event) => {
                put(out, kind::ACCOUNT_COMPLETED, &[&event.resident.get().to_le_bytes(), &event.sealed]);
            }
            Self::AccountErased(event) => put(
                out,
                kind::ACCOUNT_ERASED,
                &[
                    &event.resident.get().to_le_bytes(),
                    &event.phone.0,
                    &event.paid_back.get().to_le_bytes(),
                    &[provider(event.provider)],
                ],
            ),
            Self::BookingsForgotten(event) => put(
                out,
                kind::BOOKINGS_FORGOTTEN,
                &[
                    &event.before.get().to_le_bytes(),
                    &event.below.get().to_le_bytes(),
                    &event.told_by.to_le_bytes(),
                    &[u8::from(event.is_kept)],
                ],
            ),
            Self::StaffActed(event) => {
                put(out, kind::STAFF_ACTED, &[&event.by.get().to_le_bytes()]);
                event.action.encode(out);
            }
        }
    }

    /// The event that these bytes are.
    ///
    /// # Errors
    /// `UnknownEvent` when this version can't tell.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnknownEvent> {
        let mut fields = Fields { bytes, kind: 0 };
        let kind = u16::from_le_bytes(*fields.take()?);
        fields.kind = kind;
        let event = match kind {
            kind::CITY_FOUNDED => Self::CityFounded(fields.json()?),
            kind::DISTRICT_ADDED => Self::DistrictAdded(fields.json()?),
            kind::SPORT_ADDED => Self::SportAdded(fields.json()?),
            kind::VENUE_ADDED => Self::VenueAdded(fields.json()?),
            kind::PITCH_ADDED => Self::PitchAdded(fields.json()?),
            kind::SPECIAL_DAYS_SET => Self::SpecialDaysSet(fields.json()?),
            kind::CLOSURE_DECLARED => Self::ClosureDeclared(fields.json()?),
            kind::CLOSURE_FINISHED => Self::ClosureFinished(ClosureFinished { no: fields.u32()? }),
            kind::DAYS_OPENED => Self::DaysOpened(DaysOpened { first: fields.day()?, last: fields.day()? }),
            kind::ACCOUNT_OPENED => {
                let resident = ResidentNo::new(fields.u32()?);
                let [role] = fields.take()?;
                let venue = VenueNo::new(fields.u32()?);
                let role = match role {
                    0 => Role::Resident,
                    1 => Role::VenueManager(venue),
                    2 => Role::Operator,
                    3 => Role::FrontDesk(venue),
                    _ => return Err(fields.senseless()),
                };
                let phone = PhoneHash(*fields.take()?);
                let sealed = fields.rest().into();
                Self::AccountOpened(Box::new(AccountOpened { resident, role, phone, sealed }))
            }
            kind::RESIDENTS_ENROLLED => Self::ResidentsEnrolled(ResidentsEnrolled {
                first: ResidentNo::new(fields.u32()?),
                count: fields.u32()?,
                balance: fields.minor()?,
            }),
            kind::LOGGED_IN => Self::LoggedIn(fields.session()?),
            kind::LOGGED_OUT => Self::LoggedOut(fields.session()?),
            kind::WALLET_TOPPED_UP => Self::WalletToppedUp(fields.top_up()?),
            kind::BOOKING_CONFIRMED => Self::BookingConfirmed(fields.new_booking()?),
            kind::BOOKING_CANCELLED => {
                let no = BookingNo::new(fields.u32()?);
                let refund = fields.minor()?;
                let reason = match fields.take()? {
                    [0] => CancelReason::ByResident,
                    [1] => CancelReason::Closure,
                    [2] => CancelReason::ByStaff,
                    _ => return Err(fields.senseless()),
                };
                Self::BookingCancelled(BookingCancelled { no, refund, reason })
            }
            kind::BOOKING_COMPLETED => Self::BookingCompleted(fields.step()?),
            kind::BOOKING_MISSED => Self::BookingMissed(fields.step()?),
            kind::BOOKING_CHECKED_IN => {
                let no = BookingNo::new(fields.u32()?);
                Self::BookingCheckedIn(BookingCheckedIn { no, request: fields.optional_request()? })
            }
            kind::BOOKING_MOVED => Self::BookingMoved(fields.moved()?),
            kind::COUNTER_BOOKED => Self::CounterBooked(fields.new_booking()?),
            kind::HOLD_PLACED => {
                let booking = fields.new_booking()?;
                let expires_at = UtcMillis::new(i64::from_le_bytes(*fields.take()?));
                Self::HoldPlaced(HoldPlaced { booking, expires_at })
            }
            kind::HOLD_CONFIRMED => {
                let no = BookingNo::new(fields.u32()?);
                Self::HoldConfirmed(HoldConfirmed { no, request: fields.optional_request()? })
            }
            kind::HOLD_GIVEN_UP => Self::HoldGivenUp(fields.step()?),
            kind::HOLD_EXPIRED => Self::HoldExpired(fields.step()?),
            kind::ENTRY_MADE => Self::EntryMade(Box::new(fields.made()?)),
            kind::ENTRY_CHANGED => Self::EntryChanged(Box::new(fields.changed()?)),
            kind::ENTRY_WITHDRAWN => Self::EntryWithdrawn(fields.withdrawn()?),
            kind::DRAW_SEALED => Self::DrawSealed(Box::new(fields.sealed()?)),
            kind::DRAW_DONE => Self::DrawDone(Box::new(fields.done()?)),
            kind::PRIZE_LAPSED => Self::PrizeLapsed(fields.lapsed()?),
            kind::QUEUE_JOINED => Self::OfQueue(fields.queue_joined()?),
            kind::QUEUE_LEFT => Self::OfQueue(fields.queue_left()?),
            kind::QUEUE_OPENED => Self::OfQueue(fields.queue_opened()?),
            kind::QUEUE_SERVED => Self::OfQueue(fields.queue_served()?),
            kind::SLOT_RETURNED => Self::OfReturn(fields.slot_returned()?),
            kind::RETURN_SEED_SHOWN => Self::OfReturn(fields.return_seed_shown()?),
            kind::RESIDENT_VERIFIED => Self::OfPeople(fields.resident_verified()?),
            kind::HOUSEHOLD_JOINED => Self::OfPeople(fields.household_joined()?),
            kind::COMPANIONS_LISTED => Self::OfCompanions(fields.companions_listed()?),
            kind::COMPANIONS_NAMED => Self::OfCompanions(fields.companions_named()?),
            kind::RELEASE_DECLARED => Self::ReleaseDeclared(fields.json()?),
            kind::RELEASE_OPENED => Self::ReleaseOpened(ReleaseOpened {
                no: ReleaseNo::new(u16::from_le_bytes(*fields.take()?)),
                day: fields.day()?,
            }),
            kind::PITCH_CHANGED => Self::PitchChanged(fields.json()?),
            kind::VENUE_CHANGED => Self::VenueChanged(fields.json()?),
            kind::NAME_CHANGED => Self::NameChanged(fields.json()?),
            kind::ACCOUNT_DISABLED => {
                Self::AccountDisabled(AccountDisabled { account: ResidentNo::new(fields.u32()?) })
            }
            kind::ACCOUNT_COMPLETED => {
                let resident = ResidentNo::new(fields.u32()?);
                let sealed = fields.rest().into();
                Self::AccountCompleted(Box::new(AccountCompleted { resident, sealed }))
            }
            kind::ACCOUNT_ERASED => Self::AccountErased(AccountErased {
                resident: ResidentNo::new(fields.u32()?),
                phone: PhoneHash(*fields.take()?),
                paid_back: fields.minor()?,
                provider: fields.provider()?,
            }),
            kind::BOOKINGS_FORGOTTEN => Self::BookingsForgotten(BookingsForgotten {
                before: fields.day()?,
                below: BookingNo::new(fields.u32()?),
                told_by: u64::from_le_bytes(*fields.take()?),
                is_kept: match fields.take()? {
                    [0] => false,
                    [1] => true,
                    _ => return Err(fields.senseless()),
                },
            }),
            kind::STAFF_ACTED => {
                let by = ResidentNo::new(fields.u32()?);
                let action = Self::decode(fields.rest())?;
                if matches!(action, Self::StaffActed(_)) {
                    return Err(fields.senseless());
                }
                Self::StaffActed(StaffActed { by, action: Box::new(action) })
            }
            unknown => return Err(UnknownEvent::Kind(unknown)),
        };
        if fields.bytes.is_empty() { Ok(event) } else { Err(fields.senseless()) }
    }
}

fn new_booking(out: &mut Vec<u8>, kind: u16, event: &NewBooking) {
    put(
        out,
        kind,
        &[
            &event.no.get().to_le_bytes(),
            &event.resident.get().to_le_bytes(),
            &event.pitch.get().to_le_bytes(),
            &event.day.get().to_le_bytes(),
            &[event.span.first(), event.span.count()],
            &event.party_size.to_le_bytes(),
            &event.price.get().to_le_bytes(),
            &release(event.release).to_le_bytes(),
            &event.request.key.to_le_bytes(),
            &event.request.body.to_le_bytes(),
        ],
    );
}

fn moved(out: &mut Vec<u8>, event: &BookingMoved) {
    put(
        out,
        kind::BOOKING_MOVED,
        &[
            &event.no.get().to_le_bytes(),
            &event.place.get().to_le_bytes(),
            &event.pitch.get().to_le_bytes(),
            &event.day.get().to_le_bytes(),
            &[event.span.first(), event.span.count()],
            &event.price.get().to_le_bytes(),
            &release(event.release).to_le_bytes(),
        ],
    );
}

fn step(out: &mut Vec<u8>, kind: u16, event: BookingStep) {
    put(out, kind, &[&event.no.get().to_le_bytes()]);
}

/// No release has the highest number.
fn release(no: Option<ReleaseNo>) -> u16 {
    no.map_or(u16::MAX, ReleaseNo::get)
}

fn put_request(out: &mut Vec<u8>, request: Option<RequestKey>) {
    let (has_request, request) = match request {
        Some(request) => (1u8, request),
        None => (0, RequestKey { key: 0, body: 0 }),
    };
    out.push(has_request);
    out.extend_from_slice(&request.key.to_le_bytes());
    out.extend_from_slice(&request.body.to_le_bytes());
}

fn put(out: &mut Vec<u8>, kind: u16, fields: &[&[u8]]) {
    out.extend_from_slice(&kind.to_le_bytes());
    for field in fields {
        out.extend_from_slice(field);
    }
}

fn json<T: Serialize>(out: &mut Vec<u8>, kind: u16, value: &T) {
    out.extend_from_slice(&kind.to_le_bytes());
    #[expect(clippy::expect_used, reason = "definitions have string keys and a vector takes all bytes")]
    serde_json::to_writer(out, value).expect("a definition can be written as JSON");
}

fn session(out: &mut Vec<u8>, kind: u16, event: SessionChanged) {
    put(out, kind, &[&event.resident.get().to_le_bytes(), &[event.slot], &event.generation.to_le_bytes()]);
}

const fn provider(provider: Provider) -> u8 {
    match provider {
        Provider::Sandbox => 0,
    }
}

fn top_up(out: &mut Vec<u8>, event: &WalletToppedUp) {
    put(
        out,
        kind::WALLET_TOPPED_UP,
        &[
            &event.no.get().to_le_bytes(),
            &event.resident.get().to_le_bytes(),
            &event.amount.get().to_le_bytes(),
            &[provider(event.provider)],
        ],
    );
    put_request(out, event.request);
}

/// What is left of an event's bytes.
struct Fields<'a> {
    bytes: &'a [u8],
    kind: u16,
}

// Read in place: a field that is copied through memory costs the wait for all that was written before it.
impl<'a> Fields<'a> {
    fn senseless(&self) -> UnknownEvent {
        UnknownEvent::Fields { kind: self.kind }
    }

    #[inline]
    fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], UnknownEvent> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or_else(|| self.senseless())?;
        self.bytes = rest;
        Ok(taken)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }

    #[inline]
    fn u32(&mut self) -> Result<u32, UnknownEvent> {
        Ok(u32::from_le_bytes(*self.take()?))
    }

    #[inline]
    fn minor(&mut self) -> Result<Minor, UnknownEvent> {
        Ok(Minor::new(i64::from_le_bytes(*self.take()?)))
    }

    #[inline]
    fn day(&mut self) -> Result<LocalDay, UnknownEvent> {
        Ok(LocalDay::new(i32::from_le_bytes(*self.take()?)))
    }

    #[inline]
    fn request(&mut self) -> Result<RequestKey, UnknownEvent> {
        Ok(RequestKey { key: u128::from_le_bytes(*self.take()?), body: u64::from_le_bytes(*self.take()?) })
    }

    fn session(&mut self) -> Result<SessionChanged, UnknownEvent> {
        let resident = ResidentNo::new(self.u32()?);
        let [slot] = *self.take()?;
        Ok(SessionChanged { resident, slot, generation: self.u32()? })
    }

    fn top_up(&mut self) -> Result<WalletToppedUp, UnknownEvent> {
        let no = TopUpNo::new(self.u32()?);
        let resident = ResidentNo::new(self.u32()?);
        let amount = self.minor()?;
        let provider = self.provider()?;
        let request = self.optional_request()?;
        Ok(WalletToppedUp { no, resident, amount, provider, request })
    }

    fn provider(&mut self) -> Result<Provider, UnknownEvent> {
        match self.take()? {
            [0] => Ok(Provider::Sandbox),
            _ => Err(self.senseless()),
        }
    }

    fn optional_request(&mut self) -> Result<Option<RequestKey>, UnknownEvent> {
        let [has_request] = self.take()?;
        let request = self.request()?;
        match has_request {
            0 => Ok(None),
            1 => Ok(Some(request)),
            _ => Err(self.senseless()),
        }
    }

    fn step(&mut self) -> Result<BookingStep, UnknownEvent> {
        Ok(BookingStep { no: BookingNo::new(self.u32()?) })
    }

    #[inline]
    fn span(&mut self) -> Result<UnitSpan, UnknownEvent> {
        let [first, count] = *self.take()?;
        UnitSpan::new(first, count).map_err(|_| self.senseless())
    }

    #[inline]
    fn release(&mut self) -> Result<Option<ReleaseNo>, UnknownEvent> {
        let no = u16::from_le_bytes(*self.take()?);
        Ok((no != u16::MAX).then(|| ReleaseNo::new(no)))
    }

    #[inline(always)]
    fn new_booking(&mut self) -> Result<NewBooking, UnknownEvent> {
        Ok(NewBooking {
            no: BookingNo::new(self.u32()?),
            resident: ResidentNo::new(self.u32()?),
            pitch: PitchNo::new(self.u32()?),
            day: self.day()?,
            span: self.span()?,
            party_size: u16::from_le_bytes(*self.take()?),
            price: self.minor()?,
            release: self.release()?,
            request: self.request()?,
        })
    }

    fn moved(&mut self) -> Result<BookingMoved, UnknownEvent> {
        Ok(BookingMoved {
            no: BookingNo::new(self.u32()?),
            place: BookingNo::new(self.u32()?),
            pitch: PitchNo::new(self.u32()?),
            day: self.day()?,
            span: self.span()?,
            price: self.minor()?,
            release: self.release()?,
        })
    }

    fn json<T: DeserializeOwned>(&mut self) -> Result<T, UnknownEvent> {
        let kind = self.kind;
        serde_json::from_slice(self.rest()).map_err(|source| UnknownEvent::Json { kind, source })
    }
}

#[cfg(test)]
mod tests;
