//! A new pitch as a body writes it, of any kind.

use serde::Deserialize;
use utoipa::ToSchema;

use super::retry::read_code;
use super::written_rules::{
    BandBody, NamesBody, OpenBody, RefundStepBody, read_cancellation, read_hours, read_names, read_number,
    read_prices,
};
use crate::api::problem::{FieldFault, FieldFaults, Problem, Text};
use crate::api::written_time::MinuteOfDay;
use crate::domain::catalogue::{Catalogue, LEAVES_PER_PITCH_MAX, SLOTS_PER_BOOKING_MAX};
use crate::domain::definition::{KindDef, PartDef, PitchDef, Terms};
use crate::domain::grid::{SLOT_UNITS_MAX, SlotGrid};
use crate::domain::hours::WeeklyHours;
use crate::domain::ids::{Code, SportNo, VenueNo};
use crate::domain::names::Names;
use crate::domain::units::UNIT_MINUTES;

/// The most people or places.
const PEOPLE_MAX: i64 = 65_535;

/// How a pitch is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// One booking has it all.
    Exclusive,
    /// Sold as a whole or in parts.
    Divisible,
    /// Places in each slot.
    Session,
}

/// What a pitch is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPitchBody {
    /// 1 to 64 of `a-z`, `0-9`, `-`; made up where nothing is said.
    pub id: Option<String>,
    pub name: NamesBody,
    /// A sport's id.
    pub sport: String,
    pub kind: KindName,
    /// 30 to 240, in steps of 30.
    #[schema(minimum = 30, maximum = 240)]
    pub slot_minutes: i64,
    /// When a slot of a day begins, any of them. Midnight where nothing is said.
    #[schema(value_type = Option<String>, example = "08:00")]
    pub first_slot: Option<MinuteOfDay>,
    #[schema(minimum = 1, maximum = 48)]
    pub max_slots: i64,
    #[schema(minimum = 1, maximum = 65_535)]
    pub party_size_max: i64,
    pub hours: Vec<OpenBody>,
    pub prices: Vec<BandBody>,
    pub cancellation: Vec<RefundStepBody>,
    /// Of a session: the places in each slot.
    #[schema(minimum = 1, maximum = 65_535)]
    pub capacity: Option<i64>,
    /// Of a divisible pitch: how many of the smallest parts it is made of.
    #[schema(minimum = 2, maximum = 48)]
    pub leaves: Option<i64>,
    /// Of a divisible pitch.
    #[schema(value_type = Option<Vec<NewPartBody>>)]
    pub parts: Option<Vec<NewPartBody>>,
    /// The id of a whole pitch of the venue whose place this one takes: it is sold no more. Refused while live bookings stand on it.
    pub instead_of: Option<String>,
}

/// A part that can be booked by itself. What it doesn't say is as with its whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPartBody {
    /// The whole's id with a number where nothing is said.
    pub id: Option<String>,
    pub name: NamesBody,
    /// The first of the smallest parts that it covers, from 0.
    #[schema(minimum = 0, maximum = 47)]
    pub first_leaf: i64,
    /// How many it covers.
    #[schema(minimum = 1, maximum = 48)]
    pub leaves: i64,
    #[schema(minimum = 1, maximum = 48)]
    pub max_slots: Option<i64>,
    #[schema(minimum = 1, maximum = 65_535)]
    pub party_size_max: Option<i64>,
    pub prices: Option<Vec<BandBody>>,
}

/// A pitch that makes sense, without its name and its venue.
pub(super) struct NewPitch {
    pub(super) chosen: Option<Code>,
    name: Names,
    hours: WeeklyHours,
    terms: Terms,
    kind: NewKind,
}

enum NewKind {
    Exclusive,
    Session { capacity: u16 },
    Divisible { leaves: u8, parts: Vec<NewPart> },
}

struct NewPart {
    chosen: Option<Code>,
    name: Names,
    first_leaf: u8,
    leaves: u8,
    terms: Terms,
}

impl NewPitch {
    /// Reads a body.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn read(catalogue: &Catalogue, body: &NewPitchBody) -> Result<Self, Problem> {
        let mut faults = FieldFaults::new();
        let chosen = body.id.as_deref().and_then(|id| gathered(read_code("id", id), &mut faults));
        let sport = catalogue.sport_by_code(&body.sport);
        if sport.is_none() {
            let text = Text::fixed("is no sport of this city", "本市没有此运动项目");
            faults.add(FieldFault::new("sport", text));
        }
        let terms = Terms {
            sport: sport.unwrap_or(SportNo::new(0)),
            grid: read_grid(body, &mut faults),
            max_slots: slots("max_slots", body.max_slots, &mut faults),
            party_max: people("party_size_max", body.party_size_max, &mut faults),
            prices: read_prices("prices", &body.prices, &mut faults),
            cancel: read_cancellation("cancellation", &body.cancellation, &mut faults),
        };
        let name = read_names("name", &body.name, &mut faults);
        let hours = read_hours("hours", &body.hours, &mut faults);
        let kind = read_kind(body, &terms, &mut faults);
        faults.check()?;
        Ok(Self { chosen, name, hours, terms, kind })
    }

    /// The definition, of this name at this venue.
    ///
    /// # Errors
    /// A fault of ours when a part's name can't be made.
    pub(super) fn define(self, code: Code, venue: VenueNo) -> Result<PitchDef, Problem> {
        let kind = match self.kind {
            NewKind::Exclusive => KindDef::Exclusive,
            NewKind::Session { capacity } => KindDef::Session { capacity },
            NewKind::Divisible { leaves, parts } => {
                let mut defined = Vec::new();
                for (number, part) in (1..).zip(parts) {
                    let code = match part.chosen {
                        Some(chosen) => chosen,
                        None => part_code(&code, number)?,
                    };
                    let NewPart { name, first_leaf, leaves, terms, .. } = part;
                    defined.push(PartDef { code, name, first_leaf, leaves, terms });
                }
                KindDef::Divisible { leaves, parts: defined }
            }
        };
        Ok(PitchDef { code, venue, name: self.name, hours: self.hours, terms: self.terms, kind })
    }
}

