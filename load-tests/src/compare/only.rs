//! What `--only` names: a baseline with all its figures, or one of the figures beside the limit.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::baselines::Baseline;

/// One of the figures that are measured beside the limit, or that need no baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Bookings,
    SoldOut,
    Grid,
    HalfPeak,
    Overload,
    Grab,
    Availability,
}

impl Part {
    pub(super) const ALL: [Self; 7] = [
        Self::Bookings,
        Self::SoldOut,
        Self::Grid,
        Self::HalfPeak,
        Self::Overload,
        Self::Grab,
        Self::Availability,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Bookings => "bookings",
            Self::SoldOut => "soldout",
            Self::Grid => "grid",
            Self::HalfPeak => "half-p99",
            Self::Overload => "overload",
            Self::Grab => "grab",
            Self::Availability => "availability",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Bookings => "Of the limit: confirmed bookings a second, and what they cost",
            Self::SoldOut => "Of the limit: refusals of what is sold out",
            Self::Grid => "Of the limit: slot grids",
            Self::HalfPeak => "Of the limit: bookings at half of the peak, open loop",
            Self::Overload => "Ten times what is admitted, open loop",
            Self::Grab => "Of the limit: everybody wants one of a tenth as many slots",
            Self::Availability => "What is free in the whole city",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    Baseline(Baseline),
    Part(Part),
}

impl ValueEnum for Only {
    fn value_variants<'a>() -> &'a [Self] {
        const {
            &[
                Self::Baseline(Baseline::Limit),
                Self::Baseline(Baseline::RedisAlways),
                Self::Baseline(Baseline::RedisEverysec),
                Self::Baseline(Baseline::Postgres),
                Self::Baseline(Baseline::PostgresBest),
                Self::Baseline(Baseline::PostgresHot),
                Self::Part(Part::Bookings),
                Self::Part(Part::SoldOut),
                Self::Part(Part::Grid),
                Self::Part(Part::HalfPeak),
                Self::Part(Part::Overload),
                Self::Part(Part::Grab),
                Self::Part(Part::Availability),
            ]
        }
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Baseline(baseline) => baseline.to_possible_value(),
            Self::Part(part) => Some(PossibleValue::new(part.name()).help(part.help())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_baseline_and_every_part_can_be_named() {
        let variants = Only::value_variants();
        for baseline in Baseline::value_variants() {
            assert!(variants.contains(&Only::Baseline(*baseline)), "{baseline:?}");
        }
        for part in Part::ALL {
            assert!(variants.contains(&Only::Part(part)), "{part:?}");
            assert_eq!(Only::from_str(part.name(), false), Ok(Only::Part(part)));
        }
    }
}
