//! The terms of a release that one queues for, and the order of those who came before it opened.
//!
//! Who comes before the instant gets a place at random among all who did; who comes later stands behind them, in order of arrival. The
//! random order follows from a secret seed that is bound by its SHA-256 when the release is made and published when it opens, and from
//! nothing else: so anybody can repeat it, and nobody gains by being early (I8). `docs/queue.md` says it again for strangers.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::draw::{Hash, Seed};
use super::lottery::Salt;
use super::time::UtcMillis;

/// The name of this order; another one gets another name.
pub const ORDER: &str = "kaichang-queue-1";
/// The longest time that somebody whose turn it is may be given.
pub const MINUTES_TO_ACT_MAX: u16 = 60;
/// How many may have their turn at the same time at most.
pub const AT_ONCE_MAX: u32 = 1_000_000;
/// Between what the number lies up to which whoever comes has to search: a moment for a telephone, and some ten seconds.
pub const PROOF_OF_WORK: (u32, u32) = (1000, 5_000_000);
/// How long before its instant a queue may open its doors: a week.
pub const JOIN_BEFORE_MS_MAX: i64 = 7 * 24 * 3_600_000;
/// A queue's days of play are so many at most.
pub const QUEUE_DAYS_MAX: i32 = 31;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueDef {
    /// From when on one may come.
    pub join_from: UtcMillis,
    /// How long somebody has whose turn it is.
    pub minutes_to_act: u16,
    /// How many may have their turn at the same time.
    pub at_once: u32,
    /// Where more wait than may act: up to which number whoever comes has to search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_of_work: Option<u32>,
    /// What the seed is made from, together with a key of the city's.
    pub salt: Salt,
    /// The hash of the seed.
    pub commitment: Hash,
}

impl QueueDef {
    /// Whether the terms make sense by themselves, for a release that opens at this moment.
    #[must_use]
    pub fn is_sound(&self, opens_at: UtcMillis) -> bool {
        self.join_from <= opens_at
            && opens_at.since_ms(self.join_from) <= JOIN_BEFORE_MS_MAX
            && (1..=MINUTES_TO_ACT_MAX).contains(&self.minutes_to_act)
            && (1..=AT_ONCE_MAX).contains(&self.at_once)
            && self.proof_of_work.is_none_or(|most| (PROOF_OF_WORK.0..=PROOF_OF_WORK.1).contains(&most))
    }

    /// How long a turn is.
    #[must_use]
    pub fn turn_ms(&self) -> i64 {
        i64::from(self.minutes_to_act) * 60_000
    }
}

/// What those who came early are sorted by: a hash of the seed and one's number, the first who came having number 1.
#[derive(Clone)]
struct Ranks(Sha256);

impl Ranks {
    fn new(seed: &Seed) -> Self {
        // What is the same for all is hashed once.
        Self(Sha256::new_with_prefix(format!("{ORDER}\n{}\n", Hash(seed.0))))
    }

