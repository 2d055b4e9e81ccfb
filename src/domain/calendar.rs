//! Where the half hours of a local day lie in UTC, daylight saving included.
//!
//! A unit is sold once: when the clocks go back, at its first occurrence; the units that are skipped when they go forward
//! are closed. All the rest of the program reads the table made here and does no arithmetic on time zones.

use jiff::civil::{Time, time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::time::{LocalDay, UtcMillis};
use super::units::{UNIT_MS, UNITS_PER_DAY, UnitMask, UnitSpan};

/// One local day: each unit's beginning in UTC, and the units that the clocks skip.
#[derive(Debug, Clone)]
pub struct DayClock {
    pub day: LocalDay,
    starts: [i64; UNITS_PER_DAY as usize],
    offsets_s: [i32; UNITS_PER_DAY as usize],
    pub skipped: UnitMask,
    /// When the next local day begins.
    pub next_day: UtcMillis,
}

impl DayClock {
    /// # Panics
    /// Never for days that a calendar has.
    #[must_use]
    pub fn new(zone: &TimeZone, day: LocalDay) -> Self {
        let mut starts = [0; UNITS_PER_DAY as usize];
        let mut offsets_s = [0; UNITS_PER_DAY as usize];
        let mut skipped = 0u64;
        for unit in 0..UNITS_PER_DAY {
            let local = day.date().to_datetime(unit_time(unit));
            let (offset, is_skipped) = match zone.to_ambiguous_timestamp(local).offset() {
                AmbiguousOffset::Unambiguous { offset } => (offset, false),
                AmbiguousOffset::Gap { before, .. } => (before, true),
                AmbiguousOffset::Fold { before, .. } => (before, false),
            };
            let start = offset.to_timestamp(local).map_or(0, |t| t.as_millisecond());
            starts[usize::from(unit)] = start;
            offsets_s[usize::from(unit)] = offset.seconds();
            skipped |= u64::from(is_skipped) << unit;
        }
        let next_day = moment_of(zone, day.plus_days(1), 0);
        Self { day, starts, offsets_s, skipped: UnitMask::from_bits(skipped), next_day }
    }

    /// When the unit begins.
    #[must_use]
    pub fn start_of(&self, unit: u8) -> UtcMillis {
        UtcMillis::new(self.starts[usize::from(unit)])
    }

    /// When a span begins.
    #[must_use]
    pub fn start(&self, span: UnitSpan) -> UtcMillis {
        self.start_of(span.first())
    }

    /// When a span ends: half an hour after its last unit began.
    #[must_use]
    pub fn end(&self, span: UnitSpan) -> UtcMillis {
        self.start_of(span.end() - 1).plus_ms(UNIT_MS)
    }

    /// The offset that is shown with a unit's beginning.
    #[must_use]
    pub fn offset_of(&self, unit: u8) -> Offset {
        Offset::from_seconds(self.offsets_s[usize::from(unit)]).unwrap_or(Offset::UTC)
    }

    /// The unit that begins at this moment.
    #[must_use]
    pub fn unit_starting_at(&self, moment: UtcMillis) -> Option<u8> {
        (0..UNITS_PER_DAY).find(|unit| {
            !self.skipped.overlaps(UnitMask::from_bits(1 << unit)) && self.start_of(*unit) == moment
        })
    }

    /// The units that have begun by then.
    #[must_use]
    pub fn begun(&self, now: UtcMillis) -> UnitMask {
        let bits = self
            .starts
            .iter()
            .enumerate()
            .fold(0u64, |bits, (unit, start)| bits | (u64::from(*start <= now.get()) << unit));
        UnitMask::from_bits(bits)
    }
}

/// The moment of a minute of a local day; one that the clocks skip is taken as if they didn't.
#[must_use]
pub fn moment_of(zone: &TimeZone, day: LocalDay, minute: u16) -> UtcMillis {
    let hour = i8::try_from(minute / 60).unwrap_or(23).min(23);
    let minute = i8::try_from(minute % 60).unwrap_or(0);
    let stamp = zone.to_ambiguous_timestamp(day.date().to_datetime(time(hour, minute, 0, 0))).compatible();
    UtcMillis::new(stamp.map_or(0, |stamp| stamp.as_millisecond()))
}

/// The local time at which a unit begins.
#[must_use]
pub fn unit_time(unit: u8) -> Time {
    #[expect(clippy::cast_possible_wrap, reason = "a unit is under 48")]
    time((unit / 2) as i8, ((unit % 2) * 30) as i8, 0, 0)
}

/// The local day that a moment falls on.
#[must_use]
pub fn local_day(zone: &TimeZone, moment: UtcMillis) -> LocalDay {
    let stamp = jiff::Timestamp::from_millisecond(moment.get()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    LocalDay::from_date(zone.to_datetime(stamp).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(zone: &str, day: &str) -> DayClock {
        DayClock::new(&TimeZone::get(zone).expect("a zone"), LocalDay::parse(day).expect("a day"))
    }

    #[test]
    fn a_plain_day_has_48_units_of_half_an_hour() {
        let day = clock("Asia/Shanghai", "2026-11-24");
        assert!(day.skipped.is_empty());
        assert_eq!(day.start_of(0).get(), 1_795_449_600_000);
        for unit in 1..UNITS_PER_DAY {
            assert_eq!(day.start_of(unit).since_ms(day.start_of(unit - 1)), UNIT_MS);
        }
    }

    #[test]
    fn the_hour_that_is_skipped_in_spring_is_no_hour() {
        let day = clock("Europe/Berlin", "2026-03-29");
        assert_eq!(day.skipped, UnitSpan::between(4, 6).expect("a span").mask());
        let three = UnitSpan::between(6, 8).expect("a span");
        assert_eq!(day.start(three).since_ms(day.start_of(3)), UNIT_MS, "01:30 is followed by 03:00");
        assert_eq!(day.unit_starting_at(day.start_of(6)), Some(6), "not the skipped 02:00");
    }

    #[test]
    fn the_hour_that_is_repeated_in_autumn_is_sold_at_its_first_occurrence() {
        let day = clock("Europe/Berlin", "2026-10-25");
        assert!(day.skipped.is_empty());
        assert_eq!(day.start_of(4).since_ms(day.start_of(3)), UNIT_MS);
        assert_eq!(
            day.start_of(6).since_ms(day.start_of(5)),
            3 * UNIT_MS,
            "the second 02:00 to 03:00 is not sold"
        );
        let span = UnitSpan::between(4, 6).expect("a span");
        assert_eq!(day.end(span).since_ms(day.start(span)), 2 * UNIT_MS);
    }

    #[test]
    fn midnight_belongs_to_the_new_day() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let day = clock("Asia/Shanghai", "2026-11-24");
        assert_eq!(local_day(&zone, day.start_of(0)), day.day);
        assert_eq!(local_day(&zone, day.start_of(0).plus_ms(-1)), day.day.plus_days(-1));
    }
}
