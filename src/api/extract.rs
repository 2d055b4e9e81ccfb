//! Bodies and paths, read strictly.
//!
//! `front` has judged a body's size and media type and holds all of it before a handler runs, so that here only its
//! content is left to judge: it comes last among a handler's arguments and is judged after the token. A type derives
//! `Deserialize` with `deny_unknown_fields`; a debug build refuses one that doesn't.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::problem::{FieldFault, Problem, Text};

/// A JSON object, read into a type, and the bytes that it was read from (a retry is compared by them).
#[derive(Debug)]
pub struct JsonBody<T> {
    pub value: T,
    pub bytes: Bytes,
}

/// The only parameter of a path, as text. Ids are texts outside: one that can't be one is `not-found`, after the body
/// has been judged, so it is for the handler to say.
#[derive(Debug, Clone)]
pub struct PathText(pub String);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        // `front` read it: there is nothing left that could wait or fail.
        let body = request.into_body().collect().await.map_err(|fault| Problem::internal(&fault))?;
        let bytes = body.to_bytes();
        let value = read(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// Reads a JSON object.
///
/// # Errors
/// `invalid-request` with the field that is wrong.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    debug_assert!(refuses_unknown_fields::<T>(), "a body's type must have deny_unknown_fields");
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(FieldFault::new("", Text::fixed("a JSON object is missing", "缺少 JSON 对象")).into());
    }
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        // Structs can also be read from arrays; here they can't.
        return Err(FieldFault::new("", Text::fixed("must be a JSON object", "必须是 JSON 对象")).into());
    }
    serde_json::from_slice(body).map_err(|error| fault_of(body, &error).into())
}

fn refuses_unknown_fields<T: DeserializeOwned>() -> bool {
    match serde_json::from_str::<T>(r#"{"~":null}"#) {
        Ok(_) => false,
        Err(error) => error.to_string().starts_with("unknown field"),
    }
}

/// What serde says, without the names of our types and with the field that it means.
fn fault_of(body: &[u8], error: &serde_json::Error) -> FieldFault {
    let said = error.to_string();
    let said = said.rfind(" at line ").map_or(said.as_str(), |end| &said[..end]);
    let quoted = |prefix: &str| {
        let (name, _) = said.strip_prefix(prefix)?.split_once('`')?;
        Some(name.to_owned())
    };
    if let Some(name) = quoted("missing field `") {
        return FieldFault::missing(name);
    }
    if let Some(name) = quoted("unknown field `") {
        return FieldFault::unknown(name);
    }
    if let Some(name) = quoted("duplicate field `") {
        return FieldFault::duplicate(name);
    }
    if !error.is_data() && serde_json::from_slice::<serde_json::Value>(body).is_err() {
        return FieldFault::new("", Text::fixed("is not well-formed JSON", "不是格式正确的 JSON"));
    }
    let field = field_before(body, offset_of(body, error.line(), error.column()));
    if !error.is_data() {
        // Serde calls it bad syntax when a name of ours is looked for and something else than a text stands there.
        return FieldFault::new(field, Text::fixed("is of another type", "类型有误"));
    }
    let message = match said.rsplit_once("expected ") {
        Some((_, expected)) if !expected.starts_with("struct ") => {
            Text::new(format!("must be {expected}"), format!("类型或取值有误,应为 {expected}"))
        }
        Some(_) => Text::fixed("must be an object", "必须是对象"),
        None => Text::new(said.to_owned(), format!("无效:{said}")),
    };
    FieldFault::new(field, message)
}

fn offset_of(body: &[u8], line: usize, column: usize) -> usize {
    let before: usize =
        body.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column).min(body.len())
}

