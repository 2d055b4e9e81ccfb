//! The closed loop: so many connections, each with exactly one request under way, on one thread.
//!
//! It measures what a server can do at most, and is made to leave the processor to the server: requests lie ready as bytes,
//! an answer costs one read and one write, its body is copied at most. Sockets are watched edge by edge: a short read has
//! emptied the socket, and what comes later makes a new edge.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::http::answer::read_head;
use crate::http::request::Requests;
use crate::outcome::{KeptAnswers, Latencies, Outcome};
use crate::{Failure, clock, processor};

/// How long the requests that are under way at the end are waited for.
const DRAIN_MAX: Duration = Duration::from_secs(30);
/// How long nothing at all may come.
const SILENCE_MAX: Duration = Duration::from_secs(10);
const READ_BYTES: usize = 64 * 1024;
const EVENTS_AT_ONCE: usize = 1024;

/// What is sent, to whom, and for how long.
pub(crate) struct Load<'a> {
    pub(crate) address: SocketAddr,
    /// Whose processor time is measured, with that of their own processes.
    pub(crate) server_pids: &'a [u32],
    pub(crate) connections: usize,
    pub(crate) requests: &'a Requests,
    /// The status that counts.
    pub(crate) counts: u16,
    pub(crate) when_used_up: WhenUsedUp,
    pub(crate) keep: Keep,
    /// Not measured: connections, caches and branch predictors settle.
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// What happens when each request was sent once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenUsedUp {
    /// The run ends, as a slot is sold once.
    End,
    /// From the beginning: for a server that remembers nothing.
    Repeat,
}

/// Whether the bodies of answers that count are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Bodies,
    Nothing,
}

impl Load<'_> {
    pub(crate) fn run(&self) -> Result<Outcome, Failure> {
        let mut run = Run::begin(self)?;
        let mut events = Events::with_capacity(EVENTS_AT_ONCE);
        let mut scratch = vec![0; READ_BYTES];
        while run.under_way > 0 {
            if let Err(error) = run.poll.poll(&mut events, Some(SILENCE_MAX)) {
                if error.kind() == ErrorKind::Interrupted {
                    continue;
                }
                return Err(error.into());
            }
            if events.is_empty() {
                let waiting = run.under_way;
                return Err(format!("no answer came for {SILENCE_MAX:?} on {waiting} connections").into());
            }
            for event in &events {
                run.advance(event.token().0, &mut scratch)?;
            }
        }
        run.finish()
    }
}

struct Connection {
    stream: TcpStream,
    /// The request under way, or the last one.
    request: usize,
    sent_at: Instant,
    /// How much of it the socket has taken.
    sent_bytes: usize,
    /// The answer's beginning, when it didn't come in one piece.
    received: Vec<u8>,
    is_waiting: bool,
}

/// The time in which answers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    WarmUp { until: Instant },
    Measured { since: Instant, until: Instant },
    Draining { until: Instant },
}

/// Processor time at a moment.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    server: Duration,
    client: Duration,
    all: Duration,
}

