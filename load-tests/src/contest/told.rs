//! What came of a contest, as lines, as JSON and as a page.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use super::Played;
use super::declare::Contest;
use super::judge::{ERRORS_MAX, Fairness};
use super::people::People;
use crate::Failure;
use crate::arguments::GrabArguments;
use crate::machine::Machine;

#[derive(Serialize)]
pub(super) struct Told<'a> {
    scenario: &'static str,
    mode: &'static str,
    machine: &'a Machine,
    residents: usize,
    robots: usize,
    robots_percent_of_requests: u8,
    slots: usize,
    requests_of_residents: usize,
    requests_of_robots: usize,
    by_status: &'a BTreeMap<u16, u64>,
    fairness: &'a Fairness,
    audit: Audit<'a>,
}

#[derive(Serialize)]
struct Audit<'a> {
    findings: usize,
    shown: &'a [String],
}

impl<'a> Told<'a> {
    pub(super) fn of(
        grab: &GrabArguments,
        machine: &'a Machine,
        people: &People,
        contest: &Contest,
        played: &'a Played,
        fairness: &'a Fairness,
    ) -> Self {
        let [requests_of_residents, requests_of_robots] = played.sent;
        Self {
            scenario: "grab",
            mode: grab.mode.name(),
            machine,
            residents: people.count(),
            robots: people.robots,
            robots_percent_of_requests: grab.robots,
            slots: contest.slots.len(),
            requests_of_residents,
            requests_of_robots,
            by_status: &played.by_status,
            fairness,
            audit: Audit { findings: played.findings.count(), shown: played.findings.shown() },
        }
    }

    /// Each a name and what is told of it.
    fn rows(&self) -> Vec<(&'static str, String)> {
        let Fairness { taking_part, winners, robots_taking_part, robots_winning, .. } = self.fairness;
        let judged = if self.fairness.is_judged {
            "at most"
        } else {
            "by the rule of the mode, no bound; else at most"
        };
        let by_status: Vec<String> =
            self.by_status.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        vec![
            ("mode", self.mode.to_owned()),
            ("residents", format!("{}, {} of them robots' accounts", self.residents, self.robots)),
            (
                "requests",
                format!("{} of residents, {} of robots", self.requests_of_residents, self.requests_of_robots),
            ),
            ("answers", by_status.join(", ")),
            ("slots", format!("{}, {winners} of them got by {taking_part} who took part", self.slots)),
            (
                "robots",
                format!(
                    "{robots_winning} of {robots_taking_part} won, {:.1} would by chance: {:+.2} standard errors, {judged} {ERRORS_MAX}",
                    self.fairness.robots_expected, self.fairness.robots_errors
                ),
            ),
            (
                "earlier",
                format!(
                    "who won came earlier by {:+.2} standard errors, {judged} {ERRORS_MAX}",
                    self.fairness.earlier_errors
                ),
            ),
            ("audit", format!("{} findings", self.audit.findings)),
        ]
    }

    pub(super) fn lines(&self) -> String {
        let Machine { cpus, model, kernel, file_system, .. } = self.machine;
        let mut lines = format!("grab; {cpus} x {model}, Linux {kernel}, {file_system}");
        for (name, told) in self.rows() {
            let _ = write!(lines, "\n{name}: {told}");
        }
        if self.audit.findings == 0 {
            lines.push_str("\nkaichang verify was content");
        }
        lines
    }

    pub(super) fn write(&self, json: Option<&Path>, html: Option<&Path>) -> Result<(), Failure> {
        let put = |path: &Path, bytes: &[u8]| {
            std::fs::write(path, bytes).map_err(|error| format!("write {}: {error}", path.display()))
        };
        if let Some(path) = json {
            put(path, &serde_json::to_vec_pretty(self)?)?;
        }
        if let Some(path) = html {
            put(path, self.page().as_bytes())?;
        }
        Ok(())
    }

    fn page(&self) -> String {
        let rows = self.rows().into_iter().fold(String::new(), |mut rows, (name, told)| {
            let _ = writeln!(rows, "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", escaped(&told));
            rows
        });
        let findings = self.audit.shown.iter().fold(String::new(), |mut list, finding| {
            let _ = writeln!(list, "<li>{}</li>", escaped(finding));
            list
        });
        format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>kaichang-load grab, {}</title>\n\
             <style>{}</style>\n<h1>grab, {}</h1>\n<table>\n{rows}</table>\n<ul>\n{findings}</ul>\n</html>\n",
            self.mode,
            include_str!("../scenario/page.css"),
            self.mode
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
