//! What was verified of a resident, as it is answered to himself and to who verified it.

use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use crate::api::open_data::entitlement_view::ConcessionView;
use crate::domain::ids::ResidentNo;
use crate::engine::residents::Resident;

/// What a venue's staff have seen of somebody's papers.
#[derive(Serialize, ToSchema)]
pub struct VerifiedView {
    /// Whether the papers say who the account's name says.
    real_name: bool,
    birth_year: Option<u16>,
    /// The id of the district where one is registered.
    district: Option<String>,
    concessions: Vec<ConcessionView>,
    /// How many live in the household, oneself counted.
    household_members: usize,
}

impl VerifiedView {
    #[must_use]
    pub fn of(desk: &Desk, resident: ResidentNo) -> Self {
        let account = desk.engine.residents().get(resident);
        let verified = account.map(Resident::verified).unwrap_or_default();
        let household = account.map_or(0, Resident::household);
        let world = desk.engine.world();
        let district = verified.district().and_then(|no| world.catalogue.district(no));
        Self {
            real_name: verified.has_real_name(),
            birth_year: verified.birth_year(),
            district: district.map(|district| district.code.as_str().to_owned()),
            concessions: verified.concessions().map(ConcessionView::of).collect(),
            household_members: desk.engine.households().count(household).max(1),
        }
    }
}
