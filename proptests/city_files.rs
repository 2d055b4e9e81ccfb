//! Whatever city there is: its files make the same city, and say of it that nothing changes.

use kaichang::city_files::{Defaults, File, Named, Sources, Standing, Target, plan, write};
use kaichang::domain::catalogue::Catalogue;
use kaichang::domain::change::{Admission, Offered, PitchChange, VenueChange, VenueDay};
use kaichang::domain::definition::{
    BookingsInside, CityDef, ClosureDef, DistrictDef, KindDef, Location, PartDef, PitchDef, SpecialDay,
    SportDef, Terms, VenueDef,
};
use kaichang::domain::event::Event;
use kaichang::domain::grid::SlotGrid;
use kaichang::domain::hours::{DayKind, DayKinds, WeeklyHours};
use kaichang::domain::ids::{Code, DistrictNo, PitchNo, SportNo, VenueNo};
use kaichang::domain::money::{Currency, Minor};
use kaichang::domain::names::{Names, check_name};
use kaichang::domain::policy::{CancelRule, QuotaMeasure, QuotaRule, QuotaScope, QuotaWindow, RefundStep};
use kaichang::domain::release::{ReleaseDef, ReleaseMode, ReleaseWhen};
use kaichang::domain::tariff::PriceBand;
use kaichang::domain::time::{LocalDay, UtcMillis};
use kaichang::domain::units::{UnitMask, UnitSpan};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cases;

/// Texts as people and mischief write them.
fn name() -> impl Strategy<Value = String> {
    let text = "[ =+@'\",;\\-a-z馆＝一-龥𠀀éß]{1,12}";
    text.prop_filter("a name", |text| check_name(text).is_ok())
}

fn names() -> impl Strategy<Value = Names> {
    (name(), name()).prop_map(|(zh_hans, en)| Names { zh_hans, en })
}

fn code(kind: &str, number: usize) -> Code {
    // Some begin with what a formula begins with.
    Code::new(&format!("{}{kind}{number}", if number.is_multiple_of(3) { "-" } else { "" })).expect("a code")
}

fn day() -> impl Strategy<Value = LocalDay> {
    (20_000..24_000i32).prop_map(LocalDay::new)
}

fn day_kind() -> impl Strategy<Value = DayKind> {
    select(DayKind::ALL.to_vec())
}

fn mask() -> impl Strategy<Value = UnitMask> {
    any::<u64>().prop_map(UnitMask::from_bits)
}

fn hours() -> impl Strategy<Value = WeeklyHours> {
    vec((any::<u8>(), mask()), 0..4).prop_map(|open| {
        let kinds = |bits: u8| DayKind::ALL.into_iter().filter(move |kind| bits >> kind.index() & 1 == 1);
        let open: Vec<_> = open
            .into_iter()
            .map(|(bits, mask)| (DayKinds::of(&kinds(bits).collect::<Vec<_>>()), mask))
            .collect();
        WeeklyHours::of(&open)
    })
}

fn span() -> impl Strategy<Value = UnitSpan> {
    (0..48u8, 0..48u8)
        .prop_map(|(first, more)| UnitSpan::new(first, 1 + more % (48 - first)).expect("within the day"))
}

fn bands() -> impl Strategy<Value = Vec<PriceBand>> {
    let price = prop_oneof![Just(0), 1..100_000i64, Just(1_000_000_000_000)];
    vec((vec(day_kind(), 1..4), span(), price), 0..5).prop_map(|bands| {
        let band = |(days, span, price): (Vec<DayKind>, _, _)| PriceBand {
            days: DayKinds::of(&days),
            span,
            price: Minor::new(price),
        };
        bands.into_iter().map(band).collect()
    })
}

fn cancel() -> impl Strategy<Value = CancelRule> {
    vec((any::<u32>(), 0..=100u8), 0..=8).prop_map(|steps| {
        let step = |(minutes_before, percent)| RefundStep { minutes_before, percent };
        CancelRule::new(steps.into_iter().map(step).collect()).expect("a rule")
    })
}

const SPORTS: usize = 3;
const DISTRICTS: usize = 2;

fn terms() -> impl Strategy<Value = Terms> {
    let grid =
        (1..=8u8, 0..8u8).prop_filter_map("a grid", |(units, anchor)| SlotGrid::new(units, anchor).ok());
    let sport = (0..SPORTS).prop_map(|no| SportNo::new(u16::try_from(no).expect("few")));
    (sport, grid, 1..=48u8, 1..=u16::MAX, bands(), cancel()).prop_map(
        |(sport, grid, max_slots, party_max, prices, cancel)| Terms {
            sport,
            grid,
            max_slots,
            party_max,
            prices,
            cancel,
        },
    )
}

