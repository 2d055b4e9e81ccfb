//! What is noted while a scenario runs: answers by what was asked and by status, how long they took, and all of that second by second.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::outcome::Latencies;

/// A shorter piece of a second is no point of a curve: processor time is counted by hundredths.
const PIECE_MIN: Duration = Duration::from_millis(250);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Browse,
    Book,
    Cancel,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Book => "book",
            Self::Cancel => "cancel",
        }
    }
}

/// All answers of one kind.
pub(super) struct OfKind {
    pub(super) kind: Kind,
    pub(super) by_status: BTreeMap<u16, u64>,
    pub(super) lost: u64,
    pub(super) latencies: Latencies,
}

/// A second of the run.
#[derive(Debug, Clone, Default)]
pub(super) struct Second {
    /// When it ended, after the beginning.
    pub(super) at: Duration,
    pub(super) lasted: Duration,
    pub(super) by_status: BTreeMap<u16, u64>,
    pub(super) lost: u64,
    pub(super) p50_us: u64,
    pub(super) p99_us: u64,
    /// Of the server: processor time of this second and memory at its end, where they can be seen.
    pub(super) server_time: Option<Duration>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) client_time: Duration,
}

impl Second {
    pub(super) fn answered(&self) -> u64 {
        self.by_status.values().sum()
    }
}

pub(super) struct Record {
    pub(super) began: Instant,
    pub(super) ended: Instant,
    pub(super) of_kinds: [OfKind; 3],
    pub(super) seconds: Vec<Second>,
    pub(super) lag: Latencies,
    current: Second,
    latencies_of_second: Latencies,
}

impl Record {
    pub(super) fn begin(now: Instant) -> Result<Self, Failure> {
        let of = |kind| -> Result<OfKind, Failure> {
            Ok(OfKind { kind, by_status: BTreeMap::new(), lost: 0, latencies: Latencies::new()? })
        };
        Ok(Self {
            began: now,
            ended: now,
            of_kinds: [of(Kind::Browse)?, of(Kind::Book)?, of(Kind::Cancel)?],
            seconds: Vec::new(),
            lag: Latencies::new()?,
            current: Second::default(),
            latencies_of_second: Latencies::new()?,
        })
    }

    pub(super) fn answered(&mut self, kind: Kind, status: u16, took: Duration, now: Instant) {
        self.ended = now;
        let of_kind = &mut self.of_kinds[kind as usize];
        *of_kind.by_status.entry(status).or_default() += 1;
        of_kind.latencies.record(took);
        *self.current.by_status.entry(status).or_default() += 1;
        self.latencies_of_second.record(took);
    }

    pub(super) fn lost(&mut self, kind: Kind) {
        self.of_kinds[kind as usize].lost += 1;
        self.current.lost += 1;
    }

    /// Closes the second that is under way, with what was seen of the processes.
    pub(super) fn close_second(&mut self, now: Instant, seen: Seen) -> &Second {
        let at = now.saturating_duration_since(self.began);
        let before = self.seconds.last().map_or(Duration::ZERO, |second| second.at);
        let Seen { server_time, memory_bytes, client_time } = seen;
        self.seconds.push(Second {
            at,
            lasted: at.saturating_sub(before),
            p50_us: self.latencies_of_second.p50_us(),
            p99_us: self.latencies_of_second.p99_us(),
            server_time,
            memory_bytes,
            client_time,
            ..std::mem::take(&mut self.current)
        });
        self.latencies_of_second.clear();
        &self.seconds[self.seconds.len() - 1]
    }

    /// Whether so much came since the last full second that it says something.
    pub(super) fn is_in_a_second(&self) -> bool {
        let before = self.seconds.last().map_or(Duration::ZERO, |second| second.at);
        self.seconds.is_empty() || self.lasted().saturating_sub(before) >= PIECE_MIN
    }

    pub(super) fn lasted(&self) -> Duration {
        self.ended.saturating_duration_since(self.began)
    }

    pub(super) fn answers(&self) -> u64 {
        self.of_kinds.iter().map(OfKind::answered).sum()
    }
}

impl OfKind {
    pub(super) fn answered(&self) -> u64 {
        self.by_status.values().sum()
    }
}

/// Processor time since the last look, and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) server_time: Option<Duration>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) client_time: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn each_second_has_its_own_answers_and_the_kinds_have_all() {
        let now = clock::now();
        let mut record = Record::begin(now).expect("bounds");
        let ms = Duration::from_millis;
        record.answered(Kind::Book, 201, ms(4), now + ms(500));
        record.answered(Kind::Browse, 200, ms(1), now + ms(600));
        let first = record.close_second(now + ms(1_000), Seen::default()).clone();
        record.lost(Kind::Book);
        record.answered(Kind::Book, 409, ms(2), now + ms(1_500));
        let second = record.close_second(now + ms(2_500), Seen::default()).clone();
        assert_eq!((first.answered(), first.lasted, first.lost), (2, ms(1_000), 0));
        assert_eq!((second.answered(), second.lasted, second.lost), (1, ms(1_500), 1));
        assert!(first.p99_us >= 3_990 && second.p99_us < 2_100, "{} {}", first.p99_us, second.p99_us);
        let books = &record.of_kinds[Kind::Book as usize];
        assert_eq!((books.by_status.clone(), books.lost), (BTreeMap::from([(201, 1), (409, 1)]), 1));
        assert_eq!((record.answers(), record.lasted()), (3, ms(1_500)));
        for (index, of_kind) in record.of_kinds.iter().enumerate() {
            assert_eq!(of_kind.kind as usize, index, "each kind has its place");
        }
    }
}
