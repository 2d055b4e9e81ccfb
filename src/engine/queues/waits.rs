//! How long those waited whose turn has come: counted as they are served, so that a report says it when nobody is in the line any more.
//!
//! A wait is from when one came, or from the instant for who came before it, until one's turn. Counts are kept by length, in steps that
//! grow with it: of a wait that is told the true one is at most a thirty-second more. A million waits are some hundred numbers.

use std::collections::BTreeMap;

/// Waits below this are counted to the millisecond; above, so many steps lie between a length and its double.
const STEPS: u64 = 32;

/// The waits of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Waits {
    /// By the number of a step, how many.
    counts: BTreeMap<u32, u32>,
    turns: u32,
    longest_ms: u64,
}

/// What is told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitsTold {
    /// How many have had a turn.
    pub turns: u32,
    pub median_ms: u64,
    /// Nine of ten waited no longer.
    pub ninety_percent_ms: u64,
    pub longest_ms: u64,
}

/// The step that a length falls into.
fn step(ms: u64) -> u32 {
    if ms < STEPS {
        return u32::try_from(ms).unwrap_or(0);
    }
    let doublings = ms.ilog2() - STEPS.ilog2();
    let within = (ms >> doublings) - STEPS;
    u32::try_from(STEPS).unwrap_or(0) * (doublings + 1) + u32::try_from(within).unwrap_or(0)
}

/// Where a step begins.
fn begin(step: u32) -> u64 {
    let step = u64::from(step);
    if step < STEPS {
        return step;
    }
    (STEPS + step % STEPS) << (step / STEPS - 1)
}

impl Waits {
    /// Somebody's turn has come after so long. By the committer.
    pub(super) fn add(&mut self, ms: u64) {
        self.turns = self.turns.saturating_add(1);
        self.longest_ms = self.longest_ms.max(ms);
        let count = self.counts.entry(step(ms)).or_default();
        *count = count.saturating_add(1);
    }

    /// What is told of them; nothing before the first turn.
    #[must_use]
    pub(super) fn told(&self) -> Option<WaitsTold> {
        (self.turns > 0).then(|| WaitsTold {
            turns: self.turns,
            median_ms: self.after(u64::from(self.turns).div_ceil(2)),
            ninety_percent_ms: self.after((u64::from(self.turns) * 9).div_ceil(10)),
            longest_ms: self.longest_ms,
        })
    }

    /// How long the nth shortest wait was.
    fn after(&self, nth: u64) -> u64 {
        let mut seen = 0;
        for (step, count) in &self.counts {
            seen += u64::from(*count);
            if seen >= nth {
                return begin(*step);
            }
        }
        self.longest_ms
    }

    /// The counts, by the number of the step, and the longest wait, as a snapshot keeps them.
    pub(super) fn counts(&self) -> (impl Iterator<Item = (u32, u32)> + '_, u64) {
        (self.counts.iter().map(|(step, count)| (*step, *count)), self.longest_ms)
    }

    /// Takes counts of a snapshot again.
    pub(super) fn take(&mut self, step: u32, count: u32, longest_ms: u64) {
        self.turns = self.turns.saturating_add(count);
        self.longest_ms = longest_ms;
        self.counts.insert(step, count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_wait_that_is_told_is_at_most_a_thirty_second_too_short(
            mut waits in prop::collection::vec(0u64..10_000_000, 1..300),
        ) {
            let mut counted = Waits::default();
            waits.iter().for_each(|ms| counted.add(*ms));
            waits.sort_unstable();
            let told = counted.told().expect("somebody waited");
            let nth = |share: usize| waits[(waits.len() * share).div_ceil(10) - 1];
            for (told, true_ms) in [(told.median_ms, nth(5)), (told.ninety_percent_ms, nth(9))] {
                prop_assert!(told <= true_ms && true_ms - told <= true_ms / 32, "{} for {}", told, true_ms);
            }
            prop_assert_eq!(told.longest_ms, waits[waits.len() - 1]);
            prop_assert_eq!(told.turns as usize, waits.len());
            let mut again = Waits::default();
            let (counts, longest) = counted.counts();
            counts.for_each(|(step, count)| again.take(step, count, longest));
            prop_assert_eq!(again, counted);
        }
    }

    #[test]
    fn steps_follow_each_other_without_a_gap() {
        for ms in 0..100_000u64 {
            let at = step(ms);
            assert!(begin(at) <= ms && ms < begin(at + 1), "{ms} in step {at}");
        }
        assert_eq!(Waits::default().told(), None);
    }
}
