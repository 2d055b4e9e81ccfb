//! Quotas of all kinds: city-wide counts of bookings in the resident's words, every other count in a map of counters that are
//! made on use and dropped when they are 0 or their day is over.
//!
//! Always (I4): a count rises only below its limit, in one step; what a refused booking took is given back at once.

use dashmap::DashMap;

use super::quota_word::{DAY_LIMIT_MAX, DayBits, DenseLimits, Exceeded, LIVE_LIMIT_MAX, QuotaWords};
use crate::domain::ids::{ReleaseNo, ResidentNo, SportNo, VenueNo};
use crate::domain::policy::{QuotaMeasure, QuotaRule, QuotaScope, QuotaWindow};
use crate::domain::time::LocalDay;
use crate::domain::units::UnitSpan;

/// What a quota counts of a booking.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    pub resident: ResidentNo,
    pub venue: VenueNo,
    pub sport: SportNo,
    pub day: LocalDay,
    pub span: UnitSpan,
    /// The release that governs it, when that has a limit of its own.
    pub release: Option<ReleaseLimit>,
}

/// A release's limit for each resident, a day of play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseLimit {
    pub no: ReleaseNo,
    pub limit: u16,
}

/// A limit stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaExceeded {
    pub quota: String,
    pub limit: u32,
    pub used: u32,
}

/// The counts of all residents that don't stand in their words, and the rules for all.
pub struct Quotas {
    rules: Vec<QuotaRule>,
    dense_day: Option<usize>,
    dense_live: Option<usize>,
    limits: DenseLimits,
    /// The rules whose counts stand in the map, with their places in the list.
    mapped: Vec<(usize, QuotaRule)>,
    ring: i32,
    /// For finding a day's place without a division: 2^64 divided by the ring, rounded up.
    ring_inverse: u64,
    counters: DashMap<Counter, u32>,
}

/// Which count: of a rule, a resident, a venue or sport, and a day or, for live bookings, none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Counter {
    rule: Rule,
    resident: ResidentNo,
    number: u32,
    day: Option<LocalDay>,
}

/// Whose limit is counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rule {
    /// The city's rule of this place in the list.
    City(u16),
    Release(ReleaseNo),
}

/// The number that a release's counts have among the mapped ones, behind all of the city's rules.
const RELEASES_FROM: u32 = 1 << 16;

impl Rule {
    fn number(self) -> u32 {
        match self {
            Self::City(index) => index.into(),
            Self::Release(no) => RELEASES_FROM + u32::from(no.get()),
        }
    }
}

/// A count of a resident under a rule, for audits and for comparing two states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MappedCount {
    /// The rule's place in the city's list, or behind them the release's number.
    pub rule: u32,
    pub resident: u32,
    pub number: u32,
    pub day: Option<i32>,
    pub used: u32,
}

impl MappedCount {
    /// The release whose limit this is counted against, if it is one's.
    #[must_use]
    pub fn release(&self) -> Option<ReleaseNo> {
        self.rule.checked_sub(RELEASES_FROM).and_then(|no| u16::try_from(no).ok()).map(ReleaseNo::new)
    }
}

/// Which windows are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Windows {
    /// The day's count too, while the day is not over.
    All { is_day_over: bool },
    /// Live bookings only: the booking is over, but it was made.
    Live,
}

impl Quotas {
    /// Counts for a city's rules and days ahead.
    #[must_use]
    pub fn new(rules: &[QuotaRule], days_ahead: u8) -> Self {
        let dense = |window, max| {
            rules.iter().position(|rule| {
                rule.scope == QuotaScope::City
                    && rule.measure == QuotaMeasure::Bookings
                    && rule.window == window
                    && rule.limit <= max
            })
        };
        let dense_day = dense(QuotaWindow::DayOfPlay, DAY_LIMIT_MAX);
        let dense_live = dense(QuotaWindow::Live, LIVE_LIMIT_MAX);
        let limit = |index: Option<usize>| index.and_then(|index| rules.get(index)).map(|rule| rule.limit);
        let is_dense = |index| Some(index) == dense_day || Some(index) == dense_live;
        let ring = i32::from(days_ahead) + 1;
        Self {
            mapped: rules.iter().cloned().enumerate().filter(|(index, _)| !is_dense(*index)).collect(),
            ring_inverse: (u64::MAX / u64::from(ring.unsigned_abs())).wrapping_add(1),
            limits: DenseLimits {
                day: limit(dense_day).and_then(|limit| u8::try_from(limit).ok()),
                live: limit(dense_live).and_then(|limit| u16::try_from(limit).ok()),
            },
            rules: rules.to_vec(),
            dense_day,
            dense_live,
            ring,
            counters: DashMap::new(),
        }
    }

