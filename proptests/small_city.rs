//! A city small enough that its residents get in each other's way: one pitch of each kind, four days, tight quotas.

use kaichang::domain::change::Admission;
use kaichang::domain::definition::{
    CityDef, DistrictDef, KindDef, Location, PartDef, PitchDef, SportDef, Terms, VenueDef,
};
use kaichang::domain::event::{Event, ResidentsEnrolled};
use kaichang::domain::grid::SlotGrid;
use kaichang::domain::hours::{DayKinds, WeeklyHours};
use kaichang::domain::ids::{Code, DistrictNo, ResidentNo, SportNo, VenueNo};
use kaichang::domain::money::{Currency, Minor};
use kaichang::domain::names::Names;
use kaichang::domain::policy::{CancelRule, QuotaMeasure, QuotaRule, QuotaScope, QuotaWindow, RefundStep};
use kaichang::domain::tariff::PriceBand;
use kaichang::domain::units::{UnitMask, UnitSpan};

pub(crate) const DAYS_AHEAD: u8 = 3;
pub(crate) const HOLD_MINUTES: u16 = 10;
pub(crate) const RESIDENTS: u32 = 3;
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
pub(crate) const PITCHES: [(&str, u32, std::ops::Range<u32>); 5] =
    [("court", 0, 0..1), ("hall", 0, 1..3), ("hall-a", 0, 1..2), ("hall-b", 0, 2..3), ("pool", 1, 3..4)];
pub(crate) const POOL: usize = 4;

pub(crate) fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

fn name() -> Names {
    Names::new("名", "name")
}

fn terms() -> Terms {
    let band = |from, to, price| PriceBand {
        days: DayKinds::ALL,
        span: UnitSpan::between(from, to).expect("a span"),
        price: Minor::new(price),
    };
    let step = |(minutes_before, percent)| RefundStep { minutes_before, percent };
    Terms {
        sport: SportNo::new(0),
        grid: SlotGrid::new(SLOT_UNITS, 0).expect("a grid"),
        max_slots: SLOTS_MAX,
        party_max: PARTY_MAX,
        prices: vec![band(0, 40, PRICES.0), band(40, 48, PRICES.1)],
        cancel: CancelRule::new(REFUNDS.map(step).to_vec()).expect("a rule"),
    }
}

fn part(text: &str, first_leaf: u8) -> PartDef {
    PartDef { code: code(text), name: name(), first_leaf, leaves: 1, terms: terms() }
}

pub(crate) fn open_units() -> UnitMask {
    UnitSpan::between(OPEN.0, OPEN.1).expect("a span").mask()
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
            hours: WeeklyHours::of(&[(DayKinds::ALL, open_units())]),
            terms: terms(),
            kind,
        }))
    };
    let venue = |text| {
        Event::VenueAdded(Box::new(VenueDef {
            code: code(text),
            name: name(),
            district: DistrictNo::new(0),
            address: name(),
            location: Location { latitude_e6: 22_500_000, longitude_e6: 114_000_000 },
            admission: Admission::Open,
        }))
    };
    let parts = vec![part("hall-a", 0), part("hall-b", 1)];
    vec![
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
        venue("centre"),
        venue("baths"),
        pitch("court", 0, KindDef::Exclusive),
        pitch("hall", 0, KindDef::Divisible { leaves: 2, parts }),
        pitch("pool", 1, KindDef::Session { capacity: CAPACITY }),
        Event::ResidentsEnrolled(ResidentsEnrolled {
            first: ResidentNo::new(0),
            count: RESIDENTS,
            balance: Minor::new(BALANCE),
        }),
    ]
}
