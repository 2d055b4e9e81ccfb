//! How long the journal's sealed segments are kept: what is over the operator's limits goes, when nothing needs it any more.
//!
//! A segment goes only when both kept snapshots are whole and stand behind it, so that a start can still fall back to the older one,
//! and, where there is a database, when Postgres has all of it. The server does it, after each snapshot: it alone knows how far
//! Postgres is. Whoever reads the journal meanwhile reads on, or says from where on there is something to read.

use std::path::Path;

use super::Failure;
use super::byte_size::ByteSize;
use super::data_dir::DataDir;
use super::snapshots;
use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;
use crate::journal::{DirLock, FileDisk, JournalError, JournalHandle, Kept, kept, retire};
use crate::projection::{Progress, State};
use metrics::{Counter, Gauge, counter, gauge};

const DAY_MS: i64 = 24 * 3_600_000;

/// What may be kept at most. Without limits all is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct KeepLimits {
    /// So many days from a segment's last record on.
    pub(super) days: Option<u32>,
    /// So many bytes of segments, with the one in use.
    pub(super) bytes: Option<ByteSize>,
}

impl KeepLimits {
    const fn are_none(self) -> bool {
        self.days.is_none() && self.bytes.is_none()
    }

    /// The last segment that is over a limit: it and those before it are too many. Nothing when all may stay.
    fn over(self, kept: &Kept, now: UtcMillis) -> Option<u64> {
        let is_too_old = |at: UtcMillis| {
            self.days.is_some_and(|days| now.since_ms(at) >= i64::from(days).saturating_mul(DAY_MS))
        };
        let mut bytes = kept.in_use_bytes + kept.sealed.iter().map(|sealed| sealed.bytes).sum::<u64>();
        let mut over = None;
        for sealed in &kept.sealed {
            let are_too_many = self.bytes.is_some_and(|limit| bytes > limit.get());
            if !are_too_many && !is_too_old(sealed.last_at) {
                break;
            }
            over = Some(sealed.number);
            bytes -= sealed.bytes;
        }
        over
    }
}

/// What is not needed for a start any more, and not for Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spared {
    /// The segment behind which the older of both snapshots stands.
    snapshot: u64,
    /// How far Postgres is; nothing where there is no database.
    projected: Option<Sequence>,
}

impl Spared {
    /// The last segment that may go. The record that Postgres has last stays: a connection compares it.
    fn up_to(self, kept: &Kept) -> u64 {
        let Some(projected) = self.projected else { return self.snapshot };
        let in_postgres = kept.sealed.iter().take_while(|sealed| sealed.last < projected).last();
        in_postgres.map_or(0, |sealed| sealed.number).min(self.snapshot)
    }
}

/// Removes segments of a city that is served.
pub(super) struct Keeper {
    limits: KeepLimits,
    journal: JournalHandle,
    progress: Option<Progress>,
    meters: Meters,
    /// The operator was told that the limits can't be kept.
    told: bool,
}

struct Meters {
    segments: Gauge,
    bytes: Gauge,
    retired: Counter,
}

impl Keeper {
    pub(super) fn new(limits: KeepLimits, journal: JournalHandle, progress: Option<Progress>) -> Self {
        let meters = Meters {
            segments: gauge!("kaichang_journal_kept_segments"),
            bytes: gauge!("kaichang_journal_kept_bytes"),
            retired: counter!("kaichang_journal_retired_segments_total"),
        };
        Self { limits, journal, progress, meters, told: false }
    }

    /// Removes what is over the limits and may go. What can't be done now is done after the next snapshot.
    pub(super) fn look(&mut self, data_dir: &Path, now: UtcMillis) {
        match self.try_look(&DataDir::new(data_dir, None), now) {
            Ok(()) => {}
            Err(failure) => {
                let why = super::explain(&*failure);
                tracing::error!(why, "the journal's first segments can't be given up; they stay");
            }
        }
    }