    #[inline]
    fn place(&self, day: LocalDay) -> u32 {
        // The remainder by two multiplications (Lemire): this is asked twice for each booking. Exact for all days since 1970.
        let part = self.ring_inverse.wrapping_mul(u64::from(day.get().cast_unsigned()));
        let remainder = (u128::from(part) * u128::from(self.ring.unsigned_abs())) >> 64;
        u32::try_from(remainder).unwrap_or(0)
    }

    /// The rules whose counts stand in the map.
    fn mapped(&self) -> impl Iterator<Item = (usize, &QuotaRule)> {
        self.mapped.iter().map(|(index, rule)| (*index, rule))
    }

    /// Counts a booking under every rule, or under none.
    ///
    /// # Errors
    /// The first limit that stands in the way.
    #[inline]
    pub fn take(&self, words: &QuotaWords, counted: &Counted) -> Result<(), QuotaExceeded> {
        words.take(self.place(counted.day), self.limits).map_err(|exceeded| self.exceeded(exceeded))?;
        if self.has_mapped(counted) { self.take_mapped(words, counted) } else { Ok(()) }
    }

    /// Whether a booking counts in the map at all: most cities' rules stand in the residents' words.
    #[inline]
    fn has_mapped(&self, counted: &Counted) -> bool {
        !self.mapped.is_empty() || counted.release.is_some()
    }

    /// Counts a booking in the map, or gives back what was counted in the words.
    fn take_mapped(&self, words: &QuotaWords, counted: &Counted) -> Result<(), QuotaExceeded> {
        for (index, rule) in self.mapped() {
            if let Err(used) = self.raise(index, rule, counted, rule.limit) {
                self.give_back_mapped(counted, Windows::All { is_day_over: false }, Some(index));
                self.give_back_words(words, counted.day, Windows::All { is_day_over: false });
                return Err(QuotaExceeded { quota: rule.name.as_str().to_owned(), limit: rule.limit, used });
            }
        }
        if let Some(release) = counted.release
            && let Err(used) = self.raise_to(release_counter(release, counted), 1, release.limit.into())
        {
            self.give_back_words(words, counted.day, Windows::All { is_day_over: false });
            self.give_back_mapped(counted, Windows::All { is_day_over: false }, Some(self.rules.len()));
            return Err(QuotaExceeded { quota: "release".to_owned(), limit: release.limit.into(), used });
        }
        Ok(())
    }

    /// Counts a booking at replay, whatever the limits are now.
    ///
    /// # Errors
    /// When a city-wide count is over what its bits can keep (I4).
    pub fn replay(
        &self,
        words: &QuotaWords,
        counted: &Counted,
        windows: Windows,
    ) -> Result<(), QuotaExceeded> {
        let full = DenseLimits {
            day: self.limits.day.map(|_| 63).filter(|_| windows == Windows::All { is_day_over: false }),
            live: self.limits.live.map(|_| u16::MAX),
        };
        words.take(self.place(counted.day), full).map_err(|exceeded| self.exceeded(exceeded))?;
        for (index, rule) in self.mapped() {
            if rule.window == QuotaWindow::DayOfPlay && windows != (Windows::All { is_day_over: false }) {
                continue;
            }
            // No limit: what was sold under a former rule stays sold.
            let _ = self.raise(index, rule, counted, u32::MAX);
        }
        if let Some(release) = counted.release.filter(|_| windows == Windows::All { is_day_over: false }) {
            let _ = self.raise_to(release_counter(release, counted), 1, u32::MAX);
        }
        Ok(())
    }

    /// Counts a booking no more.
    #[inline]
    pub fn give_back(&self, words: &QuotaWords, counted: &Counted, windows: Windows) {
        self.give_back_words(words, counted.day, windows);
        if self.has_mapped(counted) {
            self.give_back_mapped(counted, windows, None);
        }
    }