/// A pitch without ids and place: its kind and its parts.
#[derive(Debug, Clone)]
struct Draft {
    name: Names,
    hours: WeeklyHours,
    terms: Terms,
    kind: DraftKind,
    offered: bool,
    releases: [bool; 2],
}

#[derive(Debug, Clone)]
enum DraftKind {
    Exclusive,
    Session(u16),
    Divisible(u8, Vec<(Names, u8, u8, Terms)>),
}

fn draft() -> impl Strategy<Value = Draft> {
    let divisible = (2..=48u8).prop_flat_map(|leaves| {
        let part = (names(), 0..leaves, 0..leaves, terms())
            .prop_map(move |(name, first, more, terms)| (name, first, 1 + more % (leaves - first), terms));
        vec(part, 1..4).prop_map(move |parts| DraftKind::Divisible(leaves, parts))
    });
    let kind = prop_oneof![
        2 => Just(DraftKind::Exclusive),
        1 => (1..=u16::MAX).prop_map(DraftKind::Session),
        1 => divisible,
    ];
    (names(), hours(), terms(), kind, any::<bool>(), any::<[bool; 2]>()).prop_map(
        |(name, hours, terms, kind, offered, releases)| Draft { name, hours, terms, kind, offered, releases },
    )
}

fn pitch_def(draft: &Draft, number: usize, venue: VenueNo) -> PitchDef {
    let kind = match &draft.kind {
        DraftKind::Exclusive => KindDef::Exclusive,
        DraftKind::Session(capacity) => KindDef::Session { capacity: *capacity },
        DraftKind::Divisible(leaves, parts) => {
            let part = |(index, (name, first, count, terms)): (usize, &(Names, u8, u8, Terms))| PartDef {
                code: code("part-", number * 10 + index),
                name: name.clone(),
                first_leaf: *first,
                leaves: *count,
                terms: terms.clone(),
            };
            KindDef::Divisible { leaves: *leaves, parts: parts.iter().enumerate().map(part).collect() }
        }
    };
    let Draft { name, hours, terms, .. } = draft.clone();
    PitchDef { code: code("pitch-", number), venue, name, hours, terms, kind }
}

fn city_def() -> impl Strategy<Value = CityDef> {
    let zone = select(vec!["Asia/Shanghai", "Europe/Berlin", "Pacific/Chatham"]);
    let currency = select(vec!["CNY", "JPY", "KWD"]);
    let scope = prop_oneof![
        Just(QuotaScope::City),
        Just(QuotaScope::EachVenue),
        Just(QuotaScope::EachSport),
        (0..2u32).prop_map(|no| QuotaScope::Venue(VenueNo::new(no))),
        (0..2u16).prop_map(|no| QuotaScope::Sport(SportNo::new(no))),
    ];
    let measure = select(vec![QuotaMeasure::Bookings, QuotaMeasure::Minutes]);
    let window = select(vec![QuotaWindow::DayOfPlay, QuotaWindow::Live]);
    let quotas = vec((scope, measure, window, 1..=u32::MAX), 0..3);
    (names(), zone, currency, 1..=28u8, any::<u16>(), quotas).prop_map(
        |(name, zone, currency, days_ahead, hold_minutes, quotas)| {
            let rule = |(number, (scope, measure, window, limit))| QuotaRule {
                name: code("quota-", number),
                scope,
                measure,
                window,
                limit,
            };
            CityDef {
                name,
                timezone: zone.to_owned(),
                currency: Currency::new(currency).expect("a currency"),
                days_ahead,
                hold_minutes,
                quotas: quotas.into_iter().enumerate().map(rule).collect(),
            }
        },
    )
}

fn venue_def() -> impl Strategy<Value = VenueDef> {
    let place = (-90_000_000..=90_000_000i32, -180_000_000..=180_000_000i32);
    let district = (0..DISTRICTS).prop_map(|no| DistrictNo::new(u16::try_from(no).expect("few")));
    let admission = select(vec![Admission::Open, Admission::Checked]);
    (names(), district, names(), place, admission).prop_map(|(name, district, address, place, admission)| {
        let location = Location { latitude_e6: place.0, longitude_e6: place.1 };
        VenueDef { code: code("venue-", 0), name, district, address, location, admission }
    })
}

/// What else stands in a city: special days, closures, releases.
#[derive(Debug, Clone)]
struct Extras {
    days: Vec<(LocalDay, DayKind)>,
    venue_days: Vec<(LocalDay, DayKind)>,
    closures: Vec<ClosureDraft>,
    releases: [ReleaseDraft; 2],
}

/// Whether it has a name, its first day, how many more, its half hours, whether bookings are kept, and why.
type ClosureDraft = (bool, LocalDay, i32, UnitMask, bool, String);
/// Its name, its first day, how many more, when it opens, its limit, its counter's share.
type ReleaseDraft = (Names, LocalDay, Option<i32>, ReleaseWhen, Option<u16>, u8);

