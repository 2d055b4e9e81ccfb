//! A resident's companions in pages: the list under `/me`, and the boxes by which a form says who comes along.
//!
//! A box is a field of its own, named by the companion it stands for, so that a form without a script sends as many as are ticked.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::me;
use crate::api::headers::checked_key;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::resident::companions::{COMPANIONS_MAX, NewCompanion, added, listed, removed};
use crate::api::resident::{Desk, Residents};
use crate::domain::ids::ResidentNo;
use crate::identity::companions::Companion;
use crate::web::field::{Faults, Field, Kind, told_over};
use crate::web::form::Form;
use crate::web::i18n::Words;
use crate::web::manager::week::Fields;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// What the name of a box begins with; the companion's id follows.
const BOX: &str = "companion.";
/// The fields of the form for one more, as they are told of.
const NAME: &str = "name";
const BIRTH_YEAR: &str = "birth_year";

/// Somebody to be ticked in a form.
pub struct Tick {
    pub field: String,
    pub text: String,
    pub is_ticked: bool,
}

/// The list under `/me`.
pub struct List {
    pub rows: Vec<Row>,
    pub fields: Vec<Field>,
    pub key: String,
    pub told: Option<Told>,
    pub is_full: bool,
}

/// One of the list.
pub struct Row {
    pub id: String,
    pub text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    key: String,
    name: String,
    birth_year: String,
}

#[derive(Debug, Deserialize)]
pub struct RemoveForm {
    id: String,
}

/// Those who can be ticked in a form of this resident's, with those ticked who are named here. Reads nothing of who has none.
///
/// # Errors
/// A fault of ours.
pub async fn ticks(
    desk: &Desk,
    words: Words,
    resident: Option<ResidentNo>,
    ticked: &[String],
) -> Result<Vec<Tick>, Problem> {
    let Some(resident) = resident else { return Ok(Vec::new()) };
    let tick = |one: &Companion| Tick {
        field: format!("{BOX}{}", one.id),
        text: told_name(words, one),
        is_ticked: ticked.iter().any(|id| id == one.id.as_str()),
    };
    Ok(listed(desk, resident).await?.iter().map(tick).collect())
}

/// The ids of those who are ticked.
#[must_use]
pub fn ticked(fields: &Fields) -> Vec<String> {
    fields.keys().filter_map(|field| field.strip_prefix(BOX)).map(str::to_owned).collect()
}

/// A companion as he is told of: the name, and the year of birth where it is known.
#[must_use]
pub fn told_name(words: Words, companion: &Companion) -> String {
    match companion.birth_year {
        Some(year) => {
            let year = year.to_string();
            let args = [("name", companion.name.as_str().into()), ("year", year.into())];
            words.tell("companion-born", &args)
        }
        None => companion.name.clone(),
    }
}

/// The list under `/me`, with the form for one more as it is written.
///
/// # Errors
/// A fault of ours.
pub async fn list(
    desk: &Desk,
    words: Words,
    resident: ResidentNo,
    form: &NewForm,
    problem: Option<&Problem>,
) -> Result<List, Problem> {
    let rows: Vec<Row> = listed(desk, resident)
        .await?
        .iter()
        .map(|one| Row { id: one.id.as_str().to_owned(), text: told_name(words, one) })
        .collect();
    let mut fields = vec![
        Field::new(NAME, words.say("companion-name"), &form.name, Kind::Text),
        Field::new(BIRTH_YEAR, words.say("companion-year"), &form.birth_year, Kind::Year)
            .optional()
            .with_hint(words.say("companion-year-hint")),
    ];
    if let Some(problem) = problem {
        Faults::of(words, problem).tell(&mut fields);
    }
    Ok(List {
        is_full: rows.len() >= COMPANIONS_MAX,
        rows,
        fields,
        key: made_key(),
        told: problem.map(|problem| told_over(words, problem, &[NAME, BIRTH_YEAR])),
    })
}

/// Adds one.
///
/// # Errors
/// The way to the sign-in, or a fault of ours; what can't be is told at its field.
pub async fn add(
    State(state): State<Residents>,
    visitor: Visitor,
    Form(form): Form<NewForm>,
) -> Result<Response, Turned> {
    let who = visitor.signed_in()?;
    let key = checked_key(&form.key).map(Some);
    let done = match read(&form) {
        Ok(wanted) => added(&state.desk, who, key, wanted).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(_) => Ok(see_other("/me?done=companion_added#companions")),
        Err(fault @ (Problem::Internal { .. } | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let status = problem.name().status();
            let page = me::page_of(&state.desk, &visitor, &form, Some(&problem)).await?;
            page::own(status, &page)
        }
    }
}

fn read(form: &NewForm) -> Result<NewCompanion, Problem> {
    let year = form.birth_year.trim();
    let birth_year = match year {
        "" => None,
        year => Some(year.parse().map_err(|_| {
            FieldFault::new(BIRTH_YEAR, Text::fixed("must be a year, such as 2015", "请填年份,如 2015"))
        })?),
    };
    Ok(NewCompanion { name: form.name.trim().to_owned(), birth_year })
}

/// Takes one away.
///
/// # Errors
/// The way to the sign-in, or a fault of ours.
pub async fn remove(
    State(state): State<Residents>,
    visitor: Visitor,
    Form(form): Form<RemoveForm>,
) -> Result<Response, Turned> {
    match removed(&state.desk, visitor.resident()?, &form.id).await {
        // Who is gone already is gone.
        Ok(()) | Err(Problem::NotFound) => Ok(see_other("/me?done=companion_removed#companions")),
        Err(problem) => Err(problem.into()),
    }
}

/// What is told over `/me` after a change of the list.
#[must_use]
pub fn done_told(words: Words, done: &str) -> Option<String> {
    match done {
        "companion_added" => Some(words.say("companion-added").into_owned()),
        "companion_removed" => Some(words.say("companion-removed").into_owned()),
        _ => None,
    }
}
