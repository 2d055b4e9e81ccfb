//! A scenario's page: one file with everything in it, which needs no script and nothing from elsewhere.

use std::fmt::Write;

use super::plot::{Line, Plot, Scale, Shape};
use super::summary::{KindFigures, QUANTILES, SecondFigures, Summary};
use crate::machine::Machine;
use crate::statistics::{mib, ms, nines, per_cent, whole};

const STYLE: &str = include_str!("page.css");

/// Answers that stand together in the plot of outcomes.
struct Group {
    /// Of its colour.
    class: &'static str,
    name: &'static str,
    is_in: fn(u16) -> bool,
}

/// From the bottom.
const OUTCOMES: [Group; 5] = [
    Group { class: "c1", name: "done", is_in: |status| status < 300 },
    Group { class: "c2", name: "taken", is_in: |status| status == 409 },
    Group { class: "c3", name: "not allowed", is_in: |status| matches!(status, 402 | 403 | 425) },
    Group { class: "c4", name: "put off", is_in: |status| matches!(status, 429 | 503) },
    Group {
        class: "c5",
        name: "others",
        is_in: |status| status >= 300 && !matches!(status, 402 | 403 | 409 | 425 | 429 | 503),
    },
];
const COLOURS: [&str; 3] = ["c1", "c2", "c3"];

pub(super) fn html(summary: &Summary<'_>) -> String {
    let Summary { scenario, what, machine, seconds, per_second, audit, .. } = summary;
    let Machine { cpus, model, kernel, file_system, memory_bytes } = machine;
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Kaichang: {scenario}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<header>\n<h1>{scenario}</h1>\n<p>{}</p>\n</header>\n<main>\n",
        text(what)
    );
    let verdict = if audit.findings == 0 { "nothing found" } else { "findings" };
    let class = if audit.findings == 0 { "good" } else { "bad" };
    // A text takes all that is written to it.
    let _ = write!(
        page,
        "<ul class=\"tiles\">\n{}{}{}{}</ul>\n",
        tile(&grouped(whole(*per_second)), "answers a second", ""),
        tile(&worst_p99(&summary.kinds), "p99 of the slowest kind", ""),
        tile(&format!("{seconds:.1} s"), "measured", ""),
        tile(verdict, "audit", class)
    );
    for warning in summary.warnings() {
        let _ = writeln!(page, "<p class=\"warning\">{}</p>", text(&warning));
    }
    page.push_str(&table(&summary.kinds));
    page.push_str("<section class=\"plots\">\n");
    for plot in plots(summary) {
        page.push_str(&plot.figure());
    }
    page.push_str("</section>\n<section>\n<h2>Audit</h2>\n<ul>\n");
    for looked in audit.looked {
        let _ = writeln!(page, "<li>{}</li>", text(looked));
    }
    page.push_str("</ul>\n");
    if audit.findings > 0 {
        let _ =
            writeln!(page, "<p class=\"warning\">{} findings</p>\n<ul class=\"findings\">", audit.findings);
        for finding in audit.shown {
            let _ = writeln!(page, "<li>{}</li>", text(finding));
        }
        page.push_str("</ul>\n");
    }
    let _ = write!(
        page,
        "</section>\n<section>\n<h2>Measured on</h2>\n<dl>\n<dt>Machine</dt><dd>{cpus} × {}, {:.0} GiB</dd>\n<dt>System</dt>\
         <dd>Linux {}, {}</dd>\n<dt>Requests</dt><dd>{}</dd>\n{}<dt>Command</dt><dd><code>{}</code></dd>\n</dl>\n</section>\n\
         </main>\n</body>\n</html>\n",
        text(model),
        mib(*memory_bytes / 1024),
        text(kernel),
        text(file_system),
        text(&summary.pace()),
        costs(summary),
        text(&summary.command)
    );
    page
}

/// As it stands between tags.
fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn tile(value: &str, name: &str, class: &str) -> String {
    format!("<li class=\"{class}\"><strong>{value}</strong> <span>{name}</span></li>\n")
}

fn worst_p99(kinds: &[KindFigures]) -> String {
    kinds
        .iter()
        .map(|kind| kind.p99_us)
        .max()
        .map_or_else(|| "–".to_owned(), |us| format!("{:.2} ms", ms(us)))
}

fn costs(summary: &Summary<'_>) -> String {
    let client = format!("client {:.1} % of the processors", per_cent(summary.client_share));
    let lag =
        summary.lag_p99_us.map_or_else(String::new, |lag| format!(", late by {:.2} ms at p99", ms(lag)));
    let server = match (summary.server_cpu_us, summary.memory_peak_bytes) {
        (Some(us), Some(bytes)) => {
            format!("server {us:.1} µs of processor time a request, {:.0} MiB at most; ", mib(bytes))
        }
        _ => String::new(),
    };
    format!("<dt>Costs</dt><dd>{server}{client}{lag}</dd>\n")
}

