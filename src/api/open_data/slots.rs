//! `GET /v1/pitches/{pitch}/slots`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::OpenData;
use crate::api::answer::{Money, Rfc3339, span_of_day};
use crate::api::etag::bytes_with_etag;
use crate::api::extract::PathText;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::QueryOf;
use crate::api::written_time::WrittenDay;
use crate::domain::calendar::{DayClock, local_day};
use crate::domain::money::Currency;
use crate::domain::time::LocalDay;
use crate::engine::view::{Slot, SlotStatus};
use crate::engine::world::World;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SlotsQuery {
    /// The day of play, by the venue's calendar.
    #[param(value_type = String, format = Date)]
    pub(super) date: WrittenDay,
}

/// A pitch's day.
#[derive(Serialize, ToSchema)]
pub struct PitchDayView {
    pitch: String,
    #[schema(format = Date)]
    date: String,
    timezone: String,
    slots: Vec<SlotView>,
}

/// A slot as it stands.
#[derive(Serialize, ToSchema)]
pub struct SlotView {
    #[schema(value_type = String, format = DateTime)]
    start: Rfc3339,
    #[schema(value_type = String, format = DateTime)]
    end: Rfc3339,
    status: SlotStatusView,
    /// Of the slot, for one place.
    price: Money,
    capacity: u16,
    left: u16,
}

/// `taken` includes what is being booked at this moment and may yet become free.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotStatusView {
    Free,
    Taken,
    Closed,
    Unreleased,
}

impl PitchDayView {
    /// What serde would write, in a fraction of the time: nothing is read so often, and hardly anything in it has to be looked at for
    /// what must be escaped.
    fn written(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(BESIDE_SLOTS_BYTES + self.slots.len() * SLOT_BYTES);
        for (name, text) in [
            (br#"{"pitch":"#.as_slice(), &self.pitch),
            (br#","date":"#.as_slice(), &self.date),
            (br#","timezone":"#.as_slice(), &self.timezone),
        ] {
            out.extend_from_slice(name);
            serde_json::to_writer(&mut out, text).expect("a text can be written");
        }
        out.extend_from_slice(br#","slots":["#);
        for (index, slot) in self.slots.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            slot.write_to(&mut out);
        }
        out.extend_from_slice(b"]}");
        out
    }
}

/// Room for a slot, and for what stands around all of them.
const SLOT_BYTES: usize = 176;
const BESIDE_SLOTS_BYTES: usize = 160;

impl SlotStatusView {
    const fn written(&self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Taken => "taken",
            Self::Closed => "closed",
            Self::Unreleased => "unreleased",
        }
    }
}

impl SlotView {
    fn write_to(&self, out: &mut Vec<u8>) {
        let mut number = itoa::Buffer::new();
        out.extend_from_slice(br#"{"start":""#);
        self.start.write_to(out);
        out.extend_from_slice(br#"","end":""#);
        self.end.write_to(out);
        out.extend_from_slice(br#"","status":""#);
        out.extend_from_slice(self.status.written().as_bytes());
        out.extend_from_slice(br#"","price":{"amount":"#);
        out.extend_from_slice(number.format(self.price.amount().get()).as_bytes());
        out.extend_from_slice(br#","currency":""#);
        out.extend_from_slice(self.price.currency().as_str().as_bytes());
        out.extend_from_slice(br#""},"capacity":"#);
        out.extend_from_slice(number.format(self.capacity).as_bytes());
        out.extend_from_slice(br#","left":"#);
        out.extend_from_slice(number.format(self.left).as_bytes());
        out.push(b'}');
    }

    #[must_use]
    pub fn of(slot: Slot, clock: &DayClock, currency: Currency) -> Self {
        let (start, end) = span_of_day(clock, slot.span);
        Self {
            start,
            end,
            status: match slot.status {
                SlotStatus::Free => SlotStatusView::Free,
                SlotStatus::Taken => SlotStatusView::Taken,
                SlotStatus::Closed => SlotStatusView::Closed,
                SlotStatus::Unreleased => SlotStatusView::Unreleased,
            },
            price: Money::new(slot.price, currency),
            capacity: slot.capacity,
            left: slot.left,
        }
    }
}

/// The slots of a pitch on a day.
#[utoipa::path(
    get,
    path = "/v1/pitches/{pitch}/slots",
    tag = "everyone",
    params(("pitch" = String, Path), SlotsQuery),
    responses((status = 200, body = PitchDayView))
)]
pub async fn slots(
    State(state): State<OpenData>,
    QueryOf(query): QueryOf<SlotsQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = state.engine.world();
    let now = state.clock.now();
    let day = query.date.0;
    let today = local_day(world.catalogue.zone(), now);
    check_day(&world, "date", day, today)?;
    let pitch = world.catalogue.pitch_by_code(&code).ok_or(Problem::NotFound)?;
    let currency = world.catalogue.city().currency;
    // What a pitch's day shows is nothing that an engine's command decides by: a slot may be gone when it is asked for.
    let clock = world.clock_of(day);
    let slots = state.engine.slots(&world, pitch, day, now);
    let answer = PitchDayView {
        pitch: code,
        date: day.to_string(),
        timezone: world.catalogue.city().timezone.clone(),
        slots: slots.into_iter().map(|slot| SlotView::of(slot, &clock, currency)).collect(),
    };
    Ok(bytes_with_etag(&headers, answer.written().into()))
}

/// A day that can be asked for: at most so far ahead as days are open. What is over can be looked at.
///
/// # Errors
/// `invalid-request` with the field.
pub fn check_day(world: &World, field: &'static str, day: LocalDay, today: LocalDay) -> Result<(), Problem> {
    let days_ahead = world.catalogue.city().days_ahead;
    if day.days_since(today) <= i32::from(days_ahead) {
        return Ok(());
    }
    let text = Text::new(
        format!("lies more than {days_ahead} days ahead"),
        format!("超出可预订范围:最多提前 {days_ahead} 天"),
    );
    Err(FieldFault::new(field, text).into())
}

#[cfg(test)]
mod tests {
    use jiff::tz::Offset;

    use super::*;
    use crate::domain::money::Minor;
    use crate::domain::time::UtcMillis;

    #[test]
    fn a_day_is_written_as_serde_writes_it() {
        let moment = |ms| Rfc3339::new(UtcMillis::new(ms), Offset::from_seconds(28_800).expect("an offset"));
        let slot = |status, amount, left| SlotView {
            start: moment(1_795_514_400_000),
            end: moment(1_795_516_200_000),
            status,
            price: Money::new(Minor::new(amount), Currency::new("CNY").expect("a currency")),
            capacity: u16::MAX,
            left,
        };
        let all = || {
            vec![
                slot(SlotStatusView::Free, 0, 1),
                slot(SlotStatusView::Taken, 123_456, 0),
                slot(SlotStatusView::Closed, i64::MAX, 0),
                slot(SlotStatusView::Unreleased, 5, 65_535),
            ]
        };
        for slots in [vec![], vec![slot(SlotStatusView::Free, 1, 1)], all()] {
            let day = PitchDayView {
                pitch: "a \"quoted\" code".to_owned(),
                date: "2026-11-24".to_owned(),
                timezone: "Asia/Shanghai".to_owned(),
                slots,
            };
            let expected = serde_json::to_string(&day).expect("written");
            assert_eq!(String::from_utf8(day.written()).expect("text"), expected);
        }
    }
}
