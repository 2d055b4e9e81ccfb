//! `/manage/{venue}/pitches/new`: a pitch is added, of any of the three kinds; it can be booked at once, in its hours.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Head, HeadLink, Here, around};
use super::new_pitch_form::{
    FIRST_SLOT, HOURS, INSTEAD_OF, LEAVES, MORE, PRICES, PartRow, SLOT_MINUTES, SPORT, begun, begun_instead,
    behind, kind_of, part_rows, read,
};
use super::pitch_details::{self, Details, text};
use super::place::At;
use super::week::{DayLine, Fields, sent_lines};
use crate::api::extract::PathText;
use crate::api::headers::checked_key;
use crate::api::manager::authority::Task;
use crate::api::manager::new_pitch::KindName;
use crate::api::manager::pitches::pitch_added;
use crate::api::manager::retry::Retry;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::catalogue::Pitch;
use crate::domain::grid::SLOT_UNITS_MAX;
use crate::domain::units::UNIT_MINUTES;
use crate::web::address::encoded;
use crate::web::field::{Faults, Field, Kind, told_over};
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

#[derive(Debug, Deserialize)]
pub struct NewQuery {
    #[serde(default)]
    kind: String,
    /// The pitch whose place it takes.
    #[serde(default)]
    instead_of: String,
}

#[derive(Template)]
#[template(path = "manager/new_pitch.html")]
struct NewPitchPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    key: String,
    kind: &'static str,
    kinds: Vec<HeadLink>,
    kind_told: Cow<'static, str>,
    /// Whose place it takes, by id and by name.
    instead: Option<(String, String)>,
    instead_fault: Option<String>,
    details: Details,
    sports: Vec<Choice>,
    sport_fault: Option<String>,
    lengths: Vec<Choice>,
    length_fault: Option<String>,
    first: Field,
    /// Of what can be divided: how many smallest parts it has, and what is sold of them.
    leaves: Option<Field>,
    parts: Vec<WrittenPart>,
    part_fault: Option<String>,
    hours: Vec<DayLine>,
    prices: Vec<DayLine>,
    prices_hint: String,
    action: String,
    back: String,
}

struct WrittenPart {
    row: PartRow,
    fault: Option<String>,
}

/// The form, begun as the venue's newest pitch of its kind is.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<NewQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let kind = kind_of(&query.kind);
    let fields = match query.instead_of.as_str() {
        "" => begun(&at, visitor.words, kind),
        code => begun_instead(&at, visitor.words, whole_here(&at, code).ok_or(Problem::NotFound)?, kind),
    };
    page::own(StatusCode::OK, &page_of(&at, &visitor, kind, &fields, &Faults::default())?)
}

/// A whole pitch of this venue.
fn whole_here<'a>(at: &'a At, code: &str) -> Option<&'a Pitch> {
    let pitch = at.world.catalogue.pitch_by_code(code)?;
    Some(pitch).filter(|pitch| pitch.venue == at.venue && pitch.whole == pitch.no)
}

const fn name_of(kind: KindName) -> &'static str {
    match kind {
        KindName::Exclusive => "exclusive",
        KindName::Divisible => "divisible",
        KindName::Session => "session",
    }
}

fn kinds(at: &At, words: Words, current: KindName, instead: &str) -> Vec<HeadLink> {
    let instead =
        if instead.is_empty() { String::new() } else { format!("&instead_of={}", encoded(instead)) };
    let link = |kind, text| HeadLink {
        text,
        address: at.address(&format!("/pitches/new?kind={}{instead}", name_of(kind))),
        is_current: kind == current,
    };
    vec![
        link(KindName::Exclusive, words.say("kind-exclusive")),
        link(KindName::Divisible, words.say("kind-divisible")),
        link(KindName::Session, words.say("kind-session")),
    ]
}

