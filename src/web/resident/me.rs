//! `/me`: one's own account, and how pages look for oneself.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::companions::{List, NewForm, done_told, list};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::me::known_of;
use crate::api::resident::{Desk, Residents};
use crate::domain::event::Role;
use crate::web::form::Form;
use crate::web::format::sum;
use crate::web::frame::add_cookie;
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::{TEXT_COOKIE, TEXT_LARGE, Visitor};

/// The size of text is kept for a year.
const TEXT_SECONDS: u32 = 365 * 24 * 60 * 60;

#[derive(Debug, Deserialize)]
pub struct MeQuery {
    /// What has just been done.
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "resident/me.html")]
pub struct MePage {
    shell: Shell,
    done: Option<String>,
    name: String,
    phone: String,
    balance: String,
    is_resident: bool,
    /// Of a resident who is somebody.
    companions: Option<List>,
    manages: bool,
    operates: bool,
}

/// The account.
///
/// # Errors
/// The way to the sign-in, or a fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    QueryOf(query): QueryOf<MeQuery>,
) -> Result<Response, Turned> {
    let mut page = page_of(&state.desk, &visitor, &NewForm::default(), None).await?;
    page.done = done_told(visitor.words, &query.done);
    page::own(StatusCode::OK, &page)
}

/// The account, with the form for a companion as it is written and what is wrong with it.
///
/// # Errors
/// As `show`.
pub async fn page_of(
    desk: &Desk,
    visitor: &Visitor,
    form: &NewForm,
    problem: Option<&Problem>,
) -> Result<MePage, Turned> {
    let who = visitor.signed_in()?;
    let account = desk.engine.residents().get(who.no).ok_or(Problem::NotFound)?;
    let known = known_of(desk, &who).await?;
    let is_resident = who.role == Role::Resident;
    let companions = match known {
        Some(_) if is_resident => Some(list(desk, visitor.words, who.no, form, problem).await?),
        Some(_) | None => None,
    };
    let (name, phone) =
        known.map_or_else(Default::default, |known| (known.name, known.phone.as_str().to_owned()));
    let currency = desk.engine.world().catalogue.city().currency;
    Ok(MePage {
        shell: Shell::of(visitor, visitor.words.say("me"), Place::Me),
        name,
        phone,
        balance: sum(account.settled(), currency),
        is_resident,
        companions,
        done: None,
        manages: matches!(who.role, Role::VenueManager(_) | Role::FrontDesk(_)),
        operates: who.role == Role::Operator,
    })
}

/// How large text is to be.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    Normal,
    Large,
}

#[derive(Deserialize)]
pub struct SizeForm {
    size: Size,
}

/// Keeps the size of text in this browser.
///
/// # Errors
/// None but those of the form.
pub async fn text_size(Form(form): Form<SizeForm>) -> Result<Response, Turned> {
    let mut response = see_other("/me");
    let cookie = match form.size {
        Size::Large => format!("{TEXT_COOKIE}={TEXT_LARGE}; Max-Age={TEXT_SECONDS}"),
        Size::Normal => format!("{TEXT_COOKIE}=; Max-Age=0"),
    };
    add_cookie(response.headers_mut(), &cookie);
    Ok(response)
}
