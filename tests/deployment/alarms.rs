//! Prometheus's own tool runs every alarm over figures that deserve it and figures that don't.

use std::path::Path;
use std::process::{Command, Output};

use crate::text_of;

const RULES: &str = "deploy/prometheus-rules.yml";
const TESTS: &str = "deploy/prometheus-rules.test.yml";

/// Runs the tests over a set of rules.
///
/// # Panics
/// Where there is no promtool: to pass without it would say what isn't so.
fn run(rules: &str) -> Output {
    let dir = tempfile::tempdir().expect("a directory");
    let put = |path: &str, text: &str| {
        let name = Path::new(path).file_name().expect("a file's name");
        std::fs::write(dir.path().join(name), text).expect("written");
    };
    put(RULES, rules);
    put(TESTS, &text_of(TESTS));
    let name = Path::new(TESTS).file_name().expect("a file's name");
    let ran = Command::new("promtool").args(["test", "rules"]).arg(name).current_dir(dir.path()).output();
    ran.expect("this test asks promtool, which is not there: apt-get install prometheus")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

fn alarms(rules: &str) -> Vec<&str> {
    rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect()
}

/// The rules with another expression for an alarm.
fn with_expression(rules: &str, alarm: &str, expression: &str) -> String {
    let mut is_next = false;
    let lines = rules.lines().map(|line| {
        if line.trim() == format!("- alert: {alarm}") {
            is_next = true;
        } else if is_next && line.trim().starts_with("expr: ") {
            is_next = false;
            return format!("        expr: {expression}\n");
        }
        format!("{line}\n")
    });
    lines.collect()
}

#[test]
fn every_alarm_goes_off_when_it_should_and_not_before() {
    let output = run(&text_of(RULES));
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn every_alarm_is_tried_with_figures_that_deserve_it_and_with_figures_that_do_not() {
    let (rules, tests) = (text_of(RULES), text_of(TESTS));
    let alarms = alarms(&rules);
    assert!(alarms.len() > 10, "{alarms:?}");
    let tried: Vec<&str> = tests.split("alertname: ").skip(1).collect();
    let of = |alarm: &str, is_empty: bool| {
        let named = |case: &&&str| case.split([',', '\n']).next() == Some(alarm);
        let cases = tried.iter().filter(named);
        cases.filter(|case| case.contains("exp_alerts: []") == is_empty).count()
    };
    for alarm in alarms {
        assert!(of(alarm, true) > 0, "{alarm} is never expected not to go off");
        assert!(of(alarm, false) > 0, "{alarm} is never expected to go off");
    }
}

#[test]
fn an_alarm_that_never_goes_off_and_one_that_always_does_are_found() {
    let rules = text_of(RULES);
    for expression in ["vector(0) > 1", "absent(no_such_figure)"] {
        let output = run(&with_expression(&rules, "KaichangDiskShort", expression));
        assert!(!output.status.success(), "{expression}: {}", said(&output));
    }
}
