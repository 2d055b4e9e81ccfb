//! Events as bytes: two of the kind, then the fields.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    AccountOpened, BookingCancelled, BookingCompleted, BookingConfirmed, CancelReason, ClosureFinished,
    DaysOpened, Event, PhoneHash, Provider, RequestKey, ResidentsEnrolled, Role, SessionChanged,
    WalletToppedUp,
};
use crate::domain::ids::{BookingNo, PitchNo, ResidentNo, TopUpNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::LocalDay;
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
    pub(super) const DAYS_OPENED: u16 = 16;
    pub(super) const ACCOUNT_OPENED: u16 = 17;
    pub(super) const RESIDENTS_ENROLLED: u16 = 18;
    pub(super) const LOGGED_IN: u16 = 19;
    pub(super) const LOGGED_OUT: u16 = 20;
    pub(super) const WALLET_TOPPED_UP: u16 = 32;
    pub(super) const BOOKING_CONFIRMED: u16 = 33;
    pub(super) const BOOKING_CANCELLED: u16 = 34;
    pub(super) const BOOKING_COMPLETED: u16 = 35;
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
            Self::BookingConfirmed(event) => event.encode(out),
            Self::BookingCancelled(event) => put(
                out,
                kind::BOOKING_CANCELLED,
                &[
                    &event.no.get().to_le_bytes(),
                    &event.refund.get().to_le_bytes(),
                    &[match event.reason {
                        CancelReason::ByResident => 0,
                        CancelReason::Closure => 1,
                    }],
                ],
            ),
            Self::BookingCompleted(event) => {
                put(out, kind::BOOKING_COMPLETED, &[&event.no.get().to_le_bytes()]);
            }
        }
    }

    /// The event that these bytes are.
    ///
    /// # Errors
    /// `UnknownEvent` when this version can't tell.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnknownEvent> {
        let mut fields = Fields { bytes, kind: 0 };
        let kind = u16::from_le_bytes(fields.take()?);
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
                    _ => return Err(fields.senseless()),
                };
                let phone = PhoneHash(fields.take()?);
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
            kind::BOOKING_CONFIRMED => Self::BookingConfirmed(fields.booking_confirmed()?),
            kind::BOOKING_CANCELLED => {
                let no = BookingNo::new(fields.u32()?);
                let refund = fields.minor()?;
                let reason = match fields.take()? {
                    [0] => CancelReason::ByResident,
                    [1] => CancelReason::Closure,
                    _ => return Err(fields.senseless()),
                };
                Self::BookingCancelled(BookingCancelled { no, refund, reason })
            }
            kind::BOOKING_COMPLETED => {
                Self::BookingCompleted(BookingCompleted { no: BookingNo::new(fields.u32()?) })
            }
            unknown => return Err(UnknownEvent::Kind(unknown)),
        };
        if fields.bytes.is_empty() { Ok(event) } else { Err(fields.senseless()) }
    }
}

impl BookingConfirmed {
    /// Appends the event's bytes, without the detour over `Event`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put(
            out,
            kind::BOOKING_CONFIRMED,
            &[
                &self.no.get().to_le_bytes(),
                &self.resident.get().to_le_bytes(),
                &self.pitch.get().to_le_bytes(),
                &self.day.get().to_le_bytes(),
                &[self.span.first(), self.span.count()],
                &self.party_size.to_le_bytes(),
                &self.price.get().to_le_bytes(),
                &self.request.key.to_le_bytes(),
                &self.request.body.to_le_bytes(),
            ],
        );
    }
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

fn top_up(out: &mut Vec<u8>, event: &WalletToppedUp) {
    let (has_request, request) = match event.request {
        Some(request) => (1u8, request),
        None => (0, RequestKey { key: 0, body: 0 }),
    };
    let provider = match event.provider {
        Provider::Sandbox => 0u8,
    };
    put(
        out,
        kind::WALLET_TOPPED_UP,
        &[
            &event.no.get().to_le_bytes(),
            &event.resident.get().to_le_bytes(),
            &event.amount.get().to_le_bytes(),
            &[provider, has_request],
            &request.key.to_le_bytes(),
            &request.body.to_le_bytes(),
        ],
    );
}

/// What is left of an event's bytes.
struct Fields<'a> {
    bytes: &'a [u8],
    kind: u16,
}

impl Fields<'_> {
    fn senseless(&self) -> UnknownEvent {
        UnknownEvent::Fields { kind: self.kind }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], UnknownEvent> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or_else(|| self.senseless())?;
        self.bytes = rest;
        Ok(*taken)
    }

    fn rest(&mut self) -> &[u8] {
        std::mem::take(&mut self.bytes)
    }

    fn u32(&mut self) -> Result<u32, UnknownEvent> {
        self.take().map(u32::from_le_bytes)
    }

    fn minor(&mut self) -> Result<Minor, UnknownEvent> {
        self.take().map(i64::from_le_bytes).map(Minor::new)
    }

    fn day(&mut self) -> Result<LocalDay, UnknownEvent> {
        self.take().map(i32::from_le_bytes).map(LocalDay::new)
    }

    fn request(&mut self) -> Result<RequestKey, UnknownEvent> {
        Ok(RequestKey { key: u128::from_le_bytes(self.take()?), body: u64::from_le_bytes(self.take()?) })
    }

    fn session(&mut self) -> Result<SessionChanged, UnknownEvent> {
        let resident = ResidentNo::new(self.u32()?);
        let [slot] = self.take()?;
        Ok(SessionChanged { resident, slot, generation: self.u32()? })
    }

    fn top_up(&mut self) -> Result<WalletToppedUp, UnknownEvent> {
        let no = TopUpNo::new(self.u32()?);
        let resident = ResidentNo::new(self.u32()?);
        let amount = self.minor()?;
        let [0, has_request] = self.take()? else { return Err(self.senseless()) };
        let request = self.request()?;
        let request = match has_request {
            0 => None,
            1 => Some(request),
            _ => return Err(self.senseless()),
        };
        Ok(WalletToppedUp { no, resident, amount, provider: Provider::Sandbox, request })
    }

    fn booking_confirmed(&mut self) -> Result<BookingConfirmed, UnknownEvent> {
        let no = BookingNo::new(self.u32()?);
        let resident = ResidentNo::new(self.u32()?);
        let pitch = PitchNo::new(self.u32()?);
        let day = self.day()?;
        let [first, count] = self.take()?;
        let span = UnitSpan::new(first, count).map_err(|_| self.senseless())?;
        let party_size = u16::from_le_bytes(self.take()?);
        let price = self.minor()?;
        Ok(BookingConfirmed { no, resident, pitch, day, span, party_size, price, request: self.request()? })
    }

    fn json<T: DeserializeOwned>(&mut self) -> Result<T, UnknownEvent> {
        let kind = self.kind;
        serde_json::from_slice(self.rest()).map_err(|source| UnknownEvent::Json { kind, source })
    }
}

#[cfg(test)]
mod tests;
