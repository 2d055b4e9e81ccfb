//! What happened: the events that the journal keeps and that the live state is made of.
//!
//! Events carry effects, not commands to be judged again. Each kind has a number that is never used for another; a kind
//! that is not known refuses the start. Events of the catalogue are JSON, for they are few and will change; those of
//! bookings, money and sessions are fixed little-endian fields, for they are many (`docs/events.md` draws them).

mod codec;
mod of_companions;
mod of_draws;
mod of_people;
mod of_queues;
mod of_returns;

pub use codec::{Peeked, Places, UnknownEvent};
pub use of_companions::{CompanionsListed, CompanionsNamed, OfCompanions};
pub use of_draws::{DrawDone, DrawSealed, EntryChanged, EntryMade, EntryWithdrawn, PrizeLapsed, Stock};
pub use of_people::{Household, HouseholdJoined, OfPeople, ResidentVerified};
pub use of_queues::{OfQueue, QueueJoined, QueueLeft, QueueOpened, QueueServed};
pub use of_returns::{OfReturn, ReturnSeedShown, SlotReturned};

use serde::{Deserialize, Serialize};

use super::change::{NameChange, PitchChange, VenueChange};
use super::definition::{CityDef, ClosureDef, DistrictDef, PitchDef, SpecialDay, SportDef, VenueDef};
use super::ids::{BookingNo, PitchNo, ReleaseNo, ResidentNo, TopUpNo, VenueNo};
use super::money::Minor;
use super::release::ReleaseDef;
use super::time::{LocalDay, UtcMillis};
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
    ReleaseDeclared(Box<ReleaseDef>),
    ReleaseOpened(ReleaseOpened),
    PitchChanged(Box<PitchChange>),
    VenueChanged(Box<VenueChange>),
    /// A district or a sport is called something else.
    NameChanged(Box<NameChange>),
    DaysOpened(DaysOpened),
    AccountOpened(Box<AccountOpened>),
    AccountDisabled(AccountDisabled),
    /// An account that was opened at a counter has become its resident's own.
    AccountCompleted(Box<AccountCompleted>),
    /// A resident has deleted his account.
    AccountErased(AccountErased),
    ResidentsEnrolled(ResidentsEnrolled),
    LoggedIn(SessionChanged),
    LoggedOut(SessionChanged),
    WalletToppedUp(WalletToppedUp),
    BookingConfirmed(NewBooking),
    BookingCancelled(BookingCancelled),
    BookingCompleted(BookingStep),
    /// Nobody was checked in though somebody checks.
    BookingMissed(BookingStep),
    BookingCheckedIn(BookingCheckedIn),
    BookingMoved(BookingMoved),
    /// Sold at the counter, and paid there.
    CounterBooked(NewBooking),
    HoldPlaced(HoldPlaced),
    HoldConfirmed(HoldConfirmed),
    HoldGivenUp(BookingStep),
    HoldExpired(BookingStep),
    EntryMade(Box<EntryMade>),
    EntryChanged(Box<EntryChanged>),
    EntryWithdrawn(EntryWithdrawn),
    DrawSealed(Box<DrawSealed>),
    DrawDone(Box<DrawDone>),
    PrizeLapsed(PrizeLapsed),
    OfQueue(OfQueue),
    /// Old bookings are in memory no more.
    BookingsForgotten(BookingsForgotten),
    OfReturn(OfReturn),
    OfPeople(OfPeople),
    OfCompanions(OfCompanions),
    StaffActed(StaffActed),
}

