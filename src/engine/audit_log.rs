//! The audit log: who of the staff did what when, with what was there before and after, each entry chained to the one before it.
//!
//! It is made from the records of the journal that say who acted, live and at replay by the same code, so both come to the same
//! chain: an entry's hash is that of its forerunner's hash and its own text. What is not the staff's doing is not in it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

pub use super::audit_text::ACTS;
use super::audit_text::{Told, tell};
use super::state::Engine;
use super::sync::{Mutex, lock};
use super::world::World;
use crate::domain::event::{Event, StaffActed};
use crate::domain::ids::{BookingNo, Code, ResidentNo, VenueNo};
use crate::domain::time::UtcMillis;

/// How many entries are looked at together where some are looked for.
const LOOKED_AT: usize = 1024;

/// What an act was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A pitch, a venue, a closure, a release, a sport or a district, by its code.
    Named(Code),
    Booking(BookingNo),
    Account(ResidentNo),
    City,
}

/// One act of the staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the log, from 0.
    pub no: u32,
    pub at: UtcMillis,
    pub by: ResidentNo,
    /// At which venue, where it was at one.
    pub venue: Option<VenueNo>,
    pub what: Cow<'static, str>,
    pub subject: Subject,
    pub before: Value,
    pub after: Value,
    pub previous: [u8; 32],
    pub hash: [u8; 32],
}

/// Which entries are looked for. What it doesn't name leaves all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub venue: Option<VenueNo>,
    pub by: Option<ResidentNo>,
    /// One of `ACTS`.
    pub what: Option<&'static str>,
    pub from: Option<UtcMillis>,
    /// The first moment that is not looked for any more.
    pub until: Option<UtcMillis>,
}

