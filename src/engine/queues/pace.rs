//! How fast a line moves, and so when somebody's turn will be: as a range, for nobody knows how long others take.

use super::turns::Turns;
use crate::domain::time::UtcMillis;

/// What was served within so much time tells the pace.
const LOOKED_AT_MS: i64 = 60_000;
/// Before that nothing can be told.
const LEAST_MS: i64 = 2000;

/// Between how many milliseconds from now it will be somebody's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub from_ms: i64,
    pub to_ms: i64,
}

/// When it will be the turn of who has so many before him; nothing when the line doesn't move, or hasn't for long enough.
#[must_use]
pub(super) fn wait(turns: &Turns, before: u32, opened_at: UtcMillis, now: UtcMillis) -> Option<Wait> {
    let since = opened_at.max(now.plus_ms(-LOOKED_AT_MS));
    let served = turns.iter().rev().take_while(|run| run.at >= since);
    let served: u64 = served.map(|run| u64::from(run.admitted)).sum();
    let took = now.since_ms(since);
    if served == 0 || took < LEAST_MS {
        return None;
    }
    let ahead = i64::from(before) + 1;
    let expected = ahead.saturating_mul(took) / i64::try_from(served).unwrap_or(i64::MAX);
    Some(Wait { from_ms: expected / 4 * 3, to_ms: expected / 2 * 3 + 1000 })
}

#[cfg(test)]
mod tests {
    use super::super::turns::Run;
    use super::*;

    #[test]
    fn a_line_that_serves_ten_a_second_serves_the_six_hundredth_in_about_a_minute() {
        let mut turns = Turns::default();
        for second in 0..30u32 {
            let at = UtcMillis::new(i64::from(second) * 1000 + 1);
            let run = Run { behind: second * 10, up_to: second * 10 + 10, at, admitted: 10, acting: 10 };
            turns.add(run, 300_000);
        }
        let (opened_at, now) = (UtcMillis::new(0), UtcMillis::new(30_000));
        let at = |before| wait(&turns, before, opened_at, now);
        assert_eq!(at(599), Some(Wait { from_ms: 45_000, to_ms: 91_000 }));
        assert_eq!(wait(&turns, 0, opened_at, UtcMillis::new(1000)), None, "too early to tell");
        assert_eq!(wait(&turns, 0, opened_at, UtcMillis::new(300_000)), None, "it stands still");
    }
}
