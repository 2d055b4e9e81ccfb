//! Names of new things, and how a retry finds the thing that its original made.
//!
//! Who chooses no name and sends an Idempotency-Key gets one made of both the key's hash and the body's: the same request finds its
//! thing by that name, also after a restart, and another body with the same key is seen. Without a key the name is drawn.

use data_encoding::BASE32_NOPAD;

use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::resident::Desk;
use crate::domain::event::RequestKey;
use crate::domain::ids::{Code, ResidentNo};

/// A name for something new.
pub struct NewName {
    pub code: Code,
    /// What all names of this key begin with.
    of_key: Option<String>,
}

impl NewName {
    /// A name that begins with a letter for its kind.
    ///
    /// # Errors
    /// A fault when the system has no random bytes.
    pub fn of(kind: char, request: Option<RequestKey>) -> Result<Self, Problem> {
        let in_letters = |bytes: &[u8]| BASE32_NOPAD.encode(bytes).to_ascii_lowercase();
        let (of_key, text) = match request {
            Some(request) => {
                let of_key = format!("{kind}-{}-", in_letters(&request.key.to_be_bytes()));
                let text = format!("{of_key}{}", in_letters(&request.body.to_be_bytes()));
                (Some(of_key), text)
            }
            None => {
                let mut drawn = [0; 10];
                getrandom::fill(&mut drawn).map_err(|fault| Problem::internal(&fault))?;
                (None, format!("{kind}-{}", in_letters(&drawn)))
            }
        };
        let code = Code::new(&text).map_err(|fault| Problem::internal(&fault))?;
        Ok(Self { code, of_key })
    }

    /// The name that was chosen, or one as `of` makes it.
    ///
    /// # Errors
    /// As `of`.
    pub(super) fn chosen_or(
        chosen: Option<Code>,
        kind: char,
        request: Option<RequestKey>,
    ) -> Result<Self, Problem> {
        match chosen {
            Some(code) => Ok(Self { code, of_key: None }),
            None => Self::of(kind, request),
        }
    }

    /// Whether one of these names is of the same request.
    ///
    /// # Errors
    /// `idempotency-mismatch` when one is of the same key with another body.
    pub fn is_among<'a>(&self, names: impl Iterator<Item = &'a Code>) -> Result<bool, Problem> {
        let Some(of_key) = &self.of_key else { return Ok(false) };
        let mut of_this_key = names.filter(|name| name.as_str().starts_with(of_key.as_str()));
        match of_this_key.find(|name| !is_part(name, of_key)) {
            None => Ok(false),
            Some(name) if *name == self.code => Ok(true),
            Some(_) => Err(Problem::IdempotencyMismatch),
        }
    }
}

/// Names of parts go on behind the name of their whole.
fn is_part(name: &Code, of_key: &str) -> bool {
    name.as_str().get(of_key.len()..).is_some_and(|rest| rest.contains('-'))
}

/// By what a retry is known and compared.
#[derive(Debug, Clone, Copy)]
pub struct Retry<'a> {
    pub path: &'a str,
    pub key: Option<&'a str>,
    pub asks_for: &'a [u8],
}

/// By what a retry is known, if a key was sent.
#[must_use]
pub fn request_of(
    desk: &Desk,
    by: ResidentNo,
    path: &str,
    key: Option<&str>,
    body: &[u8],
) -> Option<RequestKey> {
    key.map(|key| desk.request_key(by, "POST", path, key, body))
}

/// Reads a name that somebody has chosen.
pub(super) fn read_code(field: &'static str, text: &str) -> Result<Code, FieldFault> {
    Code::new(text).map_err(|_| {
        FieldFault::new(
            field,
            Text::fixed("must have 1 to 64 of a-z, 0-9 and -", "必须是 1 到 64 个 a-z、0-9 或 - 字符"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_finds_its_own_and_another_body_is_seen() {
        let request = |body| Some(RequestKey { key: 7 << 100, body });
        let (one, other) =
            (NewName::of('p', request(1)).expect("a name"), NewName::of('p', request(2)).expect("a name"));
        let part = Code::new(&format!("{}-1", one.code)).expect("a code");
        assert_eq!(one.is_among([&part, &one.code].into_iter()), Ok(true));
        assert_eq!(one.is_among([&part].into_iter()), Ok(false));
        assert_eq!(other.is_among([&one.code].into_iter()), Err(Problem::IdempotencyMismatch));
        let drawn = NewName::of('p', None).expect("a name");
        assert_ne!(drawn.code, NewName::of('p', None).expect("a name").code);
        assert_eq!(drawn.is_among([&drawn.code].into_iter()), Ok(false));
    }
}