    #[inline]
    fn give_back_words(&self, words: &QuotaWords, day: LocalDay, windows: Windows) {
        if self.limits.live.is_some() {
            words.give_back_live();
        }
        if self.limits.day.is_some() && windows == (Windows::All { is_day_over: false }) {
            words.give_back_day(self.place(day));
        }
    }

    /// Up to a rule, or all.
    fn give_back_mapped(&self, counted: &Counted, windows: Windows, until: Option<usize>) {
        for (index, rule) in self.mapped() {
            if Some(index) == until {
                return;
            }
            let is_meant = match rule.window {
                QuotaWindow::Live => true,
                QuotaWindow::DayOfPlay => windows == (Windows::All { is_day_over: false }),
            };
            let Some(counter) = counter(index, rule, counted).filter(|_| is_meant) else { continue };
            self.lower(counter, amount(rule, counted.span));
        }
        let is_meant = until.is_none() && windows == (Windows::All { is_day_over: false });
        if let Some(release) = counted.release.filter(|_| is_meant) {
            self.lower(release_counter(release, counted), 1);
        }
    }

    fn lower(&self, counter: Counter, amount: u32) {
        self.counters.remove_if_mut(&counter, |_, used| {
            assert!(*used >= amount, "I4: a quota is given back that nobody took");
            *used -= amount;
            *used == 0
        });
    }

    fn raise(&self, index: usize, rule: &QuotaRule, counted: &Counted, limit: u32) -> Result<(), u32> {
        let Some(counter) = counter(index, rule, counted) else { return Ok(()) };
        self.raise_to(counter, amount(rule, counted.span), limit)
    }

    fn raise_to(&self, counter: Counter, amount: u32, limit: u32) -> Result<(), u32> {
        // The entry's guard makes look and add one step.
        let mut used = self.counters.entry(counter).or_insert(0);
        match used.checked_add(amount).filter(|after| *after <= limit) {
            Some(after) => {
                *used = after;
                Ok(())
            }
            None => {
                let before = *used;
                drop(used);
                self.counters.remove_if(&counter, |_, used| *used == 0);
                Err(before)
            }
        }
    }

    fn exceeded(&self, exceeded: Exceeded) -> QuotaExceeded {
        let (index, used) = match exceeded {
            Exceeded::Day { used } => (self.dense_day, used),
            Exceeded::Live { used } => (self.dense_live, used),
        };
        let rule = index.and_then(|index| self.rules.get(index));
        QuotaExceeded {
            quota: rule.map_or_else(String::new, |rule| rule.name.as_str().to_owned()),
            limit: rule.map_or(0, |rule| rule.limit),
            used,
        }
    }

    /// The bits of these days' counts in a resident's words.
    #[must_use]
    pub fn day_bits(&self, days: impl Iterator<Item = LocalDay>) -> DayBits {
        DayBits::of(days.map(|day| self.place(day)))
    }

    /// Drops the counters of days that are over.
    pub fn drop_before(&self, first: LocalDay) {
        self.counters.retain(|counter, _| counter.day.is_none_or(|day| day >= first));
    }

    /// Every count of a resident's words for a day, and the live one, as far as rules count them. For audits.
    #[must_use]
    pub fn dense_counts(&self, words: &QuotaWords, day: LocalDay) -> (Option<u32>, Option<u32>) {
        (self.limits.day.map(|_| words.day(self.place(day))), self.limits.live.map(|_| words.live()))
    }

    /// All mapped counts, in order.
    #[must_use]
    pub fn mapped_counts(&self) -> Vec<MappedCount> {
        let mut counts: Vec<_> = self
            .counters
            .iter()
            .map(|entry| {
                let counter = entry.key();
                MappedCount {
                    rule: counter.rule.number(),
                    resident: counter.resident.get(),
                    number: counter.number,
                    day: counter.day.map(LocalDay::get),
                    used: *entry.value(),
                }
            })
            .collect();
        counts.sort_unstable();
        counts
    }

    /// Sets a count as a snapshot has it.
    pub(super) fn set_mapped(&self, count: &MappedCount) {
        let release = count.release().map(Rule::Release);
        let Some(rule) = release.or_else(|| u16::try_from(count.rule).ok().map(Rule::City)) else { return };
        let counter = Counter {
            rule,
            resident: ResidentNo::new(count.resident),
            number: count.number,
            day: count.day.map(LocalDay::new),
        };
        self.counters.insert(counter, count.used);
    }

