//! The query of an address, read strictly: every parameter known, none twice, every value of its type.
//!
//! A type derives `Deserialize` with `deny_unknown_fields`, as a body does; values are texts, numbers, booleans, unit
//! variants, newtypes of these, and options of all of them.

use std::borrow::Cow;
use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::problem::{FieldFault, Problem, Text};

/// The query, read into a type.
#[derive(Debug, Clone, Copy)]
pub struct QueryOf<T>(pub T);

/// How many parameters are looked at; no address here takes more.
const PARAMETERS_MAX: usize = 32;
/// How many fields a form may have: a pitch with all the parts that one can have has fewer.
const FIELDS_MAX: usize = 400;

/// A parameter's name and value.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// How many elements a list answers: 1 to 500, 50 where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u16);

impl PageLimit {
    const MAX: u16 = 500;

    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for PageLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limit = u16::deserialize(deserializer)?;
        if (1..=Self::MAX).contains(&limit) {
            Ok(Self(limit))
        } else {
            Err(de::Error::custom("must be from 1 to 500"))
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query into a type.
///
/// # Errors
/// `invalid-request` with the first parameter that is wrong.
pub fn read<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    read_at_most(PARAMETERS_MAX, query)
}

/// Reads what a page's form sends, which may have many fields, into a type.
///
/// # Errors
/// As `read`.
pub fn read_form<T: DeserializeOwned>(form: &str) -> Result<T, Problem> {
    read_at_most(FIELDS_MAX, form)
}

fn read_at_most<T: DeserializeOwned>(count_max: usize, text: &str) -> Result<T, Problem> {
    let pairs = pairs(count_max, text)?;
    T::deserialize(Parameters { pairs: pairs.iter(), current: None }).map_err(|wrong| wrong.0.into())
}

fn pairs(count_max: usize, query: &str) -> Result<Vec<Pair<'_>>, FieldFault> {
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let malformed = || {
            FieldFault::new("", Text::fixed("the query is not well-formed UTF-8", "查询参数不是有效的 UTF-8"))
        };
        let name = percent_decode(name).ok_or_else(malformed)?;
        if pairs.len() == count_max {
            return Err(FieldFault::unknown(name.into_owned()));
        }
        if pairs.iter().any(|(other, _)| *other == name) {
            return Err(FieldFault::duplicate(name.into_owned()));
        }
        pairs.push((name, percent_decode(value).ok_or_else(malformed)?));
    }
    Ok(pairs)
}

/// `+` is a space, `%XX` a byte; the whole must be UTF-8. Nothing when it is not.
#[must_use]
pub fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|b| b == b'%' || b == b'+') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// What is wrong with a query. Serde says some of it, the field's name is put in where it is known.
#[derive(Debug)]
struct Wrong(FieldFault);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.field)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(FieldFault::new("", Text::new(message.to_string(), format!("无效:{message}"))))
    }

    fn unknown_field(field: &str, _expected: &'static [&'static str]) -> Self {
        Self(FieldFault::unknown(field.to_owned()))
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        let expected = expected.join(", ");
        Self(FieldFault::new(
            "",
            Text::new(format!("must be one of {expected}"), format!("必须是以下之一:{expected}")),
        ))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(FieldFault::missing(field))
    }
}

struct Parameters<'a> {
    pairs: std::slice::Iter<'a, Pair<'a>>,
    current: Option<&'a Pair<'a>>,
}

impl<'de> Deserializer<'de> for Parameters<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Parameters<'_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.current = self.pairs.next();
        match self.current {
            Some((name, _)) => seed.deserialize(name.as_ref().into_deserializer()).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some((name, value)) = self.current else {
            return Err(de::Error::custom("a value without a name"));
        };
        seed.deserialize(Value(value)).map_err(|mut wrong| {
            wrong.0.field = Cow::Owned(name.clone().into_owned());
            wrong
        })
    }
}

/// One parameter's value.
struct Value<'a>(&'a str);

impl Value<'_> {
    fn parse<T: std::str::FromStr>(&self, en: &'static str, zh: &'static str) -> Result<T, Wrong> {
        self.0.parse().map_err(|_| Wrong(FieldFault::new("", Text::fixed(en, zh))))
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            visitor.$visit(self.parse("must be a whole number in range", "必须是有效范围内的整数")?)
        })*
    };
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_bool(self.parse("must be true or false", "必须是 true 或 false")?)
    }

    whole_numbers! {
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_f64(self.parse("must be a number", "必须是数字")?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

/// No parameters at all: for addresses that take none.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        Held,
        CheckedIn,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Listing {
        sport: String,
        status: Option<Status>,
        from: Option<i32>,
        #[serde(default)]
        limit: PageLimit,
    }

    #[test]
    fn good_queries_are_read() {
        let listing: Listing =
            read("sport=table%20tennis+x&status=checked_in&from=-3&limit=500").expect("good");
        assert_eq!(listing.sport, "table tennis x");
        assert_eq!((listing.status, listing.from), (Some(Status::CheckedIn), Some(-3)));
        assert_eq!(listing.limit.get(), 500);
        let listing: Listing = read("&sport=%E7%BE%BD&").expect("good");
        assert_eq!((listing.sport.as_str(), listing.limit.get()), ("羽", 50));
    }

    #[test]
    fn whatever_is_wrong_is_named() {
        for (query, field) in [
            ("", "sport"),
            ("sport=a&x=1", "x"),
            ("sport=a&sport=b", "sport"),
            ("sport=a&%73port=b", "sport"),
            ("sport=a&status=gone", "status"),
            ("sport=a&from=1.5", "from"),
            ("sport=a&from=99999999999", "from"),
            ("sport=a&limit=0", "limit"),
            ("sport=a&limit=501", "limit"),
            ("sport=a&limit=", "limit"),
            ("sport=%ff", ""),
            ("sport=%4", ""),
            ("sport=%zz", ""),
        ] {
            let Err(Problem::InvalidRequest(faults)) = read::<Listing>(query) else {
                panic!("{query} was read");
            };
            assert_eq!(faults[0].field, field, "{query}");
        }
        let many: String = (0..40).map(|n| format!("p{n}=1&")).collect();
        assert!(read::<Listing>(&many).is_err());
        assert!(read::<NoParameters>("a=1").is_err());
        assert!(read::<NoParameters>("").is_ok());
    }
}
