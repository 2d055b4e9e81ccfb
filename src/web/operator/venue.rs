//! `/operator/venues/{venue}`: what a venue is called, where it lies, and who is let in. Its id never changes.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::{Here, around};
use super::venue_form::{FIELDS, VenueFields, VenueForm};
use crate::api::extract::PathText;
use crate::api::operator::venues::changed;
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::catalogue::Venue;
use crate::web::field::{Faults, told_over};
use crate::web::form::Form;
use crate::web::format;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Debug, Deserialize)]
pub struct VenueQuery {
    /// Whether it has just been changed.
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "operator/venue.html")]
struct VenuePage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    is_done: bool,
    code: String,
    fields: VenueFields,
}

/// The venue.
///
/// # Errors
/// As `City::enter`, `not-found`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<VenueQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let venue = city.world.catalogue.venue_by_code(&code).ok_or(Problem::NotFound)?;
    let form = VenueForm::of(&city.world.catalogue, venue);
    let mut page = page_of(&city, &visitor, venue, &form, &Faults::default());
    page.is_done = query.done == "changed";
    page::own(StatusCode::OK, &page)
}

fn page_of(city: &City, visitor: &Visitor, venue: &Venue, form: &VenueForm, faults: &Faults) -> VenuePage {
    let title = format::name(visitor.words, &venue.def.name);
    let (shell, head) = around(city, visitor, Here::Venues, title);
    VenuePage {
        shell,
        head,
        told: None,
        is_done: false,
        code: venue.def.code.as_str().to_owned(),
        fields: VenueFields::of(city, visitor, form, faults),
    }
}

/// Changes it.
///
/// # Errors
/// As `show`; what can't be is told at its field.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
    Form(form): Form<VenueForm>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let venue = city.world.catalogue.venue_by_code(&code).ok_or(Problem::NotFound)?;
    let wanted = form.changes(&city.world.catalogue, venue);
    match changed(&desk, city.who, &code, wanted).await {
        Ok(()) => Ok(see_other(&format!("/operator/venues/{code}?done=changed"))),
        Err(fault @ (Problem::Internal { .. } | Problem::Forbidden | Problem::NotFound)) => Err(fault.into()),
        Err(problem) => {
            let faults = Faults::of(visitor.words, &problem);
            let mut page = page_of(&city, &visitor, venue, &form, &faults);
            page.told = Some(told_over(visitor.words, &problem, &FIELDS));
            page::own(problem.name().status(), &page)
        }
    }
}
