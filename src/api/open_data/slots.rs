//! `GET /v1/pitches/{pitch}/slots`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::OpenData;
use crate::api::answer::{Money, Rfc3339, span_of_day};
use crate::api::etag::json_with_etag;
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

impl SlotView {
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
    Ok(json_with_etag(&headers, &answer))
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
