//! Whether it was fair: limits kept, nothing given twice, and no more to robots or to who came earlier than chance gives them.
#![expect(clippy::float_arithmetic, reason = "statistics are no money")]

use serde::Serialize;

use super::Played;
use super::declare::Contest;
use super::people::People;
use crate::arguments::Mode;
use crate::audit::Findings;

/// How many standard errors chance is allowed.
pub(super) const ERRORS_MAX: f64 = 3.0;

/// No slot has two, each resident one at most (`Played::win` has seen to that).
pub(super) fn limits(contest: &Contest, won: &[Option<usize>], findings: &mut Findings) {
    let mut taken = vec![0u32; contest.slots.len()];
    for slot in won.iter().flatten() {
        taken[*slot] += 1;
    }
    for (slot, count) in taken.iter().enumerate().filter(|(_, count)| **count > 1) {
        let item = &contest.slots[slot];
        findings.add(format_args!("{} at {} was given to {count}", item.pitch, item.start));
    }
}

/// What chance would give, and what was got.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Fairness {
    pub(super) taking_part: usize,
    pub(super) winners: usize,
    pub(super) robots_taking_part: usize,
    pub(super) robots_winning: usize,
    /// How many robots would win by chance, and by how many standard errors more did.
    pub(super) robots_expected: f64,
    pub(super) robots_errors: f64,
    /// By how many standard errors winners came earlier than who takes part does on average.
    pub(super) earlier_errors: f64,
    /// Whether the mode promises that neither makes a difference.
    pub(super) is_judged: bool,
}

impl Fairness {
    pub(super) fn of(mode: Mode, people: &People, played: &Played) -> Self {
        // By arrival, the first first.
        let mut part: Vec<usize> = (0..people.count()).filter(|no| played.arrived[*no].is_some()).collect();
        part.sort_by_key(|no| played.arrived[*no]);
        let won = |no: &usize| played.won[*no].is_some();
        let ranks: Vec<usize> = (0..part.len()).filter(|rank| won(&part[*rank])).collect();
        let robots = part.iter().filter(|no| people.is_robot(**no)).count();
        let robots_winning = part.iter().filter(|no| people.is_robot(**no) && won(no)).count();
        let (count, winners) = (part.len(), ranks.len());
        let (expected, error) = drawn_without_return(count, robots, winners);
        Self {
            taking_part: count,
            winners,
            robots_taking_part: robots,
            robots_winning,
            robots_expected: expected,
            robots_errors: in_errors(as_float(robots_winning) - expected, error),
            earlier_errors: earlier(count, &ranks),
            is_judged: mode != Mode::FirstCome,
        }
    }

    /// What is beyond chance.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        if self.is_judged && self.robots_errors > ERRORS_MAX {
            findings.push(format!(
                "{} robots won, {:.1} would by chance: {:.1} standard errors more",
                self.robots_winning, self.robots_expected, self.robots_errors
            ));
        }
        if self.is_judged && self.earlier_errors > ERRORS_MAX {
            findings.push(format!(
                "who won came earlier, by {:.1} standard errors of chance",
                self.earlier_errors
            ));
        }
        findings
    }
}

/// How many of a kind are among so many that are drawn without return: the mean, and its standard error.
fn drawn_without_return(count: usize, of_kind: usize, drawn: usize) -> (f64, f64) {
    if count < 2 {
        return (0.0, 0.0);
    }
    let (count, of_kind, drawn) = (as_float(count), as_float(of_kind), as_float(drawn));
    let share = of_kind / count;
    let variance = drawn * share * (1.0 - share) * (count - drawn) / (count - 1.0);
    (drawn * share, variance.sqrt())
}

/// By how many standard errors the mean rank of those who won is lower than that of all (Mann and Whitney).
fn earlier(count: usize, ranks: &[usize]) -> f64 {
    let (all, won) = (as_float(count), as_float(ranks.len()));
    let sum: f64 = ranks.iter().map(|rank| as_float(*rank)).sum();
    let expected = won * (all - 1.0) / 2.0;
    let variance = won * (all - won) * (all + 1.0) / 12.0;
    in_errors(expected - sum, variance.sqrt())
}

fn in_errors(difference: f64, error: f64) -> f64 {
    if error > 0.0 { difference / error } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "a million is far below what is lost")]
const fn as_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Draw;
    use crate::residents::Tokens;

    fn played(people: &People, won: impl Fn(usize) -> bool) -> Played {
        let mut played = Played::nobody(people);
        for no in 0..people.count() {
            played.arrived[no] = Some(no);
            played.won[no] = won(no).then_some(0);
        }
        played
    }

    #[test]
    fn chance_is_fair_and_who_came_earlier_or_is_a_robot_and_won_is_found() {
        let people = People::of(Tokens::invented(2000), 50, 20);
        let mut lots: Vec<usize> = (0..2000).collect();
        Draw::new(3).shuffle(&mut lots);
        let by_lot = Fairness::of(Mode::Queue, &people, &played(&people, |no| lots[no] < 200));
        assert_eq!((by_lot.winners, by_lot.taking_part), (200, 2000));
        assert!(by_lot.findings().is_empty(), "{by_lot:?}");
        let first = Fairness::of(Mode::Queue, &people, &played(&people, |no| no < 200));
        assert!(first.earlier_errors > 20.0 && first.findings().len() == 1, "{first:?}");
        let come = Fairness::of(Mode::FirstCome, &people, &played(&people, |no| no < 200));
        assert!(come.findings().is_empty(), "who comes first has it there");
        let robots =
            Fairness::of(Mode::Lottery, &people, &played(&people, |no| people.is_robot(no) && no % 2 == 0));
        assert!(robots.robots_errors > 10.0 && !robots.findings().is_empty(), "{robots:?}");
    }

    #[test]
    fn a_little_more_than_chance_is_chance_and_twice_as_much_is_not() {
        let (expected, error) = drawn_without_return(1000, 100, 200);
        assert!((expected - 20.0).abs() < 1e-9 && (3.7..3.9).contains(&error), "{expected} {error}");
        assert!(in_errors(31.0 - expected, error) < ERRORS_MAX);
        assert!(in_errors(40.0 - expected, error) > ERRORS_MAX);
    }
}
