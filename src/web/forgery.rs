//! Requests that another site makes in a resident's name: the one place where they are told from his own.
//!
//! A request that changes something must come from a page of this origin, as the browser itself says (`Sec-Fetch-Site`, or
//! `Origin` where a browser is too old for that), and its form must carry a token that was made for the session that the
//! request comes with. The token differs each time it is shown, so that a compressed page gives nothing of it away by its
//! length. Who is not signed in has no session that could be misused: his forms are judged by where they come from alone.

use axum::http::header::{HOST, HeaderMap, ORIGIN};
use axum::http::{HeaderName, Uri};
use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq;

/// The field that carries the token.
pub const FIELD: &str = "csrf";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const NONCE_BYTES: usize = 8;
const MAC_BYTES: usize = 16;

/// Makes forms' tokens and checks them.
#[derive(Clone)]
pub struct FormTokens {
    key: [u8; 32],
}

impl FormTokens {
    #[must_use]
    pub const fn new(key: &[u8; 32]) -> Self {
        Self { key: *key }
    }

    /// A token for the forms that are shown to a session now.
    #[must_use]
    pub fn make(&self, session: &str) -> String {
        // Without random bytes the token is as sound, and the same each time.
        let nonce = getrandom::u64().unwrap_or(0).to_le_bytes();
        let mut raw = [0; NONCE_BYTES + MAC_BYTES];
        raw[..NONCE_BYTES].copy_from_slice(&nonce);
        raw[NONCE_BYTES..].copy_from_slice(&self.mac(nonce, session));
        BASE64URL_NOPAD.encode(&raw)
    }

    /// Whether a token was made for this session.
    #[must_use]
    pub fn fits(&self, token: &str, session: &str) -> bool {
        let Ok(raw) = BASE64URL_NOPAD.decode(token.as_bytes()) else { return false };
        let Some((nonce, mac)) = raw.split_first_chunk::<NONCE_BYTES>() else { return false };
        self.mac(*nonce, session).ct_eq(mac).into()
    }

    fn mac(&self, nonce: [u8; NONCE_BYTES], session: &str) -> [u8; MAC_BYTES] {
        let mut all = Vec::with_capacity(NONCE_BYTES + session.len());
        all.extend_from_slice(&nonce);
        all.extend_from_slice(session.as_bytes());
        let hash = blake3::keyed_hash(&self.key, &all);
        let mut mac = [0; MAC_BYTES];
        mac.copy_from_slice(&hash.as_bytes()[..MAC_BYTES]);
        mac
    }
}

/// Whether a browser says that a page of ours, or its own user, makes the request.
#[must_use]
pub fn is_from_here(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    if let Some(site) = sites.next() {
        return sites.next().is_none() && matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let mut origins = headers.get_all(ORIGIN).iter().filter_map(|origin| origin.to_str().ok());
    let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
    let host = uri.authority().map(|authority| authority.as_str());
    let host = host.or_else(|| headers.get(HOST)?.to_str().ok());
    let of_origin = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    of_origin.is_some() && of_origin == host
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_fits_the_session_that_it_was_made_for_and_no_other() {
        let tokens = FormTokens::new(&[7; 32]);
        let (one, other) = (tokens.make("one"), tokens.make("one"));
        assert_ne!(one, other, "it differs each time");
        assert!(tokens.fits(&one, "one") && tokens.fits(&other, "one"));
        assert!(!tokens.fits(&one, "two"));
        assert!(!FormTokens::new(&[8; 32]).fits(&one, "one"), "another city's");
        let changed = format!("{}A", &one[..one.len() - 1]);
        for bad in ["", "AAAA", &one[..31], &one[1..], &format!("{one}A"), "ä"] {
            assert!(!tokens.fits(bad, "one"), "{bad}");
        }
        assert!(changed == one || !tokens.fits(&changed, "one"));
    }

    #[test]
    fn only_pages_of_this_origin_are_from_here() {
        for (headers, is_ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://city.example")], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")], false),
            (&[("origin", "https://city.example")], true),
            (&[("origin", "http://city.example")], true),
            (&[("origin", "https://city.example.evil.example")], false),
            (&[("origin", "https://city.example:8443")], false),
            (&[("origin", "null")], false),
            (&[("origin", "city.example")], false),
            (&[], false),
        ] {
            let mut map = HeaderMap::new();
            map.insert(HOST, HeaderValue::from_static("city.example"));
            for (name, value) in headers {
                map.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_from_here(&Uri::from_static("/book"), &map), is_ours, "{headers:?}");
        }
        let mut map = HeaderMap::new();
        map.insert(ORIGIN, HeaderValue::from_static("https://city.example"));
        assert!(is_from_here(&Uri::from_static("https://city.example/book"), &map), "HTTP/2 has no host");
    }
}
