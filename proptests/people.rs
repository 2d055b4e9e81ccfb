//! What is verified of residents and who lives together, with bookings of a release that asks for it, in any order, over unwritten records,
//! deletions and restarts: a dull list says who may, and how much a household has.

use std::collections::BTreeMap;

use kaichang::domain::entitlement::{Concession, EntitlementDef, Lack, Verified};
use kaichang::domain::event::{Event, PhoneHash, RequestKey};
use kaichang::domain::ids::{BookingNo, ResidentNo};
use kaichang::domain::names::Names;
use kaichang::domain::release::{ReleaseDef, ReleaseMode, ReleaseWhen};
use kaichang::engine::book::{Booked, BookingRequest};
use kaichang::engine::log::Outcome;
use kaichang::engine::refusal::Refusal;
use proptest::prelude::*;

use crate::engine_model::written;
use crate::memory_log::City;
use crate::small_city::*;

const LIMIT: u16 = 2;
const AGE: u16 = 60;

#[derive(Debug, Clone)]
enum Step {
    Verify { who: u32, born: Option<u16>, is_senior: bool, is_written: bool },
    Live { who: u32, with: Option<u32>, is_written: bool },
    Book { who: u32, first: u8, is_written: bool },
    Cancel { which: usize },
    Erase { who: u32 },
    Restart { by_snapshot: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, written) = (|| 0..RESIDENTS, || prop::bool::weighted(0.9));
    let born = prop_oneof![1 => Just(None), 4 => (1940u16..1990).prop_map(Some)];
    prop_oneof![
        4 => (who(), born, prop::bool::weighted(0.8), written())
            .prop_map(|(who, born, is_senior, is_written)| Step::Verify { who, born, is_senior, is_written }),
        3 => (who(), prop::option::weighted(0.8, who()), written())
            .prop_map(|(who, with, is_written)| Step::Live { who, with, is_written }),
        8 => (who(), 0u8..4, written())
            .prop_map(|(who, slot, is_written)| Step::Book { who, first: OPEN.0 + slot * SLOT_UNITS, is_written }),
        3 => (0usize..8).prop_map(|which| Step::Cancel { which }),
        1 => who().prop_map(|who| Step::Erase { who }),
        1 => any::<bool>().prop_map(|by_snapshot| Step::Restart { by_snapshot }),
    ]
}

fn release() -> Event {
    Event::ReleaseDeclared(Box::new(ReleaseDef {
        code: code("for-some"),
        name: Names::new("名", "name"),
        venue: None,
        pitches: vec![pitch_no(0)],
        first_day: day(1),
        last_day: Some(day(1)),
        when: ReleaseWhen::Once { at: moment(0) },
        mode: ReleaseMode::FirstCome,
        limit_per_resident: None,
        counter_share_percent: 0,
        lottery: None,
        queue: None,
        returned: None,
        who: Some(Box::new(EntitlementDef {
            age_from: Some(60),
            concessions: vec![Concession::Senior],
            limit_per_household: Some(LIMIT),
            ..EntitlementDef::default()
        })),
    }))
}

/// The engine beside a dull list.
struct Run {
    city: City,
    founded: usize,
    verified: BTreeMap<u32, Verified>,
    /// Who lives where; nobody who lives by himself.
    lives: BTreeMap<u32, u32>,
    next_household: u32,
    bookings: Vec<(u32, u8, BookingNo)>,
    erased: Vec<u32>,
    asked: u128,
}

impl Run {
    fn new() -> Self {
        let mut events = founding();
        events.push(release());
        let founded = events.len();
        let mut city = City::found(&events, moment(0));
        city.let_time_pass(moment(1));
        Self {
            city,
            founded,
            verified: BTreeMap::new(),
            lives: BTreeMap::new(),
            next_household: 0,
            bookings: Vec::new(),
            erased: Vec::new(),
            asked: 0,
        }
    }

    /// Settles the one record that was queued; whether it was written.
    fn settle(&mut self, is_written: bool) -> bool {
        self.city.settle_the_one(moment(2), is_written);
        is_written
    }

    fn lives_with(&self, who: u32) -> Vec<u32> {
        match self.lives.get(&who) {
            None => vec![who],
            Some(household) => {
                (0..RESIDENTS).filter(|other| self.lives.get(other) == Some(household)).collect()
            }
        }
    }

