//! A name in the city's languages.

use serde::{Deserialize, Serialize};

/// What a thing is called, by language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    pub en: String,
}

/// The longest name or address.
pub const NAME_CHARS_MAX: usize = 200;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    #[error("a name is not empty")]
    Empty,
    #[error("a name has at most {NAME_CHARS_MAX} characters")]
    TooLong,
    #[error("a name has no control characters")]
    Control,
}

/// Whether a text can be a name in one language.
///
/// # Errors
/// Why it can't.
pub fn check_name(text: &str) -> Result<(), InvalidName> {
    if text.trim().is_empty() {
        Err(InvalidName::Empty)
    } else if text.chars().count() > NAME_CHARS_MAX {
        Err(InvalidName::TooLong)
    } else if text.chars().any(char::is_control) {
        Err(InvalidName::Control)
    } else {
        Ok(())
    }
}

impl Names {
    #[must_use]
    pub fn new(zh_hans: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh_hans: zh_hans.into(), en: en.into() }
    }
}
