//! Answers in fewer bytes, for whoever takes gzip: every browser does, over plain http too.

use std::io::Write;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::write::GzEncoder;

/// What is made once and sent often.
pub const BEST: Compression = Compression::new(9);
/// What is made for each request: most of the gain for little of the time.
pub const QUICK: Compression = Compression::new(3);
/// Below that a packet is a packet.
pub const BYTES_MIN: usize = 1024;

/// The text as gzip, or nothing when that isn't shorter.
#[must_use]
pub fn gzip(text: &[u8], effort: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), effort);
    // Writing to memory doesn't fail.
    encoder.write_all(text).ok()?;
    let written = encoder.finish().ok()?;
    (written.len() < text.len()).then(|| written.into())
}

/// Whether the request takes gzip.
#[must_use]
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';');
        let is_gzip = parts.next().is_some_and(|name| name.trim().eq_ignore_ascii_case("gzip"));
        let is_refused = parts.any(|parameter| {
            let quality = parameter.trim().strip_prefix("q=").map(str::trim);
            quality.is_some_and(|quality| quality.chars().all(|sign| matches!(sign, '0' | '.')))
        });
        is_gzip && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_named_and_not_refused() {
        for (value, takes) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("deflate", false),
            ("x-gzip", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(takes_gzip(&headers), takes, "{value}");
        }
    }

    #[test]
    fn what_would_be_longer_stays_as_it_is() {
        assert_eq!(gzip(b"a", QUICK), None);
        let long = [b'a'; 4096];
        assert!(gzip(&long, QUICK).is_some_and(|short| short.len() < 100));
    }
}
