//! What a catalogue is made from: the definitions that events carry, as they were given.
//!
//! They are checked when they are added to a `Catalogue`, whether they come from a manager or from the journal.

use serde::{Deserialize, Serialize};

use super::change::Admission;
use super::grid::SlotGrid;
use super::hours::{DayKind, WeeklyHours};
use super::ids::{Code, DistrictNo, PitchNo, SportNo, VenueNo};
use super::money::Currency;
use super::names::Names;
use super::policy::{CancelRule, QuotaRule};
use super::tariff::PriceBand;
use super::time::LocalDay;
use super::units::UnitMask;

/// A city: the first event of every journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityDef {
    pub name: Names,
    pub timezone: String,
    pub currency: Currency,
    /// How many days after today are open.
    pub days_ahead: u8,
    /// How long a hold is kept.
    #[serde(default = "hold_minutes")]
    pub hold_minutes: u16,
    pub quotas: Vec<QuotaRule>,
}

/// How long a hold is kept where the city says nothing.
#[must_use]
pub const fn hold_minutes() -> u16 {
    10
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistrictDef {
    pub code: Code,
    pub name: Names,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SportDef {
    pub code: Code,
    pub name: Names,
}

/// A place on the map, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    pub latitude_e6: i32,
    pub longitude_e6: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VenueDef {
    pub code: Code,
    pub name: Names,
    pub district: DistrictNo,
    pub address: Names,
    pub location: Location,
    #[serde(default)]
    pub admission: Admission,
}

/// How a bookable pitch is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub sport: SportNo,
    pub grid: SlotGrid,
    /// How many consecutive slots one booking may span.
    pub max_slots: u8,
    /// The most people on it; of a session, the most places that one booking may take.
    pub party_max: u16,
    pub prices: Vec<PriceBand>,
    pub cancel: CancelRule,
}

/// A part of a divisible pitch: consecutive leaves of it, sold by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartDef {
    pub code: Code,
    pub name: Names,
    pub first_leaf: u8,
    pub leaves: u8,
    pub terms: Terms,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KindDef {
    /// One booking has it all.
    Exclusive,
    /// Sold as a whole or in parts, which cover so many leaves between them.
    Divisible { leaves: u8, parts: Vec<PartDef> },
    /// Places in each slot.
    Session { capacity: u16 },
}

/// A bookable whole with its parts. Hours are those of the whole: a part is open when the whole is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PitchDef {
    pub code: Code,
    pub venue: VenueNo,
    pub name: Names,
    pub hours: WeeklyHours,
    pub terms: Terms,
    pub kind: KindDef,
}

/// A day that goes by the hours and prices of another kind of day: a holiday, or a Sunday that is worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialDay {
    pub day: LocalDay,
    pub goes_by: DayKind,
}

/// What happens to the bookings inside a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingsInside {
    /// They stay: only new ones are refused.
    Keep,
    /// They are cancelled and all the money is given back.
    Cancel,
}

/// Half hours in which pitches can't be booked, whatever their hours say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosureDef {
    /// By what it is known outside, where it was given a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    pub pitches: Vec<PitchNo>,
    pub first_day: LocalDay,
    pub last_day: LocalDay,
    pub units: UnitMask,
    pub bookings: BookingsInside,
    /// What is told to the public.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