fn part_code(whole: &Code, number: usize) -> Result<Code, Problem> {
    let too_long = || Problem::from(FieldFault::too_long("id", 61));
    Code::new(&format!("{whole}-{number}")).map_err(|_| too_long())
}

fn gathered<T>(read: Result<T, FieldFault>, faults: &mut FieldFaults) -> Option<T> {
    read.map_err(|fault| faults.add(fault)).ok()
}

fn slots(field: &'static str, number: i64, faults: &mut FieldFaults) -> u8 {
    read_number(field, number, (1, i64::from(SLOTS_PER_BOOKING_MAX)), faults)
}

fn people(field: &'static str, number: i64, faults: &mut FieldFaults) -> u16 {
    read_number(field, number, (1, PEOPLE_MAX), faults)
}

fn read_grid(body: &NewPitchBody, faults: &mut FieldFaults) -> SlotGrid {
    let unit = i64::from(UNIT_MINUTES);
    let slot_units = u8::try_from(body.slot_minutes / unit)
        .ok()
        .filter(|units| (1..=SLOT_UNITS_MAX).contains(units) && body.slot_minutes % unit == 0);
    if slot_units.is_none() {
        let text = Text::fixed("must be 30 to 240 in steps of 30", "必须为 30 至 240 之间 30 的倍数");
        faults.add(FieldFault::new("slot_minutes", text));
    }
    let first = body.first_slot.map_or(0, |first| first.0);
    if !first.is_multiple_of(UNIT_MINUTES) {
        let text = Text::fixed("must be on the half hour", "必须是整点或半点");
        faults.add(FieldFault::new("first_slot", text));
    }
    let slot_units = slot_units.unwrap_or(1);
    let anchor = first / UNIT_MINUTES % u16::from(slot_units);
    let grid = u8::try_from(anchor).ok().and_then(|anchor| SlotGrid::new(slot_units, anchor).ok());
    grid.unwrap_or_else(|| {
        faults.add(FieldFault::new("first_slot", Text::fixed("makes no grid", "无法构成时段")));
        UNIT_GRID
    })
}

/// Slots of half an hour from midnight: what is made of a grid that was refused.
const UNIT_GRID: SlotGrid = match SlotGrid::new(1, 0) {
    Ok(grid) => grid,
    Err(_) => panic!("half hours are a grid"),
};

fn read_kind(body: &NewPitchBody, terms: &Terms, faults: &mut FieldFaults) -> NewKind {
    let (has_capacity, has_leaves) = (body.capacity.is_some(), body.leaves.is_some());
    for (field, is_there, is_wanted) in [
        ("capacity", has_capacity, body.kind == KindName::Session),
        ("leaves", has_leaves, body.kind == KindName::Divisible),
        ("parts", body.parts.is_some(), body.kind == KindName::Divisible),
    ] {
        if is_there && !is_wanted {
            let text = Text::fixed("does not go with this kind of pitch", "不适用于此类场地");
            faults.add(FieldFault::new(field, text));
        } else if is_wanted && !is_there {
            faults.add(FieldFault::missing(field));
        }
    }
    match body.kind {
        KindName::Exclusive => NewKind::Exclusive,
        KindName::Session => NewKind::Session {
            capacity: body.capacity.map_or(0, |places| people("capacity", places, faults)),
        },
        KindName::Divisible => {
            let bounds = (2, i64::from(LEAVES_PER_PITCH_MAX));
            let leaves = body.leaves.map_or(0, |leaves| read_number("leaves", leaves, bounds, faults));
            let parts = body.parts.as_deref().unwrap_or_default();
            if body.parts.is_some() && parts.is_empty() {
                let text = Text::fixed("must not be empty", "不能为空");
                faults.add(FieldFault::new("parts", text));
            }
            NewKind::Divisible {
                leaves,
                parts: parts.iter().map(|part| read_part(part, leaves, terms, faults)).collect(),
            }
        }
    }
}

fn read_part(body: &NewPartBody, leaves_of_whole: u8, whole: &Terms, faults: &mut FieldFaults) -> NewPart {
    let first_leaf: u8 = read_number("parts.first_leaf", body.first_leaf, (0, 47), faults);
    let leaves: u8 = read_number("parts.leaves", body.leaves, (1, 48), faults);
    if u16::from(first_leaf) + u16::from(leaves) > u16::from(leaves_of_whole) {
        let text = Text::fixed("lie outside of the whole", "超出整块场地的范围");
        faults.add(FieldFault::new("parts.leaves", text));
    }
    let mut terms = whole.clone();
    if let Some(max_slots) = body.max_slots {
        terms.max_slots = slots("parts.max_slots", max_slots, faults);
    }
    if let Some(party_max) = body.party_size_max {
        terms.party_max = people("parts.party_size_max", party_max, faults);
    }
    if let Some(prices) = &body.prices {
        terms.prices = read_prices("parts.prices", prices, faults);
    }
    NewPart {
        chosen: body.id.as_deref().and_then(|id| gathered(read_code("parts.id", id), faults)),
        name: read_names("parts.name", &body.name, faults),
        first_leaf,
        leaves,
        terms,
    }
}
