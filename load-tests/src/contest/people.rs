//! Who takes part: residents who ask once, and robots who ask often with accounts of their own.

use crate::draw::Draw;
use crate::residents::Tokens;

const SEED: u64 = 11;

/// Everybody, in an order in which robots and others are mixed.
pub(crate) struct People {
    tokens: Tokens,
    is_robot: Vec<bool>,
    pub(crate) robots: usize,
    /// How often a robot sends what others send once.
    pub(crate) times: usize,
    /// What everybody wants, as a number to be taken of the slots.
    wishes: Vec<usize>,
}

impl People {
    /// Robots have so many of a hundred accounts, and send so many of a hundred requests.
    pub(crate) fn of(tokens: Tokens, requests_percent: u8, accounts_percent: u8) -> Self {
        let count = tokens.len();
        let robots = if requests_percent == 0 { 0 } else { count * usize::from(accounts_percent) / 100 };
        let others = count - robots;
        let of_robots = others * usize::from(requests_percent) / usize::from(100 - requests_percent.min(99));
        let times = of_robots.div_ceil(robots.max(1)).max(1);
        let mut is_robot: Vec<bool> = (0..count).map(|no| no < robots).collect();
        let mut draw = Draw::new(SEED);
        draw.shuffle(&mut is_robot);
        let wishes = (0..count).map(|_| draw.below(1 << 30)).collect();
        Self { tokens, is_robot, robots, times, wishes }
    }

    pub(crate) fn count(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn token(&self, no: usize) -> &str {
        self.tokens.get(no)
    }

    pub(crate) fn is_robot(&self, no: usize) -> bool {
        self.is_robot[no]
    }

    /// The nth slot that somebody wants of so many.
    pub(crate) fn wish(&self, no: usize, nth: usize, slots: usize) -> usize {
        (self.wishes[no] + nth) % slots
    }

    /// How often somebody sends it.
    pub(crate) fn times_of(&self, no: usize) -> usize {
        if self.is_robot(no) { self.times } else { 1 }
    }

    /// Everybody as often as he sends it, mixed: who, and for the how many-th time.
    pub(crate) fn mixed(&self, seed: u64) -> Vec<(usize, usize)> {
        let each = |no| (0..self.times_of(no)).map(move |nth| (no, nth));
        let mut all: Vec<(usize, usize)> = (0..self.count()).flat_map(each).collect();
        Draw::new(seed).shuffle(&mut all);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_send_their_share_of_the_requests_with_their_share_of_the_accounts() {
        let people = People::of(Tokens::invented(1000), 50, 10);
        assert_eq!((people.robots, people.times), (100, 9));
        let all = people.mixed(1);
        let of_robots = all.iter().filter(|(no, _)| people.is_robot(*no)).count();
        assert_eq!((all.len(), of_robots), (1800, 900));
        let honest = People::of(Tokens::invented(1000), 0, 10);
        assert_eq!((honest.robots, honest.mixed(1).len()), (0, 1000));
    }
}
