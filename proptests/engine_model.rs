//! I1, I3, I4 and I6: the engine does what the dull model says, whatever is asked in whatever order, days passing, pitches closing,
//! the log refusing, and the process dying at any point.

use kaichang::domain::calendar::unit_time;
use kaichang::domain::definition::{BookingsInside, ClosureDef};
use kaichang::domain::event::{Event, Provider, RequestKey};
use kaichang::domain::ids::{BookingNo, PitchNo, ResidentNo};
use kaichang::domain::time::{LocalDay, UtcMillis};
use kaichang::domain::units::UnitSpan;
use kaichang::engine::accounts::ToppedUp;
use kaichang::engine::book::{Booked, BookingRequest};
use kaichang::engine::bookings::BookingState;
use kaichang::engine::log::Outcome;
use kaichang::engine::when::WrittenTime;
use proptest::prelude::*;

use crate::memory_log::City;
use crate::model::{Closure, Model, State, Wish};
use crate::small_city::{PITCHES, RESIDENTS, founding};

const DAY_0: i32 = 20_780;
const OFFSET_MS: i64 = 8 * 3_600_000;

#[derive(Debug, Clone)]
enum Step {
    Book { wish: Wish, key: u8, is_written: bool },
    Retry { of: usize },
    Cancel { resident: u32, booking: usize, is_written: bool },
    TopUp { resident: u32, amount: i64 },
    Advance { minutes: i64 },
    Close { closure: Closure },
    Crash,
}

fn wish() -> impl Strategy<Value = Wish> {
    // Mostly slots that exist, so that residents meet; sometimes anything.
    let slot = prop_oneof![
        9 => (18u8..22, prop_oneof![3 => Just(2u8), 1 => Just(4u8)]).prop_map(|(hour, units)| (hour * 2, units)),
        1 => (0u8..48, 1u8..8),
    ];
    (0..RESIDENTS, 0..PITCHES.len(), 0i32..6, slot, prop_oneof![8 => 1i64..4, 1 => -1i64..70_000]).prop_map(
        |(resident, pitch, day, (first, units), party)| Wish { resident, pitch, day, first, units, party },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let written = || prop::bool::weighted(0.9);
    prop_oneof![
        12 => (wish(), 0u8..40, written()).prop_map(|(wish, key, is_written)| Step::Book { wish, key, is_written }),
        2 => (0usize..40).prop_map(|of| Step::Retry { of }),
        5 => (0..RESIDENTS, 0usize..30, written())
            .prop_map(|(resident, booking, is_written)| Step::Cancel { resident, booking, is_written }),
        1 => (0..RESIDENTS, 1i64..2_000).prop_map(|(resident, amount)| Step::TopUp { resident, amount }),
        3 => prop_oneof![0i64..120, 0i64..3_000].prop_map(|minutes| Step::Advance { minutes }),
        1 => (0..PITCHES.len(), 0i32..5, 36u8..42, 1u8..5)
            .prop_map(|(pitch, day, first, units)| Step::Close { closure: Closure { pitch, day, first, units } }),
        1 => Just(Step::Crash),
    ]
}

fn moment(minutes: i64) -> UtcMillis {
    UtcMillis::new(i64::from(DAY_0) * 86_400_000 - OFFSET_MS + minutes * 60_000)
}

fn written(day: i32, unit: u8) -> WrittenTime {
    let moment = moment(i64::from(day) * 1440 + i64::from(unit) * 30);
    let (day, unit) = (day + i32::from(unit / 48), unit % 48);
    let civil = LocalDay::new(DAY_0 + day).date().to_datetime(unit_time(unit));
    WrittenTime { moment, civil, offset: jiff::tz::Offset::constant(8) }
}

/// The body's digest: any function of the wish that tells wishes apart.
fn request_key(wish: &Wish, key: u8) -> RequestKey {
    let body = format!("{wish:?}");
    let hash = |text: &str| {
        text.bytes().fold(14_695_981_039_346_656_037u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
        })
    };
    RequestKey { key: (u128::from(wish.resident) << 64) | (u128::from(key) + 1), body: hash(&body) }
}

