//! The catalogue: what there is to book, by number and by code.
//!
//! Made of definitions in the order of their events; numbers are given in that order, so every replay gives the same ones.
//! Always: what a catalogue holds was checked, so nobody checks it again; a part lies within its whole, and the leaves of a
//! whole are consecutive and within one block, so that they are claimed as one slice.

mod apply;
mod changes;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::change::{Admission, Offered};
use super::definition::{
    CityDef, ClosureDef, DistrictDef, KindDef, PartDef, PitchDef, SpecialDay, SportDef, Terms, VenueDef,
};
use super::grid::SlotGrid;
use super::hours::{DayKind, WeeklyHours};
use super::ids::{Code, DistrictNo, PitchNo, ReleaseNo, SportNo, VenueNo};
use super::money::Minor;
use super::names::Names;
use super::policy::CancelRule;
use super::release::ReleaseDef;
use super::tariff::Tariff;
use super::time::{LocalDay, UtcMillis};
use super::units::UnitMask;

/// Leaves are kept in blocks of so many; a whole never straddles two.
pub const LEAVES_PER_BLOCK: u32 = 256;
/// How many parts a pitch may have.
pub const LEAVES_PER_PITCH_MAX: u8 = 48;
/// The most days ahead that may be open.
pub const DAYS_AHEAD_MAX: u8 = 28;
/// The most slots that one booking may span.
pub const SLOTS_PER_BOOKING_MAX: u8 = 48;

/// How a pitch is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PitchKind {
    Exclusive,
    Divisible,
    /// Bookable by itself, inside a divisible one.
    Part,
    /// So many places in each slot; `session` numbers the pitches of this kind.
    Session {
        session: u32,
        capacity: u16,
        /// The highest capacity that it ever had: what was sold then stays sold.
        capacity_ever: u16,
    },
}

/// A bookable pitch: a whole or a part.
#[derive(Debug, Clone)]
pub struct Pitch {
    pub no: PitchNo,
    pub code: Code,
    pub venue: VenueNo,
    pub name: Names,
    pub sport: SportNo,
    pub kind: PitchKind,
    /// The whole that this is a part of; itself when it is none.
    pub whole: PitchNo,
    /// The numbers of its parts.
    pub parts: Range<u32>,
    /// The leaves that it covers, city-wide.
    pub leaves: Range<u32>,
    pub grid: SlotGrid,
    pub max_slots: u8,
    pub party_max: u16,
    pub hours: Arc<WeeklyHours>,
    pub tariff: Arc<Tariff>,
    pub cancel: Arc<CancelRule>,
    pub offered: Offered,
    /// The releases that name it, in the order in which they were declared.
    pub releases: Arc<[ReleaseNo]>,
}

#[derive(Debug, Clone)]
pub struct Venue {
    pub no: VenueNo,
    pub def: VenueDef,
    pub admission: Admission,
    /// Days that go by another kind here than in the city.
    special_days: HashMap<LocalDay, DayKind>,
    /// The wholes that it has.
    pub pitches: Vec<PitchNo>,
}

/// A closure and its number, which is its place among the closures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    pub def: ClosureDef,
    /// Whether the bookings inside have been dealt with.
    pub is_done: bool,
}

/// A release and its number, which is its place among the releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub no: ReleaseNo,
    pub def: ReleaseDef,
    pub declared_at: UtcMillis,
    /// The wholes that are sold at the counter only.
    kept_for_counter: HashSet<PitchNo>,
}

impl Release {
    /// Whether a pitch is sold at the counter only.
    #[must_use]
    pub fn keeps(&self, pitch: &Pitch) -> bool {
        self.kept_for_counter.contains(&pitch.whole)
    }
}

