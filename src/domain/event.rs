//! What happened: the events that the journal keeps and that the live state is made of.
//!
//! Events carry effects, not commands to be judged again. Each kind has a number that is never used for another; a kind
//! that is not known refuses the start. Events of the catalogue are JSON, for they are few and will change; those of
//! bookings, money and sessions are fixed little-endian fields, for they are many (`docs/events.md` draws them).

mod codec;

pub use codec::UnknownEvent;

use serde::{Deserialize, Serialize};

use super::definition::{CityDef, ClosureDef, DistrictDef, PitchDef, SpecialDay, SportDef, VenueDef};
use super::ids::{BookingNo, PitchNo, ResidentNo, TopUpNo, VenueNo};
use super::money::Minor;
use super::time::LocalDay;
use super::units::UnitSpan;

/// Something that happened and is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    CityFounded(Box<CityDef>),
    DistrictAdded(Box<DistrictDef>),
    SportAdded(Box<SportDef>),
    VenueAdded(Box<VenueDef>),
    PitchAdded(Box<PitchDef>),
    SpecialDaysSet(Vec<SpecialDay>),
    ClosureDeclared(Box<ClosureDef>),
    ClosureFinished(ClosureFinished),
    DaysOpened(DaysOpened),
    AccountOpened(Box<AccountOpened>),
    ResidentsEnrolled(ResidentsEnrolled),
    LoggedIn(SessionChanged),
    LoggedOut(SessionChanged),
    WalletToppedUp(WalletToppedUp),
    BookingConfirmed(BookingConfirmed),
    BookingCancelled(BookingCancelled),
    BookingCompleted(BookingCompleted),
}

impl Event {
    /// Whether the event changes the catalogue or the open days, which are exchanged as one.
    #[must_use]
    pub const fn changes_world(&self) -> bool {
        match self {
            Self::CityFounded(_)
            | Self::DistrictAdded(_)
            | Self::SportAdded(_)
            | Self::VenueAdded(_)
            | Self::PitchAdded(_)
            | Self::SpecialDaysSet(_)
            | Self::ClosureDeclared(_)
            | Self::ClosureFinished(_)
            | Self::DaysOpened(_) => true,
            Self::AccountOpened(_)
            | Self::ResidentsEnrolled(_)
            | Self::LoggedIn(_)
            | Self::LoggedOut(_)
            | Self::WalletToppedUp(_)
            | Self::BookingConfirmed(_)
            | Self::BookingCancelled(_)
            | Self::BookingCompleted(_) => false,
        }
    }
}

/// The bookings inside the closure of this number have been dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosureFinished {
    pub no: u32,
}

/// The days that are open from now on, both included. Days before the first are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysOpened {
    pub first: LocalDay,
    pub last: LocalDay,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Resident,
    VenueManager(VenueNo),
    Operator,
}

/// The keyed hash of a telephone number, by which an account is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhoneHash(pub [u8; 16]);

/// An account, with its personal data under a key of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOpened {
    pub resident: ResidentNo,
    pub role: Role,
    pub phone: PhoneHash,
    pub sealed: Box<[u8]>,
}

/// Many residents at once, without personal data: each with a first session and a balance. For load tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResidentsEnrolled {
    pub first: ResidentNo,
    pub count: u32,
    pub balance: Minor,
}

/// The generation that a session slot has from now on: odd while somebody is logged in with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionChanged {
    pub resident: ResidentNo,
    pub slot: u8,
    pub generation: u32,
}

/// By what a retry is known: who asks for what under which key, hashed, and the body that was asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestKey {
    pub key: u128,
    pub body: u64,
}

/// Who paid a top-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Sandbox,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalletToppedUp {
    pub no: TopUpNo,
    pub resident: ResidentNo,
    pub amount: Minor,
    pub provider: Provider,
    pub request: Option<RequestKey>,
}

/// A booking, paid from the wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingConfirmed {
    pub no: BookingNo,
    pub resident: ResidentNo,
    pub pitch: PitchNo,
    pub day: LocalDay,
    pub span: UnitSpan,
    pub party_size: u16,
    pub price: Minor,
    pub request: RequestKey,
}

/// Why a booking was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    ByResident,
    Closure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingCancelled {
    pub no: BookingNo,
    pub refund: Minor,
    pub reason: CancelReason,
}

/// The booking's time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingCompleted {
    pub no: BookingNo,
}
