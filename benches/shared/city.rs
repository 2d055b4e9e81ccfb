//! A city as plain as can be for benches: one venue with pitches of half-hour slots, open all day, and residents.

use kaichang::domain::change::Admission;
use kaichang::domain::definition::{
    CityDef, DistrictDef, KindDef, Location, PitchDef, SportDef, Terms, VenueDef,
};
use kaichang::domain::event::{Event, ResidentsEnrolled};
use kaichang::domain::grid::SlotGrid;
use kaichang::domain::hours::{DayKinds, WeeklyHours};
use kaichang::domain::ids::{Code, DistrictNo, ResidentNo, SportNo, VenueNo};
use kaichang::domain::money::{Currency, Minor};
use kaichang::domain::names::Names;
use kaichang::domain::policy::{CancelRule, QuotaMeasure, QuotaRule, QuotaScope, QuotaWindow};
use kaichang::domain::tariff::PriceBand;
use kaichang::domain::time::UtcMillis;
use kaichang::domain::units::UnitSpan;

/// The first day, and its midnight in the city.
pub(crate) const DAY_0: i32 = 20_780;
pub(crate) const DAYS_AHEAD: u8 = 28;
pub(crate) const UNITS: u8 = 48;
pub(crate) const PRICE: i64 = 100;

pub(crate) fn midnight() -> UtcMillis {
    UtcMillis::new(i64::from(DAY_0) * 86_400_000 - 8 * 3_600_000)
}

fn code(text: &str) -> Code {
    Code::new(text).expect("a code")
}

fn names() -> Names {
    Names::new("名", "name")
}

fn terms() -> Terms {
    let span = UnitSpan::between(0, UNITS).expect("a span");
    Terms {
        sport: SportNo::new(0),
        grid: SlotGrid::new(1, 0).expect("a grid"),
        max_slots: 4,
        party_max: 4,
        prices: vec![PriceBand { days: DayKinds::ALL, span, price: Minor::new(PRICE) }],
        cancel: CancelRule::free_until(0),
    }
}

/// Quotas that every booking is counted by, and that stop nobody here.
fn quotas(limit: u32) -> Vec<QuotaRule> {
    let rule =
        |name, scope, measure, window, limit| QuotaRule { name: code(name), scope, measure, window, limit };
    vec![
        rule("city-day", QuotaScope::City, QuotaMeasure::Bookings, QuotaWindow::DayOfPlay, limit),
        rule("city-live", QuotaScope::City, QuotaMeasure::Bookings, QuotaWindow::Live, limit),
    ]
}

/// The events that found a city with so many pitches of a kind, and so many residents.
pub(crate) fn founding(pitches: u32, kind: &KindDef, residents: u32, balance: i64) -> Vec<Event> {
    let mut events = vec![
        Event::CityFounded(Box::new(CityDef {
            name: names(),
            timezone: "Asia/Shanghai".to_owned(),
            currency: Currency::new("CNY").expect("a currency"),
            days_ahead: DAYS_AHEAD,
            hold_minutes: 10,
            quotas: quotas(32),
        })),
        Event::DistrictAdded(Box::new(DistrictDef { code: code("d"), name: names() })),
        Event::SportAdded(Box::new(SportDef { code: code("s"), name: names() })),
        Event::VenueAdded(Box::new(VenueDef {
            code: code("v"),
            name: names(),
            district: DistrictNo::new(0),
            address: names(),
            location: Location { latitude_e6: 22_500_000, longitude_e6: 114_000_000 },
            admission: Admission::Open,
        })),
    ];
    let span = UnitSpan::between(0, UNITS).expect("a span");
    events.extend((0..pitches).map(|pitch| {
        Event::PitchAdded(Box::new(PitchDef {
            code: code(&format!("p{pitch}")),
            venue: VenueNo::new(0),
            name: names(),
            hours: WeeklyHours::of(&[(DayKinds::ALL, span.mask())]),
            terms: terms(),
            kind: kind.clone(),
        }))
    }));
    let (first, balance) = (ResidentNo::new(0), Minor::new(balance));
    events.push(Event::ResidentsEnrolled(ResidentsEnrolled { first, count: residents, balance }));
    events
}
