//! Which way imports go: domain <- engine <- whatever does I/O <- api and web <- app <- main.
//!
//! The table is complete: a directory that has no row fails, so nobody adds a layer without saying where it stands.

use crate::assert_none;
use crate::rust_text::{has_word, parts};
use crate::tree;

/// Each layer, and the layers that it may name.
const MAY_NAME: [(&str, &[&str]); 13] = [
    ("domain", &[]),
    ("demo", &["domain"]),
    ("engine", &["domain"]),
    ("identity", &["domain", "engine"]),
    ("journal", &["domain", "engine"]),
    ("payment", &["domain", "engine"]),
    ("projection", &["domain", "engine", "journal"]),
    ("api", &["domain", "engine", "identity", "journal", "payment", "projection"]),
    ("web", &["domain", "engine", "identity", "journal", "payment", "projection", "api"]),
    ("city_files", &["domain"]),
    (
        "app",
        &[
            "domain",
            "demo",
            "city_files",
            "engine",
            "identity",
            "journal",
            "payment",
            "projection",
            "api",
            "web",
        ],
    ),
    ("main", &["app"]),
    // The root declares the layers and uses none.
    ("lib", &[]),
];

/// The layers that know no runtime, no socket, no file and no database.
const WITHOUT_IO: [&str; 3] = ["domain", "demo", "engine"];

/// What a layer without I/O doesn't name.
const IO: [&str; 9] =
    ["axum", "hyper", "hyper_util", "sqlx", "tokio", "std::fs", "std::net", "std::io", "std::process"];

/// The layer of a file in `src`, and how many modules its own lies below the root.
fn place(path: &str) -> Option<(&str, usize)> {
    let module = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let layer = module.split('/').next()?;
    Some((layer, module.split('/').count()))
}

/// Every name that a file takes from another layer against the arrows.
fn against_the_arrows(path: &str, text: &str) -> Vec<String> {
    let Some((layer, depth)) = place(path) else { return Vec::new() };
    let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("{path}: `{layer}` has no row in tests/tidy/arrows.rs")];
    };
    let code = parts(text).code;
    let mut findings = Vec::new();
    for (line, name) in named_from_the_root(&code, depth) {
        let is_layer = MAY_NAME.iter().any(|(layer, _)| *layer == name);
        if (is_layer || name == "*") && name != layer && !allowed.contains(&name) {
            findings.push(format!("{path}:{line}: {layer} may not name {name}"));
        }
    }
    findings
}

/// The first names of all paths that begin at the crate's root, each with its line: after `crate::`, after the crate's own
/// name, and after as many `super::` as lead to the root.
fn named_from_the_root(code: &str, depth: usize) -> Vec<(usize, &str)> {
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    let mut named = Vec::new();
    for root in ["crate", "kaichang"] {
        for (at, _) in code.match_indices(root) {
            if code[..at].chars().next_back().is_some_and(|sign| is_name(sign) || sign == ':') {
                continue;
            }
            named.extend(first_names(code, at + root.len()));
        }
    }
    for (at, _) in code.match_indices("super") {
        let is_inside = code[..at].chars().next_back().is_some_and(is_name);
        if is_inside || code[..at].trim_end().ends_with(':') {
            continue;
        }
        let (mut steps, mut end) = (1, at + "super".len());
        while let Some(next) = after_colons(code, end).filter(|next| code[*next..].starts_with("super")) {
            (steps, end) = (steps + 1, next + "super".len());
        }
        // A module inside the file lies one deeper, and then the name is one of its own layer's: it is told by the name.
        if steps >= depth {
            named.extend(first_names(code, end));
        }
    }
    named
}

/// The names that follow `::` here: one, or those of a group.
fn first_names(code: &str, at: usize) -> Vec<(usize, &str)> {
    let Some(from) = after_colons(code, at) else { return Vec::new() };
    let line_of = |at: usize| code[..at].matches('\n').count() + 1;
    if !code[from..].starts_with('{') {
        return vec![(line_of(from), name(&code[from..]))];
    }
    let mut names = Vec::new();
    let mut depth = 0;
    for (offset, sign) in code[from..].char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(sign, '{' | ',') {
            let rest = &code[from + offset + 1..];
            let skipped = rest.len() - rest.trim_start().len();
            names.push((line_of(from + offset + 1 + skipped), name(rest.trim_start())));
        }
    }
    names
}

