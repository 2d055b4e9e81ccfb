//! Requests of one kind for a measured time, in the closed loop or in the open one: what `compare` measures with.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::drive::{Answered, Drive, Next, Pace, WhenBroken, Workload};
use crate::http::request::Requests;
use crate::outcome::Outcome;
use crate::{Failure, clock, processor};

/// What is sent, to whom, and for how long.
pub(crate) struct Load<'a> {
    pub(crate) address: SocketAddr,
    /// Whose processor time is measured, with that of their own processes.
    pub(crate) server_pids: &'a [u32],
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
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
        if self.requests.len() < self.connections {
            return Err("there are fewer requests than connections".into());
        }
        let Self { address, connections, pace, .. } = *self;
        let began = clock::now();
        let mut window = Window::begin(self, began)?;
        window.usage_at_begin = window.usage()?;
        Drive { address, connections, pace, when_broken: WhenBroken::Fail }.run(&mut window)?;
        window.finish(began)
    }
}

/// The time in which answers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    WarmUp { until: Instant },
    Measured { since: Instant, until: Instant },
    Over,
}

/// Processor time at a moment.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    server: Duration,
    client: Duration,
    all: Duration,
}

struct Window<'a> {
    load: &'a Load<'a>,
    next_request: usize,
    phase: Phase,
    /// From when to when was measured, as far as it is known.
    measured: Option<(Instant, Instant)>,
    usage_at_begin: Usage,
    last_answer: Instant,
    outcome: Outcome,
}

impl Workload for Window<'_> {
    type Request = usize;

    fn next(&mut self, now: Instant) -> Result<Next<usize>, Failure> {
        self.move_on(now)?;
        if self.phase == Phase::Over {
            return Ok(Next::Over);
        }
        if self.next_request == self.load.requests.len() {
            match self.load.when_used_up {
                WhenUsedUp::Repeat => self.next_request = 0,
                WhenUsedUp::End => {
                    self.outcome.requests_used_up = true;
                    if let Phase::Measured { since, .. } = self.phase {
                        self.end_window(since, now)?;
                    }
                    return Ok(Next::Over);
                }
            }
        }
        self.next_request += 1;
        Ok(Next::Send(self.next_request - 1))
    }

    fn bytes(&self, request: usize) -> &[u8] {
        self.load.requests.get(request)
    }

    fn answered(&mut self, answered: &Answered<'_, usize>) -> Result<(), Failure> {
        self.move_on(answered.now)?;
        self.last_answer = answered.now;
        let is_measured = self.is_measured(answered);
        let outcome = &mut self.outcome;
        let does_count = answered.status == outcome.counts;
        *outcome.by_status.entry(answered.status).or_default() += 1;
        if is_measured {
            outcome.answered += 1;
            outcome.counted += u64::from(does_count);
            let latencies = if does_count { &mut outcome.latencies } else { &mut outcome.other_latencies };
            latencies.record(answered.took());
        }
        if does_count && self.load.keep == Keep::Bodies {
            outcome.kept.push(answered.request, answered.body);
        }
        Ok(())
    }

    fn came_late(&mut self, due: Instant, by: Duration) {
        if matches!(self.phase, Phase::Measured { since, .. } if due >= since) {
            self.outcome.lag.record(by);
        }
    }
}

impl<'a> Window<'a> {
    fn begin(load: &'a Load<'a>, now: Instant) -> Result<Self, Failure> {
        Ok(Self {
            load,
            next_request: 0,
            phase: Phase::WarmUp { until: now + load.warm_up },
            measured: None,
            usage_at_begin: Usage::default(),
            last_answer: now,
            outcome: Outcome::nothing_yet(load.counts)?,
        })
    }

    /// In the closed loop by when the answer came; in the open one by when the request was intended, so that those which wait longest
    /// are not left out.
    fn is_measured(&self, answered: &Answered<'_, usize>) -> bool {
        let at = match self.load.pace {
            Pace::AsAnswered => answered.now,
            Pace::PerSecond(_) => answered.due,
        };
        self.measured.is_some_and(|(since, until)| at >= since && at < until)
    }

    /// To the next phase, when it is time.
    fn move_on(&mut self, now: Instant) -> Result<(), Failure> {
        match self.phase {
            Phase::WarmUp { until } if now >= until => {
                // The open loop must not stand still meanwhile: it has looked before its first request.
                let since = match self.load.pace {
                    Pace::AsAnswered => {
                        self.usage_at_begin = self.usage()?;
                        // What reading the usage took is not measured.
                        clock::now()
                    }
                    Pace::PerSecond(_) => now,
                };
                let until = since + self.load.measured;
                self.measured = Some((since, until));
                self.phase = Phase::Measured { since, until };
            }
            Phase::Measured { since, until } if now >= until => self.end_window(since, now)?,
            Phase::WarmUp { .. } | Phase::Measured { .. } | Phase::Over => {}
        }
        Ok(())
    }

    fn end_window(&mut self, since: Instant, now: Instant) -> Result<(), Failure> {
        self.measured = Some((since, now));
        self.outcome.window = now.saturating_duration_since(since);
        if self.load.pace == Pace::AsAnswered {
            self.outcome.used_during = self.outcome.window;
            self.outcome.used_for = self.outcome.answered;
            self.note_usage()?;
        }
        self.phase = Phase::Over;
        Ok(())
    }

    /// What was used since the first look.
    fn note_usage(&mut self) -> Result<(), Failure> {
        let usage = self.usage()?;
        let server_time = usage.server.saturating_sub(self.usage_at_begin.server);
        let client_time = usage.client.saturating_sub(self.usage_at_begin.client);
        let all = usage.all.saturating_sub(self.usage_at_begin.all);
        self.outcome.server_time = server_time;
        self.outcome.client_time = client_time;
        self.outcome.other_time = all.saturating_sub(server_time + client_time);
        Ok(())
    }

    fn usage(&self) -> Result<Usage, Failure> {
        Ok(Usage {
            server: processor::time_of_families(self.load.server_pids)?,
            client: processor::time_of(std::process::id())?,
            all: processor::time_of_all()?,
        })
    }

    fn finish(mut self, began: Instant) -> Result<Outcome, Failure> {
        if self.outcome.window.is_zero() {
            return Err("the requests were used up before anything was measured".into());
        }
        self.outcome.whole = self.last_answer.saturating_duration_since(began);
        if self.load.pace != Pace::AsAnswered {
            self.outcome.used_during = clock::now().saturating_duration_since(began);
            self.outcome.used_for = self.outcome.by_status.values().sum();
            self.note_usage()?;
        }
        Ok(self.outcome)
    }
}