    fn try_look(&mut self, dir: &DataDir, now: UtcMillis) -> Result<(), Failure> {
        let disk = FileDisk::existing(dir.journal())?;
        let before = kept(&disk)?;
        self.show(&before);
        if self.limits.are_none() {
            return Ok(());
        }
        let Some(over) = self.limits.over(&before, now) else {
            self.told = false;
            return Ok(());
        };
        // Nobody makes a snapshot, removes one or copies them meanwhile.
        let _lock = match DirLock::acquire(&dir.snapshots()) {
            Ok(lock) => lock,
            Err(JournalError::Locked { .. }) => {
                tracing::info!("the snapshots are in use, so no segment is given up now");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let up_to = match self.spared(dir)? {
            Ok(spared) => over.min(spared.up_to(&before)),
            Err(why) => {
                self.tell_once(why);
                return Ok(());
            }
        };
        if up_to < over {
            self.tell_once("not all that is over them is in both snapshots and in Postgres yet");
        } else {
            self.told = false;
        }
        let retired = retire(&disk, up_to)?;
        if retired > 0 {
            tracing::info!(retired, up_to, "the journal's first segments were given up");
            self.meters.retired.increment(retired);
            self.show(&kept(&disk)?);
        }
        Ok(())
    }

    /// What may go, or why nothing may.
    fn spared(&self, dir: &DataDir) -> Result<Result<Spared, &'static str>, Failure> {
        let Some(older) = snapshots::older_position(dir)? else {
            return Ok(Err("there are no two snapshots that are whole"));
        };
        if older.uuid() != self.journal.uuid() {
            return Ok(Err("the snapshots are another city's"));
        }
        let projected = match &self.progress {
            None => None,
            Some(progress) => {
                let said = progress.projected().filter(|_| progress.shown().state == State::Projecting);
                let Some(projected) = said else { return Ok(Err("Postgres is away")) };
                Some(Sequence::new(projected))
            }
        };
        Ok(Ok(Spared { snapshot: older.segment(), projected }))
    }

    /// Says once, not at every snapshot, that more is kept than should be.
    fn tell_once(&mut self, why: &'static str) {
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!(why, "the journal is kept beyond its limits");
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn show(&self, kept: &Kept) {
        let bytes = kept.in_use_bytes + kept.sealed.iter().map(|sealed| sealed.bytes).sum::<u64>();
        self.meters.segments.set((kept.sealed.len() + 1) as f64);
        self.meters.bytes.set(bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Sealed;

    /// Segments 3 to 6, of 10 bytes each, whose last records are 300, 400, 500 and 600, made on those days; 7 is in use.
    fn four() -> Kept {
        let sealed = (3..=6).map(|number| Sealed {
            number,
            bytes: 10,
            last: Sequence::new(number * 100),
            last_at: UtcMillis::new(number.cast_signed() * DAY_MS),
            link: [0; 32],
        });
        Kept { sealed: sealed.collect(), in_use_bytes: 10 }
    }

    #[test]
    fn the_oldest_go_that_are_over_either_limit() {
        let limits = |days, bytes: Option<u64>| KeepLimits { days, bytes: bytes.map(ByteSize::new) };
        let seventh = UtcMillis::new(7 * DAY_MS);
        for (limits, over) in [
            (limits(None, None), None),
            (limits(Some(5), None), None),
            (limits(Some(4), None), Some(3)),
            (limits(Some(2), None), Some(5)),
            (limits(Some(0), None), Some(6)),
            (limits(None, Some(50)), None),
            (limits(None, Some(49)), Some(3)),
            (limits(None, Some(20)), Some(5)),
            (limits(None, Some(0)), Some(6)),
            (limits(Some(4), Some(30)), Some(4)),
            (limits(Some(2), Some(49)), Some(5)),
        ] {
            assert_eq!(limits.over(&four(), seventh), over, "{limits:?}");
        }
    }

    #[test]
    fn a_clock_that_is_behind_the_records_gives_nothing_up() {
        let limits = KeepLimits { days: Some(0), bytes: None };
        assert_eq!(limits.over(&four(), UtcMillis::new(2 * DAY_MS)), None);
    }

    #[test]
    fn nothing_goes_that_a_start_or_postgres_needs() {
        for (snapshot, projected, up_to) in [
            (5, None, 5),
            (0, None, 0),
            (5, Some(700), 5),
            (5, Some(401), 4),
            // A connection compares the record that came last.
            (5, Some(400), 3),
            (5, Some(300), 0),
            (5, Some(0), 0),
            (3, Some(700), 3),
        ] {
            let spared = Spared { snapshot, projected: projected.map(Sequence::new) };
            assert_eq!(spared.up_to(&four()), up_to, "{spared:?}");
        }
    }
}
