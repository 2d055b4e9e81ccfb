//! Requests at a steady rate, whatever the server does, until told to stop: what others notice while something big is under way.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::drive::{Answered, Drive, Next, Pace, WhenBroken, Workload};
use crate::http::request::Requests;
use crate::outcome::Latencies;

/// What is sent, how often, and from when on.
pub(crate) struct Steady<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) requests: &'a Requests,
    pub(crate) per_second: NonZeroU32,
    pub(crate) connections: usize,
}

/// An answer: what it was, when its request was intended, and when it was there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timed {
    pub(crate) status: u16,
    pub(crate) since: Instant,
    pub(crate) until: Instant,
}

impl Steady<'_> {
    /// Sends until it is told to stop, or until every request was sent once.
    pub(crate) fn run(&self, stop: &AtomicBool) -> Result<Vec<Timed>, Failure> {
        let mut stream = Stream { requests: self.requests, next: 0, stop, timed: Vec::new() };
        let Self { address, connections, .. } = *self;
        let pace = Pace::PerSecond(self.per_second);
        Drive { address, connections, pace, when_broken: WhenBroken::Fail }.run(&mut stream)?;
        Ok(stream.timed)
    }
}

struct Stream<'a> {
    requests: &'a Requests,
    next: usize,
    stop: &'a AtomicBool,
    timed: Vec<Timed>,
}

impl Workload for Stream<'_> {
    type Request = usize;

    fn next(&mut self, _now: Instant) -> Result<Next<usize>, Failure> {
        // ORDERING: Relaxed, a flag by itself.
        if self.next == self.requests.len() || self.stop.load(Ordering::Relaxed) {
            return Ok(Next::Over);
        }
        self.next += 1;
        Ok(Next::Send(self.next - 1))
    }

    fn bytes(&self, request: usize) -> &[u8] {
        self.requests.get(request)
    }

    fn answered(&mut self, answered: &Answered<'_, usize>) -> Result<(), Failure> {
        self.timed.push(Timed { status: answered.status, since: answered.due, until: answered.now });
        Ok(())
    }
}

impl Timed {
    /// Whether it was under way at some moment of this time.
    pub(crate) fn overlaps(&self, from: Instant, to: Instant) -> bool {
        self.since < to && self.until > from
    }

    pub(crate) fn took(&self) -> Duration {
        self.until.saturating_duration_since(self.since)
    }
}

/// How long these took.
pub(crate) fn latencies<'a>(timed: impl Iterator<Item = &'a Timed>) -> Result<Latencies, Failure> {
    let mut latencies = Latencies::new()?;
    timed.for_each(|one| latencies.record(one.took()));
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::http::request::Request;

    #[test]
    fn a_request_that_waits_for_the_one_before_counts_from_when_it_was_intended() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let slow = Duration::from_millis(100);
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut asked = [0; 1024];
            while stream.read(&mut asked).is_ok_and(|read| read > 0) {
                std::thread::sleep(slow);
                stream.write_all(b"HTTP/1.1 204 x\r\n\r\n").expect("written");
            }
        });
        let mut requests = Requests::default();
        (0..3).for_each(|_| requests.push(&Request::get("/")));
        let per_second = NonZeroU32::new(1000).expect("not zero");
        let steady = Steady { address, requests: &requests, per_second, connections: 1 };
        let timed = steady.run(&AtomicBool::new(false)).expect("answers");
        assert_eq!(timed.len(), 3);
        assert!(timed[2].took() > 2 * slow, "{:?}", timed[2].took());
        let (from, to) = (timed[1].until, timed[2].until);
        assert!(timed[2].overlaps(from, to) && !timed[0].overlaps(from, to));
        assert!(latencies(timed.iter()).expect("bounds").p99_us() > 200_000);
    }
}
