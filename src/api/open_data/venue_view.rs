//! Venues and pitches as they are answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::directory::Entry;
use super::near::degrees;
use crate::api::answer::NamesView;
use crate::domain::catalogue::{Catalogue, Pitch, PitchKind, Venue};
use crate::domain::change::Offered;
use crate::domain::hours::DayKind;
use crate::domain::units::{UNIT_MINUTES, UNITS_PER_DAY, UnitMask};
use crate::engine::view::capacity;

/// A district.
#[derive(Serialize, ToSchema)]
pub struct DistrictView {
    id: String,
    name: NamesView,
}

/// A place on the map, in degrees.
#[derive(Serialize, ToSchema)]
pub struct LocationView {
    pub(in crate::api) latitude: f64,
    pub(in crate::api) longitude: f64,
}

/// A venue in a list.
#[derive(Serialize, ToSchema)]
pub struct VenueView {
    id: String,
    name: NamesView,
    district: DistrictView,
    address: NamesView,
    location: LocationView,
    /// The ids of the sports that it has pitches for.
    sports: Vec<String>,
    /// How many pitches it has, parts not counted.
    pitch_count: usize,
    /// From where `near` says, else null.
    distance_m: Option<u32>,
}

/// A venue with all that can be booked there.
#[derive(Serialize, ToSchema)]
pub struct VenueWithPitches {
    #[serde(flatten)]
    venue: VenueView,
    timezone: String,
    pitches: Vec<PitchView>,
}

/// A pitch that can be booked as a whole, with the parts that can be booked by themselves.
#[derive(Serialize, ToSchema)]
pub struct PitchView {
    id: String,
    name: NamesView,
    sport: String,
    kind: &'static str,
    slot_minutes: u16,
    /// How many consecutive slots one booking may span.
    max_slots: u8,
    /// The most people in one booking.
    party_size_max: u16,
    /// Places in each slot; 1 for what one booking has to itself.
    capacity: u16,
    cancellation: Vec<RefundStepView>,
    opening_hours: Vec<OpenView>,
    #[schema(no_recursion)]
    parts: Vec<PitchView>,
}

/// So much is given back when a booking is cancelled so long before its beginning.
#[derive(Serialize, ToSchema)]
pub struct RefundStepView {
    minutes_before: u32,
    percent: u8,
}

/// Open times of a kind of day.
#[derive(Serialize, ToSchema)]
pub struct OpenView {
    day: DayKindView,
    from: String,
    to: String,
}

/// A day of the week, or a holiday, which goes before that.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKindView {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
    Holiday,
}

impl DayKindView {
    /// The kind that is meant.
    #[must_use]
    pub const fn kind(self) -> DayKind {
        match self {
            Self::Monday => DayKind::Monday,
            Self::Tuesday => DayKind::Tuesday,
            Self::Wednesday => DayKind::Wednesday,
            Self::Thursday => DayKind::Thursday,
            Self::Friday => DayKind::Friday,
            Self::Saturday => DayKind::Saturday,
            Self::Sunday => DayKind::Sunday,
            Self::Holiday => DayKind::Holiday,
        }
    }

    #[must_use]
    pub const fn of(kind: DayKind) -> Self {
        match kind {
            DayKind::Monday => Self::Monday,
            DayKind::Tuesday => Self::Tuesday,
            DayKind::Wednesday => Self::Wednesday,
            DayKind::Thursday => Self::Thursday,
            DayKind::Friday => Self::Friday,
            DayKind::Saturday => Self::Saturday,
            DayKind::Sunday => Self::Sunday,
            DayKind::Holiday => Self::Holiday,
        }
    }
}

impl VenueView {
    #[must_use]
    pub fn of(catalogue: &Catalogue, venue: &Venue, entry: &Entry, distance_m: Option<u32>) -> Self {
        let (latitude, longitude) = degrees(venue.def.location);
        let district = catalogue.district(venue.def.district);
        Self {
            id: venue.def.code.as_str().to_owned(),
            name: NamesView::of(&venue.def.name),
            district: DistrictView {
                id: district.map_or_else(String::new, |district| district.code.as_str().to_owned()),
                name: district.map_or_else(NamesView::default, |district| NamesView::of(&district.name)),
            },
            address: NamesView::of(&venue.def.address),
            location: LocationView { latitude, longitude },
            sports: entry.sports.iter().map(|no| sport_code(catalogue, *no)).collect(),
            pitch_count: venue.pitches.len(),
            distance_m,
        }
    }
}

