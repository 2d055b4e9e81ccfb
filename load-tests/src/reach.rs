//! What is asked for: each figure's name, and what its median is to reach.

use serde::Serialize;

use crate::statistics::is_at_least;

/// A figure that is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Asked {
    pub(crate) name: &'static str,
    pub(crate) reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Reach {
    AtLeast(f64),
    AtMost(f64),
}

impl Reach {
    pub(crate) fn is_met_by(self, median: f64) -> bool {
        match self {
            Self::AtLeast(bound) => is_at_least(median, bound),
            Self::AtMost(bound) => is_at_least(bound, median),
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::AtLeast(_) => "at least",
            Self::AtMost(_) => "at most",
        }
    }

    pub(crate) const fn bound(self) -> f64 {
        match self {
            Self::AtLeast(bound) | Self::AtMost(bound) => bound,
        }
    }
}

const fn at_least(name: &'static str, bound: f64) -> Asked {
    Asked { name, reach: Reach::AtLeast(bound) }
}

const fn at_most(name: &'static str, bound: f64) -> Asked {
    Asked { name, reach: Reach::AtMost(bound) }
}

pub(crate) const BOOKING_LIMIT: Asked = at_least("booking/limit", 0.85);
pub(crate) const BOOKING_CPU_LIMIT: Asked = at_most("booking-cpu/limit", 1.3);
pub(crate) const SOLD_OUT_LIMIT: Asked = at_least("soldout/limit", 0.95);
pub(crate) const GRID_LIMIT: Asked = at_least("grid/limit", 0.9);
pub(crate) const HALF_P99: Asked = at_most("half-p99", 2.5);
pub(crate) const OVERLOAD: Asked = at_least("overload", 0.95);
pub(crate) const GRAB_LIMIT: Asked = at_most("grab/limit", 1.25);
/// In milliseconds.
pub(crate) const AVAILABILITY: Asked = at_most("availability", 2.0);
pub(crate) const BOOKING_REDIS_ALWAYS: Asked = at_least("booking/redis-always", 3.0);
pub(crate) const BOOKING_REDIS_EVERYSEC: Asked = at_least("booking/redis-everysec", 1.8);
pub(crate) const BOOKING_POSTGRES: Asked = at_least("booking/postgres", 10.0);
pub(crate) const BOOKING_POSTGRES_BEST: Asked = at_least("booking/postgres-best", 4.0);
pub(crate) const HOT_POSTGRES: Asked = at_least("hot/postgres-hot", 10.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reached_exactly_is_reached() {
        assert!(Reach::AtLeast(0.85).is_met_by(0.85) && !Reach::AtLeast(0.85).is_met_by(0.84));
        assert!(Reach::AtMost(1.3).is_met_by(1.3) && !Reach::AtMost(1.3).is_met_by(1.31));
        assert_eq!(serde_json::to_string(&Reach::AtMost(1.3)).expect("JSON"), "1.3");
    }
}
