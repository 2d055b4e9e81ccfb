//! Requests at a steady rate, whatever the server does: the open loop, which sees how long others wait when something big is under way.
//!
//! Each connection has a thread and sends its requests when they are due. A request that has to wait for the answer to the one before
//! counts from when it was due, so that a server that stands still for a moment is not flattered; what a thread oversleeps is the
//! client's own and doesn't count.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::http::plain_client::PlainClient;
use crate::http::request::Requests;
use crate::outcome::Latencies;
use crate::{Failure, clock};

/// What is sent, how often, and from when on.
pub(crate) struct Steady<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) requests: &'a Requests,
    pub(crate) per_second: u32,
    pub(crate) connections: usize,
    pub(crate) begin: Instant,
}

/// An answer: what it was, when its request was due, and when it was there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timed {
    pub(crate) status: u16,
    pub(crate) since: Instant,
    pub(crate) until: Instant,
}

impl Steady<'_> {
    /// Sends until it is told to stop, or until every request was sent once.
    pub(crate) fn run(&self, stop: &AtomicBool) -> Result<Vec<Timed>, Failure> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.connections)
                .map(|connection| scope.spawn(move || self.on_connection(connection, stop)))
                .collect();
            let mut all = Vec::new();
            for thread in threads {
                all.extend(thread.join().map_err(|_| "a connection's thread panicked")??);
            }
            Ok(all)
        })
    }

    fn on_connection(&self, connection: usize, stop: &AtomicBool) -> Result<Vec<Timed>, Failure> {
        let mut client = PlainClient::connect(self.address)?;
        let mut timed = Vec::new();
        for request in (connection..self.requests.len()).step_by(self.connections) {
            // ORDERING: Relaxed, a flag by itself.
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let since = self.wait_for(request)?;
            let status = client.ask_encoded(self.requests.get(request))?.status;
            timed.push(Timed { status, since, until: clock::now() });
        }
        Ok(timed)
    }

    /// Waits until a request is due, and answers the moment from which it counts.
    fn wait_for(&self, request: usize) -> Result<Instant, Failure> {
        let due = self.begin + Duration::from_secs(1) * u32::try_from(request)? / self.per_second;
        let ahead = due.saturating_duration_since(clock::now());
        if ahead.is_zero() {
            return Ok(due);
        }
        std::thread::sleep(ahead);
        Ok(clock::now())
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
    fn a_request_that_waits_for_the_one_before_counts_from_when_it_was_due() {
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
        let steady =
            Steady { address, requests: &requests, per_second: 1000, connections: 1, begin: clock::now() };
        let timed = steady.run(&AtomicBool::new(false)).expect("answers");
        assert_eq!(timed.len(), 3);
        assert!(timed[2].took() > 2 * slow, "{:?}", timed[2].took());
        let (from, to) = (timed[1].until, timed[2].until);
        assert!(timed[2].overlaps(from, to) && !timed[0].overlaps(from, to));
        assert!(latencies(timed.iter()).expect("bounds").p99_us() > 200_000);
    }
}
