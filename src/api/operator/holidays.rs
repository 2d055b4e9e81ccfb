//! `PUT /v1/operator/holidays`: days that go by the hours and prices of another kind of day, in the whole city. Days that are
//! not named stay as they are; one that goes by its own weekday is special no more in effect.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::change;
use crate::api::answer::{Items, json};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::JsonBody;
use crate::api::open_data::venue_view::DayKindView;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::written_time::WrittenDay;
use crate::domain::definition::SpecialDay;
use crate::domain::event::Event;

/// How many days may be set at once: a year and a month.
const DAYS_MAX: usize = 400;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenSpecialDay {
    #[schema(value_type = String, format = Date)]
    date: WrittenDay,
    goes_by: DayKindView,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidaysBody {
    /// 1 to 400 days, each of them once.
    #[schema(min_items = 1, max_items = 400)]
    days: Vec<WrittenSpecialDay>,
}

/// A day that goes by another kind's hours and prices.
#[derive(Serialize, ToSchema)]
pub struct SpecialDayView {
    #[schema(format = Date)]
    date: String,
    goes_by: DayKindView,
}

/// Sets days apart, and answers all that are.
#[utoipa::path(
    put,
    path = "/v1/operator/holidays",
    tag = "operator",
    security(("token" = [])),
    request_body = HolidaysBody,
    responses((status = 200, body = Items<SpecialDayView>))
)]
pub async fn set(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    body: JsonBody<HolidaysBody>,
) -> Result<Response, Problem> {
    let days: Vec<SpecialDay> = body
        .value
        .days
        .iter()
        .map(|special| SpecialDay { day: special.date.0, goes_by: special.goes_by.kind() })
        .collect();
    set_apart(&desk, who, days).await?;
    let special_days = desk.engine.world().catalogue.special_days();
    let items = special_days.iter().map(|special| SpecialDayView {
        date: special.day.to_string(),
        goes_by: DayKindView::of(special.goes_by),
    });
    Ok(json(StatusCode::OK, &Items { items: items.collect(), next: None }))
}

/// Sets days apart, for whoever asks: the API or a page.
///
/// # Errors
/// Why they are not; `invalid-request` before it is asked who asks.
pub async fn set_apart(desk: &Desk, who: SignedIn, days: Vec<SpecialDay>) -> Result<(), Problem> {
    check(&days)?;
    let by = who.operator()?;
    Ok(change(desk, by, Event::SpecialDaysSet(days)).await?)
}

fn check(days: &[SpecialDay]) -> Result<(), FieldFault> {
    if days.is_empty() || days.len() > DAYS_MAX {
        return Err(FieldFault::new("days", Text::fixed("must be 1 to 400 days", "必须为 1 至 400 天")));
    }
    let mut seen = HashSet::new();
    if days.iter().all(|special| seen.insert(special.day)) {
        return Ok(());
    }
    Err(FieldFault::new("days.date", Text::fixed("stands more than once", "重复出现")))
}
