//! `POST /v1/manage/venues/{venue}/verifications`: what was seen at a counter of somebody's papers, for releases that ask for it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority::{Task, at_venue};
use crate::api::answer::json;
use crate::api::doorkeeper::SignedIn;
use crate::api::extract::{JsonBody, PathText};
use crate::api::open_data::entitlement_view::ConcessionView;
use crate::api::person::read_phone;
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;
use crate::api::resident::verified_view::VerifiedView;
use crate::api::settled::{durably, with_lane};
use crate::domain::entitlement::{BIRTH_YEARS, Verified};
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::identity::phone::Phone;

/// All that is verified of somebody from now on. What is left out is verified no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerificationBody {
    /// Of the account that it is about.
    #[schema(example = "+8613800138000")]
    pub phone: String,
    /// Whether the papers say who the account's name says.
    #[serde(default)]
    pub real_name: bool,
    /// No day is kept: age goes by the calendar year.
    #[schema(minimum = 1880, maximum = 2200)]
    pub birth_year: Option<i64>,
    /// The id of the district where one is registered.
    pub district: Option<String>,
    #[serde(default)]
    pub concessions: Vec<ConcessionView>,
    /// The telephone number of somebody who lives in the same household; by oneself where nothing is said.
    pub household_with: Option<String>,
}

/// Keeps what was seen of somebody's papers. It holds in the whole city, and replaces what was kept before.
#[utoipa::path(
    post,
    path = "/v1/manage/venues/{venue}/verifications",
    tag = "managers",
    security(("token" = [])),
    params(("venue" = String, Path)),
    request_body = VerificationBody,
    responses((status = 200, body = VerifiedView))
)]
pub async fn verify(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    PathText(venue): PathText,
    body: JsonBody<VerificationBody>,
) -> Result<Response, Problem> {
    let body = &body.value;
    let mut faults = FieldFaults::new();
    let phone = read_phone(&body.phone).map_err(|fault| faults.add(fault)).ok();
    let with = body.household_with.as_deref().map(read_phone).transpose();
    let with = with
        .map_err(|fault| faults.add(FieldFault { field: "household_with".into(), ..fault }))
        .ok()
        .flatten();
    let world = Arc::clone(&desk.engine.world());
    let district = body.district.as_deref().map(|code| world.catalogue.district_by_code(code));
    if district == Some(None) {
        faults
            .add(FieldFault::new("district", Text::fixed("is no district of this city", "本市没有此行政区")));
    }
    let (first, last) = (i64::from(BIRTH_YEARS.0), i64::from(BIRTH_YEARS.1));
    if body.birth_year.is_some_and(|year| !(first..=last).contains(&year)) {
        faults.add(FieldFault::out_of_range("birth_year", first, last));
    }
    let phone = faults.check_read(phone)?;
    let no = world.catalogue.venue_by_code(&venue).map(|venue| venue.no);
    let by = at_venue(who, no, Task::Counter)?.by;
    let resident = known(&desk, &phone)?;
    let with = with.map(|with| known(&desk, &with)).transpose()?;

    let mut verified = Verified::default()
        .born_in(body.birth_year.and_then(|year| u16::try_from(year).ok()))
        .of_district(district.flatten());
    if body.real_name {
        verified = verified.with_real_name();
    }
    for concession in &body.concessions {
        verified = verified.with(concession.concession());
    }
    let account = desk.engine.residents().get(resident).ok_or(Problem::NotFound)?;
    if account.verified() != verified {
        let queued =
            with_lane(|lane: &CommandLane| desk.engine.verify_resident(lane, by, resident, verified));
        durably(queued.map_err(|refusal| desk.refuse(refusal))?).await?;
    }
    let lives = account.household();
    let is_there = match with {
        Some(with) => {
            lives != 0 && desk.engine.residents().get(with).is_some_and(|with| with.household() == lives)
        }
        None => lives == 0,
    };
    if !is_there && with != Some(resident) {
        let queued = with_lane(|lane: &CommandLane| desk.engine.join_household(lane, by, resident, with));
        durably(queued.map_err(|refusal| desk.refuse(refusal))?).await?;
    }
    Ok(json(StatusCode::OK, &VerifiedView::of(&desk, resident)))
}

fn known(desk: &Desk, phone: &Phone) -> Result<ResidentNo, Problem> {
    desk.known_at_counter(phone)?.ok_or(Problem::NotFound)
}
