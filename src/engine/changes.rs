//! The latest changes of slots, for those who listen: a ring of pitch-days, written by the committer alone.
//!
//! A place says which whole's day changed, not how: who listens looks at the day itself, so one that was changed often is told
//! once, and a listener costs the committer nothing. Always: what a place tells of is to be seen by whoever reads the place. A reader
//! that the ring has overtaken learns that, and takes everything for changed.

use super::sync::{AtomicU64, Ordering};
use crate::domain::ids::PitchNo;
use crate::domain::time::LocalDay;

/// How many changes are kept.
pub const CHANGES_KEPT: u64 = 1 << 16;
/// What stands for a change of everything; no pitch has such a number.
const EVERYTHING: u64 = u64::MAX;

/// The ring.
pub struct Changes {
    head: AtomicU64,
    places: Box<[AtomicU64]>,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A whole's day, its parts included.
    PitchDay(PitchNo, LocalDay),
    /// The catalogue, the open days, or a release: any slot may be another.
    Everything,
}

/// The ring has overtaken its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overtaken;

impl Changes {
    #[must_use]
    pub fn new() -> Self {
        let places = (0..CHANGES_KEPT).map(|_| AtomicU64::new(EVERYTHING)).collect();
        Self { head: AtomicU64::new(0), places }
    }

    /// Tells of a change that is to be seen already. By the committer alone.
    pub fn push(&self, change: Change) {
        // ORDERING: Relaxed, nobody else writes it.
        let position = self.head.load(Ordering::Relaxed);
        if let Some(place) = self.places.get(index(position)) {
            // ORDERING: Release pairs with the Acquire in `read`: who reads this in a place that it wanted an older change
            // of also reads a head that says so, since the head was raised to `position` before.
            place.store(word(change), Ordering::Release);
        }
        // ORDERING: Release pairs with the Acquire in `head`: who sees the position sees the place, and the change itself.
        self.head.store(position + 1, Ordering::Release);
    }

    /// The position that the next change will have.
    #[must_use]
    pub fn head(&self) -> u64 {
        // ORDERING: Acquire pairs with the Release in `push`.
        self.head.load(Ordering::Acquire)
    }

    /// Tells `each` of the changes from one position to another, which was the head.
    ///
    /// # Errors
    /// `Overtaken` when the first of them are kept no more; what `each` was told may be wrong then.
    pub fn read(&self, from: u64, to: u64, mut each: impl FnMut(Change)) -> Result<(), Overtaken> {
        if from > to || to - from >= CHANGES_KEPT {
            return Err(Overtaken);
        }
        for position in from..to {
            if let Some(place) = self.places.get(index(position)) {
                // ORDERING: Acquire pairs with the Release in `push`, for the look at the head below.
                each(change(place.load(Ordering::Acquire)));
            }
        }
        // ORDERING: Relaxed; the loads above order it behind themselves. A place is written anew while the head still stands
        // at its new position, hence no `>`.
        let head = self.head.load(Ordering::Relaxed);
        if head - from >= CHANGES_KEPT { Err(Overtaken) } else { Ok(()) }
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}

const fn index(position: u64) -> usize {
    (position % CHANGES_KEPT) as usize
}

const fn word(change: Change) -> u64 {
    match change {
        Change::PitchDay(pitch, day) => (pitch.get() as u64) << 32 | day.get().cast_unsigned() as u64,
        Change::Everything => EVERYTHING,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each half of the word is a number of 32 bits")]
const fn change(word: u64) -> Change {
    if word == EVERYTHING {
        return Change::Everything;
    }
    Change::PitchDay(PitchNo::new((word >> 32) as u32), LocalDay::new((word as u32).cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> Change {
        let number = u32::try_from(number).expect("small");
        Change::PitchDay(PitchNo::new(number), LocalDay::new(-number.cast_signed()))
    }

    fn read(changes: &Changes, from: u64, to: u64) -> Result<Vec<Change>, Overtaken> {
        let mut read = Vec::new();
        changes.read(from, to, |change| read.push(change)).map(|()| read)
    }

    #[test]
    fn what_was_told_is_read_in_order() {
        let changes = Changes::new();
        for number in 0..3 {
            changes.push(day(number));
        }
        changes.push(Change::Everything);
        assert_eq!(read(&changes, 1, changes.head()), Ok(vec![day(1), day(2), Change::Everything]));
        assert_eq!(read(&changes, 4, 4), Ok(Vec::new()));
        assert_eq!(read(&changes, 5, 4), Err(Overtaken), "a position that is not there yet");
    }

    #[test]
    fn who_asks_for_more_than_is_kept_learns_that_he_was_overtaken() {
        let changes = Changes::new();
        for number in 0..CHANGES_KEPT {
            changes.push(day(number));
        }
        let head = changes.head();
        assert_eq!(read(&changes, 0, head), Err(Overtaken));
        assert_eq!(read(&changes, 1, head).map(|read| read.len() as u64), Ok(CHANGES_KEPT - 1));
        changes.push(day(0));
        assert_eq!(read(&changes, 1, head), Err(Overtaken));
    }

    #[test]
    fn a_reader_beside_the_writer_reads_what_was_written_or_is_overtaken() {
        let changes = Changes::new();
        std::thread::scope(|scope| {
            scope.spawn(|| (0..20 * CHANGES_KEPT).for_each(|number| changes.push(day(number))));
            let mut seen = 0;
            while seen < 20 * CHANGES_KEPT {
                let head = changes.head();
                let from = head.saturating_sub(CHANGES_KEPT - 100);
                if let Ok(read) = read(&changes, from, head) {
                    let expected: Vec<_> = (from..head).map(day).collect();
                    assert!(read == expected, "positions {from} to {head}");
                }
                seen = head;
            }
        });
    }
}
