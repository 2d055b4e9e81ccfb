//! Who is let in at all: the one place that every request passes, before its route is known.
//!
//! Whoever has a valid token is counted by account, where the token is asked for (`doorkeeper`). Everybody else is counted here,
//! by address: of one that asks too often no handler hears. Loopback is not counted.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;

use super::doorkeeper::Doorkeeper;
use super::headers::bearer_token;
use super::problem::Problem;
use super::proxies::{Sender, TrustedProxies};
use super::rate_limit::Limited;

/// Who is let in, and whom a request comes from.
#[derive(Clone, Default)]
pub struct Entrance {
    pub proxies: TrustedProxies,
    /// Counts whoever comes without a token; nobody is counted where there is none.
    pub doorkeeper: Option<Arc<Doorkeeper>>,
}

impl Entrance {
    /// Whom a request comes from.
    #[must_use]
    pub fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> Sender {
        self.proxies.sender(peer, headers)
    }

    /// # Errors
    /// `rate-limited` when the address asks too often without a token.
    pub fn let_in(&self, sender: Sender, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(doorkeeper) = &self.doorkeeper else { return Ok(()) };
        if sender.address.is_loopback() || doorkeeper.knows(bearer_token(headers)) {
            return Ok(());
        }
        doorkeeper.limits.check(Limited::StrangersAt(sender.address))
    }
}
