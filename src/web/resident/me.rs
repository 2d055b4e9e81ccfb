//! `/me`: one's own account, and how pages look for oneself.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::problem::Problem;
use crate::api::resident::Residents;
use crate::api::resident::me::known_of;
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

#[derive(Template)]
#[template(path = "resident/me.html")]
struct MePage {
    shell: Shell,
    name: String,
    phone: String,
    balance: String,
    is_resident: bool,
    manages: bool,
    operates: bool,
}

/// The account.
///
/// # Errors
/// The way to the sign-in, or a fault of ours.
pub async fn show(State(state): State<Residents>, visitor: Visitor) -> Result<Response, Turned> {
    let who = visitor.signed_in()?;
    let desk = &state.desk;
    let account = desk.engine.residents().get(who.no).ok_or(Problem::NotFound)?;
    let known = known_of(desk, &who).await?;
    let (name, phone) =
        known.map_or_else(Default::default, |known| (known.name, known.phone.as_str().to_owned()));
    let currency = desk.engine.world().catalogue.city().currency;
    let page = MePage {
        shell: Shell::of(&visitor, visitor.words.say("me"), Place::Me),
        name,
        phone,
        balance: sum(account.settled(), currency),
        is_resident: who.role == Role::Resident,
        manages: matches!(who.role, Role::VenueManager(_) | Role::FrontDesk(_)),
        operates: who.role == Role::Operator,
    };
    page::own(StatusCode::OK, &page)
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
