//! How far Postgres is behind, as `/readyz` tells it.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use crate::http::plain_client::PlainClient;
use crate::http::request::Request;
use crate::{Failure, clock};

/// Longer than any lag of a server that works.
const LAG_MAX: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What `/readyz` says of Postgres.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Lag {
    state: String,
    pub(crate) lag_records: Option<u64>,
}

impl Lag {
    pub(crate) fn of(client: &mut PlainClient) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Readiness {
            projection: Lag,
        }
        let answer = client.ask(&Request::get("/readyz"))?;
        let readiness: Readiness = serde_json::from_slice(answer.body)
            .map_err(|error| format!("/readyz doesn't tell of the projection: {error}"))?;
        Ok(readiness.projection)
    }
}

/// Waits until it has everything.
pub(crate) fn wait_until_caught_up(server: SocketAddr) -> Result<(), Failure> {
    let mut client = PlainClient::connect(server)?;
    let until = clock::now() + LAG_MAX;
    loop {
        let lag = Lag::of(&mut client)?;
        if lag.lag_records == Some(0) {
            return Ok(());
        }
        if clock::now() > until {
            return Err(format!("Postgres is behind after {LAG_MAX:?}: {lag:?}").into());
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
