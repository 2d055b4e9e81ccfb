//! The bare limit: what axum answers on this machine when there is nothing to do. It knows no resident, no slot, no money and no disk.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::front::{self, BookingRequest, Created};

async fn book(
    State(answer): State<Bytes>,
    Json(request): Json<BookingRequest>,
) -> Result<Created, StatusCode> {
    if !request.is_whole() {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(front::created(answer))
}

/// What is read: as many bytes for whoever asks, whatever the address is.
async fn read(State(answer): State<Bytes>) -> Created {
    let (_, headers, answer) = front::created(answer);
    (StatusCode::OK, headers, answer)
}

pub(super) fn router(answer_bytes: usize) -> Router {
    let router = Router::new()
        .route("/v1/bookings", post(book))
        .route("/v1/pitches/{pitch}/slots", get(read))
        .route("/v1/releases/{release}/queue", get(read));
    router.with_state(front::answer_of(answer_bytes))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::net::TcpListener;

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

    #[test]
    fn what_is_read_beside_it_is_there() {
        let mut client = PlainClient::connect(start(99)).expect("connected");
        for path in ["/v1/pitches/p/slots?date=2026-11-28", "/v1/releases/r/queue"] {
            let answer = client.ask(&Request::get(path)).expect("an answer");
            assert_eq!((answer.status, answer.body.len()), (200, 99), "{path}");
        }
    }
}
