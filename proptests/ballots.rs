//! Published programmes that draw by lot, run from their files in `examples/programmes`: windows, draws, payment, reserve, and what is
//! left for who comes first, on scripted days with a clock set by hand.

use kaichang::api::written_time::read_moment;
use kaichang::domain::draw::EntryId;
use kaichang::domain::event::RequestKey;
use kaichang::domain::ids::{BookingNo, ResidentNo};
use kaichang::domain::time::UtcMillis;
use kaichang::engine::book::{Booked, BookingRequest};
use kaichang::engine::bookings::BookingState;
use kaichang::engine::enter::{EntryRequest, Standing, WrittenWish};
use kaichang::engine::log::Outcome;
use kaichang::engine::refusal::Refusal;

use crate::memory_log::City;
use crate::programme_file::{SEED, events_of};

const HONG_KONG: &str = "hong-kong-smartplay.json";
const SINGAPORE: &str = "singapore-myactivesg.json";

/// A programme on its days.
struct Run {
    city: City,
    now: UtcMillis,
    asked: u128,
}

fn moment(text: &str) -> UtcMillis {
    let moment: jiff::Timestamp = format!("{text}:00+08:00").parse().expect("a moment");
    UtcMillis::new(moment.as_millisecond())
}

/// A slot, as pitch, beginning and end.
type Slot<'a> = (&'a str, &'a str, &'a str);

fn written(text: &str) -> kaichang::engine::when::WrittenTime {
    read_moment("start", &format!("{text}:00+08:00")).expect("a moment")
}

impl Run {
    fn new(file: &str, residents: u32, now: &str) -> Self {
        let now = moment(now);
        let mut run = Self { city: City::found(&events_of(file, residents), now), now, asked: 0 };
        run.city.let_time_pass(now);
        run
    }

    fn until(&mut self, now: &str) {
        self.now = moment(now);
        self.city.let_time_pass(self.now);
    }

    fn enter(
        &mut self,
        resident: u32,
        release: &str,
        slots: &[Slot<'_>],
        party_size: i64,
    ) -> Result<(), Refusal> {
        self.asked += 1;
        let wish = |(pitch, from, to): &Slot<'_>| {
            let pitch = match *pitch {
                "turf" => "turf-1",
                "peak" => "peak-court-1",
                other => panic!("{other}"),
            };
            WrittenWish { pitch, start: written(from), end: written(to) }
        };
        let choices: Vec<WrittenWish<'_>> = slots.iter().map(wish).collect();
        let request =
            EntryRequest { resident: ResidentNo::new(resident), release, choices: &choices, party_size };
        let id = EntryId::new(self.asked << 64 | u128::from(resident));
        self.city.engine.enter(&self.city.lane, &request, (id, None), self.now)?;
        assert_eq!(self.city.settle(self.now, usize::MAX, Outcome::Durable), 1);
        Ok(())
    }

    fn draw(&mut self, release: &str, value: &str) -> Result<(), Refusal> {
        let computed = self.city.engine.compute_draw(release, SEED, value, self.now)?;
        self.city.engine.make_draw(&self.city.lane, ResidentNo::new(0), computed).expect("once");
        self.city.let_time_pass(self.now);
        Ok(())
    }

    fn standing(&self, resident: u32, release: &str) -> Standing {
        let no = self.city.engine.world().catalogue.release_by_code(release).expect("a release").no;
        self.city.engine.own_entry(ResidentNo::new(resident), no).expect("an entry").standing
    }

    /// Who of so many has a hold that is not over, with the hold.
    fn winners(&self, residents: u32, release: &str) -> Vec<(u32, BookingNo)> {
        let held = |resident: u32| match self.standing(resident, release) {
            Standing::Held(_, no) => {
                let booking = self.city.engine.bookings().get(no).expect("a booking");
                booking.state.is_live().then_some((resident, no))
            }
            Standing::Entered
            | Standing::Withdrawn
            | Standing::Won(_)
            | Standing::Reserve(_)
            | Standing::Lapsed => None,
        };
        (0..residents).filter_map(held).collect()
    }

    fn pay(&mut self, (resident, no): (u32, BookingNo)) {
        let (engine, lane) = (&self.city.engine, &self.city.lane);
        engine.confirm_hold(lane, ResidentNo::new(resident), no, None, self.now).expect("it can be paid");
        self.city.let_time_pass(self.now);
        assert_eq!(self.city.engine.bookings().get(no).expect("there").state, BookingState::Confirmed);
    }

