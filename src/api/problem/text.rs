//! A text in every language that answers speak.

use std::borrow::Cow;

use crate::api::language::Language;

/// One text, in all languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    en: Cow<'static, str>,
    zh_hans: Cow<'static, str>,
}

impl Text {
    #[must_use]
    pub const fn fixed(en: &'static str, zh_hans: &'static str) -> Self {
        Self { en: Cow::Borrowed(en), zh_hans: Cow::Borrowed(zh_hans) }
    }

    #[must_use]
    pub fn new(en: impl Into<Cow<'static, str>>, zh_hans: impl Into<Cow<'static, str>>) -> Self {
        Self { en: en.into(), zh_hans: zh_hans.into() }
    }

    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::ZhHans => &self.zh_hans,
        }
    }
}
