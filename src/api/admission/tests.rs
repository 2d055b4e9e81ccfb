//! A crowd at the door, on a clock that is set by hand.

use std::collections::BTreeSet;

use axum::http::Request;

use super::*;
use crate::domain::time::UtcMillis;

#[derive(Default)]
struct HandClock(AtomicU64);

impl HandClock {
    fn pass(&self, duration: Duration) {
        self.0.fetch_add(nanos(duration), Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> UtcMillis {
        UtcMillis::new(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

fn door(claims_a_second: Option<u32>) -> (Arc<HandClock>, Door) {
    let clock = Arc::new(HandClock::default());
    let admission = Admission::new(claims_a_second, Arc::clone(&clock) as Arc<dyn Clock>);
    (clock, Door::new(Arc::new(admission)))
}

fn asked(method: Method, path: &str) -> Parts {
    Request::builder().method(method).uri(path).body(()).expect("a request").into_parts().0
}

fn claim() -> Parts {
    asked(Method::POST, "/v1/bookings")
}

fn retry_after(refused: &Problem) -> u32 {
    refused.retry_after_s().expect("told when to come again")
}

#[test]
fn ten_times_the_bound_lets_in_just_the_bound() {
    for bound in [3, 100, 4_000] {
        let (clock, door) = door(Some(bound));
        let seconds = 10;
        let mut let_in = 0;
        for _ in 0..bound * 10 * seconds {
            let_in += u32::from(door.let_in(&claim()).is_ok());
            clock.pass(Duration::from_secs(1) / (bound * 10));
        }
        let ahead = bound / 20 + 1;
        assert!(
            (bound * seconds..=bound * seconds + ahead).contains(&let_in),
            "{let_in} at {bound} a second"
        );
    }
}

#[test]
fn a_quiet_time_is_not_saved_up() {
    let (clock, door) = door(Some(100));
    clock.pass(Duration::from_secs(3600));
    let at_once = (0..1000).filter(|_| door.let_in(&claim()).is_ok()).count();
    assert_eq!(at_once, 6, "one, and what fits into a twentieth of a second");
}

#[test]
fn only_claims_are_turned_away() {
    let (_, door) = door(Some(1));
    while door.let_in(&claim()).is_ok() {}
    for path in ["/v1/bookings", "/v1/holds", "/book"] {
        assert!(door.let_in(&asked(Method::POST, path)).is_err(), "{path}");
        assert!(door.let_in(&asked(Method::GET, path)).is_ok(), "{path}");
    }
    for (method, path) in [
        (Method::POST, "/v1/holds/7/confirm"),
        (Method::DELETE, "/v1/bookings/7"),
        (Method::POST, "/v1/wallet/top-ups"),
    ] {
        assert!(door.let_in(&asked(method, path)).is_ok(), "{path}");
    }
}

#[test]
fn who_is_turned_away_comes_again_when_the_crowd_before_him_was_served() {
    let (_, door) = door(Some(100));
    let mut told: Vec<u32> = Vec::new();
    while told.len() < 1000 {
        told.extend(door.let_in(&claim()).err().as_ref().map(retry_after));
    }
    let soon: BTreeSet<u32> = told[..50].iter().copied().collect();
    assert_eq!(soon, BTreeSet::from([1, 2]));
    let late: BTreeSet<u32> = told[950..].iter().copied().collect();
    assert_eq!(late, (1..=11).collect(), "nobody is sent to the end of a crowd that is served before");
}

#[test]
fn nobody_is_sent_away_for_longer_than_half_a_minute_however_many_come() {
    assert_eq!(retry_after_s(u32::MAX, u32::MAX), RETRY_AFTER_MAX_S);
    assert_eq!(retry_after_s(0, 0), 1);
}

#[test]
fn so_many_are_in_flight_and_no_more() {
    let (_, door) = door(None);
    let mut inside: Vec<_> = (0..IN_FLIGHT_MAX).map(|_| door.let_in(&claim()).expect("room")).collect();
    assert!(door.let_in(&claim()).is_err());
    assert!(door.let_in(&asked(Method::DELETE, "/v1/bookings/7")).is_ok(), "what gives back goes on");
    inside.pop();
    assert!(door.let_in(&claim()).is_ok());
}

#[test]
fn behind_claims_that_do_not_move_nobody_is_let_in_until_one_does() {
    let (clock, door) = door(None);
    let mut inside: Vec<_> = (0..FEW + 10).map(|_| door.let_in(&claim()).expect("room")).collect();
    clock.pass(STANDSTILL);
    inside.push(door.let_in(&claim()).expect("not yet"));
    clock.pass(Duration::from_millis(1));
    assert!(door.let_in(&claim()).is_err());
    inside.pop();
    assert!(door.let_in(&claim()).is_ok(), "one was answered");
    clock.pass(STANDSTILL * 2);
    assert!(door.let_in(&claim()).is_err());
    inside.truncate(FEW as usize - 1);
    assert!(door.let_in(&claim()).is_ok(), "a few may wait as long as it takes");
}