    /// How many bookings of a release a resident has on a day of play, where the release has a limit.
    #[must_use]
    pub(super) fn of_release(&self, no: ReleaseNo, resident: ResidentNo, day: LocalDay) -> u32 {
        let counter = Counter { rule: Rule::Release(no), resident, number: 0, day: Some(day) };
        self.counters.get(&counter).map_or(0, |used| *used)
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[QuotaRule] {
        &self.rules
    }
}

fn counter(index: usize, rule: &QuotaRule, counted: &Counted) -> Option<Counter> {
    let day = match rule.window {
        QuotaWindow::DayOfPlay => Some(counted.day),
        QuotaWindow::Live => None,
    };
    let number = rule.counts(counted.venue, counted.sport)?;
    let rule = Rule::City(u16::try_from(index).ok()?);
    Some(Counter { rule, resident: counted.resident, number, day })
}

fn release_counter(release: ReleaseLimit, counted: &Counted) -> Counter {
    let (resident, day) = (counted.resident, Some(counted.day));
    Counter { rule: Rule::Release(release.no), resident, number: 0, day }
}

fn amount(rule: &QuotaRule, span: UnitSpan) -> u32 {
    match rule.measure {
        QuotaMeasure::Bookings => 1,
        QuotaMeasure::Minutes => u32::from(span.minutes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Code;

    fn rule(
        name: &str,
        scope: QuotaScope,
        measure: QuotaMeasure,
        window: QuotaWindow,
        limit: u32,
    ) -> QuotaRule {
        QuotaRule { name: Code::new(name).expect("a code"), scope, measure, window, limit }
    }

    fn counted(venue: u32, day: i32, units: u8) -> Counted {
        Counted {
            resident: ResidentNo::new(1),
            venue: VenueNo::new(venue),
            sport: SportNo::new(0),
            day: LocalDay::new(day),
            span: UnitSpan::new(0, units).expect("a span"),
            release: None,
        }
    }

    #[test]
    fn neighbouring_days_have_places_of_their_own() {
        for days_ahead in 1..=28u8 {
            let quotas = Quotas::new(&[], days_ahead);
            for day in 19_990..20_100 {
                let expected = day % (i32::from(days_ahead) + 1);
                assert_eq!(i64::from(quotas.place(LocalDay::new(day))), i64::from(expected), "{days_ahead}");
            }
        }
    }

    #[test]
    fn two_hours_a_day_at_one_venue_and_four_bookings_in_the_city() {
        use QuotaMeasure::{Bookings, Minutes};
        use QuotaWindow::DayOfPlay;
        let rules = [
            rule("venue-day", QuotaScope::EachVenue, Minutes, DayOfPlay, 120),
            rule("city-day", QuotaScope::City, Bookings, DayOfPlay, 4),
        ];
        let quotas = Quotas::new(&rules, 7);
        let words = QuotaWords::default();
        assert_eq!(quotas.take(&words, &counted(1, 0, 2)), Ok(()));
        let refused = quotas.take(&words, &counted(1, 0, 3)).expect_err("150 minutes");
        assert_eq!((refused.quota.as_str(), refused.limit, refused.used), ("venue-day", 120, 60));
        assert_eq!(quotas.take(&words, &counted(1, 1, 4)), Ok(()), "another day");
        for venue in 2..5 {
            assert_eq!(quotas.take(&words, &counted(venue, 0, 1)), Ok(()));
        }
        let refused = quotas.take(&words, &counted(9, 0, 1)).expect_err("five");
        assert_eq!((refused.quota.as_str(), refused.used), ("city-day", 4));
        quotas.give_back(&words, &counted(1, 0, 2), Windows::All { is_day_over: false });
        assert_eq!(quotas.take(&words, &counted(1, 0, 4)), Ok(()));
    }

    #[test]
    fn a_count_of_nothing_takes_no_memory() {
        let rules = [rule("v", QuotaScope::EachVenue, QuotaMeasure::Minutes, QuotaWindow::Live, 10)];
        let quotas = Quotas::new(&rules, 7);
        assert!(quotas.take(&QuotaWords::default(), &counted(1, 0, 1)).is_err());
        assert!(quotas.mapped_counts().is_empty());
    }
}
