//! Addresses within the city's pages: what may be gone to, and how values stand in them.

use std::fmt::Write;

/// Whether an address leads to a page of this origin, whatever a browser makes of it: a path from the root, and none that names
/// another host.
#[must_use]
pub fn is_local(address: &str) -> bool {
    // Browsers read `\` as `/` and drop control characters, so that `/\host` and `/\t/host` are other hosts.
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    address.starts_with('/') && !address.starts_with("//") && is_plain
}

/// A value as it stands in a query.
#[must_use]
pub fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 16);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b':') {
            out.push(char::from(byte));
        } else {
            // Writing to a string doesn't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// An address with a parameter, in place of one of the same name.
#[must_use]
pub fn with_parameter(address: &str, name: &str, value: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_other = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(name);
    let mut query: Vec<String> = query.split('&').filter(is_other).map(str::to_owned).collect();
    query.push(format!("{name}={}", encoded(value)));
    format!("{path}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_from_the_root_are_local() {
        for (address, local) in [
            ("/", true),
            ("/book?pitch=a&start=2026-11-24T19:00:00%2B08:00", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("/\t/evil.example", false),
            ("https://evil.example", false),
            ("javascript:alert(1)", false),
            ("evil", false),
            ("", false),
            ("/a b", false),
            ("/ä", false),
            ("/a\r\nset-cookie: x=y", false),
        ] {
            assert_eq!(is_local(address), local, "{address:?}");
        }
    }

    #[test]
    fn values_come_back_as_they_were() {
        for value in ["", "a b&c=d", "19:00+08:00", "羽毛球", "%41"] {
            let query = encoded(value);
            assert_eq!(crate::api::query::percent_decode(&query).as_deref(), Some(value));
        }
        assert_eq!(with_parameter("/find?lang=en&sport=a", "lang", "zh-Hans"), "/find?sport=a&lang=zh-Hans");
        assert_eq!(with_parameter("/", "lang", "en"), "/?lang=en");
    }
}
