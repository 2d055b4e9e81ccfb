//! The loop that sends and receives: so many connections, at most one request under way on each, all on one thread.
//!
//! It is made to leave the processor to the server: requests lie ready as bytes, an answer costs one read and one write. Sockets are
//! watched edge by edge: a short read has emptied the socket, and what comes later makes a new edge. What is sent, and what becomes of
//! the answers, is the workload's.
//!
//! In the closed loop the next request goes out when an answer has come, which shows what a server can do at most. In the open loop each
//! request has the moment that it was intended for, whatever the server does: its latency counts from there, also when it had to wait for a
//! connection. How late the loop itself came to it is told to the workload, so that a client that is too slow isn't taken for the server.

mod beat;
mod connection;

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use crate::http::answer::read_head;
use crate::{Failure, clock};

use beat::Beat;
use connection::{Connection, UnderWay};

/// How long the requests that are under way at the end are waited for.
const DRAIN_MAX: Duration = Duration::from_secs(30);
/// How long nothing at all may come.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How often the loop looks up when nothing comes.
const LOOK_UP_EVERY: Duration = Duration::from_millis(50);
/// How often a server that is away is tried again.
const RECONNECT_EVERY: Duration = Duration::from_millis(10);
/// How long a server may be away from all connections, when it may be.
const AWAY_MAX: Duration = Duration::from_secs(180);
const A_SECOND: Duration = Duration::from_secs(1);
const READ_BYTES: usize = 64 * 1024;
const EVENTS_AT_ONCE: usize = 1024;
const BEAT: Token = Token(usize::MAX - 1);

/// When requests go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// The closed loop.
    AsAnswered,
    /// The open loop, so many a second.
    PerSecond(NonZeroU32),
}

/// What becomes of a run whose connections the server closes before it has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenBroken {
    Fail,
    /// The requests are lost to the workload, and the connections made anew as soon as somebody listens.
    Reconnect,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next<R> {
    Send(R),
    /// Nothing at this moment.
    NotYet,
    /// Nothing any more: what is under way is waited for.
    Over,
}

/// An answer that is whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered<'a, R> {
    pub(crate) request: R,
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    /// When the request was intended: in the closed loop when it went out.
    pub(crate) due: Instant,
    pub(crate) now: Instant,
}

impl<R> Answered<'_, R> {
    pub(crate) fn took(&self) -> Duration {
        self.now.saturating_duration_since(self.due)
    }
}

/// What is sent, and what becomes of the answers.
pub(crate) trait Workload {
    /// What tells one request from another.
    type Request: Copy;

    fn next(&mut self, now: Instant) -> Result<Next<Self::Request>, Failure>;

    fn bytes(&self, request: Self::Request) -> &[u8];

    fn answered(&mut self, answered: &Answered<'_, Self::Request>) -> Result<(), Failure>;

    /// The connection broke before an answer came: whether the server has done it is not known.
    fn lost(&mut self, _request: Self::Request) -> Result<(), Failure> {
        Ok(())
    }

    /// In the open loop, how long after its moment the loop came to a request.
    fn came_late(&mut self, _due: Instant, _by: Duration) {}

    /// About once a second.
    fn a_second_passed(&mut self, _now: Instant) -> Result<(), Failure> {
        Ok(())
    }
}

/// To whom, over how many connections, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drive {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
    pub(crate) when_broken: WhenBroken,
}

