//! Draws from a seed, so that two runs load a server with the same bookings in the same order. splitmix64: the load
//! needs spread, not secrecy.

pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound, by the high half of the product.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let product = u128::from(self.next()) * bound as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// So many places of these, each as often as it weighs. Nothing of no weights.
    pub(crate) fn by_weight(&mut self, weights: impl Iterator<Item = u64>, count: usize) -> Vec<usize> {
        let mut sums: Vec<usize> = Vec::new();
        for weight in weights {
            sums.push(sums.last().unwrap_or(&0) + usize::try_from(weight).unwrap_or(0));
        }
        let Some(total) = sums.last().copied() else { return Vec::new() };
        let mut draw = || {
            let drawn = self.below(total);
            sums.partition_point(|sum| *sum <= drawn)
        };
        (0..count).map(|_| draw()).collect()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_keeps_every_item_and_follows_from_the_seed() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..1000).collect();
            Draw::new(seed).shuffle(&mut items);
            items
        };
        assert_eq!(shuffled(7), shuffled(7));
        assert_ne!(shuffled(7), shuffled(8));
        let mut sorted = shuffled(7);
        assert_ne!(sorted, (0..1000).collect::<Vec<_>>());
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn a_draw_reaches_everything_below_its_bound_and_nothing_else() {
        let mut draw = Draw::new(1);
        let mut seen = [0; 6];
        for _ in 0..600 {
            seen[draw.below(6)] += 1;
        }
        assert!(seen.iter().all(|count| (50..150).contains(count)), "{seen:?}");
    }

    #[test]
    fn what_weighs_more_is_drawn_more_often() {
        let drawn = Draw::new(1).by_weight([1, 0, 3].into_iter(), 4000);
        let times = |place| drawn.iter().filter(|drawn| **drawn == place).count();
        assert!((900..1100).contains(&times(0)) && times(1) == 0, "{} {}", times(0), times(1));
        assert_eq!(times(0) + times(2), 4000);
        assert!(Draw::new(1).by_weight(std::iter::empty(), 5).is_empty());
    }
}
