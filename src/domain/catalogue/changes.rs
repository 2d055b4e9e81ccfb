//! What is changed of a catalogue that is in use: closures, releases, hours, prices, capacities.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Catalogue, Closure, InvalidDefinition, Pitch, PitchKind, Release, Venue, share};
use crate::domain::calendar::local_day;
use crate::domain::change::{NameChange, Named, Offered, PitchChange, VenueChange};
use crate::domain::definition::{ClosureDef, SpecialDay};
use crate::domain::hours::DayKind;
use crate::domain::ids::{Code, PitchNo, ReleaseNo, SportNo, VenueNo};
use crate::domain::names::Names;
use crate::domain::release::ReleaseDef;
use crate::domain::tariff::Tariff;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::{UNITS_PER_DAY, UnitMask};

/// How many pitches one closure may name.
const CLOSURE_PITCHES_MAX: usize = 1_000;
/// How many bytes say what there is of a lottery's pitches: as many as a record has room for.
const STOCK_BYTES_MAX: u32 = 56 * 1024;
/// How many days of its own a venue may set at once.
const VENUE_DAYS_MAX: usize = 400;

/// How many bytes say what there is of a whole on a day: a bit for each half hour of each leaf, or two bytes for each slot.
fn stock_bytes(whole: &Pitch) -> u32 {
    match whole.kind {
        PitchKind::Session { .. } => 2 * u32::from(whole.grid.slots_per_day()),
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => {
            u32::from(UNITS_PER_DAY).div_ceil(8) * (whole.leaves.end - whole.leaves.start)
        }
    }
}

impl Venue {
    /// What a day goes by here, where that is another kind than in the city.
    #[must_use]
    pub fn special_day(&self, day: LocalDay) -> Option<DayKind> {
        self.special_days.get(&day).copied()
    }

    /// The days that go by another kind here, in order.
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
}

impl Catalogue {
    /// Sets what kinds of days some days are.
    pub fn set_special_days(&mut self, days: &[SpecialDay]) {
        for special in days {
            self.special_days.insert(special.day, special.goes_by);
        }
    }