fn extras() -> impl Strategy<Value = Extras> {
    let mask = mask().prop_filter("some", |mask| !mask.is_empty());
    let closure = (any::<bool>(), day(), 0..9i32, mask, any::<bool>(), "[ =\n'a馆\",]{0,9}");
    let when = prop_oneof![
        (0..=28u8, 0..1440u16).prop_map(|(days_before, minute)| ReleaseWhen::Daily { days_before, minute }),
        (0..4_000_000_000_000i64).prop_map(|at| ReleaseWhen::Once { at: UtcMillis::new(at) }),
    ];
    let release =
        move || (names(), day(), option::of(0..99i32), when.clone(), option::of(1..=u16::MAX), 0..=100u8);
    (
        vec((day(), day_kind()), 0..4),
        vec((day(), day_kind()), 0..4),
        vec(closure, 0..3),
        [release(), release()],
    )
        .prop_map(|(days, venue_days, closures, releases)| Extras {
            days,
            venue_days,
            closures,
            releases,
        })
}

/// A city that is not printed in all its length when a property fails on it.
#[derive(Clone)]
struct City(Catalogue);

impl std::fmt::Debug for City {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let files = write(&self.0).map(|sources| sources.0).unwrap_or_default();
        let texts = files.iter().map(|named| String::from_utf8_lossy(&named.bytes).into_owned());
        f.write_str(&texts.collect::<String>())
    }
}

fn catalogue() -> impl Strategy<Value = City> {
    let named = || vec(names(), SPORTS + DISTRICTS);
    (city_def(), named(), [venue_def(), venue_def()], vec((0..2u32, draft()), 1..7), extras())
        .prop_map(|(city, named, venues, drafts, extras)| City(build(city, &named, venues, &drafts, &extras)))
}

fn build(
    city: CityDef,
    named: &[Names],
    venues: [VenueDef; 2],
    drafts: &[(u32, Draft)],
    extras: &Extras,
) -> Catalogue {
    let mut catalogue = Catalogue::found(city).expect("a city");
    for (number, name) in named.iter().enumerate() {
        if number < SPORTS {
            let def = SportDef { code: code("sport-", number), name: name.clone() };
            catalogue.add_sport(def).expect("a sport");
        } else {
            let def = DistrictDef { code: code("district-", number), name: name.clone() };
            catalogue.add_district(def).expect("a district");
        }
    }
    for (number, def) in venues.into_iter().enumerate() {
        catalogue.add_venue(VenueDef { code: code("venue-", number), ..def }).expect("a venue");
    }
    let mut wholes: Vec<(PitchNo, [bool; 2])> = Vec::new();
    for (number, (venue, draft)) in drafts.iter().enumerate() {
        let no = catalogue.add_pitch(pitch_def(draft, number, VenueNo::new(*venue))).expect("a pitch");
        if !draft.offered {
            let change = PitchChange { offered: Some(Offered::No), ..PitchChange::of(no) };
            catalogue.change_pitch(&change).expect("a change");
        }
        wholes.push((no, draft.releases));
    }
    let special = |(day, goes_by): &(LocalDay, DayKind)| SpecialDay { day: *day, goes_by: *goes_by };
    catalogue.set_special_days(&extras.days.iter().map(special).collect::<Vec<_>>());
    let of_venue = |(day, goes_by): &(LocalDay, DayKind)| VenueDay { day: *day, goes_by: Some(*goes_by) };
    let special_days = extras.venue_days.iter().map(of_venue).collect();
    let change = VenueChange { special_days, ..VenueChange::of(VenueNo::new(1)) };
    catalogue.change_venue(&change).expect("a change");
    for (number, (has_code, first, days, units, is_kept, reason)) in extras.closures.iter().enumerate() {
        let def = ClosureDef {
            code: has_code.then(|| code("closing-", number)),
            pitches: wholes.iter().map(|(no, _)| *no).take(number + 1).collect(),
            first_day: *first,
            last_day: first.plus_days(*days),
            units: *units,
            bookings: if *is_kept { BookingsInside::Keep } else { BookingsInside::Cancel },
            reason: reason.clone(),
        };
        catalogue.add_closure(def).expect("a closure");
    }
    for (number, (name, first, days, when, limit, share)) in extras.releases.iter().enumerate() {
        let pitches: Vec<_> = wholes.iter().filter(|(_, is_of)| is_of[number]).map(|(no, _)| *no).collect();
        if pitches.is_empty() {
            continue;
        }
        let def = ReleaseDef {
            code: code("release-", number),
            name: name.clone(),
            venue: None,
            pitches,
            first_day: *first,
            last_day: days.map(|days| first.plus_days(days)),
            when: *when,
            mode: ReleaseMode::FirstCome,
            limit_per_resident: *limit,
            counter_share_percent: *share,
            lottery: None,
            queue: None,
            returned: None,
            who: None,
        };
        catalogue.add_release(def, UtcMillis::new(0)).expect("a release");
    }
    catalogue
}