    fn take(&mut self, step: &Step) {
        let by = ResidentNo::new(staff_of(0));
        let (engine, lane) = (&self.city.engine, &self.city.lane);
        match *step {
            Step::Verify { who, born, is_senior, is_written } => {
                let plain = Verified::default().born_in(born);
                let verified = if is_senior { plain.with(Concession::Senior) } else { plain };
                let queued = engine.verify_resident(lane, by, ResidentNo::new(who), verified);
                assert_eq!(queued.is_err(), self.erased.contains(&who), "{step:?}");
                if queued.is_ok() && self.settle(is_written) {
                    self.verified.insert(who, verified);
                }
            }
            Step::Live { who, with, is_written } => {
                let queued = engine.join_household(lane, by, ResidentNo::new(who), with.map(ResidentNo::new));
                let is_gone = |no: &u32| self.erased.contains(no);
                assert_eq!(queued.is_err(), is_gone(&who) || with.as_ref().is_some_and(is_gone), "{step:?}");
                if queued.is_ok() && self.settle(is_written) {
                    match with {
                        None => {
                            self.lives.remove(&who);
                        }
                        Some(with) => {
                            self.next_household += 1;
                            let household = *self.lives.entry(with).or_insert(self.next_household);
                            self.lives.insert(who, household);
                        }
                    }
                }
            }
            Step::Book { who, first, is_written } => self.book(who, first, is_written),
            Step::Cancel { which } => {
                if let Some((who, _, no)) = self.bookings.get(which).copied() {
                    engine.cancel(lane, ResidentNo::new(who), no, moment(2)).expect("long before");
                    self.settle(true);
                    self.bookings.remove(which);
                }
            }
            Step::Erase { who } => {
                let has_some = self.bookings.iter().any(|(owner, ..)| *owner == who);
                if has_some || self.erased.contains(&who) {
                    return;
                }
                let erasure = engine.begin_erasure(ResidentNo::new(who)).expect("an account");
                erasure.erase(lane, PhoneHash([0xee; 16])).expect("nothing is ahead");
                self.settle(true);
                self.erased.push(who);
                self.verified.remove(&who);
                self.lives.remove(&who);
            }
            Step::Restart { by_snapshot } => {
                let (kept, before) = (self.city.kept.clone(), self.city.engine.digest());
                let cuts = [self.founded, self.founded.midpoint(kept.len())];
                self.city = if by_snapshot { City::by_snapshots(kept, cuts) } else { City::from_log(kept) };
                assert_eq!(before, self.city.engine.digest());
            }
        }
    }

    fn book(&mut self, who: u32, first: u8, is_written: bool) {
        self.asked += 1;
        let request = BookingRequest {
            resident: ResidentNo::new(who),
            pitch: PITCHES[0].0,
            start: written(1, first),
            end: written(1, first + SLOT_UNITS),
            party_size: 1,
            request: RequestKey { key: self.asked, body: 0 },
        };
        let booked = self.city.engine.book(&self.city.lane, &request, moment(2));
        let known = self.verified.get(&who).copied().unwrap_or_default();
        let year = 2026;
        let lack = match known.birth_year() {
            Some(born) if born + AGE <= year => (!known.has(Concession::Senior)).then_some(Lack::Concession),
            Some(_) | None => Some(Lack::Age),
        };
        let together = self.lives_with(who);
        let has = |no: &u32| self.bookings.iter().filter(|(owner, ..)| owner == no).count();
        let used: usize = together.iter().map(has).sum();
        let is_taken = self.bookings.iter().any(|(_, taken, _)| *taken == first);
        match booked {
            Ok(Booked::Queued { no, .. }) => {
                assert_eq!((lack, is_taken), (None, false), "{who} has booked");
                assert!(used < usize::from(LIMIT), "{who} has booked, and {together:?} have {used}");
                if self.settle(is_written) {
                    self.bookings.push((who, first, no));
                }
            }
            Ok(Booked::Before(_)) => panic!("a new key"),
            Err(Refusal::NotEntitled(lacks)) => assert_eq!(Some(lacks), lack),
            Err(Refusal::QuotaExceeded(exceeded)) if exceeded.quota == "household" => {
                assert!(used >= usize::from(LIMIT), "{together:?} have {used}");
            }
            Err(Refusal::Forbidden) => assert!(self.erased.contains(&who)),
            Err(refusal) => {
                assert!(lack.is_none(), "{refusal:?} before {lack:?}");
                assert!(is_taken || used >= usize::from(LIMIT), "{refusal:?} though {used} are used");
            }
        }
    }

    fn check(&self) {
        let engine = &self.city.engine;
        assert_eq!(engine.audit(), vec![]);
        for who in 0..RESIDENTS {
            let account = engine.residents().get(ResidentNo::new(who)).expect("an account");
            assert_eq!(account.verified(), self.verified.get(&who).copied().unwrap_or_default());
            assert_eq!(engine.households().count(account.household()).max(1), self.lives_with(who).len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(64), max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn nobody_books_whom_a_release_is_not_for_nor_a_household_more_than_it_may(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.take(step);
            run.check();
        }
        let (engine, kept) = (&run.city.engine, run.city.kept.clone());
        let cuts = [run.founded, run.founded.midpoint(kept.len())];
        prop_assert_eq!(engine.digest(), City::from_log(kept.clone()).engine.digest());
        prop_assert_eq!(engine.digest(), City::by_snapshots(kept, cuts).engine.digest());
        prop_assert_eq!(run.city.settle(moment(2), usize::MAX, Outcome::Durable), 0);
    }
}
