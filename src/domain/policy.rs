//! Rules that a city or a venue sets: cancelling and quotas.

use serde::{Deserialize, Serialize};

use super::ids::{Code, SportNo, VenueNo};
use super::money::Minor;
use super::time::UtcMillis;

/// A step of a cancellation rule: so much is given back when so long is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundStep {
    pub minutes_before: u32,
    pub percent: u8,
}

/// Until when a booking may be cancelled, and what is given back. Later than every step is too late.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CancelRule(Vec<RefundStep>);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a cancellation rule has at most 8 steps of 0 to 100 per cent")]
pub struct InvalidCancelRule;

impl CancelRule {
    /// # Errors
    /// `InvalidCancelRule` when there are too many steps or a step gives back more than was paid.
    pub fn new(mut steps: Vec<RefundStep>) -> Result<Self, InvalidCancelRule> {
        steps.sort_by_key(|step| std::cmp::Reverse(step.minutes_before));
        let rule = Self(steps);
        if rule.is_sound() { Ok(rule) } else { Err(InvalidCancelRule) }
    }

    /// All the money back until so many minutes before the beginning.
    #[must_use]
    pub fn free_until(minutes_before: u32) -> Self {
        Self(vec![RefundStep { minutes_before, percent: 100 }])
    }

    /// Whether the rule could have been made by `new`; one that was read may not.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.0.len() <= 8
            && self.0.iter().all(|step| step.percent <= 100)
            && self.0.is_sorted_by_key(|step| std::cmp::Reverse(step.minutes_before))
    }

    #[must_use]
    pub fn steps(&self) -> &[RefundStep] {
        &self.0
    }

    /// What is given back of a price at this moment, or nothing when it is too late to cancel.
    #[must_use]
    pub fn refund(&self, price: Minor, start: UtcMillis, now: UtcMillis) -> Option<Minor> {
        let left_ms = start.since_ms(now);
        let step =
            self.0.iter().find(|step| left_ms > 0 && left_ms >= i64::from(step.minutes_before) * 60_000)?;
        // In 128 bits the product can't overflow, and a share of the price fits where the price did.
        let share = i128::from(price.get()) * i128::from(step.percent) / 100;
        i64::try_from(share).ok().map(Minor::new)
    }
}

/// What a limit is counted over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaScope {
    City,
    EachVenue,
    Venue(VenueNo),
    EachSport,
    Sport(SportNo),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaMeasure {
    Bookings,
    Minutes,
}

/// Over which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaWindow {
    /// All bookings for one day of play that were not cancelled.
    DayOfPlay,
    /// All bookings that are neither over nor cancelled.
    Live,
}

/// A limit for each resident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaRule {
    pub name: Code,
    pub scope: QuotaScope,
    pub measure: QuotaMeasure,
    pub window: QuotaWindow,
    pub limit: u32,
}

impl QuotaRule {
    /// Whether the rule counts a booking of this venue and sport, and under which number it counts it.
    #[must_use]
    pub const fn counts(&self, venue: VenueNo, sport: SportNo) -> Option<u32> {
        match self.scope {
            QuotaScope::City => Some(0),
            QuotaScope::EachVenue => Some(venue.get()),
            QuotaScope::Venue(only) if only.get() == venue.get() => Some(only.get()),
            QuotaScope::EachSport => Some(sport.get() as u32),
            QuotaScope::Sport(only) if only.get() == sport.get() => Some(only.get() as u32),
            QuotaScope::Venue(_) | QuotaScope::Sport(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_given_back_the_later_one_cancels() {
        let rule = CancelRule::new(vec![
            RefundStep { minutes_before: 120, percent: 50 },
            RefundStep { minutes_before: 1440, percent: 100 },
        ])
        .expect("a rule");
        let start = UtcMillis::new(100_000_000_000);
        for (minutes_left, refund) in [
            (2000, Some(1501)),
            (1440, Some(1501)),
            (1439, Some(750)),
            (120, Some(750)),
            (119, None),
            (0, None),
            (-1, None),
        ] {
            let now = start.plus_ms(-minutes_left * 60_000);
            assert_eq!(
                rule.refund(Minor::new(1501), start, now),
                refund.map(Minor::new),
                "{minutes_left} min"
            );
        }
    }

    #[test]
    fn nobody_cancels_what_has_begun() {
        let start = UtcMillis::new(1_000_000);
        assert_eq!(CancelRule::free_until(0).refund(Minor::new(5), start, start), None);
        assert_eq!(
            CancelRule::free_until(0).refund(Minor::new(5), start, start.plus_ms(-1)),
            Some(Minor::new(5))
        );
    }
}
