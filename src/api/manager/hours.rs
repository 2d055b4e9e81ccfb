//! `PUT /v1/manage/pitches/{pitch}/hours` and `…/prices`: the whole week at once, valid at once.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority::Authority;
use super::change::make;
use super::pitch_view::ManagedPitch;
use super::pitches::{added, managed};
use super::written_rules::{BandBody, OpenBody, read_hours, read_prices};
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::domain::catalogue::PitchKind;
use crate::domain::change::PitchChange;
use crate::domain::event::Event;
use crate::domain::ids::{Code, PitchNo};
use crate::engine::world::World;

/// A week's hours. What is not named is closed; what is booked there stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoursBody {
    pub hours: Vec<OpenBody>,
}

/// Sets when a pitch is open. Its parts have its hours.
#[utoipa::path(
    put,
    path = "/v1/manage/pitches/{pitch}/hours",
    tag = "managers",
    security(("token" = [])),
    params(("pitch" = String, Path)),
    request_body = HoursBody,
    responses((status = 200, body = ManagedPitch))
)]
pub async fn set_hours(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    body: JsonBody<HoursBody>,
) -> Result<Response, Problem> {
    let code = put_hours(&desk, who, &code, &body.value).await?;
    added(&desk, &code, StatusCode::OK)
}

/// Sets when a pitch is open; durable when this returns.
///
/// # Errors
/// Why nothing was changed.
pub async fn put_hours(desk: &Desk, who: SignedIn, code: &str, body: &HoursBody) -> Result<Code, Problem> {
    let mut faults = FieldFaults::new();
    let hours = read_hours("hours", &body.hours, &mut faults);
    let world = World::clone(&desk.engine.world());
    if world.catalogue.pitch_by_code(code).is_some_and(|pitch| pitch.kind == PitchKind::Part) {
        let text = Text::fixed("are those of the whole", "由整块场地决定");
        faults.add(FieldFault::new("hours", text));
    }
    faults.check()?;
    let wanted = PitchChange { hours: Some(hours), ..PitchChange::of(PitchNo::new(0)) };
    changed(desk, &world, who, code, wanted).await
}

/// What slots cost. What is not named is free of charge; what is booked keeps its price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PricesBody {
    pub prices: Vec<BandBody>,
}

/// Sets what a pitch costs. Its parts have prices of their own.
#[utoipa::path(
    put,
    path = "/v1/manage/pitches/{pitch}/prices",
    tag = "managers",
    security(("token" = [])),
    params(("pitch" = String, Path)),
    request_body = PricesBody,
    responses((status = 200, body = ManagedPitch))
)]
pub async fn set_prices(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(code): PathText,
    body: JsonBody<PricesBody>,
) -> Result<Response, Problem> {
    let code = put_prices(&desk, who, &code, &body.value).await?;
    added(&desk, &code, StatusCode::OK)
}

/// Sets what a pitch costs; durable when this returns.
///
/// # Errors
/// Why nothing was changed.
pub async fn put_prices(desk: &Desk, who: SignedIn, code: &str, body: &PricesBody) -> Result<Code, Problem> {
    let mut faults = FieldFaults::new();
    let prices = read_prices("prices", &body.prices, &mut faults);
    faults.check()?;
    let world = World::clone(&desk.engine.world());
    let wanted = PitchChange { prices: Some(prices), ..PitchChange::of(PitchNo::new(0)) };
    changed(desk, &world, who, code, wanted).await
}

async fn changed(
    desk: &Desk,
    world: &World,
    who: SignedIn,
    code: &str,
    mut wanted: PitchChange,
) -> Result<Code, Problem> {
    let (Authority { by, .. }, no) = managed(world, who, None, code)?;
    wanted.pitch = no;
    make(desk, by, Event::PitchChanged(Box::new(wanted))).await?;
    world.catalogue.pitch(no).map(|pitch| pitch.code.clone()).ok_or(Problem::NotFound)
}
