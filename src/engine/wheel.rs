//! The timer wheel: what is due when, bookings above all.
//!
//! The near future has a bucket for each second, the far one for each stretch of the near; a timer moves at most once from far to
//! near. Within its second it waits for its millisecond, so that it comes with the first turn after its time and never before. The
//! wheel knows no clock: whoever turns it says what time it is.

use std::collections::BTreeMap;

use crate::domain::time::UtcMillis;

/// Seconds that the near ring spans: a bit more than an hour.
const NEAR_S: i64 = 4096;
/// How many stretches have a place: those of more than a month.
const FAR_PLACES: i64 = 1024;

/// Things by the second at which they are due.
pub struct Wheel<T> {
    /// All seconds before this one have been turned past.
    now_s: i64,
    near: Vec<Vec<Timer<T>>>,
    /// Stretches and what is due in them, each in the place of its number: so it is found without a search.
    far: Vec<(i64, Vec<Timer<T>>)>,
    /// The stretches whose place another has.
    farther: BTreeMap<i64, Vec<Timer<T>>>,
    len: usize,
}

/// Something, and when it is due: the second of its stretch, and the millisecond of that.
#[derive(Clone, Copy)]
struct Timer<T> {
    bucket: u16,
    ms: u16,
    what: T,
}

impl<T: Copy> Wheel<T> {
    /// A wheel that stands at this moment.
    #[must_use]
    pub fn new(now: UtcMillis) -> Self {
        Self {
            now_s: second(now),
            near: (0..NEAR_S).map(|_| Vec::new()).collect(),
            far: (0..FAR_PLACES).map(|_| (0, Vec::new())).collect(),
            farther: BTreeMap::new(),
            len: 0,
        }
    }

    /// Something is due at this moment; what is due already comes with the next turn.
    pub fn insert(&mut self, due: UtcMillis, what: T) {
        let (due_s, ms) = (second(due), millisecond(due));
        let (due_s, ms) = if due_s < self.now_s { (self.now_s, 0) } else { (due_s, ms) };
        let timer = Timer { bucket: bucket(due_s), ms, what };
        self.len += 1;
        if due_s < self.near_end() {
            self.near[usize::from(timer.bucket)].push(timer);
        } else {
            self.push_far(due_s.div_euclid(NEAR_S), timer);
        }
    }

    fn push_far(&mut self, stretch: i64, timer: Timer<T>) {
        let (owner, timers) = &mut self.far[place(stretch)];
        if timers.is_empty() {
            *owner = stretch;
        }
        if *owner == stretch {
            timers.push(timer);
        } else {
            self.farther.entry(stretch).or_default().push(timer);
        }
    }

    /// The first stretch in which something is due.
    fn first_far(&self) -> Option<i64> {
        let placed = self.far.iter().filter(|(_, timers)| !timers.is_empty()).map(|(stretch, _)| *stretch);
        placed.chain(self.farther.keys().next().copied()).min()
    }

    fn take_far(&mut self, stretch: i64) -> Vec<Timer<T>> {
        let mut due = self.farther.remove(&stretch).unwrap_or_default();
        let (owner, timers) = &mut self.far[place(stretch)];
        if *owner == stretch {
            due.append(timers);
            timers.shrink_to_fit();
        }
        due
    }

    /// The near ring holds the current stretch and nothing else.
    fn near_end(&self) -> i64 {
        (self.now_s.div_euclid(NEAR_S) + 1) * NEAR_S
    }

    /// Turns the wheel to this moment and hands out what became due.
    pub fn turn(&mut self, now: UtcMillis, mut due: impl FnMut(T)) {
        let until = second(now);
        while self.now_s <= until {
            let timers = &mut self.near[usize::from(bucket(self.now_s))];
            if self.now_s == until {
                // More may come for this second: it is turned past with the next one.
                let now_ms = millisecond(now);
                for timer in timers.extract_if(.., |timer| timer.ms <= now_ms) {
                    self.len -= 1;
                    due(timer.what);
                }
                break;
            }
            for timer in std::mem::take(timers) {
                self.len -= 1;
                due(timer.what);
            }
            self.now_s += 1;
            if self.now_s.rem_euclid(NEAR_S) == 0 {
                self.bring_near(self.now_s.div_euclid(NEAR_S), until);
            }
        }
    }

    /// A new stretch begins; stretches in which nothing is due are leapt over.
    fn bring_near(&mut self, stretch: i64, until: i64) {
        let next = self.first_far().unwrap_or(i64::MAX);
        let last = until.div_euclid(NEAR_S);
        if stretch < next.min(last) {
            self.now_s = next.min(last) * NEAR_S;
        }
        for timer in self.take_far(self.now_s.div_euclid(NEAR_S)) {
            self.near[usize::from(timer.bucket)].push(timer);
        }
    }

    /// How many things are on the wheel.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

fn second(moment: UtcMillis) -> i64 {
    moment.get().div_euclid(1000)
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of 1000")]
fn millisecond(moment: UtcMillis) -> u16 {
    moment.get().rem_euclid(1000).unsigned_abs() as u16
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of 1024")]
fn place(stretch: i64) -> usize {
    stretch.rem_euclid(FAR_PLACES).unsigned_abs() as usize
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of 4096")]
fn bucket(second: i64) -> u16 {
    second.rem_euclid(NEAR_S).unsigned_abs() as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::BookingNo;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn everything_comes_once_never_early_and_with_the_first_turn_after_its_time(
            start in -10_000_000i64..10_000_000,
            timers in prop::collection::vec((0i64..40_000_000, 0usize..6), 1..100),
            steps in prop::collection::vec(0i64..20_000_000, 5),
        ) {
            let mut wheel = Wheel::new(UtcMillis::new(start));
            let mut now = start;
            let mut waiting: BTreeMap<u32, i64> = BTreeMap::new();
            for (turn, step) in steps.iter().copied().chain([50_000_000]).enumerate() {
                for (no, (after, _)) in timers.iter().enumerate().filter(|(_, (_, when))| *when == turn) {
                    let no = u32::try_from(no).expect("few");
                    wheel.insert(UtcMillis::new(now + after), BookingNo::new(no));
                    waiting.insert(no, now + after);
                }
                now += step;
                let mut came = Vec::new();
                wheel.turn(UtcMillis::new(now), |booking| came.push(booking.get()));
                for no in came {
                    let due = waiting.remove(&no).expect("it waited, and came once");
                    prop_assert!(due <= now, "{no} came early");
                }
                for (no, due) in &waiting {
                    prop_assert!(*due > now, "{no} is late: due {due}, now {now}");
                }
                prop_assert_eq!(wheel.len(), waiting.len());
            }
        }
    }

    #[test]
    fn a_wheel_that_slept_for_a_year_turns_at_once() {
        let mut wheel = Wheel::new(UtcMillis::new(0));
        wheel.insert(UtcMillis::new(1000), BookingNo::new(1));
        let year_ms = 365 * 86_400_000;
        wheel.insert(UtcMillis::new(year_ms), BookingNo::new(2));
        let mut came = Vec::new();
        wheel.turn(UtcMillis::new(2 * year_ms), |booking| came.push(booking.get()));
        assert_eq!(came, [1, 2]);
    }
}
