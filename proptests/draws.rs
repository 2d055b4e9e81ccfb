//! Releases that are drawn by lot: people enter, change and withdraw, records come to nothing, the city starts anew, somebody pays and
//! somebody doesn't. Whatever happens, the list is of who had entered, the outcome is the draw repeated, and nothing is free that
//! somebody of the reserve would take.

use std::collections::BTreeMap;

use kaichang::domain::definition::{BookingsInside, ClosureDef};
use kaichang::domain::draw::{EntryId, Seed, draw};
use kaichang::domain::event::{Event, RequestKey, ResidentsEnrolled};
use kaichang::domain::ids::{ReleaseNo, ResidentNo};
use kaichang::domain::lottery::{LotteryDef, Salt, Wish};
use kaichang::domain::money::Minor;
use kaichang::domain::release::{ReleaseDef, ReleaseMode, ReleaseWhen};
use kaichang::domain::units::UnitSpan;
use kaichang::engine::book::BookingRequest;
use kaichang::engine::bookings::BookingState;
use kaichang::engine::draws::Stage;
use kaichang::engine::enter::{Entering, EntryRequest, OwnEntry, Standing, WrittenWish};
use kaichang::engine::log::Outcome;
use kaichang::engine::pitch_days::Sale;
use kaichang::engine::refusal::Refusal;
use proptest::prelude::*;

use crate::engine_model::written;
use crate::memory_log::City;
use crate::small_city::*;

/// Those who enter stand behind the city's own residents and staff.
const FIRST: u32 = RESIDENTS + VENUES;
const ENTRANTS: u32 = 12;
const CODE: &str = "evening";
const SEED: Seed = Seed([3; 32]);
/// Minutes since the first day began.
const OPENS: i64 = 60;
const CLOSES: i64 = 300;
const DRAWN: i64 = 360;
const PAY_BY: i64 = 1440;
const REST: i64 = 1440 + 600;
const RESERVE_MINUTES: u16 = 120;

/// Pitch, day, first half hour, slots.
type Slot = (usize, i32, u8, u8);

#[derive(Debug, Clone)]
enum Step {
    Enter {
        who: u32,
        slots: Vec<Slot>,
        party: i64,
        key: u8,
    },
    Change {
        who: u32,
        slots: Vec<Slot>,
        party: i64,
    },
    Withdraw {
        who: u32,
    },
    /// Something else is booked, so that a limit may be in the way later.
    Book {
        who: u32,
        first: u8,
    },
    Pay {
        who: u32,
    },
    GiveUp {
        who: u32,
    },
    Cancel {
        who: u32,
    },
    Close {
        slot: Slot,
    },
    Advance {
        minutes: i64,
    },
    /// The next command's record is not written.
    FullDisk,
    Restart {
        by_snapshot: bool,
    },
}

fn slot() -> impl Strategy<Value = Slot> {
    // The two halves, the whole, the court and the pool: few slots, so that people want the same.
    (0usize..5, 2i32..4, prop::sample::select(vec![36u8, 38, 40]), 1u8..3)
}

fn slots() -> impl Strategy<Value = Vec<Slot>> {
    prop::collection::vec(slot(), 1..4)
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..ENTRANTS;
    prop_oneof![
        8 => (who.clone(), slots(), 1i64..4, 0u8..3)
            .prop_map(|(who, slots, party, key)| Step::Enter { who, slots, party, key }),
        3 => (who.clone(), slots(), 1i64..4).prop_map(|(who, slots, party)| Step::Change { who, slots, party }),
        1 => who.clone().prop_map(|who| Step::Withdraw { who }),
        1 => (who.clone(), prop::sample::select(vec![36u8, 38, 40, 42])).prop_map(|(who, first)| Step::Book { who, first }),
        3 => who.clone().prop_map(|who| Step::Pay { who }),
        2 => who.clone().prop_map(|who| Step::GiveUp { who }),
        1 => who.prop_map(|who| Step::Cancel { who }),
        1 => slot().prop_map(|slot| Step::Close { slot }),
        4 => prop::sample::select(vec![1i64, 45, 200, 600]).prop_map(|minutes| Step::Advance { minutes }),
        1 => Just(Step::FullDisk),
        1 => any::<bool>().prop_map(|by_snapshot| Step::Restart { by_snapshot }),
    ]
}

