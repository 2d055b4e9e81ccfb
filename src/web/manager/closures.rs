//! `/manage/{venue}/closures`: what is closed, and a closure that is looked at before it is declared.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Head, Here, around};
use super::people_rows::{PersonRow, rows_of};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::headers::checked_key;
use crate::api::manager::authority::Task;
use crate::api::manager::closure_view::{Hit, InsideView, NAMED_MAX, inside};
use crate::api::manager::closures::{ClosureBody, Declared, closed, foreseen};
use crate::api::manager::retry::Retry;
use crate::api::open_data::venue_view::clock_text;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::written_time::{MinuteOfDay, WrittenDay};
use crate::domain::catalogue::Closure;
use crate::domain::definition::BookingsInside;
use crate::domain::units::UNITS_PER_DAY;
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::operator::venues::Choice;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// All whole pitches of the venue, as the form names them.
const ALL: &str = "all";
/// How many closures are shown, the newest first.
const SHOWN_MAX: usize = 100;

#[derive(Debug, Deserialize)]
pub struct ClosureForm {
    #[serde(default)]
    key: String,
    pitch: String,
    from: WrittenDay,
    to: WrittenDay,
    start: MinuteOfDay,
    end: MinuteOfDay,
    bookings: InsideView,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    fingerprint: String,
}

impl ClosureForm {
    fn body(&self) -> ClosureBody {
        ClosureBody {
            from: self.from,
            to: self.to,
            start: Some(self.start),
            end: Some(self.end),
            bookings: self.bookings,
            reason: self.reason.trim().to_owned(),
            fingerprint: (!self.fingerprint.is_empty()).then(|| self.fingerprint.clone()),
        }
    }

    /// What a retry is compared by.
    fn asks_for(&self) -> Vec<u8> {
        let (start, end) = (self.start.0, self.end.0);
        let Self { pitch, from, to, bookings, reason, .. } = self;
        format!("{pitch}\0{}\0{}\0{start}\0{end}\0{bookings:?}\0{reason}", from.0, to.0).into_bytes()
    }

    fn pitches<'a>(&'a self, at: &'a At) -> Vec<&'a str> {
        match self.pitch.as_str() {
            ALL => at.pitches().into_iter().filter(|p| p.whole == p.no).map(|p| p.code.as_str()).collect(),
            // Several that were marked together stand with commas between, which no id has.
            codes => codes.split(',').collect(),
        }
    }
}

/// What the form begins with: cells that were marked in the calendar, or what was sent and refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ClosuresQuery {
    pitch: String,
    date: String,
    /// Where it is another day than the first.
    last: String,
    start: String,
    end: String,
    reason: String,
}

impl ClosuresQuery {
    fn of(form: &ClosureForm) -> Self {
        Self {
            pitch: form.pitch.clone(),
            date: form.from.0.to_string(),
            last: form.to.0.to_string(),
            start: clock_of(form.start),
            end: clock_of(form.end),
            reason: form.reason.clone(),
        }
    }
}

fn clock_of(minute: MinuteOfDay) -> String {
    format!("{:02}:{:02}", minute.0 / 60, minute.0 % 60)
}

#[derive(Template)]
#[template(path = "manager/closures.html")]
struct ClosuresPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    pitches: Vec<Choice>,
    first_day: String,
    last_day: String,
    times: Vec<Choice>,
    ends: Vec<Choice>,
    reason: String,
    rows: Vec<ClosureRow>,
    action: String,
}

struct ClosureRow {
    pitches: String,
    days: String,
    time: String,
    reason: String,
    status: String,
}

/// The list, and the form.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<ClosuresQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    page::own(StatusCode::OK, &page_of(&desk, &at, &visitor, query).await?)
}

