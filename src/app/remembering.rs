//! For how long memory keeps bookings that are over, and who has them then: Postgres, where there is one, for as long as it has them
//! durably. Without one the journal is all the history there is, so memory keeps as many days as the operator keeps of that.

use super::keeping::KeepLimits;
use crate::api::open_data::reports::REPORTED_DAYS;
use crate::engine::forgetting::Archive;
use crate::engine::release_report::AGAIN_WITHIN_DAYS;
use crate::journal::JournalHandle;
use crate::projection::{Progress, State};

/// So many days as a report of a release that opened a week ago looks back, and some more.
pub(super) const MEMORY_DAYS: u16 = 45;
/// Requests are known by their keys for two days, and a day may be late.
pub(super) const MEMORY_DAYS_MIN: u16 = 3;
/// How many numbers go with one record: to forget them takes the committer a fraction of a millisecond.
pub(super) const PIECE: u32 = 64;
/// How far ahead a release may open.
const OPENS_BEFORE_DAYS: u16 = 31;
/// Without Postgres nobody else has what reports are made of: as many days as they look back.
#[expect(clippy::cast_possible_truncation, reason = "a few months")]
const REPORTS_NEED_DAYS: u16 = REPORTED_DAYS as u16 + OPENS_BEFORE_DAYS + AGAIN_WITHIN_DAYS;

/// What the timekeeper asks before anything is forgotten.
pub(super) struct Remembering {
    memory_days: u16,
    keep: KeepLimits,
    durable: Box<dyn Fn() -> u64 + Send>,
    progress: Option<Progress>,
}

impl Remembering {
    pub(super) fn new(
        memory_days: u16,
        keep: KeepLimits,
        journal: JournalHandle,
        progress: Option<Progress>,
    ) -> Self {
        Self { memory_days, keep, durable: Box::new(move || journal.durable().get()), progress }
    }
}

impl Archive for Remembering {
    fn memory_days(&self) -> Option<u16> {
        match (&self.progress, self.keep.days) {
            (Some(_), _) => Some(self.memory_days),
            (None, Some(kept)) => {
                let kept = u16::try_from(kept).unwrap_or(u16::MAX);
                Some(self.memory_days.max(kept).max(REPORTS_NEED_DAYS))
            }
            (None, None) => None,
        }
    }

    fn durable(&self) -> u64 {
        (self.durable)()
    }

    fn has(&self, record: u64) -> bool {
        let Some(progress) = &self.progress else { return true };
        progress.shown().state == State::Projecting
            && progress.projected().is_some_and(|projected| record <= projected)
    }

    fn can_be_asked(&self) -> bool {
        self.progress.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembering(keep_days: Option<u32>, progress: Option<Progress>) -> Remembering {
        let keep = KeepLimits { days: keep_days, bytes: None };
        Remembering { memory_days: 14, keep, durable: Box::new(|| 9), progress }
    }

    #[test]
    fn without_a_database_memory_keeps_what_the_journal_keeps_and_what_reports_need() {
        assert_eq!(remembering(None, None).memory_days(), None, "all of it is the history");
        assert_eq!(remembering(Some(0), None).memory_days(), Some(REPORTS_NEED_DAYS));
        assert_eq!(remembering(Some(400), None).memory_days(), Some(400));
        assert!(remembering(Some(0), None).has(u64::MAX) && !remembering(Some(0), None).can_be_asked());
        let with_one = remembering(Some(400), Some(Progress::new()));
        assert_eq!(with_one.memory_days(), Some(14), "Postgres keeps all");
        assert!(!with_one.has(0), "it has not said yet how far it is");
        assert_eq!((with_one.durable(), with_one.can_be_asked()), (9, true));
    }
}
