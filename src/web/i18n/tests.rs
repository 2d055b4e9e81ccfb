//! Every message in every language, with the same variables; every key that is named is there, and every key is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_bundle::FluentResource;

use super::*;
use crate::api::problem::ProblemName;

/// A key's variables, by key.
type Messages = BTreeMap<String, BTreeSet<String>>;

/// Keys that are put together: what stands before the part that varies.
const PUT_TOGETHER: [&str; 4] = ["problem-title-", "problem-text-", "month-", "weekday-"];

fn messages(language: Language) -> Messages {
    let mut all = Messages::new();
    for (file, text) in files_of(language) {
        let (_, faults) = match FluentResource::try_new((*text).to_owned()) {
            Ok(resource) => (resource, Vec::new()),
            Err((resource, faults)) => (resource, faults),
        };
        assert!(faults.is_empty(), "{file}.ftl in {}: {faults:?}", language.tag());
        let mut key = None;
        for line in text.lines() {
            if let Some((name, _)) = line.split_once(" =").filter(|_| line.starts_with(char::is_alphabetic)) {
                let before = all.insert(name.to_owned(), BTreeSet::new());
                assert!(before.is_none(), "{name} stands twice in {}", language.tag());
                key = Some(name.to_owned());
            }
            let Some(variables) = key.as_ref().and_then(|key| all.get_mut(key)) else { continue };
            for after in line.split('$').skip(1) {
                let end = after.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(after.len());
                variables.insert(after[..end].to_owned());
            }
        }
    }
    all
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_source = path.extension().is_some_and(|ending| ending == "rs" || ending == "html");
        if path.is_dir() {
            sources(&path, found);
        } else if is_source && !path.ends_with("i18n/tests.rs") {
            found.push(path);
        }
    }
}

/// The keys that sources name, each with where.
fn named() -> BTreeMap<String, PathBuf> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut files);
    assert!(files.len() > 20, "the walk finds the pages");
    let mut keys = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source");
        for call in ["say(\"", "tell(\"", "phrase(\"", "key: \"", "key(\""] {
            let joined = text.replace("(\n", "(").replace("(                ", "(");
            for after in joined.split(call).skip(1) {
                let key = after.split('"').next().unwrap_or_default();
                if !key.is_empty() {
                    keys.insert(key.to_owned(), file.clone());
                }
            }
        }
        let mut rest = text.as_str();
        // Calls whose argument stands in the next line.
        while let Some(at) = rest.find("tell(\n") {
            rest = &rest[at + 6..];
            if let Some(key) = rest.trim_start().strip_prefix('"').and_then(|key| key.split('"').next()) {
                keys.insert(key.to_owned(), file.clone());
            }
        }
    }
    keys
}

#[test]
fn every_language_says_the_same_with_the_same_variables() {
    let en = messages(Language::En);
    assert!(en.len() > 100, "{} messages", en.len());
    for language in Language::ALL {
        let other = messages(language);
        let missing: Vec<_> = en.keys().filter(|key| !other.contains_key(*key)).collect();
        let extra: Vec<_> = other.keys().filter(|key| !en.contains_key(*key)).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{}: -{missing:?} +{extra:?}", language.tag());
        for (key, variables) in &en {
            assert_eq!(Some(variables), other.get(key), "{key} in {}", language.tag());
        }
    }
}

#[test]
fn every_key_that_is_named_is_there_and_every_key_is_named() {
    let there = messages(Language::En);
    let named = named();
    let is_put_together = |key: &str| PUT_TOGETHER.iter().any(|prefix| key.starts_with(prefix));
    let absent: Vec<_> =
        named.iter().filter(|(key, _)| !there.contains_key(*key) && !key.ends_with('-')).collect();
    assert!(absent.is_empty(), "named, but not there: {absent:?}");
    let unused: Vec<_> =
        there.keys().filter(|key| !named.contains_key(*key) && !is_put_together(key)).collect();
    assert!(unused.is_empty(), "there, but never named: {unused:?}");
}

#[test]
fn every_problem_is_explained() {
    for language in Language::ALL {
        let there = messages(language);
        for name in ProblemName::ALL {
            for kind in ["problem-title-", "problem-text-"] {
                assert!(there.contains_key(&format!("{kind}{}", name.as_str())), "{}", name.as_str());
            }
        }
    }
}

#[test]
fn every_file_of_messages_is_read() {
    for language in Language::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/messages").join(language.tag());
        let mut there: Vec<_> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        let mut read: Vec<_> = files_of(language).iter().map(|(name, _)| (*name).to_owned()).collect();
        there.sort();
        read.sort();
        assert_eq!(there, read);
    }
}

#[test]
fn a_phrase_says_what_its_message_says() {
    for language in Language::ALL {
        let words = Words::of(language);
        let args = [("pitch", "A".into()), ("from", "1".into()), ("to", "2".into()), ("price", "¥3".into())];
        let phrase = words.phrase("cell-free", &["pitch", "from", "to", "price"]);
        assert_eq!(phrase.with(["A", "1", "2", "¥3"]).to_string(), words.tell("cell-free", &args));
    }
}

#[test]
fn counts_choose_their_plural_and_have_separators() {
    let words = Words::of(Language::En);
    assert_eq!(words.tell("free-of", &[("left", 6i64.into()), ("all", 20i64.into())]), "6 of 20 free");
    for (digits, text) in [("0", "0"), ("999", "999"), ("1204", "1,204"), ("1000000", "1,000,000")] {
        assert_eq!(group(digits), text);
    }
}
