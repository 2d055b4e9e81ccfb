//! `/operator/districts` and `/operator/sports`: a list, with a form for one more. Each leads to where it is renamed.

use std::borrow::Cow;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::around;
use super::named::{ID, NAME_EN, NAME_ZH, NamedForm, Place, name_fields};
use crate::api::headers::checked_key;
use crate::api::operator::named::{Kind, NewNamed, added};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::ids::Code;
use crate::domain::names::Names;
use crate::web::field::{Faults, Field, Kind as FieldKind, told_over};
use crate::web::form::Form;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct ListQuery {
    /// Whether one has just been added.
    #[serde(default)]
    done: String,
}

/// One of them.
struct Row {
    zh_hans: String,
    en: String,
    code: String,
    /// How many there are of what is counted by it.
    count: String,
}

#[derive(Template)]
#[template(path = "operator/named.html")]
struct ListPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    is_done: bool,
    key: String,
    path: &'static str,
    add: Cow<'static, str>,
    rows: Vec<Row>,
    fields: Vec<Field>,
}

/// The list, with a form for one more.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(
    kind: Kind,
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let mut page = page_of(&city, &visitor, kind, &NamedForm::default(), &Faults::default());
    page.is_done = query.done == "added";
    page::own(StatusCode::OK, &page)
}

/// Adds one.
///
/// # Errors
/// As `show`; what can't be is told at its field.
pub async fn send(
    kind: Kind,
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    Form(form): Form<NamedForm>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let key = checked_key(&form.key)?;
    let wanted = NewNamed { id: form.id.trim().to_owned(), name: form.names() };
    match added(&desk, city.who, kind, Some(key), wanted).await {
        Ok(_) => Ok(see_other(&format!("{}?done=added", Place::of(kind).path))),
        Err(fault @ (Problem::Internal { .. } | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let mut page = page_of(&city, &visitor, kind, &form, &Faults::of(visitor.words, &problem));
            page.told = Some(told_over(visitor.words, &problem, &[ID, NAME_ZH, NAME_EN]));
            page::own(problem.name().status(), &page)
        }
    }
}

fn page_of(city: &City, visitor: &Visitor, kind: Kind, form: &NamedForm, faults: &Faults) -> ListPage {
    let (words, place) = (visitor.words, Place::of(kind));
    let mut fields = name_fields(words, form);
    fields.push(
        Field::new(ID, words.say("venue-id"), &form.id, FieldKind::Code)
            .with_hint(words.say("venue-id-hint")),
    );
    faults.tell(&mut fields);
    let (shell, head) = around(city, visitor, place.here, place.title(words));
    ListPage {
        shell,
        head,
        told: None,
        is_done: false,
        // A new key each time: what was refused is judged anew.
        key: made_key(),
        path: place.path,
        add: match kind {
            Kind::District => words.say("add-district"),
            Kind::Sport => words.say("add-sport"),
        },
        rows: rows(city, visitor, kind),
        fields,
    }
}

fn rows(city: &City, visitor: &Visitor, kind: Kind) -> Vec<Row> {
    let (words, catalogue) = (visitor.words, &city.world.catalogue);
    let row = |code: &Code, Names { zh_hans, en }: &Names, count| Row {
        zh_hans: zh_hans.clone(),
        en: en.clone(),
        code: code.as_str().to_owned(),
        count,
    };
    match kind {
        Kind::District => {
            let count_of =
                |no| catalogue.venues().iter().filter(|venue| venue.def.district.index() == no).count();
            let told = |no| words.tell("venues-found", &[("count", count_of(no).into())]);
            let all = catalogue.districts().iter().enumerate();
            all.map(|(no, district)| row(&district.code, &district.name, told(no))).collect()
        }
        Kind::Sport => {
            let count_of = |no| catalogue.wholes().filter(|pitch| pitch.sport.index() == no).count();
            let told = |no| words.tell("pitch-count", &[("count", count_of(no).into())]);
            let all = catalogue.sports().iter().enumerate();
            all.map(|(no, sport)| row(&sport.code, &sport.name, told(no))).collect()
        }
    }
}
