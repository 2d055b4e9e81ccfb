//! Who is let in at all: the one place that every request passes, before its route is known.
//!
//! Whoever has a valid token is counted by account, where the token is asked for (`doorkeeper`). Everybody else is counted here,
//! by address: of one that asks too often no handler hears. Loopback is not counted.

use std::sync::Arc;

use axum::http::HeaderMap;

use super::admission::Door;
use super::doorkeeper::Doorkeeper;
use super::headers::{SESSION_COOKIE, bearer_token, cookie};
use super::problem::{Problem, ProblemPage};
use super::proxies::{Sender, TrustedProxies};
use super::rate_limit::Limited;

/// Who is let in, and whom a request comes from.
#[derive(Clone, Default)]
pub struct Entrance {
    pub proxies: TrustedProxies,
    /// Counts whoever comes without a token; nobody is counted where there is none.
    pub doorkeeper: Option<Arc<Doorkeeper>>,
    /// Bounds how many claims are let in; as many as come where there is none.
    pub door: Option<Door>,
    /// How a problem is shown to a person; where there is none, people read JSON as programs do.
    pub problem_page: Option<ProblemPage>,
}

/// Who is asked for something: the API, which knows tokens, or a page, which a browser's cookie opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Programs,
    People,
}

impl Entrance {
    /// Whom a request that came over a connection from this other end comes from.
    #[must_use]
    pub fn sender(&self, other_end: Sender, headers: &HeaderMap) -> Sender {
        self.proxies.sender(other_end, headers)
    }

    /// # Errors
    /// `rate-limited` when the address asks too often without a token.
    pub fn let_in(&self, sender: Sender, audience: Audience, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(doorkeeper) = &self.doorkeeper else { return Ok(()) };
        let token = match audience {
            Audience::Programs => bearer_token(headers),
            // Whole districts share a telephone network's address: who has a session is counted by account here too.
            Audience::People => bearer_token(headers).or_else(|| cookie(headers, SESSION_COOKIE)),
        };
        if sender.address.is_loopback() || doorkeeper.knows(token) {
            return Ok(());
        }
        doorkeeper.limits.check(Limited::StrangersAt(sender.address))
    }
}