fn page_of(
    at: &At,
    visitor: &Visitor,
    kind: KindName,
    fields: &Fields,
    faults: &Faults,
) -> Result<NewPitchPage, Problem> {
    let words = visitor.words;
    let (shell, head) = around(at, visitor, Here::Pitches, words.say("add-pitch"))?;
    let sports = at.world.catalogue.sports().iter().map(|sport| Choice {
        value: sport.code.as_str().to_owned(),
        text: format::name(words, &sport.name).to_owned(),
        is_chosen: sport.code.as_str() == text(fields, SPORT),
    });
    let lengths = (1..=u16::from(SLOT_UNITS_MAX)).map(|units| units * UNIT_MINUTES).map(|minutes| Choice {
        value: minutes.to_string(),
        text: format::minutes(words, minutes.into()),
        is_chosen: minutes.to_string() == text(fields, SLOT_MINUTES),
    });
    let mut first = Field::new(FIRST_SLOT, words.say("first-slot"), text(fields, FIRST_SLOT), Kind::Time)
        .with_hint(words.say("first-slot-hint"));
    first.fault = faults.at(FIRST_SLOT);
    let leaves = (kind == KindName::Divisible).then(|| {
        let mut field = Field::new(LEAVES, words.say("leaves"), text(fields, LEAVES), Kind::Leaves)
            .with_hint(words.say("leaves-hint"));
        field.fault = faults.at(LEAVES);
        field
    });
    let parts = if kind == KindName::Divisible { part_rows(fields) } else { Vec::new() };
    let of_parts = ["parts", "parts.first_leaf", "parts.leaves", "parts.name.zh-Hans", "parts.name.en"];
    let symbol = format::symbol(at.currency());
    let lines = |prefix| {
        let mut lines = sent_lines(words, &behind(fields, prefix));
        for line in &mut lines {
            line.fault = faults.at(&format!("{prefix}{}", line.field));
        }
        lines
    };
    Ok(NewPitchPage {
        shell,
        head,
        told: None,
        // A new key each time: what was refused is judged anew.
        key: made_key(),
        kind: name_of(kind),
        kinds: kinds(at, words, kind, text(fields, INSTEAD_OF)),
        instead: whole_here(at, text(fields, INSTEAD_OF))
            .map(|pitch| (pitch.code.as_str().to_owned(), format::name(words, &pitch.name).to_owned())),
        instead_fault: faults.at(INSTEAD_OF),
        kind_told: match kind {
            KindName::Exclusive => words.say("kind-exclusive-told"),
            KindName::Divisible => words.say("kind-divisible-told"),
            KindName::Session => words.say("kind-session-told"),
        },
        details: Details::of(words, fields, faults),
        sports: sports.collect(),
        sport_fault: faults.at(SPORT),
        lengths: lengths.collect(),
        length_fault: faults.at(SLOT_MINUTES),
        first,
        leaves,
        parts: parts.into_iter().map(|row| WrittenPart { fault: faults.at(&row.field), row }).collect(),
        part_fault: of_parts.iter().find_map(|field| faults.at(field)),
        hours: lines(HOURS),
        prices: lines(PRICES),
        prices_hint: words.tell("prices-hint", &[("symbol", symbol.as_str().into())]),
        action: at.address("/pitches/new"),
        back: at.address("/pitches"),
    })
}

/// Adds the pitch, or shows the form with more lines for parts.
///
/// # Errors
/// As `At::enter`, or a fault of ours; what can't be is told at its field.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(fields): Form<Fields>,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let kind = kind_of(text(&fields, "kind"));
    if fields.contains_key(MORE) {
        return page::own(StatusCode::OK, &page_of(&at, &visitor, kind, &fields, &Faults::default())?);
    }
    let key = checked_key(text(&fields, "key"))?;
    let path = at.address("/pitches/new");
    let asks_for = asks_for(&fields);
    let retry = Retry { path: &path, key: Some(key), asks_for: &asks_for };
    let done = match read(&fields, kind, format::unit(at.currency())) {
        Ok(body) => pitch_added(&desk, at.who, &code, &body, retry).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok((pitch, _)) => Ok(see_other(&at.address(&format!("/pitches/{pitch}?done=added")))),
        Err(fault @ (Problem::Internal { .. } | Problem::NotFound | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let words = visitor.words;
            let mut page = page_of(&at, &visitor, kind, &fields, &Faults::of(words, &problem))?;
            let own = [SPORT, SLOT_MINUTES, FIRST_SLOT, LEAVES, INSTEAD_OF];
            let steps = page.details.steps.iter().map(|step| step.field.as_str());
            let parts = page.parts.iter().map(|part| part.row.field.as_str());
            let days: Vec<String> = [HOURS, PRICES]
                .into_iter()
                .flat_map(|prefix| page.hours.iter().map(move |line| format!("{prefix}{}", line.field)))
                .collect();
            let at_fields: Vec<&str> = pitch_details::FIELDS
                .into_iter()
                .chain(own)
                .chain(steps)
                .chain(parts)
                .chain(days.iter().map(String::as_str))
                .collect();
            page.told = Some(told_over(words, &problem, &at_fields));
            page::own(problem.name().status(), &page)
        }
    }
}

/// What a retry is compared by: all that is written, but what binds the form to its session and to its key.
fn asks_for(fields: &Fields) -> Vec<u8> {
    let written = fields.iter().filter(|(name, _)| !["csrf", "key"].contains(&name.as_str()));
    written
        .flat_map(|(name, text)| [name.as_str(), text.as_str()])
        .collect::<Vec<_>>()
        .join("\0")
        .into_bytes()
}