fn lottery() -> LotteryDef {
    LotteryDef {
        from: moment(OPENS),
        until: moment(CLOSES),
        draw_at: moment(DRAWN),
        pay_by: moment(PAY_BY),
        reserve_minutes: RESERVE_MINUTES,
        choices_max: 3,
        party_max: 3,
        beacon: "what the dice say".to_owned(),
        salt: Salt([0; 16]),
        commitment: SEED.commitment(),
    }
}

fn events() -> Vec<Event> {
    let mut events = founding();
    events.push(Event::ResidentsEnrolled(ResidentsEnrolled {
        first: ResidentNo::new(FIRST),
        count: ENTRANTS,
        balance: Minor::new(BALANCE),
    }));
    events.push(Event::ReleaseDeclared(Box::new(ReleaseDef {
        code: code(CODE),
        name: kaichang::domain::names::Names::new("名", "name"),
        venue: None,
        pitches: [0, 1, 4].map(pitch_no).to_vec(),
        first_day: day(2),
        last_day: Some(day(3)),
        when: ReleaseWhen::Once { at: moment(REST) },
        mode: ReleaseMode::Lottery,
        limit_per_resident: None,
        counter_share_percent: 0,
        lottery: Some(Box::new(lottery())),
        queue: None,
        returned: None,
        who: None,
    })));
    events
}

struct Run {
    city: City,
    now_min: i64,
    /// What each has entered for, as durable records have it; nothing for who has withdrawn.
    entries: BTreeMap<u32, Option<(Vec<Slot>, u16)>>,
    is_disk_full: bool,
    asked: u128,
    founded: usize,
}

fn wish((pitch, on, first, slots): Slot) -> Wish {
    let span = UnitSpan::new(first, slots * SLOT_UNITS).expect("a span");
    Wish::new(pitch_no(pitch), day(on), span)
}

fn written_wishes(slots: &[Slot]) -> Vec<WrittenWish<'static>> {
    let write = |(pitch, on, first, slots): &Slot| WrittenWish {
        pitch: PITCHES[*pitch].0,
        start: written(*on, *first),
        end: written(*on, first + slots * SLOT_UNITS),
    };
    slots.iter().map(write).collect()
}

fn resident(who: u32) -> ResidentNo {
    ResidentNo::new(FIRST + who)
}

impl Run {
    fn new() -> Self {
        let events = events();
        let mut city = City::found(&events, moment(0));
        city.let_time_pass(moment(0));
        Self {
            city,
            now_min: 0,
            entries: BTreeMap::new(),
            is_disk_full: false,
            asked: 0,
            founded: events.len(),
        }
    }

    fn release(&self) -> ReleaseNo {
        self.city.engine.world().catalogue.release_by_code(CODE).expect("declared").no
    }

    /// Settles what a command has queued. Returns whether it was written.
    fn settle(&mut self) -> bool {
        let is_written = !std::mem::take(&mut self.is_disk_full);
        self.city.settle_the_one(moment(self.now_min), is_written);
        is_written
    }

    fn own(&self, who: u32) -> Option<OwnEntry> {
        self.city.engine.own_entry(resident(who), self.release())
    }

