//! The bare limit: what axum answers on this machine when there is nothing to do.
//!
//! An axum server as people write it, on tokio's multi-thread runtime and with the system's allocator. It reads the same
//! body into the same types and answers 201 with as many bytes, which lie ready. It knows no resident, no slot, no money
//! and no disk.

use std::net::SocketAddr;
use std::process::ExitCode;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::{Failure, print};

/// The body of `POST /v1/bookings`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookingRequest {
    pitch: String,
    start: String,
    end: String,
    party_size: u32,
    #[serde(rename = "pay_with")]
    _pay_with: PayWith,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PayWith {
    Wallet,
}

type Created = (StatusCode, [(HeaderName, &'static str); 1], Bytes);

async fn book(
    State(answer): State<Bytes>,
    Json(request): Json<BookingRequest>,
) -> Result<Created, StatusCode> {
    // So that what was parsed is used and can't be left out.
    let is_whole = !request.pitch.is_empty() && !request.start.is_empty() && !request.end.is_empty();
    if !is_whole || request.party_size == 0 {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok((StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], answer))
}

pub(super) fn serve(listen: SocketAddr, answer_bytes: usize) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        print(&listener.local_addr()?.to_string());
        end_with_the_harness()?;
        axum::serve(listener, router(answer_bytes)).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// A JSON text of so many bytes; the shortest has two.
fn router(answer_bytes: usize) -> Router {
    let answer = Bytes::from(format!("\"{}\"", "x".repeat(answer_bytes.saturating_sub(2))));
    Router::new().route("/v1/bookings", post(book)).with_state(answer)
}

/// The harness holds the other end of standard input: however it ends, the baseline does, too.
fn end_with_the_harness() -> Result<(), Failure> {
    std::thread::Builder::new().name("harness-watch".to_owned()).spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::plain_client::PlainClient;
    use crate::http::request::Request;

    fn start(answer_bytes: usize) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("set");
        let address = listener.local_addr().expect("its address");
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, router(answer_bytes)).await.expect("served");
            });
        });
        address
    }

    #[test]
    fn it_answers_as_many_bytes_as_it_was_told_and_judges_the_body() {
        let mut client = PlainClient::connect(start(321)).expect("connected");
        let good = r#"{"pitch":"p","start":"s","end":"e","party_size":1,"pay_with":"wallet"}"#;
        for (body, status, bytes) in [
            (good, 201, Some(321)),
            (&good.replace("wallet", "cash"), 422, None),
            (&good.replace("party_size\":1", "party_size\":0"), 400, None),
            (&good.replace("\"end\"", "\"till\""), 422, None),
            ("{", 400, None),
        ] {
            let request = Request {
                method: "POST",
                path: "/v1/bookings",
                token: Some("token"),
                idempotency_key: Some("key"),
                body: Some(body),
            };
            let answer = client.ask(&request).expect("an answer");
            assert_eq!(answer.status, status, "{body}");
            if let Some(bytes) = bytes {
                assert_eq!(answer.body.len(), bytes);
            }
        }
    }
}
