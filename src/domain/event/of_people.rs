//! Events of what the staff verify of residents, and of who lives together.

use crate::domain::entitlement::Verified;
use crate::domain::ids::ResidentNo;

/// Something that was verified of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfPeople {
    Verified(ResidentVerified),
    Household(HouseholdJoined),
}

/// All that is verified of a resident from now on; what was before holds no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResidentVerified {
    pub resident: ResidentNo,
    pub verified: Verified,
}

/// A resident lives in a household from now on, and in no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseholdJoined {
    pub resident: ResidentNo,
    /// None where he lives by himself.
    pub household: Option<Household>,
}

/// A household: its number, and somebody who lives in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Household {
    /// Counted from 1.
    pub no: u32,
    pub with: ResidentNo,
}
