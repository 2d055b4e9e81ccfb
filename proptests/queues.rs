//! Releases that one queues for: people come before and after the instant, leave, book when it is their turn and when it isn't, records
//! come to nothing, the city starts anew at any moment. Whatever happens, everybody stands where a dull list puts him, no more have their
//! turn than may, nobody passes the line, and nobody waits while there is room.

use std::collections::BTreeMap;

use kaichang::domain::draw::Hash;
use kaichang::domain::event::{Event, RequestKey, ResidentsEnrolled};
use kaichang::domain::ids::{ReleaseNo, ResidentNo};
use kaichang::domain::lottery::Salt;
use kaichang::domain::money::Minor;
use kaichang::domain::names::Names;
use kaichang::domain::queue::{QueueDef, rank};
use kaichang::domain::release::{ReleaseDef, ReleaseMode, ReleaseWhen};
use kaichang::engine::book::{Booked, BookingRequest};
use kaichang::engine::bookings::BookingState;
use kaichang::engine::join::Joining;
use kaichang::engine::log::Outcome;
use kaichang::engine::queues::Stand;
use kaichang::engine::refusal::Refusal;
use proptest::prelude::*;

use crate::engine_model::written;
use crate::memory_log::{City, QUEUE_SEED};
use crate::small_city::*;

/// Those who come stand behind the city's own residents and staff.
const FIRST: u32 = RESIDENTS + VENUES;
const COMERS: u32 = 12;
const CODE: &str = "rush";
/// Minutes since the first day began.
const DOORS: i64 = 60;
const OPENS: i64 = 120;
const TURN_MINUTES: i64 = 20;
const AT_ONCE: u32 = 3;
/// Of the court's days of play, one booking each.
const LIMIT: u32 = 2;

