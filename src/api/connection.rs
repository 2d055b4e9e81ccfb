//! One connection: HTTP/1.1 or HTTP/2, watched so that nobody keeps it for nothing.
//!
//! A watch looks at each connection every few seconds. One that has not sent a whole head in ten seconds is cut; one that
//! was idle for a minute is closed in the protocol's own way. hyper's own header time-out does neither: it counts an idle
//! connection as one that sends a head, and sets a timer for each request. Who doesn't read what he asked for is cut by
//! the kernel (TCP_USER_TIMEOUT); who doesn't send his body is refused by `front`. An answer that goes on (`lasting`) counts as
//! under way to its end, and its connection is cut when its writer says that nobody reads it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Version};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::front::Front;
use super::lasting::{Keeping, Lasting};
use super::proxies::Sender;
use crate::engine::sync::lock;

/// How often a connection is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(2500);
/// After so many looks without a whole head a connection is cut: ten seconds and one look at most.
const HEAD_LOOKS_MAX: u32 = 4;
/// After so many idle looks a connection is closed: a minute.
const IDLE_LOOKS_MAX: u32 = 24;

const HEADERS_MAX: usize = 64;
/// Bounds the head of a request in HTTP/1, and what is read ahead.
const BUFFER_BYTES_MAX: usize = 32 * 1024;
const H2_STREAMS_MAX: u32 = 128;
const H2_HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;
const H2_STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const H2_CONNECTION_WINDOW_BYTES: u32 = 512 * 1024;
const H2_SEND_BUFFER_BYTES_MAX: usize = 128 * 1024;
const H2_RESET_STREAMS_MAX: usize = 32;
const H2_PING_INTERVAL: Duration = Duration::from_secs(20);
const H2_PING_TIMEOUT: Duration = Duration::from_secs(20);

/// The protocol's settings. One for all connections of a worker.
pub(crate) type Protocol = auto::Builder<TokioExecutor>;

pub(crate) fn protocol() -> Protocol {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .header_read_timeout(None)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        // Who has closed his half still gets his answer; and nobody looks at the socket in vain while a record is under way.
        .half_close(true)
        // An answer is short: one piece of memory is sent quicker than two.
        .writev(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(H2_STREAMS_MAX)
        .max_header_list_size(H2_HEADER_LIST_BYTES_MAX)
        .initial_stream_window_size(H2_STREAM_WINDOW_BYTES)
        .initial_connection_window_size(H2_CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(H2_SEND_BUFFER_BYTES_MAX)
        .max_pending_accept_reset_streams(H2_RESET_STREAMS_MAX)
        .max_local_error_reset_streams(H2_RESET_STREAMS_MAX)
        .keep_alive_interval(H2_PING_INTERVAL)
        .keep_alive_timeout(H2_PING_TIMEOUT);
    builder
}

/// Serves a connection to its end. When `draining` is set and the task is woken, what is under way is finished and
/// nothing more is taken.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    stream: S,
    other_end: Sender,
    front: Arc<Front>,
    protocol: &Protocol,
    draining: &AtomicBool,
) {
    let activity = Arc::new(Activity::default());
    let stream = WatchedStream { stream: TokioIo::new(stream), activity: Arc::clone(&activity) };
    let of_service = Arc::clone(&activity);
    let service = service_fn(move |request: Request<Incoming>| {
        let front = Arc::clone(&front);
        let under_way = UnderWay::begin(&of_service, request.version());
        let activity = Arc::clone(&of_service);
        async move {
            let response = front.answer(request, other_end).await;
            let Some(lasting) = response.extensions().get::<Lasting>().cloned() else {
                drop(under_way);
                return Ok::<_, Infallible>(response);
            };
            activity.watch(lasting.clone());
            Ok(response.map(|body| Body::new(Keeping::new(body, (under_way, lasting)))))
        }
    });
    let mut connection = pin!(protocol.serve_connection(stream, service));
    let mut looks = looks();
    let mut watch = Watch::default();
    let mut closing = false;
    poll_fn(|cx| {
        loop {
            // ORDERING: Acquire pairs with the Release of who sets it and then wakes this task.
            if !closing && draining.load(Ordering::Acquire) {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
            // What went wrong with a connection is its other end's to know: there is nobody here to tell.
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if looks.poll_tick(cx).is_pending() {
                return Poll::Pending;
            }
            match watch.look(&activity) {
                Verdict::Keep => {}
                Verdict::Close if closing => {}
                Verdict::Close => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Verdict::Cut => return Poll::Ready(()),
            }
        }
    })
    .await;
}

fn looks() -> Interval {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once.
    looks.reset();
    looks
}

/// What a connection has done so far. Written on its worker only; atomics because tasks are `Send`.
// ORDERING: Relaxed everywhere, counters of one thread.
#[derive(Default)]
struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
    reads: AtomicU64,
    is_h2: AtomicBool,
    /// Answers that go on, or went on. A plain lock: one thread takes it, once an answer of that kind and once a look.
    lasting: Mutex<Vec<Lasting>>,
}

impl Activity {
    fn watch(&self, lasting: Lasting) {
        let mut watched = lock(&self.lasting);
        watched.retain(Lasting::goes_on);
        watched.push(lasting);
    }

    fn has_stalled(&self) -> bool {
        lock(&self.lasting).iter().any(|lasting| lasting.goes_on() && lasting.has_stalled())
    }
}

/// A request under way; ends when dropped.
struct UnderWay(Arc<Activity>);

// ORDERING: Relaxed, as said of `Activity`.
impl UnderWay {
    fn begin(activity: &Arc<Activity>, version: Version) -> Self {
        activity.begun.fetch_add(1, Ordering::Relaxed);
        if version == Version::HTTP_2 {
            activity.is_h2.store(true, Ordering::Relaxed);
        }
        Self(Arc::clone(activity))
    }
}

// ORDERING: Relaxed, as said of `Activity`.
impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Keep,
    /// In the protocol's own way, after what is under way.
    Close,
    /// At once.
    Cut,
}

