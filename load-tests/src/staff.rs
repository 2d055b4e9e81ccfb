//! The demo's managers, by the file that `kaichang demo` leaves, and what they ask for.

use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::http::plain_client::PlainClient;
use crate::http::request::Request;

const ACCOUNTS_FILE: &str = "demo-accounts.json";

#[derive(Deserialize)]
struct DemoAccount {
    venue: Option<String>,
    phone: String,
    password: String,
}

#[derive(Deserialize)]
struct Session {
    token: String,
}

/// A venue's manager, with a connection of his own.
pub(crate) struct Manager {
    client: PlainClient,
    token: String,
}

impl Manager {
    pub(crate) fn log_in(data_dir: &Path, address: SocketAddr, venue: &str) -> Result<Self, Failure> {
        Self::log_in_as(data_dir, address, Some(venue))
    }

    /// The operator of the city, who may do what managers may.
    pub(crate) fn log_in_operator(data_dir: &Path, address: SocketAddr) -> Result<Self, Failure> {
        Self::log_in_as(data_dir, address, None)
    }

    fn log_in_as(data_dir: &Path, address: SocketAddr, venue: Option<&str>) -> Result<Self, Failure> {
        let path = data_dir.join(ACCOUNTS_FILE);
        let text = std::fs::read(&path)
            .map_err(|error| format!("read the accounts in {}: {error}", path.display()))?;
        let accounts: Vec<DemoAccount> = serde_json::from_slice(&text)?;
        let account = accounts.iter().find(|account| account.venue.as_deref() == venue);
        let account = account
            .ok_or_else(|| format!("{} has no manager in {}", venue.unwrap_or("the city"), path.display()))?;
        let body = serde_json::json!({ "phone": account.phone, "password": account.password }).to_string();
        let mut client = PlainClient::connect(address)?;
        let request = Request { method: "POST", body: Some(&body), ..Request::get("/v1/logins") };
        let answer = client.ask(&request)?;
        if answer.status != 201 {
            let said = String::from_utf8_lossy(answer.body);
            return Err(format!("the manager's log-in was answered {}: {said}", answer.status).into());
        }
        let session: Session = serde_json::from_slice(answer.body)?;
        Ok(Self { client, token: session.token })
    }

    /// Asks, and reads the answer when it is the expected one.
    pub(crate) fn ask<T: DeserializeOwned>(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&str>,
        expected: u16,
    ) -> Result<T, Failure> {
        let request = Request { method, path, token: Some(&self.token), idempotency_key: None, body };
        let answer = self.client.ask(&request)?;
        if answer.status == expected {
            return Ok(serde_json::from_slice(answer.body)?);
        }
        let said = String::from_utf8_lossy(answer.body);
        Err(format!("{method} {path} was answered {}: {said}", answer.status).into())
    }
}