    fn of(&self, number: u32) -> [u8; 32] {
        // The longest number has ten digits.
        let (mut line, mut at, mut rest) = ([b'\n'; 11], 10, number);
        while at > 0 {
            at -= 1;
            line[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.0.clone().chain_update(&line[at..]).finalize().into()
    }
}

/// The rank of a number.
#[must_use]
pub fn rank(seed: &Seed, number: u32) -> [u8; 32] {
    Ranks::new(seed).of(number)
}

/// The numbers of those who came early in the order in which it is their turn: by their ranks.
#[must_use]
pub fn order(seed: &Seed, early: u32) -> Vec<u32> {
    let ranks = Ranks::new(seed);
    let key = |number: u32| {
        let [a, b, c, d, e, f, g, h, ..] = ranks.of(number);
        (u64::from_be_bytes([a, b, c, d, e, f, g, h]), number)
    };
    let mut keys: Vec<(u64, u32)> = (1..=early).map(key).collect();
    keys.sort_unstable();
    let mut numbers: Vec<u32> = keys.iter().map(|(_, number)| *number).collect();
    // Where half a hash is the same for two, the rest of it decides. Of a million that happens once in many thousand draws.
    let mut from = 0;
    while from < keys.len() {
        let same = keys[from..].iter().take_while(|(key, _)| *key == keys[from].0).count();
        if same > 1 {
            numbers[from..from + same].sort_by_key(|number| ranks.of(*number));
        }
        from += same;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> QueueDef {
        QueueDef {
            join_from: UtcMillis::new(0),
            minutes_to_act: 5,
            at_once: 100,
            proof_of_work: None,
            salt: Salt([1; 16]),
            commitment: Hash([2; 32]),
        }
    }

    #[test]
    fn one_may_come_before_the_instant_but_not_a_month_before_it() {
        let at = UtcMillis::new(3_600_000);
        assert!(terms().is_sound(at) && terms().is_sound(UtcMillis::new(0)));
        assert!(!terms().is_sound(UtcMillis::new(-1)) && !terms().is_sound(at.plus_ms(JOIN_BEFORE_MS_MAX)));
        let wrong: [fn(&mut QueueDef); 5] = [
            |terms| terms.proof_of_work = Some(999),
            |terms| terms.minutes_to_act = 0,
            |terms| terms.minutes_to_act = MINUTES_TO_ACT_MAX + 1,
            |terms| terms.at_once = 0,
            |terms| terms.at_once = AT_ONCE_MAX + 1,
        ];
        for (no, change) in wrong.iter().enumerate() {
            let mut terms = terms();
            change(&mut terms);
            assert!(!terms.is_sound(at), "{no}");
        }
    }

    #[test]
    fn everybody_who_came_early_has_one_place_and_another_seed_gives_another_order() {
        let (first, second) = (order(&Seed([3; 32]), 1000), order(&Seed([4; 32]), 1000));
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (1..=1000).collect::<Vec<_>>());
        assert_ne!(first, second);
        assert!(first.is_sorted_by_key(|number| rank(&Seed([3; 32]), *number)), "by the whole hash");
        assert_eq!(order(&Seed([3; 32]), 0), Vec::<u32>::new());
    }

    #[test]
    fn a_rank_is_the_hash_of_the_lines_that_the_document_names() {
        let seed = Seed([7; 32]);
        for number in [1, 9, 10, 70_001, 1_000_000, u32::MAX] {
            let text = format!("kaichang-queue-1\n{}\n{number}\n", "07".repeat(32));
            assert_eq!(rank(&seed, number), <[u8; 32]>::from(Sha256::digest(text.as_bytes())), "{number}");
        }
    }

    #[test]
    fn an_order_is_that_of_the_documents_example() {
        assert_eq!(order(&Seed([7; 32]), 8), [5, 3, 6, 8, 2, 4, 7, 1], "docs/queue.md shows this");
    }

    /// Who came among the first hundred of a thousand is no further ahead than anybody else, over many seeds.
    #[test]
    fn coming_earlier_before_the_instant_gains_nothing() {
        const SEEDS: u8 = 200;
        const EARLY: u32 = 1000;
        const FIRST: u32 = 100;
        let (mut ahead, mut sum) = (0u32, 0u64);
        for seed in 0..SEEDS {
            let order = order(&Seed([seed; 32]), EARLY);
            for (number, place) in order.iter().zip(1u32..) {
                if *number <= FIRST {
                    ahead += u32::from(place <= FIRST);
                    sum += u64::from(place);
                }
            }
        }
        // Of 20,000 that came among the first hundred, about a tenth gets a place among the first hundred; 4 standard
        // deviations of the hypergeometric sum are 4 * sqrt(200 * 100 * 0.1 * 0.9 * 900 / 999) = 161.
        assert!((2000 - 161..=2000 + 161).contains(&ahead), "{ahead} of the first hundred stayed there");
        // Their mean place is 500.5, with a standard error of 2.04 * sqrt(900 / 999): 4 of them are under 8.
        let mean = sum / u64::from(u32::from(SEEDS) * FIRST);
        assert!((492..=508).contains(&mean), "the mean place of the first hundred is {mean}");
    }
}
