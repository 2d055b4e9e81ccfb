//! `/manage/{venue}/pitches/{pitch}`: what a pitch is called and how much of it one may have, when it is open, what it costs, and
//! whether it is sold at all.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Head, HeadLink, Here, around};
use super::pitch_details::{self, Details, fields_of};
use super::place::At;
use super::week::{DayLine, Fields, hours_lines, prices_lines, read_hours, read_prices, sent_lines};
use crate::api::extract::PathTexts;
use crate::api::manager::authority::Task;
use crate::api::manager::hours::{HoursBody, PricesBody, put_hours, put_prices};
use crate::api::manager::pitches::{PitchChangeBody, changed, managed};
use crate::api::open_data::venue_view::clock_text;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::catalogue::PitchKind;
use crate::domain::change::Offered;
use crate::domain::units::UNIT_MINUTES;
use crate::web::field::{Faults, told_over};
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct PitchQuery {
    /// Whether something has just been changed.
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "manager/pitch.html")]
struct PitchPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    done: Option<Cow<'static, str>>,
    fixed: String,
    details: Details,
    is_part: bool,
    is_offered: bool,
    /// Where it is divided in another way.
    divides: Vec<HeadLink>,
    hours: Vec<DayLine>,
    prices: Vec<DayLine>,
    symbol: String,
    action: String,
}

/// The pitch.
///
/// # Errors
/// As `At::enter`, `not-found`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<PitchQuery>,
    PathTexts(venue, code): PathTexts,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &venue, Task::Manage)?;
    let mut page = page_of(&at, &visitor, &code)?;
    page.done = match query.done.as_str() {
        "changed" => Some(visitor.words.say("changed-told")),
        "added" => Some(visitor.words.say("pitch-added-told")),
        _ => None,
    };
    page::own(StatusCode::OK, &page)
}

fn page_of(at: &At, visitor: &Visitor, code: &str) -> Result<PitchPage, Problem> {
    let words = visitor.words;
    let (_, no) = managed(&at.world, at.who, Some(&at.code), code)?;
    let pitch = at.world.catalogue.pitch(no).ok_or(Problem::NotFound)?;
    let (shell, head) = around(at, visitor, Here::Pitches, format::name(words, &pitch.name))?;
    let sport = at.world.catalogue.sport(pitch.sport);
    let length = u32::from(pitch.grid.slot_units()) * u32::from(UNIT_MINUTES);
    let fixed = [
        ("sport", sport.map_or("", |sport| format::name(words, &sport.name)).into()),
        ("kind", kind_told(words, pitch.kind).into_owned().into()),
        ("length", format::minutes(words, length).into()),
        ("first", clock_text(pitch.grid.anchor()).into()),
    ];
    Ok(PitchPage {
        shell,
        head,
        told: None,
        done: None,
        fixed: words.tell("pitch-fixed", &fixed),
        details: Details::of(words, &fields_of(pitch), &Faults::default()),
        is_part: pitch.whole != pitch.no,
        is_offered: pitch.offered == Offered::Yes,
        divides: divides(at, words, pitch.kind, pitch.code.as_str()),
        hours: hours_lines(words, &pitch.hours),
        prices: prices_lines(words, &pitch.tariff.bands(), format::unit(at.currency())),
        symbol: format::symbol(at.currency()),
        action: at.address(&format!("/pitches/{}", pitch.code)),
    })
}

/// The ways in which a court can be divided anew: as a whole, or into parts.
fn divides(at: &At, words: Words, kind: PitchKind, code: &str) -> Vec<HeadLink> {
    let link = |name: &str, text| HeadLink {
        text,
        address: at.address(&format!("/pitches/new?kind={name}&instead_of={code}")),
        is_current: false,
    };
    match kind {
        PitchKind::Divisible => {
            vec![link("divisible", words.say("divide-anew")), link("exclusive", words.say("divide-no-more"))]
        }
        PitchKind::Exclusive => vec![link("divisible", words.say("divide-into-parts"))],
        PitchKind::Session { .. } => {
            vec![
                link("exclusive", words.say("divide-no-more")),
                link("divisible", words.say("divide-into-parts")),
            ]
        }
        PitchKind::Part => Vec::new(),
    }
}