    fn take(&mut self, step: &Step) {
        let now = moment(self.now_min);
        match step {
            Step::Enter { who, slots, party, key } => self.enter(*who, slots, *party, *key),
            Step::Change { who, slots, party } => {
                let choices = written_wishes(slots);
                let request = EntryRequest {
                    resident: resident(*who),
                    release: CODE,
                    choices: &choices,
                    party_size: *party,
                };
                let changed = self.city.engine.change_entry(&self.city.lane, &request, now);
                let expected = self.expected(slots, false, self.entries.get(who).map(Option::is_some));
                assert_eq!(changed.as_ref().err(), expected.as_ref(), "{step:?} at {}", self.now_min);
                if changed.is_ok() && self.settle() {
                    let party = u16::try_from(*party).expect("few");
                    self.entries.insert(*who, Some((slots.clone(), party)));
                }
            }
            Step::Withdraw { who } => {
                let withdrawn = self.city.engine.withdraw_entry(&self.city.lane, resident(*who), CODE, now);
                if withdrawn.is_ok() && self.settle() {
                    assert!((OPENS..CLOSES).contains(&self.now_min));
                    self.entries.insert(*who, None);
                }
            }
            Step::Book { who, first } => self.book(*who, *first),
            Step::Pay { who } | Step::GiveUp { who } | Step::Cancel { who } => self.deal_with(*who, step),
            Step::Close { slot: (pitch, on, first, slots) } => {
                let def = ClosureDef {
                    code: None,
                    pitches: vec![pitch_no(*pitch)],
                    first_day: day(*on),
                    last_day: day(*on),
                    units: UnitSpan::new(*first, slots * SLOT_UNITS).expect("a span").mask(),
                    bookings: BookingsInside::Cancel,
                    reason: String::new(),
                };
                let event = Event::ClosureDeclared(Box::new(def));
                let by = ResidentNo::new(staff_of(0));
                if self.city.engine.change_catalogue(&self.city.lane, by, event).is_ok() {
                    self.settle();
                }
            }
            Step::Advance { minutes } => self.now_min += minutes,
            Step::FullDisk => self.is_disk_full = true,
            Step::Restart { by_snapshot } => {
                let kept = self.city.kept.clone();
                let cuts = [self.founded, self.founded.midpoint(kept.len())];
                self.city = if *by_snapshot { City::by_snapshots(kept, cuts) } else { City::from_log(kept) };
            }
        }
    }

    /// Why an entry with these slots is refused, if it is.
    fn expected(&self, slots: &[Slot], enters: bool, takes_part: Option<bool>) -> Option<Refusal> {
        let distinct = (1..slots.len()).all(|at| !slots[..at].contains(&slots[at]));
        if !distinct {
            let wrong = kaichang::engine::refusal::Wrong::Choices;
            let error = kaichang::engine::refusal::FieldError { field: "choices", wrong };
            let repeats = (1..slots.len()).filter(|at| slots[..*at].contains(&slots[*at])).count();
            return Some(Refusal::Invalid(vec![error; repeats]));
        }
        let world = self.city.engine.world();
        let is_closed = |slot: &Slot| {
            let wish = wish(*slot);
            if world.clock_of(wish.day).start(wish.span()) <= moment(self.now_min) {
                return true;
            }
            let pitch = world.catalogue.pitch(wish.pitch).expect("a pitch");
            let on_day = self.city.engine.pitch_days().on(pitch, wish.day).expect("open");
            on_day.check_open(wish.span()).is_err()
        };
        if slots.iter().any(is_closed) {
            return Some(Refusal::SlotClosed);
        }
        if self.now_min < OPENS {
            return Some(Refusal::NotReleased { releases_at: moment(OPENS) });
        }
        if self.now_min >= CLOSES {
            return Some(Refusal::TooLate);
        }
        match (enters, takes_part) {
            (true, Some(true)) => Some(Refusal::from(kaichang::engine::quota::QuotaExceeded {
                quota: "entries".to_owned(),
                limit: 1,
                used: 1,
            })),
            (false, None) => Some(Refusal::NotFound),
            (false, Some(false)) => Some(Refusal::AlreadyCancelled),
            (true, _) | (false, Some(true)) => None,
        }
    }

