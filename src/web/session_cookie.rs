//! The cookie that carries a browser's session. Its name has `__Host-`, so a browser takes it over https only (or from this very
//! machine), for this host alone and for all paths; no script reads it, and other sites' requests carry it only when they are links.

use std::net::IpAddr;

use axum::http::header::{HeaderMap, HeaderValue, SET_COOKIE};

use crate::api::headers::SESSION_COOKIE;
use crate::api::proxies::Scheme;
use crate::identity::token::{Minted, TOKEN_LIFETIME_SECONDS};

/// Gives a browser its session.
pub fn give(headers: &mut HeaderMap, minted: &Minted) {
    set(headers, minted.token.as_str(), TOKEN_LIFETIME_SECONDS);
}

/// Takes it away.
pub fn take(headers: &mut HeaderMap) {
    set(headers, "", 0);
}

fn set(headers: &mut HeaderMap, value: &str, seconds: i64) {
    let cookie =
        format!("{SESSION_COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    // Tokens are letters and digits.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}

/// Whether a browser there would throw the cookie away: it came over plain http from another machine.
#[must_use]
pub fn would_be_lost(address: IpAddr, scheme: Scheme) -> bool {
    scheme == Scheme::Plain && !address.is_loopback()
}
