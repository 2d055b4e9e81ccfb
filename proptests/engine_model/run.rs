//! Takes each step on the engine and in the model, and compares all that can be seen.

use kaichang::domain::calendar::unit_time;
use kaichang::domain::change::{Admission, Offered, PitchChange, VenueChange};
use kaichang::domain::definition::{BookingsInside, ClosureDef};
use kaichang::domain::event::{Event, PhoneHash, Provider, RequestKey};
use kaichang::domain::ids::{BookingNo, ResidentNo, VenueNo};
use kaichang::domain::money::Minor;
use kaichang::domain::units::UnitSpan;
use kaichang::engine::accounts::ToppedUp;
use kaichang::engine::book::{Booked, BookingRequest};
use kaichang::engine::bookings::BookingState;
use kaichang::engine::hold::Confirmed;
use kaichang::engine::lane::Ticket;
use kaichang::engine::log::Outcome;
use kaichang::engine::move_booking::{NewPlace, NewPrice};
use kaichang::engine::refusal::Refusal;
use kaichang::engine::view::SlotStatus;
use kaichang::engine::when::WrittenTime;

use super::steps::Step;
use crate::memory_log::City;
use crate::model::{Change, Closure, Model, Place, Purpose, Shown, State, Wish, claim_body, confirm_body};
use crate::small_city::*;

/// How many prefixes of a run's log are looked at.
const PREFIXES: usize = 5;

pub(crate) struct Run {
    pub(crate) city: City,
    pub(crate) model: Model,
    /// The engine's number of each of the model's bookings.
    numbers: Vec<BookingNo>,
    claims: Vec<(Purpose, Wish, u8)>,
}

pub(crate) fn written(day_after: i32, unit: u8) -> WrittenTime {
    let at = moment(i64::from(day_after) * 1440 + i64::from(unit) * 30);
    let (day_after, unit) = (day_after + i32::from(unit / 48), unit % 48);
    let civil = day(day_after).date().to_datetime(unit_time(unit));
    WrittenTime { moment: at, civil, offset: jiff::tz::Offset::constant(8) }
}

/// The body's digest: any function that tells bodies apart.
pub(crate) fn request_key(resident: u32, key: u8, body: &str) -> RequestKey {
    let hash = body.bytes().fold(14_695_981_039_346_656_037u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
    });
    RequestKey { key: (u128::from(resident) << 64) | (u128::from(key) + 1), body: hash }
}

pub(crate) fn request(wish: &Wish, purpose: Purpose, key: u8) -> BookingRequest<'static> {
    let Wish { resident, place, party } = *wish;
    BookingRequest {
        resident: ResidentNo::new(resident),
        pitch: PITCHES[place.pitch].0,
        start: written(place.day, place.first),
        end: written(place.day, place.end()),
        party_size: party,
        request: request_key(resident, key, &claim_body(wish, purpose)),
    }
}

pub(crate) fn new_place(to: &Place, keeps_price: bool) -> NewPlace<'static> {
    NewPlace {
        pitch: PITCHES[to.pitch].0,
        start: written(to.day, to.first),
        end: written(to.day, to.end()),
        price: if keeps_price { NewPrice::Kept } else { NewPrice::OfPlace },
    }
}

pub(crate) fn event_of(change: Change, releases: usize) -> Event {
    let of_pitch = |change| Event::PitchChanged(Box::new(change));
    match change {
        Change::Hours { pitch, open } => {
            of_pitch(PitchChange { hours: Some(hours(open)), ..PitchChange::of(pitch_no(pitch)) })
        }
        Change::Prices { pitch, prices } => {
            of_pitch(PitchChange { prices: Some(bands(prices)), ..PitchChange::of(pitch_no(pitch)) })
        }
        Change::Capacity { pitch, capacity } => {
            of_pitch(PitchChange { capacity: Some(capacity), ..PitchChange::of(pitch_no(pitch)) })
        }
        Change::Offered { pitch, is_offered } => {
            let offered = Some(if is_offered { Offered::Yes } else { Offered::No });
            of_pitch(PitchChange { offered, ..PitchChange::of(pitch_no(pitch)) })
        }
        Change::Admission { venue, is_checked } => Event::VenueChanged(Box::new(VenueChange {
            admission: Some(if is_checked { Admission::Checked } else { Admission::Open }),
            ..VenueChange::of(VenueNo::new(venue))
        })),
        Change::Release { which } => release_declared(releases, &releases_to_come()[which]),
    }
}

