//! Who may book of a release, as a body writes it.

use serde::Deserialize;
use utoipa::ToSchema;

use super::releases::ReleaseBody;
use super::written_rules::read_number;
use crate::api::open_data::entitlement_view::ConcessionView;
use crate::api::problem::{FieldFault, FieldFaults, Text};
use crate::domain::catalogue::Catalogue;
use crate::domain::entitlement::{Concession, DISTRICTS_MAX, EntitlementDef};

/// Who may book. What is asked for is what a venue's staff have verified of a resident; all of it must hold.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntitlementBody {
    /// The age that one must reach in the year of play.
    #[schema(minimum = 0, maximum = 150)]
    pub age_from: Option<i64>,
    /// The last age that one may reach in the year of play.
    #[schema(minimum = 0, maximum = 150)]
    pub age_to: Option<i64>,
    /// One of them is enough.
    #[serde(default)]
    pub concessions: Vec<ConcessionView>,
    /// The ids of districts; one must be registered in one of them.
    #[serde(default)]
    pub districts: Vec<String>,
    /// Whether one's papers must have been seen.
    #[serde(default)]
    pub real_name: bool,
    /// How many bookings of it a household may have together, a day of play.
    #[schema(minimum = 1, maximum = 65_535)]
    pub limit_per_household: Option<i64>,
    /// How many may come with one booking at most.
    #[schema(minimum = 1, maximum = 65_535)]
    pub party_max: Option<i64>,
}

/// The terms, as yet without their districts. What is wrong is gathered.
pub(super) fn read_entitlement(body: &ReleaseBody, faults: &mut FieldFaults) -> Option<EntitlementDef> {
    let terms = body.who.as_ref()?;
    let mut concessions: Vec<Concession> = Vec::new();
    for concession in terms.concessions.iter().map(|concession| concession.concession()) {
        if !concessions.contains(&concession) {
            concessions.push(concession);
        }
    }
    if terms.age_from.zip(terms.age_to).is_some_and(|(from, to)| to < from) {
        let text = Text::fixed("must not be under age_from", "不能小于 age_from");
        faults.add(FieldFault::new("who.age_to", text));
    }
    if terms.districts.len() > DISTRICTS_MAX {
        faults.add(FieldFault::new("who.districts", Text::fixed("are too many", "数量过多")));
    }
    let age = |field, age: Option<i64>, faults: &mut FieldFaults| {
        age.map(|age| read_number(field, age, (0, 150), faults))
    };
    let most = |field, most: Option<i64>, faults: &mut FieldFaults| {
        most.map(|most| read_number(field, most, (1, 65_535), faults))
    };
    Some(EntitlementDef {
        age_from: age("who.age_from", terms.age_from, faults),
        age_to: age("who.age_to", terms.age_to, faults),
        concessions,
        // Put in when the catalogue is looked at.
        districts: Vec::new(),
        real_name: terms.real_name,
        limit_per_household: most("who.limit_per_household", terms.limit_per_household, faults),
        party_max: most("who.party_max", terms.party_max, faults),
    })
}

/// Puts the districts into the terms.
///
/// # Errors
/// `invalid-request` when the city has no such district.
pub(super) fn put_districts(
    catalogue: &Catalogue,
    body: &ReleaseBody,
    def: &mut EntitlementDef,
) -> Result<(), FieldFault> {
    let Some(terms) = &body.who else { return Ok(()) };
    for code in &terms.districts {
        let district = catalogue.district_by_code(code).ok_or_else(|| {
            FieldFault::new("who.districts", Text::fixed("is no district of this city", "本市没有此行政区"))
        })?;
        if !def.districts.contains(&district) {
            def.districts.push(district);
        }
    }
    Ok(())
}