async fn page_of(
    desk: &Desk,
    at: &At,
    visitor: &Visitor,
    begun: ClosuresQuery,
) -> Result<ClosuresPage, Problem> {
    let words = visitor.words;
    let (shell, head) = around(at, visitor, Here::Closures, words.say("manage-closures"))?;
    let pitches = at.pitches();
    let choice = |value: &str, text: &str, chosen: &str| Choice {
        is_chosen: value == chosen,
        value: value.to_owned(),
        text: text.to_owned(),
    };
    let option = |pitch: &&crate::domain::catalogue::Pitch| {
        choice(pitch.code.as_str(), format::name(words, &pitch.name), &begun.pitch)
    };
    let all = choice(ALL, &words.say("all-pitches"), &begun.pitch);
    let marked = names_of(at, words, &begun.pitch).filter(|_| begun.pitch.contains(','));
    let marked = marked.map(|names| choice(&begun.pitch, &names, &begun.pitch));
    let time = |unit: u8, chosen: &str| choice(&clock_text(unit), &clock_text(unit), chosen);
    let first_day = Some(begun.date.clone()).filter(|day| !day.is_empty());
    let first_day = first_day.unwrap_or_else(|| at.today().to_string());
    let is_here = |closure: &&Arc<Closure>| {
        let on = |no| at.world.catalogue.pitch(no).is_some_and(|pitch| pitch.venue == at.venue);
        closure.def.pitches.iter().any(|no| on(*no))
    };
    let newest_first = at.world.catalogue.closures().iter().rev().filter(is_here).take(SHOWN_MAX);
    let mut rows = Vec::new();
    for closure in newest_first {
        rows.push(row_of(desk, at, words, closure).await);
    }
    Ok(ClosuresPage {
        shell,
        head,
        told: None,
        pitches: marked.into_iter().chain([all]).chain(pitches.iter().map(option)).collect(),
        times: (0..UNITS_PER_DAY).map(|unit| time(unit, &begun.start)).collect(),
        ends: (1..=UNITS_PER_DAY).rev().map(|unit| time(unit, &begun.end)).collect(),
        first_day: first_day.clone(),
        last_day: Some(begun.last).filter(|last| !last.is_empty()).unwrap_or(first_day),
        reason: begun.reason,
        rows,
        action: at.address("/closures"),
    })
}

/// What these pitches are called, if all of them are this venue's.
fn names_of(at: &At, words: Words, codes: &str) -> Option<String> {
    let name = |code: &str| {
        let pitch = at.world.catalogue.pitch_by_code(code).filter(|pitch| pitch.venue == at.venue)?;
        Some(format::name(words, &pitch.name))
    };
    let names: Option<Vec<&str>> = codes.split(',').map(name).collect();
    names.map(|names| names.join(&words.say("list-comma")))
}

async fn row_of(desk: &Desk, at: &At, words: Words, closure: &Closure) -> ClosureRow {
    let def = &closure.def;
    let named = def.pitches.iter().filter_map(|no| at.world.catalogue.pitch(*no));
    let named: Vec<&str> = named.map(|pitch| format::name(words, &pitch.name)).collect();
    let units: Vec<u8> = (0..UNITS_PER_DAY).filter(|unit| def.units.bits() & (1 << unit) != 0).collect();
    let first = units.first().copied().unwrap_or(0);
    let end = units.last().map_or(UNITS_PER_DAY, |last| last + 1);
    let is_refunding = !closure.is_done && def.bookings == BookingsInside::Cancel;
    let left = if is_refunding { inside(desk, &at.world, def).await.count() } else { 0 };
    ClosureRow {
        pitches: named.join(&words.say("list-comma")),
        days: days_told(words, def.first_day, def.last_day),
        time: format!("{}–{}", clock_text(first), clock_text(end)),
        reason: def.reason.clone(),
        status: match (closure.is_done, is_refunding) {
            (false, true) => words.tell("closure-left", &[("count", left.into())]),
            (true | false, _) => words.say("closure-done").into_owned(),
        },
    }
}

/// Two days, or one where they are the same.
pub fn days_told(
    words: Words,
    first: crate::domain::time::LocalDay,
    last: crate::domain::time::LocalDay,
) -> String {
    let (from, to) = (format::day(words, first), format::day(words, last));
    if first == last { from } else { format!("{from} – {to}") }
}

