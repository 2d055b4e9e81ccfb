//! What browsers are told that a page may do: nothing but what pages of this city need.
//!
//! No script stands in a page and no style but one, which is named by its hash, so that whatever gets into a page by mistake
//! is dead text. The API's own answers say less (`api::front`), since nothing of them is shown.

use std::sync::LazyLock;

use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::assets::first_paint;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Where somebody stands is asked for when he taps on it; the camera is for the gate's page to allow.
const PERMISSIONS: HeaderValue = HeaderValue::from_static("camera=(), microphone=(), geolocation=(self)");

static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    // Letters, digits and quotes are fit for a header.
    HeaderValue::from_str(&written("'self'")).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The policy with these sources of scripts.
#[must_use]
pub fn written(script_src: &str) -> String {
    let hash = BASE64.encode(&Sha256::digest(first_paint().as_bytes()));
    format!(
        "default-src 'none'; script-src {script_src}; style-src 'self' 'sha256-{hash}'; img-src 'self'; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// Adds what every page says; what its handler has said more closely stands.
pub fn add(headers: &mut HeaderMap) {
    headers.entry(CONTENT_SECURITY_POLICY).or_insert_with(|| POLICY.clone());
    headers.entry(PERMISSIONS_POLICY).or_insert(PERMISSIONS);
    // Forms say where they come from, and other sites hear nothing.
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(CROSS_ORIGIN_OPENER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
}