struct Run {
    city: City,
    model: Model,
    /// The engine's number of each of the model's bookings.
    numbers: Vec<BookingNo>,
    wishes: Vec<(Wish, u8)>,
}

impl Run {
    fn new() -> Self {
        let mut city = City::found(&founding(), moment(0));
        city.let_time_pass(moment(0));
        Self { city, model: Model::default(), numbers: Vec::new(), wishes: Vec::new() }
    }

    fn book(&mut self, wish: Wish, key: u8, is_written: bool) {
        self.wishes.push((wish, key));
        let (expected, booking) = self.model.book(wish, key, is_written);
        let now = moment(self.model.now_min);
        let request = BookingRequest {
            resident: ResidentNo::new(wish.resident),
            pitch: PITCHES[wish.pitch].0,
            start: written(wish.day, wish.first),
            end: written(wish.day, wish.first + wish.units),
            party_size: wish.party,
            request: request_key(&wish, key),
        };
        let outcome = if is_written { Outcome::Durable } else { Outcome::NotWritten };
        let got = match self.city.engine.book(&self.city.lane, &request, now) {
            Ok(Booked::Queued { no, .. }) => {
                // Nothing is shown before it is durable.
                let pending = self.city.engine.bookings().get(no).map(|booking| booking.state);
                assert_eq!(pending, Some(BookingState::Pending));
                assert_eq!(self.city.settle(now, 1, outcome), 1);
                if is_written {
                    assert_eq!(booking, Some(self.numbers.len()), "{wish:?}");
                    self.numbers.push(no);
                    "booked"
                } else {
                    "not-written"
                }
            }
            Ok(Booked::Before(no)) => {
                assert_eq!(booking.map(|index| self.numbers[index]), Some(no), "I6");
                "before"
            }
            Err(refusal) => refusal.name(),
        };
        assert_eq!(got, expected, "{wish:?} key {key} at {}", self.model.now_min);
    }

    fn cancel(&mut self, resident: u32, booking: usize, is_written: bool) {
        let expected = self.model.cancel(resident, booking, is_written);
        let now = moment(self.model.now_min);
        let no = self.numbers.get(booking).copied().unwrap_or(BookingNo::new(1 << 20));
        let got = match self.city.engine.cancel(&self.city.lane, ResidentNo::new(resident), no, now) {
            Ok(_) => {
                let outcome = if is_written { Outcome::Durable } else { Outcome::NotWritten };
                assert_eq!(self.city.settle(now, 1, outcome), 1);
                if is_written { "cancelled" } else { "not-written" }
            }
            Err(refusal) => refusal.name(),
        };
        assert_eq!(got, expected);
    }