pub(crate) fn closure_declared(closure: Closure) -> Event {
    let Place { pitch, day: on, first, units } = closure.place;
    Event::ClosureDeclared(Box::new(ClosureDef {
        code: None,
        pitches: vec![pitch_no(pitch)],
        first_day: day(on),
        last_day: day(on),
        units: UnitSpan::new(first, units).expect("a span").mask(),
        bookings: if closure.cancels { BookingsInside::Cancel } else { BookingsInside::Keep },
        reason: String::new(),
    }))
}

/// A city that remembers two days, and forgets what is older in pieces of three.
pub(crate) fn forgetting(city: City) -> City {
    city.forgetting(2, 3)
}

impl Run {
    pub(crate) fn new() -> Self {
        let mut city = forgetting(City::found(&founding(), moment(0)));
        city.let_time_pass(moment(0));
        Self { city, model: Model::new(), numbers: Vec::new(), claims: Vec::new() }
    }

    fn now(&self) -> kaichang::domain::time::UtcMillis {
        moment(self.model.now_min)
    }

    fn number(&self, booking: usize) -> BookingNo {
        self.numbers.get(booking).copied().unwrap_or(BookingNo::new(1 << 20))
    }

    /// What is refused of a booking that is forgotten: it is not there.
    fn unless_forgotten<'a>(&self, booking: usize, expected: &'a str, gone: &'a str) -> &'a str {
        let is_forgotten =
            booking < self.numbers.len() && self.city.engine.bookings().is_forgotten(self.number(booking));
        if is_forgotten { gone } else { expected }
    }

