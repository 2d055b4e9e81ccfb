//! Answers that go on, and how their connection knows when nobody reads them any more.
//!
//! Whoever writes such an answer puts a `Lasting` into its extensions and says there when its reader has stalled. The connection
//! counts the request as under way until the answer's body is dropped, and is cut when the reader has stalled: a body that is never
//! asked for more can't end by itself.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// The mark of an answer that goes on.
#[derive(Clone, Default)]
pub struct Lasting(Arc<AtomicBool>);

// ORDERING: Relaxed throughout: a flag by itself, looked at every few seconds by a task of the same thread.
impl Lasting {
    /// Its reader doesn't read: the connection is to be cut.
    pub fn stall(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether anybody else still has the mark: its writer or the answer's body.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    #[must_use]
    pub fn has_stalled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A body, and something that is kept until it is dropped.
pub(crate) struct Keeping<T> {
    body: Body,
    _kept: T,
}

impl<T> Keeping<T> {
    pub(crate) const fn new(body: Body, kept: T) -> Self {
        Self { body, _kept: kept }
    }
}

impl<T: Unpin> HttpBody for Keeping<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
