//! The rules that are never broken, named once: assertions, tests and `kaichang verify` cite them from here.

use std::fmt;

/// A rule that holds at every moment, whatever fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Invariant {
    /// No unit of a pitch is sold twice; no session over its capacity; a whole and its parts never overlap.
    I1NoDoubleSale,
    /// Whatever was answered 2xx and changed something is durable.
    I2Durable,
    /// Money is conserved: every movement is double-entry, and no prefix of the journal has a negative wallet.
    I3MoneyConserved,
    /// No quota is exceeded, however many requests run at once.
    I4QuotaKept,
    /// Postgres equals the journal: each event applied exactly once, in order per booking.
    I5ProjectionEqual,
    /// The same Idempotency-Key of the same resident gives the same outcome, also after a restart.
    I6Idempotent,
    /// Nobody sees or changes what is not theirs.
    I7OnlyOnesOwn,
    /// Nothing is bookable before its release, and each release's outcome can be checked by anyone.
    I8ReleaseKept,
}

impl Invariant {
    /// The short name that messages carry.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::I1NoDoubleSale => "I1",
            Self::I2Durable => "I2",
            Self::I3MoneyConserved => "I3",
            Self::I4QuotaKept => "I4",
            Self::I5ProjectionEqual => "I5",
            Self::I6Idempotent => "I6",
            Self::I7OnlyOnesOwn => "I7",
            Self::I8ReleaseKept => "I8",
        }
    }

    /// The rule in a few words.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::I1NoDoubleSale => "no unit is sold twice and no session over its capacity",
            Self::I2Durable => "what was acknowledged is durable",
            Self::I3MoneyConserved => "money is conserved and no wallet is negative",
            Self::I4QuotaKept => "no quota is exceeded",
            Self::I5ProjectionEqual => "Postgres equals the journal",
            Self::I6Idempotent => "the same key gives the same outcome",
            Self::I7OnlyOnesOwn => "nobody sees or changes what is not theirs",
            Self::I8ReleaseKept => "nothing is bookable before its release",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code(), self.rule())
    }
}
