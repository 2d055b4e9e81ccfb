//! The name of a request, in its answer and in the log.
//!
//! Taken from the request where it brings a decent one, so that a proxy's or an app's id goes through; else made, cheaply:
//! each thread counts up from a start of its own, drawn at random.

use std::cell::Cell;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const TAKEN_BYTES_MAX: usize = 64;
const MADE_BYTES: usize = 13;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A request's name: 1 to 64 of letters, digits, `.`, `_` and `-`.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id that the request brings, or a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        match headers.get(X_REQUEST_ID) {
            Some(value) if is_decent(value.as_bytes()) => Self(value.clone()),
            Some(_) | None => Self::made(),
        }
    }

    fn made() -> Self {
        let mut rest = next_number();
        let mut text = [0; MADE_BYTES];
        for letter in text.iter_mut().rev() {
            *letter = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        // Letters and digits are fit for a header.
        Self(HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("unnamed")))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    #[must_use]
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

fn is_decent(value: &[u8]) -> bool {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=TAKEN_BYTES_MAX).contains(&value.len()) && value.iter().all(allowed)
}

fn next_number() -> u64 {
    thread_local! {
        // Without random bytes all threads would begin alike: ids would repeat, which harms the log's readers only.
        static NEXT: Cell<u64> = Cell::new(getrandom::u64().unwrap_or(0));
    }
    NEXT.with(|next| {
        let number = next.get();
        next.set(number.wrapping_add(1));
        number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(brought: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(brought).expect("a header"));
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn a_decent_id_goes_through_and_no_other() {
        assert_eq!(id_for(b"app-1.2_Z"), "app-1.2_Z");
        assert_eq!(id_for(&[b'a'; 64]).len(), 64);
        for bad in [&b""[..], b"a b", b"a\"", b"\xe5\xbc\x80", &[b'a'; 65]] {
            assert_eq!(id_for(bad).len(), MADE_BYTES, "{bad:?}");
        }
        let (one, two) = (RequestId::of(&HeaderMap::new()), RequestId::of(&HeaderMap::new()));
        assert_ne!(one.as_str(), two.as_str());
    }
}
