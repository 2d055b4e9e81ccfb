//! A programme's file (`examples/programmes`) and the events that it is made into.

use std::collections::BTreeMap;
use std::path::Path;

use kaichang::domain::calendar::moment_of;
use kaichang::domain::change::Admission;
use kaichang::domain::definition::{
    CityDef, DistrictDef, KindDef, Location, PitchDef, SpecialDay, SportDef, Terms, VenueDef,
};
use kaichang::domain::draw::Seed;
use kaichang::domain::event::{Event, ResidentsEnrolled};
use kaichang::domain::grid::SlotGrid;
use kaichang::domain::hours::{DayKind, DayKinds, WeeklyHours};
use kaichang::domain::ids::{Code, DistrictNo, PitchNo, ResidentNo, SportNo, VenueNo};
use kaichang::domain::lottery::{LotteryDef, Salt};
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
    #[serde(default)]
    draws: Vec<DrawInFile>,
    daily_draw: Option<DailyDraw>,
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

/// A release that is drawn by lot; moments are the city's local time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DrawInFile {
    code: Code,
    name: Names,
    pitches: Vec<Code>,
    first_day: String,
    last_day: String,
    opens_at: String,
    closes_at: String,
    draw_at: String,
    pay_by: String,
    /// When the rest is sold to who comes first.
    rest_at: String,
    reserve_minutes: u16,
    choices_max: u8,
    party_max: u16,
    beacon: Names,
}

/// A draw for each of so many days of play.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DailyDraw {
    pitches: Vec<Code>,
    first_day: String,
    count: i32,
    name: Names,
    opens: Before,
    closes: Before,
    draws: Before,
    pays: Before,
    rest: Before,
    reserve_minutes: u16,
    choices_max: u8,
    party_max: u16,
    beacon: Names,
}

/// So many days before play, at this time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    days_before: i32,
    time: String,
}

/// The seed of every draw of a programme: nobody's fate hangs on these.
pub(crate) const SEED: Seed = Seed([4; 32]);

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
        Event::CityFounded(Box::new(programme.city.clone())),
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
    let draws = programme.draws.iter().map(|draw| drawn_release(draw, &programme.city, &programme.pitches));
    let daily =
        programme.daily_draw.iter().flat_map(|daily| drawn_daily(daily, &programme.city, &programme.pitches));
    events.extend(draws.chain(daily).collect::<Vec<_>>());
    let is_release = |event: &&Event| matches!(event, Event::ReleaseDeclared(_));
    let release = events.len() - events.iter().filter(is_release).count();
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

fn number_of(code: &Code, pitches: &[Pitch]) -> PitchNo {
    let number = pitches.iter().position(|pitch| pitch.code == *code).expect("a pitch of the programme");
    PitchNo::new(u32::try_from(number).expect("few"))
}

fn drawn_release(draw: &DrawInFile, city: &CityDef, pitches: &[Pitch]) -> Event {
    let zone = jiff::tz::TimeZone::get(&city.timezone).expect("a zone");
    let moment = |text: &str| {
        let (day, time) = text.split_once('T').expect("a day and a time");
        let (hours, minutes) = time.split_once(':').expect("HH:MM");
        let number = |text: &str| -> u16 { text.parse().expect("HH:MM") };
        moment_of(&zone, LocalDay::parse(day).expect("a date"), number(hours) * 60 + number(minutes))
    };
    Event::ReleaseDeclared(Box::new(ReleaseDef {
        code: draw.code.clone(),
        name: draw.name.clone(),
        venue: None,
        pitches: draw.pitches.iter().map(|code| number_of(code, pitches)).collect(),
        first_day: LocalDay::parse(&draw.first_day).expect("a date"),
        last_day: LocalDay::parse(&draw.last_day),
        when: ReleaseWhen::Once { at: moment(&draw.rest_at) },
        mode: ReleaseMode::Lottery,
        limit_per_resident: None,
        counter_share_percent: 0,
        lottery: Some(Box::new(LotteryDef {
            from: moment(&draw.opens_at),
            until: moment(&draw.closes_at),
            draw_at: moment(&draw.draw_at),
            pay_by: moment(&draw.pay_by),
            reserve_minutes: draw.reserve_minutes,
            choices_max: draw.choices_max,
            party_max: draw.party_max,
            beacon: draw.beacon.en.clone(),
            salt: Salt([0; 16]),
            commitment: SEED.commitment(),
        })),
        queue: None,
        returned: None,
        who: None,
    }))
}

/// A release for each day of play.
fn drawn_daily(daily: &DailyDraw, city: &CityDef, pitches: &[Pitch]) -> Vec<Event> {
    let first = LocalDay::parse(&daily.first_day).expect("a date");
    let of_day = |day: LocalDay| {
        let at = |before: &Before| format!("{}T{}", day.plus_days(-before.days_before), before.time);
        let draw = DrawInFile {
            code: Code::new(&format!("ballot-{day}")).expect("a code"),
            name: daily.name.clone(),
            pitches: daily.pitches.clone(),
            first_day: day.to_string(),
            last_day: day.to_string(),
            opens_at: at(&daily.opens),
            closes_at: at(&daily.closes),
            draw_at: at(&daily.draws),
            pay_by: at(&daily.pays),
            rest_at: at(&daily.rest),
            reserve_minutes: daily.reserve_minutes,
            choices_max: daily.choices_max,
            party_max: daily.party_max,
            beacon: daily.beacon.clone(),
        };
        drawn_release(&draw, city, pitches)
    };
    (0..daily.count).map(|after| of_day(first.plus_days(after))).collect()
}

fn release(daily: &Daily, pitches: &[Pitch]) -> Event {
    let number = |code: &Code| number_of(code, pitches);
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
        queue: None,
        returned: None,
        who: None,
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
