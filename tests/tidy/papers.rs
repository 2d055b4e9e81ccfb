//! Papers name what is there: the files that they point to exist, and every kind of event is drawn under its number.

use std::collections::BTreeSet;

use crate::assert_none;
use crate::tree;

const MAP: &str = "docs/ARCHITECTURE.md";
const EVENTS: &str = "docs/events.md";
const CODEC: &str = "src/domain/event/codec.rs";

/// Where a path of the repository begins.
const ROOTS: [&str; 10] = [
    "src/",
    "tests/",
    "proptests/",
    "benches/",
    "docs/",
    "load-tests/",
    "migrations/",
    ".cargo/",
    ".ci/",
    "deploy/",
];

/// The paths that a paper names in backticks, and those that it links to, each with its line. A star stands for anything.
fn named(paper: &str, text: &str) -> Vec<(usize, String)> {
    let folder = paper.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut named = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|part| ROOTS.iter().any(|root| part.starts_with(root)));
        named.extend(paths.filter(|path| !path.contains(' ')).map(|path| (at + 1, path.to_owned())));
        let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let own = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
        named.extend(own.map(|link| (at + 1, resolve(folder, link))));
    }
    named
}

/// A link's path from the root.
fn resolve(folder: &str, link: &str) -> String {
    let link = link.split('#').next().unwrap_or(link);
    let mut parts: Vec<_> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Every path that a paper names and that is not there.
fn pointing_nowhere(paper: &str, text: &str, paths: &BTreeSet<String>) -> Vec<String> {
    let is_there = |path: &str| {
        let path = path.trim_end_matches('/');
        let begin = path.split('*').next().unwrap_or(path);
        let is_folder = |known: &String| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        paths.contains(path)
            || paths.iter().any(is_folder)
            || (path.contains('*') && paths.iter().any(|known| known.starts_with(begin)))
    };
    let missing = named(paper, text).into_iter().filter(|(_, path)| !is_there(path));
    missing.map(|(line, path)| format!("{paper}:{line}: `{path}` is not there")).collect()
}

/// The kinds of events that the codec knows and the paper doesn't draw under their number.
fn not_drawn(codec: &str, paper: &str) -> Vec<String> {
    let kinds = codec.lines().filter_map(|line| {
        let (name, number) = line.trim().strip_prefix("pub(super) const ")?.split_once(": u16 = ")?;
        Some((camel_case(name), number.trim_end_matches(';')))
    });
    kinds
        .filter(|(name, number)| !paper.contains(&format!("| {number} | `{name}` |")))
        .map(|(name, number)| format!("{EVENTS}: kind {number}, {name}, is not drawn"))
        .collect()
}

fn camel_case(name: &str) -> String {
    let words = name.split('_').filter_map(|word| word.split_at_checked(1));
    words.map(|(first, rest)| format!("{first}{}", rest.to_lowercase())).collect()
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(tree::root().join(path)).expect("a paper")
}

#[test]
fn no_paper_points_nowhere() {
    let files = tree::files();
    let paths: BTreeSet<_> = files.iter().map(|file| file.path.clone()).collect();
    let papers: Vec<_> = files.iter().filter(|file| file.path.ends_with(".md")).collect();
    assert!(papers.iter().any(|paper| paper.path == MAP), "there is no map");
    let findings: Vec<_> = papers
        .iter()
        .flat_map(|paper| pointing_nowhere(&paper.path, paper.text().expect("a paper in UTF-8"), &paths))
        .collect();
    assert_none(&findings);
}

#[test]
fn every_kind_of_event_is_drawn() {
    let codec = text_of(CODEC);
    assert!(codec.contains("BOOKING_CONFIRMED: u16 = 33;"), "the kinds stand elsewhere now");
    assert_none(&not_drawn(&codec, &text_of(EVENTS)));
}

#[test]
fn a_path_to_nowhere_is_found() {
    let paths = ["src/a.rs", "docs/b.md", "tests/c/d.rs"].map(str::to_owned).into();
    for (text, count) in [
        ("see `src/a.rs` and [b](b.md#part), `tests/c/`, `tests/*.rs`", 0),
        ("see `src/gone.rs`", 1),
        ("see [gone](gone.md) and [a](../src/a.rs)", 1),
        ("see `tests/c/gone.rs`, `docs/gone*`", 2),
        ("see https://example.org, [there](https://example.org/gone.md), `gone.rs`", 0),
    ] {
        assert_eq!(pointing_nowhere("docs/b.md", text, &paths).len(), count, "{text}");
    }
}

#[test]
fn a_kind_that_is_not_drawn_is_found() {
    let codec = "    pub(super) const CITY_FOUNDED: u16 = 1;\n    pub(super) const HOLD_PLACED: u16 = 40;\n";
    assert_eq!(not_drawn(codec, "| 1 | `CityFounded` | JSON |\n").len(), 1);
    assert_eq!(not_drawn(codec, "| 1 | `HoldPlaced` |\n| 40 | `CityFounded` |\n").len(), 2);
}
