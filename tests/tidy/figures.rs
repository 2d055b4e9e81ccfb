//! The figures of `/metrics`: each has its words, is explained to operators, and whatever watches figures watches ones that exist.

use std::collections::BTreeSet;

use crate::assert_none;
use crate::tree;

const WORDS: &str = "src/app/figure_names.rs";
const MANUAL: &str = "docs/OPERATING.md";
const RULES: &str = "deploy/prometheus-rules.yml";
const WATCHERS: [&str; 2] = [RULES, "deploy/grafana-dashboard.json"];

/// How figures' names begin.
const BEGINNINGS: [&str; 2] = ["kaichang_", "process_"];

/// What a histogram's name ends with where it is asked for.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// The names in quotation marks behind macros that make figures.
fn made(source: &str) -> BTreeSet<&str> {
    let calls = ["counter!(\"", "gauge!(\"", "histogram!(\""];
    let behind = calls.iter().flat_map(|call| source.split(call).skip(1));
    behind.filter_map(|rest| rest.split('"').next()).collect()
}

/// The names in quotation marks of the table.
fn told(table: &str) -> BTreeSet<&str> {
    let quoted = table.split('"').skip(1).step_by(2);
    quoted.filter(|name| is_name(name)).collect()
}

fn is_name(word: &str) -> bool {
    BEGINNINGS.iter().any(|beginning| word.starts_with(beginning)) && !word.contains(' ')
}

/// The figures that a rule or a picture asks for.
fn asked(text: &str) -> BTreeSet<&str> {
    let words = text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
    let names = words.filter(|word| is_name(word));
    names.map(|name| PARTS.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name)).collect()
}

fn alarms(rules: &str) -> Vec<&str> {
    rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect()
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(tree::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_figure_has_its_words_and_is_explained_to_operators() {
    let (words, manual) = (text_of(WORDS), text_of(MANUAL));
    let told = told(&words);
    let files = tree::files();
    let sources = files.iter().filter(|file| file.path.starts_with("src/") && file.path != WORDS);
    let made: BTreeSet<&str> = sources.filter_map(tree::File::text).flat_map(made).collect();
    assert!(made.len() > 20, "{made:?}");
    let without_words = made.difference(&told).map(|name| format!("{name} is not in {WORDS}"));
    let of_nothing = told.difference(&made).map(|name| format!("{name} of {WORDS} is no figure"));
    let unexplained = told.iter().filter(|name| !manual.contains(&format!("`{name}`")));
    let unexplained = unexplained.map(|name| format!("{name} is not in {MANUAL}"));
    assert_none(&without_words.chain(of_nothing).chain(unexplained).collect::<Vec<_>>());
}

#[test]
fn what_watches_figures_watches_ones_that_exist_and_every_alarm_is_explained() {
    let (words, manual) = (text_of(WORDS), text_of(MANUAL));
    let told = told(&words);
    let mut findings = Vec::new();
    for path in WATCHERS {
        let text = text_of(path);
        let asked = asked(&text);
        assert!(asked.len() > 5, "{path}: {asked:?}");
        findings.extend(asked.difference(&told).map(|name| format!("{path}: {name} is no figure")));
    }
    let rules = text_of(RULES);
    let unexplained = alarms(&rules).into_iter().filter(|alarm| !manual.contains(&format!("`{alarm}`")));
    findings.extend(unexplained.map(|alarm| format!("{alarm} is not in {MANUAL}")));
    assert_none(&findings);
}

#[test]
fn names_are_found_where_they_stand() {
    let made_here =
        made("gauge!(\"kaichang_a\").set(1); metrics::counter!(\"kaichang_b_total\", \"x\" => y)");
    assert_eq!(made_here, BTreeSet::from(["kaichang_a", "kaichang_b_total"]));
    assert_eq!(told("(\"process_a\", Gauge, \"kaichang_ is said here\")"), BTreeSet::from(["process_a"]));
    let rule = "rate(kaichang_a_seconds_bucket{x=\"y\"}[5m]) > kaichang_b_total";
    assert_eq!(asked(rule), BTreeSet::from(["kaichang_a_seconds", "kaichang_b_total"]));
    assert_eq!(alarms("  - alert: Down\n    expr: 1"), ["Down"]);
}