/// How a pitch is sold, in a word.
fn kind_told(words: Words, kind: PitchKind) -> Cow<'static, str> {
    match kind {
        PitchKind::Exclusive => words.say("kind-exclusive"),
        PitchKind::Divisible => words.say("kind-divisible"),
        PitchKind::Part => words.say("a-part"),
        PitchKind::Session { .. } => words.say("kind-session"),
    }
}

/// Changes names, limits and the cancellation rule.
///
/// # Errors
/// As `At::enter`, or a fault of ours; what can't be is told at its field.
pub async fn details(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathTexts(venue, code): PathTexts,
    Form(fields): Form<Fields>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &venue, Task::Manage)?;
    let mut page = page_of(&at, &visitor, &code)?;
    let (_, no) = managed(&at.world, at.who, Some(&venue), &code)?;
    let pitch = at.world.catalogue.pitch(no).ok_or(Problem::NotFound)?;
    let done = match pitch_details::read(&fields, pitch) {
        Ok(body) => changed(&desk, at.who, &venue, &code, &body).await,
        Err(problem) => Err(problem),
    };
    let Err(problem) = done else { return Ok(see_other(&format!("{}?done=changed", page.action))) };
    if matches!(problem, Problem::Internal { .. }) {
        return Err(problem.into());
    }
    let faults = Faults::of(visitor.words, &problem);
    page.details = Details::of(visitor.words, &fields, &faults);
    page.told = Some(told_over(visitor.words, &problem, &pitch_details::FIELDS));
    page::own(problem.name().status(), &page)
}

/// Sets the hours of the week.
///
/// # Errors
/// As `At::enter`, or a fault of ours; what can't be is shown over what was written.
pub async fn hours(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathTexts(venue, code): PathTexts,
    Form(fields): Form<Fields>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &venue, Task::Manage)?;
    let page = page_of(&at, &visitor, &code)?;
    let done = match read_hours(&fields) {
        Ok(hours) => put_hours(&desk, at.who, &code, &HoursBody { hours }).await,
        Err(problem) => Err(problem),
    };
    let sent = sent_lines(visitor.words, &fields);
    answered(done.map(|_| ()), &visitor, PitchPage { hours: sent, ..page })
}

/// Sets the prices of the week.
///
/// # Errors
/// As `hours`.
pub async fn prices(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathTexts(venue, code): PathTexts,
    Form(fields): Form<Fields>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &venue, Task::Manage)?;
    let page = page_of(&at, &visitor, &code)?;
    let done = match read_prices(&fields, format::unit(at.currency())) {
        Ok(prices) => put_prices(&desk, at.who, &code, &PricesBody { prices }).await,
        Err(problem) => Err(problem),
    };
    let sent = sent_lines(visitor.words, &fields);
    answered(done.map(|_| ()), &visitor, PitchPage { prices: sent, ..page })
}

#[derive(Debug, Deserialize)]
pub struct OfferedForm {
    offered: bool,
}

/// Sells it, or doesn't any more.
///
/// # Errors
/// As `hours`.
pub async fn offered(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathTexts(venue, code): PathTexts,
    Form(form): Form<OfferedForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &venue, Task::Manage)?;
    let page = page_of(&at, &visitor, &code)?;
    let body = PitchChangeBody::of_offered(form.offered);
    let done = changed(&desk, at.who, &venue, &code, &body).await;
    answered(done.map(|_| ()), &visitor, page)
}

fn answered(done: Result<(), Problem>, visitor: &Visitor, mut page: PitchPage) -> Result<Response, Turned> {
    match done {
        Ok(()) => Ok(see_other(&format!("{}?done=changed", page.action))),
        Err(fault @ Problem::Internal { .. }) => Err(fault.into()),
        Err(problem) => {
            page.told = Some(Told::of(visitor.words, &problem));
            page::own(problem.name().status(), &page)
        }
    }
}
