//! Published programmes, run from their files in `examples/programmes`: on scripted days, with a clock set by hand, the city does what
//! the rules say.

use kaichang::api::written_time::read_moment;
use kaichang::domain::event::RequestKey;
use kaichang::domain::ids::ResidentNo;
use kaichang::domain::time::{LocalDay, UtcMillis};
use kaichang::engine::claim::{Booked, BookingRequest};
use kaichang::engine::log::Outcome;
use kaichang::engine::refusal::Refusal;
use kaichang::engine::view::{Slot, SlotStatus};

use crate::memory_log::City;
use crate::programme_file::events_of;

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

fn day(text: &str) -> LocalDay {
    LocalDay::parse(text).expect("a date")
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

    fn slots(&self, pitch: &str, date: &str) -> Vec<Slot> {
        let world = self.city.engine.world();
        let pitch = world.catalogue.pitch_by_code(pitch).expect("a pitch");
        self.city.engine.slots(&world, pitch, day(date), self.now)
    }

    /// The half hours at which slots begin that stand so.
    fn begins(&self, pitch: &str, date: &str, status: SlotStatus) -> Vec<u8> {
        let slots = self.slots(pitch, date).into_iter().filter(|slot| slot.status == status);
        slots.map(|slot| slot.span.first()).collect()
    }

    /// Books and pays; returns the price.
    fn book(
        &mut self,
        resident: u32,
        pitch: &str,
        (from, to): (&str, &str),
        party: i64,
    ) -> Result<i64, Refusal> {
        self.asked += 1;
        let written = |text: &str| read_moment("start", &format!("{text}:00+08:00")).expect("a moment");
        let request = BookingRequest {
            resident: ResidentNo::new(resident),
            pitch,
            start: written(from),
            end: written(to),
            party_size: party,
            request: RequestKey { key: self.asked, body: 0 },
        };
        let booked = self.city.engine.book(&self.city.lane, &request, self.now)?;
        let Booked::Queued { no, .. } = booked else { panic!("asked once: {booked:?}") };
        assert_eq!(self.city.settle(self.now, usize::MAX, Outcome::Durable), 1);
        Ok(self.city.engine.bookings().get(no).expect("a booking").terms.price.get())
    }
}

const SHENZHEN: &str = "shenzhen-school-grounds.json";
const SHANGHAI: &str = "shanghai-pools-and-courts.json";

#[test]
fn school_grounds_are_open_on_weekday_evenings_and_all_day_on_holidays() {
    // A Monday.
    let mut run = Run::new(SHENZHEN, 2, "2026-09-28T06:00");
    let evening = vec![38, 40];
    let whole_day: Vec<u8> = (16..42).step_by(2).collect();
    for (date, open) in [
        ("2026-09-30", &evening),
        ("2026-10-01", &whole_day),
        ("2026-10-02", &whole_day),
        ("2026-10-03", &whole_day),
        ("2026-10-05", &evening),
    ] {
        assert_eq!(&run.begins("school-court-1", date, SlotStatus::Free), open, "{date}");
    }
    let noon = ("2026-09-30T12:00", "2026-09-30T13:00");
    assert_eq!(run.book(0, "school-court-1", noon, 1), Err(Refusal::SlotClosed));
    assert_eq!(run.book(0, "school-court-1", ("2026-10-01T12:00", "2026-10-01T13:00"), 10), Ok(0));
    run.until("2026-10-05T06:00");
    let worked_saturday = run.begins("school-court-1", "2026-10-10", SlotStatus::Free);
    assert_eq!(worked_saturday, evening, "a Saturday that is worked goes by a Friday's hours");
}

#[test]
fn the_seventh_day_ahead_opens_at_seven_and_not_before() {
    let mut run = Run::new(SHENZHEN, 2, "2026-09-28T06:59");
    let evening = ("2026-10-05T19:00", "2026-10-05T20:00");
    let refused = run.book(0, "hall-court-1", evening, 2);
    assert_eq!(refused, Err(Refusal::NotReleased { releases_at: moment("2026-09-28T07:00") }));
    assert!(run.begins("hall-court-1", "2026-10-05", SlotStatus::Free).is_empty());
    assert_eq!(run.begins("hall-court-1", "2026-10-04", SlotStatus::Free).len(), 14, "opened the day before");
    for (date, play) in
        [("2026-09-28", "2026-10-05"), ("2026-09-29", "2026-10-06"), ("2026-09-30", "2026-10-07")]
    {
        run.until(&format!("{date}T06:59"));
        assert_eq!(run.begins("hall-court-1", play, SlotStatus::Unreleased).len(), 14, "{play}");
        run.until(&format!("{date}T07:00"));
        assert_eq!(run.begins("hall-court-1", play, SlotStatus::Free).len(), 14, "{play}");
    }
    assert_eq!(run.book(0, "hall-court-1", evening, 2), Ok(5000));
    assert_eq!(run.book(1, "hall-court-1", evening, 2), Err(Refusal::SlotTaken));
    assert_eq!(run.book(1, "hall-court-1", ("2026-10-05T17:00", "2026-10-05T19:00"), 2), Ok(8000));
}

#[test]
fn a_pool_sells_each_of_its_four_sessions_to_its_capacity() {
    let mut run = Run::new(SHANGHAI, 8, "2026-07-06T06:00");
    for (pool, capacity) in [("indoor-pool", 800), ("outdoor-pool", 500)] {
        let sessions: Vec<_> =
            run.slots(pool, "2026-07-08").into_iter().filter(|slot| slot.left > 0).collect();
        assert_eq!(sessions.iter().map(|slot| slot.span.first()).collect::<Vec<_>>(), [18, 24, 30, 36]);
        assert!(sessions.iter().all(|slot| slot.capacity == capacity && slot.left == capacity));
    }
    let morning = ("2026-07-08T09:00", "2026-07-08T12:00");
    assert_eq!(run.book(0, "outdoor-pool", morning, 499), Ok(0));
    assert_eq!(run.book(1, "outdoor-pool", morning, 2), Err(Refusal::SoldOut));
    assert_eq!(run.book(1, "outdoor-pool", morning, 1), Ok(0));
    assert_eq!(run.book(2, "outdoor-pool", morning, 1), Err(Refusal::SoldOut));
    let left: Vec<u16> = run.slots("outdoor-pool", "2026-07-08").iter().map(|slot| slot.left).collect();
    assert_eq!(left.iter().filter(|left| **left == 500).count(), 3, "the other sessions are untouched");
    assert_eq!(run.book(2, "indoor-pool", morning, 800), Ok(0));
}

#[test]
fn street_courts_are_free_in_the_morning_and_cost_by_the_hour_and_person_later() {
    let mut run = Run::new(SHANGHAI, 8, "2026-07-06T06:00");
    for (resident, from, to, party, price) in [
        (0, "07:00", "10:00", 4, 0),
        (1, "09:00", "11:00", 1, 500),
        (2, "10:00", "11:00", 3, 1500),
        (3, "17:00", "19:00", 1, 1300),
        (4, "21:00", "22:00", 2, 1600),
    ] {
        let times = (format!("2026-07-07T{from}"), format!("2026-07-07T{to}"));
        let booked = run.book(resident, "street-court", (&times.0, &times.1), party);
        assert_eq!(booked, Ok(price), "{from}-{to} for {party}");
    }
    let late = ("2026-07-07T22:00", "2026-07-07T23:00");
    assert_eq!(run.book(5, "street-court", late, 1), Err(Refusal::SlotClosed));
}
