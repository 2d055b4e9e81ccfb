//! `/sign-in` and `/sign-out`: the same sessions as the API's, in a browser's cookie. Afterwards one is where one came from.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::front::{Peer, Through};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::accounts::Session;
use crate::api::resident::{Residents, logins};
use crate::domain::event::Role;
use crate::domain::ids::ResidentNo;
use crate::web::address::{encoded, is_local};
use crate::web::form::Form;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::session_cookie;
use crate::web::shell::{Place, Shell};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// Where one came from.
#[derive(Debug, Default, Deserialize)]
pub struct BackTo {
    #[serde(default)]
    next: String,
}

impl BackTo {
    /// The address, where it is one of ours.
    #[must_use]
    pub fn address(&self) -> &str {
        if is_local(&self.next) { &self.next } else { "" }
    }
}

#[derive(Deserialize)]
pub struct SignInForm {
    phone: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "resident/sign_in.html")]
struct SignInPage<'a> {
    shell: Shell,
    needs_https: bool,
    told: Option<Told>,
    phone: &'a str,
    next: &'a str,
    next_encoded: String,
}

impl<'a> SignInPage<'a> {
    fn new(visitor: &Visitor, needs_https: bool, next: &'a str) -> Self {
        let shell = Shell::of(visitor, visitor.words.say("sign-in"), Place::Me);
        Self { shell, needs_https, told: None, phone: "", next, next_encoded: encoded(next) }
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
    page::own(StatusCode::OK, &SignInPage::new(&visitor, needs_https, back_to.address()))
}

/// Begins a session.
///
/// # Errors
/// A fault of ours; what is refused is shown in the form.
pub async fn send(
    State(state): State<Residents>,
    visitor: Visitor,
    Peer(address): Peer,
    Through(scheme): Through,
    Form(form): Form<SignInForm>,
) -> Result<Response, Turned> {
    let next = if is_local(&form.next) { form.next.as_str() } else { "" };
    match logins::begin(&state, address, &form.phone, form.password).await {
        Ok(session) => Ok(entered(&state, &session, next)),
        Err(fault @ Problem::Internal { .. }) => Err(fault.into()),
        Err(problem) => {
            let mut page = SignInPage::new(&visitor, session_cookie::would_be_lost(address, scheme), next);
            page.told = Some(Told::of(visitor.words, &problem));
            page.phone = &form.phone;
            page::own(problem.name().status(), &page)
        }
    }
}

/// Ends the session, and with it everything that this browser keeps of it.
///
/// # Errors
/// Why it goes on.
pub async fn out(State(state): State<Residents>, visitor: Visitor) -> Result<Response, Turned> {
    if let Some(who) = visitor.who {
        match logins::end(&state.desk, &who).await {
            // Another request has ended it meanwhile.
            Ok(()) | Err(Problem::Unauthenticated) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    let mut response = see_other("/");
    session_cookie::take(response.headers_mut());
    Ok(response)
}

/// The way on of somebody whose session has begun, with its cookie.
pub(super) fn entered(state: &Residents, session: &Session, next: &str) -> Response {
    let mut response = see_other(onward(state, session.resident, next));
    session_cookie::give(response.headers_mut(), &session.minted);
    response
}

/// Where somebody goes who has signed in: back, or to what his account is for.
pub(super) fn onward<'a>(state: &Residents, no: ResidentNo, next: &'a str) -> &'a str {
    if !next.is_empty() {
        return next;
    }
    match state.desk.engine.residents().get(no).and_then(|account| account.role()) {
        Some(Role::Resident) | None => "/",
        Some(Role::VenueManager(_) | Role::FrontDesk(_)) => "/manage",
        Some(Role::Operator) => "/operator",
    }
}