#[derive(Debug, Clone)]
enum Step {
    Join {
        who: u32,
    },
    Leave {
        who: u32,
    },
    Book {
        who: u32,
        on: i32,
        first: u8,
        is_hold: bool,
    },
    Cancel {
        who: u32,
    },
    Advance {
        minutes: i64,
    },
    /// The next record is not written.
    FullDisk,
    Restart {
        by_snapshot: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..COMERS;
    prop_oneof![
        10 => who.clone().prop_map(|who| Step::Join { who }),
        2 => who.clone().prop_map(|who| Step::Leave { who }),
        8 => (who.clone(), 2i32..4, prop::sample::select(vec![36u8, 38, 40, 42]), any::<bool>())
            .prop_map(|(who, on, first, is_hold)| Step::Book { who, on, first, is_hold }),
        2 => who.prop_map(|who| Step::Cancel { who }),
        4 => prop::sample::select(vec![1i64, 7, 21, 60]).prop_map(|minutes| Step::Advance { minutes }),
        1 => Just(Step::FullDisk),
        1 => any::<bool>().prop_map(|by_snapshot| Step::Restart { by_snapshot }),
    ]
}

fn release() -> ReleaseDef {
    ReleaseDef {
        code: code(CODE),
        name: Names::new("名", "name"),
        venue: None,
        pitches: vec![pitch_no(0)],
        first_day: day(2),
        last_day: Some(day(3)),
        when: ReleaseWhen::Once { at: moment(OPENS) },
        mode: ReleaseMode::Queue,
        limit_per_resident: Some(1),
        counter_share_percent: 0,
        lottery: None,
        queue: Some(Box::new(QueueDef {
            join_from: moment(DOORS),
            minutes_to_act: u16::try_from(TURN_MINUTES).expect("few"),
            at_once: AT_ONCE,
            proof_of_work: None,
            salt: Salt([0; 16]),
            commitment: QUEUE_SEED.commitment(),
        })),
        returned: None,
        who: None,
    }
}

fn resident(who: u32) -> ResidentNo {
    ResidentNo::new(FIRST + who)
}

/// One who came, as the dull list has him.
#[derive(Debug, Clone)]
struct Come {
    who: u32,
    /// When it was his turn.
    served_at: Option<i64>,
    has_left: bool,
    used: u32,
}

struct Run {
    city: City,
    now_min: i64,
    /// In the order of arrival.
    line: Vec<Come>,
    /// How many had come at the instant.
    early: Option<usize>,
    bookings: BTreeMap<u32, kaichang::domain::ids::BookingNo>,
    is_disk_full: bool,
    asked: u128,
    founded: usize,
}

impl Run {
    fn new() -> Self {
        let mut events = founding();
        events.push(Event::ResidentsEnrolled(ResidentsEnrolled {
            first: ResidentNo::new(FIRST),
            count: COMERS,
            balance: Minor::new(BALANCE),
        }));
        events.push(Event::ReleaseDeclared(Box::new(release())));
        let mut city = City::found(&events, moment(0));
        city.let_time_pass(moment(0));
        let (line, bookings) = (Vec::new(), BTreeMap::new());
        Self {
            city,
            now_min: 0,
            line,
            early: None,
            bookings,
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

    fn latest(&self, who: u32) -> Option<usize> {
        self.line.iter().rposition(|come| come.who == who)
    }

    /// How somebody stands, by the dull list.
    fn stand(&self, at: usize) -> Stand {
        let come = &self.line[at];
        let until = come.served_at.map(|served| served + TURN_MINUTES);
        match (come.has_left, until) {
            (true, _) => Stand::Left,
            _ if come.used >= LIMIT => Stand::Over,
            (false, None) => Stand::Waiting,
            (false, Some(until)) if until > self.now_min => Stand::Admitted { until: moment(until) },
            (false, Some(_)) => Stand::Over,
        }
    }

    /// The places of all who came: of the early ones by their ranks, of the others as they came.
    fn places(&self) -> Option<Vec<u32>> {
        let early = self.early?;
        let mut order: Vec<u32> = (1..=u32::try_from(early).expect("few")).collect();
        order.sort_by_key(|number| rank(&QUEUE_SEED, *number));
        let place = |number: u32| {
            let at = order.iter().position(|other| *other == number);
            at.map_or(number, |at| u32::try_from(at).expect("few") + 1)
        };
        Some((1..=u32::try_from(self.line.len()).expect("few")).map(place).collect())
    }

    fn take(&mut self, step: &Step) {
        let now = moment(self.now_min);
        match step {
            Step::Join { who } => self.join(*who),
            Step::Leave { who } => {
                let left = self.city.engine.leave_queue(&self.city.lane, resident(*who), CODE, now);
                let at = self.latest(*who);
                let expected = match at.map(|at| self.stand(at)) {
                    None => Some(Refusal::NotFound),
                    Some(Stand::Left) => Some(Refusal::AlreadyCancelled),
                    Some(Stand::Over) => Some(Refusal::TooLate),
                    Some(Stand::Waiting | Stand::Admitted { .. }) => None,
                };
                assert_eq!(left.as_ref().err(), expected.as_ref(), "{step:?} at {}", self.now_min);
                if left.is_ok() && self.settle() {
                    self.line[at.expect("somebody")].has_left = true;
                }
            }
            Step::Book { who, on, first, is_hold } => self.book(*who, *on, *first, *is_hold),
            Step::Cancel { who } => {
                if let Some(no) = self.bookings.get(who)
                    && self.city.engine.cancel(&self.city.lane, resident(*who), *no, now).is_ok()
                {
                    self.settle();
                }
            }
            Step::Advance { minutes } => self.now_min += minutes,
            Step::FullDisk => self.is_disk_full = true,
            Step::Restart { by_snapshot } => {
                let (kept, before) = (self.city.kept.clone(), self.city.engine.digest());
                let cuts = [self.founded, self.founded.midpoint(kept.len())];
                self.city = if *by_snapshot { City::by_snapshots(kept, cuts) } else { City::from_log(kept) };
                assert_eq!(before, self.city.engine.digest());
            }
        }
    }

    fn join(&mut self, who: u32) {
        let joined = self.city.engine.join(&self.city.lane, resident(who), CODE, moment(self.now_min));
        let stand = self.latest(who).map(|at| self.stand(at));
        match joined {
            Ok(Joining::Queued(_)) => {
                assert!(matches!(stand, None | Some(Stand::Left | Stand::Over)), "{who} came twice");
                if self.settle() {
                    self.line.push(Come { who, served_at: None, has_left: false, used: 0 });
                }
            }
            Ok(Joining::There) => {
                assert!(matches!(stand, Some(Stand::Waiting | Stand::Admitted { .. })));
            }
            Ok(Joining::UnderWay) => panic!("nothing of {who} is under way"),
            Err(refusal) => {
                assert!(self.now_min < DOORS, "{refusal:?} at {}", self.now_min);
                assert_eq!(refusal, Refusal::NotReleased { releases_at: moment(DOORS) });
            }
        }
    }

    fn book(&mut self, who: u32, on: i32, first: u8, is_hold: bool) {
        self.asked += 1;
        let request = BookingRequest {
            resident: resident(who),
            pitch: PITCHES[0].0,
            start: written(on, first),
            end: written(on, first + SLOT_UNITS),
            party_size: 1,
            request: RequestKey { key: self.asked, body: 0 },
        };
        let (engine, lane, now) = (&self.city.engine, &self.city.lane, moment(self.now_min));
        let booked =
            if is_hold { engine.place_hold(lane, &request, now) } else { engine.book(lane, &request, now) };
        let at = self.latest(who).filter(|at| matches!(self.stand(*at), Stand::Admitted { .. }));
        let is_past_the_line = matches!(booked, Err(Refusal::NotYourTurn { .. }));
        match at {
            Some(_) => assert!(!is_past_the_line, "it is the turn of {who}, at {}", self.now_min),
            None => {
                assert!(is_past_the_line || booked == Err(Refusal::SlotClosed), "{who} passed: {booked:?}")
            }
        }
        if let Ok(Booked::Queued { no, .. }) = booked
            && self.settle()
        {
            self.line[at.expect("his turn")].used += 1;
            self.bookings.insert(who, no);
        }
    }

    /// How many slots of the court are free, by looking at each booking.
    fn left(&self) -> u32 {
        let mut taken = 0;
        for booking in self.city.engine.bookings().iter().filter(|booking| booking.state.holds_units()) {
            taken += u32::from(booking.terms.pitch == pitch_no(0) && booking.terms.day >= day(2));
        }
        let slots = u32::from((OPEN.1 - OPEN.0) / SLOT_UNITS);
        2 * slots - taken
    }

    /// Time passes. What it brought is taken over into the dull list.
    fn tick(&mut self) {
        let now = moment(self.now_min);
        if std::mem::take(&mut self.is_disk_full) {
            self.city.let_time_pass_unwritten(now);
        }
        self.city.let_time_pass(now);
        let board = self.city.engine.queues().board(self.release(), now).expect("a queue");
        if let Some((seed, early)) = board.opened
            && self.early.is_none()
        {
            assert_eq!((seed, early as usize), (QUEUE_SEED, self.line.len()));
            self.early = Some(self.line.len());
        }
        let Some(places) = self.places() else { return };
        for (come, place) in self.line.iter_mut().zip(places) {
            if place <= board.served && come.served_at.is_none() {
                come.served_at = Some(self.now_min);
            }
        }
    }

    fn check(&self) {
        let engine = &self.city.engine;
        assert_eq!(engine.audit(), vec![], "at {}", self.now_min);
        let now = moment(self.now_min);
        let board = engine.queues().board(self.release(), now).expect("a queue");
        assert_eq!(board.opened.is_some(), self.now_min >= OPENS, "it opens at its instant");
        let stands: Vec<Stand> = (0..self.line.len()).map(|at| self.stand(at)).collect();
        let waiting = stands.iter().filter(|stand| **stand == Stand::Waiting).count();
        let acting = stands.iter().filter(|stand| matches!(stand, Stand::Admitted { .. })).count();
        assert_eq!((board.waiting as usize, board.acting as usize), (waiting, acting));
        assert!(board.acting <= AT_ONCE, "{acting} at once");
        if board.opened.is_some() && waiting > 0 {
            let left = self.left();
            let room = AT_ONCE.min(left + left.div_ceil(8));
            assert!(board.acting >= room, "{waiting} wait, {acting} act, {left} are left");
        }
        let places = self.places();
        for who in 0..COMERS {
            let own = engine.queues().own(self.release(), resident(who), now);
            let Some(at) = self.latest(who) else {
                assert!(own.is_none());
                continue;
            };
            let own = own.expect("who came");
            assert_eq!(own.number as usize, at + 1);
            assert_eq!((own.stand, own.place), (stands[at], places.as_ref().map(|places| places[at])));
            if let (Stand::Waiting, Some(places)) = (own.stand, &places) {
                let is_before =
                    |other: &usize| stands[*other] == Stand::Waiting && places[*other] < places[at];
                assert_eq!(own.before, u32::try_from((0..self.line.len()).filter(is_before).count()).ok());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(64), max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn everybody_stands_where_a_dull_list_puts_him_and_nobody_passes_the_line(
        steps in prop::collection::vec(step(), 1..90),
        minutes in prop::sample::select(vec![1i64, 3, 9]),
        begins in prop::sample::select(vec![0i64, 50, 100]),
    ) {
        let mut run = Run::new();
        run.now_min = begins;
        for step in &steps {
            run.now_min += minutes;
            run.tick();
            run.check();
            run.take(step);
            run.tick();
            run.check();
        }
        let engine = &run.city.engine;
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

/// A run in which these have come, and the line has begun to move.
fn opened(who: std::ops::Range<u32>) -> Run {
    let mut run = Run::new();
    run.now_min = DOORS;
    run.tick();
    who.for_each(|who| run.join(who));
    run.now_min = OPENS;
    run.tick();
    run
}

fn board_of(run: &Run) -> kaichang::engine::queues::Board {
    run.city.engine.queues().board(run.release(), moment(run.now_min)).expect("a queue")
}

/// Who stands so, by the dull list.
fn with_stand(run: &Run, is_so: impl Fn(Stand) -> bool) -> Vec<u32> {
    let so = (0..run.line.len()).filter(|at| is_so(run.stand(*at)));
    so.map(|at| run.line[at].who).collect()
}

#[test]
fn when_nothing_is_left_those_who_wait_are_told_and_what_is_given_back_is_offered_to_them() {
    let mut run = opened(0..COMERS);
    let mut minute = 0;
    while run.left() > 0 {
        let acting = with_stand(&run, |stand| matches!(stand, Stand::Admitted { .. }));
        assert!(!acting.is_empty(), "{} are left, and nobody may book", run.left());
        for who in acting {
            for (on, first) in [36u8, 38, 40, 42].into_iter().flat_map(|first| [(2, first), (3, first)]) {
                run.book(who, on, first, false);
                run.tick();
            }
        }
        minute += 1;
        run.now_min = OPENS + minute;
        run.tick();
        assert!(minute < 60, "it is never sold out");
    }
    let before = with_stand(&run, |stand| stand == Stand::Waiting);
    run.now_min += TURN_MINUTES;
    run.tick();
    let board = board_of(&run);
    assert!(board.is_sold_out && board.waiting > 0, "{board:?}");
    assert_eq!(with_stand(&run, |stand| stand == Stand::Waiting), before, "nobody is called for nothing");
    let (who, no) = run.bookings.iter().next().map(|(who, no)| (*who, *no)).expect("a booking");
    run.city.engine.cancel(&run.city.lane, resident(who), no, moment(run.now_min)).expect("in time");
    run.settle();
    run.now_min += 1;
    run.tick();
    run.check();
    assert!(!board_of(&run).is_sold_out);
    assert_eq!(
        with_stand(&run, |stand| stand == Stand::Waiting).len() + 2,
        before.len(),
        "one, and one more"
    );
}

#[test]
fn the_line_stands_still_while_the_engine_has_much_to_write_and_moves_on_behind_it() {
    let mut run = Run::new();
    run.now_min = DOORS;
    run.tick();
    (0..COMERS).for_each(|who| run.join(who));
    run.now_min = OPENS;
    let now = moment(OPENS);
    // It opens, and its first step is not taken yet.
    while board_of(&run).opened.is_none() {
        run.city.timekeeper.tick(&run.city.engine, now);
        run.city.settle(now, 1, Outcome::Durable);
    }
    let before = board_of(&run).served;
    let permits: Vec<_> = (0..40).map(|_| run.city.lane.owner().permit().expect("room")).collect();
    assert!(run.city.intake.fill_permille() >= 500);
    for _ in 0..5 {
        run.city.timekeeper.tick(&run.city.engine, now);
    }
    drop(permits);
    assert_eq!(run.city.settle(now, usize::MAX, Outcome::Durable), 0, "it moved");
    run.tick();
    run.check();
    assert!(board_of(&run).served > before);
}

#[test]
fn a_booking_is_moved_into_a_queues_days_only_for_whom_it_is_the_turn_of() {
    let mut run = opened(0..COMERS);
    let admitted = with_stand(&run, |stand| matches!(stand, Stand::Admitted { .. }));
    let waits = with_stand(&run, |stand| stand == Stand::Waiting);
    for (who, passes) in [(admitted[0], true), (waits[0], false)] {
        run.asked += 1;
        let request = BookingRequest {
            resident: resident(who),
            pitch: PITCHES[0].0,
            start: written(1, if passes { 36 } else { 38 }),
            end: written(1, if passes { 38 } else { 40 }),
            party_size: 1,
            request: RequestKey { key: run.asked, body: 0 },
        };
        let now = moment(run.now_min);
        let Ok(Booked::Queued { no, .. }) = run.city.engine.book(&run.city.lane, &request, now) else {
            panic!("a day that nobody queues for")
        };
        run.settle();
        assert_eq!(
            run.city.engine.bookings().get(no).map(|booking| booking.state),
            Some(BookingState::Confirmed)
        );
        let to = kaichang::engine::move_booking::NewPlace {
            pitch: PITCHES[0].0,
            start: written(2, 36),
            end: written(2, 38),
            price: kaichang::engine::move_booking::NewPrice::Kept,
        };
        let (by, venue) = (ResidentNo::new(staff_of(0)), kaichang::domain::ids::VenueNo::new(0));
        let moved = run.city.engine.move_booking(&run.city.lane, by, venue, no, &to, now);
        let is_past_the_line = matches!(moved, Err(Refusal::NotYourTurn { .. }));
        assert_eq!(moved.is_ok(), passes, "{moved:?}");
        assert_eq!(is_past_the_line, !passes);
        if passes {
            run.settle();
        }
    }
    assert_eq!(run.city.engine.audit(), vec![]);
}

#[test]
fn a_seed_that_nobody_committed_to_opens_nothing_and_a_log_that_says_so_is_refused() {
    let mut run = opened(0..3);
    let mut forged = release();
    forged.code = code("forged");
    let queue = forged.queue.as_deref_mut().expect("a queue");
    queue.commitment = Hash([9; 32]);
    let event = Event::ReleaseDeclared(Box::new(forged));
    let by = ResidentNo::new(staff_of(0));
    run.city.engine.change_catalogue(&run.city.lane, by, event).expect("declared");
    run.settle();
    run.tick();
    let no = run.city.engine.world().catalogue.release_by_code("forged").expect("declared").no;
    assert_eq!(run.city.engine.queues().board(no, moment(OPENS)).expect("a queue").opened, None);
}