fn table(kinds: &[KindFigures]) -> String {
    let mut table = "<div class=\"wide\"><table>\n<thead><tr><th></th><th>answered</th><th>a second</th><th>p50 ms</th><th>p90 ms</th>\
                     <th>p99 ms</th><th>p99.9 ms</th><th>max ms</th><th class=\"words\">answers</th></tr></thead>\n<tbody>\n"
        .to_owned();
    for kind in kinds {
        let _ = writeln!(
            table,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{:.2}</td><td>{:.2}</td><td>{:.2}</td><td>{:.2}</td><td>{:.2}</td>\
             <td class=\"words\">{}</td></tr>",
            kind.kind,
            grouped(kind.answered),
            grouped(whole(kind.per_second)),
            ms(kind.p50_us),
            ms(kind.p90_us),
            ms(kind.p99_us),
            ms(kind.p999_us),
            ms(kind.max_us),
            answers(kind)
        );
    }
    table.push_str("</tbody></table></div>\n");
    table
}

fn plots(summary: &Summary<'_>) -> Vec<Plot> {
    let series = &summary.series;
    let over_time = |title, unit, shape, lines: Vec<Line>| Plot {
        title,
        unit,
        scale: Scale::Linear,
        shape,
        lines,
        marks: seconds(series),
        events: summary.kills_seconds.clone(),
    };
    let line = |name: &str, class, value: &dyn Fn(&SecondFigures) -> Option<f64>| Line {
        name: name.to_owned(),
        class,
        points: series.iter().filter_map(|second| Some((second.at, value(second)?))).collect(),
    };
    vec![
        by_percentile(&summary.kinds),
        over_time(
            "Latency over time",
            "ms",
            Shape::Lines,
            vec![
                line("p50", "c1", &|second| Some(ms(second.p50_us))),
                line("p99", "c2", &|second| Some(ms(second.p99_us))),
            ],
        ),
        over_time(
            "Throughput over time",
            "answers a second",
            Shape::Stacked,
            vec![line("answers", "c1", &|second| Some(second.per_second))],
        ),
        over_time("Outcomes over time", "answers a second", Shape::Stacked, outcomes(series)),
        over_time(
            "Processor over time",
            "% of one processor",
            Shape::Lines,
            vec![
                line("server", "c1", &|second| second.server_share.map(per_cent)),
                line("client", "c4", &|second| Some(per_cent(second.client_share))),
            ],
        ),
        over_time(
            "The server's memory over time",
            "MiB",
            Shape::Lines,
            vec![line("server", "c1", &|second| second.memory_bytes.map(mib))],
        ),
    ]
}

/// Seconds from the beginning, evenly, and not too many.
fn seconds(series: &[SecondFigures]) -> Vec<(f64, String)> {
    let every = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200].into_iter();
    let every = every.chain([series.len()]).find(|every| series.len() / every <= 8).unwrap_or(1).max(1);
    (0..=u32::try_from(series.len()).unwrap_or(u32::MAX))
        .step_by(every)
        .map(|second| (f64::from(second), format!("{second} s")))
        .collect()
}

/// A count with its thousands apart.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Answers by status, and how often none came.
fn answers(kind: &KindFigures) -> String {
    let mut answers: Vec<String> =
        kind.by_status.iter().map(|(status, count)| format!("{status}: {}", grouped(*count))).collect();
    if kind.lost > 0 {
        answers.push(format!("none: {}", grouped(kind.lost)));
    }
    answers.join(", ")
}

fn by_percentile(kinds: &[KindFigures]) -> Plot {
    let curve = |kind: &KindFigures| {
        // The last one is the longest of all, which has no place between nines.
        QUANTILES
            .iter()
            .zip(&kind.curve_us)
            .filter(|(quantile, _)| **quantile < 1.0)
            .map(|(quantile, us)| (nines(*quantile), ms(*us)))
            .collect()
    };
    let lines = kinds.iter().zip(COLOURS).map(|(kind, class)| Line {
        name: kind.kind.to_owned(),
        class,
        points: curve(kind),
    });
    let marks = [(0.0, "0"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99 %")];
    Plot {
        title: "Latency by percentile",
        unit: "ms",
        scale: Scale::Powers,
        shape: Shape::Lines,
        lines: lines.collect(),
        marks: marks.into_iter().map(|(quantile, words)| (nines(quantile), words.to_owned())).collect(),
        events: Vec::new(),
    }
}

/// Those outcomes that there are.
fn outcomes(series: &[SecondFigures]) -> Vec<Line> {
    let mut lines = Vec::new();
    for Group { class, name, is_in } in OUTCOMES {
        let of = |second: &SecondFigures| -> f64 {
            second.by_status.iter().filter(|(status, _)| is_in(**status)).map(|(_, rate)| rate).sum()
        };
        let points: Vec<(f64, f64)> = series.iter().map(|second| (second.at, of(second))).collect();
        if points.iter().any(|(_, rate)| *rate > 0.0) {
            lines.push(Line { name: name.to_owned(), class, points });
        }
    }
    let lost: Vec<(f64, f64)> = series.iter().map(|second| (second.at, second.lost)).collect();
    if lost.iter().any(|(_, rate)| *rate > 0.0) {
        lines.push(Line { name: "no answer".to_owned(), class: "c6", points: lost });
    }
    lines
}

#[cfg(test)]
mod tests;
