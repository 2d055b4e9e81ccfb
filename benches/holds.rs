//! A million holds that expire within one minute: what the timekeeper's thread costs beyond its records, and how late they expire.
//!
//! The minute is told to the timekeeper and not waited for: it is turned every tick as in a server, and what a tick takes passes
//! in the minute too. The cost of the records is taken by pushing as many through a lane and doing nothing else.
//! `cargo bench --bench holds`.

#![expect(clippy::print_stdout, reason = "a report for people")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]
#![expect(clippy::float_arithmetic, reason = "figures for people")]

#[path = "shared/city.rs"]
mod bench_city;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bench_city::{DAYS_AHEAD, UNITS, founding, midnight};
use kaichang::domain::definition::KindDef;
use kaichang::domain::event::{BookingStep, Event, HoldPlaced, NewBooking, RequestKey};
use kaichang::domain::ids::{BookingNo, PitchNo, ResidentNo};
use kaichang::domain::money::Minor;
use kaichang::domain::time::{LocalDay, UtcMillis};
use kaichang::domain::units::UnitSpan;
use kaichang::engine::CommandLane;
use kaichang::engine::lane::{Intake, LaneNo, LaneOwner};
use kaichang::engine::log::{Outcome, Sequence, Settle};
use kaichang::engine::replay::Replay;
use kaichang::engine::settle::Settlement;
use kaichang::engine::timekeeper::Timekeeper;

const HOLDS: u32 = 1_000_000;
const RESIDENTS: u32 = 250_000;
const POOLS: u32 = 32;
const MINUTE_MS: i64 = 60_000;
/// As in a server.
const TICK: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(1);
const OUTSTANDING_MAX: u32 = 4096;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}

/// The moment at which a hold expires: all of them spread over one minute.
fn expires_at(hold: u32) -> UtcMillis {
    midnight().plus_ms(10 * MINUTE_MS + i64::from(hold) * MINUTE_MS / i64::from(HOLDS))
}

/// A hold each of a resident's turn, on the days from tomorrow on.
fn hold(no: u32) -> Event {
    let round = no / RESIDENTS;
    let slot = no % (u32::from(DAYS_AHEAD) * u32::from(UNITS));
    let day = i32::try_from(slot / u32::from(UNITS)).expect("few") + 1;
    let unit = u8::try_from(slot % u32::from(UNITS)).expect("few");
    let booking = NewBooking {
        no: BookingNo::new(no),
        resident: ResidentNo::new((no + round) % RESIDENTS),
        pitch: PitchNo::new(no % POOLS),
        day: LocalDay::new(bench_city::DAY_0 + day),
        span: UnitSpan::new(unit, 1).expect("a span"),
        party_size: 1,
        price: Minor::new(bench_city::PRICE),
        release: None,
        request: RequestKey { key: u128::from(no) << 64 | u128::from(no), body: 1 },
    };
    Event::HoldPlaced(HoldPlaced { booking, expires_at: expires_at(no) })
}

/// Takes what was pushed and settles it, which is the committer's work.
fn settle(intake: &Intake<Event>, settlement: &mut Settlement, at: UtcMillis) {
    let mut taken = Vec::new();
    intake.take(usize::MAX, &mut taken);
    for (lane, event) in taken {
        settlement.durable(Sequence::new(1), at, event);
        intake.settle(lane, 1, Outcome::Durable);
    }
}

/// What it takes to push so many records, 512 at a time, and nothing else.
fn floor() -> Duration {
    let (intake, mut owners) = Intake::<Event>::new(1, OUTSTANDING_MAX);
    let owner: LaneOwner<Event> = owners.pop().expect("a lane");
    let (mut spent, mut no, mut taken) = (Duration::ZERO, 0, Vec::new());
    while no < HOLDS {
        let begun = now();
        let until = HOLDS.min(no + 512);
        for no in no..until {
            let _ = owner
                .permit()
                .expect("room")
                .push(Event::HoldExpired(BookingStep { no: BookingNo::new(no) }));
        }
        spent += begun.elapsed();
        no = until;
        taken.clear();
        intake.take(usize::MAX, &mut taken);
        intake.settle(LaneNo::new(0), u32::try_from(taken.len()).expect("few"), Outcome::Durable);
    }
    spent
}

fn main() {
    let mut replay = Replay::new();
    let kind = KindDef::Session { capacity: u16::MAX };
    for event in founding(POOLS, &kind, RESIDENTS, 0) {
        replay.apply_event(midnight(), &event).expect("a city");
    }
    let days = kaichang::domain::event::DaysOpened {
        first: LocalDay::new(bench_city::DAY_0),
        last: LocalDay::new(bench_city::DAY_0 + i32::from(DAYS_AHEAD)),
    };
    replay.apply_event(midnight(), &Event::DaysOpened(days)).expect("days");
    for no in 0..HOLDS {
        replay.apply_event(midnight(), &hold(no)).expect("a hold");
    }
    let engine = Arc::new(replay.finish().expect("a city"));
    let (intake, mut owners) = Intake::new(1, OUTSTANDING_MAX);
    let mut timekeeper = Timekeeper::new(CommandLane::new(owners.pop().expect("a lane")));
    let mut settlement = Settlement::new(Arc::clone(&engine), Arc::clone(&intake));

    let begin = expires_at(0);
    let (mut at, mut spent, mut late) = (Duration::ZERO, Duration::ZERO, Vec::with_capacity(HOLDS as usize));
    let mut expired = 0;
    while expired < HOLDS {
        let moment = begin.plus_ms(i64::try_from(at.as_millis()).expect("a minute"));
        let begun = now();
        let more = timekeeper.tick(&engine, moment);
        let took = begun.elapsed();
        spent += took;
        at += took;
        let done = u32::try_from(intake.queued()).expect("few");
        settle(&intake, &mut settlement, moment);
        // They come in the order of their time.
        let ended_ms = at.as_secs_f64() * 1e3;
        late.extend((expired..expired + done).map(|no| ended_ms - expires_at(no).since_ms(begin) as f64));
        expired += done;
        at += if more { PAUSE } else { TICK };
    }
    let ended = engine.bookings().iter().filter(|booking| !booking.state.is_live()).count();
    assert_eq!((ended, engine.timers()), (HOLDS as usize, 0), "all have expired");
    late.sort_by(f64::total_cmp);
    let records = floor();
    let beyond = spent.saturating_sub(records).as_secs_f64();
    println!(
        "holds/{HOLDS} within a minute: the timekeeper's thread {:.2} s, of which records {:.2} s; beyond them {:.1} % of a core",
        spent.as_secs_f64(),
        records.as_secs_f64(),
        beyond / 60.0 * 100.0
    );
    let part = |percent: usize| late[(late.len() - 1) * percent / 100];
    println!(
        "holds/lateness: p50 {:.0} ms, p99 {:.0} ms, most {:.0} ms; a tick is {} ms",
        part(50),
        part(99),
        part(100),
        TICK.as_millis()
    );
}
