//! What is in flight when the process dies is wholly there or wholly not: every prefix of the log is sound.
//!
//! Here commands come while the records of others are under way, and some of those are refused. Nothing is compared with the model:
//! what counts is that nothing breaks, that the live state is what its log says, and that nothing is left hanging.

use kaichang::domain::event::PhoneHash;
use kaichang::domain::ids::{BookingNo, ResidentNo, VenueNo};
use kaichang::domain::money::Minor;
use kaichang::engine::log::Outcome;
use proptest::prelude::*;

use super::run::{closure_declared, event_of, new_place, request, request_key};
use super::steps::{Step, step};
use crate::memory_log::City;
use crate::model::{Purpose, confirm_body};
use crate::small_city::*;

fn number(booking: usize) -> BookingNo {
    BookingNo::new(u32::try_from(booking).expect("few"))
}

/// Gives a command and leaves its record where it is. What is refused is refused.
fn command(city: &City, step: &Step, now_min: i64) {
    let (engine, lane, now) = (&city.engine, &city.lane, moment(now_min));
    let by = |venue| ResidentNo::new(staff_of(venue));
    match *step {
        Step::Claim { purpose, wish, key, .. } => {
            let request = request(&wish, purpose, key);
            let _ = match purpose {
                Purpose::Book => engine.book(lane, &request, now),
                Purpose::Hold => engine.place_hold(lane, &request, now),
                Purpose::Counter { venue } => {
                    engine.book_at_counter(lane, &request, by(venue), VenueNo::new(venue), now)
                }
            };
        }
        Step::Confirm { resident, booking, key, late_min, .. } => {
            let request = key.map(|key| request_key(resident, key, &confirm_body(booking)));
            let late = now.plus_ms(late_min * 60_000);
            let _ = engine.confirm_hold(lane, ResidentNo::new(resident), number(booking), request, late);
        }
        Step::GiveUp { resident, booking, .. } => {
            let _ = engine.give_up_hold(lane, ResidentNo::new(resident), number(booking));
        }
        Step::Cancel { resident, booking, .. } => {
            let _ = engine.cancel(lane, ResidentNo::new(resident), number(booking), now);
        }
        Step::CheckIn { venue, booking, .. } => {
            let _ = engine.check_in(lane, by(venue), VenueNo::new(venue), number(booking), now);
        }
        Step::Move { venue, booking, to, keeps_price, .. } => {
            let (no, to) = (number(booking), new_place(&to, keeps_price));
            let _ = engine.move_booking(lane, by(venue), VenueNo::new(venue), no, &to, now);
        }
        Step::CancelByStaff { venue, booking, refund, .. } => {
            let refund = refund.map(Minor::new);
            let _ = engine.cancel_by_staff(lane, by(venue), VenueNo::new(venue), number(booking), refund);
        }
        Step::Change { change, .. } => {
            let releases = engine.world().catalogue.releases().len();
            let _ = engine.change_catalogue(lane, by(0), event_of(change, releases));
        }
        Step::Close { closure, .. } => {
            let _ = engine.change_catalogue(lane, by(0), closure_declared(closure));
        }
        Step::Erase { resident, .. } => {
            if let Ok(erasure) = engine.begin_erasure(ResidentNo::new(resident))
                && city.intake.is_settled(&erasure.queued_before(lane))
            {
                let _ = erasure.erase(lane, PhoneHash([0xee; 16]));
            }
        }
        Step::Retry { .. } | Step::TopUp { .. } | Step::Advance { .. } | Step::Crash => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(96), max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn every_prefix_of_the_log_is_sound(
        steps in prop::collection::vec((step(), 0usize..5, any::<bool>()), 1..80),
        minutes in 0i64..120,
    ) {
        let mut city = City::found(&founding(), moment(0));
        city.let_time_pass(moment(0));
        let mut now_min = 0;
        for (step, settled, ticks) in steps {
            now_min += minutes;
            if let Step::Advance { minutes, .. } = &step {
                now_min += *minutes;
            }
            command(&city, &step, now_min);
            if ticks {
                city.timekeeper.tick(&city.engine, moment(now_min));
            }
            // Some records stay in flight while the next commands come.
            let outcome = if settled == 4 { Outcome::NotWritten } else { Outcome::Durable };
            city.settle(moment(now_min), settled.min(2), outcome);
        }
        for until in founding().len()..=city.kept.len() {
            let replayed = City::from_log(city.kept[..until].to_vec());
            let violations = replayed.engine.audit();
            prop_assert!(violations.is_empty(), "prefix of {until}: {violations:?}");
        }
        city.settle(moment(now_min), usize::MAX, Outcome::Durable);
        city.let_time_pass(moment(now_min));
        prop_assert_eq!(city.engine.audit(), vec![]);
        prop_assert_eq!(city.engine.digest(), City::from_log(city.kept.clone()).engine.digest());
        // When all is over nothing is held or under way any more.
        city.let_time_pass(moment(now_min + 10 * 1440));
        let left: Vec<_> = city.engine.bookings().iter().filter(|booking| booking.state.is_live()).collect();
        prop_assert!(left.is_empty(), "{left:?}");
    }
}
