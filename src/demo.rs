//! The demo city: Shenzhen as its published figures describe it, invented from a seed.
//!
//! A city to try everything on at the size of a real one: 1,930 venues, 8,159 pitches, 32 sports, of these 658 schools
//! with 2,758 pitches. Always: the same seed gives the same bytes, and the counts hold for every seed. Made are only the
//! events of the catalogue; accounts, open days and the journal are whose who asks. `docs/demo-city.md` says what
//! is drawn from what.

mod district;
mod draw;
mod holiday;
mod name;
mod pitch;
mod plan;
mod share;
mod sound;
mod sport;
mod terms;

use district::{DISTRICTS, District, Street};
use draw::Draw;
use name::NameBook;
use pitch::{Builder, FootballSizes};
use plan::{Counts, ELSEWHERE, PlannedVenue, Setting};
use sport::{FOOTBALL, SPORTS};
use terms::House;

use crate::domain::change::Admission;
use crate::domain::definition::{
    CityDef, DistrictDef, KindDef, Location, PitchDef, SportDef, VenueDef, hold_minutes,
};
use crate::domain::event::Event;
use crate::domain::ids::{DistrictNo, PitchNo, VenueNo};
use crate::domain::names::Names;
use crate::domain::policy::{QuotaMeasure, QuotaRule, QuotaScope, QuotaWindow};
use crate::domain::release::{ReleaseDef, ReleaseMode, ReleaseWhen};
use crate::domain::time::LocalDay;

/// How many venues the city has.
pub const VENUES: u32 = 1_930;
/// How many pitches it has; the parts of divisible ones are not counted.
pub const PITCHES: u32 = 8_159;
/// How many of the venues are schools.
pub const SCHOOLS: u32 = 658;
/// How many of the pitches are the schools'.
pub const SCHOOL_PITCHES: u32 = 2_758;

/// How many days after today are open.
const DAYS_AHEAD: u8 = 7;
/// The first day of play that goes by the sports centres' rule: 1 January 2026.
const RELEASED_FROM: LocalDay = LocalDay::new(20_454);
/// How many bookings a resident may have for one day of play.
const BOOKINGS_PER_DAY: u32 = 4;
/// How many bookings a resident may have that are not over yet.
const LIVE_BOOKINGS: u32 = 20;

/// The events that make the catalogue of the city of this seed, in the order in which a catalogue takes them.
#[must_use]
pub fn city(seed: u64) -> Vec<Event> {
    let mut draw = Draw::of(seed);
    let mut events = vec![Event::CityFounded(Box::new(city_def()))];
    events.extend(DISTRICTS.iter().map(|district| {
        Event::DistrictAdded(Box::new(DistrictDef {
            code: sound::code(district.code),
            name: Names::new(district.name.0, district.name.1),
        }))
    }));
    events.extend(sports().into_iter().map(|sport| Event::SportAdded(Box::new(sport))));
    events.push(Event::SpecialDaysSet(holiday::special_days()));
    let centres = add_venues(&mut draw, &mut events);
    events.push(Event::ReleaseDeclared(Box::new(centres_release(centres))));
    events
}

/// The sports centres open each day at 07:00 for the seventh day ahead; everything else may be booked at once.
fn centres_release(pitches: Vec<PitchNo>) -> ReleaseDef {
    ReleaseDef {
        code: sound::code("sports-centres"),
        name: Names::new("体育中心每日放号", "Sports centres, daily"),
        venue: None,
        pitches,
        first_day: RELEASED_FROM,
        last_day: None,
        when: ReleaseWhen::Daily { days_before: DAYS_AHEAD, minute: 7 * 60 },
        mode: ReleaseMode::FirstCome,
        limit_per_resident: None,
        counter_share_percent: 0,
        lottery: None,
        queue: None,
        returned: None,
        who: None,
    }
}

/// The sports of the demo, of use to any city.
#[must_use]
pub fn sports() -> Vec<SportDef> {
    let named = SPORTS.iter().map(|sport| SportDef {
        code: sound::code(sport.code),
        name: Names::new(sport.name.0, sport.name.1),
    });
    named.collect()
}

