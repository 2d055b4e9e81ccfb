//! Who may book of a release: by age, concession, district and verified name, and how much a household may have together.
//!
//! What the staff have verified of a resident is one word, so that a claim's look costs one load. It says as little as the rules need: the
//! year of birth and no day, so that age is what somebody reaches in the calendar year of play; a district and no address; kinds of
//! concession and no papers. Nobody claims any of it for himself.

use serde::{Deserialize, Serialize};

use super::ids::DistrictNo;
use super::time::LocalDay;

/// The years in which somebody may be born.
pub const BIRTH_YEARS: (u16, u16) = (1880, 2200);
/// How many districts a release may name.
pub const DISTRICTS_MAX: usize = 100;

/// A reason for which somebody is favoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concession {
    Student,
    Senior,
    Disabled,
    LowIncome,
    Veteran,
    LargeFamily,
}

impl Concession {
    pub const ALL: [Self; 6] =
        [Self::Student, Self::Senior, Self::Disabled, Self::LowIncome, Self::Veteran, Self::LargeFamily];

    const fn bit(self) -> u64 {
        1 << (CONCESSIONS_FROM + self as u32)
    }
}

const DISTRICT_FROM: u32 = 16;
const REAL_NAME: u64 = 1 << 32;
const CONCESSIONS_FROM: u32 = 40;
const CONCESSION_BITS: u64 = 0x3f << CONCESSIONS_FROM;
const ALL_BITS: u64 = 0x1_ffff_ffff | CONCESSION_BITS;

/// What was verified of a resident. Nothing is verified of most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verified(u64);

impl Verified {
    /// The same with a year of birth; with none where none is said.
    #[must_use]
    pub fn born_in(self, year: Option<u16>) -> Self {
        Self(self.0 & !0xffff | u64::from(year.unwrap_or(0)))
    }

    /// The same, registered in a district.
    #[must_use]
    pub fn of_district(self, district: Option<DistrictNo>) -> Self {
        let number = district.map_or(0, |district| u64::from(district.get()) + 1);
        Self(self.0 & !(0xffff << DISTRICT_FROM) | (number & 0xffff) << DISTRICT_FROM)
    }

    /// The same, somebody whose papers were seen.
    #[must_use]
    pub const fn with_real_name(self) -> Self {
        Self(self.0 | REAL_NAME)
    }

    /// The same with a concession.
    #[must_use]
    pub const fn with(self, concession: Concession) -> Self {
        Self(self.0 | concession.bit())
    }

    #[must_use]
    pub fn birth_year(self) -> Option<u16> {
        u16::try_from(self.0 & 0xffff).ok().filter(|year| *year > 0)
    }

    #[must_use]
    pub fn district(self) -> Option<DistrictNo> {
        let number = u16::try_from(self.0 >> DISTRICT_FROM & 0xffff).ok()?;
        number.checked_sub(1).map(DistrictNo::new)
    }

    #[must_use]
    pub const fn has_real_name(self) -> bool {
        self.0 & REAL_NAME != 0
    }

    #[must_use]
    pub const fn has(self, concession: Concession) -> bool {
        self.0 & concession.bit() != 0
    }

    /// His concessions.
    pub fn concessions(self) -> impl Iterator<Item = Concession> {
        Concession::ALL.into_iter().filter(move |concession| self.has(*concession))
    }

    /// All of it in one word.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// What a word says; nothing when it makes no sense.
    #[must_use]
    pub const fn of_bits(bits: u64) -> Option<Self> {
        let year = (bits & 0xffff) as u16;
        let is_year = year == 0 || (BIRTH_YEARS.0 <= year && year <= BIRTH_YEARS.1);
        if is_year && bits & !ALL_BITS == 0 { Some(Self(bits)) } else { None }
    }

