//! When a request wants to play: from the moments that it names to half hours of a local day.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::refusal::{FieldError, Wrong};
use super::world::World;
use crate::domain::calendar::{DayClock, local_day};
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::{UNIT_MS, UNITS_PER_DAY, UnitSpan};

/// A moment as it was written: with its offset, so that an hour that the clocks skip is known for what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenTime {
    pub moment: UtcMillis,
    pub civil: DateTime,
    pub offset: Offset,
}

/// A span of an open day that has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    pub day: LocalDay,
    pub span: UnitSpan,
}

/// How the times of a request were judged.
pub(super) enum Judged {
    /// Playable as far as times go.
    When(When),
    /// Begun, or on a day that is not open yet.
    Begun(When),
    /// An hour that daylight saving skips or repeats.
    Closed,
}

/// Judges the times of a request, whatever the pitch.
///
/// # Errors
/// What is wrong with a field.
pub(super) fn judge(
    world: &World,
    start: WrittenTime,
    end: WrittenTime,
    now: UtcMillis,
) -> Result<Judged, FieldError> {
    let zone = world.catalogue.zone();
    if end.moment <= start.moment {
        return Err(FieldError { field: "end", wrong: Wrong::EndsBeforeStart });
    }
    let day = local_day(zone, start.moment);
    let today = local_day(zone, now);
    if day.days_since(today) > i32::from(world.catalogue.city().days_ahead) {
        return Err(FieldError { field: "start", wrong: Wrong::TooFarAhead });
    }
    let clock: &DayClock = &world.clock_of(day);
    if end.moment > clock.next_day {
        return Err(FieldError { field: "end", wrong: Wrong::OverMidnight });
    }
    let may_skip = !clock.skipped.is_empty();
    if may_skip && (is_skipped(zone, start) || is_skipped(zone, end)) {
        return Ok(Judged::Closed);
    }
    let Some(first) = clock.unit_starting_at(start.moment) else {
        return closed_or_off_grid(clock, start, "start");
    };
    let Some(span) = span_until(clock, first, end.moment) else {
        return closed_or_off_grid(clock, end, "end");
    };
    let when = When { day, span };
    if start.moment <= now || !world.days.is_open(day) {
        return Ok(Judged::Begun(when));
    }
    Ok(Judged::When(when))
}

/// Half hours from the first until this moment.
fn span_until(clock: &DayClock, first: u8, end: UtcMillis) -> Option<UnitSpan> {
    let is_last = |last: &u8| !is_unit_skipped(clock, *last) && clock.start_of(*last).plus_ms(UNIT_MS) == end;
    let last = (first..UNITS_PER_DAY).find(is_last)?;
    UnitSpan::between(first, last + 1).ok()
}

fn is_unit_skipped(clock: &DayClock, unit: u8) -> bool {
    clock.skipped.bits() & (1 << unit) != 0
}

/// A moment that begins no unit: in the hour that is repeated it is closed, else it is off the grid.
fn closed_or_off_grid(
    clock: &DayClock,
    written: WrittenTime,
    field: &'static str,
) -> Result<Judged, FieldError> {
    let is_half_hour = written.moment.get() % UNIT_MS == clock.start_of(0).get() % UNIT_MS;
    let is_regular = clock.start_of(UNITS_PER_DAY - 1).since_ms(clock.start_of(0)) == 47 * UNIT_MS;
    if is_half_hour && !is_regular {
        return Ok(Judged::Closed);
    }
    Err(FieldError { field, wrong: Wrong::OffGrid })
}

/// Whether a time was written that the clocks of the city skip.
fn is_skipped(zone: &TimeZone, written: WrittenTime) -> bool {
    match zone.to_ambiguous_timestamp(written.civil).offset() {
        AmbiguousOffset::Gap { before, after } => written.offset == before || written.offset == after,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => false,
    }
}
