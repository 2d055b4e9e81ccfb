//! A city small enough that its residents get in each other's way: a pitch or two of each kind, four days, tight quotas, releases.

use kaichang::domain::change::Admission;
use kaichang::domain::definition::{
    CityDef, DistrictDef, KindDef, Location, PartDef, PitchDef, SportDef, Terms, VenueDef,
};
use kaichang::domain::draw::Seed;
use kaichang::domain::event::{AccountOpened, Event, PhoneHash, ResidentsEnrolled, Role};
use kaichang::domain::grid::SlotGrid;
use kaichang::domain::hours::{DayKinds, WeeklyHours};
use kaichang::domain::ids::{Code, DistrictNo, PitchNo, ResidentNo, SportNo, VenueNo};
use kaichang::domain::lottery::Salt;
use kaichang::domain::money::{Currency, Minor};
use kaichang::domain::names::Names;
use kaichang::domain::policy::{CancelRule, QuotaMeasure, QuotaRule, QuotaScope, QuotaWindow, RefundStep};
use kaichang::domain::release::{ReleaseDef, ReleaseMode, ReleaseWhen};
use kaichang::domain::returned::ReturnDef;
use kaichang::domain::tariff::PriceBand;
use kaichang::domain::time::{LocalDay, UtcMillis};
use kaichang::domain::units::UnitSpan;

/// The first day, and how far the city's clocks are ahead.
pub(crate) const DAY_0: i32 = 20_780;
pub(crate) const OFFSET_MS: i64 = 8 * 3_600_000;
pub(crate) const DAYS_AHEAD: u8 = 3;
/// Long enough for a hold to outlive what it holds, and its day.
pub(crate) const HOLD_MINUTES: u16 = 240;
pub(crate) const RESIDENTS: u32 = 3;
/// By what it is drawn when something comes back.
pub(crate) const RETURN_SEED: Seed = Seed([5; 32]);
pub(crate) const VENUES: u32 = 2;
pub(crate) const BALANCE: i64 = 2_500;
pub(crate) const SLOT_UNITS: u8 = 2;
pub(crate) const SLOTS_MAX: u8 = 2;
pub(crate) const PARTY_MAX: u16 = 3;
pub(crate) const CAPACITY: u16 = 4;
/// Open from 18:00 to 22:00.
pub(crate) const OPEN: (u8, u8) = (36, 44);
/// A slot before 20:00 and from then on.
pub(crate) const PRICES: (i64, i64) = (300, 500);
pub(crate) const CITY_DAY: u32 = 2;
pub(crate) const CITY_LIVE: u32 = 4;
pub(crate) const VENUE_MINUTES: u32 = 120;
/// All until three hours before, half until one.
pub(crate) const REFUNDS: [(u32, u8); 2] = [(180, 100), (60, 50)];

/// The bookable pitches, in the order of their numbers: code, venue, leaves.
pub(crate) const PITCHES: [(&str, u32, std::ops::Range<u32>); 7] = [
    ("court", 0, 0..1),
    ("hall", 0, 1..3),
    ("hall-a", 0, 1..2),
    ("hall-b", 0, 2..3),
    ("pool", 1, 3..4),
    ("lane", 1, 4..5),
    ("gym", 1, 5..6),
];
const HALL: usize = 1;
const POOL: usize = 4;
const LANE: usize = 5;
const GYM: usize = 6;

pub(crate) fn is_session(pitch: usize) -> bool {
    pitch == POOL || pitch == GYM
}

/// The whole that a pitch is a part of, or itself.
pub(crate) fn whole_of(pitch: usize) -> usize {
    if PITCHES[HALL].2.contains(&PITCHES[pitch].2.start) { HALL } else { pitch }
}

/// The one of the staff who works at a venue.
pub(crate) fn staff_of(venue: u32) -> u32 {
    RESIDENTS + venue
}

/// A release as the model knows it. Days count from the first one.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) wholes: Vec<usize>,
    pub(crate) first_day: i32,
    pub(crate) when: When,
    pub(crate) limit: Option<u16>,
    pub(crate) counter_percent: u8,
    /// Within how many minutes what is given back comes back.
    pub(crate) returned_within: Option<u16>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    Daily { days_before: u8, minute: u16 },
    Once { at_min: i64 },
}

/// What the lane and the gym are sold by from the beginning: at noon two days before, and on the second morning all at once.
pub(crate) fn releases_at_founding() -> Vec<Release> {
    let noon = When::Daily { days_before: 2, minute: 720 };
    let morning = When::Once { at_min: 1440 + 540 };
    vec![
        Release {
            wholes: vec![LANE],
            first_day: 0,
            when: noon,
            limit: Some(1),
            counter_percent: 0,
            returned_within: Some(600),
        },
        Release {
            wholes: vec![GYM],
            first_day: 0,
            when: morning,
            limit: None,
            counter_percent: 25,
            returned_within: Some(45),
        },
    ]
}

/// What may be declared while the city runs: one for the pool, and one that keeps a pitch for the counter.
pub(crate) fn releases_to_come() -> [Release; 2] {
    let day_before = When::Daily { days_before: 1, minute: 600 };
    let third_day = When::Once { at_min: 2 * 1440 + 600 };
    [
        Release {
            wholes: vec![POOL],
            first_day: 1,
            when: third_day,
            limit: Some(1),
            counter_percent: 50,
            returned_within: None,
        },
        Release {
            wholes: vec![0, HALL],
            first_day: 2,
            when: day_before,
            limit: None,
            counter_percent: 50,
            returned_within: Some(1440),
        },
    ]
}

pub(crate) fn moment(minutes: i64) -> UtcMillis {
    UtcMillis::new(i64::from(DAY_0) * 86_400_000 - OFFSET_MS + minutes * 60_000)
}

