//! Who came for a release's day of play in vain, counted by what they were told, for its report.
//!
//! Days share a ring, as in `releases.rs`. A place that is given to another day begins at nothing; what is counted at that very moment
//! may be lost, and a start begins at nothing too: these counts are for people to read, and nothing is decided by them.

use super::refusal::Refusal;
use super::release_days::{NEVER, ReleaseDays};
use super::sync::{AtomicI64, AtomicU64, Ordering};
use crate::domain::ids::ReleaseNo;
use crate::domain::time::LocalDay;

/// What is told apart.
const COUNTED: [&str; 8] = [
    "overloaded",
    "slot-closed",
    "not-released",
    "slot-taken",
    "sold-out",
    "quota-exceeded",
    "not-entitled",
    "insufficient-funds",
];

/// All releases' counts.
pub struct ReleaseRefusals {
    days: ReleaseDays<Place>,
}

struct Place {
    day: AtomicI64,
    counts: [AtomicU64; COUNTED.len()],
}

impl Default for Place {
    fn default() -> Self {
        Self { day: AtomicI64::new(NEVER), counts: Default::default() }
    }
}

// ORDERING: Relaxed throughout, each count is right by itself.
impl ReleaseRefusals {
    #[must_use]
    pub fn new() -> Self {
        Self { days: ReleaseDays::new() }
    }

    /// Counts a refusal.
    pub fn count(&self, release: ReleaseNo, day: LocalDay, refusal: &Refusal) {
        let Some(index) = COUNTED.iter().position(|name| *name == refusal.name()) else { return };
        let Some(place) = self.days.get_or_make(release, day) else { return };
        let day = i64::from(day.get());
        let before = place.day.load(Ordering::Relaxed);
        if before != day
            && place.day.compare_exchange(before, day, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            place.counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
        }
        place.counts[index].fetch_add(1, Ordering::Relaxed);
    }

    /// How often what was told, of what was told at all.
    pub fn of(&self, release: ReleaseNo, day: LocalDay) -> impl Iterator<Item = (&'static str, u64)> {
        let place = self.days.get(release, day);
        let counts =
            place.filter(|place| place.day.load(Ordering::Relaxed) == i64::from(day.get())).map(|place| {
                COUNTED.iter().zip(&place.counts).map(|(name, count)| (*name, count.load(Ordering::Relaxed)))
            });
        counts.into_iter().flatten().filter(|(_, count)| *count > 0)
    }
}

impl Default for ReleaseRefusals {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::super::release_days::RING;
    use super::*;

    #[test]
    fn a_day_that_takes_anothers_place_begins_at_nothing() {
        let refusals = ReleaseRefusals::new();
        let (release, day) = (ReleaseNo::new(3), LocalDay::new(20_000));
        let later = day.plus_days(RING);
        let of = |day| refusals.of(release, day).collect::<Vec<_>>();
        for _ in 0..3 {
            refusals.count(release, day, &Refusal::SlotTaken);
        }
        refusals.count(release, day, &Refusal::SoldOut);
        refusals.count(release, day, &Refusal::NotFound);
        assert_eq!(
            of(day),
            [("slot-taken", 3), ("sold-out", 1)],
            "what is no matter of a release isn't counted"
        );
        assert_eq!(of(later), []);
        assert_eq!(refusals.of(ReleaseNo::new(4), day).count(), 0);
        refusals.count(release, later, &Refusal::SlotTaken);
        assert_eq!((of(day), of(later)), (vec![], vec![("slot-taken", 1)]));
    }
}