struct Run<'a> {
    load: &'a Load<'a>,
    poll: Poll,
    connections: Vec<Connection>,
    under_way: usize,
    next_request: usize,
    phase: Phase,
    usage_at_begin: Usage,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    fn begin(load: &'a Load<'a>) -> Result<Self, Failure> {
        if load.requests.len() < load.connections {
            return Err("there are fewer requests than connections".into());
        }
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(load.connections);
        for index in 0..load.connections {
            connections.push(Connection::open(load.address, &poll, Token(index))?);
        }
        let outcome = Outcome {
            window: Duration::ZERO,
            requests_used_up: false,
            answered: 0,
            counts: load.counts,
            counted: 0,
            by_status: BTreeMap::new(),
            latencies: Latencies::new()?,
            server_time: Duration::ZERO,
            client_time: Duration::ZERO,
            other_time: Duration::ZERO,
            kept: KeptAnswers::default(),
        };
        let now = clock::now();
        let mut run = Self {
            load,
            poll,
            connections,
            under_way: 0,
            next_request: 0,
            phase: Phase::WarmUp { until: now + load.warm_up },
            usage_at_begin: Usage::default(),
            outcome,
        };
        for index in 0..run.connections.len() {
            run.send_next(index, now)?;
        }
        Ok(run)
    }

    /// Something came or can be sent on this connection.
    fn advance(&mut self, index: usize, scratch: &mut [u8]) -> Result<(), Failure> {
        let connection = &mut self.connections[index];
        if !connection.is_waiting {
            return Ok(());
        }
        connection.send_rest(self.load.requests)?;
        // A full buffer may have left something in the socket, for which no further edge would come.
        loop {
            let read = match self.connections[index].stream.read(scratch) {
                Ok(0) => return Err("the server closed a connection that was waiting for an answer".into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            self.receive(index, &scratch[..read])?;
            if read < scratch.len() {
                return Ok(());
            }
        }
    }

    fn receive(&mut self, index: usize, piece: &[u8]) -> Result<(), Failure> {
        let connection = &mut self.connections[index];
        let is_first = connection.received.is_empty();
        let mut put_together = std::mem::take(&mut connection.received);
        if !is_first {
            put_together.extend_from_slice(piece);
        }
        let bytes = if is_first { piece } else { &put_together[..] };
        let head = read_head(bytes)?.filter(|head| bytes.len() >= head.whole_bytes());
        let Some(head) = head else {
            if is_first {
                put_together.extend_from_slice(piece);
            }
            self.connections[index].received = put_together;
            return Ok(());
        };
        if bytes.len() > head.whole_bytes() {
            return Err("the server answered more than it was asked".into());
        }
        self.answered(index, head.status, &bytes[head.head_bytes..])?;
        put_together.clear();
        self.connections[index].received = put_together;
        Ok(())
    }

    /// An answer is whole: it is counted, and the connection's next request goes out.
    fn answered(&mut self, index: usize, status: u16, body: &[u8]) -> Result<(), Failure> {
        let now = clock::now();
        let connection = &mut self.connections[index];
        connection.is_waiting = false;
        self.under_way -= 1;
        let (request, took) = (connection.request, now.saturating_duration_since(connection.sent_at));
        self.move_on(now)?;
        let outcome = &mut self.outcome;
        *outcome.by_status.entry(status).or_default() += 1;
        if matches!(self.phase, Phase::Measured { .. }) {
            outcome.answered += 1;
            outcome.counted += u64::from(status == outcome.counts);
            outcome.latencies.record(took);
        }
        if status == self.load.counts && self.load.keep == Keep::Bodies {
            outcome.kept.push(request, body);
        }
        match self.phase {
            Phase::WarmUp { .. } | Phase::Measured { .. } => self.send_next(index, now),
            Phase::Draining { until } if now > until => {
                Err(format!("{} requests were not answered in {DRAIN_MAX:?}", self.under_way).into())
            }
            Phase::Draining { .. } => Ok(()),
        }
    }

    /// To the next phase, when it is time.
    fn move_on(&mut self, now: Instant) -> Result<(), Failure> {
        match self.phase {
            Phase::WarmUp { until } if now >= until => {
                self.usage_at_begin = self.usage()?;
                // What reading the usage took is not measured.
                let since = clock::now();
                self.phase = Phase::Measured { since, until: since + self.load.measured };
            }
            Phase::Measured { since, until } if now >= until => self.end_window(since, now)?,
            Phase::WarmUp { .. } | Phase::Measured { .. } | Phase::Draining { .. } => {}
        }
        Ok(())
    }

    fn end_window(&mut self, since: Instant, now: Instant) -> Result<(), Failure> {
        let usage = self.usage()?;
        self.outcome.window = now.saturating_duration_since(since);
        let server_time = usage.server.saturating_sub(self.usage_at_begin.server);
        let client_time = usage.client.saturating_sub(self.usage_at_begin.client);
        let all = usage.all.saturating_sub(self.usage_at_begin.all);
        self.outcome.server_time = server_time;
        self.outcome.client_time = client_time;
        self.outcome.other_time = all.saturating_sub(server_time + client_time);
        self.phase = Phase::Draining { until: now + DRAIN_MAX };
        Ok(())
    }

    fn usage(&self) -> Result<Usage, Failure> {
        Ok(Usage {
            server: processor::time_of_families(self.load.server_pids)?,
            client: processor::time_of(std::process::id())?,
            all: processor::time_of_all()?,
        })
    }

    fn send_next(&mut self, index: usize, now: Instant) -> Result<(), Failure> {
        if self.next_request == self.load.requests.len() {
            match self.load.when_used_up {
                WhenUsedUp::Repeat => self.next_request = 0,
                WhenUsedUp::End => {
                    self.outcome.requests_used_up = true;
                    if let Phase::Measured { since, .. } = self.phase {
                        self.end_window(since, now)?;
                    }
                    return Ok(());
                }
            }
        }
        let connection = &mut self.connections[index];
        connection.request = self.next_request;
        connection.sent_at = now;
        connection.sent_bytes = 0;
        connection.is_waiting = true;
        self.next_request += 1;
        self.under_way += 1;
        connection.send_rest(self.load.requests)
    }

    fn finish(self) -> Result<Outcome, Failure> {
        if self.outcome.window.is_zero() {
            return Err("the requests were used up before anything was measured".into());
        }
        Ok(self.outcome)
    }
}

impl Connection {
    fn open(address: SocketAddr, poll: &Poll, token: Token) -> Result<Self, Failure> {
        let stream = std::net::TcpStream::connect(address)
            .map_err(|error| format!("connect to {address}: {error}"))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            request: 0,
            sent_at: clock::now(),
            sent_bytes: 0,
            received: Vec::new(),
            is_waiting: false,
        })
    }

    /// Sends what is left of the request. The socket nearly always takes all of it at once.
    fn send_rest(&mut self, requests: &Requests) -> Result<(), Failure> {
        let request = requests.get(self.request);
        while self.sent_bytes < request.len() {
            match self.stream.write(&request[self.sent_bytes..]) {
                Ok(written) => self.sent_bytes += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
