//! The demo city keeps its published counts and is sound, whatever the seed.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Setting;
use super::sport::{BADMINTON, BASKETBALL, Layout};
use super::*;
use crate::domain::catalogue::{Catalogue, PitchKind};
use crate::domain::definition::{KindDef, PitchDef, Terms};
use crate::domain::hours::DayKind;
use crate::domain::time::UtcMillis;
use crate::domain::units::{UNITS_PER_DAY, UnitMask};

const SEED: u64 = 1;

/// What the catalogue makes of a city's events.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else there is, a demo city has none of it")]
fn catalogue_of(events: &[Event]) -> Catalogue {
    let mut events = events.iter();
    let Some(Event::CityFounded(city)) = events.next() else { panic!("a city is founded first") };
    let mut catalogue = Catalogue::found((**city).clone()).expect("a city");
    for event in events {
        let added = match event {
            Event::DistrictAdded(def) => catalogue.add_district((**def).clone()).map(drop),
            Event::SportAdded(def) => catalogue.add_sport((**def).clone()).map(drop),
            Event::VenueAdded(def) => catalogue.add_venue((**def).clone()).map(drop),
            Event::PitchAdded(def) => catalogue.add_pitch((**def).clone()).map(drop),
            Event::ReleaseDeclared(def) => {
                catalogue.add_release((**def).clone(), UtcMillis::new(0)).map(drop)
            }
            Event::SpecialDaysSet(days) => {
                catalogue.set_special_days(days);
                Ok(())
            }
            _ => panic!("no event of a catalogue: {event:?}"),
        };
        added.unwrap_or_else(|error| panic!("{error}: {event:?}"));
    }
    catalogue
}

fn bytes_of(events: &[Event]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for event in events {
        event.encode(&mut bytes);
    }
    bytes
}

fn pitches_of(events: &[Event]) -> impl Iterator<Item = &PitchDef> {
    events.iter().filter_map(|event| if let Event::PitchAdded(def) = event { Some(&**def) } else { None })
}

/// The terms of a whole and of its parts.
fn terms_of(pitch: &PitchDef) -> impl Iterator<Item = &Terms> {
    let parts = match &pitch.kind {
        KindDef::Divisible { parts, .. } => parts.as_slice(),
        KindDef::Exclusive | KindDef::Session { .. } => &[],
    };
    std::iter::once(&pitch.terms).chain(parts.iter().map(|part| &part.terms))
}

fn is_school(name: &Names) -> bool {
    name.zh_hans.ends_with("小学") || name.zh_hans.ends_with("中学") || name.zh_hans.ends_with("学校")
}

fn hours(from: u8, to: u8) -> UnitMask {
    sound::span(from, to).mask()
}

