//! A programme's file (`examples/programmes`) and the events that it is made into.

use std::collections::BTreeMap;
use std::path::Path;

use kaichang::domain::change::Admission;
use kaichang::domain::definition::{
    CityDef, DistrictDef, KindDef, Location, PitchDef, SpecialDay, SportDef, Terms, VenueDef,
};
use kaichang::domain::event::{Event, ResidentsEnrolled};
use kaichang::domain::grid::SlotGrid;
use kaichang::domain::hours::{DayKind, DayKinds, WeeklyHours};
use kaichang::domain::ids::{Code, DistrictNo, PitchNo, ResidentNo, SportNo, VenueNo};
use kaichang::domain::money::Minor;
use kaichang::domain::names::Names;
use kaichang::domain::policy::{CancelRule, RefundStep};
use kaichang::domain::release::{ReleaseDef, ReleaseMode, ReleaseWhen};
use kaichang::domain::tariff::PriceBand;
use kaichang::domain::time::LocalDay;
use kaichang::domain::units::UnitSpan;
use serde::Deserialize;

/// What each resident of a programme has in the wallet.
pub(crate) const BALANCE: i64 = 10_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Programme {
    city: CityDef,
    special_days: BTreeMap<String, DayKind>,
    district: DistrictDef,
    sports: Vec<SportDef>,
    pitches: Vec<Pitch>,
    release: Option<Daily>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pitch {
    code: Code,
    name: Names,
    sport: String,
    /// Of a session.
    capacity: Option<u16>,
    slot_minutes: u8,
    max_slots: u8,
    party_max: u16,
    hours: Vec<Open>,
    prices: Vec<Price>,
    cancel: Vec<RefundStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    days: PlayedOn,
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    days: PlayedOn,
    from: String,
    to: String,
    price: Minor,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlayedOn {
    All,
    Workdays,
    FreeDays,
}

/// PlayedOn of play open so many days before, at this time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Daily {
    pitches: Vec<Code>,
    days_before: u8,
    time: String,
}

/// The events of the programme in a file of `examples/programmes`, with so many residents.
pub(crate) fn events_of(file: &str, residents: u32) -> Vec<Event> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/programmes").join(file);
    let text = std::fs::read(&path).expect("a programme's file");
    let programme: Programme = serde_json::from_slice(&text).expect("a programme");
    let special = programme
        .special_days
        .iter()
        .map(|(day, goes_by)| SpecialDay { day: LocalDay::parse(day).expect("a date"), goes_by: *goes_by });
    let mut events = vec![
        Event::CityFounded(Box::new(programme.city)),
        Event::DistrictAdded(Box::new(programme.district.clone())),
        Event::SpecialDaysSet(special.collect()),
    ];
    events.extend(programme.sports.iter().map(|sport| Event::SportAdded(Box::new(sport.clone()))));
    events.push(Event::VenueAdded(Box::new(VenueDef {
        code: Code::new("venue").expect("a code"),
        name: programme.district.name.clone(),
        district: DistrictNo::new(0),
        address: programme.district.name,
        location: Location { latitude_e6: 22_500_000, longitude_e6: 114_000_000 },
        admission: Admission::Open,
    })));
    events
        .extend(programme.release.iter().map(|daily| release(daily, &programme.pitches)).collect::<Vec<_>>());
    let release = events.len() - usize::from(programme.release.is_some());
    let pitches = programme.pitches.into_iter().map(|pitch| {
        let sport = programme.sports.iter().position(|sport| sport.code.as_str() == pitch.sport);
        Event::PitchAdded(Box::new(definition(pitch, sport.expect("a sport of the programme"))))
    });
    // The release names pitches that must be there.
    events.splice(release..release, pitches);
    events.push(Event::ResidentsEnrolled(ResidentsEnrolled {
        first: ResidentNo::new(0),
        count: residents,
        balance: Minor::new(BALANCE),
    }));
    events
}

fn definition(pitch: Pitch, sport: usize) -> PitchDef {
    let hours: Vec<_> =
        pitch.hours.iter().map(|open| (open.days.kinds(), span(&open.from, &open.to).mask())).collect();
    let band = |price: &Price| PriceBand {
        days: price.days.kinds(),
        span: span(&price.from, &price.to),
        price: price.price,
    };
    PitchDef {
        code: pitch.code,
        venue: VenueNo::new(0),
        name: pitch.name,
        hours: WeeklyHours::of(&hours),
        terms: Terms {
            sport: SportNo::new(u16::try_from(sport).expect("few")),
            grid: SlotGrid::new(pitch.slot_minutes / 30, 0).expect("a grid"),
            max_slots: pitch.max_slots,
            party_max: pitch.party_max,
            prices: pitch.prices.iter().map(band).collect(),
            cancel: CancelRule::new(pitch.cancel).expect("a rule"),
        },
        kind: pitch.capacity.map_or(KindDef::Exclusive, |capacity| KindDef::Session { capacity }),
    }
}

fn release(daily: &Daily, pitches: &[Pitch]) -> Event {
    let number = |code: &Code| {
        let number = pitches.iter().position(|pitch| pitch.code == *code).expect("a pitch of the programme");
        PitchNo::new(u32::try_from(number).expect("few"))
    };
    Event::ReleaseDeclared(Box::new(ReleaseDef {
        code: Code::new("daily").expect("a code"),
        name: Names::new("每日放号", "Daily"),
        venue: None,
        pitches: daily.pitches.iter().map(number).collect(),
        first_day: LocalDay::parse("2026-01-01").expect("a date"),
        last_day: None,
        when: ReleaseWhen::Daily {
            days_before: daily.days_before,
            minute: u16::from(unit(&daily.time)) * 30,
        },
        mode: ReleaseMode::FirstCome,
        limit_per_resident: None,
        counter_share_percent: 0,
        lottery: None,
    }))
}

impl PlayedOn {
    const fn kinds(&self) -> DayKinds {
        match self {
            Self::All => DayKinds::ALL,
            Self::Workdays => DayKinds::WORKDAYS,
            Self::FreeDays => DayKinds::FREE_DAYS,
        }
    }
}

fn span(from: &str, to: &str) -> UnitSpan {
    UnitSpan::between(unit(from), unit(to)).expect("a span")
}

/// The half hour that begins at a time.
fn unit(time: &str) -> u8 {
    let (hours, minutes) = time.split_once(':').expect("HH:MM");
    let number = |text: &str| -> u8 { text.parse().expect("HH:MM") };
    assert_eq!(number(minutes) % 30, 0, "{time} begins no half hour");
    number(hours) * 2 + number(minutes) / 30
}
