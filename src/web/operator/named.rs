//! What both districts and sports are: a name in each language under an id that never changes, listed, with a form for one more.

use std::borrow::Cow;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::{Here, around};
use crate::api::problem::Problem;
use crate::api::written_names::WrittenNames;
use crate::domain::ids::Code;
use crate::domain::names::Names;
use crate::web::field::{Faults, Field, Kind, told_over};
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

const ID: &str = "id";
const NAME_ZH: &str = "name.zh-Hans";
const NAME_EN: &str = "name.en";

#[derive(Debug, Deserialize)]
pub struct NamedQuery {
    /// Whether one has just been added.
    #[serde(default)]
    pub done: String,
}

/// One more as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NamedForm {
    pub key: String,
    pub id: String,
    #[serde(rename = "name.zh-Hans")]
    name_zh: String,
    #[serde(rename = "name.en")]
    name_en: String,
}

impl NamedForm {
    #[must_use]
    pub fn names(&self) -> WrittenNames {
        WrittenNames { zh_hans: self.name_zh.trim().to_owned(), en: self.name_en.trim().to_owned() }
    }
}

/// One of them.
pub struct NamedRow {
    zh_hans: String,
    en: String,
    code: String,
    /// How many there are of what is counted by it.
    count: String,
}

impl NamedRow {
    #[must_use]
    pub fn of(code: &Code, name: &Names, count: String) -> Self {
        let Names { zh_hans, en } = name.clone();
        Self { zh_hans, en, code: code.as_str().to_owned(), count }
    }
}

/// A list with its form.
pub struct List {
    pub here: Here,
    pub title: Cow<'static, str>,
    /// What one more is called on the button.
    pub add: Cow<'static, str>,
    /// Where it stands.
    pub path: &'static str,
    pub rows: Vec<NamedRow>,
}

#[derive(Template)]
#[template(path = "operator/named.html")]
struct NamedPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    is_done: bool,
    key: String,
    path: &'static str,
    add: Cow<'static, str>,
    rows: Vec<NamedRow>,
    fields: Vec<Field>,
}

fn page_of(city: &City, visitor: &Visitor, list: List, form: &NamedForm, faults: &Faults) -> NamedPage {
    let words = visitor.words;
    let mut fields = vec![
        Field::new(NAME_ZH, words.say("name-zh"), &form.name_zh, Kind::Chinese),
        Field::new(NAME_EN, words.say("name-en"), &form.name_en, Kind::English),
        Field::new(ID, words.say("venue-id"), &form.id, Kind::Code).with_hint(words.say("venue-id-hint")),
    ];
    faults.tell(&mut fields);
    let (shell, head) = around(city, visitor, list.here, list.title);
    NamedPage {
        shell,
        head,
        told: None,
        is_done: false,
        // A new key each time: what was refused is judged anew.
        key: made_key(),
        path: list.path,
        add: list.add,
        rows: list.rows,
        fields,
    }
}

/// The list, and whether one more has just come.
///
/// # Errors
/// A fault of ours.
pub fn listed(city: &City, visitor: &Visitor, list: List, query: &NamedQuery) -> Result<Response, Turned> {
    let mut page = page_of(city, visitor, list, &NamedForm::default(), &Faults::default());
    page.is_done = query.done == "added";
    page::own(StatusCode::OK, &page)
}

/// The way back to the list, or the form with what is wrong at its fields.
///
/// # Errors
/// A fault of ours.
pub fn answered(
    city: &City,
    visitor: &Visitor,
    list: List,
    form: &NamedForm,
    added: Result<(), Problem>,
) -> Result<Response, Turned> {
    let path = list.path;
    match added {
        Ok(()) => Ok(see_other(&format!("{path}?done=added"))),
        Err(fault @ (Problem::Internal { .. } | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let mut page = page_of(city, visitor, list, form, &Faults::of(visitor.words, &problem));
            page.told = Some(told_over(visitor.words, &problem, &[ID, NAME_ZH, NAME_EN]));
            page::own(problem.name().status(), &page)
        }
    }
}
