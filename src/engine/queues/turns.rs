//! Whose turn it is: places are served in runs, and each run's time is over at one moment.

use std::collections::VecDeque;

use crate::domain::time::UtcMillis;

/// Places that were served together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The last place before them.
    pub behind: u32,
    /// The last of them.
    pub up_to: u32,
    pub at: UtcMillis,
    /// How many it was the turn of.
    pub admitted: u32,
    /// How many of them have neither left nor used what they may.
    pub acting: u32,
}

/// The runs whose time may not be over yet, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Turns(VecDeque<Run>);

impl Turns {
    /// Adds a run, and drops those whose time is over by then: records alone decide that, so that a replay comes to the same.
    pub(super) fn add(&mut self, run: Run, turn_ms: i64) {
        while self.0.front().is_some_and(|first| first.at.plus_ms(turn_ms) <= run.at) {
            self.0.pop_front();
        }
        self.0.push_back(run);
    }

    /// Adds a run again as a snapshot has it.
    pub(super) fn take(&mut self, run: Run) {
        self.0.push_back(run);
    }

    fn index_of(&self, place: u32) -> Option<usize> {
        let index = self.0.partition_point(|run| run.up_to < place);
        self.0.get(index).filter(|run| run.behind < place).map(|_| index)
    }

    /// When the turn of a place began, unless it is long over.
    #[must_use]
    pub(super) fn began(&self, place: u32) -> Option<UtcMillis> {
        self.0.get(self.index_of(place)?).map(|run| run.at)
    }

    /// One of a run acts no more.
    pub(super) fn end(&mut self, place: u32) {
        if let Some(index) = self.index_of(place)
            && let Some(run) = self.0.get_mut(index)
        {
            run.acting = run.acting.saturating_sub(1);
        }
    }

    /// How many act at this moment.
    #[must_use]
    pub(super) fn acting(&self, now: UtcMillis, turn_ms: i64) -> u32 {
        self.0.iter().rev().take_while(|run| run.at.plus_ms(turn_ms) > now).map(|run| run.acting).sum()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.0.iter()
    }

    pub(super) fn clear(&mut self) {
        self.0 = VecDeque::new();
    }

    #[must_use]
    pub(super) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<Run>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_with_its_time_and_who_has_done_counts_no_more() {
        let run = |behind, up_to, at| Run {
            behind,
            up_to,
            at: UtcMillis::new(at),
            admitted: up_to - behind,
            acting: up_to - behind,
        };
        let mut turns = Turns::default();
        turns.add(run(0, 10, 0), 1000);
        turns.add(run(10, 15, 500), 1000);
        assert_eq!(turns.acting(UtcMillis::new(999), 1000), 15);
        assert_eq!(turns.acting(UtcMillis::new(1000), 1000), 5);
        turns.end(11);
        turns.end(99);
        assert_eq!(turns.acting(UtcMillis::new(1000), 1000), 4);
        assert_eq!(turns.began(10), Some(UtcMillis::new(0)));
        turns.add(run(15, 16, 1200), 1000);
        assert_eq!(
            (turns.began(10), turns.began(11), turns.began(17)),
            (None, Some(UtcMillis::new(500)), None)
        );
    }
}