    /// The same in half a word, for memory: the year counted from the first that there may be.
    #[must_use]
    pub const fn packed(self) -> u32 {
        let year = (self.0 & 0xffff) as u32;
        let year = year.saturating_sub(BEFORE_FIRST_YEAR);
        let district = (self.0 >> DISTRICT_FROM & 0xffff) as u32;
        let concessions = (self.0 >> CONCESSIONS_FROM & 0x3f) as u32;
        let real_name = self.has_real_name() as u32;
        year | district << PACKED_DISTRICT_FROM
            | real_name << PACKED_NAME_AT
            | concessions << PACKED_CONCESSIONS_FROM
    }

    /// What half a word says.
    #[must_use]
    pub const fn of_packed(packed: u32) -> Self {
        let year = packed & ((1 << PACKED_DISTRICT_FROM) - 1);
        let year = if year == 0 { 0 } else { year + BEFORE_FIRST_YEAR };
        let district = packed >> PACKED_DISTRICT_FROM & 0xffff;
        let real_name = if packed >> PACKED_NAME_AT & 1 == 1 { REAL_NAME } else { 0 };
        let concessions = packed >> PACKED_CONCESSIONS_FROM;
        Self(
            year as u64
                | (district as u64) << DISTRICT_FROM
                | real_name
                | (concessions as u64) << CONCESSIONS_FROM,
        )
    }
}

/// Years are counted from behind this one in half a word: nine bits hold them all.
const BEFORE_FIRST_YEAR: u32 = BIRTH_YEARS.0 as u32 - 1;
const PACKED_DISTRICT_FROM: u32 = 9;
const PACKED_NAME_AT: u32 = 25;
const PACKED_CONCESSIONS_FROM: u32 = 26;
const _: () = assert!(BIRTH_YEARS.1 as u32 - BEFORE_FIRST_YEAR < 1 << PACKED_DISTRICT_FROM);

/// What a release asks of who books.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntitlementDef {
    /// The age that one must reach in the year of play, and the last one that one may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_from: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_to: Option<u8>,
    /// One of them is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concessions: Vec<Concession>,
    /// One must be registered in one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub districts: Vec<DistrictNo>,
    /// Whether one's papers must have been seen.
    #[serde(default)]
    pub real_name: bool,
    /// How many bookings of it a household may have together, a day of play.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_per_household: Option<u16>,
    /// How many may come with one booking at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_max: Option<u16>,
}

/// What somebody lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lack {
    RealName,
    Age,
    District,
    Concession,
}

