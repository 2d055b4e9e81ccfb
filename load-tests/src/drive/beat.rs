//! The beat of the open loop: wakes it ten thousand times a second, finer than the milliseconds that a poll waits by.

use std::os::fd::{AsRawFd, OwnedFd};

use mio::unix::SourceFd;
use mio::{Interest, Poll, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use crate::Failure;

const EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000 };

/// A timer that beats until it is dropped.
pub(super) struct Beat {
    timer: OwnedFd,
}

impl Beat {
    pub(super) fn start(poll: &Poll, token: Token) -> Result<Self, Failure> {
        let timer =
            timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        let beats = Itimerspec { it_interval: EVERY, it_value: EVERY };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &beats)?;
        poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { timer })
    }

    /// It beats again only when it was heard.
    pub(super) fn hear(&self) {
        // Nothing to be read is nothing to be heard.
        let _ = rustix::io::read(&self.timer, &mut [0; 8]);
    }
}
