//! When a segment is ended before it is full: after a while, so that snapshots come near to the present, and when someone asks.

use std::time::Duration;

use crate::domain::time::UtcMillis;

/// How soon an idle committer tries again when a seal was due and not possible.
pub(super) const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How long an idle committer sleeps at most while a segment grows old: the record clock may be set meanwhile.
const LOOK_AFTER_MAX: Duration = Duration::from_secs(60);

/// How old a segment becomes.
#[derive(Debug)]
pub(super) struct Sealing {
    after_ms: i64,
    /// The operator was told that it is not possible now.
    told: bool,
}

impl Sealing {
    pub(super) const fn new(after_ms: i64) -> Self {
        Self { after_ms, told: false }
    }

    /// Whether a segment with records since then has become old enough.
    pub(super) fn is_due(&self, data_since: Option<UtcMillis>, now: UtcMillis) -> bool {
        data_since.is_some_and(|since| self.remaining_ms(since, now) <= 0)
    }

    /// How long an idle committer may sleep before it looks again; for ever when there is nothing to seal.
    pub(super) fn look_after(&self, data_since: Option<UtcMillis>, now: UtcMillis) -> Option<Duration> {
        let remaining = u64::try_from(self.remaining_ms(data_since?, now)).unwrap_or(0);
        Some(Duration::from_millis(remaining).clamp(AGAIN_AFTER, LOOK_AFTER_MAX))
    }

    const fn remaining_ms(&self, since: UtcMillis, now: UtcMillis) -> i64 {
        self.after_ms.saturating_sub(now.get().saturating_sub(since.get()))
    }

    pub(super) const fn succeeded(&mut self) {
        self.told = false;
    }

    /// Says so once, not at every attempt.
    pub(super) fn failed(&mut self, error: &super::JournalError) {
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!(%error, source = ?std::error::Error::source(error), "no room to begin the next journal segment early");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_due_when_its_first_record_is_an_hour_old_and_never_while_it_has_none() {
        let sealing = Sealing::new(3_600_000);
        let at = UtcMillis::new;
        for (since, now, due, look_after) in [
            (None, 9_000_000, false, None),
            (Some(0), 0, false, Some(60)),
            (Some(0), 3_570_000, false, Some(30)),
            (Some(0), 3_599_999, false, Some(1)),
            (Some(0), 3_600_000, true, Some(1)),
            (Some(0), 9_000_000, true, Some(1)),
            (Some(9_000_000), 0, false, Some(60)),
        ] {
            let since = since.map(at);
            assert_eq!(sealing.is_due(since, at(now)), due, "{since:?} {now}");
            assert_eq!(
                sealing.look_after(since, at(now)),
                look_after.map(Duration::from_secs),
                "{since:?} {now}"
            );
        }
    }
}
