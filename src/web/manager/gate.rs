//! `/manage/{venue}/gate`: a ticket is scanned or a code typed, and the answer fills the screen until the next.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::Response;
use serde::Deserialize;

use super::calendar::booking_here;
use super::frame::{Head, Here, around};
use super::people_rows::rows_of;
use super::place::At;
use crate::api::extract::PathText;
use crate::api::gate::check_ins::{CheckInBody, checked_in, party_at_gate};
use crate::api::headers::checked_key;
use crate::api::manager::authority::Task;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::resident::booking_view::BookingStatus;
use crate::identity::ticket::TicketCode;
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::resident::companions::told_name;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// The camera is this page's alone.
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const WITH_CAMERA: HeaderValue = HeaderValue::from_static("camera=(self), microphone=(), geolocation=()");

#[derive(Debug, Deserialize)]
pub struct GateQuery {
    /// The booking that was let in just now.
    #[serde(default)]
    entered: String,
}

#[derive(Debug, Deserialize)]
pub struct GateForm {
    key: String,
    /// What a scanner or a hand has typed.
    shown: String,
}

#[derive(Template)]
#[template(path = "manager/gate.html")]
struct GatePage {
    shell: Shell,
    head: Head,
    answer: Option<Answer>,
    key: String,
    action: String,
}

/// What fills the screen.
struct Answer {
    /// As styles and the module know it: `good` or `bad`.
    kind: &'static str,
    problem: &'static str,
    title: String,
    lines: Vec<String>,
}

/// The input, and who was let in last.
///
/// # Errors
/// As `At::enter`, `not-found`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<GateQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let answer = match query.entered.as_str() {
        "" => None,
        id => Some(let_in(&desk, &at, visitor.words, id).await?),
    };
    written(StatusCode::OK, &at, &visitor, answer)
}

fn written(
    status: StatusCode,
    at: &At,
    visitor: &Visitor,
    answer: Option<Answer>,
) -> Result<Response, Turned> {
    let (shell, head) = around(at, visitor, Here::Gate, visitor.words.say("manage-gate"))?;
    let shell = shell.with_modules(&["gate.js"]);
    let page = GatePage { shell, head, answer, key: made_key(), action: at.address("/gate") };
    let mut response = page::own(status, &page)?;
    response.headers_mut().insert(PERMISSIONS_POLICY, WITH_CAMERA);
    Ok(response)
}

/// Who was let in, as the booking stands now: an address says nothing by itself.
async fn let_in(desk: &Desk, at: &At, words: Words, id: &str) -> Result<Answer, Problem> {
    let booking = booking_here(desk, at, id).await?;
    let row = rows_of(desk, at, words, &[booking]).await?.pop().ok_or(Problem::NotFound)?;
    if row.stands != BookingStatus::CheckedIn {
        return Err(Problem::NotFound);
    }
    let party = party_at_gate(desk, &booking).await;
    let people = [("people", i64::from(row.people).into())];
    let until = format::time(at.world.catalogue.zone(), row.end);
    let place = [("pitch", row.pitch.into()), ("until", until.into())];
    Ok(Answer {
        kind: "good",
        problem: "",
        title: words.say("gate-good").into_owned(),
        lines: [words.tell("gate-place", &place), row.name, words.tell("gate-people", &people)]
            .into_iter()
            .chain(party.iter().map(|one| told_name(words, one)))
            .collect(),
    })
}

/// Lets in, or says why not and what to do.
///
/// # Errors
/// As `At::enter`, or a fault of ours; who isn't let in is told so on the page.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(form): Form<GateForm>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let shown = form.shown.trim();
    let body = if TicketCode::read(shown).is_some() {
        CheckInBody { ticket: None, venue: Some(code), code: Some(shown.to_owned()) }
    } else {
        CheckInBody { ticket: Some(shown.to_ascii_uppercase()), venue: None, code: None }
    };
    match checked_in(&desk, at.who, &body, checked_key(&form.key).map(Some)).await {
        Ok((no, _)) => {
            let id = desk.ids.booking(no);
            Ok(see_other(&at.address(&format!("/gate?entered={}", id.as_str()))))
        }
        Err(fault @ Problem::Internal { .. }) => Err(fault.into()),
        Err(problem) => {
            let status = problem.name().status();
            written(status, &at, &visitor, Some(refused(&at, visitor.words, &problem)))
        }
    }
}

fn refused(at: &At, words: Words, problem: &Problem) -> Answer {
    let told = Told::of(words, problem);
    let (title, line, advice) = if let Problem::AlreadyUsed { used_at: Some(moment) } = problem {
        let time = format::time(at.world.catalogue.zone(), moment.moment());
        (told.title, words.tell("gate-used-at", &[("time", time.into())]), words.say("gate-used-advice"))
    } else if *problem == Problem::Forbidden {
        // Its own staff's gate: what is forbidden there is another venue's ticket.
        (words.say("gate-foreign").into_owned(), String::new(), words.say("gate-foreign-advice"))
    } else if *problem == Problem::TicketInvalid {
        (told.title, told.text, words.say("gate-invalid-advice"))
    } else {
        (told.title, told.text, words.say("gate-other-advice"))
    };
    let lines = [line].into_iter().chain(told.more).chain([advice.into_owned()]);
    Answer {
        kind: "bad",
        problem: problem.name().as_str(),
        title,
        lines: lines.filter(|line| !line.is_empty()).collect(),
    }
}
