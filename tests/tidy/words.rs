//! Words that mean nothing to who reads the repository: paths of somebody's machine, and how a text came about.

use crate::assert_none;
use crate::tree;

/// The file that has to spell them.
const HERE: &str = "tests/tidy/words.rs";

/// Parts of a text that stay out, in small letters.
const PATHS: [&str; 4] = ["/work/", "../shared", "/root/", "/home/"];

/// Words and phrases that stay out, in small letters, as whole words.
const WORDS: [&str; 15] = [
    "claude",
    "anthropic",
    "chatgpt",
    "openai",
    "llm",
    "llms",
    "language model",
    "ai agent",
    "coding agent",
    "an agent",
    "the agent",
    "subagent",
    "agents",
    "earlier session",
    "previous session",
];

/// Every such word, with its line.
fn foreign(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        let paths = PATHS.into_iter().filter(|part| has_path(&line, part));
        let words = WORDS.into_iter().filter(|word| crate::rust_text::has_word(&line, word));
        for word in paths.chain(words) {
            findings.push(format!("{path}:{}: `{word}` doesn't belong here", at + 1));
        }
    }
    findings
}

/// Whether a path of a machine stands in a line: not as the end of a longer one, as in a URL.
fn has_path(line: &str, part: &str) -> bool {
    line.match_indices(part).any(|(at, _)| {
        !line[..at]
            .chars()
            .next_back()
            .is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '-' | '_' | '.' | '}'))
    })
}

#[test]
fn no_word_is_foreign() {
    let files = tree::files();
    let findings: Vec<_> = files
        .iter()
        .filter(|file| file.path != HERE)
        .flat_map(|file| foreign(&file.path, &String::from_utf8_lossy(&file.bytes)))
        .collect();
    assert_none(&findings);
}

#[test]
fn no_file_bears_a_foreign_name() {
    let paths: Vec<_> = tree::files().into_iter().map(|file| file.path).collect();
    let findings: Vec<_> =
        paths.iter().flat_map(|path| foreign(path, &path.replace(['/', '-', '_', '.'], " "))).collect();
    assert_none(&findings);
}

#[test]
fn a_foreign_word_is_found() {
    for text in [
        "see /work/main",
        "`../shared/design`",
        "as Claude said",
        "by an LLM.",
        "a note for the agent",
        "Subagent",
        "notes of an earlier session",
    ] {
        assert_eq!(foreign("a.md", text).len(), 1, "{text}");
    }
}

#[test]
fn words_of_the_trade_are_not_foreign() {
    for text in [
        "session slots of an account",
        "a swimming session",
        "places in this session, and in the next session of the pool",
        "let agent = ureq::Agent::new_with_defaults();",
        "User-Agent: curl",
        "https://example.org/work/",
        "framework/work/",
    ] {
        assert_none(&foreign("a.md", text));
    }
}
