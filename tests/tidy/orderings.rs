//! Every atomic ordering is argued for: what it publishes, which load it pairs with, or why `Relaxed` is enough.
//!
//! The argument, `// ORDERING: …`, stands in the function itself, directly above it, or directly above the `impl` or
//! `trait` that the function is in, when one argument holds for all of it. Tests need none.

use crate::assert_none;
use crate::rust_text::{Parts, has_word, parts};
use crate::tree;

const ORDERINGS: [&str; 5] =
    ["Ordering::Relaxed", "Ordering::Acquire", "Ordering::Release", "Ordering::AcqRel", "Ordering::SeqCst"];
const ARGUMENT: &str = "// ORDERING: ";

/// Every function that uses an ordering that nothing argues for, at the line of the ordering.
fn without_argument(path: &str, text: &str) -> Vec<String> {
    let Parts { code, comments } = parts(text);
    let code: Vec<_> = code.lines().collect();
    let comments: Vec<_> = comments.lines().collect();
    let tests = code.windows(2).position(|pair| pair[0].starts_with("#[cfg(") && is_tests(pair[0], pair[1]));
    let mut findings = Vec::new();
    for (at, line) in code.iter().enumerate().take(tests.unwrap_or(code.len())) {
        if !ORDERINGS.iter().any(|ordering| has_word(line, ordering)) {
            continue;
        }
        let is_argued = match enclosing(&code, at, &["fn"]) {
            Some(function) => {
                let end = end(&code, function);
                let inside = comments[function..=end].iter().any(|comment| comment.contains(ARGUMENT));
                let holder = enclosing(&code, function, &["impl", "trait"]);
                inside
                    || has_argument_above(&code, &comments, function)
                    || holder.is_some_and(|holder| has_argument_above(&code, &comments, holder))
            }
            None => has_argument_above(&code, &comments, at),
        };
        if !is_argued {
            findings.push(format!("{path}:{}: no `// ORDERING:` says why", at + 1));
        }
    }
    findings
}

fn is_tests(attribute: &str, item: &str) -> bool {
    has_word(attribute, "test") && item.trim_start().starts_with("mod ")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The line where the item of such a kind begins that this line stands in: rustfmt indents what is inside.
fn enclosing(code: &[&str], at: usize, kinds: &[&str]) -> Option<usize> {
    let begins = |line: &str| kinds.iter().any(|kind| begins(line, kind));
    if begins(code[at]) {
        return Some(at);
    }
    let mut depth = indent(code[at]);
    for line in (0..at).rev() {
        if code[line].trim().is_empty() || indent(code[line]) >= depth {
            continue;
        }
        if begins(code[line]) {
            return Some(line);
        }
        // The foot of a long signature (`) -> Result<…> {`) belongs to the `fn` above it, at the same indent.
        if !code[line].trim_start().starts_with([')', '}', ']']) && !is_where(code[line]) {
            depth = indent(code[line]);
        }
    }
    None
}

/// Whether an item of this kind begins on this line: its word, then a name or, for an `impl`, its parameters. The type
/// `fn(…)` and a return type `impl …` begin nothing.
fn begins(line: &str, kind: &str) -> bool {
    let is_prefix = |word: &&str| {
        word.starts_with("pub")
            || matches!(*word, "const" | "async" | "unsafe" | "extern" | "crate)" | "super)")
    };
    let first = line.split_whitespace().find(|word| !is_prefix(word)).unwrap_or_default();
    first == kind || (kind == "impl" && first.starts_with("impl<"))
}

fn is_where(line: &str) -> bool {
    line.trim_start().starts_with("where")
}

/// The last line of an item that begins here.
fn end(code: &[&str], begin: usize) -> usize {
    let depth = indent(code[begin]);
    if code[begin].trim_end().ends_with(['}', ';']) {
        return begin;
    }
    let closing =
        |line: &&str| indent(line) == depth && line.trim_end() == format!("{}}}", " ".repeat(depth));
    code[begin..].iter().position(closing).map_or(code.len() - 1, |offset| begin + offset)
}

/// Whether an argument stands in the comments and attributes directly above an item.
fn has_argument_above(code: &[&str], comments: &[&str], item: usize) -> bool {
    let is_above = |line: &usize| {
        let is_comment = !comments[*line].trim().is_empty() && code[*line].trim().is_empty();
        is_comment || code[*line].trim_start().starts_with("#[")
    };
    (0..item).rev().take_while(is_above).any(|line| comments[line].contains(ARGUMENT))
}

#[test]
fn every_ordering_is_argued_for() {
    let files = tree::files_ending(".rs");
    let sources =
        files.iter().filter(|file| file.path.starts_with("src/") && !file.path.ends_with("/tests.rs"));
    let findings: Vec<_> = sources
        .flat_map(|file| without_argument(&file.path, file.text().expect("a source in UTF-8")))
        .collect();
    assert_none(&findings);
}

#[test]
fn an_ordering_without_an_argument_is_found() {
    for text in [
        "fn f(&self) {\n    self.0.load(Ordering::Relaxed);\n}\n",
        // The neighbour's argument is not this one's.
        "fn e(&self) {\n    // ORDERING: Relaxed.\n    self.0.load(Ordering::Relaxed);\n}\n\nfn f(\n    &self,\n) -> u32 {\n    self.0.load(Ordering::SeqCst)\n}\n",
        "impl A {\n    // ORDERING: Relaxed.\n    fn e(&self) {}\n\n    fn f(&self) {\n        if x {\n            self.0.load(Ordering::Acquire);\n        }\n    }\n}\n",
        "fn f(&self) {\n    let x = \"// ORDERING: in a text\";\n    self.0.store(1, std::sync::atomic::Ordering::Release);\n}\n",
    ] {
        assert_eq!(without_argument("src/a.rs", text).len(), 1, "{text}");
    }
}

#[test]
fn an_argument_is_seen_where_it_may_stand() {
    for text in [
        "fn f(\n    &self,\n) -> u32 {\n    // ORDERING: Relaxed.\n    if x {\n        self.0.load(Ordering::Relaxed)\n    }\n}\n",
        "// ORDERING: Relaxed.\n#[must_use]\nfn f(&self) -> u32 { self.0.load(Ordering::Relaxed) }\n",
        "// ORDERING: Relaxed throughout.\nimpl A {\n    fn f(&self) -> u32 {\n        self.0.load(Ordering::Relaxed)\n    }\n}\n",
        "fn f() { a.cmp(&b) == Ordering::Less }\n",
        "#[cfg(test)]\nmod tests {\n    fn f() { a.load(Ordering::SeqCst) }\n}\n",
    ] {
        assert_none(&without_argument("src/a.rs", text));
    }
}
