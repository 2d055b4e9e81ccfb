//! How long a handler may take.
//!
//! Nearly every handler waits for the disk once, so a timer of its own for each would be set and taken back a million times for one that
//! rings. On HTTP/1 a request is polled with its connection, which its watch wakes every few seconds (`connection`): there it is enough
//! to look at the clock when the handler is polled and still waits. On HTTP/2 it is a task that nobody else wakes, and has a timer.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Version;
use tokio::time::Instant;

/// How long a handler may take. What it has queued by then is the log's, so nobody can say whether something was changed:
/// the answer is the fault that says nothing of it, and a retry under the same key finds out.
pub(super) const HANDLER_TIME_MAX: Duration = Duration::from_secs(30);

/// A handler was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TookTooLong;

/// What comes of polling a handler, within its time.
pub(super) async fn in_time<T>(
    time: Duration,
    version: Version,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> Result<T, TookTooLong> {
    if version >= Version::HTTP_2 {
        let handler = pin!(poll_fn(poll));
        return tokio::time::timeout(time, handler).await.map_err(|_| TookTooLong);
    }
    let mut deadline = None;
    poll_fn(|cx| {
        if let Poll::Ready(done) = poll(cx) {
            return Poll::Ready(Ok(done));
        }
        let now = Instant::now();
        if now < *deadline.get_or_insert(now + time) { Poll::Pending } else { Poll::Ready(Err(TookTooLong)) }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn who_does_not_answer_is_given_up_after_its_time_and_not_before() {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let never = |_: &mut Context<'_>| Poll::<()>::Pending;
            assert_eq!(in_time(Duration::ZERO, version, never).await, Err(TookTooLong), "{version:?}");
            let mut early = pin!(in_time(LONG, version, never));
            let mut look = || early.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(look().is_pending() && look().is_pending(), "{version:?}");
        }
    }

    #[tokio::test]
    async fn who_answers_is_heard_however_late_it_is() {
        for version in [Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(in_time(Duration::ZERO, version, |_| Poll::Ready(7)).await, Ok(7), "{version:?}");
        }
    }
}
