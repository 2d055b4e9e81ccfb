//! Names, hours, prices and cancellation rules as bodies write them.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::open_data::venue_view::DayKindView;
use crate::api::problem::{FieldFault, FieldFaults, Text};
use crate::api::written_time::MinuteOfDay;
use crate::domain::catalogue::PRICE_MAX;
use crate::domain::hours::{DayKind, DayKinds, WeeklyHours};
use crate::domain::money::Minor;
use crate::domain::names::Names;
use crate::domain::policy::{CancelRule, RefundStep};
use crate::domain::tariff::PriceBand;
use crate::domain::units::{UNIT_MINUTES, UnitSpan};

/// The longest name or address.
const NAME_CHARS_MAX: usize = 100;

/// A name in the languages of the city.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamesBody {
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    pub en: String,
}

/// Open times on kinds of days.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBody {
    pub days: Vec<DayKindView>,
    #[schema(value_type = String, example = "08:00")]
    pub from: MinuteOfDay,
    #[schema(value_type = String, example = "22:00")]
    pub to: MinuteOfDay,
}

/// What a slot costs that begins within these times on such days. Where bands overlap the later holds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BandBody {
    pub days: Vec<DayKindView>,
    #[schema(value_type = String, example = "18:00")]
    pub from: MinuteOfDay,
    #[schema(value_type = String, example = "22:00")]
    pub to: MinuteOfDay,
    /// Minor units.
    #[schema(minimum = 0, maximum = 1_000_000_000_000i64)]
    pub price: i64,
}

/// So much is given back when a booking is cancelled so long before its beginning.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundStepBody {
    pub minutes_before: u32,
    #[schema(maximum = 100)]
    pub percent: u8,
}

/// Reads a name. What is wrong with it is gathered.
pub(super) fn read_names(field: &'static str, body: &NamesBody, faults: &mut FieldFaults) -> Names {
    for (language, text) in [("zh-Hans", &body.zh_hans), ("en", &body.en)] {
        let field = format!("{field}.{language}");
        if text.trim().is_empty() {
            faults.add(FieldFault::new(field, Text::fixed("must not be empty", "不能为空")));
        } else if text.chars().count() > NAME_CHARS_MAX {
            faults.add(FieldFault::too_long(field, NAME_CHARS_MAX));
        } else if text.chars().any(char::is_control) {
            let text = Text::fixed("must not have control characters", "不能包含控制字符");
            faults.add(FieldFault::new(field, text));
        }
    }
    Names::new(body.zh_hans.as_str(), body.en.as_str())
}

/// Half hours from two times of day, both on the half hour. What is wrong is gathered.
pub(super) fn read_span(
    field: &'static str,
    from: MinuteOfDay,
    to: MinuteOfDay,
    faults: &mut FieldFaults,
) -> Option<UnitSpan> {
    let unit = |minute: MinuteOfDay, end: &str, faults: &mut FieldFaults| {
        let unit = u8::try_from(minute.0 / UNIT_MINUTES).ok();
        if !minute.0.is_multiple_of(UNIT_MINUTES) {
            let text = Text::fixed("must be on the half hour", "必须是整点或半点");
            faults.add(FieldFault::new(under(field, end), text));
            return None;
        }
        unit
    };
    let (from, to) = (unit(from, "from", faults), unit(to, "to", faults));
    let span = UnitSpan::between(from?, to?);
    if span.is_err() {
        let text = Text::fixed("must be after from, and at most 24:00", "必须晚于开始时间,且不超过 24:00");
        faults.add(FieldFault::new(under(field, "to"), text));
    }
    span.ok()
}

fn under(field: &str, name: &str) -> String {
    if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
}

fn read_days(field: &'static str, days: &[DayKindView], faults: &mut FieldFaults) -> DayKinds {
    if days.is_empty() {
        let text = Text::fixed("must name at least one kind of day", "必须至少包含一种日期类型");
        faults.add(FieldFault::new(under(field, "days"), text));
    }
    let kinds: Vec<DayKind> = days.iter().map(|day| day.kind()).collect();
    DayKinds::of(&kinds)
}

/// Reads weekly hours. What they don't name is closed.
pub(super) fn read_hours(field: &'static str, bodies: &[OpenBody], faults: &mut FieldFaults) -> WeeklyHours {
    let mut open = Vec::new();
    for body in bodies {
        let days = read_days(field, &body.days, faults);
        if let Some(span) = read_span(field, body.from, body.to, faults) {
            open.push((days, span.mask()));
        }
    }
    WeeklyHours::of(&open)
}

/// Reads prices. What they don't name is free of charge.
pub(super) fn read_prices(
    field: &'static str,
    bodies: &[BandBody],
    faults: &mut FieldFaults,
) -> Vec<PriceBand> {
    let mut bands = Vec::new();
    for body in bodies {
        let days = read_days(field, &body.days, faults);
        if !(0..=PRICE_MAX).contains(&body.price) {
            faults.add(FieldFault::out_of_range(under(field, "price"), 0, PRICE_MAX));
        }
        if let Some(span) = read_span(field, body.from, body.to, faults) {
            bands.push(PriceBand { days, span, price: Minor::new(body.price) });
        }
    }
    bands
}

/// Reads a cancellation rule.
pub(super) fn read_cancellation(
    field: &'static str,
    bodies: &[RefundStepBody],
    faults: &mut FieldFaults,
) -> CancelRule {
    let step =
        |body: &RefundStepBody| RefundStep { minutes_before: body.minutes_before, percent: body.percent };
    CancelRule::new(bodies.iter().map(step).collect()).unwrap_or_else(|_| {
        let text = Text::fixed("has at most 8 steps of 0 to 100 per cent", "最多 8 级,每级 0 至 100%");
        faults.add(FieldFault::new(field, text));
        CancelRule::free_until(0)
    })
}

/// A number within bounds. What is wrong with it is gathered.
pub(super) fn read_number<T: TryFrom<i64> + Default>(
    field: &'static str,
    number: i64,
    (min, max): (i64, i64),
    faults: &mut FieldFaults,
) -> T {
    match T::try_from(number) {
        Ok(read) if (min..=max).contains(&number) => read,
        _ => {
            faults.add(FieldFault::out_of_range(field, min, max));
            T::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(from: u16, to: u16) -> (Option<UnitSpan>, bool) {
        let mut faults = FieldFaults::new();
        let span = read_span("hours", MinuteOfDay(from), MinuteOfDay(to), &mut faults);
        (span, faults.check().is_err())
    }

    #[test]
    fn times_are_on_the_half_hour_and_in_their_order() {
        assert_eq!(faults_of(0, 1440), (UnitSpan::new(0, 48).ok(), false));
        assert_eq!(faults_of(480, 510), (UnitSpan::new(16, 1).ok(), false));
        for (from, to) in [(480, 480), (510, 480), (485, 540), (480, 541), (1440, 1440)] {
            assert_eq!(faults_of(from, to), (None, true), "{from} {to}");
        }
    }

    #[test]
    fn a_number_out_of_range_is_told_and_not_bent() {
        for (number, good) in [(0, false), (1, true), (48, true), (49, false), (300, false), (-1, false)] {
            let mut faults = FieldFaults::new();
            let read: u8 = read_number("max_slots", number, (1, 48), &mut faults);
            let kept = if good { number } else { 0 };
            assert_eq!((faults.check().is_ok(), i64::from(read)), (good, kept), "{number}");
        }
    }
}
