//! Answers that say when they have changed, so that nobody fetches again what he has.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE32_NOPAD;
use serde::Serialize;

use super::answer::json_bytes;
use super::problem::Problem;

/// To be asked for anew each time, and answered by 304 while it is the same.
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");
/// The same, and kept by nobody between.
const OWN_REVALIDATED: HeaderValue = HeaderValue::from_static("private, no-cache");

/// JSON that anyone may see, with an ETag of its content; 304 without it when the request has that already.
pub fn json_with_etag<T: Serialize + ?Sized>(headers: &HeaderMap, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => bytes_with_etag(headers, body.into()),
        Err(fault) => Problem::internal(&fault).into_response(),
    }
}

/// JSON that is somebody's own, with an ETag as well: whoever stands between must not keep it.
pub fn own_with_etag<T: Serialize + ?Sized>(headers: &HeaderMap, value: &T) -> Response {
    let mut response = json_with_etag(headers, value);
    if response.headers().contains_key(ETAG) {
        let out = response.headers_mut();
        out.insert(CACHE_CONTROL, OWN_REVALIDATED);
        out.insert(VARY, HeaderValue::from_static("accept-encoding, authorization"));
    }
    response
}

/// JSON that anyone may see and that is written already, as `json_with_etag`.
pub fn bytes_with_etag(headers: &HeaderMap, body: Bytes) -> Response {
    let etag = tag(&body);
    let mut response = if has(headers, &etag) {
        let mut unchanged = Response::new(Body::empty());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        json_bytes(StatusCode::OK, body)
    };
    let out = response.headers_mut();
    // Letters and quotes are fit for a header.
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        out.insert(ETAG, etag);
    }
    out.insert(CACHE_CONTROL, REVALIDATED);
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// What a content is known by: a hash of it, in quotes.
#[must_use]
pub fn tag(body: &[u8]) -> String {
    let hash = blake3::hash(body);
    format!("\"{}\"", BASE32_NOPAD.encode(&hash.as_bytes()[..10]).to_ascii_lowercase())
}

/// Whether the request names this content among those that it has.
#[must_use]
pub fn has(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_gets_no_body() {
        let first = bytes_with_etag(&HeaderMap::new(), Bytes::from_static(b"{}"));
        let etag = first.headers()[ETAG].to_str().expect("text").to_owned();
        for (asked, status) in [
            (etag.clone(), StatusCode::NOT_MODIFIED),
            (format!("\"x\", W/{etag}"), StatusCode::NOT_MODIFIED),
            ("*".to_owned(), StatusCode::NOT_MODIFIED),
            ("\"x\"".to_owned(), StatusCode::OK),
            (String::new(), StatusCode::OK),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_str(&asked).expect("a header"));
            assert_eq!(bytes_with_etag(&headers, Bytes::from_static(b"{}")).status(), status, "{asked}");
            assert_eq!(
                bytes_with_etag(&headers, Bytes::from_static(b"{} ")).status() == StatusCode::NOT_MODIFIED,
                asked == "*"
            );
        }
    }
}