    fn enter(&mut self, who: u32, slots: &[Slot], party: i64, key: u8) {
        self.asked += 1;
        let choices = written_wishes(slots);
        let request =
            EntryRequest { resident: resident(who), release: CODE, choices: &choices, party_size: party };
        let id = EntryId::new(u128::from(who) << 64 | self.asked);
        // Keys that are used again stand for retries; whose body is another, is told so.
        let body = format!("{slots:?} {party}")
            .bytes()
            .fold(7u64, |hash, byte| hash * 31 % 1_000_003 + u64::from(byte));
        let known = RequestKey { key: u128::from(who) << 32 | 1 << 100 | u128::from(key), body };
        let entered =
            self.city.engine.enter(&self.city.lane, &request, (id, Some(known)), moment(self.now_min));
        match entered {
            Ok(Entering::Queued(_)) => {
                assert_eq!(self.expected(slots, true, self.entries.get(&who).map(Option::is_some)), None);
                if self.settle() {
                    let party = u16::try_from(party).expect("few");
                    self.entries.insert(who, Some((slots.to_vec(), party)));
                }
            }
            Ok(Entering::Before) => assert!(self.entries.contains_key(&who), "nobody entered before"),
            Err(Refusal::OtherBody) => assert!(self.entries.contains_key(&who), "nobody entered before"),
            Err(refusal) => {
                let takes_part = self.entries.get(&who).map(Option::is_some);
                assert_eq!(Some(refusal), self.expected(slots, true, takes_part), "at {}", self.now_min);
            }
        }
    }

    fn book(&mut self, who: u32, first: u8) {
        self.asked += 1;
        let request = BookingRequest {
            resident: resident(who),
            pitch: PITCHES[0].0,
            start: written(1, first),
            end: written(1, first + SLOT_UNITS),
            party_size: 1,
            request: RequestKey { key: self.asked, body: 0 },
        };
        if self.city.engine.book(&self.city.lane, &request, moment(self.now_min)).is_ok() {
            self.settle();
        }
        // What is drawn by lot can't be booked before the rest is sold.
        self.asked += 1;
        let early = BookingRequest {
            start: written(2, first),
            end: written(2, first + SLOT_UNITS),
            request: RequestKey { key: self.asked, body: 0 },
            ..request
        };
        if self.now_min < REST {
            let refused = self.city.engine.book(&self.city.lane, &early, moment(self.now_min));
            let releases_at = moment(REST);
            let is_early =
                matches!(refused, Err(Refusal::NotReleased { releases_at: at }) if at == releases_at);
            assert!(is_early || refused == Err(Refusal::SlotClosed), "{refused:?} at {}", self.now_min);
        }
    }

    fn deal_with(&mut self, who: u32, step: &Step) {
        let Some(OwnEntry { standing: Standing::Held(_, booking), .. }) = self.own(who) else { return };
        let (engine, lane, now) = (&self.city.engine, &self.city.lane, moment(self.now_min));
        let queued = if matches!(step, Step::Pay { .. }) {
            let paid = engine.confirm_hold(lane, resident(who), booking, None, now);
            matches!(paid, Ok(kaichang::engine::hold::Confirmed::Queued(_)))
        } else if matches!(step, Step::GiveUp { .. }) {
            engine.give_up_hold(lane, resident(who), booking).is_ok()
        } else {
            engine.cancel(lane, resident(who), booking, now).is_ok()
        };
        if queued {
            self.settle();
        }
    }

    /// Time passes; the draw is made as soon as it may be.
    fn tick(&mut self) {
        let now = moment(self.now_min);
        if std::mem::take(&mut self.is_disk_full) {
            self.city.let_time_pass_unwritten(now);
        }
        self.city.let_time_pass(now);
        if self.now_min < DRAWN {
            return;
        }
        match self.city.engine.compute_draw(CODE, SEED, "6 1 4", now) {
            Ok(computed) => {
                let by = ResidentNo::new(staff_of(0));
                self.city.engine.make_draw(&self.city.lane, by, computed).expect("nobody else draws");
                assert_eq!(self.city.settle(now, 1, Outcome::Durable), 1);
                self.city.let_time_pass(now);
            }
            Err(refusal) => assert_eq!(refusal, Refusal::TooLate, "it is drawn already"),
        }
    }

