//! What the accounts that are not wallets come to, for those who write a city's books down.

use super::state::Engine;
use crate::domain::ids::VenueNo;
use crate::domain::money::Minor;

/// A venue's two accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VenueBalances {
    /// What it has earned.
    pub revenue: Minor,
    /// What came in at its counter, as a negative balance.
    pub till: Minor,
}

impl Engine {
    /// What a venue's accounts come to.
    #[must_use]
    pub fn venue_balances(&self, venue: VenueNo) -> VenueBalances {
        VenueBalances { revenue: self.ledger.revenue(venue), till: self.ledger.till(venue) }
    }

    /// What came in from outside, from providers and as what wallets were opened with, as a negative balance.
    #[must_use]
    pub fn outside_balance(&self) -> Minor {
        self.ledger.providers()
    }
}