/// The innermost field whose value was being read at a place in the body: the last key before it. The body is well-formed
/// up to there, else serde would have said so.
fn field_before(body: &[u8], offset: usize) -> Cow<'static, str> {
    let mut keys: Vec<String> = Vec::new();
    let mut candidate = None;
    let mut at = 0;
    while at < offset {
        match body[at] {
            b'"' => {
                let end = string_end(body, at);
                candidate = body.get(at..end).and_then(|text| serde_json::from_slice::<String>(text).ok());
                at = end;
                continue;
            }
            b':' => {
                if let (Some(last), Some(key)) = (keys.last_mut(), candidate.take()) {
                    *last = key;
                }
            }
            b'{' | b'[' => keys.push(String::new()),
            // At the place itself a bracket ends the value that is meant.
            b'}' | b']' if at + 1 < offset => {
                keys.pop();
            }
            _ => {}
        }
        at += 1;
    }
    keys.retain(|key| !key.is_empty());
    keys.join(".").into()
}

/// Where a string that begins here ends.
fn string_end(body: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = body.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    body.len()
}

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // A path that is no UTF-8 names nothing.
        let parameters =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::NotFound)?;
        match parameters.iter().next() {
            Some((_, value)) => Ok(Self(value.to_owned())),
            None => Err(Problem::NotFound),
        }
    }
}

/// The two parameters of a path, as texts.
#[derive(Debug, Clone)]
pub struct PathTexts(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathTexts {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::NotFound)?;
        let mut values = parameters.iter().map(|(_, value)| value.to_owned());
        match (values.next(), values.next()) {
            (Some(first), Some(second)) => Ok(Self(first, second)),
            _ => Err(Problem::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Limits {
        #[serde(rename = "max")]
        _max: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Booking {
        pitch: String,
        party_size: Option<u32>,
        #[serde(default, rename = "limits")]
        _limits: Vec<Limits>,
        #[serde(rename = "pay_with")]
        _pay_with: Option<PayWith>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum PayWith {
        Wallet,
    }

    #[test]
    fn good_bodies_are_read() {
        let booking: Booking = read(br#" {"pitch":"p-\u0031","party_size":null} "#).expect("good");
        assert_eq!((booking.pitch.as_str(), booking.party_size), ("p-1", None));
    }

    #[test]
    fn whatever_is_wrong_is_named_without_our_types() {
        for (body, field) in [
            (&b"{}"[..], "pitch"),
            (br#"{"pitch":"p","price":1}"#, "price"),
            (br#"{"pitch":"p","pitch":"q"}"#, "pitch"),
            (br#"{"pitch":1}"#, "pitch"),
            (br#"{"pitch":{"a":1}}"#, "pitch"),
            (br#"{"pitch":null}"#, "pitch"),
            (br#"{"party_size":-1,"pitch":"p"}"#, "party_size"),
            (br#"{"pitch":"p","party_size":1.0}"#, "party_size"),
            (br#"{"pitch":"a:\"b","party_size":"2"}"#, "party_size"),
            (br#"{"pitch":"p","party_size":99999999999}"#, "party_size"),
            (b"{\"pitch\":\n\"p\",\n \"party_size\":true}", "party_size"),
            (br#"{"pitch":"p","limits":[{"max":1},{"max":256}]}"#, "limits.max"),
            (br#"{"pitch":"p","limits":{}}"#, "limits"),
            (br#"{"pitch":"p","pay_with":"cash"}"#, "pay_with"),
            (br#"{"pay_with":1,"pitch":"p"}"#, "pay_with"),
            (br#"{"pitch":"p","pay_with":true}"#, "pay_with"),
            (br#"{"pitch":"p","pay_with":["wallet"]}"#, "pay_with"),
            (br#"["p"]"#, ""),
            (b"null", ""),
            (b"", ""),
            (b" \n", ""),
            (b"{", ""),
            (br#"{"pitch":"p"} x"#, ""),
            (b"{\"pitch\":\"\xff\"}", ""),
            (br#"{"pitch":"\ud800"}"#, ""),
        ] {
            let shown = String::from_utf8_lossy(body).into_owned();
            let Err(Problem::InvalidRequest(faults)) = read::<Booking>(body) else {
                panic!("{shown} was read");
            };
            assert_eq!(faults[0].field, field, "{shown}: {faults:?}");
            assert!(!format!("{faults:?}").contains("struct "), "{faults:?}");
        }
        let deep = format!(r#"{{"pitch":{}"#, "[".repeat(60_000));
        assert!(read::<Booking>(deep.as_bytes()).is_err(), "depth is bounded");
    }
}