    fn check(&self) {
        let engine = &self.city.engine;
        assert_eq!(engine.audit(), vec![], "at {}", self.now_min);
        let stage = engine.draw_stage(self.release()).expect("it is drawn by lot");
        let takes_part = self.entries.values().flatten().count();
        match stage {
            Stage::Open { count } => {
                assert_eq!(count, takes_part);
                assert!(self.now_min < CLOSES);
            }
            Stage::Sealed(list) => {
                assert_eq!(list.list.entries.len(), takes_part);
                assert!((CLOSES..DRAWN).contains(&self.now_min));
            }
            Stage::Drawn(list, drawn) => {
                assert_eq!(list.list.entries.len(), takes_part);
                let again = draw(&list.list, &SEED.mixed(&list.root, "6 1 4"));
                assert_eq!(*drawn.outcome, again);
                self.check_reserve();
            }
        }
        for (who, entry) in &self.entries {
            let own = self.own(*who).expect("an entry");
            match entry {
                None => assert_eq!(own.standing, Standing::Withdrawn),
                Some((slots, party)) => {
                    let wishes: Vec<Wish> = slots.iter().map(|slot| wish(*slot)).collect();
                    assert_eq!((own.wishes, own.party), (wishes, *party));
                    assert_ne!(own.standing, Standing::Withdrawn);
                }
            }
        }
    }

    /// Until shortly before the rest is sold, nothing is free that somebody of the reserve asked for; and ranks count up.
    fn check_reserve(&self) {
        if self.now_min >= REST - 1 {
            return;
        }
        let world = self.city.engine.world();
        let mut ranks = Vec::new();
        for who in 0..ENTRANTS {
            let Some(own) = self.own(who) else { continue };
            match own.standing {
                Standing::Reserve(rank) => {
                    ranks.push(rank);
                    for wish in &own.wishes {
                        let pitch = world.catalogue.pitch(wish.pitch).expect("a pitch");
                        let on_day = self.city.engine.pitch_days().on(pitch, wish.day).expect("open");
                        let free = on_day.judge(wish.span(), own.party, Sale::ONLINE);
                        assert!(free.is_err(), "{who} waits for {wish:?}, which is free");
                    }
                }
                Standing::Held(won, no) => {
                    let booking = self.city.engine.bookings().get(no).expect("a booking");
                    assert!(own.wishes.contains(&won));
                    if booking.state == BookingState::Held {
                        let latest =
                            moment(REST).min(moment(PAY_BY.max(self.now_min + i64::from(RESERVE_MINUTES))));
                        assert!((moment(PAY_BY)..=latest).contains(&booking.changed_at), "{booking:?}");
                    }
                }
                Standing::Won(_) => panic!("a prize of {who} is not given"),
                Standing::Entered | Standing::Withdrawn | Standing::Lapsed => {}
            }
        }
        ranks.sort_unstable();
        assert_eq!(ranks, (1..=u32::try_from(ranks.len()).expect("few")).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(48), max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_release_is_drawn_among_who_entered_and_nothing_is_left_that_somebody_waits_for(
        steps in prop::collection::vec(step(), 1..90),
        minutes in prop::sample::select(vec![3i64, 9, 30]),
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.now_min += minutes;
            run.tick();
            run.take(step);
            run.tick();
            run.check();
        }
        // It goes on to its end, whatever happened before.
        run.is_disk_full = false;
        for now_min in [OPENS, CLOSES, DRAWN, PAY_BY, REST, REST + 60] {
            run.now_min = run.now_min.max(now_min);
            run.tick();
            run.check();
        }
        let engine = &run.city.engine;
        let is_open = |after| engine.releases().opened_at(run.release(), day(after)).is_some();
        prop_assert!(is_open(2) && is_open(3), "the rest is sold");
        let kept = run.city.kept.clone();
        let cuts = [run.founded, run.founded.midpoint(kept.len())];
        prop_assert_eq!(engine.digest(), City::from_log(kept.clone()).engine.digest());
        prop_assert_eq!(engine.digest(), City::by_snapshots(kept.clone(), cuts).engine.digest());
        for until in run.founded..=kept.len() {
            let replayed = City::from_log(kept[..until].to_vec());
            let violations = replayed.engine.audit();
            prop_assert!(violations.is_empty(), "prefix of {}: {:?}", until, violations);
        }
    }
}