#[test]
fn the_counts_hold_for_every_seed_and_the_catalogue_takes_every_event() {
    for seed in [0, SEED, 2, 42, u64::MAX] {
        let catalogue = catalogue_of(&city(seed));
        let schools: Vec<_> = catalogue.venues().iter().filter(|venue| is_school(&venue.def.name)).collect();
        let school_pitches: usize = schools.iter().map(|venue| venue.pitches.len()).sum();
        assert_eq!(catalogue.venues().len(), 1_930, "seed {seed}");
        assert_eq!(catalogue.wholes().count(), 8_159, "seed {seed}");
        assert_eq!(catalogue.sports().len(), 32, "seed {seed}");
        assert_eq!(catalogue.districts().len(), 10, "seed {seed}");
        assert_eq!((schools.len(), school_pitches), (658, 2_758), "seed {seed}");
        assert!(catalogue.venues().iter().all(|venue| !venue.pitches.is_empty()), "seed {seed}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let hash = |seed| blake3::hash(&bytes_of(&city(seed)));
    assert_eq!(hash(SEED), hash(SEED));
    assert_ne!(hash(SEED), hash(SEED + 1));
}

#[test]
fn events_come_back_from_their_bytes() {
    for event in city(SEED) {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        assert_eq!(Event::decode(&bytes).expect("an event"), event);
    }
}

#[test]
fn what_a_resident_may_have_is_four_a_day_and_twenty_live() {
    let catalogue = catalogue_of(&city(SEED));
    let quotas: Vec<_> = catalogue
        .city()
        .quotas
        .iter()
        .map(|rule| (rule.name.as_str(), rule.scope, rule.measure, rule.window, rule.limit))
        .collect();
    assert_eq!(
        quotas,
        [
            ("city-day", QuotaScope::City, QuotaMeasure::Bookings, QuotaWindow::DayOfPlay, 4),
            ("city-live", QuotaScope::City, QuotaMeasure::Bookings, QuotaWindow::Live, 20),
        ]
    );
    assert_eq!(catalogue.city().days_ahead, 7);
}

#[test]
fn the_sports_that_others_ask_for_are_there() {
    let catalogue = catalogue_of(&city(SEED));
    for code in [
        "badminton",
        "football",
        "swimming",
        "basketball",
        "volleyball",
        "tennis",
        "table-tennis",
        "gym",
        "squash",
    ] {
        assert!(catalogue.sport_by_code(code).is_some(), "{code}");
    }
    for (index, code) in [(FOOTBALL, "football"), (BASKETBALL, "basketball"), (BADMINTON, "badminton")] {
        assert_eq!(SPORTS[index].code, code);
    }
}

#[test]
fn the_survey_adds_up() {
    let grounds =
        |codes: &[&str]| SPORTS.iter().filter(|s| codes.contains(&s.code)).map(|s| s.spread.grounds).sum();
    let all: u32 = SPORTS.iter().map(|sport| sport.spread.grounds).sum();
    let balls: u32 = SPORTS[..15].iter().map(|sport| sport.spread.grounds).sum();
    let big: u32 = grounds(&["football", "basketball", "volleyball"]);
    let small: u32 = grounds(&["table-tennis", "badminton", "tennis"]);
    assert_eq!((all, balls, big, small), (39_256, 21_940, 8_783, 11_427));
    assert_eq!((balls - big - small, all - balls), (1_730, 17_316));
    assert_eq!(sport::FOOTBALL_GROUNDS.iter().sum::<u32>(), SPORTS[FOOTBALL].spread.grounds);
}

#[test]
fn each_sport_has_its_share_of_the_pitches_within_one() {
    let catalogue = catalogue_of(&city(SEED));
    let mut counts = vec![0u32; SPORTS.len()];
    for whole in catalogue.wholes() {
        counts[whole.sport.index()] += 1;
    }
    for (count, sport) in counts.iter().zip(&SPORTS) {
        // Compared over the survey's sum, so that nothing is rounded.
        let apart = (u64::from(*count) * 39_256).abs_diff(u64::from(sport.spread.grounds) * 8_159);
        assert!(apart < 39_256, "{} {count}", sport.code);
        assert!(*count >= 5, "{} {count}", sport.code);
    }
    assert_eq!(counts.iter().sum::<u32>(), 8_159);
}

#[test]
fn football_pitches_are_of_the_surveys_sizes_and_only_the_large_ones_divisible() {
    let mut sizes = BTreeMap::new();
    let events = city(SEED);
    for pitch in pitches_of(&events).filter(|pitch| pitch.terms.sport.index() == FOOTBALL) {
        let size = pitch.name.en.split(' ').next().expect("a word");
        *sizes.entry(size).or_insert(0) += 1;
        let is_divisible = matches!(pitch.kind, KindDef::Divisible { .. });
        assert_eq!(is_divisible, size == "Eleven-a-side", "{}", pitch.name.en);
    }
    assert_eq!(sizes, BTreeMap::from([("Eleven-a-side", 63), ("Five-a-side", 128), ("Seven-a-side", 118)]));
}

#[test]
fn halls_are_played_as_badminton_too_and_some_parts_overlap() {
    let events = city(SEED);
    let (mut halls, mut overlapping) = (0, 0);
    for pitch in pitches_of(&events) {
        let KindDef::Divisible { leaves, parts } = &pitch.kind else { continue };
        halls += u32::from(parts.iter().any(|part| part.terms.sport != pitch.terms.sport));
        let covered: u32 = parts.iter().map(|part| u32::from(part.leaves)).sum();
        overlapping += u32::from(covered > u32::from(*leaves));
        assert_eq!(covered % u32::from(*leaves), 0, "{}: the parts cover the whole evenly", pitch.code);
    }
    assert!(halls > 50 && overlapping > 50, "{halls} {overlapping}");
}

#[test]
fn schools_are_open_on_weekday_evenings_and_on_free_days_from_eight_to_nine() {
    let catalogue = catalogue_of(&city(SEED));
    for pitch in catalogue.pitches() {
        let venue = catalogue.venue(pitch.venue).expect("its venue");
        if !is_school(&venue.def.name) {
            continue;
        }
        for kind in DayKind::ALL {
            let is_workday = kind.index() < 5;
            let open = if is_workday { hours(38, 42) } else { hours(16, 42) };
            assert_eq!(pitch.hours.on(kind), open, "{} {kind:?}", pitch.code);
        }
    }
}

#[test]
fn every_pitch_sells_all_its_open_hours_on_every_kind_of_day() {
    let catalogue = catalogue_of(&city(SEED));
    for pitch in catalogue.pitches() {
        for kind in DayKind::ALL {
            let open = pitch.hours.on(kind);
            let sold = pitch
                .grid
                .slots()
                .map(|slot| slot.mask())
                .filter(|slot| open.contains(*slot))
                .fold(UnitMask::EMPTY, UnitMask::union);
            assert!(!sold.is_empty(), "{} is never sold on {kind:?}", pitch.code);
            assert_eq!(sold, open, "{} on {kind:?}", pitch.code);
        }
    }
}

#[test]
fn pools_are_sold_in_four_sessions_a_day() {
    let events = city(SEED);
    let (mut large, mut largest) = (0, 0);
    for pitch in pitches_of(&events) {
        if !matches!(SPORTS[pitch.terms.sport.index()].sale.layout, Layout::Pool) {
            continue;
        }
        let KindDef::Session { capacity } = pitch.kind else { panic!("{} is no session", pitch.code) };
        let most = if pitch.name.en.starts_with("Outdoor") { 500 } else { 800 };
        assert!((30..=most).contains(&capacity), "{} {capacity}", pitch.name.en);
        large += u32::from(capacity >= 400);
        largest = largest.max(capacity);
        if pitch.terms.grid.slot_units() > terms::SCHOOL_SLOT_UNITS_MAX {
            let slots = pitch.hours.on(DayKind::Monday).count() / u32::from(pitch.terms.grid.slot_units());
            assert_eq!(slots, 4, "{}", pitch.code);
        }
    }
    assert!(large >= 5 && largest > 700, "{large} {largest}");
}

#[test]
fn venues_lie_within_their_districts() {
    // Latitudes, then longitudes, in thousandths of a degree.
    let boxes = [
        ("futian", 22_505..22_600, 113_995..114_115),
        ("luohu", 22_525..22_610, 114_085..114_210),
        ("nanshan", 22_460..22_640, 113_870..114_020),
        ("yantian", 22_540..22_640, 114_210..114_370),
        ("baoan", 22_530..22_830, 113_760..113_970),
        ("longgang", 22_580..22_830, 114_040..114_360),
        ("longhua", 22_590..22_760, 113_970..114_110),
        ("pingshan", 22_640..22_780, 114_270..114_430),
        ("guangming", 22_700..22_830, 113_840..113_990),
        ("dapeng", 22_440..22_700, 114_370..114_640),
    ];
    let catalogue = catalogue_of(&city(SEED));
    let mut by_district = BTreeMap::new();
    for venue in catalogue.venues() {
        let code = catalogue.district(venue.def.district).expect("its district").code.as_str();
        let (_, latitudes, longitudes) =
            boxes.iter().find(|(district, ..)| *district == code).expect("a box");
        let Location { latitude_e6, longitude_e6 } = venue.def.location;
        assert!(latitudes.contains(&(latitude_e6 / 1_000)), "{code} {latitude_e6}");
        assert!(longitudes.contains(&(longitude_e6 / 1_000)), "{code} {longitude_e6}");
        *by_district.entry(code).or_insert(0) += 1;
    }
    assert_eq!(by_district.len(), 10);
    assert!(by_district["baoan"] > by_district["futian"] && by_district["dapeng"] >= 5, "{by_district:?}");
}

#[test]
fn names_are_used_once() {
    fn check<'a>(what: &str, names: impl Iterator<Item = &'a Names>) {
        let (mut zh_hans, mut en) = (BTreeSet::new(), BTreeSet::new());
        for name in names {
            assert!(zh_hans.insert(&name.zh_hans), "{what} {}", name.zh_hans);
            assert!(en.insert(&name.en), "{what} {}", name.en);
            assert!(name.en.is_ascii() && !name.zh_hans.is_empty(), "{what} {name:?}");
        }
    }
    let catalogue = catalogue_of(&city(SEED));
    check("districts", catalogue.districts().iter().map(|district| &district.name));
    check("sports", catalogue.sports().iter().map(|sport| &sport.name));
    check("venues", catalogue.venues().iter().map(|venue| &venue.def.name));
    for venue in catalogue.venues() {
        let here = venue.pitches.iter().filter_map(|no| catalogue.pitch(*no)).flat_map(|whole| {
            let numbers = std::iter::once(whole.no.get()).chain(whole.parts.clone());
            numbers.filter_map(|no| catalogue.pitches().get(no as usize)).map(|pitch| &pitch.name)
        });
        check("pitches of a venue", here);
    }
}

#[test]
fn prices_are_sane() {
    let events = city(SEED);
    let mut tariffs = BTreeSet::new();
    let mut free = 0;
    for pitch in pitches_of(&events) {
        for terms in terms_of(pitch) {
            let prices: Vec<i64> = terms.prices.iter().map(|band| band.price.get()).collect();
            assert!(prices.iter().all(|price| (100..=400_000).contains(price)), "{} {prices:?}", pitch.code);
            assert!(prices.iter().all(|price| price % 100 == 0), "{} {prices:?}", pitch.code);
            assert!((1..=4).contains(&terms.max_slots) && terms.party_max > 0, "{}", pitch.code);
            assert!(!terms.cancel.steps().is_empty(), "{} can be cancelled", pitch.code);
            tariffs.insert(format!("{:?}", terms.prices));
        }
        if let KindDef::Divisible { parts, .. } = &pitch.kind {
            let peak = |terms: &Terms| {
                let slots = i64::from(terms.grid.slot_units());
                terms.prices.iter().map(|band| band.price.get()).max().map(|price| price / slots)
            };
            let same_sport = parts.iter().filter(|part| part.terms.sport == pitch.terms.sport);
            for part in same_sport {
                assert!(peak(&part.terms) < peak(&pitch.terms), "{} is dearer than its whole", part.code);
            }
        }
        let tariff = crate::domain::tariff::Tariff::of(&pitch.terms.prices);
        free += u32::from(tariff.slot_price(DayKind::Monday, 16).get() == 0);
    }
    assert!(free > 100, "{free} pitches are free in the morning");
    // Each table of prices takes 3 KB in the catalogue, which keeps equal ones once.
    assert!(tariffs.len() < 1_500, "{} tables of prices", tariffs.len());
}

#[test]
fn sessions_hold_thirty_to_eight_hundred() {
    for pitch in catalogue_of(&city(SEED)).pitches() {
        if let PitchKind::Session { capacity, .. } = pitch.kind {
            assert!((30..=800).contains(&capacity), "{} {capacity}", pitch.code);
            assert!(pitch.party_max <= capacity, "{}", pitch.code);
        }
    }
}

#[test]
fn holidays_go_by_holiday_hours_and_worked_weekends_by_those_of_workdays() {
    let catalogue = catalogue_of(&city(SEED));
    for (day, kind) in [
        ("2026-02-17", DayKind::Holiday),
        ("2026-02-14", DayKind::Monday),
        ("2026-10-07", DayKind::Holiday),
        ("2026-10-08", DayKind::Thursday),
        ("2026-10-10", DayKind::Monday),
        ("2027-02-06", DayKind::Holiday),
        ("2027-10-04", DayKind::Monday),
    ] {
        assert_eq!(catalogue.day_kind(VenueNo::new(0), LocalDay::parse(day).expect("a date")), kind, "{day}");
    }
}

#[test]
fn only_schools_and_public_grounds_have_tracks() {
    let catalogue = catalogue_of(&city(SEED));
    let athletics = catalogue.sport_by_code("athletics").expect("a sport");
    let tracks: Vec<_> = catalogue.wholes().filter(|pitch| pitch.sport == athletics).collect();
    let in_schools = tracks
        .iter()
        .filter(|pitch| catalogue.venue(pitch.venue).is_some_and(|venue| is_school(&venue.def.name)))
        .count();
    assert!(in_schools * 2 > tracks.len(), "{in_schools} of {}", tracks.len());
    let clubs = plan::plan(&mut Draw::of(SEED));
    assert!(clubs.iter().all(|venue| venue.setting != Setting::Club(athletics.index())));
}

/// Half hours that can be booked in a week without holidays: of each leaf once, whatever parts share it.
fn units_of_a_week(catalogue: &Catalogue) -> u32 {
    let of_a_leaf = |pitch: &crate::domain::catalogue::Pitch| -> u32 {
        DayKind::ALL[..7].iter().map(|kind| pitch.hours.on(*kind).count()).sum()
    };
    catalogue.wholes().map(|whole| (whole.leaves.end - whole.leaves.start) * of_a_leaf(whole)).sum()
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of docs/demo-city.md are read from here")]
fn well_over_900_000_half_hours_are_open_in_a_week() {
    let events = city(SEED);
    let catalogue = catalogue_of(&events);
    let units = units_of_a_week(&catalogue);
    let count = |is: fn(&PitchKind) -> bool| catalogue.pitches().iter().filter(|p| is(&p.kind)).count();
    let leaves: u32 = catalogue.wholes().map(|whole| whole.leaves.end - whole.leaves.start).sum();
    println!("events {}, their bytes {}", events.len(), bytes_of(&events).len());
    println!(
        "bookable {}: exclusive {}, divisible {}, parts {}, sessions {}",
        catalogue.pitches().len(),
        count(|kind| matches!(kind, PitchKind::Exclusive)),
        count(|kind| matches!(kind, PitchKind::Divisible)),
        count(|kind| matches!(kind, PitchKind::Part)),
        count(|kind| matches!(kind, PitchKind::Session { .. })),
    );
    println!("leaves {leaves}, half hours in seven days {units}");
    assert!(units > 900_000, "{units}");
    assert!(units < leaves * 7 * u32::from(UNITS_PER_DAY));
}

#[test]
fn the_sports_centres_and_no_others_open_by_a_daily_rule() {
    let catalogue = catalogue_of(&city(SEED));
    let day = RELEASED_FROM.plus_days(300);
    let is_released = |venue: &crate::domain::catalogue::Venue| {
        let mut pitches = venue.pitches.iter().filter_map(|no| catalogue.pitch(*no));
        let released = pitches.clone().filter(|pitch| catalogue.release_of(pitch, day).is_some()).count();
        assert!(released == 0 || pitches.all(|pitch| catalogue.release_of(pitch, day).is_some()));
        released > 0
    };
    let released = catalogue.venues().iter().filter(|venue| is_released(venue)).count();
    assert_eq!(released, usize::try_from(ELSEWHERE[0]).expect("few"));
    assert_eq!(RELEASED_FROM.to_string(), "2026-01-01");
}
