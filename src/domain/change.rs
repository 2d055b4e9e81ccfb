//! What managers change of what is there already. Each names only what changes; what it doesn't name stays.

use serde::{Deserialize, Serialize};

use super::definition::Location;
use super::hours::{DayKind, WeeklyHours};
use super::ids::{DistrictNo, PitchNo, SportNo, VenueNo};
use super::names::Names;
use super::policy::CancelRule;
use super::tariff::PriceBand;
use super::time::LocalDay;

/// Whether a pitch is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offered {
    Yes,
    /// Not shown and not sold; what is booked stays.
    No,
    /// The same for good: another pitch has taken its place.
    Succeeded,
}

/// Who is let in without a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Nobody checks: who booked counts as having come.
    #[default]
    Open,
    /// A gate or a desk checks: who was not checked in by the end did not come.
    Checked,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PitchChange {
    /// A whole or a part.
    pub pitch: PitchNo,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Names>,
    /// Of a whole; its parts go with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<WeeklyHours>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<PriceBand>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<CancelRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_slots: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_max: Option<u16>,
    /// Of a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u16>,
    /// Of a whole; its parts go with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Offered>,
}

impl PitchChange {
    /// A change of nothing, to be filled.
    #[must_use]
    pub const fn of(pitch: PitchNo) -> Self {
        Self {
            pitch,
            name: None,
            hours: None,
            prices: None,
            cancel: None,
            max_slots: None,
            party_max: None,
            capacity: None,
            offered: None,
        }
    }

    /// Whether it takes something away that a claim in flight may go by.
    #[must_use]
    pub const fn may_close(&self) -> bool {
        self.hours.is_some() || self.offered.is_some() || self.capacity.is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueChange {
    pub venue: VenueNo,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Names>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Names>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district: Option<DistrictNo>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admission: Option<Admission>,
    /// Days that go by another kind's hours and prices at this venue, whatever the city says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special_days: Vec<VenueDay>,
}

impl VenueChange {
    /// A change of nothing, to be filled.
    #[must_use]
    pub const fn of(venue: VenueNo) -> Self {
        Self {
            venue,
            name: None,
            address: None,
            district: None,
            location: None,
            admission: None,
            special_days: Vec::new(),
        }
    }
}

/// What has a code and a name and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    District(DistrictNo),
    Sport(SportNo),
}

/// It is called something else from now on; its code stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameChange {
    pub of: Named,
    pub name: Names,
}

/// A day of a venue's own, or one that goes by the city's calendar again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueDay {
    pub day: LocalDay,
    pub goes_by: Option<DayKind>,
}
