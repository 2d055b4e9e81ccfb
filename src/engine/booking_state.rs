//! Where a booking stands, and what may follow.
//!
//! A transition sets an intent by compare-and-swap, queues its record, and ends when that is durable; until then no other
//! transition starts. An intent whose record will never be durable steps back to where it came from.

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BookingState {
    /// Nothing was ever here, or it was refused by the log.
    Void,
    /// Claimed and paid, its record under way. Not shown.
    Pending,
    /// Claimed, the record of its hold under way. Not shown.
    PendingHold,
    /// Claimed and not paid, until its time is over.
    Held,
    /// Held, its payment under way.
    Confirming,
    /// Held, its end by its resident under way.
    GivingUp,
    GivenUp,
    /// Held, its end by time under way.
    Expiring,
    Expired,
    Confirmed,
    /// Confirmed, a move to another place under way.
    Moving,
    /// Being written at its new place: for a moment, by the committer. Who looks, looks again.
    Relocating,
    /// Confirmed, its check-in under way.
    CheckingIn,
    CheckedIn,
    /// Confirmed, its cancellation under way.
    Cancelling,
    Cancelled,
    /// Confirmed, its completion under way.
    Completing,
    /// Checked in, its completion under way.
    Leaving,
    Completed,
    /// Confirmed, its end without a check-in under way.
    Missing,
    Missed,
    /// Not a booking: it stands for one in a day's list.
    Alias,
}

impl BookingState {
    pub const ALL: [Self; 22] = [
        Self::Void,
        Self::Pending,
        Self::PendingHold,
        Self::Held,
        Self::Confirming,
        Self::GivingUp,
        Self::GivenUp,
        Self::Expiring,
        Self::Expired,
        Self::Confirmed,
        Self::Moving,
        Self::Relocating,
        Self::CheckingIn,
        Self::CheckedIn,
        Self::Cancelling,
        Self::Cancelled,
        Self::Completing,
        Self::Leaving,
        Self::Completed,
        Self::Missing,
        Self::Missed,
        Self::Alias,
    ];

    pub(super) const fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn of_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Void)
    }

    /// Whether this may follow: an intent, its end by a durable record, or its step back.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use BookingState as S;
        matches!(
            (self, next),
            (S::Void, S::Pending | S::PendingHold | S::Alias)
                | (S::Pending, S::Confirmed | S::Void)
                | (S::PendingHold, S::Held | S::Void)
                | (S::Held, S::Confirming | S::GivingUp | S::Expiring)
                | (S::Confirming, S::Confirmed | S::Held)
                | (S::GivingUp, S::GivenUp | S::Held)
                | (S::Expiring, S::Expired | S::Held)
                | (S::Confirmed, S::Moving | S::CheckingIn | S::Cancelling | S::Completing | S::Missing)
                | (S::Moving, S::Relocating | S::Confirmed)
                | (S::Relocating, S::Confirmed)
                | (S::CheckingIn, S::CheckedIn | S::Confirmed)
                | (S::CheckedIn, S::Leaving)
                | (S::Cancelling, S::Cancelled | S::Confirmed)
                | (S::Completing, S::Completed | S::Confirmed)
                | (S::Leaving, S::Completed | S::CheckedIn)
                | (S::Missing, S::Missed | S::Confirmed)
        )
    }

    /// Whether the booking counts as live: it is neither over nor called off.
    #[must_use]
    pub const fn is_live(self) -> bool {
        match self {
            Self::Pending
            | Self::PendingHold
            | Self::Held
            | Self::Confirming
            | Self::GivingUp
            | Self::Expiring
            | Self::Confirmed
            | Self::Moving
            | Self::Relocating
            | Self::CheckingIn
            | Self::CheckedIn
            | Self::Cancelling
            | Self::Completing
            | Self::Leaving
            | Self::Missing => true,
            Self::Void
            | Self::GivenUp
            | Self::Expired
            | Self::Cancelled
            | Self::Completed
            | Self::Missed
            | Self::Alias => false,
        }
    }

    /// Whether the booking has its units, for others not to have: also when its time is over.
    #[must_use]
    pub const fn holds_units(self) -> bool {
        self.is_live() || matches!(self, Self::Completed | Self::Missed)
    }

    /// Whether durable records say that it was paid.
    #[must_use]
    pub const fn is_paid(self) -> bool {
        match self {
            Self::Confirmed
            | Self::Moving
            | Self::Relocating
            | Self::CheckingIn
            | Self::CheckedIn
            | Self::Cancelling
            | Self::Cancelled
            | Self::Completing
            | Self::Leaving
            | Self::Completed
            | Self::Missing
            | Self::Missed => true,
            Self::Void
            | Self::Pending
            | Self::PendingHold
            | Self::Held
            | Self::Confirming
            | Self::GivingUp
            | Self::GivenUp
            | Self::Expiring
            | Self::Expired
            | Self::Alias => false,
        }
    }

    /// Where it stands as durable records have it: an intent is where it came from.
    #[must_use]
    pub const fn settled(self) -> Self {
        match self {
            Self::Pending | Self::PendingHold => Self::Void,
            Self::Confirming | Self::GivingUp | Self::Expiring => Self::Held,
            Self::Moving
            | Self::Relocating
            | Self::CheckingIn
            | Self::Cancelling
            | Self::Completing
            | Self::Missing => Self::Confirmed,
            Self::Leaving => Self::CheckedIn,
            Self::Void
            | Self::Held
            | Self::GivenUp
            | Self::Expired
            | Self::Confirmed
            | Self::CheckedIn
            | Self::Cancelled
            | Self::Completed
            | Self::Missed
            | Self::Alias => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_code() {
        for (code, state) in BookingState::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(state.code()), code);
            assert_eq!(BookingState::of_code(state.code()), state);
        }
    }

    #[test]
    fn what_is_over_stays_so() {
        for state in BookingState::ALL.into_iter().filter(|state| !state.is_live()) {
            let next = BookingState::ALL.into_iter().filter(|next| state.may_become(*next));
            assert_eq!(next.count() > 0, state == BookingState::Void, "{state:?}");
        }
    }

    #[test]
    fn every_intent_can_step_back_and_nothing_is_lost_on_the_way() {
        for state in BookingState::ALL.into_iter().filter(|state| state.settled() != *state) {
            assert!(state.may_become(state.settled()), "{state:?}");
            for next in BookingState::ALL.into_iter().filter(|next| state.may_become(*next)) {
                assert!(next.settled() == next || next == BookingState::Relocating, "{state:?} to {next:?}");
            }
        }
    }

    #[test]
    fn nothing_is_paid_twice_and_nothing_paid_is_forgotten() {
        for state in BookingState::ALL {
            for next in BookingState::ALL.into_iter().filter(|next| state.may_become(*next)) {
                assert!(!state.is_paid() || next.is_paid(), "{state:?} to {next:?}");
            }
        }
    }
}