impl Drive {
    /// Runs a workload until it is over and every answer has come.
    pub(crate) fn run<W: Workload>(self, workload: &mut W) -> Result<(), Failure> {
        let mut run = Run::begin(self, workload)?;
        let mut events = Events::with_capacity(EVENTS_AT_ONCE);
        let mut scratch = vec![0; READ_BYTES];
        loop {
            run.send_what_is_due()?;
            if run.is_done() {
                return Ok(());
            }
            match run.poll.poll(&mut events, Some(LOOK_UP_EVERY)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            run.turn_began = clock::now();
            for event in &events {
                if event.token() == BEAT {
                    run.beat.iter().for_each(Beat::hear);
                } else {
                    run.last_heard = run.turn_began;
                    run.advance(event.token().0, &mut scratch)?;
                }
                // A hundred answers that came at once would keep those waiting that are due meanwhile.
                if matches!(self.pace, Pace::PerSecond(_)) {
                    run.send_what_is_due()?;
                }
            }
            run.look_at_the_clock()?;
        }
    }
}

struct Run<'a, W: Workload> {
    drive: Drive,
    workload: &'a mut W,
    poll: Poll,
    beat: Option<Beat>,
    connections: Vec<Connection<W::Request>>,
    /// Open, with nothing under way.
    idle: VecDeque<usize>,
    /// To be made anew.
    broken: Vec<usize>,
    reconnect_at: Instant,
    /// Intended, and waiting for a connection, each with its moment.
    waiting: VecDeque<(W::Request, Instant)>,
    under_way: usize,
    began: Instant,
    /// How many moments have passed.
    intended: u64,
    turn_began: Instant,
    last_heard: Instant,
    second_ends: Instant,
    drain_until: Option<Instant>,
}

impl<'a, W: Workload> Run<'a, W> {
    fn begin(drive: Drive, workload: &'a mut W) -> Result<Self, Failure> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(drive.connections);
        for index in 0..drive.connections {
            connections.push(Connection::open(drive.address, &poll, Token(index))?);
        }
        let beat = match drive.pace {
            Pace::AsAnswered => None,
            Pace::PerSecond(_) => Some(Beat::start(&poll, BEAT)?),
        };
        let now = clock::now();
        Ok(Self {
            drive,
            workload,
            poll,
            beat,
            idle: (0..connections.len()).collect(),
            connections,
            broken: Vec::new(),
            reconnect_at: now,
            waiting: VecDeque::new(),
            under_way: 0,
            began: now,
            intended: 0,
            turn_began: now,
            last_heard: now,
            second_ends: now + A_SECOND,
            drain_until: None,
        })
    }

    fn is_done(&self) -> bool {
        self.drain_until.is_some() && self.under_way == 0 && self.waiting.is_empty()
    }

    /// Whether the workload has more to send, which is asked no more after it had none.
    fn next(&mut self, now: Instant) -> Result<Option<W::Request>, Failure> {
        if self.drain_until.is_some() {
            return Ok(None);
        }
        match self.workload.next(now)? {
            Next::Send(request) => Ok(Some(request)),
            Next::NotYet => Ok(None),
            Next::Over => {
                self.drain_until = Some(now + DRAIN_MAX);
                Ok(None)
            }
        }
    }

    fn send_what_is_due(&mut self) -> Result<(), Failure> {
        if !self.broken.is_empty() && clock::now() >= self.reconnect_at {
            self.reconnect();
        }
        match self.drive.pace {
            Pace::AsAnswered => {
                while let Some(index) = self.idle.pop_front() {
                    let now = clock::now();
                    let Some(request) = self.next(now)? else {
                        self.idle.push_front(index);
                        break;
                    };
                    self.send(index, request, now)?;
                }
            }
            Pace::PerSecond(rate) => {
                let now = clock::now();
                while self.drain_until.is_none() {
                    let due = self.began + nth_moment(self.intended, rate);
                    if due > now {
                        break;
                    }
                    self.intended += 1;
                    if let Some(request) = self.next(due)? {
                        self.workload.came_late(due, now.saturating_duration_since(due));
                        self.waiting.push_back((request, due));
                    }
                }
            }
        }
        while !self.waiting.is_empty()
            && let Some(index) = self.idle.pop_front()
            && let Some((request, due)) = self.waiting.pop_front()
        {
            self.send(index, request, due)?;
        }
        Ok(())
    }

    fn send(&mut self, index: usize, request: W::Request, due: Instant) -> Result<(), Failure> {
        self.under_way += 1;
        let connection = &mut self.connections[index];
        connection.under_way = Some(UnderWay { request, due, sent_bytes: 0 });
        match connection.send_rest(self.workload.bytes(request)) {
            Ok(()) => Ok(()),
            Err(error) => self.broke(index, &error.to_string()),
        }
    }

