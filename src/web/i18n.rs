//! What pages say, in every language: messages by key, and how numbers stand in them.
//!
//! Messages stand in Fluent files beside this one, in a folder for each language and a file for each part of the site, and are
//! embedded. The library that reads them is known here and nowhere else. Always: every key stands in every language with the
//! same variables, and every key that a page names is there; the tests at the foot see to both.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::api::language::Language;

#[cfg(test)]
mod tests;

type Bundle = FluentBundle<FluentResource>;

/// The files of a language, each by its name.
macro_rules! messages {
    ($language:literal: $($file:literal)*) => {
        &[$(($file, include_str!(concat!("messages/", $language, "/", $file, ".ftl"))),)*]
    };
}

const EN: &[(&str, &str)] = messages!("en": "shell" "values" "problems" "account" "home" "find" "venue" "booking" "bookings" "releases" "lottery" "wallet" "manage" "venue-staff" "pitches" "operator");
const ZH_HANS: &[(&str, &str)] = messages!("zh-Hans": "shell" "values" "problems" "account" "home" "find" "venue" "booking" "bookings" "releases" "lottery" "wallet" "manage" "venue-staff" "pitches" "operator");

static EN_BUNDLE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::En));
static ZH_HANS_BUNDLE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::ZhHans));

/// The messages of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(Language);

/// What stands in a message's place.
#[derive(Debug, Clone)]
pub enum Arg<'a> {
    Text(Cow<'a, str>),
    /// Chooses the plural and is written with the language's separators.
    Count(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Arg<'_> {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Arg<'_> {
    fn from(count: usize) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<u16> for Arg<'_> {
    fn from(count: u16) -> Self {
        Self::Count(count.into())
    }
}

impl Words {
    #[must_use]
    pub const fn of(language: Language) -> Self {
        Self(language)
    }

    #[must_use]
    pub const fn language(self) -> Language {
        self.0
    }

    /// As it stands in `lang`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// As it stands in `dir`.
    #[must_use]
    pub const fn dir(self) -> &'static str {
        match self.0 {
            Language::En | Language::ZhHans => "ltr",
        }
    }

    /// A message without variables.
    #[must_use]
    pub fn say(self, key: &str) -> Cow<'static, str> {
        self.format(key, None)
    }

    /// A message with its variables.
    #[must_use]
    pub fn tell(self, key: &str, args: &[(&'static str, Arg<'_>)]) -> String {
        let args: FluentArgs<'_> = args.iter().map(|(name, arg)| (*name, value_of(arg))).collect();
        self.format(key, Some(&args)).into_owned()
    }

    /// A message that is told many times over with other values: its variables in the order in which they will be given.
    #[must_use]
    pub fn phrase(self, key: &str, variables: &[&'static str]) -> Phrase {
        let marks: Vec<String> = (0..variables.len()).map(|at| format!("\u{1}{at}\u{1}")).collect();
        let args: Vec<_> = variables.iter().zip(&marks).map(|(name, mark)| (*name, mark.into())).collect();
        let told = self.tell(key, &args);
        // Text and numbers of variables in turn: between two marks stands a number.
        let mut pieces = Vec::new();
        for (at, piece) in told.split('\u{1}').enumerate() {
            let variable = (at % 2 == 1).then(|| piece.parse().ok()).flatten();
            pieces.push(variable.map_or_else(|| Piece::Text(piece.to_owned()), Piece::Variable));
        }
        Phrase(pieces)
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> Cow<'static, str> {
        let bundle = bundle_of(self.0);
        let pattern = bundle.get_message(key).and_then(|message| message.value());
        let Some(pattern) = pattern else {
            debug_assert!(false, "there is no message {key} in {}", self.tag());
            return Cow::Owned(key.to_owned());
        };
        let mut errors = Vec::new();
        let told = bundle.format_pattern(pattern, args, &mut errors);
        debug_assert!(errors.is_empty(), "{key} in {}: {errors:?}", self.tag());
        match told {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => Cow::Owned(text),
        }
    }
}

/// A message in pieces, so that telling it once more costs no more than writing it.
#[derive(Debug, Clone)]
pub struct Phrase(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Variable(usize),
}

impl Phrase {
    /// The message with these values, which displays without being put together first.
    #[must_use]
    pub const fn with<'a, const N: usize>(&'a self, values: [&'a str; N]) -> Told<'a, N> {
        Told { phrase: self, values }
    }
}

/// A phrase with its values.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a, const N: usize> {
    phrase: &'a Phrase,
    values: [&'a str; N],
}

impl<const N: usize> fmt::Display for Told<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.phrase.0 {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Variable(at) => f.write_str(self.values.get(*at).copied().unwrap_or_default())?,
            }
        }
        Ok(())
    }
}

/// A language's name in itself: whoever looks for his own reads no other.
#[must_use]
pub const fn native_name(language: Language) -> &'static str {
    match language {
        Language::En => "English",
        Language::ZhHans => "简体中文",
    }
}

/// The language of a tag, as `lang` carries it in addresses and cookies.
#[must_use]
pub fn language_of_tag(tag: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
}

fn value_of<'a>(arg: &'a Arg<'_>) -> FluentValue<'a> {
    match arg {
        Arg::Text(text) => FluentValue::from(text.as_ref()),
        Arg::Count(count) => FluentValue::from(*count),
    }
}

fn bundle_of(language: Language) -> &'static Bundle {
    match language {
        Language::En => &EN_BUNDLE,
        Language::ZhHans => &ZH_HANS_BUNDLE,
    }
}

const fn files_of(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::En => EN,
        Language::ZhHans => ZH_HANS,
    }
}

/// The files are part of the program and the tests read all of them, so what is wrong with one is only passed over here.
fn bundle(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Values are put between isolating marks by the pages, as elements that copy and search leave alone.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(grouped));
    for (name, text) in files_of(language) {
        let resource = FluentResource::try_new((*text).to_owned());
        let (resource, faults) =
            resource.map_or_else(|(resource, faults)| (resource, faults), |r| (r, vec![]));
        debug_assert!(faults.is_empty(), "{name}.ftl: {faults:?}");
        let added = bundle.add_resource(resource);
        debug_assert!(added.is_ok(), "{name}.ftl: {added:?}");
    }
    bundle
}

/// Whole numbers with a comma at each thousand, as all our languages write them.
fn grouped<M>(value: &FluentValue<'_>, _memoizer: &M) -> Option<String> {
    if let FluentValue::Number(number) = value {
        let text = number.as_string();
        return text.bytes().all(|b| b.is_ascii_digit()).then(|| group(&text));
    }
    None
}

/// Digits with a comma before each three.
#[must_use]
pub fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