/// What was seen at the last look.
#[derive(Default)]
struct Watch {
    begun: u64,
    reads: u64,
    idle_looks: u32,
    head_looks: u32,
}

// ORDERING: Relaxed, as said of `Activity`.
impl Watch {
    fn look(&mut self, activity: &Activity) -> Verdict {
        if activity.has_stalled() {
            return Verdict::Cut;
        }
        let begun = activity.begun.load(Ordering::Relaxed);
        let reads = activity.reads.load(Ordering::Relaxed);
        if begun != activity.ended.load(Ordering::Relaxed) || begun != self.begun {
            *self = Self { begun, reads, idle_looks: 0, head_looks: 0 };
            return Verdict::Keep;
        }
        self.idle_looks += 1;
        // In HTTP/2 pings and window updates come in while nothing is asked: only its first head has a time of its own.
        let is_h1 = !activity.is_h2.load(Ordering::Relaxed);
        if begun == 0 || (is_h1 && reads != self.reads) {
            self.head_looks += 1;
        }
        if self.head_looks >= HEAD_LOOKS_MAX {
            Verdict::Cut
        } else if self.idle_looks >= IDLE_LOOKS_MAX {
            Verdict::Close
        } else {
            Verdict::Keep
        }
    }
}

/// A stream that counts its reads.
struct WatchedStream<S> {
    stream: TokioIo<S>,
    activity: Arc<Activity>,
}

// ORDERING: Relaxed, as said of `Activity`.
impl<S: AsyncRead + Unpin> Read for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if poll.is_ready() {
            self.activity.reads.fetch_add(1, Ordering::Relaxed);
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> Write for WatchedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks_until(watch: &mut Watch, activity: &Activity, verdict: &Verdict) -> u32 {
        (1..=100).find(|_| watch.look(activity) == *verdict).expect("it comes")
    }

    #[test]
    fn who_sends_no_whole_head_is_cut() {
        let activity = Arc::new(Activity::default());
        let mut watch = Watch::default();
        assert_eq!(looks_until(&mut watch, &activity, &Verdict::Cut), HEAD_LOOKS_MAX);
        let mut watch = Watch::default();
        drop(UnderWay::begin(&activity, Version::HTTP_11));
        assert_eq!(watch.look(&activity), Verdict::Keep);
        activity.reads.fetch_add(1, Ordering::Relaxed);
        assert_eq!(looks_until(&mut watch, &activity, &Verdict::Cut), HEAD_LOOKS_MAX);
    }

    #[test]
    fn who_doesnt_read_an_answer_that_goes_on_is_cut() {
        let activity = Arc::new(Activity::default());
        let mut watch = Watch::default();
        let under_way = UnderWay::begin(&activity, Version::HTTP_11);
        let (lasting, ended) = (Lasting::default(), Lasting::default());
        ended.stall();
        activity.watch(ended);
        activity.watch(lasting.clone());
        assert!((0..100).all(|_| watch.look(&activity) == Verdict::Keep));
        lasting.stall();
        assert_eq!(watch.look(&activity), Verdict::Cut);
        drop(under_way);
    }

    #[test]
    fn who_is_idle_is_closed_and_who_waits_for_an_answer_is_not() {
        let activity = Arc::new(Activity::default());
        let mut watch = Watch::default();
        let under_way = UnderWay::begin(&activity, Version::HTTP_2);
        assert!((0..100).all(|_| watch.look(&activity) == Verdict::Keep));
        drop(under_way);
        activity.reads.fetch_add(5, Ordering::Relaxed);
        assert_eq!(looks_until(&mut watch, &activity, &Verdict::Close), IDLE_LOOKS_MAX, "pings don't count");
    }
}
