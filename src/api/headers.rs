//! What handlers read from a request's headers.

use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderName};

use super::problem::{FieldFault, Problem, Text};

/// The header that names a retry.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The answer's header that says that it was given before.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// The bearer token's text, if there is exactly one. Whether it is a token is for `Tokens::check` to say.
#[must_use]
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

/// The cookie that carries a browser's session. Only pages take it: whoever asks the API says who he is himself, so that no
/// other site can make a browser ask in his name.
pub const SESSION_COOKIE: &str = "__Host-session";

/// A cookie's value, if there is exactly one of that name.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut values = lines.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    });
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// The request's Idempotency-Key: 1 to 128 visible ASCII characters, or none.
///
/// # Errors
/// `invalid-request` when it is of another form, or stands twice.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(FieldFault::duplicate("Idempotency-Key").into());
    }
    checked_key(value.to_str().unwrap_or_default()).map(Some)
}

/// A key, wherever it was written.
///
/// # Errors
/// `invalid-request` when it is of another form.
pub fn checked_key(text: &str) -> Result<&str, Problem> {
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_visible && (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&text.len()) {
        return Ok(text);
    }
    Err(FieldFault::new(
        "Idempotency-Key",
        Text::fixed("must have 1 to 128 visible ASCII characters", "必须是 1 到 128 个可见 ASCII 字符"),
    )
    .into())
}

/// The same where it must be there.
///
/// # Errors
/// `invalid-request` also when there is none.
pub fn required_idempotency_key(headers: &HeaderMap) -> Result<&str, Problem> {
    idempotency_key(headers)?.ok_or_else(|| FieldFault::missing("Idempotency-Key").into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn with(name: HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
        }
        headers
    }

    #[test]
    fn one_bearer_token_is_one() {
        for (values, token) in [
            (&["Bearer abc"][..], Some("abc")),
            (&["bearer abc"], Some("abc")),
            (&["BEARER  abc "], Some("abc")),
            (&["Basic abc"], None),
            (&["Bearer"], None),
            (&["Bearer a", "Bearer b"], None),
            (&[], None),
        ] {
            assert_eq!(bearer_token(&with(AUTHORIZATION, values)), token, "{values:?}");
        }
    }

    #[test]
    fn a_cookie_that_stands_twice_is_none() {
        for (values, value) in [
            (&["a=1; __Host-session=abc; lang=en"][..], Some("abc")),
            (&["lang=en", "__Host-session=abc"], Some("abc")),
            (&["__Host-session=a; __Host-session=b"], None),
            (&["__Host-session=a", "__Host-session=b"], None),
            (&["x__Host-session=a"], None),
            (&["__Host-session"], None),
            (&[], None),
        ] {
            assert_eq!(cookie(&with(COOKIE, values), SESSION_COOKIE), value, "{values:?}");
        }
    }

    #[test]
    fn an_idempotency_key_is_visible_and_single() {
        let long = "k".repeat(128);
        for good in ["k", "!~", &long] {
            assert_eq!(idempotency_key(&with(IDEMPOTENCY_KEY, &[good])), Ok(Some(good)));
        }
        let longer = "k".repeat(129);
        for bad in [&[""][..], &["a b"], &["é"], &[&longer], &["a", "a"]] {
            assert!(idempotency_key(&with(IDEMPOTENCY_KEY, bad)).is_err(), "{bad:?}");
        }
        assert_eq!(idempotency_key(&HeaderMap::new()), Ok(None));
        assert!(required_idempotency_key(&HeaderMap::new()).is_err());
    }
}
