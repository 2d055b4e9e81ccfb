//! What all baselines have in front: an axum server as people write it, on tokio's multi-thread runtime and with the system's allocator.
//! It reads the same body into the same types, and answers with as many bytes, which lie ready.

use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::{Failure, print};

/// The body of `POST /v1/bookings`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BookingRequest {
    pub(super) pitch: String,
    pub(super) start: String,
    pub(super) end: String,
    party_size: u32,
    #[serde(rename = "pay_with")]
    _pay_with: PayWith,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PayWith {
    Wallet,
}

impl BookingRequest {
    /// So that what was parsed is used and can't be left out.
    pub(super) fn is_whole(&self) -> bool {
        !self.pitch.is_empty() && !self.start.is_empty() && !self.end.is_empty() && self.party_size > 0
    }

    /// The venue's own date: what stands before the T.
    pub(super) fn day(&self) -> &str {
        self.start.split('T').next().unwrap_or_default()
    }
}

/// A body that confirms a booking.
pub(super) type Created = (StatusCode, [(HeaderName, &'static str); 1], Bytes);

pub(super) fn created(answer: Bytes) -> Created {
    (StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], answer)
}

/// A JSON text of so many bytes; the shortest has two.
pub(super) fn answer_of(bytes: usize) -> Bytes {
    Bytes::from(format!("\"{}\"", "x".repeat(bytes.saturating_sub(2))))
}

/// Who asks.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key")?.to_str().ok()
}

/// Serves what is made ready, says where, and ends with the harness.
pub(super) fn serve(
    listen: SocketAddr,
    ready: impl AsyncFnOnce() -> Result<Router, Failure>,
) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = ready().await?;
        let listener = TcpListener::bind(listen).await?;
        print(&listener.local_addr()?.to_string());
        end_with_the_harness()?;
        axum::serve(listener, router).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The harness holds the other end of standard input: however it ends, the baseline does, too.
fn end_with_the_harness() -> Result<(), Failure> {
    std::thread::Builder::new().name("harness-watch".to_owned()).spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    })?;
    Ok(())
}
