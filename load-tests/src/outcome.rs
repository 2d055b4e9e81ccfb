//! What a run gave.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::Failure;
use crate::statistics::{per_second, share_of_processors, us_each};

/// The status that counts.
pub(crate) const CREATED: u16 = 201;
/// Longer than any answer is waited for.
const LATENCY_US_MAX: u64 = 120_000_000;

/// How long answers took, in microseconds, to three digits.
pub(crate) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self(Histogram::new_with_bounds(1, LATENCY_US_MAX, 3)?))
    }

    pub(crate) fn record(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(LATENCY_US_MAX));
    }

    pub(crate) fn p50_us(&self) -> u64 {
        self.0.value_at_quantile(0.5)
    }

    pub(crate) fn p99_us(&self) -> u64 {
        self.0.value_at_quantile(0.99)
    }

    pub(crate) fn at_us(&self, quantile: f64) -> u64 {
        self.0.value_at_quantile(quantile)
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn max_us(&self) -> u64 {
        self.0.max()
    }
}

/// Bodies of answers that counted, with the request that each one answers.
#[derive(Debug, Default)]
pub(crate) struct KeptAnswers {
    bytes: Vec<u8>,
    /// Which request, and where the body ends.
    answers: Vec<(usize, usize)>,
}

impl KeptAnswers {
    pub(crate) fn push(&mut self, request: usize, body: &[u8]) {
        self.bytes.extend_from_slice(body);
        self.answers.push((request, self.bytes.len()));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let starts = std::iter::once(0).chain(self.answers.iter().map(|(_, end)| *end));
        self.answers.iter().zip(starts).map(|((request, end), start)| (*request, &self.bytes[start..*end]))
    }
}

/// What a run gave.
pub(crate) struct Outcome {
    /// How long was measured: less than wished for when the requests were used up.
    pub(crate) window: Duration,
    /// From the beginning to the last answer.
    pub(crate) whole: Duration,
    pub(crate) requests_used_up: bool,
    /// Within the window: answers, and among them those that count.
    pub(crate) answered: u64,
    pub(crate) counted: u64,
    /// The status that counts.
    pub(crate) counts: u16,
    /// Of the whole run, with its beginning and its end.
    pub(crate) by_status: BTreeMap<u16, u64>,
    /// Of the answers within the window that count, and of those that don't.
    pub(crate) latencies: Latencies,
    pub(crate) other_latencies: Latencies,
    /// In the open loop, how late the client itself came to the requests within the window.
    pub(crate) lag: Latencies,
    /// For how long, and for how many answers, processor time was counted: the window, and in the open loop the whole run.
    pub(crate) used_during: Duration,
    pub(crate) used_for: u64,
    /// Processor time within that.
    pub(crate) server_time: Duration,
    pub(crate) client_time: Duration,
    /// Of all else that ran meanwhile.
    pub(crate) other_time: Duration,
    pub(crate) kept: KeptAnswers,
}

impl Outcome {
    pub(crate) fn nothing_yet(counts: u16) -> Result<Self, Failure> {
        Ok(Self {
            window: Duration::ZERO,
            whole: Duration::ZERO,
            requests_used_up: false,
            answered: 0,
            counted: 0,
            counts,
            by_status: BTreeMap::new(),
            latencies: Latencies::new()?,
            other_latencies: Latencies::new()?,
            lag: Latencies::new()?,
            used_during: Duration::ZERO,
            used_for: 0,
            server_time: Duration::ZERO,
            client_time: Duration::ZERO,
            other_time: Duration::ZERO,
            kept: KeptAnswers::default(),
        })
    }

    pub(crate) fn counted_per_second(&self) -> f64 {
        per_second(self.counted, self.window)
    }

    pub(crate) fn server_us_each(&self) -> f64 {
        us_each(self.server_time, self.used_for)
    }

    pub(crate) fn client_share(&self, processors: usize) -> f64 {
        share_of_processors(self.client_time, self.used_during, processors)
    }

    /// What others took of the processors, while server and client were to have them for themselves.
    pub(crate) fn others_share(&self, processors: usize) -> f64 {
        share_of_processors(self.other_time, self.used_during, processors)
    }

    /// Answers of the whole run that don't count.
    pub(crate) fn other(&self) -> u64 {
        self.by_status.iter().filter(|(status, _)| **status != self.counts).map(|(_, count)| count).sum()
    }

    /// Whether more than one answer in a hundred doesn't count: then something else was measured than was meant.
    pub(crate) fn is_spoilt(&self) -> bool {
        let all: u64 = self.by_status.values().sum();
        all == 0 || self.other() * 100 > all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(by_status: &[(u16, u64)]) -> Outcome {
        Outcome {
            window: Duration::from_secs(2),
            used_during: Duration::from_secs(2),
            used_for: 200,
            answered: 200,
            counted: 100,
            by_status: by_status.iter().copied().collect(),
            server_time: Duration::from_millis(4),
            client_time: Duration::from_secs(1),
            other_time: Duration::from_millis(400),
            ..Outcome::nothing_yet(CREATED).expect("bounds")
        }
    }

    #[test]
    fn one_answer_in_a_hundred_may_be_another() {
        for (by_status, spoilt) in [
            (&[(201, 99), (409, 1)][..], false),
            (&[(201, 98), (409, 1), (503, 1)], true),
            (&[(201, 5)], false),
            (&[], true),
        ] {
            assert_eq!(outcome(by_status).is_spoilt(), spoilt, "{by_status:?}");
        }
    }

    #[test]
    fn only_what_was_created_makes_the_rate_and_every_answer_costs() {
        let outcome = outcome(&[]);
        assert_eq!(outcome.counted_per_second(), 50.0);
        assert_eq!(outcome.server_us_each(), 20.0);
        assert_eq!(outcome.client_share(2), 0.25);
        assert_eq!(outcome.others_share(2), 0.1);
    }

    #[test]
    fn kept_answers_come_out_as_they_went_in() {
        let mut kept = KeptAnswers::default();
        for (request, body) in [(7, &b"one"[..]), (3, b""), (9, b"three")] {
            kept.push(request, body);
        }
        let read: Vec<(usize, &[u8])> = kept.iter().collect();
        assert_eq!(read, [(7, &b"one"[..]), (3, b""), (9, b"three")]);
    }

    #[test]
    fn latencies_keep_three_digits() {
        let mut latencies = Latencies::new().expect("bounds");
        for us in 1..=1000 {
            latencies.record(Duration::from_micros(us));
        }
        latencies.record(Duration::from_secs(1_000_000));
        assert!((499..=502).contains(&latencies.p50_us()), "{}", latencies.p50_us());
        assert!((989..=992).contains(&latencies.p99_us()), "{}", latencies.p99_us());
    }
}