    /// Settles the one record that a command queued.
    fn settle(&mut self, is_written: bool) -> &'static str {
        let outcome = if is_written { Outcome::Durable } else { Outcome::NotWritten };
        assert_eq!(self.city.settle(self.now(), 1, outcome), 1);
        if is_written { "queued" } else { "not-written" }
    }

    fn settle_if(&mut self, queued: Result<Ticket, Refusal>, is_written: bool) -> &'static str {
        match queued {
            Ok(_) => self.settle(is_written),
            Err(refusal) => refusal.name(),
        }
    }

    fn claim(&mut self, purpose: Purpose, wish: Wish, key: u8, is_written: bool) {
        self.claims.push((purpose, wish, key));
        let (expected, booking) = self.model.claim(purpose, wish, key, is_written);
        let (now, request) = (self.now(), request(&wish, purpose, key));
        let City { engine, lane, .. } = &self.city;
        let booked = match purpose {
            Purpose::Book => engine.book(lane, &request, now),
            Purpose::Hold => engine.place_hold(lane, &request, now),
            Purpose::Counter { venue } => {
                engine.book_at_counter(lane, &request, request.resident, VenueNo::new(venue), now)
            }
        };
        let got = match booked {
            Ok(Booked::Queued { no, .. }) => {
                // Nothing is shown before it is durable.
                let pending = engine.bookings().get(no).map(|booking| booking.state.settled());
                assert_eq!(pending, Some(BookingState::Void));
                if is_written {
                    assert_eq!(booking, Some(self.numbers.len()), "{wish:?}");
                    self.numbers.push(no);
                }
                self.settle(is_written)
            }
            Ok(Booked::Before(no)) => {
                assert_eq!(booking.map(|index| self.numbers[index]), Some(no), "I6");
                "before"
            }
            Err(refusal) => refusal.name(),
        };
        assert_eq!(got, expected, "{purpose:?} {wish:?} key {key} at {}", self.model.now_min);
    }

    fn confirm(&mut self, resident: u32, booking: usize, key: Option<u8>, late_min: i64, is_written: bool) {
        let expected = self.model.confirm(resident, booking, key, late_min, is_written);
        let request = key.map(|key| request_key(resident, key, &confirm_body(booking)));
        let (no, now) = (self.number(booking), self.now().plus_ms(late_min * 60_000));
        let City { engine, lane, .. } = &self.city;
        let got = match engine.confirm_hold(lane, ResidentNo::new(resident), no, request, now) {
            Ok(Confirmed::Queued(_)) => self.settle(is_written),
            Ok(Confirmed::Before) => "before",
            Err(refusal) => refusal.name(),
        };
        let expected = self.unless_forgotten(booking, expected, "not-found");
        assert_eq!(got, expected, "confirm {booking} by {resident}, key {key:?}");
    }

    fn change_catalogue(&mut self, venue: u32, event: Event, is_written: bool) {
        let by = ResidentNo::new(staff_of(venue));
        let queued = self.city.engine.change_catalogue(&self.city.lane, by, event);
        assert!(queued.is_ok(), "a change that makes sense is refused: {:?}", queued.err());
        self.settle(is_written);
    }

    fn check_in(&mut self, venue: u32, booking: usize, is_written: bool) {
        let City { engine, lane, .. } = &self.city;
        let (by, no) = (ResidentNo::new(staff_of(venue)), self.number(booking));
        let queued = engine.check_in(lane, by, VenueNo::new(venue), no, self.now());
        let got = self.settle_if(queued, is_written);
        let expected = self.model.check_in(venue, booking, is_written);
        let expected = self.unless_forgotten(booking, expected, "too-late");
        assert_eq!(got, expected, "check-in of {booking} at venue {venue}");
    }

    fn move_booking(&mut self, venue: u32, booking: usize, to: Place, keeps_price: bool, is_written: bool) {
        let City { engine, lane, .. } = &self.city;
        let (by, no) = (ResidentNo::new(staff_of(venue)), self.number(booking));
        let place = new_place(&to, keeps_price);
        let queued = engine.move_booking(lane, by, VenueNo::new(venue), no, &place, self.now());
        let got = self.settle_if(queued, is_written);
        let expected = self.model.move_booking(venue, booking, to, keeps_price, is_written);
        let expected = self.unless_forgotten(booking, expected, "not-found");
        assert_eq!(got, expected, "move of {booking} to {to:?} at {}", self.model.now_min);
    }

    fn cancel_by_staff(&mut self, venue: u32, booking: usize, refund: Option<i64>, is_written: bool) {
        let City { engine, lane, .. } = &self.city;
        let (by, no) = (ResidentNo::new(staff_of(venue)), self.number(booking));
        let queued = engine.cancel_by_staff(lane, by, VenueNo::new(venue), no, refund.map(Minor::new));
        let got = self.settle_if(queued, is_written);
        let expected = self.model.cancel_by_staff(venue, booking, refund, is_written);
        let expected = self.unless_forgotten(booking, expected, "not-found");
        assert_eq!(got, expected, "cancel {booking} at venue {venue}, {refund:?} back");
    }

    fn end_by_resident(&mut self, resident: u32, booking: usize, is_giving_up: bool, is_written: bool) {
        let City { engine, lane, .. } = &self.city;
        let (by, no) = (ResidentNo::new(resident), self.number(booking));
        let queued = if is_giving_up {
            engine.give_up_hold(lane, by, no)
        } else {
            engine.cancel(lane, by, no, self.now())
        };
        let got = self.settle_if(queued, is_written);
        let expected = if is_giving_up {
            self.model.give_up(resident, booking, is_written)
        } else {
            self.model.cancel(resident, booking, is_written)
        };
        let expected = self.unless_forgotten(booking, expected, "not-found");
        assert_eq!(got, expected, "end of {booking} by {resident} at {}", self.model.now_min);
    }

    fn call_off_all(&mut self, resident: u32) {
        let ahead = self.city.engine.ahead_of(ResidentNo::new(resident), self.now());
        let expected = self.model.ahead(resident).ok_or(Refusal::TooLate);
        let mut expected = expected.map(|ahead| ahead.iter().map(|no| self.number(*no)).collect::<Vec<_>>());
        let mut got = ahead;
        for list in [&mut got, &mut expected].into_iter().flatten() {
            list.sort_unstable();
        }
        assert_eq!(got, expected, "ahead of {resident}");
        for booking in self.model.ahead(resident).unwrap_or_default() {
            self.end_by_resident(resident, booking, false, true);
        }
    }

    fn erase(&mut self, resident: u32, is_written: bool) {
        let expected = self.model.erase(resident, is_written);
        let City { engine, lane, intake, .. } = &self.city;
        let account = engine.residents().get(ResidentNo::new(resident)).expect("an account");
        let queued = engine.begin_erasure(ResidentNo::new(resident)).and_then(|erasure| {
            assert!(account.role().is_none(), "nothing begins any more");
            assert!(intake.is_settled(&erasure.queued_before(lane)), "nothing is under way");
            erasure.erase(lane, PhoneHash([0xee; 16]))
        });
        let got = self.settle_if(queued, is_written);
        assert_eq!(got, expected, "the end of {resident}");
        let account = self.city.engine.residents().get(ResidentNo::new(resident)).expect("an account");
        let is_erased = self.model.erased.contains(&resident);
        assert_eq!((account.is_erased(), account.role().is_none()), (is_erased, is_erased), "{resident}");
    }

    /// Most steps mean a booking that is there, by whoever may change it; a few are left as they were drawn.
    fn aim(&self, step: &mut Step) {
        let count = self.model.bookings.len();
        let aimed = |booking: &mut usize| {
            let is_aimed = count > 0 && *booking % 8 != 7;
            if is_aimed {
                *booking %= count;
            }
            is_aimed.then(|| &self.model.bookings[*booking])
        };
        match step {
            Step::Confirm { resident, booking, .. }
            | Step::GiveUp { resident, booking, .. }
            | Step::Cancel { resident, booking, .. } => {
                if let Some(meant) = aimed(booking) {
                    *resident = meant.resident;
                }
            }
            Step::CheckIn { venue, booking, .. } | Step::CancelByStaff { venue, booking, .. } => {
                if let Some(meant) = aimed(booking) {
                    *venue = meant.place.venue();
                }
            }
            Step::Move { venue, booking, to, nearby, .. } => {
                let Some(meant) = aimed(booking) else { return };
                *venue = meant.place.venue();
                if let Some(later) = *nearby {
                    let first = meant.place.first.saturating_add_signed(later);
                    *to = Place { first, units: to.units, ..meant.place };
                }
            }
            Step::Claim { .. }
            | Step::Retry { .. }
            | Step::TopUp { .. }
            | Step::Erase { .. }
            | Step::Change { .. }
            | Step::Close { .. }
            | Step::Advance { .. }
            | Step::Crash => {}
        }
    }

    pub(crate) fn step(&mut self, mut step: Step) {
        self.aim(&mut step);
        match step {
            Step::Claim { purpose, wish, key, is_written } => self.claim(purpose, wish, key, is_written),
            Step::Retry { of } => {
                if let Some((purpose, wish, key)) = self.claims.get(of).copied() {
                    self.claim(purpose, wish, key, true);
                }
            }
            Step::Confirm { resident, booking, key, late_min, is_written } => {
                self.confirm(resident, booking, key, late_min, is_written);
            }
            Step::GiveUp { resident, booking, is_written } => {
                self.end_by_resident(resident, booking, true, is_written);
            }
            Step::Cancel { resident, booking, is_written } => {
                self.end_by_resident(resident, booking, false, is_written);
            }
            Step::CheckIn { venue, booking, is_written } => self.check_in(venue, booking, is_written),
            Step::Move { venue, booking, to, keeps_price, is_written, .. } => {
                self.move_booking(venue, booking, to, keeps_price, is_written);
            }
            Step::CancelByStaff { venue, booking, refund, is_written } => {
                self.cancel_by_staff(venue, booking, refund, is_written);
            }
            Step::TopUp { resident, amount } => {
                let expected = self.model.top_up(resident, amount);
                let City { engine, lane, .. } = &self.city;
                let got =
                    match engine.top_up(lane, ResidentNo::new(resident), amount, Provider::Sandbox, None) {
                        Ok(ToppedUp::Queued { .. }) => self.settle(true),
                        Ok(ToppedUp::Before(_)) => "before",
                        Err(refusal) => refusal.name(),
                    };
                assert_eq!(got, expected, "a top-up of {resident}");
            }
            Step::Erase { resident, calls_off, is_written } => {
                if calls_off {
                    self.call_off_all(resident);
                }
                self.erase(resident, is_written);
            }
            Step::Change { change, is_written } if self.model.may_change(change) => {
                let event = event_of(change, self.model.releases.len());
                self.change_catalogue(0, event, is_written);
                if is_written {
                    self.model.change(change);
                }
            }
            Step::Change { .. } => {}
            Step::Close { closure, is_written } => {
                self.change_catalogue(closure.place.venue(), closure_declared(closure), is_written);
                if is_written {
                    self.model.close(closure);
                    // The closure goes on when its end was not written at first.
                    self.city.let_time_pass_unwritten(self.now());
                }
            }
            Step::Advance { minutes, is_written } => {
                self.model.advance(minutes);
                if !is_written {
                    self.city.let_time_pass_unwritten(self.now());
                    let violations = self.city.engine.audit();
                    assert!(violations.is_empty(), "{violations:?}");
                }
            }
            Step::Crash => self.city = forgetting(City::from_log(std::mem::take(&mut self.city.kept))),
        }
        self.city.let_time_pass(self.now());
        self.model.advance(0);
        self.compare();
    }

    fn compare(&self) {
        let engine = &self.city.engine;
        for account in 0..RESIDENTS + VENUES {
            let balance = engine.residents().get(ResidentNo::new(account)).expect("an account").settled();
            assert_eq!(balance.get(), self.model.balance(account), "I3, account {account}");
        }
        for (booking, no) in self.model.bookings.iter().zip(&self.numbers) {
            if engine.bookings().is_forgotten(*no) {
                assert!(
                    !matches!(booking.state, State::Held | State::Confirmed | State::CheckedIn),
                    "{booking:?}"
                );
                continue;
            }
            let got = engine.bookings().get(*no).expect("a booking");
            let state = match booking.state {
                State::Held => BookingState::Held,
                State::GivenUp => BookingState::GivenUp,
                State::Expired => BookingState::Expired,
                State::Confirmed => BookingState::Confirmed,
                State::CheckedIn => BookingState::CheckedIn,
                State::Cancelled => BookingState::Cancelled,
                State::Completed => BookingState::Completed,
                State::Missed => BookingState::Missed,
            };
            let got = (got.state, got.refund.get(), got.terms.price.get(), got.terms.pitch);
            let place = pitch_no(booking.place.pitch);
            assert_eq!(got, (state, booking.refund, booking.price, place), "{booking:?}");
        }
        self.compare_slots();
        self.compare_days();
        let violations = engine.audit();
        assert!(violations.is_empty(), "{violations:?}");
    }

    /// What residents are shown as free, taken, closed or not released.
    fn compare_slots(&self) {
        let world = self.city.engine.world();
        for pitch in 0..PITCHES.len() {
            let looked_at = world.catalogue.pitch(pitch_no(pitch)).expect("a pitch");
            for on in self.model.today()..=self.model.today() + i32::from(DAYS_AHEAD) + 1 {
                let slots = self.city.engine.slots(&world, looked_at, day(on), self.now());
                for slot in slots.iter().filter(|slot| (34..46).contains(&slot.span.first())) {
                    let (first, units) = (slot.span.first(), slot.span.count());
                    let place = Place { pitch, day: on, first, units };
                    let got = match slot.status {
                        SlotStatus::Closed => Shown::Closed,
                        SlotStatus::Unreleased => Shown::Unreleased,
                        SlotStatus::Taken => Shown::Taken,
                        SlotStatus::Free => Shown::Free { left: slot.left.into() },
                    };
                    assert_eq!(got, self.model.shown(&place), "{place:?} at {}", self.model.now_min);
                }
            }
        }
    }

    /// Each booking stands in the list of its present day, whether that is over or not, and in no other.
    fn compare_days(&self) {
        let world = self.city.engine.world();
        for pitch in (0..PITCHES.len()).filter(|pitch| whole_of(*pitch) == *pitch) {
            let whole = world.catalogue.pitch(pitch_no(pitch)).expect("a pitch");
            for on in 0..=self.model.today() + i32::from(DAYS_AHEAD) {
                let Some(listed) = self.city.engine.bookings_of_day(&world, whole, day(on)) else {
                    assert!(on < self.model.today() - 2, "day {on} is forgotten too early");
                    continue;
                };
                let mut listed: Vec<_> = listed.iter().map(|booking| booking.no).collect();
                listed.sort_unstable();
                let is_here = |place: &Place| whole_of(place.pitch) == pitch && place.day == on;
                let all = self.model.bookings.iter().zip(&self.numbers);
                let here = all.filter(|(booking, _)| is_here(&booking.place));
                let mut expected: Vec<_> = here.map(|(_, no)| *no).collect();
                expected.sort_unstable();
                assert_eq!(listed, expected, "{} on day {on}", whole.code);
            }
        }
    }

    /// A process that dies anywhere leaves a sound city.
    pub(crate) fn check_some_prefixes(&self) {
        let (first, last) = (founding().len(), self.city.kept.len());
        for step in 0..PREFIXES {
            let until = first + (last - first) * step / PREFIXES;
            let violations = City::from_log(self.city.kept[..until].to_vec()).engine.audit();
            assert!(violations.is_empty(), "prefix of {until}: {violations:?}");
        }
    }
}
