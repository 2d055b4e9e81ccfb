//! Who asks: the one place where a token becomes an account, and where an account is counted.
//!
//! A token is checked without a look-up in anything that is shared: its MAC says that it is ours, and one load says whether
//! its session still stands. What an account may do is its role's, which handlers ask for after they have read the request.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

use super::headers::bearer_token;
use super::problem::Problem;
use super::rate_limit::{Limited, RateLimits};
use crate::domain::clock::Clock;
use crate::domain::event::Role;
use crate::domain::ids::ResidentNo;
use crate::engine::Engine;
use crate::identity::token::Tokens;

/// What it takes to know who asks.
#[derive(Clone)]
pub struct Doorkeeper {
    pub engine: Arc<Engine>,
    pub tokens: Tokens,
    pub clock: Arc<dyn Clock>,
    pub limits: Arc<RateLimits>,
}

/// An account with a session that stands, whose requests are not too many.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn {
    pub no: ResidentNo,
    pub role: Role,
    pub session_slot: u8,
    pub session_generation: u32,
}

impl Doorkeeper {
    /// # Errors
    /// `unauthenticated`, or `rate-limited`.
    pub fn admit(&self, token: Option<&str>) -> Result<SignedIn, Problem> {
        let who = self.recognise(token).ok_or(Problem::Unauthenticated)?;
        self.limits.check(Limited::Account(who.no))?;
        Ok(who)
    }

    /// Whether the token is somebody's whose session stands.
    #[must_use]
    pub fn knows(&self, token: Option<&str>) -> bool {
        self.recognise(token).is_some()
    }

    fn recognise(&self, token: Option<&str>) -> Option<SignedIn> {
        let claims = self.tokens.check(token?, self.clock.now())?;
        let account = self.engine.residents().get(claims.resident)?;
        if !account.log_ins.is_alive(claims.slot, claims.generation) {
            return None;
        }
        Some(SignedIn {
            no: claims.resident,
            role: account.role()?,
            session_slot: claims.slot,
            session_generation: claims.generation,
        })
    }
}

impl SignedIn {
    /// The operator, if that is what the account is. Asked when the request has been read.
    ///
    /// # Errors
    /// `forbidden` for everybody else.
    pub const fn operator(&self) -> Result<ResidentNo, Problem> {
        match self.role {
            Role::Operator => Ok(self.no),
            Role::Resident | Role::VenueManager(_) | Role::FrontDesk(_) => Err(Problem::Forbidden),
        }
    }

    /// The resident, if that is what the account is. Asked when the request has been read, as the contract orders.
    ///
    /// # Errors
    /// `forbidden` for staff.
    pub const fn resident(&self) -> Result<ResidentNo, Problem> {
        match self.role {
            Role::Resident => Ok(self.no),
            Role::VenueManager(_) | Role::FrontDesk(_) | Role::Operator => Err(Problem::Forbidden),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn
where
    Arc<Doorkeeper>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Arc::<Doorkeeper>::from_ref(state).admit(bearer_token(&parts.headers))
    }
}