/// Where the path goes on behind `::`.
fn after_colons(code: &str, at: usize) -> Option<usize> {
    let rest = code[at..].trim_start().strip_prefix("::")?.trim_start();
    Some(code.len() - rest.len())
}

/// The name, or the star, that the text begins with.
fn name(text: &str) -> &str {
    if text.starts_with('*') {
        return "*";
    }
    let end = text.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(text.len());
    &text[..end]
}

/// Every word of I/O in a layer that knows none.
fn io_where_none_is(path: &str, text: &str) -> Vec<String> {
    let Some((layer, _)) = place(path) else { return Vec::new() };
    if !WITHOUT_IO.contains(&layer) {
        return Vec::new();
    }
    let code = parts(text).code;
    let lines = code.lines().enumerate();
    lines
        .flat_map(|(at, line)| IO.iter().filter(|io| has_word(line, io)).map(move |io| (at + 1, io)))
        .map(|(line, io)| format!("{path}:{line}: {layer} knows no `{io}`"))
        .collect()
}

#[test]
fn imports_go_one_way() {
    let files = tree::files_ending(".rs");
    let findings: Vec<_> = files
        .iter()
        .flat_map(|file| against_the_arrows(&file.path, file.text().expect("a source in UTF-8")))
        .collect();
    assert_none(&findings);
}

#[test]
fn domain_and_engine_know_no_io() {
    let files = tree::files_ending(".rs");
    let findings: Vec<_> = files
        .iter()
        .flat_map(|file| io_where_none_is(&file.path, file.text().expect("a source in UTF-8")))
        .collect();
    assert_none(&findings);
}

#[test]
fn an_import_upward_is_found_in_every_shape() {
    for (path, text) in [
        ("src/domain/money.rs", "use crate::engine::lane::Ticket;"),
        ("src/domain.rs", "use super::engine;"),
        ("src/domain/money.rs", "use super::super::engine::word;"),
        ("src/engine/book.rs", "fn f() { crate::api::answer() }"),
        (
            "src/engine/book.rs",
            "use crate::{\n    domain::ids::{self, BookingNo},\n    journal::Journal,\n};",
        ),
        ("src/engine/book.rs", "use crate :: { journal };"),
        ("src/engine/book.rs", "use crate::*;"),
        ("src/journal/frame.rs", "use crate::identity::token;"),
        ("src/demo/plan.rs", "use crate::engine::Engine;"),
        ("src/identity/token.rs", "mod tests { use super::super::super::app; use super::super::app; }"),
        ("src/main.rs", "use kaichang::{app, engine};"),
        ("src/lib.rs", "use crate::domain;"),
        ("src/api/problem.rs", "use crate::app::SystemClock;"),
        ("src/misc/more.rs", ""),
    ] {
        assert!(!against_the_arrows(path, text).is_empty(), "{path}: {text}");
    }
}

#[test]
fn what_the_arrows_allow_is_not_found() {
    for (path, text) in [
        ("src/engine/book.rs", "use crate::domain::ids::BookingNo;\nuse super::{lane, api};"),
        ("src/app/demo.rs", "use crate::{api, demo, journal};\nuse super::demo;"),
        ("src/domain/money.rs", "// crate::engine\nconst TEXT: &str = \"crate::api\";"),
        ("src/domain/money.rs", "use other_crate::engine; use kaichang_load::api;"),
        ("src/main.rs", "use kaichang::app::{self, Arguments};"),
        ("tests/http.rs", "use kaichang::engine::Engine;"),
    ] {
        assert_none(&against_the_arrows(path, text));
    }
}

#[test]
fn the_line_of_a_finding_is_that_of_the_name() {
    let findings = against_the_arrows("src/engine/book.rs", "//! x\nuse crate::{\n    domain,\n    api,\n};");
    assert_eq!(findings, ["src/engine/book.rs:4: engine may not name api"]);
}

#[test]
fn io_is_found_in_code_and_only_there() {
    for (path, text, count) in [
        ("src/engine/lane.rs", "use tokio::sync::Notify;", 1),
        ("src/domain/ids.rs", "fn f() { std::fs::read(x) }\n#[derive(sqlx::Type)]", 2),
        ("src/engine/lane.rs", "// tokio is not known here", 0),
        ("src/api/front.rs", "use axum::Router;", 0),
        ("src/engine/lane.rs", "use tokio_like::x;", 0),
    ] {
        assert_eq!(io_where_none_is(path, text).len(), count, "{path}: {text}");
    }
}