    fn close(&mut self, closure: Closure) {
        self.model.close(closure);
        let def = ClosureDef {
            code: None,
            pitches: vec![PitchNo::new(u32::try_from(closure.pitch).expect("few"))],
            first_day: LocalDay::new(DAY_0 + closure.day),
            last_day: LocalDay::new(DAY_0 + closure.day),
            units: UnitSpan::new(closure.first, closure.units).expect("a span").mask(),
            bookings: BookingsInside::Cancel,
            reason: String::new(),
        };
        let permit = self.city.lane.owner().permit().expect("room");
        permit.push(Event::ClosureDeclared(Box::new(def)));
        let now = moment(self.model.now_min);
        self.city.settle(now, 1, Outcome::Durable);
        self.city.let_time_pass(now);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Book { wish, key, is_written } => self.book(wish, key, is_written),
            Step::Retry { of } => {
                if let Some((wish, key)) = self.wishes.get(of).copied() {
                    self.book(wish, key, true);
                }
            }
            Step::Cancel { resident, booking, is_written } => self.cancel(resident, booking, is_written),
            Step::TopUp { resident, amount } => {
                self.model.top_up(resident, amount);
                let resident = ResidentNo::new(resident);
                let engine = &self.city.engine;
                let queued = engine.top_up(&self.city.lane, resident, amount, Provider::Sandbox, None);
                assert!(matches!(queued, Ok(ToppedUp::Queued { .. })));
                self.city.settle(moment(self.model.now_min), 1, Outcome::Durable);
            }
            Step::Advance { minutes } => {
                self.model.advance(minutes);
                self.city.let_time_pass(moment(self.model.now_min));
            }
            Step::Close { closure } => self.close(closure),
            Step::Crash => {
                self.city = City::from_log(std::mem::take(&mut self.city.kept));
                self.city.let_time_pass(moment(self.model.now_min));
            }
        }
        self.compare();
    }

    fn compare(&self) {
        let engine = &self.city.engine;
        for resident in 0..RESIDENTS {
            let balance = engine.residents().get(ResidentNo::new(resident)).expect("a resident").settled();
            assert_eq!(balance.get(), self.model.balance(resident), "I3, resident {resident}");
        }
        for (booking, no) in self.model.bookings.iter().zip(&self.numbers) {
            let got = engine.bookings().get(*no).expect("a booking");
            let state = match booking.state {
                State::Confirmed => BookingState::Confirmed,
                State::Cancelled => BookingState::Cancelled,
                State::Completed => BookingState::Completed,
            };
            assert_eq!((got.state, got.refund.get()), (state, booking.refund), "{booking:?}");
        }
        let violations = engine.audit();
        assert!(violations.is_empty(), "{violations:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(96), max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_dull_model_says(steps in prop::collection::vec(step(), 1..120)) {
        let mut run = Run::new();
        for step in steps {
            run.step(step);
        }
        // Live state equals replay, to the last count.
        let replayed = City::from_log(run.city.kept.clone());
        prop_assert_eq!(run.city.engine.digest(), replayed.engine.digest());
    }

    /// What is in flight when the process dies is wholly there or wholly not: every prefix of the log is sound.
    #[test]
    fn every_prefix_of_the_log_is_sound(
        steps in prop::collection::vec((wish(), 0u8..40, 0usize..30, 0usize..4), 1..60),
        minutes in 0i64..200,
    ) {
        let mut city = City::found(&founding(), moment(0));
        city.let_time_pass(moment(0));
        let mut now = 0;
        for (wish, key, cancel, settled) in steps {
            now += minutes;
            let request = BookingRequest {
                resident: ResidentNo::new(wish.resident),
                pitch: PITCHES[wish.pitch].0,
                start: written(wish.day, wish.first),
                end: written(wish.day, wish.first + wish.units),
                party_size: wish.party,
                request: request_key(&wish, key),
            };
            let _ = city.engine.book(&city.lane, &request, moment(now));
            let no = BookingNo::new(u32::try_from(cancel).expect("few"));
            let _ = city.engine.cancel(&city.lane, ResidentNo::new(wish.resident), no, moment(now));
            city.timekeeper.tick(&city.engine, moment(now));
            // Some records stay in flight while the next commands come.
            let outcome = if settled == 3 { Outcome::NotWritten } else { Outcome::Durable };
            city.settle(moment(now), settled.max(1), outcome);
        }
        for until in founding().len()..=city.kept.len() {
            let replayed = City::from_log(city.kept[..until].to_vec());
            let violations = replayed.engine.audit();
            prop_assert!(violations.is_empty(), "prefix of {until}: {violations:?}");
        }
        city.settle(moment(now), usize::MAX, Outcome::Durable);
        prop_assert_eq!(city.engine.audit(), vec![]);
        prop_assert_eq!(city.engine.digest(), City::from_log(city.kept.clone()).engine.digest());
    }
}
