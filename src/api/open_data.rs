//! What everyone may see without an account: sports, venues, slots, and what is free in the whole city.

pub mod availability;
pub mod directory;
pub mod draw;
pub mod entitlement_view;
pub mod events;
pub mod live;
pub mod lottery_view;
pub mod near;
pub mod queue;
pub mod queue_view;
pub mod releases;
pub mod report;
pub mod reports;
pub mod return_view;
pub mod roots;
pub mod slots;
pub mod sports;
pub mod venue_view;
pub mod venues;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::directory::Directory;
use self::reports::Reports;
use self::roots::PublishedRoots;
use super::past::Past;
use super::problem::{FieldFault, Problem, Text};
use crate::domain::catalogue::Catalogue;
use crate::domain::clock::Clock;
use crate::domain::ids::{DistrictNo, SportNo};
use crate::engine::Engine;
use crate::identity::public_id::PublicIds;

/// What these routes look at.
#[derive(Clone)]
pub struct OpenData {
    pub engine: Arc<Engine>,
    pub clock: Arc<dyn Clock>,
    pub ids: PublicIds,
    pub directory: Arc<Directory>,
    pub live: Arc<live::Hub>,
    pub reports: Arc<Reports>,
    pub roots: Arc<PublishedRoots>,
    pub past: Past,
    /// One a worker, as are those above.
    pub boards: queue::SharedBoards,
}

/// The routes of open data.
pub fn routes(state: OpenData) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(sports::sports))
        .routes(routes!(venues::venues))
        .routes(routes!(venues::venue))
        .routes(routes!(slots::slots))
        .routes(routes!(availability::availability))
        .routes(routes!(releases::releases))
        .routes(routes!(releases::release))
        .routes(routes!(draw::draw))
        .routes(routes!(queue::queue))
        .routes(routes!(report::report))
        .routes(routes!(roots::roots))
        .routes(routes!(events::pitch_events))
        .routes(routes!(events::venue_events))
        .with_state(state)
}

/// The sport of a filter.
///
/// # Errors
/// `invalid-request` when the city has no such sport: an empty list would hide a slip of the pen.
fn sport_of(catalogue: &Catalogue, code: Option<&str>) -> Result<Option<SportNo>, Problem> {
    code.map(|code| {
        catalogue.sport_by_code(code).ok_or_else(|| {
            FieldFault::new("sport", Text::fixed("is no sport of this city", "本市没有此运动项目")).into()
        })
    })
    .transpose()
}

/// The district of a filter.
///
/// # Errors
/// As `sport_of`.
fn district_of(catalogue: &Catalogue, code: Option<&str>) -> Result<Option<DistrictNo>, Problem> {
    code.map(|code| {
        catalogue.district_by_code(code).ok_or_else(|| {
            FieldFault::new("district", Text::fixed("is no district of this city", "本市没有此行政区")).into()
        })
    })
    .transpose()
}
