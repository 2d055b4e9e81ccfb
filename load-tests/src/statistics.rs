//! Rates, ratios and their spread. What is computed with floating point stands here, and in the plots; none of it is money.
#![expect(clippy::float_arithmetic, reason = "rates and ratios are no money")]

use std::time::Duration;

/// What several runs gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Nothing of no values.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = sorted[sorted.len() / 2];
        let lower = sorted[(sorted.len() - 1) / 2];
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }
}

pub(crate) fn ratio(of: f64, to: f64) -> f64 {
    if to > 0.0 { of / to } else { 0.0 }
}

pub(crate) fn is_at_least(value: f64, bound: f64) -> bool {
    value >= bound
}

/// What is left of two rates when each thing needs both, one after the other.
pub(crate) fn behind_each_other(one: f64, other: f64) -> f64 {
    if one > 0.0 && other > 0.0 { 1.0 / (1.0 / one + 1.0 / other) } else { 0.0 }
}

/// One time beside another.
pub(crate) fn ratio_us(of: u64, to: u64) -> f64 {
    ratio(as_float(of), as_float(to))
}

/// Of one time in another.
pub(crate) fn ratio_of(time: Duration, during: Duration) -> f64 {
    ratio(time.as_secs_f64(), during.as_secs_f64())
}

/// So many in so long, by the second.
pub(crate) fn per_second(count: u64, during: Duration) -> f64 {
    ratio(as_float(count), during.as_secs_f64())
}

/// Microseconds of processor time for each.
pub(crate) fn us_each(time: Duration, count: u64) -> f64 {
    ratio(time.as_secs_f64() * 1e6, as_float(count))
}

/// Of all the processors' time.
pub(crate) fn share_of_processors(time: Duration, during: Duration, processors: usize) -> f64 {
    ratio(time.as_secs_f64(), during.as_secs_f64() * as_float(processors as u64))
}

pub(crate) fn per_cent(share: f64) -> f64 {
    share * 100.0
}

/// Microseconds as milliseconds.
pub(crate) fn ms(us: u64) -> f64 {
    as_float(us) / 1e3
}

/// What the line through these points rises by from the first to the last of them, if it rises: the least squares. Nothing of fewer than
/// three.
pub(crate) fn growth(points: &[(u64, u64)]) -> Option<u64> {
    let ((first, _), (last, _)) = (points.first()?, points.last()?);
    if points.len() < 3 {
        return None;
    }
    let count = as_float(points.len() as u64);
    let mean =
        |of: fn(&(u64, u64)) -> u64| points.iter().map(|point| as_float(of(point))).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let (mut covariance, mut variance) = (0.0, 0.0);
    for (x, y) in points {
        let from_mean = as_float(*x) - mean_x;
        covariance += from_mean * (as_float(*y) - mean_y);
        variance += from_mean * from_mean;
    }
    let rise = ratio(covariance, variance) * as_float(last - first);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
    Some(rise.clamp(0.0, 1e15) as u64)
}

/// How many nines a quantile has: its place on an axis where 90, 99 and 99.9 per cent stand evenly.
pub(crate) fn nines(quantile: f64) -> f64 {
    -(1.0 - quantile).max(1e-9).log10()
}

/// Bytes as mebibytes.
pub(crate) fn mib(bytes: u64) -> f64 {
    as_float(bytes) / 1_048_576.0
}

/// A rate without its fraction.
pub(crate) fn whole(rate: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is small and positive"
    )]
    {
        rate.round() as u64
    }
}

/// One part of so many of a rate.
pub(crate) fn part_of(rate: f64, parts: u32) -> u32 {
    u32::try_from(whole(rate)).unwrap_or(u32::MAX) / parts
}

/// How much each of so many is wanted, the most wanted first: the n-th as much as the first divided by n to the power of the skew. None
/// is wanted by nobody.
pub(crate) fn weights(count: usize, skew: f64) -> impl Iterator<Item = u64> {
    (1..=count as u64).map(move |place| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 2^32 and positive"
        )]
        {
            (4_294_967_296.0 * as_float(place).powf(-skew)).max(1.0) as u64
        }
    })
}

/// How many requests a run of such a length can need at most, when the rate was measured once and may be half as high again.
pub(crate) fn requests_at_most(rate: f64, during: Duration) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is small and positive"
    )]
    {
        (rate * 1.5 * during.as_secs_f64()).ceil() as usize
    }
}

/// Counts here stay far below the 2^53 that a float holds exactly.
fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        for (values, median, min, max) in [
            (&[3.0][..], 3.0, 3.0, 3.0),
            (&[4.0, 1.0], 2.5, 1.0, 4.0),
            (&[0.9, 0.1, 0.5], 0.5, 0.1, 0.9),
            (&[5.0, 1.0, 2.0, 4.0], 3.0, 1.0, 5.0),
        ] {
            assert_eq!(Spread::of(values), Some(Spread { median, min, max }), "{values:?}");
        }
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn rates_are_by_the_second_and_nothing_is_divided_by_zero() {
        assert_eq!(per_second(300, Duration::from_millis(1500)), 200.0);
        assert_eq!(per_second(300, Duration::ZERO), 0.0);
        assert_eq!(us_each(Duration::from_millis(3), 100), 30.0);
        assert_eq!(share_of_processors(Duration::from_secs(1), Duration::from_secs(2), 2), 0.25);
        assert_eq!(requests_at_most(100.0, Duration::from_secs(2)), 300);
        assert_eq!((part_of(75_009.4, 10), mib(3 << 20)), (7_500, 3.0));
    }

    #[test]
    fn without_a_skew_all_are_wanted_alike_and_with_one_the_first_the_most() {
        assert_eq!(weights(3, 0.0).collect::<Vec<_>>(), [1 << 32; 3]);
        assert_eq!(weights(4, 1.0).collect::<Vec<_>>(), [1 << 32, 1 << 31, 1_431_655_765, 1 << 30]);
        assert!(weights(1000, 10.0).all(|weight| weight > 0));
    }

    #[test]
    fn nines_are_counted() {
        for (quantile, expected) in [(0.0, 0.0), (0.9, 1.0), (0.99, 2.0), (0.999, 3.0)] {
            assert!((nines(quantile) - expected).abs() < 1e-9, "{quantile}: {}", nines(quantile));
        }
    }

    #[test]
    fn growth_is_what_the_line_through_all_points_rises_by() {
        assert_eq!(growth(&[(0, 10), (5, 20), (10, 30)]), Some(20));
        assert_eq!(growth(&[(0, 10), (10, 10), (20, 10), (30, 10)]), Some(0));
        assert_eq!(growth(&[(0, 30), (5, 20), (10, 10)]), Some(0), "what falls doesn't grow");
        assert_eq!(
            growth(&[(0, 100), (1, 160), (2, 100), (3, 160), (4, 100)]),
            Some(0),
            "up and down is level"
        );
        assert_eq!(growth(&[(0, 1), (1, 2)]), None);
    }
}
