//! The chain's root of each day: what is published of the journal, so that nobody can change later what was said of that day.
//!
//! A segment that ends with a record of a later day ends the day. The day's root is the link that was closed last when a segment ended, of the first
//! segment whose link covers all up to there. Segments end hourly while there are records, and a link is closed behind every 256th record: so
//! in a busy city the root can be told soon after midnight, and in a quiet one when enough has happened to close a link. It stands in the head of the
//! segment behind: it takes a look at the heads alone to say it, and a reader of the records checks the heads against the chain anyway.

use std::collections::VecDeque;

use jiff::tz::TimeZone;

use super::chain::{LINK_RECORDS, Link};
use super::retire::Sealed;
use crate::domain::calendar::local_day;
use crate::domain::time::LocalDay;
use crate::engine::log::Sequence;

/// What binds everything up to the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyRoot {
    pub day: LocalDay,
    /// The record behind which it was taken; the link covers the records up to the last multiple of 256.
    pub behind: Sequence,
    pub root: Link,
}

/// The roots of all days of which these segments tell, the earliest first. A day without records has the root of the day that follows.
#[must_use]
pub fn daily_roots(zone: &TimeZone, sealed: &[Sealed]) -> Vec<DailyRoot> {
    let mut roots = Vec::new();
    // Days that are over, each with the record up to which its root has to reach.
    let mut over: VecDeque<(LocalDay, u64)> = VecDeque::new();
    let mut next: Option<LocalDay> = None;
    for segment in sealed {
        let last = segment.last.get();
        let reached = local_day(zone, segment.last_at);
        let first = next.unwrap_or(reached);
        over.extend((0..reached.days_since(first)).map(|nth| (first.plus_days(nth), last)));
        next = Some(first.max(reached));
        let closed = last - last % LINK_RECORDS;
        while let Some((day, _)) = over.pop_front_if(|(_, up_to)| *up_to <= closed) {
            roots.push(DailyRoot { day, behind: segment.last, root: segment.link });
        }
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::UtcMillis;

    const HOUR_MS: i64 = 3_600_000;

    /// A segment whose last record is so many links' last, and some more.
    fn sealed(hour: i64, links: u64, more: u64) -> Sealed {
        let last = Sequence::new(links * LINK_RECORDS + more);
        let link = [links.to_le_bytes()[0]; 32];
        Sealed { number: 1, bytes: 0, last, last_at: UtcMillis::new(hour * HOUR_MS), link }
    }

    /// Each day and its root.
    fn days(segments: &[Sealed]) -> Vec<(i32, u8)> {
        daily_roots(&TimeZone::UTC, segments).iter().map(|root| (root.day.get(), root.root[0])).collect()
    }

    #[test]
    fn a_day_is_over_when_a_segment_ends_on_a_later_one_and_told_when_a_link_covers_it() {
        assert_eq!(days(&[]), []);
        assert_eq!(days(&[sealed(10, 1, 5), sealed(23, 3, 0)]), []);
        let over = [sealed(10, 1, 5), sealed(23, 3, 1), sealed(25, 4, 7)];
        assert_eq!(days(&over), [], "seven records are not covered yet");
        assert_eq!(days(&[&over[..], &[sealed(26, 4, 9)]].concat()), []);
        assert_eq!(days(&[&over[..], &[sealed(26, 5, 0)]].concat()), [(0, 5)]);
        assert_eq!(days(&[sealed(10, 1, 5), sealed(24, 4, 0)]), [(0, 4)], "midnight is of the later day");
    }

    #[test]
    fn days_without_records_have_the_root_of_what_follows() {
        let segments = [sealed(10, 1, 0), sealed(80, 2, 0), sealed(100, 3, 1), sealed(101, 4, 0)];
        assert_eq!(days(&segments), [(0, 2), (1, 2), (2, 2), (3, 4)]);
    }

    #[test]
    fn a_day_is_one_of_the_city() {
        let zone = TimeZone::fixed(jiff::tz::Offset::from_hours(8).expect("an offset"));
        let roots = daily_roots(&zone, &[sealed(15, 1, 0), sealed(16, 2, 0)]);
        assert_eq!(roots.len(), 1);
        assert_eq!(roots[0].root, [2; 32]);
    }
}