impl Event {
    /// Whether the event changes the catalogue or the open days, which are exchanged as one.
    #[must_use]
    pub fn changes_world(&self) -> bool {
        match self {
            Self::CityFounded(_)
            | Self::DistrictAdded(_)
            | Self::SportAdded(_)
            | Self::VenueAdded(_)
            | Self::PitchAdded(_)
            | Self::SpecialDaysSet(_)
            | Self::ClosureDeclared(_)
            | Self::ClosureFinished(_)
            | Self::ReleaseDeclared(_)
            | Self::PitchChanged(_)
            | Self::VenueChanged(_)
            | Self::NameChanged(_)
            | Self::DaysOpened(_) => true,
            Self::StaffActed(acted) => acted.action.changes_world(),
            Self::ReleaseOpened(_)
            | Self::AccountOpened(_)
            | Self::AccountDisabled(_)
            | Self::AccountCompleted(_)
            | Self::AccountErased(_)
            | Self::ResidentsEnrolled(_)
            | Self::LoggedIn(_)
            | Self::LoggedOut(_)
            | Self::WalletToppedUp(_)
            | Self::BookingConfirmed(_)
            | Self::BookingCancelled(_)
            | Self::BookingCompleted(_)
            | Self::BookingMissed(_)
            | Self::BookingCheckedIn(_)
            | Self::BookingMoved(_)
            | Self::CounterBooked(_)
            | Self::HoldPlaced(_)
            | Self::HoldConfirmed(_)
            | Self::HoldGivenUp(_)
            | Self::HoldExpired(_)
            | Self::EntryMade(_)
            | Self::EntryChanged(_)
            | Self::EntryWithdrawn(_)
            | Self::DrawSealed(_)
            | Self::DrawDone(_)
            | Self::PrizeLapsed(_)
            | Self::OfQueue(_)
            | Self::BookingsForgotten(_)
            | Self::OfReturn(_)
            | Self::OfPeople(_)
            | Self::OfCompanions(_) => false,
        }
    }
}

/// The bookings inside the closure of this number have been dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosureFinished {
    pub no: u32,
}

/// A release has opened for a day of play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseOpened {
    pub no: ReleaseNo,
    pub day: LocalDay,
}

/// An account may do nothing any more; its sessions are dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountDisabled {
    pub account: ResidentNo,
}

/// A resident's personal data anew, with a password now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCompleted {
    pub resident: ResidentNo,
    pub sealed: Box<[u8]>,
}

/// An account is gone for good: its telephone number is nobody's, and nobody can read its personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountErased {
    pub resident: ResidentNo,
    pub phone: PhoneHash,
    /// All that was in the wallet: it goes back to who brought it in.
    pub paid_back: Minor,
    pub provider: Provider,
}

/// What one of the staff did; everything else happened without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffActed {
    pub by: ResidentNo,
    pub action: Box<Event>,
}

impl StaffActed {
    /// Who acts where no account does: the import of a city's files, at the console of who may write in the data directory. No
    /// account has so high a number.
    pub const THE_IMPORT: ResidentNo = ResidentNo::new(u32::MAX);
}

/// The days that are open from now on, both included. Days before the first are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysOpened {
    pub first: LocalDay,
    pub last: LocalDay,
}

/// What is forgotten from now on: the journal and whatever was filled from it have it still. Both bounds only ever rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingsForgotten {
    /// The lists of the days before this one.
    pub before: LocalDay,
    /// The bookings whose numbers are below this one: all are over, and were played or called off before that day.
    pub below: BookingNo,
    /// All that happened to them stands in the journal's records up to this one.
    pub told_by: u64,
    /// Whether Postgres had those records when this was decided. Where nothing has them, this is the end of them.
    pub is_kept: bool,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Resident,
    VenueManager(VenueNo),
    FrontDesk(VenueNo),
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

/// A booking that begins, with all that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewBooking {
    pub no: BookingNo,
    pub resident: ResidentNo,
    pub pitch: PitchNo,
    pub day: LocalDay,
    pub span: UnitSpan,
    pub party_size: u16,
    pub price: Minor,
    /// The release that governed it.
    pub release: Option<ReleaseNo>,
    pub request: RequestKey,
}

/// A booking that is held for a while without being paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldPlaced {
    pub booking: NewBooking,
    pub expires_at: UtcMillis,
}

/// A hold that is paid from the wallet, for the price that it was held at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldConfirmed {
    pub no: BookingNo,
    pub request: Option<RequestKey>,
}

/// A booking that is somewhere else from now on, for another price perhaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingMoved {
    pub no: BookingNo,
    /// The number by which it stands in its new day's list.
    pub place: BookingNo,
    pub pitch: PitchNo,
    pub day: LocalDay,
    pub span: UnitSpan,
    pub price: Minor,
    pub release: Option<ReleaseNo>,
}

/// Why a booking was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    ByResident,
    /// By the venue, for the resident or in spite of the rule.
    ByStaff,
    Closure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingCancelled {
    pub no: BookingNo,
    pub refund: Minor,
    pub reason: CancelReason,
}

/// Somebody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingCheckedIn {
    pub no: BookingNo,
    pub request: Option<RequestKey>,
}

/// A booking's step that needs no more than its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingStep {
    pub no: BookingNo,
}