    /// Something came or can be sent on this connection.
    fn advance(&mut self, index: usize, scratch: &mut [u8]) -> Result<(), Failure> {
        let connection = &mut self.connections[index];
        if let Some(under_way) = &connection.under_way
            && let bytes = self.workload.bytes(under_way.request)
            && let Err(error) = connection.send_rest(bytes)
        {
            return self.broke(index, &error.to_string());
        }
        // A full buffer may have left something in the socket, for which no further edge would come.
        loop {
            let read = match self.connections[index].stream.read(scratch) {
                Ok(0) => {
                    return self
                        .broke(index, "the server closed a connection that was waiting for an answer");
                }
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return self.broke(index, &error.to_string()),
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

    /// An answer is whole: it is the workload's, and the connection is free for what comes next.
    fn answered(&mut self, index: usize, status: u16, body: &[u8]) -> Result<(), Failure> {
        let Some(UnderWay { request, due, .. }) = self.connections[index].under_way.take() else {
            return Err("the server answered what it was not asked".into());
        };
        let now = clock::now();
        self.under_way -= 1;
        self.workload.answered(&Answered { request, status, body, due, now })?;
        if let Some((request, due)) = self.waiting.pop_front() {
            return self.send(index, request, due);
        }
        if self.drive.pace == Pace::AsAnswered
            && let Some(request) = self.next(now)?
        {
            return self.send(index, request, now);
        }
        self.idle.push_back(index);
        Ok(())
    }

    /// A connection is of no use any more. One on which nothing was under way may be closed at any time.
    fn broke(&mut self, index: usize, why: &str) -> Result<(), Failure> {
        let connection = &mut self.connections[index];
        connection.received.clear();
        if let Some(UnderWay { request, .. }) = connection.under_way.take() {
            self.under_way -= 1;
            if self.drive.when_broken == WhenBroken::Fail {
                return Err(why.into());
            }
            self.workload.lost(request)?;
        }
        self.idle.retain(|idle| *idle != index);
        if !self.broken.contains(&index) {
            self.broken.push(index);
        }
        Ok(())
    }

    fn reconnect(&mut self) {
        while let Some(index) = self.broken.pop() {
            match Connection::open(self.drive.address, &self.poll, Token(index)) {
                Ok(connection) => {
                    self.connections[index] = connection;
                    self.idle.push_back(index);
                }
                Err(_) => {
                    self.broken.push(index);
                    self.reconnect_at = clock::now() + RECONNECT_EVERY;
                    return;
                }
            }
        }
    }

    fn look_at_the_clock(&mut self) -> Result<(), Failure> {
        let now = self.turn_began;
        if now >= self.second_ends {
            self.second_ends += A_SECOND;
            self.workload.a_second_passed(now)?;
        }
        let silent = now.saturating_duration_since(self.last_heard);
        if self.broken.len() == self.connections.len() && silent > AWAY_MAX {
            return Err(format!("nobody has listened for {AWAY_MAX:?}").into());
        }
        if self.under_way > 0 && silent > SILENCE_MAX {
            let waiting = self.under_way;
            return Err(format!("no answer came for {SILENCE_MAX:?} on {waiting} connections").into());
        }
        if self.drain_until.is_some_and(|until| now > until) {
            let left = self.under_way + self.waiting.len();
            return Err(format!("{left} requests were not answered in {DRAIN_MAX:?}").into());
        }
        Ok(())
    }
}

/// When a request is intended, after the beginning.
fn nth_moment(number: u64, per_second: NonZeroU32) -> Duration {
    let (whole, rest) = (number / u64::from(per_second.get()), number % u64::from(per_second.get()));
    Duration::from_secs(whole) + Duration::from_nanos(rest * 1_000_000_000 / u64::from(per_second.get()))
}

#[cfg(test)]
mod tests;