    /// Checks a closure before it is declared.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn check_closure(&self, def: &ClosureDef) -> Result<(), InvalidDefinition> {
        if def.pitches.is_empty() || def.pitches.len() > CLOSURE_PITCHES_MAX {
            return Err(InvalidDefinition::Closure { why: "names 1 to 1,000 pitches" });
        }
        if let Some(code) = def.code.as_ref().filter(|code| self.closure_by_code(code.as_str()).is_some()) {
            return Err(InvalidDefinition::CodeTaken(code.clone()));
        }
        if def.last_day < def.first_day {
            return Err(InvalidDefinition::Closure { why: "ends before it begins" });
        }
        if def.units.is_empty() || UnitMask::from_bits(def.units.bits()) != def.units {
            return Err(InvalidDefinition::Closure {
                why: "has no half hours, or some that a day doesn't have",
            });
        }
        match def.pitches.iter().find(|no| self.pitch(**no).is_none()) {
            Some(no) => Err(InvalidDefinition::Missing { what: "the pitch", no: no.get() }),
            None => Ok(()),
        }
    }

    /// Declares a closure and gives its number.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn add_closure(&mut self, def: ClosureDef) -> Result<u32, InvalidDefinition> {
        self.check_closure(&def)?;
        let no = u32::try_from(self.closures.len()).map_err(|_| InvalidDefinition::TooMany("closures"))?;
        self.closures.push(Arc::new(Closure { def, is_done: false }));
        Ok(no)
    }

    /// The closure of a code. They are few, and rarely asked for.
    #[must_use]
    pub fn closure_by_code(&self, code: &str) -> Option<&Arc<Closure>> {
        self.closures
            .iter()
            .find(|closure| closure.def.code.as_ref().is_some_and(|other| other.as_str() == code))
    }

    /// Notes that the bookings inside a closure have been dealt with.
    ///
    /// # Errors
    /// When there is no such closure.
    pub fn finish_closure(&mut self, no: u32) -> Result<(), InvalidDefinition> {
        let closure = usize::try_from(no)
            .ok()
            .and_then(|index| self.closures.get_mut(index))
            .ok_or(InvalidDefinition::Missing { what: "the closure", no })?;
        Arc::make_mut(closure).is_done = true;
        Ok(())
    }

    /// All releases, by number.
    #[must_use]
    pub fn releases(&self) -> &[Arc<Release>] {
        &self.releases
    }

    #[must_use]
    pub fn release(&self, no: ReleaseNo) -> Option<&Release> {
        self.releases.get(no.index()).map(AsRef::as_ref)
    }

    #[must_use]
    pub fn release_by_code(&self, code: &str) -> Option<&Release> {
        self.release(*self.by_code.releases.get(code)?)
    }

    /// The release that governs a pitch on a day of play, if one does.
    #[must_use]
    pub fn release_of(&self, pitch: &Pitch, day: LocalDay) -> Option<&Release> {
        let mut latest_first = pitch.releases.iter().rev().filter_map(|no| self.release(*no));
        latest_first.find(|release| release.def.governs(day))
    }

    /// Checks a release before it is declared.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn check_release(&self, def: &ReleaseDef) -> Result<(), InvalidDefinition> {
        if !def.is_sound() {
            return Err(InvalidDefinition::Release {
                code: def.code.clone(),
                why: "its rules make no sense",
            });
        }
        if self.by_code.releases.contains_key(&def.code) {
            return Err(InvalidDefinition::CodeTaken(def.code.clone()));
        }
        for no in &def.pitches {
            let pitch = self.pitch(*no).filter(|pitch| pitch.whole == pitch.no);
            let pitch = pitch.ok_or(InvalidDefinition::Missing { what: "the pitch", no: no.get() })?;
            if def.venue.is_some_and(|venue| venue != pitch.venue) {
                let why = "names a pitch of another venue";
                return Err(InvalidDefinition::Release { code: def.code.clone(), why });
            }
        }
        self.check_lottery(def)
    }

    /// Whether the terms of a lottery fit the city: its days are open when one may enter, the rest is sold when it is over, and what
    /// there is of it can be recorded.
    fn check_lottery(&self, def: &ReleaseDef) -> Result<(), InvalidDefinition> {
        let Some((lottery, last)) = def.lottery.as_deref().zip(def.last_day) else { return Ok(()) };
        let wrong = |why| Err(InvalidDefinition::Release { code: def.code.clone(), why });
        let days_ahead = i32::from(self.city().days_ahead);
        if last.days_since(local_day(self.zone(), lottery.from)) > days_ahead {
            return wrong("its last day of play is not open yet when one may enter");
        }
        if def.opens_at(self.zone(), def.first_day) < lottery.pay_by {
            return wrong("the rest is sold before winners have paid");
        }
        let days = last.days_since(def.first_day) + 1;
        let bytes_a_day: u32 = def.pitches.iter().filter_map(|no| self.pitch(*no)).map(stock_bytes).sum();
        if u32::try_from(days).unwrap_or(u32::MAX).saturating_mul(bytes_a_day) > STOCK_BYTES_MAX {
            return wrong("it has too many pitches and days to be drawn together");
        }
        Ok(())
    }

    /// Declares a release and gives its number.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn add_release(
        &mut self,
        def: ReleaseDef,
        declared_at: UtcMillis,
    ) -> Result<ReleaseNo, InvalidDefinition> {
        self.check_release(&def)?;
        // One number is kept for "none".
        let no = u16::try_from(self.releases.len()).ok().filter(|no| *no < u16::MAX);
        let no = ReleaseNo::new(no.ok_or(InvalidDefinition::TooMany("releases"))?);
        let kept_for_counter = self.kept_for_counter(&def);
        for whole in &def.pitches {
            let parts = self.pitch(*whole).map_or(0..0, |whole| whole.parts.clone());
            for pitch in std::iter::once(whole.get()).chain(parts) {
                if let Some(pitch) = Arc::make_mut(&mut self.pitches).get_mut(PitchNo::new(pitch).index()) {
                    let pitch = Arc::make_mut(pitch);
                    pitch.releases = pitch.releases.iter().copied().chain([no]).collect();
                }
            }
        }
        Arc::make_mut(&mut self.by_code).releases.insert(def.code.clone(), no);
        self.releases.push(Arc::new(Release { no, def, declared_at, kept_for_counter }));
        Ok(no)
    }

    /// Of the pitches of each sport at each venue the last ones by number. A session keeps places instead.
    fn kept_for_counter(&self, def: &ReleaseDef) -> HashSet<PitchNo> {
        let mut groups: std::collections::HashMap<(VenueNo, SportNo), Vec<PitchNo>> =
            std::collections::HashMap::new();
        for pitch in def.pitches.iter().filter_map(|no| self.pitch(*no)) {
            if !matches!(pitch.kind, PitchKind::Session { .. }) {
                groups.entry((pitch.venue, pitch.sport)).or_default().push(pitch.no);
            }
        }
        let mut kept = HashSet::new();
        for mut pitches in groups.into_values() {
            pitches.sort_unstable();
            let count = u32::try_from(pitches.len()).map_or(0, |count| def.kept_pitches(count));
            kept.extend(pitches.iter().rev().take(usize::try_from(count).unwrap_or(0)));
        }
        kept
    }

    /// Checks a change of a pitch before it is made.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn check_pitch_change(&self, change: &PitchChange) -> Result<(), InvalidDefinition> {
        let missing = InvalidDefinition::Missing { what: "the pitch", no: change.pitch.get() };
        let pitch = self.pitch(change.pitch).ok_or(missing)?;
        let wrong = |why| Err(InvalidDefinition::Pitch { code: pitch.code.clone(), why });
        let is_part = pitch.whole != pitch.no;
        if is_part && (change.hours.is_some() || change.offered.is_some()) {
            return wrong("a part has its whole's hours and is offered with it");
        }
        if pitch.offered == Offered::Succeeded && change.offered.is_some_and(|now| now != Offered::Succeeded)
        {
            return wrong("another pitch has taken its place");
        }
        if change.capacity.is_some() && !matches!(pitch.kind, PitchKind::Session { .. }) {
            return wrong("only a session has a capacity");
        }
        if change.capacity == Some(0) || change.party_max == Some(0) {
            return wrong("at least one person may come");
        }
        if change.max_slots.is_some_and(|slots| slots == 0 || slots > super::SLOTS_PER_BOOKING_MAX) {
            return wrong("a booking spans 1 to 48 slots");
        }
        if change.hours.as_ref().is_some_and(|hours| !hours.is_sound()) {
            return wrong("its hours name half hours that a day doesn't have");
        }
        if change.prices.iter().flatten().any(|band| !super::is_price(band.price)) {
            return wrong("a slot costs 0 to 10^12 minor units");
        }
        if change.cancel.as_ref().is_some_and(|cancel| !cancel.is_sound()) {
            return wrong("its cancellation rule is not sound");
        }
        Ok(())
    }

    /// Changes a pitch.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn change_pitch(&mut self, change: &PitchChange) -> Result<(), InvalidDefinition> {
        self.check_pitch_change(change)?;
        let hours = change
            .hours
            .as_ref()
            .map(|hours| share(&mut Arc::make_mut(&mut self.shared).hours, hours, || hours.clone()));
        let tariff = change
            .prices
            .as_ref()
            .map(|prices| share(&mut Arc::make_mut(&mut self.shared).tariffs, prices, || Tariff::of(prices)));
        let cancel = change
            .cancel
            .as_ref()
            .map(|cancel| share(&mut Arc::make_mut(&mut self.shared).cancels, cancel, || cancel.clone()));
        let parts = self.pitch(change.pitch).map_or(0..0, |pitch| pitch.parts.clone());
        for no in std::iter::once(change.pitch.get()).chain(parts) {
            let Some(pitch) = Arc::make_mut(&mut self.pitches).get_mut(PitchNo::new(no).index()) else {
                continue;
            };
            let pitch = Arc::make_mut(pitch);
            if let Some(hours) = &hours {
                pitch.hours = Arc::clone(hours);
            }
            if let Some(offered) = change.offered {
                pitch.offered = offered;
            }
            if no != change.pitch.get() {
                continue;
            }
            if let Some(tariff) = &tariff {
                pitch.tariff = Arc::clone(tariff);
            }
            if let Some(cancel) = &cancel {
                pitch.cancel = Arc::clone(cancel);
            }
            if let Some(name) = &change.name {
                pitch.name = name.clone();
            }
            pitch.max_slots = change.max_slots.unwrap_or(pitch.max_slots);
            pitch.party_max = change.party_max.unwrap_or(pitch.party_max);
            if let (PitchKind::Session { capacity, capacity_ever, .. }, Some(wanted)) =
                (&mut pitch.kind, change.capacity)
            {
                *capacity = wanted;
                *capacity_ever = wanted.max(*capacity_ever);
            }
        }
        Ok(())
    }

    /// What a district or a sport is known by, and what it is called.
    ///
    /// # Errors
    /// When there is none of this number.
    pub fn name_of(&self, named: Named) -> Result<(&Code, &Names), InvalidDefinition> {
        let (found, what, no) = match named {
            Named::District(no) => {
                (self.district(no).map(|def| (&def.code, &def.name)), "the district", no.get())
            }
            Named::Sport(no) => (self.sport(no).map(|def| (&def.code, &def.name)), "the sport", no.get()),
        };
        found.ok_or(InvalidDefinition::Missing { what, no: no.into() })
    }

    /// Calls a district or a sport something else.
    ///
    /// # Errors
    /// As `name_of`.
    pub fn change_name(&mut self, change: &NameChange) -> Result<(), InvalidDefinition> {
        self.name_of(change.of)?;
        match change.of {
            Named::District(no) => {
                if let Some(district) = self.districts.get_mut(no.index()) {
                    Arc::make_mut(district).name = change.name.clone();
                }
            }
            Named::Sport(no) => {
                if let Some(sport) = self.sports.get_mut(no.index()) {
                    Arc::make_mut(sport).name = change.name.clone();
                }
            }
        }
        Ok(())
    }

    /// Checks a change of a venue before it is made.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn check_venue_change(&self, change: &VenueChange) -> Result<(), InvalidDefinition> {
        if self.venue(change.venue).is_none() {
            return Err(InvalidDefinition::Missing { what: "the venue", no: change.venue.get() });
        }
        if change.special_days.len() > VENUE_DAYS_MAX {
            return Err(InvalidDefinition::TooMany("days at once"));
        }
        if let Some(district) = change.district.filter(|no| self.district(*no).is_none()) {
            return Err(InvalidDefinition::Missing { what: "the district", no: district.get().into() });
        }
        Ok(())
    }

    /// Changes a venue.
    ///
    /// # Errors
    /// As `add_district`.
    pub fn change_venue(&mut self, change: &VenueChange) -> Result<(), InvalidDefinition> {
        self.check_venue_change(change)?;
        let Some(venue) = Arc::make_mut(&mut self.venues).get_mut(change.venue.index()) else {
            return Ok(());
        };
        let venue = Arc::make_mut(venue);
        if let Some(name) = &change.name {
            venue.def.name = name.clone();
        }
        if let Some(address) = &change.address {
            venue.def.address = address.clone();
        }
        venue.def.district = change.district.unwrap_or(venue.def.district);
        venue.def.location = change.location.unwrap_or(venue.def.location);
        venue.admission = change.admission.unwrap_or(venue.admission);
        for special in &change.special_days {
            match special.goes_by {
                Some(goes_by) => venue.special_days.insert(special.day, goes_by),
                None => venue.special_days.remove(&special.day),
            };
        }
        Ok(())
    }
}