    fn book(&mut self, resident: u32, pitch: &str, from: &str, to: &str) -> Result<(), Refusal> {
        self.asked += 1;
        let request = BookingRequest {
            resident: ResidentNo::new(resident),
            pitch,
            start: written(from),
            end: written(to),
            party_size: 1,
            request: RequestKey { key: self.asked, body: 0 },
        };
        let booked = self.city.engine.book(&self.city.lane, &request, self.now)?;
        assert!(matches!(booked, Booked::Queued { .. }), "asked once: {booked:?}");
        self.city.let_time_pass(self.now);
        Ok(())
    }
}

#[test]
fn turf_is_drawn_first_with_three_choices_and_the_rest_is_first_come_at_seven() {
    let mut run = Run::new(HONG_KONG, 8, "2026-10-08T08:59");
    let release = "turf-october-20";
    let slots = [
        ("turf", "2026-10-20T18:00", "2026-10-20T20:00"),
        ("turf", "2026-10-20T20:00", "2026-10-20T22:00"),
        ("turf", "2026-10-21T18:00", "2026-10-21T20:00"),
    ];
    let early = run.enter(0, release, &slots, 22);
    assert_eq!(early, Err(Refusal::NotReleased { releases_at: moment("2026-10-08T09:00") }));
    run.until("2026-10-08T09:00");
    // Six applicants for three sessions of two hours, each with the same three choices.
    for resident in 0..6 {
        assert_eq!(run.enter(resident, release, &slots, 22), Ok(()));
    }
    let fourth = ("turf", "2026-10-22T18:00", "2026-10-22T20:00");
    let too_many = run.enter(6, release, &[slots[0], slots[1], slots[2], fourth], 22);
    assert!(matches!(too_many, Err(Refusal::Invalid(_))), "an application has three choices: {too_many:?}");
    let too_long = run.enter(6, release, &[("turf", "2026-10-20T16:00", "2026-10-20T19:00")], 22);
    assert!(matches!(too_long, Err(Refusal::Invalid(_))), "two hours a day: {too_long:?}");
    run.until("2026-10-09T23:30");
    assert_eq!(run.enter(7, release, &slots, 22), Err(Refusal::TooLate));
    let not_yet = run.draw(release, "6 11 19 27 38 44 +2");
    assert_eq!(not_yet, Err(Refusal::NotReleased { releases_at: moment("2026-10-10T07:00") }));
    run.until("2026-10-10T07:00");
    assert_eq!(run.draw(release, "6 11 19 27 38 44 +2"), Ok(()));
    let winners = run.winners(6, release);
    assert_eq!(winners.len(), 3, "three sessions");
    let losers: Vec<u32> = (0..6).filter(|no| winners.iter().all(|(winner, _)| winner != no)).collect();
    let mut ranks: Vec<Standing> = losers.iter().map(|no| run.standing(*no, release)).collect();
    ranks.sort_by_key(|rank| format!("{rank:?}"));
    assert_eq!(ranks, [Standing::Reserve(1), Standing::Reserve(2), Standing::Reserve(3)]);
    // What nobody asked for is not sold before the rest is.
    let unasked = run.book(7, "turf-1", "2026-10-22T10:00", "2026-10-22T11:00");
    assert_eq!(unasked, Err(Refusal::NotReleased { releases_at: moment("2026-10-13T07:00") }));
    run.pay(winners[0]);
    run.pay(winners[1]);
    // The third doesn't pay: his session passes to the first of the reserve, who has until the rest is sold.
    run.until("2026-10-12T23:59");
    let passed: Vec<(u32, BookingNo)> =
        run.winners(6, release).into_iter().filter(|winner| !winners.contains(winner)).collect();
    let [(next, no)] = passed[..] else { panic!("one moves up: {passed:?}") };
    assert!(losers.contains(&next));
    assert_eq!(run.city.engine.bookings().get(no).expect("there").changed_at, moment("2026-10-13T07:00"));
    // He doesn't pay either: at seven all that is left is for who comes first.
    run.until("2026-10-13T07:00");
    assert_eq!(run.winners(6, release).len(), 2);
    assert_eq!(run.book(7, "turf-1", "2026-10-22T10:00", "2026-10-22T11:00"), Ok(()));
    let (won, _) = winners[0];
    let limit = run.book(won, "turf-1", "2026-10-20T10:00", "2026-10-20T12:00");
    let day_is_full = matches!(limit, Err(Refusal::QuotaExceeded(_)));
    assert!(day_is_full || limit == Ok(()), "two hours a day for one kind of facility: {limit:?}");
    assert_eq!(run.city.engine.audit(), vec![]);
}

