//! Why a command was refused: expected outcomes, cheap and typed. Nothing is held or changed by a refused command.

use super::lane::Overloaded;
use super::quota::QuotaExceeded;
use super::word::Refused;
use crate::domain::entitlement::Lack;
use crate::domain::ids::ReleaseNo;
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

/// What is wrong with a field of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldError {
    pub field: &'static str,
    pub wrong: Wrong,
}

/// In which way a field is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Not at a slot's beginning, or not whole slots.
    OffGrid,
    /// The end is not after the start.
    EndsBeforeStart,
    /// The end lies on another day than the start.
    OverMidnight,
    /// A day that is further ahead than days are open.
    TooFarAhead,
    /// More slots than one booking may span.
    TooManySlots,
    /// Under 1, or more than the pitch takes.
    PartySize,
    /// Under 1, or more than may be topped up at once.
    Amount,
    /// Under 0, or more than was paid.
    Refund,
    /// None, more than one may name, or one twice.
    Choices,
    /// A slot that the release doesn't give out.
    NotOfRelease,
}

/// How somebody stands in a queue whose turn it isn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InLine {
    /// He hasn't come.
    No,
    Waits,
    /// His turn is over, or he has left.
    Over,
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Overloaded,
    /// The disk has room for nothing new.
    ShortOfRoom,
    Invalid(Vec<FieldError>),
    /// The account is not a resident's.
    Forbidden,
    NotFound,
    OtherBody,
    SlotClosed,
    SlotTaken,
    SoldOut,
    QuotaExceeded(Box<QuotaExceeded>),
    InsufficientFunds {
        balance: Minor,
        price: Minor,
    },
    NotReleased {
        releases_at: UtcMillis,
    },
    /// One queues for it, and it isn't his turn. When it may be, as far as that is known.
    NotYourTurn {
        release: ReleaseNo,
        releases_at: UtcMillis,
        in_line: InLine,
    },
    HoldExpired,
    TooEarly,
    TooLate,
    AlreadyCancelled,
    AlreadyUsed,
    PhoneTaken,
    TicketInvalid,
    /// The release isn't for him.
    NotEntitled(Lack),
}

impl From<Overloaded> for Refusal {
    fn from(_: Overloaded) -> Self {
        Self::Overloaded
    }
}

impl From<QuotaExceeded> for Refusal {
    fn from(exceeded: QuotaExceeded) -> Self {
        Self::QuotaExceeded(Box::new(exceeded))
    }
}

impl Refusal {
    /// One field is wrong.
    #[must_use]
    pub fn invalid(field: &'static str, wrong: Wrong) -> Self {
        Self::Invalid(vec![FieldError { field, wrong }])
    }

    /// What a refused claim is called: taken for what one booking has, sold out for a session.
    #[must_use]
    pub const fn of_claim(refused: Refused, is_session: bool) -> Self {
        match refused {
            Refused::Closed => Self::SlotClosed,
            Refused::Taken if is_session => Self::SoldOut,
            Refused::Taken => Self::SlotTaken,
            Refused::Contended => Self::Overloaded,
        }
    }

    /// The refusal's name among the metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Overloaded | Self::ShortOfRoom => "overloaded",
            Self::Invalid(_) => "invalid-request",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::OtherBody => "idempotency-mismatch",
            Self::SlotClosed => "slot-closed",
            Self::SlotTaken => "slot-taken",
            Self::SoldOut => "sold-out",
            Self::QuotaExceeded(_) => "quota-exceeded",
            Self::InsufficientFunds { .. } => "insufficient-funds",
            Self::NotReleased { .. } | Self::NotYourTurn { .. } => "not-released",
            Self::HoldExpired => "hold-expired",
            Self::TooEarly => "too-early",
            Self::TooLate => "too-late",
            Self::AlreadyCancelled => "already-cancelled",
            Self::AlreadyUsed => "already-used",
            Self::PhoneTaken => "phone-taken",
            Self::TicketInvalid => "ticket-invalid",
            Self::NotEntitled(_) => "not-entitled",
        }
    }
}
