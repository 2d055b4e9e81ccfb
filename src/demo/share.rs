//! Sharing a total out by weights, in whole numbers: the method of the largest remainder.

/// Shares of a total that sum up to it, each within one of its exact part.
///
/// Of equal remainders the earlier is rounded up, so the same weights always give the same shares.
pub(super) fn share(total: u32, weights: &[u32]) -> Vec<u32> {
    let sum: u64 = weights.iter().copied().map(u64::from).sum();
    assert!(sum > 0 || total == 0, "a total is shared out among somebody");
    let sum = sum.max(1);
    let exact = |weight: u32| u64::from(total) * u64::from(weight);
    // A share is at most the total, which fits.
    let mut shares: Vec<u32> =
        weights.iter().map(|weight| u32::try_from(exact(*weight) / sum).unwrap_or(total)).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse(exact(weights[*index]) % sum));
    let mut left = total - shares.iter().sum::<u32>();
    for index in by_remainder {
        if left == 0 {
            break;
        }
        shares[index] += 1;
        left -= 1;
    }
    shares
}

/// As `share`, but whoever has a weight gets at least one. The total is enough for that.
pub(super) fn share_at_least_one(total: u32, weights: &[u32]) -> Vec<u32> {
    let ones: Vec<u32> = weights.iter().map(|weight| u32::from(*weight > 0)).collect();
    let rest = share(total - ones.iter().sum::<u32>(), weights);
    ones.iter().zip(rest).map(|(one, more)| one + more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_up_to_the_total_and_the_largest_remainders_are_rounded_up() {
        for (total, weights, shares) in [
            (10, vec![1, 1, 1], vec![4, 3, 3]),
            (309, vec![305, 569, 614], vec![63, 118, 128]),
            (0, vec![0, 0], vec![0, 0]),
            (5, vec![0, 7], vec![0, 5]),
        ] {
            assert_eq!(share(total, &weights), shares, "{total} by {weights:?}");
        }
        assert_eq!(share_at_least_one(10, &[1, 1_000, 0]), vec![1, 9, 0]);
    }
}
