//! The files of a city, and their columns.

/// A file, in the order in which they are read: what a file speaks of stands in those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    City,
    Quotas,
    Districts,
    Sports,
    Venues,
    Pitches,
    Hours,
    Prices,
    Holidays,
    Closures,
    Releases,
}

/// Whether a column has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Always,
    /// Where it is absent, what is there stays as it is, and what is new has what the column's blank cells mean.
    Optional,
}

/// A column that every file may have, for whoever fills it in. It is read over.
pub(super) const NOTE: &str = "note";

/// The columns of the kinds of days, Monday first.
pub(super) const DAY_COLUMNS: [&str; 8] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"];

use Need::{Always, Optional};

const CITY: &[(&str, Need)] = &[
    ("name_zh", Always),
    ("name_en", Always),
    ("timezone", Always),
    ("currency", Always),
    ("days_ahead", Always),
    ("hold_minutes", Optional),
];
const QUOTAS: &[(&str, Need)] = &[
    ("id", Always),
    ("scope", Always),
    ("venue", Optional),
    ("sport", Optional),
    ("measure", Always),
    ("window", Always),
    ("limit", Always),
];
const NAMED: &[(&str, Need)] = &[("id", Always), ("name_zh", Always), ("name_en", Always)];
const VENUES: &[(&str, Need)] = &[
    ("id", Always),
    ("name_zh", Always),
    ("name_en", Always),
    ("district", Always),
    ("address_zh", Always),
    ("address_en", Always),
    ("latitude", Always),
    ("longitude", Always),
    ("admission", Optional),
];
const PITCHES: &[(&str, Need)] = &[
    ("id", Always),
    ("venue", Always),
    ("name_zh", Always),
    ("name_en", Always),
    ("sport", Always),
    ("kind", Always),
    ("part_of", Optional),
    ("first_leaf", Optional),
    ("leaves", Optional),
    ("capacity", Optional),
    ("slot_minutes", Always),
    ("first_slot", Optional),
    ("max_slots", Always),
    ("party_size_max", Always),
    ("cancellation", Always),
    ("offered", Optional),
    ("releases", Optional),
];
const HOURS: &[(&str, Need)] = &[
    ("venue", Always),
    ("pitch", Always),
    (DAY_COLUMNS[0], Always),
    (DAY_COLUMNS[1], Always),
    (DAY_COLUMNS[2], Always),
    (DAY_COLUMNS[3], Always),
    (DAY_COLUMNS[4], Always),
    (DAY_COLUMNS[5], Always),
    (DAY_COLUMNS[6], Always),
    (DAY_COLUMNS[7], Always),
];
const PRICES: &[(&str, Need)] = &[
    ("venue", Always),
    ("pitch", Always),
    ("from", Always),
    ("to", Always),
    (DAY_COLUMNS[0], Always),
    (DAY_COLUMNS[1], Always),
    (DAY_COLUMNS[2], Always),
    (DAY_COLUMNS[3], Always),
    (DAY_COLUMNS[4], Always),
    (DAY_COLUMNS[5], Always),
    (DAY_COLUMNS[6], Always),
    (DAY_COLUMNS[7], Always),
];
const HOLIDAYS: &[(&str, Need)] = &[("date", Always), ("venue", Optional), ("goes_by", Always)];
const CLOSURES: &[(&str, Need)] = &[
    ("id", Always),
    ("pitches", Always),
    ("first_day", Always),
    ("last_day", Always),
    ("times", Optional),
    ("bookings", Always),
    ("reason", Optional),
];
const RELEASES: &[(&str, Need)] = &[
    ("id", Always),
    ("name_zh", Always),
    ("name_en", Always),
    ("venue", Optional),
    ("first_day", Always),
    ("last_day", Optional),
    ("days_before", Optional),
    ("opens_at", Always),
    ("mode", Optional),
    ("limit_per_resident", Optional),
    ("counter_share_percent", Optional),
];

impl File {
    pub const ALL: [Self; 11] = [
        Self::City,
        Self::Quotas,
        Self::Districts,
        Self::Sports,
        Self::Venues,
        Self::Pitches,
        Self::Hours,
        Self::Prices,
        Self::Holidays,
        Self::Closures,
        Self::Releases,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::City => "city.csv",
            Self::Quotas => "quotas.csv",
            Self::Districts => "districts.csv",
            Self::Sports => "sports.csv",
            Self::Venues => "venues.csv",
            Self::Pitches => "pitches.csv",
            Self::Hours => "hours.csv",
            Self::Prices => "prices.csv",
            Self::Holidays => "holidays.csv",
            Self::Closures => "closures.csv",
            Self::Releases => "releases.csv",
        }
    }

    pub(super) const fn columns(self) -> &'static [(&'static str, Need)] {
        match self {
            Self::City => CITY,
            Self::Quotas => QUOTAS,
            Self::Districts | Self::Sports => NAMED,
            Self::Venues => VENUES,
            Self::Pitches => PITCHES,
            Self::Hours => HOURS,
            Self::Prices => PRICES,
            Self::Holidays => HOLIDAYS,
            Self::Closures => CLOSURES,
            Self::Releases => RELEASES,
        }
    }
}

/// The bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub file: File,
    pub bytes: Vec<u8>,
}

/// The files that there are, each at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(pub Vec<Named>);

impl Sources {
    #[must_use]
    pub fn of(&self, file: File) -> Option<&[u8]> {
        self.0.iter().find(|named| named.file == file).map(|named| named.bytes.as_slice())
    }
}