#[test]
fn hall_courts_open_a_week_ahead_at_seven_with_two_hours_a_day() {
    let mut run = Run::new(HONG_KONG, 2, "2026-10-08T06:59");
    let (from, to) = ("2026-10-15T19:00", "2026-10-15T21:00");
    let early = run.book(0, "hall-court-1", from, to);
    assert_eq!(early, Err(Refusal::NotReleased { releases_at: moment("2026-10-08T07:00") }));
    run.until("2026-10-08T07:00");
    assert_eq!(run.book(0, "hall-court-1", from, to), Ok(()));
    let third_hour = run.book(0, "hall-court-1", "2026-10-15T17:00", "2026-10-15T18:00");
    assert!(matches!(third_hour, Err(Refusal::QuotaExceeded(_))), "{third_hour:?}");
}

#[test]
fn peak_hours_are_balloted_day_by_day_and_the_rest_is_first_come_at_noon() {
    // A Monday; its ballot is open on the 2nd.
    let mut run = Run::new(SINGAPORE, 6, "2026-11-01T23:59");
    let release = "ballot-2026-11-16";
    let evening =
        [("peak", "2026-11-16T18:00", "2026-11-16T19:00"), ("peak", "2026-11-16T19:00", "2026-11-16T20:00")];
    let early = run.enter(0, release, &evening, 4);
    assert_eq!(early, Err(Refusal::NotReleased { releases_at: moment("2026-11-02T00:00") }));
    run.until("2026-11-02T00:00");
    for resident in 0..5 {
        assert_eq!(run.enter(resident, release, &evening, 4), Ok(()));
    }
    let off_peak = run.enter(5, release, &[("peak", "2026-11-16T12:00", "2026-11-16T13:00")], 4);
    assert_eq!(off_peak, Err(Refusal::SlotClosed), "at noon on a working day there is no peak");
    run.until("2026-11-02T23:59");
    assert_eq!(run.enter(5, release, &evening[..1], 2), Ok(()), "the window is open the whole day");
    run.until("2026-11-03T00:00");
    assert_eq!(
        run.enter(5, "ballot-2026-11-17", &[("peak", "2026-11-17T18:00", "2026-11-17T19:00")], 2),
        Ok(())
    );
    run.until("2026-11-03T00:30");
    assert_eq!(run.draw(release, "round 4660000"), Ok(()), "results before noon of D-13");
    let winners = run.winners(6, release);
    assert_eq!(winners.len(), 2);
    for (_, no) in &winners {
        let booking = run.city.engine.bookings().get(*no).expect("there");
        assert_eq!(booking.changed_at, moment("2026-11-04T00:00"), "paid until the end of D-13");
    }
    run.until("2026-11-03T23:59");
    run.pay(winners[0]);
    let balloted = run.book(5, "peak-court-1", "2026-11-16T20:00", "2026-11-16T21:00");
    assert_eq!(balloted, Err(Refusal::NotReleased { releases_at: moment("2026-11-04T12:00") }));
    run.until("2026-11-04T11:59");
    let standing = run.winners(6, release);
    assert_eq!(standing.len(), 2, "the slot that wasn't paid has passed to the next until noon");
    run.until("2026-11-04T12:00");
    assert_eq!(run.winners(6, release), [winners[0]]);
    assert_eq!(run.book(5, "peak-court-1", "2026-11-16T20:00", "2026-11-16T21:00"), Ok(()));
    let paid = run.city.engine.bookings().get(winners[0].1).expect("there").terms.span;
    let free = if paid.first() == 36 {
        ("2026-11-16T19:00", "2026-11-16T20:00")
    } else {
        ("2026-11-16T18:00", "2026-11-16T19:00")
    };
    assert_eq!(run.book(5, "peak-court-1", free.0, free.1), Ok(()), "what nobody paid for");
    // The next day's ballot goes its own way.
    assert_eq!(run.draw("ballot-2026-11-17", "round 4662880"), Ok(()));
    assert_eq!(run.city.engine.audit(), vec![]);
}

#[test]
fn off_peak_hours_are_first_come_fifteen_days_ahead() {
    let mut run = Run::new(SINGAPORE, 1, "2026-11-01T06:59");
    let (from, to) = ("2026-11-16T10:00", "2026-11-16T12:00");
    let early = run.book(0, "off-peak-court-1", from, to);
    assert_eq!(early, Err(Refusal::NotReleased { releases_at: moment("2026-11-01T07:00") }));
    run.until("2026-11-01T07:00");
    assert_eq!(run.book(0, "off-peak-court-1", from, to), Ok(()));
}