impl EntitlementDef {
    /// Whether the terms make sense by themselves.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let ages = self.age_from.unwrap_or(0) <= self.age_to.unwrap_or(u8::MAX);
        ages && self.limit_per_household != Some(0)
            && self.party_max != Some(0)
            && self.districts.len() <= DISTRICTS_MAX
            && self.concessions.len() <= Concession::ALL.len()
    }

    /// Whether somebody of whom this was verified may book for a day of play.
    ///
    /// # Errors
    /// The first thing that he lacks.
    pub fn judge(&self, verified: Verified, day: LocalDay) -> Result<(), Lack> {
        if self.real_name && !verified.has_real_name() {
            return Err(Lack::RealName);
        }
        if self.age_from.is_some() || self.age_to.is_some() {
            let born = verified.birth_year().ok_or(Lack::Age)?;
            let age = i32::from(day.date().year()) - i32::from(born);
            let from = self.age_from.map_or(i32::MIN, i32::from);
            if age < from || age > self.age_to.map_or(i32::MAX, i32::from) {
                return Err(Lack::Age);
            }
        }
        let is_of = |of: DistrictNo| self.districts.contains(&of);
        if !self.districts.is_empty() && !verified.district().is_some_and(is_of) {
            return Err(Lack::District);
        }
        let has_one = self.concessions.iter().any(|concession| verified.has(*concession));
        if !self.concessions.is_empty() && !has_one {
            return Err(Lack::Concession);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> LocalDay {
        LocalDay::parse(text).expect("a day")
    }

    #[test]
    fn half_a_word_says_the_same() {
        let all = Concession::ALL.into_iter().fold(Verified::default().with_real_name(), Verified::with);
        for year in [None, Some(BIRTH_YEARS.0), Some(1987), Some(BIRTH_YEARS.1)] {
            for district in [None, Some(DistrictNo::new(0)), Some(DistrictNo::new(u16::MAX - 1))] {
                for verified in [Verified::default(), Verified::default().with(Concession::Senior), all] {
                    let verified = verified.born_in(year).of_district(district);
                    assert_eq!(Verified::of_packed(verified.packed()), verified);
                    assert_eq!(Verified::of_bits(verified.bits()), Some(verified));
                }
            }
        }
        assert_eq!(Verified::of_bits(u64::from(BIRTH_YEARS.1) + 1), None);
    }

    #[test]
    fn what_was_verified_is_found_again_in_its_word() {
        let all = Concession::ALL.into_iter().fold(Verified::default(), Verified::with);
        let somebody = all.born_in(Some(1958)).of_district(Some(DistrictNo::new(0))).with_real_name();
        let read = Verified::of_bits(somebody.bits()).expect("a word");
        assert_eq!((read.birth_year(), read.district()), (Some(1958), Some(DistrictNo::new(0))));
        assert!(read.has_real_name());
        assert_eq!(read.concessions().count(), Concession::ALL.len());
        assert_eq!(read.born_in(None).of_district(None).birth_year(), None);
        assert_eq!(Verified::default().district(), None);
        assert_eq!(Verified::of_bits(1 << 46), None);
        assert_eq!(Verified::of_bits(1 << 33), None);
    }

    #[test]
    fn one_lacks_what_was_never_verified_and_age_goes_by_the_year_of_play() {
        let seniors = EntitlementDef { age_from: Some(60), ..EntitlementDef::default() };
        let born = |year| Verified::default().born_in(Some(year));
        for (who, on, expected) in [
            (born(1966), "2026-01-01", Ok(())),
            (born(1967), "2026-12-31", Err(Lack::Age)),
            (born(1967), "2027-01-01", Ok(())),
            (Verified::default(), "2027-01-01", Err(Lack::Age)),
        ] {
            assert_eq!(seniors.judge(who, day(on)), expected, "{who:?} on {on}");
        }
        let children = EntitlementDef { age_to: Some(14), ..EntitlementDef::default() };
        assert_eq!(children.judge(born(2012), day("2026-06-01")), Ok(()));
        assert_eq!(children.judge(born(2011), day("2026-06-01")), Err(Lack::Age));
    }

    #[test]
    fn of_several_conditions_each_must_hold_and_of_concessions_or_districts_one() {
        let (here, there) = (DistrictNo::new(1), DistrictNo::new(2));
        let def = EntitlementDef {
            real_name: true,
            districts: vec![here],
            concessions: vec![Concession::Student, Concession::Disabled],
            ..EntitlementDef::default()
        };
        let on = day("2026-06-01");
        let known = Verified::default().with_real_name();
        assert_eq!(def.judge(Verified::default(), on), Err(Lack::RealName));
        assert_eq!(def.judge(known, on), Err(Lack::District));
        assert_eq!(def.judge(known.of_district(Some(there)), on), Err(Lack::District));
        assert_eq!(def.judge(known.of_district(Some(here)), on), Err(Lack::Concession));
        let senior = known.of_district(Some(here)).with(Concession::Senior);
        assert_eq!(def.judge(senior, on), Err(Lack::Concession));
        assert_eq!(def.judge(senior.with(Concession::Disabled), on), Ok(()));
    }

    #[test]
    fn terms_that_nobody_could_fulfil_make_no_sense() {
        let def = EntitlementDef { age_from: Some(15), age_to: Some(14), ..EntitlementDef::default() };
        assert!(!def.is_sound());
        assert!(!EntitlementDef { party_max: Some(0), ..EntitlementDef::default() }.is_sound());
        assert!(
            EntitlementDef { age_from: Some(14), age_to: Some(14), ..EntitlementDef::default() }.is_sound()
        );
    }
}