/// The city that files make by themselves.
fn made(sources: &Sources) -> Catalogue {
    let city = CityDef {
        name: Names::new("城市", "City"),
        timezone: "Asia/Shanghai".to_owned(),
        currency: Currency::new("CNY").expect("a currency"),
        days_ahead: 7,
        hold_minutes: 10,
        quotas: Vec::new(),
    };
    let target = Target::New(Box::new(Defaults { city, sports: Vec::new() }));
    let plan =
        plan(sources, target).unwrap_or_else(|faults| panic!("{:#?}", faults.iter().collect::<Vec<_>>()));
    let mut events = plan.events.into_iter();
    let Some(Event::CityFounded(def)) = events.next() else { panic!("a city is founded first") };
    let mut catalogue = Catalogue::found(*def).expect("a city");
    for event in events {
        apply(&mut catalogue, event);
    }
    catalogue
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a plan has none of the other events, and one would end the test"
)]
fn apply(catalogue: &mut Catalogue, event: Event) {
    let applied = match event {
        Event::DistrictAdded(def) => catalogue.add_district(*def).map(|_| ()),
        Event::SportAdded(def) => catalogue.add_sport(*def).map(|_| ()),
        Event::VenueAdded(def) => catalogue.add_venue(*def).map(|_| ()),
        Event::PitchAdded(def) => catalogue.add_pitch(*def).map(|_| ()),
        Event::ClosureDeclared(def) => catalogue.add_closure(*def).map(|_| ()),
        Event::ReleaseDeclared(def) => catalogue.add_release(*def, UtcMillis::new(0)).map(|_| ()),
        Event::PitchChanged(change) => catalogue.change_pitch(&change),
        Event::VenueChanged(change) => catalogue.change_venue(&change),
        Event::SpecialDaysSet(days) => {
            catalogue.set_special_days(&days);
            Ok(())
        }
        other => panic!("no event of a catalogue: {other:?}"),
    };
    applied.expect("it was judged");
}

/// What a catalogue has, in a form that tells two apart: all but what its past left.
fn shown(catalogue: &Catalogue) -> Vec<String> {
    let pitches = catalogue
        .pitches()
        .iter()
        .map(|pitch| format!("{:?}", (pitch, catalogue.venue(pitch.venue).map(|venue| &venue.def.code))));
    let closures = catalogue.closures().iter().map(|closure| {
        let def = ClosureDef { code: None, ..closure.def.clone() };
        format!("{def:?}")
    });
    let lines = [format!("{:?}{:?}{:?}", catalogue.city(), catalogue.districts(), catalogue.sports())];
    let venues = catalogue.venues().iter().map(|venue| {
        format!("{:?}{:?}{:?}{:?}", venue.def, venue.admission, venue.special_days(), venue.pitches)
    });
    let rest = [format!("{:?}", catalogue.special_days())];
    let releases = catalogue.releases().iter().map(|release| format!("{:?}", release.def));
    let all = lines.into_iter().chain(venues).chain(pitches).chain(closures).chain(rest).chain(releases);
    all.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(256)))]

    #[test]
    fn a_city_is_made_again_by_its_files_and_loses_nothing(City(city) in catalogue()) {
        let written = write(&city).expect("written");
        let again = made(&written);
        let (before, after) = (shown(&city), shown(&again));
        let differ = before.iter().zip(&after).find(|(before, after)| before != after);
        prop_assert!(before.len() == after.len() && differ.is_none(), "{:?}", differ);
        let rewritten = write(&again).expect("written");
        prop_assert!(rewritten == written);
        // Closures without names have one now, which the city's own are known by as well.
        for there in [&city, &again] {
            let standing = Standing { catalogue: there, bookings_inside: &|_| 1 };
            let plan = plan(&written, Target::Standing(standing));
            let plan = plan.unwrap_or_else(|faults| panic!("{:#?}", faults.iter().collect::<Vec<_>>()));
            prop_assert_eq!(plan.events, []);
        }
    }

    #[test]
    fn no_bytes_make_the_reading_panic(
        file in select(File::ALL.to_vec()),
        City(city) in catalogue(),
        at in any::<prop::sample::Index>(),
        bytes in vec(any::<u8>(), 0..40),
    ) {
        let mut sources = write(&city).expect("written");
        if let Some(Named { bytes: there, .. }) = sources.0.iter_mut().find(|named| named.file == file) {
            let at = at.index(there.len());
            there.splice(at.., bytes);
        }
        let standing = Standing { catalogue: &city, bookings_inside: &|_| 1 };
        if let Err(faults) = plan(&sources, Target::Standing(standing)) {
            prop_assert!(!faults.is_empty());
        }
    }
}
