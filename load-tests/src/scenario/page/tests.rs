//! The page of a run with findings: everything is in it, nothing is fetched, and what the server wrote can't become a tag.

use std::collections::BTreeMap;

use super::*;
use crate::scenario::summary::AuditFigures;

fn summary<'a>(machine: &'a Machine, looked: &'a [String], shown: &'a [String]) -> Summary<'a> {
    let second = |at: f64| SecondFigures {
        at,
        per_second: at,
        by_status: BTreeMap::from([(200, 90.0), (201, 9.0), (409, 1.0), (500, 1.0)]),
        lost: 2.0,
        p50_us: 400,
        p99_us: 2_000,
        server_share: Some(0.9),
        client_share: 0.3,
        memory_bytes: Some(200 << 20),
    };
    let kind = |kind| KindFigures {
        kind,
        answered: 1000,
        lost: 3,
        per_second: 100.0,
        by_status: BTreeMap::from([(201, 990), (409, 10)]),
        p50_us: 400,
        p90_us: 900,
        p99_us: 2_000,
        p999_us: 3_000,
        max_us: 9_000,
        curve_us: QUANTILES.iter().enumerate().map(|(at, _)| 100 + 100 * at as u64).collect(),
    };
    Summary {
        scenario: "chaos",
        what: "people book & cancel",
        command: "kaichang-load chaos --json <file>".to_owned(),
        machine,
        connections: 64,
        intended_per_second: Some(5000),
        seconds: 4.0,
        per_second: 250.0,
        kinds: vec![kind("browse"), kind("book")],
        lag_p99_us: Some(1_500),
        server_cpu_us: Some(20.0),
        memory_peak_bytes: Some(200 << 20),
        client_share: 0.1,
        kills_seconds: vec![2.5],
        series: vec![second(1.0), second(2.0), second(3.0), second(4.0)],
        audit: AuditFigures { looked, findings: shown.len(), shown },
    }
}

fn machine() -> Machine {
    Machine {
        cpus: 2,
        model: "m".to_owned(),
        kernel: "6.1".to_owned(),
        memory_bytes: 8 << 30,
        file_system: "ext4".to_owned(),
    }
}

#[test]
fn a_page_has_all_plots_and_needs_nothing_from_elsewhere() {
    let machine = machine();
    let page = html(&summary(&machine, &["everything was looked at".to_owned()], &[]));
    for title in [
        "Latency by percentile",
        "Latency over time",
        "Throughput over time",
        "Outcomes over time",
        "Processor over time",
        "The server&#39;s memory over time",
    ] {
        let title = title.replace("&#39;", "'");
        assert!(page.contains(&format!("<figcaption>{title}</figcaption>")), "{title}");
    }
    for foreign in ["<script", "<link", "<img", "http:", "https:", "url(", "@import"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("nothing found") && page.contains("everything was looked at"));
    assert!(page.contains("no answer") && page.contains("class=\"event\""), "what was lost, and when");
    assert!(page.contains("the client was late by 1.50 ms"));
}

#[test]
fn findings_stand_on_the_page_as_text() {
    let machine = machine();
    let page = html(&summary(&machine, &[], &["a slot of <b>p</b> was sold twice".to_owned()]));
    assert!(page.contains("a slot of &lt;b&gt;p&lt;/b&gt; was sold twice"));
    assert!(page.contains("people book &amp; cancel") && page.contains("--json &lt;file&gt;"));
    assert!(!page.contains("nothing found"));
}

#[test]
fn the_table_has_a_line_for_each_kind_under_its_heading() {
    let machine = machine();
    let table = summary(&machine, &[], &[]).table();
    let lines: Vec<&str> = table.lines().collect();
    let heading = lines.iter().position(|line| line.ends_with("answers")).expect("a heading");
    let end = |line: &str, word: &str| line.find(word).map(|at| at + word.len());
    assert_eq!(end(lines[heading], "p99.9 ms"), end(lines[heading + 2], "3.000"), "{table}");
    assert!(lines[heading + 2].contains("201: 990, 409: 10, none: 3"), "{table}");
}

#[test]
fn counts_have_their_thousands_apart_and_seconds_stand_evenly() {
    let apart = [
        (7, "7"),
        (1234, "1\u{202f}234"),
        (123_456, "123\u{202f}456"),
        (1_234_567, "1\u{202f}234\u{202f}567"),
    ];
    for (count, expected) in apart {
        assert_eq!(grouped(count), expected);
    }
    let machine = machine();
    let series = summary(&machine, &[], &[]).series;
    let marks: Vec<String> = seconds(&series).into_iter().map(|(_, words)| words).collect();
    assert_eq!(marks, ["0 s", "1 s", "2 s", "3 s", "4 s"]);
}
