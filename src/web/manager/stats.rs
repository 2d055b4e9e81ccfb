//! `/manage/{venue}/stats`: how a venue is used and what it earns, drawn by day and told in a table.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Head, Here, around};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::manager::authority::Task;
use crate::api::manager::stats::{Counted, Figures, counted};
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::written_time::WrittenDay;
use crate::domain::money::{Currency, Minor};
use crate::domain::time::LocalDay;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many days are shown where none are named, today the last.
const DAYS: i32 = 14;
/// The drawing's size in its own units, and what is left under the bars for the days.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 160;

#[derive(Debug, Deserialize)]
pub struct StatsQuery {
    from: Option<WrittenDay>,
    to: Option<WrittenDay>,
}

#[derive(Template)]
#[template(path = "manager/stats.html")]
struct StatsPage {
    shell: Shell,
    head: Head,
    from: String,
    to: String,
    counts: Vec<(String, String)>,
    charts: Vec<Chart>,
    days: Vec<Line>,
    pitches: Vec<Line>,
}

/// A drawing of bars, one a day.
struct Chart {
    title: String,
    class: &'static str,
    highest: String,
    bars: Vec<Bar>,
}

struct Bar {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    text_x: i64,
    told: String,
    /// Under the bar, where there is room.
    label: String,
}

/// A line of the table.
struct Line {
    name: String,
    bookings: u64,
    people: u64,
    cancelled: u64,
    missed: u64,
    used: String,
    revenue: String,
    refunds: String,
}

/// The figures.
///
/// # Errors
/// As `At::enter`, `invalid-request` for too long a range, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<StatsQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let (words, currency) = (visitor.words, at.currency());
    let to = query.to.map_or(at.today(), |day| day.0);
    let from = query.from.map_or(to.plus_days(1 - DAYS), |day| day.0);
    let counted = counted(&desk, &at.world, at.who, &code, (from, to)).await?;
    let (shell, head) = around(&at, &visitor, Here::Stats, words.say("manage-stats"))?;
    let total = counted.total;
    let counts = vec![
        (words.say("stat-bookings").into_owned(), total.bookings.to_string()),
        (words.say("people").into_owned(), total.people.to_string()),
        (words.say("stat-used").into_owned(), per_cent(total)),
        (words.say("stat-revenue").into_owned(), format::sum(Minor::new(total.revenue), currency)),
    ];
    let used = |figures: &Figures| i64::try_from(figures.utilisation()).unwrap_or(i64::MAX);
    let charts = vec![
        chart(words, &counted, words.say("stat-used").into_owned(), "used", used, |figures| {
            per_cent(*figures)
        }),
        chart(
            words,
            &counted,
            words.say("stat-revenue").into_owned(),
            "paid",
            |figures| figures.revenue,
            |figures| format::sum(Minor::new(figures.revenue), currency),
        ),
    ];
    let day_line =
        |day: &crate::api::manager::stats::CountedDay| line(format::day(words, day.day), day.total, currency);
    let page = StatsPage {
        shell,
        head,
        from: from.to_string(),
        to: to.to_string(),
        counts,
        charts,
        days: counted.days.iter().rev().map(day_line).collect(),
        pitches: by_pitch(&at, words, &counted),
    };
    page::own(StatusCode::OK, &page)
}

/// The figures of each pitch over all days.
fn by_pitch(at: &At, words: Words, counted: &Counted) -> Vec<Line> {
    let mut sums: Vec<(&str, Figures)> = Vec::new();
    for (code, figures) in counted.days.iter().flat_map(|day| &day.pitches) {
        match sums.iter_mut().find(|(known, _)| *known == code.as_str()) {
            Some((_, sum)) => *sum += *figures,
            None => sums.push((code, *figures)),
        }
    }
    let name = |code: &str| {
        let pitch = at.world.catalogue.pitch_by_code(code);
        pitch.map_or(code, |pitch| format::name(words, &pitch.name)).to_owned()
    };
    sums.into_iter().map(|(code, figures)| line(name(code), figures, at.currency())).collect()
}

fn line(name: String, figures: Figures, currency: Currency) -> Line {
    Line {
        name,
        bookings: figures.bookings,
        people: figures.people,
        cancelled: figures.cancelled,
        missed: figures.no_shows,
        used: per_cent(figures),
        revenue: format::sum(Minor::new(figures.revenue), currency),
        refunds: format::sum(Minor::new(figures.refunds), currency),
    }
}

fn per_cent(figures: Figures) -> String {
    let thousandths = figures.utilisation();
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

fn chart(
    words: Words,
    counted: &Counted,
    title: String,
    class: &'static str,
    value: impl Fn(&Figures) -> i64,
    told: impl Fn(&Figures) -> String,
) -> Chart {
    let count = i64::try_from(counted.days.len()).unwrap_or(1).max(1);
    let highest = counted.days.iter().max_by_key(|day| value(&day.total));
    let most = highest.map_or(0, |day| value(&day.total)).max(1);
    let step = WIDTH / count;
    // As many labels as there is room for.
    let every = (36 / step.max(1) + 1).max(1);
    let bar = |(at, day): (usize, &crate::api::manager::stats::CountedDay)| {
        let at = i64::try_from(at).unwrap_or(0);
        let height = value(&day.total).max(0).saturating_mul(HEIGHT) / most;
        let label = |day: LocalDay| format!("{}/{}", day.date().month(), day.date().day());
        Bar {
            x: at * step + 1,
            y: HEIGHT - height,
            width: (step - 2).max(1),
            height,
            text_x: at * step + step / 2,
            told: format!("{}: {}", format::day(words, day.day), told(&day.total)),
            label: if at % every == 0 { label(day.day) } else { String::new() },
        }
    };
    Chart {
        title,
        class,
        highest: highest.map_or_else(String::new, |day| told(&day.total)),
        bars: counted.days.iter().enumerate().map(bar).collect(),
    }
}