/// What is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDefinition {
    #[error("the time zone {0} is not known")]
    TimeZone(String),
    #[error("1 to {DAYS_AHEAD_MAX} days ahead can be open, not {0}")]
    DaysAhead(u8),
    #[error("the code {0} is taken")]
    CodeTaken(Code),
    #[error("{what} {no} is not there")]
    Missing { what: &'static str, no: u32 },
    #[error("the pitch {code}: {why}")]
    Pitch { code: Code, why: &'static str },
    #[error("the closure {why}")]
    Closure { why: &'static str },
    #[error("the release {code}: {why}")]
    Release { code: Code, why: &'static str },
    #[error("a quota's name {0} is used twice, or its limit is 0")]
    Quota(Code),
    #[error("there are too many of {0}")]
    TooMany(&'static str),
}

/// Everything that can be booked, and by which rules.
///
/// Each change makes a new catalogue beside the old one while bookings wait behind it, so that a copy has to be cheap: it shares all
/// that the change leaves as it is.
#[derive(Debug, Clone)]
pub struct Catalogue {
    city: Arc<CityDef>,
    zone: TimeZone,
    districts: Vec<Arc<DistrictDef>>,
    sports: Vec<Arc<SportDef>>,
    venues: Arc<Vec<Arc<Venue>>>,
    pitches: Arc<Vec<Arc<Pitch>>>,
    closures: Vec<Arc<Closure>>,
    releases: Vec<Arc<Release>>,
    special_days: HashMap<LocalDay, DayKind>,
    leaves: u32,
    sessions: u32,
    by_code: Arc<ByCode>,
    shared: Arc<Shared>,
}

#[derive(Debug, Clone, Default)]
struct ByCode {
    districts: HashMap<Code, DistrictNo>,
    sports: HashMap<Code, SportNo>,
    venues: HashMap<Code, VenueNo>,
    pitches: HashMap<Code, PitchNo>,
    releases: HashMap<Code, ReleaseNo>,
}

/// Hours, tariffs and rules that many pitches have alike are kept once.
#[derive(Debug, Clone, Default)]
struct Shared {
    hours: HashMap<WeeklyHours, Arc<WeeklyHours>>,
    tariffs: HashMap<Vec<super::tariff::PriceBand>, Arc<Tariff>>,
    cancels: HashMap<CancelRule, Arc<CancelRule>>,
}

impl Catalogue {
    /// The catalogue of a city that has nothing yet.
    ///
    /// # Errors
    /// What is wrong with the definition.
    pub fn found(city: CityDef) -> Result<Self, InvalidDefinition> {
        let zone =
            TimeZone::get(&city.timezone).map_err(|_| InvalidDefinition::TimeZone(city.timezone.clone()))?;
        if city.days_ahead == 0 || city.days_ahead > DAYS_AHEAD_MAX {
            return Err(InvalidDefinition::DaysAhead(city.days_ahead));
        }
        for (index, rule) in city.quotas.iter().enumerate() {
            if rule.limit == 0 || city.quotas[..index].iter().any(|other| other.name == rule.name) {
                return Err(InvalidDefinition::Quota(rule.name.clone()));
            }
        }
        Ok(Self {
            city: Arc::new(city),
            zone,
            districts: Vec::new(),
            sports: Vec::new(),
            venues: Arc::default(),
            pitches: Arc::default(),
            closures: Vec::new(),
            releases: Vec::new(),
            special_days: HashMap::new(),
            leaves: 0,
            sessions: 0,
            by_code: Arc::default(),
            shared: Arc::default(),
        })
    }

    #[must_use]
    pub fn city(&self) -> &CityDef {
        &self.city
    }

    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    #[must_use]
    pub fn districts(&self) -> &[Arc<DistrictDef>] {
        &self.districts
    }

    #[must_use]
    pub fn sports(&self) -> &[Arc<SportDef>] {
        &self.sports
    }

    #[must_use]
    pub fn venues(&self) -> &[Arc<Venue>] {
        &self.venues
    }

    /// All that can be booked: wholes, each followed by its parts.
    #[must_use]
    pub fn pitches(&self) -> &[Arc<Pitch>] {
        &self.pitches
    }

    /// The pitches that are no parts.
    pub fn wholes(&self) -> impl Iterator<Item = &Arc<Pitch>> {
        self.pitches.iter().filter(|pitch| pitch.whole == pitch.no)
    }

    #[must_use]
    pub fn closures(&self) -> &[Arc<Closure>] {
        &self.closures
    }

    /// How many leaves the pitches have between them.
    #[must_use]
    pub fn leaves(&self) -> u32 {
        self.leaves
    }

    /// How many pitches are of the kind session.
    #[must_use]
    pub fn sessions(&self) -> u32 {
        self.sessions
    }

    #[must_use]
    pub fn district(&self, no: DistrictNo) -> Option<&DistrictDef> {
        self.districts.get(no.index()).map(AsRef::as_ref)
    }

    #[must_use]
    pub fn sport(&self, no: SportNo) -> Option<&SportDef> {
        self.sports.get(no.index()).map(AsRef::as_ref)
    }

    #[must_use]
    pub fn venue(&self, no: VenueNo) -> Option<&Venue> {
        self.venues.get(no.index()).map(AsRef::as_ref)
    }

    #[must_use]
    pub fn pitch(&self, no: PitchNo) -> Option<&Pitch> {
        self.pitches.get(no.index()).map(AsRef::as_ref)
    }

    #[must_use]
    pub fn district_by_code(&self, code: &str) -> Option<DistrictNo> {
        self.by_code.districts.get(code).copied()
    }

    #[must_use]
    pub fn sport_by_code(&self, code: &str) -> Option<SportNo> {
        self.by_code.sports.get(code).copied()
    }

    #[must_use]
    pub fn venue_by_code(&self, code: &str) -> Option<&Venue> {
        self.venue(*self.by_code.venues.get(code)?)
    }

    #[must_use]
    pub fn pitch_by_code(&self, code: &str) -> Option<&Pitch> {
        self.pitch(*self.by_code.pitches.get(code)?)
    }

    /// What kind of day a day is at a venue: by its own calendar, the city's, the week.
    #[must_use]
    pub fn day_kind(&self, venue: VenueNo, day: LocalDay) -> DayKind {
        let of_venue = self.venue(venue).and_then(|venue| venue.special_days.get(&day));
        let special = of_venue.or_else(|| self.special_days.get(&day));
        special.copied().unwrap_or_else(|| DayKind::of(day.weekday()))
    }

    /// The days that the city's calendar sets apart, in order.
    #[must_use]
    pub fn special_days(&self) -> Vec<SpecialDay> {
        let mut days: Vec<_> = self
            .special_days
            .iter()
            .map(|(day, goes_by)| SpecialDay { day: *day, goes_by: *goes_by })
            .collect();
        days.sort_unstable_by_key(|special| special.day);
        days
    }

    /// The half hours of a day that a pitch's hours and the closures leave closed, for one of its leaves.
    #[must_use]
    pub fn closed(&self, pitch: &Pitch, leaf: u32, day: LocalDay) -> UnitMask {
        if pitch.offered != Offered::Yes {
            return UnitMask::ALL;
        }
        let by_hours = pitch.hours.on(self.day_kind(pitch.venue, day)).complement();
        self.closures
            .iter()
            .filter(|closure| closure.def.first_day <= day && day <= closure.def.last_day)
            .filter(|closure| self.covers(&closure.def, leaf))
            .fold(by_hours, |closed, closure| closed.union(closure.def.units))
    }

    /// Whether a closure lies on a leaf.
    #[must_use]
    pub fn covers(&self, closure: &ClosureDef, leaf: u32) -> bool {
        closure.pitches.iter().filter_map(|no| self.pitch(*no)).any(|pitch| pitch.leaves.contains(&leaf))
    }

    /// Adds a district.
    ///
    /// # Errors
    /// What is wrong with the definition; nothing is added then. So it is with all that follow.
    pub fn add_district(&mut self, def: DistrictDef) -> Result<DistrictNo, InvalidDefinition> {
        let no = u16::try_from(self.districts.len()).map_err(|_| InvalidDefinition::TooMany("districts"))?;
        let no = DistrictNo::new(no);
        claim_code(&mut Arc::make_mut(&mut self.by_code).districts, &def.code, no)?;
        self.districts.push(Arc::new(def));
        Ok(no)
    }

    /// Adds a sport.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn add_sport(&mut self, def: SportDef) -> Result<SportNo, InvalidDefinition> {
        let no = u16::try_from(self.sports.len()).map_err(|_| InvalidDefinition::TooMany("sports"))?;
        let no = SportNo::new(no);
        claim_code(&mut Arc::make_mut(&mut self.by_code).sports, &def.code, no)?;
        self.sports.push(Arc::new(def));
        Ok(no)
    }

    /// Adds a venue.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn add_venue(&mut self, def: VenueDef) -> Result<VenueNo, InvalidDefinition> {
        if self.district(def.district).is_none() {
            return Err(InvalidDefinition::Missing { what: "the district", no: def.district.get().into() });
        }
        let no = u32::try_from(self.venues.len()).map_err(|_| InvalidDefinition::TooMany("venues"))?;
        let no = VenueNo::new(no);
        claim_code(&mut Arc::make_mut(&mut self.by_code).venues, &def.code, no)?;
        let (admission, special_days) = (def.admission, HashMap::new());
        Arc::make_mut(&mut self.venues).push(Arc::new(Venue {
            no,
            def,
            admission,
            special_days,
            pitches: Vec::new(),
        }));
        Ok(no)
    }

    /// Adds a pitch with its parts.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn add_pitch(&mut self, def: PitchDef) -> Result<PitchNo, InvalidDefinition> {
        self.check_pitch(&def)?;
        let no = PitchNo::new(next_no(self.pitches.len(), "pitches")?);
        let parts: &[PartDef] = match &def.kind {
            KindDef::Divisible { parts, .. } => parts,
            KindDef::Exclusive | KindDef::Session { .. } => &[],
        };
        let leaves = self.allot_leaves(&def.kind)?;
        let hours = share(&mut Arc::make_mut(&mut self.shared).hours, &def.hours, || def.hours.clone());
        let first_part = no.get() + 1;
        let part_count = u32::try_from(parts.len()).map_err(|_| InvalidDefinition::TooMany("parts"))?;
        let kind = match def.kind {
            KindDef::Exclusive => PitchKind::Exclusive,
            KindDef::Divisible { .. } => PitchKind::Divisible,
            KindDef::Session { capacity } => {
                self.sessions += 1;
                PitchKind::Session { session: self.sessions - 1, capacity, capacity_ever: capacity }
            }
        };
        let whole = Bare { no, whole: no, code: &def.code, venue: def.venue, name: &def.name, kind };
        self.push_pitch(whole, &def.terms, &hours, leaves.clone(), first_part..first_part + part_count);
        for (part, number) in parts.iter().zip(first_part..) {
            let first = leaves.start + u32::from(part.first_leaf);
            let bare = Bare {
                no: PitchNo::new(number),
                whole: no,
                code: &part.code,
                venue: def.venue,
                name: &part.name,
                kind: PitchKind::Part,
            };
            self.push_pitch(bare, &part.terms, &hours, first..first + u32::from(part.leaves), 0..0);
        }
        if let Some(venue) = Arc::make_mut(&mut self.venues).get_mut(def.venue.index()) {
            Arc::make_mut(venue).pitches.push(no);
        }
        Ok(no)
    }

    fn push_pitch(
        &mut self,
        bare: Bare<'_>,
        terms: &Terms,
        hours: &Arc<WeeklyHours>,
        leaves: Range<u32>,
        parts: Range<u32>,
    ) {
        let tariff =
            share(&mut Arc::make_mut(&mut self.shared).tariffs, &terms.prices, || Tariff::of(&terms.prices));
        let cancel =
            share(&mut Arc::make_mut(&mut self.shared).cancels, &terms.cancel, || terms.cancel.clone());
        Arc::make_mut(&mut self.by_code).pitches.insert(bare.code.clone(), bare.no);
        Arc::make_mut(&mut self.pitches).push(Arc::new(Pitch {
            no: bare.no,
            code: bare.code.clone(),
            venue: bare.venue,
            name: bare.name.clone(),
            sport: terms.sport,
            kind: bare.kind,
            whole: bare.whole,
            parts,
            leaves,
            grid: terms.grid,
            max_slots: terms.max_slots,
            party_max: terms.party_max,
            hours: Arc::clone(hours),
            tariff,
            cancel,
            offered: Offered::Yes,
            releases: Arc::from([]),
        }));
    }

    /// Consecutive leaves within one block.
    fn allot_leaves(&mut self, kind: &KindDef) -> Result<Range<u32>, InvalidDefinition> {
        let count = match kind {
            KindDef::Divisible { leaves, .. } => u32::from(*leaves),
            KindDef::Exclusive | KindDef::Session { .. } => 1,
        };
        let room = LEAVES_PER_BLOCK - self.leaves % LEAVES_PER_BLOCK;
        let first = if count > room { self.leaves + room } else { self.leaves };
        self.leaves = first.checked_add(count).ok_or(InvalidDefinition::TooMany("leaves"))?;
        Ok(first..self.leaves)
    }

    fn check_pitch(&self, def: &PitchDef) -> Result<(), InvalidDefinition> {
        let wrong = |why| Err(InvalidDefinition::Pitch { code: def.code.clone(), why });
        if self.venue(def.venue).is_none() {
            return Err(InvalidDefinition::Missing { what: "the venue", no: def.venue.get() });
        }
        if !def.hours.is_sound() {
            return wrong("its hours name half hours that a day doesn't have");
        }
        self.check_terms(&def.code, &def.terms)?;
        self.check_code(&def.code)?;
        match &def.kind {
            KindDef::Exclusive => Ok(()),
            KindDef::Session { capacity: 1.. } => Ok(()),
            KindDef::Session { capacity: 0 } => wrong("a session has at least one place"),
            KindDef::Divisible { leaves, .. } if *leaves < 2 || *leaves > LEAVES_PER_PITCH_MAX => {
                wrong("a divisible pitch is made of 2 to 48 leaves")
            }
            KindDef::Divisible { leaves, parts } => self.check_parts(def, *leaves, parts),
        }
    }

    fn check_parts(&self, def: &PitchDef, leaves: u8, parts: &[PartDef]) -> Result<(), InvalidDefinition> {
        let wrong = |why| Err(InvalidDefinition::Pitch { code: def.code.clone(), why });
        if parts.is_empty() {
            return wrong("a divisible pitch has parts");
        }
        for (index, part) in parts.iter().enumerate() {
            self.check_code(&part.code)?;
            self.check_terms(&part.code, &part.terms)?;
            if part.code == def.code || parts[..index].iter().any(|other| other.code == part.code) {
                return Err(InvalidDefinition::CodeTaken(part.code.clone()));
            }
            if part.leaves == 0 || u16::from(part.first_leaf) + u16::from(part.leaves) > u16::from(leaves) {
                return wrong("a part lies outside of its whole");
            }
        }
        Ok(())
    }

    fn check_code(&self, code: &Code) -> Result<(), InvalidDefinition> {
        if self.by_code.pitches.contains_key(code) {
            return Err(InvalidDefinition::CodeTaken(code.clone()));
        }
        Ok(())
    }

    fn check_terms(&self, code: &Code, terms: &Terms) -> Result<(), InvalidDefinition> {
        let wrong = |why| Err(InvalidDefinition::Pitch { code: code.clone(), why });
        if self.sport(terms.sport).is_none() {
            return Err(InvalidDefinition::Missing { what: "the sport", no: terms.sport.get().into() });
        }
        if terms.max_slots == 0 || terms.max_slots > SLOTS_PER_BOOKING_MAX {
            return wrong("a booking spans 1 to 48 slots");
        }
        if terms.party_max == 0 {
            return wrong("at least one person may come");
        }
        if terms.prices.iter().any(|band| !is_price(band.price)) {
            return wrong("a slot costs 0 to 10^12 minor units");
        }
        if !terms.cancel.is_sound() {
            return wrong("its cancellation rule is not sound");
        }
        Ok(())
    }
}

/// The highest price of a slot: far under where a sum of 48 slots for 65,535 places would not fit.
pub const PRICE_MAX: i64 = 1_000_000_000_000;
/// What a pitch has of its own, before its terms.
struct Bare<'a> {
    no: PitchNo,
    whole: PitchNo,
    code: &'a Code,
    venue: VenueNo,
    name: &'a Names,
    kind: PitchKind,
}

fn is_price(price: Minor) -> bool {
    (0..=PRICE_MAX).contains(&price.get())
}

fn next_no(len: usize, what: &'static str) -> Result<u32, InvalidDefinition> {
    // Room is left for a pitch's parts, and for a number that means none.
    u32::try_from(len)
        .ok()
        .filter(|no| *no < u32::MAX - u32::from(u16::MAX))
        .ok_or(InvalidDefinition::TooMany(what))
}

fn claim_code<N>(by_code: &mut HashMap<Code, N>, code: &Code, no: N) -> Result<(), InvalidDefinition> {
    if by_code.contains_key(code) {
        return Err(InvalidDefinition::CodeTaken(code.clone()));
    }
    by_code.insert(code.clone(), no);
    Ok(())
}

fn share<K: Clone + Eq + std::hash::Hash, V>(
    shared: &mut HashMap<K, Arc<V>>,
    key: &K,
    make: impl FnOnce() -> V,
) -> Arc<V> {
    if let Some(value) = shared.get(key) {
        return Arc::clone(value);
    }
    let value = Arc::new(make());
    shared.insert(key.clone(), Arc::clone(&value));
    value
}

#[cfg(test)]
mod tests;
