//! What a catalogue takes, what it refuses, and what it says of a day.

use super::*;
use crate::domain::change::{Admission, VenueChange};
use crate::domain::definition::{BookingsInside, Location};
use crate::domain::hours::DayKinds;
use crate::domain::money::Currency;
use crate::domain::units::UnitSpan;

fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

fn city() -> Catalogue {
    let mut catalogue = Catalogue::found(CityDef {
        name: Names::new("深圳", "Shenzhen"),
        timezone: "Asia/Shanghai".to_owned(),
        currency: Currency::new("CNY").expect("a currency"),
        days_ahead: 7,
        hold_minutes: 10,
        quotas: Vec::new(),
    })
    .expect("a city");
    let name = Names::new("一", "one");
    let district =
        catalogue.add_district(DistrictDef { code: code("futian"), name: name.clone() }).expect("a district");
    catalogue.add_sport(SportDef { code: code("football"), name: name.clone() }).expect("a sport");
    let location = Location { latitude_e6: 22_541_000, longitude_e6: 114_059_000 };
    catalogue
        .add_venue(VenueDef {
            code: code("v1"),
            name: name.clone(),
            district,
            address: name,
            location,
            admission: Admission::Open,
        })
        .expect("a venue");
    catalogue
}

fn terms() -> Terms {
    Terms {
        sport: SportNo::new(0),
        grid: SlotGrid::new(2, 0).expect("a grid"),
        max_slots: 2,
        party_max: 10,
        prices: Vec::new(),
        cancel: CancelRule::free_until(60),
    }
}

fn part(name: &str, first_leaf: u8, leaves: u8) -> PartDef {
    PartDef { code: code(name), name: Names::new("半", "half"), first_leaf, leaves, terms: terms() }
}

fn pitch(name: &str, kind: KindDef) -> PitchDef {
    let open = UnitSpan::between(18, 44).expect("a span").mask();
    PitchDef {
        code: code(name),
        venue: VenueNo::new(0),
        name: Names::new("场", "pitch"),
        hours: WeeklyHours::of(&[(DayKinds::ALL, open)]),
        terms: terms(),
        kind,
    }
}

#[test]
fn a_whole_is_followed_by_its_parts_within_its_leaves() {
    let mut catalogue = city();
    let halves = KindDef::Divisible { leaves: 2, parts: vec![part("f1-a", 0, 1), part("f1-b", 1, 1)] };
    let whole = catalogue.add_pitch(pitch("f1", halves)).expect("a pitch");
    let whole = catalogue.pitch(whole).expect("the whole").clone();
    assert_eq!(whole.leaves, 0..2);
    let half = catalogue.pitch_by_code("f1-b").expect("a half");
    assert_eq!((half.whole, half.leaves.clone(), half.kind), (whole.no, 1..2, PitchKind::Part));
    assert_eq!(catalogue.wholes().count(), 1);
}

#[test]
fn the_leaves_of_a_whole_never_straddle_two_blocks() {
    let mut catalogue = city();
    for index in 0..100 {
        let parts = vec![part(&format!("p{index}-a"), 0, 3), part(&format!("p{index}-b"), 3, 4)];
        let no = catalogue
            .add_pitch(pitch(&format!("p{index}"), KindDef::Divisible { leaves: 7, parts }))
            .expect("a pitch");
        let leaves = &catalogue.pitch(no).expect("the pitch").leaves;
        assert_eq!(leaves.start / LEAVES_PER_BLOCK, (leaves.end - 1) / LEAVES_PER_BLOCK);
    }
}

#[test]
fn definitions_that_make_no_sense_are_refused_and_change_nothing() {
    let mut catalogue = city();
    catalogue.add_pitch(pitch("p", KindDef::Exclusive)).expect("a pitch");
    let mut no_sport = pitch("q", KindDef::Exclusive);
    no_sport.terms.sport = SportNo::new(9);
    let mut no_venue = pitch("q", KindDef::Exclusive);
    no_venue.venue = VenueNo::new(9);
    let same = vec![part("same", 0, 1), part("same", 1, 1)];
    for bad in [
        pitch("p", KindDef::Exclusive),
        no_sport,
        no_venue,
        pitch("q", KindDef::Session { capacity: 0 }),
        pitch("q", KindDef::Divisible { leaves: 1, parts: vec![part("q-a", 0, 1)] }),
        pitch("q", KindDef::Divisible { leaves: 2, parts: vec![] }),
        pitch("q", KindDef::Divisible { leaves: 2, parts: vec![part("q-a", 1, 2)] }),
        pitch("q", KindDef::Divisible { leaves: 2, parts: vec![part("p", 0, 1)] }),
        pitch("q", KindDef::Divisible { leaves: 2, parts: same }),
    ] {
        assert!(catalogue.add_pitch(bad.clone()).is_err(), "{bad:?}");
        assert_eq!((catalogue.pitches().len(), catalogue.leaves()), (1, 1));
    }
}

#[test]
fn a_closure_of_a_part_closes_its_leaves_only() {
    let mut catalogue = city();
    let halves = KindDef::Divisible { leaves: 2, parts: vec![part("f1-a", 0, 1), part("f1-b", 1, 1)] };
    catalogue.add_pitch(pitch("f1", halves)).expect("a pitch");
    let day = LocalDay::new(20_000);
    let units = UnitSpan::between(20, 22).expect("a span").mask();
    let part = catalogue.pitch_by_code("f1-a").expect("a half").no;
    let def = ClosureDef {
        code: None,
        pitches: vec![part],
        first_day: day,
        last_day: day,
        units,
        bookings: BookingsInside::Keep,
        reason: String::new(),
    };
    catalogue.add_closure(def).expect("a closure");
    let whole = catalogue.pitch_by_code("f1").expect("the whole");
    assert!(catalogue.closed(whole, 0, day).contains(units));
    assert!(!catalogue.closed(whole, 1, day).overlaps(units));
    assert!(!catalogue.closed(whole, 0, day.plus_days(1)).overlaps(units));
}

#[test]
fn a_venue_moves_to_a_district_that_is_there() {
    let mut catalogue = city();
    let west = DistrictDef { code: code("west"), name: Names::new("西", "west") };
    let west = catalogue.add_district(west).expect("a district");
    let location = Location { latitude_e6: -33_900_000, longitude_e6: 1 };
    let change = |district| VenueChange {
        district: Some(district),
        location: Some(location),
        ..VenueChange::of(VenueNo::new(0))
    };
    assert!(catalogue.change_venue(&change(DistrictNo::new(9))).is_err());
    let district_of = |catalogue: &Catalogue| catalogue.venues()[0].def.district;
    assert_eq!(district_of(&catalogue), DistrictNo::new(0));
    catalogue.change_venue(&change(west)).expect("a change");
    assert_eq!((district_of(&catalogue), catalogue.venues()[0].def.location), (west, location));
}
