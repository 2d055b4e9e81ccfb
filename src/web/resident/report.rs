//! `/releases/{release}/report`: what came of a release, for everybody to see.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::api::extract::PathText;
use crate::api::open_data::OpenData;
use crate::api::open_data::report::{draw_share, queue_share};
use crate::api::open_data::reports::Counted;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::written_time::WrittenDay;
use crate::domain::catalogue::Release;
use crate::domain::release::ReleaseWhen;
use crate::domain::time::UtcMillis;
use crate::engine::release_report::{AGAIN_WITHIN_DAYS, ReleaseReport};
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct ReportQuery {
    date: Option<WrittenDay>,
}

#[derive(Template)]
#[template(path = "resident/report.html")]
struct ReportPage {
    shell: Shell,
    scope: String,
    /// The days of play that have opened, of a release that opens day by day.
    days: Vec<DayLink>,
    told: Vec<String>,
    counts: Vec<(String, String)>,
    tables: Vec<Table>,
    draw: Option<(String, String)>,
    data: String,
}

struct DayLink {
    name: String,
    address: String,
    is_shown: bool,
}

struct Table {
    title: String,
    hint: Option<String>,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The report.
///
/// # Errors
/// `not-found`, `invalid-request` for a day that is none of its own, or a fault of ours.
pub async fn show(
    State(open_data): State<OpenData>,
    visitor: Visitor,
    QueryOf(query): QueryOf<ReportQuery>,
    PathText(code): PathText,
    headers: HeaderMap,
) -> Result<Response, Turned> {
    let counted = open_data.reports.of(&open_data, &code, query.date.map(|day| day.0)).await?;
    let world = Arc::clone(&open_data.engine.world());
    let release = world.catalogue.release_by_code(&code).ok_or(Problem::NotFound)?;
    let words = visitor.words;
    let title = words.tell("report-of", &[("name", format::name(words, &release.def.name).into())]);
    let page = ReportPage {
        shell: Shell::of(&visitor, title, Place::Find),
        scope: scope(words, &world, &counted),
        days: day_links(words, &open_data, &world, release, &counted),
        told: told(words, &world, &counted.report),
        counts: counts(words, &counted.report),
        tables: tables(words, &world, &counted, open_data.reports.since)
            .into_iter()
            .chain(waits(words, &open_data, release))
            .collect(),
        draw: draw_share(&open_data.engine, release).map(|share| {
            let won = share.won.map_or_else(|| "–".to_owned(), |won| won.to_string());
            let told = words.tell(
                "report-draw-told",
                &[("entries", share.entries.to_string().into()), ("won", won.into())],
            );
            (told, share.file)
        }),
        data: data_address(&code, &counted, query_names_day(release)),
    };
    page::public(&visitor, &headers, &page)
}

const fn query_names_day(release: &Release) -> bool {
    matches!(release.def.when, ReleaseWhen::Daily { .. })
}

fn data_address(code: &str, counted: &Counted, names_day: bool) -> String {
    let query = if names_day { format!("?date={}", counted.first) } else { String::new() };
    format!("/v1/releases/{code}/report{query}")
}

fn scope(words: Words, world: &World, counted: &Counted) -> String {
    let moment = format::moment(words, world.catalogue.zone(), counted.at);
    let (first, last) = (format::day(words, counted.first), format::day(words, counted.last));
    if counted.first == counted.last {
        words.tell("report-day", &[("day", first.into()), ("moment", moment.into())])
    } else {
        words
            .tell("report-days", &[("first", first.into()), ("last", last.into()), ("moment", moment.into())])
    }
}

fn day_links(
    words: Words,
    open_data: &OpenData,
    world: &World,
    release: &Release,
    counted: &Counted,
) -> Vec<DayLink> {
    if !query_names_day(release) {
        return Vec::new();
    }
    let opened = |day| open_data.engine.releases().opened_at(release.no, day).is_some();
    let days =
        world.days.iter().map(|clock| clock.day).filter(|day| release.def.governs(*day) && opened(*day));
    days.map(|day| DayLink {
        name: format::day(words, day),
        address: format!("/releases/{}/report?date={day}", release.def.code.as_str()),
        is_shown: day == counted.first,
    })
    .collect()
}

fn told(words: Words, world: &World, report: &ReleaseReport) -> Vec<String> {
    let Some(opened_at) = report.opened_at else { return vec![words.say("report-not-open").into_owned()] };
    let moment = format::moment(words, world.catalogue.zone(), opened_at);
    let mut told = vec![words.tell("report-opened", &[("moment", moment.into())])];
    told.push(match report.sold_out_at {
        Some(out) => {
            let seconds = u32::try_from((out.get() - opened_at.get()).max(0) / 1000).unwrap_or(u32::MAX);
            words.tell("report-sold-out", &[("time", lasting(words, seconds).into())])
        }
        None => {
            let half_hours = report.half_hours;
            let percent = (half_hours.left() * 100).checked_div(half_hours.offered).unwrap_or(0);
            words.tell("report-left", &[("percent", percent.to_string().into())])
        }
    });
    told
}

/// Seconds below two minutes, and minutes or hours above.
fn lasting(words: Words, seconds: u32) -> String {
    if seconds < 120 {
        words.tell("report-seconds", &[("seconds", i64::from(seconds).into())])
    } else {
        format::minutes(words, seconds / 60)
    }
}

fn counts(words: Words, report: &ReleaseReport) -> Vec<(String, String)> {
    let sold = (report.half_hours.sold * 100).checked_div(report.half_hours.offered).unwrap_or(0);
    [
        (words.say("report-bookings"), report.bookings.standing.to_string()),
        (words.say("report-residents"), report.residents.with_bookings.to_string()),
        (words.say("report-sold"), format!("{sold} %")),
        (words.say("report-returned"), report.bookings.cancelled.to_string()),
    ]
    .into_iter()
    .map(|(name, count)| (name.into_owned(), count))
    .collect()
}

/// How long those waited whose turn has come, of a release that one queues for.
fn waits(words: Words, open_data: &OpenData, release: &Release) -> Option<Table> {
    let share = queue_share(&open_data.engine, release)?;
    let early = share.early.map_or_else(|| "–".to_owned(), |early| early.to_string());
    let hint = [
        ("came", share.came.to_string().into()),
        ("early", early.into()),
        ("turns", share.turns.to_string().into()),
    ];
    let told = [
        (words.say("report-wait-median"), share.median_wait_ms),
        (words.say("report-wait-ninety"), share.ninety_percent_wait_ms),
        (words.say("report-wait-longest"), share.longest_wait_ms),
    ];
    let seconds = |ms: u64| u32::try_from(ms / 1000).unwrap_or(u32::MAX);
    let rows =
        told.into_iter().filter_map(|(name, ms)| Some(vec![name.into_owned(), lasting(words, seconds(ms?))]));
    Some(Table {
        title: words.say("report-waits").into_owned(),
        hint: Some(words.tell("report-waits-hint", &hint)),
        heads: vec![words.say("report-wait").into_owned(), words.say("report-wait-time").into_owned()],
        rows: rows.collect(),
    })
}

fn tables(words: Words, world: &World, counted: &Counted, since: UtcMillis) -> Vec<Table> {
    let report = &counted.report;
    let heads = |told: &[Cow<'static, str>]| told.iter().map(|head| head.clone().into_owned()).collect();
    // What lies ahead is not told yet.
    let is_over =
        |seconds: u32| report.opened_at.is_some_and(|at| at.plus_ms(i64::from(seconds) * 1000) <= counted.at);
    let within = report.within.iter().filter(|(seconds, _)| is_over(*seconds));
    let residents = &report.residents;
    let share =
        |count: u64| format!("{} %", (count * 100).checked_div(report.bookings.standing).unwrap_or(0));
    let districts = report.by_district.iter().filter_map(|(no, count)| {
        let name = format::name(words, &world.catalogue.district(*no)?.name).to_owned();
        Some(vec![name, count.to_string(), share(*count)])
    });
    let moment = format::moment(words, world.catalogue.zone(), since);
    let again = [
        ("count", i64::try_from(residents.again).unwrap_or(i64::MAX).into()),
        ("days", i64::from(AGAIN_WITHIN_DAYS).into()),
    ];
    let refused_hint = if report.refused.is_empty() {
        words.say("report-nobody-refused").into_owned()
    } else {
        words.tell("report-refused-hint", &[("moment", moment.into())])
    };
    vec![
        Table {
            title: words.say("report-within").into_owned(),
            hint: None,
            heads: heads(&[words.say("report-after"), words.say("report-booked")]),
            rows: within.map(|(seconds, count)| vec![lasting(words, *seconds), count.to_string()]).collect(),
        },
        Table {
            title: words.say("report-by-bookings").into_owned(),
            hint: (residents.with_bookings > 0).then(|| words.tell("report-again", &again)),
            heads: heads(&[words.say("report-each"), words.say("report-each-residents")]),
            rows: residents
                .by_bookings
                .iter()
                .map(|(each, count)| vec![each.to_string(), count.to_string()])
                .collect(),
        },
        Table {
            title: words.say("report-districts").into_owned(),
            hint: None,
            heads: heads(&[
                words.say("report-districts"),
                words.say("report-each"),
                words.say("report-share"),
            ]),
            rows: districts.collect(),
        },
        Table {
            title: words.say("report-refused").into_owned(),
            hint: Some(refused_hint),
            heads: heads(&[words.say("report-reason"), words.say("report-count")]),
            rows: report
                .refused
                .iter()
                .map(|(name, count)| {
                    vec![words.say(&format!("problem-title-{name}")).into_owned(), count.to_string()]
                })
                .collect(),
        },
    ]
    .into_iter()
    .filter(|table| table.hint.is_some() || !table.rows.is_empty())
    .collect()
}