pub(crate) fn day(after_first: i32) -> LocalDay {
    LocalDay::new(DAY_0 + after_first)
}

pub(crate) fn pitch_no(pitch: usize) -> PitchNo {
    PitchNo::new(u32::try_from(pitch).expect("few"))
}

/// A release as an event declares it.
pub(crate) fn release_declared(index: usize, release: &Release) -> Event {
    Event::ReleaseDeclared(Box::new(ReleaseDef {
        code: code(&format!("release-{index}")),
        name: name(),
        venue: None,
        pitches: release.wholes.iter().map(|pitch| pitch_no(*pitch)).collect(),
        first_day: day(release.first_day),
        last_day: None,
        when: match release.when {
            When::Daily { days_before, minute } => ReleaseWhen::Daily { days_before, minute },
            When::Once { at_min } => ReleaseWhen::Once { at: moment(at_min) },
        },
        mode: ReleaseMode::FirstCome,
        limit_per_resident: release.limit,
        counter_share_percent: release.counter_percent,
        lottery: None,
        queue: None,
        returned: release.returned_within.map(|within_minutes| Box::new(returned(within_minutes))),
        who: None,
    }))
}

/// The terms by which what is given back comes back.
pub(crate) fn returned(within_minutes: u16) -> ReturnDef {
    ReturnDef { within_minutes, salt: Salt([0; 16]), commitment: RETURN_SEED.commitment() }
}

/// What a slot costs before 20:00 and from then on.
pub(crate) fn bands((early, late): (i64, i64)) -> Vec<PriceBand> {
    let band = |from, to, price| PriceBand {
        days: DayKinds::ALL,
        span: UnitSpan::between(from, to).expect("a span"),
        price: Minor::new(price),
    };
    vec![band(0, 40, early), band(40, 48, late)]
}

pub(crate) fn hours((from, to): (u8, u8)) -> WeeklyHours {
    WeeklyHours::of(&[(DayKinds::ALL, UnitSpan::between(from, to).expect("a span").mask())])
}

pub(crate) fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

fn name() -> Names {
    Names::new("名", "name")
}

fn terms() -> Terms {
    let step = |(minutes_before, percent)| RefundStep { minutes_before, percent };
    Terms {
        sport: SportNo::new(0),
        grid: SlotGrid::new(SLOT_UNITS, 0).expect("a grid"),
        max_slots: SLOTS_MAX,
        party_max: PARTY_MAX,
        prices: bands(PRICES),
        cancel: CancelRule::new(REFUNDS.map(step).to_vec()).expect("a rule"),
    }
}

fn part(text: &str, first_leaf: u8) -> PartDef {
    PartDef { code: code(text), name: name(), first_leaf, leaves: 1, terms: terms() }
}

/// The events that found the city.
pub(crate) fn founding() -> Vec<Event> {
    let quota =
        |text, scope, measure, window, limit| QuotaRule { name: code(text), scope, measure, window, limit };
    let quotas = vec![
        quota("city-day", QuotaScope::City, QuotaMeasure::Bookings, QuotaWindow::DayOfPlay, CITY_DAY),
        quota("city-live", QuotaScope::City, QuotaMeasure::Bookings, QuotaWindow::Live, CITY_LIVE),
        quota(
            "venue-day",
            QuotaScope::EachVenue,
            QuotaMeasure::Minutes,
            QuotaWindow::DayOfPlay,
            VENUE_MINUTES,
        ),
    ];
    let pitch = |text, venue, kind| {
        Event::PitchAdded(Box::new(PitchDef {
            code: code(text),
            venue: VenueNo::new(venue),
            name: name(),
            hours: hours(OPEN),
            terms: terms(),
            kind,
        }))
    };
    let venue = |text, admission| {
        Event::VenueAdded(Box::new(VenueDef {
            code: code(text),
            name: name(),
            district: DistrictNo::new(0),
            address: name(),
            location: Location { latitude_e6: 22_500_000, longitude_e6: 114_000_000 },
            admission,
        }))
    };
    let parts = vec![part("hall-a", 0), part("hall-b", 1)];
    let staff = |venue| {
        Event::AccountOpened(Box::new(AccountOpened {
            resident: ResidentNo::new(staff_of(venue)),
            role: Role::VenueManager(VenueNo::new(venue)),
            phone: PhoneHash([u8::try_from(venue).expect("few"); 16]),
            sealed: Box::default(),
        }))
    };
    let mut events = vec![
        Event::CityFounded(Box::new(CityDef {
            name: name(),
            timezone: "Asia/Shanghai".to_owned(),
            currency: Currency::new("CNY").expect("a currency"),
            days_ahead: DAYS_AHEAD,
            hold_minutes: HOLD_MINUTES,
            quotas,
        })),
        Event::DistrictAdded(Box::new(DistrictDef { code: code("futian"), name: name() })),
        Event::SportAdded(Box::new(SportDef { code: code("badminton"), name: name() })),
        venue("centre", Admission::Open),
        venue("baths", Admission::Checked),
        pitch("court", 0, KindDef::Exclusive),
        pitch("hall", 0, KindDef::Divisible { leaves: 2, parts }),
        pitch("pool", 1, KindDef::Session { capacity: CAPACITY }),
        pitch("lane", 1, KindDef::Exclusive),
        pitch("gym", 1, KindDef::Session { capacity: CAPACITY }),
        Event::ResidentsEnrolled(ResidentsEnrolled {
            first: ResidentNo::new(0),
            count: RESIDENTS,
            balance: Minor::new(BALANCE),
        }),
    ];
    events.extend((0..VENUES).map(staff));
    let releases = releases_at_founding();
    events.extend(releases.iter().enumerate().map(|(index, release)| release_declared(index, release)));
    events
}
