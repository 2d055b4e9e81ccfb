//! `/operator/districts/{district}` and `/operator/sports/{sport}`: what it is called. Its id never changes.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::{Here, around};
use crate::api::extract::PathText;
use crate::api::operator::named::{Kind, renamed};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::written_names::WrittenNames;
use crate::domain::names::Names;
use crate::web::field::{Faults, Field, Kind as FieldKind, told_over};
use crate::web::form::Form;
use crate::web::format;
use crate::web::i18n::Words;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

pub(super) const ID: &str = "id";
pub(super) const NAME_ZH: &str = "name.zh-Hans";
pub(super) const NAME_EN: &str = "name.en";

/// Where they stand.
pub(super) struct Place {
    pub(super) here: Here,
    pub(super) path: &'static str,
}

impl Place {
    pub(super) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::District => Self { here: Here::Districts, path: "/operator/districts" },
            Kind::Sport => Self { here: Here::Sports, path: "/operator/sports" },
        }
    }

    /// What the list is called.
    pub(super) fn title(&self, words: Words) -> String {
        if self.here == Here::Districts {
            words.say("operator-districts")
        } else {
            words.say("operator-sports")
        }
        .into_owned()
    }
}

#[derive(Debug, Deserialize)]
pub struct NamedQuery {
    /// Whether it has just been renamed.
    #[serde(default)]
    done: String,
}

/// One as it is written: a new one, or what one is called from now on.
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
    fn of(name: &Names) -> Self {
        let Names { zh_hans: name_zh, en: name_en } = name.clone();
        Self { name_zh, name_en, ..Self::default() }
    }

    #[must_use]
    pub fn names(&self) -> WrittenNames {
        WrittenNames { zh_hans: self.name_zh.trim().to_owned(), en: self.name_en.trim().to_owned() }
    }
}

/// The fields of what it is called.
pub(super) fn name_fields(words: Words, form: &NamedForm) -> Vec<Field> {
    vec![
        Field::new(NAME_ZH, words.say("name-zh"), &form.name_zh, FieldKind::Chinese),
        Field::new(NAME_EN, words.say("name-en"), &form.name_en, FieldKind::English),
    ]
}

#[derive(Template)]
#[template(path = "operator/name.html")]
struct NamePage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    is_done: bool,
    code: String,
    path: &'static str,
    list: String,
    fields: Vec<Field>,
}

/// What it is called.
///
/// # Errors
/// As `City::enter`, `not-found`, or a fault of ours.
pub async fn show(
    kind: Kind,
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<NamedQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let name = name_of(&city, kind, &code)?;
    let mut page = page_of(&city, &visitor, kind, &code, &NamedForm::of(&name), &Faults::default())?;
    page.is_done = query.done == "changed";
    page::own(StatusCode::OK, &page)
}

/// Renames it.
///
/// # Errors
/// As `show`; what can't be is told at its field.
pub async fn send(
    kind: Kind,
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(form): Form<NamedForm>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    match renamed(&desk, city.who, kind, &code, form.names()).await {
        Ok(_) => Ok(see_other(&format!("{}/{code}?done=changed", Place::of(kind).path))),
        Err(fault @ (Problem::Internal { .. } | Problem::Forbidden | Problem::NotFound)) => Err(fault.into()),
        Err(problem) => {
            let faults = Faults::of(visitor.words, &problem);
            let mut page = page_of(&city, &visitor, kind, &code, &form, &faults)?;
            page.told = Some(told_over(visitor.words, &problem, &[NAME_ZH, NAME_EN]));
            page::own(problem.name().status(), &page)
        }
    }
}

fn name_of(city: &City, kind: Kind, code: &str) -> Result<Names, Problem> {
    let catalogue = &city.world.catalogue;
    let of = kind.find(catalogue, code).ok_or(Problem::NotFound)?;
    catalogue.name_of(of).map(|(_, name)| name.clone()).map_err(|_| Problem::NotFound)
}

fn page_of(
    city: &City,
    visitor: &Visitor,
    kind: Kind,
    code: &str,
    form: &NamedForm,
    faults: &Faults,
) -> Result<NamePage, Problem> {
    let (words, place) = (visitor.words, Place::of(kind));
    let mut fields = name_fields(words, form);
    faults.tell(&mut fields);
    let name = name_of(city, kind, code)?;
    let list = place.title(words);
    let (shell, head) = around(city, visitor, place.here, format::name(words, &name));
    Ok(NamePage {
        shell,
        head,
        told: None,
        is_done: false,
        code: code.to_owned(),
        path: place.path,
        list,
        fields,
    })
}