impl AuditFilter {
    fn takes(&self, entry: &AuditEntry) -> bool {
        self.by.is_none_or(|by| entry.by == by)
            && self.what.is_none_or(|what| entry.what == what)
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

/// All entries. A plain lock: the committer appends, and who reads takes a page of shared entries, each in microseconds.
#[derive(Default)]
pub struct AuditLog(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    all: Vec<Arc<AuditEntry>>,
    of_venue: HashMap<VenueNo, Vec<u32>>,
}

impl AuditLog {
    /// The newest entries before one, at most so many: of a venue, or of the whole city.
    #[must_use]
    pub fn page(&self, venue: Option<VenueNo>, before: Option<u32>, limit: usize) -> Vec<Arc<AuditEntry>> {
        let entries = lock(&self.0);
        let entry = |no: u32| entries.all.get(usize::try_from(no).ok()?).map(Arc::clone);
        match venue {
            Some(venue) => {
                let of_venue = entries.of_venue.get(&venue).map_or(&[][..], Vec::as_slice);
                let end = before.map_or(of_venue.len(), |before| of_venue.partition_point(|no| *no < before));
                of_venue[..end].iter().rev().take(limit).filter_map(|no| entry(*no)).collect()
            }
            None => {
                let length = u32::try_from(entries.all.len()).unwrap_or(u32::MAX);
                let end = before.map_or(length, |before| before.min(length));
                (0..end).rev().take(limit).filter_map(entry).collect()
            }
        }
    }

    /// The newest entries before one that a filter takes, at most so many.
    #[must_use]
    pub fn found(&self, filter: &AuditFilter, before: Option<u32>, limit: usize) -> Vec<Arc<AuditEntry>> {
        let (mut found, mut before) = (Vec::new(), before);
        // By pages, so that the committer waits for none but one.
        loop {
            let page = self.page(filter.venue, before, LOOKED_AT.max(limit));
            let Some(last) = page.last() else { return found };
            before = Some(last.no);
            let missing = limit - found.len();
            found.extend(page.into_iter().filter(|entry| filter.takes(entry)).take(missing));
            if found.len() == limit {
                return found;
            }
        }
    }

    /// Who has acted at a venue, who acted last first.
    #[must_use]
    pub fn actors(&self, venue: VenueNo) -> Vec<ResidentNo> {
        let (mut actors, mut before) = (Vec::new(), None);
        loop {
            let page = self.page(Some(venue), before, LOOKED_AT);
            let Some(last) = page.last() else { return actors };
            before = Some(last.no);
            for entry in page {
                if !actors.contains(&entry.by) {
                    actors.push(entry.by);
                }
            }
        }
    }

    /// The newest act at a venue that a judge takes for what he looks for.
    #[must_use]
    pub fn find(&self, venue: VenueNo, is_it: impl Fn(&AuditEntry) -> bool) -> Option<Arc<AuditEntry>> {
        let entries = lock(&self.0);
        let of_venue = entries.of_venue.get(&venue)?;
        let all = of_venue.iter().rev().filter_map(|no| entries.all.get(usize::try_from(*no).ok()?));
        all.into_iter().find(|entry| is_it(entry)).map(Arc::clone)
    }

    /// What an account did, and what was done to it; the newest first.
    #[must_use]
    pub fn naming(&self, account: ResidentNo) -> Vec<Arc<AuditEntry>> {
        let is_it =
            |entry: &Arc<AuditEntry>| entry.by == account || entry.subject == Subject::Account(account);
        let (mut found, mut before) = (Vec::new(), None);
        // By pages, so that the committer waits for none but one.
        loop {
            let page = self.page(None, before, LOOKED_AT);
            let Some(last) = page.last() else { return found };
            before = Some(last.no);
            found.extend(page.into_iter().filter(is_it));
        }
    }

    /// How many entries there are, and the hash of the last.
    #[must_use]
    pub fn head(&self) -> (usize, [u8; 32]) {
        let entries = lock(&self.0);
        (entries.all.len(), entries.all.last().map_or([0; 32], |entry| entry.hash))
    }

    fn append(&self, at: UtcMillis, by: ResidentNo, told: Told, venue_code: Option<&Code>) {
        let mut entries = lock(&self.0);
        let no = u32::try_from(entries.all.len()).unwrap_or(u32::MAX);
        let previous = entries.all.last().map_or([0; 32], |entry| entry.hash);
        let Told { venue, what, subject, before, after } = told;
        let what = Cow::Borrowed(what);
        let mut entry =
            AuditEntry { no, at, by, venue, what, subject, before, after, previous, hash: [0; 32] };
        let text = entry.hashed_text(venue_code);
        entry.hash = *blake3::Hasher::new().update(&previous).update(text.as_bytes()).finalize().as_bytes();
        entries.push(entry);
    }

    /// All entries, from the first.
    pub(super) fn all(&self) -> Vec<Arc<AuditEntry>> {
        lock(&self.0).all.clone()
    }

    /// Takes the next entry as a snapshot has it. Its number and its forerunner's hash are those of its place.
    pub(super) fn take(&self, entry: AuditEntry) {
        let mut entries = lock(&self.0);
        let no = u32::try_from(entries.all.len()).unwrap_or(u32::MAX);
        let previous = entries.all.last().map_or([0; 32], |entry| entry.hash);
        entries.push(AuditEntry { no, previous, ..entry });
    }
}

impl Entries {
    fn push(&mut self, entry: AuditEntry) {
        if let Some(venue) = entry.venue {
            self.of_venue.entry(venue).or_default().push(entry.no);
        }
        self.all.push(Arc::new(entry));
    }
}

impl AuditEntry {
    /// The text that is hashed behind the hash of the entry before (`docs/audit-log.md`). Its venue's code is that of its venue: codes
    /// don't change. A map's keys stand in their order, so one entry has one text.
    #[must_use]
    pub fn hashed_text(&self, venue_code: Option<&Code>) -> String {
        json!({
            "no": self.no, "at": self.at.get(), "by": self.by.get(), "venue": venue_code.map(Code::as_str),
            "what": self.what, "subject": self.subject.text(), "before": self.before, "after": self.after,
        })
        .to_string()
    }
}

impl Subject {
    fn text(&self) -> String {
        match self {
            Self::Named(code) => code.as_str().to_owned(),
            Self::Booking(no) => format!("booking {}", no.get()),
            Self::Account(no) => format!("account {}", no.get()),
            Self::City => "city".to_owned(),
        }
    }
}

impl Engine {
    /// What the staff did.
    #[must_use]
    pub fn audit_log(&self) -> &AuditLog {
        &self.audit_log
    }

    /// Whether somebody did just this before, as far as the log can tell: the same act with the same outcome.
    #[must_use]
    pub fn is_done(&self, by: ResidentNo, action: &Event) -> bool {
        let told = tell(self, &self.world.load(), action);
        told.venue.is_some_and(|venue| {
            let is_it = |entry: &AuditEntry| {
                entry.by == by
                    && entry.what == told.what
                    && entry.subject == told.subject
                    && entry.after == told.after
            };
            self.audit_log.find(venue, is_it).is_some()
        })
    }

    /// Notes an act, before it is applied: what is there is what was there before. By the committer, and at replay.
    pub(super) fn note_act(&self, world: &World, at: UtcMillis, acted: &StaffActed) {
        let told = tell(self, world, &acted.action);
        let code = told.venue.and_then(|venue| world.catalogue.venue(venue)).map(|venue| &venue.def.code);
        self.audit_log.append(at, acted.by, told, code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(venue: Option<u32>, after: u32) -> Told {
        Told {
            venue: venue.map(VenueNo::new),
            what: "pitch_changed",
            subject: Subject::Named(Code::new("p").expect("a code")),
            before: Value::Null,
            after: json!({ "b": 1, "a": after }),
        }
    }

    fn log(last: u32) -> AuditLog {
        let log = AuditLog::default();
        for (venue, after) in [(Some(1), 1), (None, 2), (Some(2), 3), (Some(1), last)] {
            log.append(UtcMillis::new(5), ResidentNo::new(9), told(venue, after), None);
        }
        log
    }

    #[test]
    fn each_entry_is_chained_to_the_one_before() {
        let all = log(4).page(None, None, 10);
        assert_eq!(all.iter().map(|entry| entry.no).collect::<Vec<_>>(), [3, 2, 1, 0]);
        for pair in all.windows(2) {
            assert_eq!(pair[0].previous, pair[1].hash);
        }
        assert_eq!(all[3].previous, [0; 32]);
        assert_eq!(log(4).head(), log(4).head());
        assert_ne!(log(4).head(), log(5).head(), "what was done is in the hash");
    }

    #[test]
    fn what_is_looked_for_is_found_behind_pages_of_what_is_not() {
        let log = AuditLog::default();
        let count = u32::try_from(3 * LOOKED_AT).expect("a number");
        for no in 0..count {
            let by = if no == 1 || no == 2_000 { 7 } else { 9 };
            let at = UtcMillis::new(i64::from(no));
            log.append(at, ResidentNo::new(by), told(Some(no % 2), no), None);
        }
        let numbers = |filter: AuditFilter, before, limit| {
            let found = log.found(&filter, before, limit);
            found.iter().map(|entry| entry.no).collect::<Vec<_>>()
        };
        let by = AuditFilter { by: Some(ResidentNo::new(7)), ..AuditFilter::default() };
        assert_eq!(numbers(by, None, 5), [2_000, 1]);
        assert_eq!(numbers(by, Some(2_000), 5), [1]);
        assert_eq!(numbers(by, None, 1), [2_000]);
        assert_eq!(numbers(AuditFilter { venue: Some(VenueNo::new(1)), ..by }, None, 5), [1]);
        let of_days = AuditFilter {
            from: Some(UtcMillis::new(10)),
            until: Some(UtcMillis::new(12)),
            ..AuditFilter::default()
        };
        assert_eq!(numbers(of_days, None, 5), [11, 10]);
        let what = AuditFilter { what: Some("pitch_added"), ..AuditFilter::default() };
        assert_eq!(numbers(what, None, 5), [0; 0]);
        assert_eq!(numbers(AuditFilter::default(), None, 2), [count - 1, count - 2]);
        let who = |venue| log.actors(VenueNo::new(venue)).iter().map(|no| no.get()).collect::<Vec<_>>();
        assert_eq!((who(0), who(1), who(5)), (vec![9, 7], vec![9, 7], vec![]));
    }

    #[test]
    fn a_venues_pages_follow_each_other_and_hold_nothing_of_others() {
        let log = log(4);
        let numbers = |venue: Option<u32>, before, limit| {
            let page = log.page(venue.map(VenueNo::new), before, limit);
            page.iter().map(|entry| entry.no).collect::<Vec<_>>()
        };
        assert_eq!(numbers(Some(1), None, 1), [3]);
        assert_eq!(numbers(Some(1), Some(3), 1), [0]);
        assert_eq!(numbers(Some(1), Some(0), 1), [0; 0]);
        assert_eq!(numbers(Some(7), None, 9), [0; 0]);
        assert_eq!(numbers(None, Some(3), 2), [2, 1]);
    }
}
