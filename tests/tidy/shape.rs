//! How a source file is shaped: it says first what it is, it keeps to one idea's length, and nothing in it is left for later.

use crate::assert_none;
use crate::rust_text::{has_word, parts};
use crate::tree;

/// A longer file has a second idea in it.
const LINES_MAX: usize = 600;

/// What is left for later, in code.
const LEFT_IN_CODE: [&str; 2] = [concat!("todo", "!"), concat!("unimplemented", "!")];
/// A test that is passed over.
const PASSED_OVER: &str = concat!("#[", "ignore");
/// What is left for later, in a comment.
const LEFT_IN_COMMENTS: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

/// Everything about a file's shape that is not as it should be.
fn misshapen(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    if path.ends_with("/mod.rs") {
        findings.push(format!("{path}: a module stands in a file of its own name, not in `mod.rs`"));
    }
    // Attributes of the whole crate stand before its description where they must.
    let first = text.lines().find(|line| !line.starts_with("#![") && !line.starts_with("#!/"));
    if !first.is_some_and(|line| line.starts_with("//! ")) {
        findings.push(format!("{path}: the file doesn't say first what it is (`//! …`)"));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        findings.push(format!("{path}: {lines} lines, more than {LINES_MAX}: look for the second idea"));
    }
    let parts = parts(text);
    for (at, (code, comment)) in parts.code.lines().zip(parts.comments.lines()).enumerate() {
        let in_code = LEFT_IN_CODE.into_iter().filter(|left| code.contains(left));
        let passed_over = [PASSED_OVER].into_iter().filter(|attribute| code.contains(attribute));
        let in_comments = LEFT_IN_COMMENTS.into_iter().filter(|left| has_word(comment, left));
        for left in in_code.chain(passed_over).chain(in_comments) {
            findings.push(format!("{path}:{}: `{left}` is left for later", at + 1));
        }
    }
    findings
}

#[test]
fn every_source_is_in_shape() {
    let files = tree::files_ending(".rs");
    let findings: Vec<_> = files
        .iter()
        .flat_map(|file| misshapen(&file.path, file.text().expect("a source in UTF-8")))
        .collect();
    assert_none(&findings);
}

#[test]
fn each_fault_of_shape_is_found() {
    let long = format!("//! Long.\n{}", "\n".repeat(LINES_MAX));
    for (path, text) in [
        ("src/a/mod.rs", "//! A.\n".to_owned()),
        ("src/a.rs", "use std::fmt;\n//! A.\n".to_owned()),
        ("src/a.rs", "// A.\n".to_owned()),
        ("src/a.rs", "//!\n".to_owned()),
        ("src/a.rs", String::new()),
        ("src/a.rs", long),
        ("src/a.rs", format!("//! A.\nfn f() {{ {}() }}\n", LEFT_IN_CODE[0])),
        ("src/a.rs", format!("//! A.\nfn f() {{ {}(\"x\") }}\n", LEFT_IN_CODE[1])),
        ("src/a.rs", format!("//! A.\n{} = \"slow\"]\n", PASSED_OVER)),
        ("src/a.rs", format!("//! A.\nfn f() {{}} // {}: later\n", LEFT_IN_COMMENTS[0])),
        ("src/a.rs", format!("//! A.\n/* {} */\n", LEFT_IN_COMMENTS[1])),
        ("src/a.rs", format!("//! A, {}.\n", LEFT_IN_COMMENTS[2])),
    ] {
        assert_eq!(misshapen(path, &text).len(), 1, "{path}: {}", text.trim_end());
    }
}

#[test]
fn a_good_file_is_passed() {
    let exactly = format!("//! A.\n{}", "\n".repeat(LINES_MAX - 1));
    let no_currency = format!("//! A.\nconst NONE: &str = \"{}\";\n", LEFT_IN_COMMENTS[2]);
    for text in ["//! A.\n", "#![cfg(unix)]\n//! A.\n", &exactly, &no_currency] {
        assert_none(&misshapen("src/a.rs", text));
    }
}
