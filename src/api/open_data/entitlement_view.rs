//! Who may book of a release, as it is answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::catalogue::{Catalogue, Release};
use crate::domain::entitlement::Concession;

/// A reason for which somebody is favoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConcessionView {
    Student,
    Senior,
    Disabled,
    LowIncome,
    Veteran,
    LargeFamily,
}

impl ConcessionView {
    #[must_use]
    pub const fn of(concession: Concession) -> Self {
        match concession {
            Concession::Student => Self::Student,
            Concession::Senior => Self::Senior,
            Concession::Disabled => Self::Disabled,
            Concession::LowIncome => Self::LowIncome,
            Concession::Veteran => Self::Veteran,
            Concession::LargeFamily => Self::LargeFamily,
        }
    }

    #[must_use]
    pub const fn concession(self) -> Concession {
        match self {
            Self::Student => Concession::Student,
            Self::Senior => Concession::Senior,
            Self::Disabled => Concession::Disabled,
            Self::LowIncome => Concession::LowIncome,
            Self::Veteran => Concession::Veteran,
            Self::LargeFamily => Concession::LargeFamily,
        }
    }
}

/// Who may book of a release. What is asked for is what a venue's staff have verified.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntitlementView {
    /// The age that one must reach in the year of play.
    age_from: Option<u8>,
    /// The last age that one may reach in the year of play.
    age_to: Option<u8>,
    /// One of them is enough; whoever where there are none.
    concessions: Vec<ConcessionView>,
    /// The ids of the districts in one of which one must be registered; any where there are none.
    districts: Vec<String>,
    /// Whether one's papers must have been seen.
    real_name: bool,
    /// How many bookings of it a household may have together, a day of play.
    limit_per_household: Option<u16>,
    /// How many may come with one booking at most.
    party_max: Option<u16>,
}

impl EntitlementView {
    /// The terms, of a release that has them.
    #[must_use]
    pub fn of(catalogue: &Catalogue, release: &Release) -> Option<Self> {
        let terms = release.def.who.as_deref()?;
        let districts = terms.districts.iter().filter_map(|no| catalogue.district(*no));
        Some(Self {
            age_from: terms.age_from,
            age_to: terms.age_to,
            concessions: terms.concessions.iter().copied().map(ConcessionView::of).collect(),
            districts: districts.map(|district| district.code.as_str().to_owned()).collect(),
            real_name: terms.real_name,
            limit_per_household: terms.limit_per_household,
            party_max: terms.party_max,
        })
    }
}
