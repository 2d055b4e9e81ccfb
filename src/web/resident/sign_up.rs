//! `/sign-up`: a new account, by the same rules as the API's, and its first session.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::sign_in::{BackTo, entered, onward};
use crate::api::front::{Peer, Through};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::{Residents, accounts};
use crate::web::address::{encoded, is_local};
use crate::web::form::Form;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::session_cookie;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Deserialize)]
pub struct SignUpForm {
    name: String,
    phone: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "resident/sign_up.html")]
struct SignUpPage<'a> {
    shell: Shell,
    needs_https: bool,
    told: Option<Told>,
    name: &'a str,
    phone: &'a str,
    next: &'a str,
    next_encoded: String,
}

impl<'a> SignUpPage<'a> {
    fn new(visitor: &Visitor, needs_https: bool, next: &'a str) -> Self {
        let shell = Shell::of(visitor, visitor.words.say("sign-up"), Place::Me);
        Self { shell, needs_https, told: None, name: "", phone: "", next, next_encoded: encoded(next) }
    }
}

/// The form. Whoever is signed in already goes on.
///
/// # Errors
/// A fault of ours.
pub async fn show(
    State(state): State<Residents>,
    visitor: Visitor,
    Peer(address): Peer,
    Through(scheme): Through,
    QueryOf(back_to): QueryOf<BackTo>,
) -> Result<Response, Turned> {
    if let Some(who) = visitor.who {
        return Ok(see_other(onward(&state, who.no, back_to.address())));
    }
    let needs_https = session_cookie::would_be_lost(address, scheme);
    page::own(StatusCode::OK, &SignUpPage::new(&visitor, needs_https, back_to.address()))
}

/// Opens the account.
///
/// # Errors
/// A fault of ours; what is refused is shown in the form.
pub async fn send(
    State(state): State<Residents>,
    visitor: Visitor,
    Peer(address): Peer,
    Through(scheme): Through,
    Form(form): Form<SignUpForm>,
) -> Result<Response, Turned> {
    let next = if is_local(&form.next) { form.next.as_str() } else { "" };
    match accounts::open(&state, address, &form.phone, form.password, form.name.clone()).await {
        Ok(session) => Ok(entered(&state, &session, next)),
        Err(fault @ Problem::Internal { .. }) => Err(fault.into()),
        Err(problem) => {
            let mut page = SignUpPage::new(&visitor, session_cookie::would_be_lost(address, scheme), next);
            page.told = Some(Told::of(visitor.words, &problem));
            (page.name, page.phone) = (&form.name, &form.phone);
            page::own(problem.name().status(), &page)
        }
    }
}
