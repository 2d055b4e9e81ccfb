//! Between a hub and one of its streams: what the hub asks for, and whether the stream has answered.

use std::sync::{Mutex, PoisonError};
use std::task::{Context, Waker};

use crate::api::lasting::Lasting;

/// What a hub asks of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To look whether its slots are others.
    Look,
    /// The same, and to show that the connection lives.
    Beat,
    /// To end.
    End,
}

/// What was asked since the stream looked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    pub look: bool,
    pub beat: bool,
    pub end: bool,
}

/// A stream's pulse. The lock is a plain one: both sides are tasks of one thread and hold it for a few loads and stores.
#[derive(Default)]
pub struct Pulse {
    state: Mutex<State>,
    lasting: Lasting,
}

#[derive(Default)]
struct State {
    asked: Asked,
    /// The hub's tick at which the stream was first asked what it hasn't answered yet.
    unanswered_since: Option<u64>,
    waker: Option<Waker>,
}

impl Pulse {
    /// The mark of the answer that this is the pulse of.
    #[must_use]
    pub fn lasting(&self) -> Lasting {
        self.lasting.clone()
    }

    /// Asks, at a tick of the hub, and wakes the stream.
    pub fn ask(&self, ask: Ask, tick: u64) {
        let waker = {
            let mut state = self.state();
            match ask {
                Ask::Look => state.asked.look = true,
                Ask::Beat => (state.asked.look, state.asked.beat) = (true, true),
                Ask::End => state.asked.end = true,
            }
            state.unanswered_since.get_or_insert(tick);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What was asked, and how to wake who answers.
    pub fn answer(&self, cx: &Context<'_>) -> Asked {
        let mut state = self.state();
        state.unanswered_since = None;
        state.waker = Some(cx.waker().clone());
        std::mem::take(&mut state.asked)
    }

    /// Says so to the connection when the stream has left something unanswered since this tick or longer.
    pub fn stall_if_unanswered_since(&self, tick: u64) {
        if self.state().unanswered_since.is_some_and(|since| since <= tick) {
            self.lasting.stall();
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_asked_and_doesnt_answer_has_stalled() {
        let pulse = Pulse::default();
        let cx = Context::from_waker(Waker::noop());
        pulse.ask(Ask::Beat, 5);
        pulse.ask(Ask::Look, 9);
        pulse.stall_if_unanswered_since(4);
        assert!(!pulse.lasting().has_stalled(), "asked only later");
        assert_eq!(pulse.answer(&cx), Asked { look: true, beat: true, end: false });
        assert_eq!(pulse.answer(&cx), Asked::default());
        pulse.stall_if_unanswered_since(9);
        assert!(!pulse.lasting().has_stalled(), "all is answered");
        pulse.ask(Ask::End, 10);
        pulse.stall_if_unanswered_since(10);
        assert!(pulse.lasting().has_stalled());
    }
}