fn city_def() -> CityDef {
    let quota = |name, window, limit| QuotaRule {
        name: sound::code(name),
        scope: QuotaScope::City,
        measure: QuotaMeasure::Bookings,
        window,
        limit,
    };
    CityDef {
        name: Names::new("深圳", "Shenzhen"),
        timezone: "Asia/Shanghai".to_owned(),
        currency: sound::yuan(),
        days_ahead: DAYS_AHEAD,
        hold_minutes: hold_minutes(),
        quotas: vec![
            quota("city-day", QuotaWindow::DayOfPlay, BOOKINGS_PER_DAY),
            quota("city-live", QuotaWindow::Live, LIVE_BOOKINGS),
        ],
    }
}

/// Each venue, followed by its pitches. Returns the wholes of the sports centres.
fn add_venues(draw: &mut Draw, events: &mut Vec<Event>) -> Vec<PitchNo> {
    let football_pitches = Counts::of_the_city().by_sport[FOOTBALL];
    let mut sizes = FootballSizes::of(football_pitches, draw);
    let mut names = NameBook::default();
    let (mut next_pitch, mut of_centres) = (0, Vec::new());
    for ((district_no, planned), number) in placed(draw).into_iter().zip(0u32..) {
        let district = &DISTRICTS[usize::from(district_no)];
        let street = draw.pick(district.streets);
        let code = format!("sz-{:04}", number + 1);
        events.push(Event::VenueAdded(Box::new(VenueDef {
            code: sound::code(&code),
            name: names.venue(draw, planned.setting, (district, street)),
            district: DistrictNo::new(district_no),
            address: address(draw, district, street),
            location: location(draw, district, street),
            admission: Admission::Open,
        })));
        let house = House::of(planned.setting, draw);
        let builder = Builder { venue: VenueNo::new(number), code: &code, house: &house, sizes: &mut sizes };
        let pitches = builder.build(&planned.pitches, draw);
        for pitch in pitches {
            if planned.setting == Setting::Centre {
                of_centres.push(PitchNo::new(next_pitch));
            }
            // A catalogue numbers a whole and then its parts.
            next_pitch += 1 + parts_of(&pitch);
            events.push(Event::PitchAdded(Box::new(pitch)));
        }
    }
    of_centres
}

fn parts_of(pitch: &PitchDef) -> u32 {
    match &pitch.kind {
        KindDef::Divisible { parts, .. } => parts.iter().map(|_| 1).sum(),
        KindDef::Exclusive | KindDef::Session { .. } => 0,
    }
}

/// The planned venues, each in a district, in a drawn order: of each kind of place, districts have their share by
/// inhabitants and at least one.
fn placed(draw: &mut Draw) -> Vec<(u16, PlannedVenue)> {
    let populations = DISTRICTS.each_ref().map(|district| district.population);
    let mut districts = Vec::new();
    for venues in std::iter::once(SCHOOLS).chain(ELSEWHERE) {
        let mut of_kind = Vec::new();
        for (count, district) in share::share_at_least_one(venues, &populations).into_iter().zip(0u16..) {
            of_kind.extend((0..count).map(|_| district));
        }
        draw.shuffle(&mut of_kind);
        districts.append(&mut of_kind);
    }
    let mut placed: Vec<(u16, PlannedVenue)> = districts.into_iter().zip(plan::plan(draw)).collect();
    draw.shuffle(&mut placed);
    placed
}

fn address(draw: &mut Draw, district: &District, street: &Street) -> Names {
    let road = draw.pick(district.roads);
    let number = draw.between(1, 399);
    Names::new(
        format!("深圳市{}{}街道{}{number}号", district.name.0, street.name.0, road.0),
        format!("{number} {}, {} Subdistrict, {}, Shenzhen", road.1, street.name.1, district.name.1),
    )
}

fn location(draw: &mut Draw, district: &District, street: &Street) -> Location {
    let mut near = |middle_e6: i32| {
        let offset = i32::try_from(draw.between(0, 2 * district.reach_e6)).unwrap_or(0);
        middle_e6 + offset - i32::try_from(district.reach_e6).unwrap_or(0)
    };
    Location { latitude_e6: near(street.latitude_e6), longitude_e6: near(street.longitude_e6) }
}

#[cfg(test)]
mod tests;