impl VenueWithPitches {
    #[must_use]
    pub fn of(catalogue: &Catalogue, venue: &Venue, entry: &Entry) -> Self {
        let pitches = venue.pitches.iter().filter_map(|no| catalogue.pitch(*no));
        let pitches = pitches.filter(|pitch| pitch.offered == Offered::Yes);
        Self {
            venue: VenueView::of(catalogue, venue, entry, None),
            timezone: catalogue.city().timezone.clone(),
            pitches: pitches.map(|pitch| PitchView::of(catalogue, pitch)).collect(),
        }
    }
}

impl PitchView {
    /// A pitch with its parts.
    #[must_use]
    pub fn of(catalogue: &Catalogue, pitch: &Pitch) -> Self {
        let parts = catalogue.pitches().get(pitch.parts.start as usize..pitch.parts.end as usize);
        let steps = pitch.cancel.steps().iter();
        Self {
            id: pitch.code.as_str().to_owned(),
            name: NamesView::of(&pitch.name),
            sport: sport_code(catalogue, pitch.sport),
            kind: kind_name(pitch),
            slot_minutes: u16::from(pitch.grid.slot_units()) * UNIT_MINUTES,
            max_slots: pitch.max_slots,
            party_size_max: pitch.party_max,
            capacity: capacity(pitch),
            cancellation: steps
                .map(|step| RefundStepView { minutes_before: step.minutes_before, percent: step.percent })
                .collect(),
            opening_hours: opening_hours(pitch),
            parts: parts.unwrap_or_default().iter().map(|part| Self::of(catalogue, part)).collect(),
        }
    }
}

/// A pitch's kind as answers name it.
#[must_use]
pub const fn kind_name(pitch: &Pitch) -> &'static str {
    match pitch.kind {
        PitchKind::Exclusive => "exclusive",
        PitchKind::Divisible => "divisible",
        PitchKind::Part => "part",
        PitchKind::Session { .. } => "session",
    }
}

/// A sport's id.
#[must_use]
pub fn sport_code(catalogue: &Catalogue, no: crate::domain::ids::SportNo) -> String {
    catalogue.sport(no).map_or_else(String::new, |sport| sport.code.as_str().to_owned())
}

fn opening_hours(pitch: &Pitch) -> Vec<OpenView> {
    let of_kind = |kind| {
        spans(pitch.hours.on(kind)).into_iter().map(move |(from, to)| OpenView {
            day: DayKindView::of(kind),
            from: clock_text(from),
            to: clock_text(to),
        })
    };
    DayKind::ALL.into_iter().flat_map(of_kind).collect()
}

/// The unbroken stretches of a set of half hours.
fn spans(mask: UnitMask) -> Vec<(u8, u8)> {
    let mut spans: Vec<(u8, u8)> = Vec::new();
    for unit in (0..UNITS_PER_DAY).filter(|unit| mask.bits() & (1 << unit) != 0) {
        match spans.last_mut() {
            Some((_, end)) if *end == unit => *end = unit + 1,
            _ => spans.push((unit, unit + 1)),
        }
    }
    spans
}

/// A half hour's beginning as `HH:MM`; the day's end is `24:00`.
#[must_use]
pub fn clock_text(unit: u8) -> String {
    format!("{:02}:{:02}", unit / 2, unit % 2 * 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_day_has_its_name() {
        for kind in DayKind::ALL {
            assert_eq!(DayKindView::of(kind).kind(), kind);
            let domain = serde_json::to_string(&kind).expect("a name");
            assert_eq!(serde_json::to_string(&DayKindView::of(kind)).expect("a name"), domain);
        }
    }

    #[test]
    fn hours_are_shown_as_stretches() {
        let mask = UnitMask::from_bits(0b11 << 16 | 1 << 20 | 1 << 47);
        let shown: Vec<_> =
            spans(mask).into_iter().map(|(from, to)| (clock_text(from), clock_text(to))).collect();
        let expected = [("08:00", "09:00"), ("10:00", "10:30"), ("23:30", "24:00")];
        assert_eq!(shown, expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
    }
}