#[derive(Template)]
#[template(path = "manager/closure.html")]
struct PreviewPage {
    shell: Shell,
    head: Head,
    is_changed: bool,
    what: String,
    when: String,
    summary: String,
    rows: Vec<PersonRow>,
    fields: Vec<(&'static str, String)>,
    reason: String,
    button: String,
    action: String,
    back: String,
}

/// Whom it would hit. Nothing is closed.
///
/// # Errors
/// As `At::enter`, or a fault of ours; what can't be is shown over the form.
pub async fn preview(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(mut form): Form<ClosureForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    form.fingerprint.clear();
    form.key = made_key();
    match foreseen(&desk, &at.world, at.who, &form.pitches(&at), &form.body()).await {
        Ok((_, hit)) => previewed(&desk, &at, &visitor, &form, &hit, false).await,
        Err(problem) => refused(&desk, &at, &visitor, &form, problem).await,
    }
}

async fn previewed(
    desk: &Desk,
    at: &At,
    visitor: &Visitor,
    form: &ClosureForm,
    hit: &Hit,
    is_changed: bool,
) -> Result<Response, Turned> {
    let words = visitor.words;
    let inside = match form.bookings {
        InsideView::Refund => BookingsInside::Cancel,
        InsideView::Leave => BookingsInside::Keep,
    };
    let count = hit.bookings.len();
    let amount = format::sum(hit.refund(inside), at.currency());
    let people = i64::try_from(hit.people()).unwrap_or(i64::MAX);
    let summary = [("count", count.into()), ("people", people.into()), ("amount", amount.into())];
    let named = hit.bookings.get(..count.min(NAMED_MAX)).unwrap_or_default();
    let (shell, head) = around(at, visitor, Here::Closures, words.say("closure-preview"))?;
    let inside_field = match form.bookings {
        InsideView::Refund => "refund",
        InsideView::Leave => "leave",
    };
    let fields = vec![
        ("key", if is_changed { made_key() } else { form.key.clone() }),
        ("pitch", form.pitch.clone()),
        ("from", form.from.0.to_string()),
        ("to", form.to.0.to_string()),
        ("start", clock_of(form.start)),
        ("end", clock_of(form.end)),
        ("bookings", inside_field.to_owned()),
        ("reason", form.reason.trim().to_owned()),
        ("fingerprint", hit.fingerprint.clone()),
    ];
    let all = words.say("all-pitches");
    let page = PreviewPage {
        shell,
        head,
        is_changed,
        what: names_of(at, words, &form.pitch).unwrap_or_else(|| all.into_owned()),
        when: format!(
            "{} {}–{}",
            days_told(words, form.from.0, form.to.0),
            clock_of(form.start),
            clock_of(form.end)
        ),
        summary: words.tell("closure-summary", &summary),
        rows: rows_of(desk, at, words, named).await?,
        fields,
        reason: form.reason.trim().to_owned(),
        button: match form.bookings {
            _ if count == 0 => words.say("close-now").into_owned(),
            InsideView::Refund => words.tell("close-and-refund", &[("count", count.into())]),
            InsideView::Leave => words.tell("close-and-leave", &[("count", count.into())]),
        },
        action: at.address("/closures"),
        back: at.address("/closures"),
    };
    page::own(StatusCode::OK, &page)
}

/// Closes, unless the list has become another one.
///
/// # Errors
/// As `preview`.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(form): Form<ClosureForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let asks_for = form.asks_for();
    let path = at.address("/closures");
    let retry = Retry { path: &path, key: Some(checked_key(&form.key)?), asks_for: &asks_for };
    match closed(&desk, at.who, &form.pitches(&at), &form.body(), retry).await {
        Ok(Declared::Closed(..)) => Ok(see_other(&path)),
        Ok(Declared::Changed(_, hit)) => previewed(&desk, &at, &visitor, &form, &hit, true).await,
        Err(problem) => refused(&desk, &at, &visitor, &form, problem).await,
    }
}

async fn refused(
    desk: &Desk,
    at: &At,
    visitor: &Visitor,
    form: &ClosureForm,
    problem: Problem,
) -> Result<Response, Turned> {
    if matches!(problem, Problem::Internal { .. } | Problem::NotFound | Problem::Forbidden) {
        return Err(problem.into());
    }
    let mut page = page_of(desk, at, visitor, ClosuresQuery::of(form)).await?;
    page.told = Some(Told::of(visitor.words, &problem));
    page::own(problem.name().status(), &page)
}
