//! A day's grid of a venue with 20 pitches: what the server's thread does for one request, from the engine's state to the bytes of
//! the page, with a third of the slots booked. Times and table both, as a browser gets them that asks for nothing in particular.
//!
//! Half-hour slots around the clock, 960 cells, are more than any venue has; 16 open hours in slots of an hour are what most have.
//! `cargo bench --bench grid`.

#![expect(clippy::print_stdout, reason = "a report for people")]

#[path = "shared/city.rs"]
mod bench_city;
#[path = "shared/open_data.rs"]
mod bench_open_data;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use askama::Template;
use bench_city::{DAY_0, DAYS_AHEAD, PRICE, founding, midnight};
use kaichang::api::language::Language;
use kaichang::api::open_data::OpenData;
use kaichang::domain::definition::KindDef;
use kaichang::domain::event::{DaysOpened, Event, NewBooking, RequestKey};
use kaichang::domain::grid::SlotGrid;
use kaichang::domain::ids::{BookingNo, PitchNo, ResidentNo, SportNo};
use kaichang::domain::money::Minor;
use kaichang::domain::time::LocalDay;
use kaichang::domain::units::UnitSpan;
use kaichang::engine::replay::Replay;
use kaichang::web::compressed::{QUICK, gzip};
use kaichang::web::forgery::FormTokens;
use kaichang::web::i18n::Words;
use kaichang::web::resident::venue::{View, page_of};
use kaichang::web::visitor::Visitor;

const PITCHES: u32 = 20;
const RESIDENTS: u32 = 1000;
const RENDERINGS: usize = 5000;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}

/// The city with slots of so many half hours in these of the day, every third of them booked tomorrow.
fn city(slot_units: u8, open: (u8, u8)) -> OpenData {
    let mut replay = Replay::new();
    for mut event in founding(PITCHES, &KindDef::Exclusive, RESIDENTS, 1_000 * PRICE) {
        if let Event::PitchAdded(pitch) = &mut event {
            pitch.terms.grid = SlotGrid::new(slot_units, 0).expect("a grid");
            let span = UnitSpan::between(open.0, open.1).expect("a span");
            let days = kaichang::domain::hours::DayKinds::ALL;
            pitch.hours = kaichang::domain::hours::WeeklyHours::of(&[(days, span.mask())]);
        }
        replay.apply_event(midnight(), &event).expect("a city");
    }
    let last = LocalDay::new(DAY_0 + i32::from(DAYS_AHEAD));
    let days = DaysOpened { first: LocalDay::new(DAY_0), last };
    replay.apply_event(midnight(), &Event::DaysOpened(days)).expect("days");
    let slots = (0..PITCHES)
        .flat_map(|pitch| (open.0..open.1).step_by(slot_units.into()).map(move |unit| (pitch, unit)));
    for (no, (pitch, unit)) in slots.step_by(3).enumerate() {
        let no = u32::try_from(no).expect("few");
        let booking = NewBooking {
            no: BookingNo::new(no),
            resident: ResidentNo::new(no % RESIDENTS),
            pitch: PitchNo::new(pitch),
            day: LocalDay::new(DAY_0 + 1),
            span: UnitSpan::new(unit, slot_units).expect("a span"),
            party_size: 1,
            price: Minor::new(PRICE),
            release: None,
            request: RequestKey { key: u128::from(no) << 64 | u128::from(no), body: 1 },
        };
        replay.apply_event(midnight(), &Event::BookingConfirmed(booking)).expect("a booking");
    }
    bench_open_data::of(Arc::new(replay.finish().expect("a city")))
}

fn report(name: &str, open_data: &OpenData) {
    let visitor = Visitor::nobody(Words::of(Language::ZhHans), "/venues/v", FormTokens::new(&[7; 32]));
    let day = LocalDay::new(DAY_0 + 1);
    let mut took = Vec::with_capacity(RENDERINGS);
    let (mut plain, mut packed) = (0, 0);
    for _ in 0..RENDERINGS {
        let began = now();
        let world = Arc::clone(&open_data.engine.world());
        let venue = world.catalogue.venue_by_code("v").expect("the venue");
        let sport = SportNo::new(0);
        let page =
            page_of(open_data, &visitor, &world, venue, (sport, &[sport]), day, View::Fitting, midnight());
        let text = page.render().expect("a page");
        let rendered = began.elapsed();
        let short = gzip(text.as_bytes(), QUICK).expect("shorter");
        took.push((rendered, began.elapsed()));
        (plain, packed) = (text.len(), black_box(short).len());
    }
    let at = |percent: usize, times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() * percent / 100]
    };
    let mut rendered: Vec<_> = took.iter().map(|(rendered, _)| *rendered).collect();
    let mut whole: Vec<_> = took.iter().map(|(_, whole)| *whole).collect();
    println!(
        "{name}: rendered p50 {:?}, p99 {:?}; with gzip p50 {:?}, p99 {:?}; {plain} bytes, {packed} compressed",
        at(50, &mut rendered),
        at(99, &mut rendered),
        at(50, &mut whole),
        at(99, &mut whole),
    );
}

fn main() {
    report("grid/20_pitches/16_hours", &city(2, (12, 44)));
    report("grid/20_pitches/48_half_hours", &city(1, (0, 48)));
}
