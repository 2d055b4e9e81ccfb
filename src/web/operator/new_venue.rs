//! `/operator/venues/new`: a venue begins with a name and a place; its manager adds what is played there.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::city::City;
use super::frame::{Here, around};
use super::venue_form::{DISTRICT, FIELDS, ID, VenueFields, VenueForm};
use crate::api::headers::checked_key;
use crate::api::operator::venues::added;
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::web::field::{Faults, Field, Kind, told_over};
use crate::web::form::Form;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "operator/new_venue.html")]
struct NewVenuePage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    key: String,
    fields: VenueFields,
}

/// The form.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(State(desk): State<Arc<Desk>>, visitor: Visitor) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    page::own(StatusCode::OK, &page_of(&city, &visitor, &VenueForm::default(), &Faults::default()))
}

fn page_of(city: &City, visitor: &Visitor, form: &VenueForm, faults: &Faults) -> NewVenuePage {
    let words = visitor.words;
    let mut fields = VenueFields::of(city, visitor, form, faults);
    let id =
        Field::new(ID, words.say("venue-id"), &form.id, Kind::Code).with_hint(words.say("venue-id-hint"));
    fields.names.push(Field { fault: faults.at(ID), ..id });
    let (shell, head) = around(city, visitor, Here::Venues, words.say("add-venue"));
    // A new key each time: what was refused is judged anew.
    NewVenuePage { shell, head, told: None, key: made_key(), fields }
}

/// Adds the venue.
///
/// # Errors
/// As `City::enter`, or a fault of ours; what can't be is told at its field.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    Form(form): Form<VenueForm>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let words = visitor.words;
    let key = checked_key(&form.key)?;
    match added(&desk, city.who, Some(key), form.wanted()).await {
        Ok(_) => Ok(see_other(&format!("/operator/venues?q={0}&added={0}", form.id.trim()))),
        Err(fault @ (Problem::Internal { .. } | Problem::Forbidden)) => Err(fault.into()),
        Err(problem) => {
            let mut faults = Faults::of(words, &problem);
            if problem == Problem::NotFound {
                faults.add(DISTRICT, words.say("district-unknown"));
            }
            let mut page = page_of(&city, &visitor, &form, &faults);
            page.told = Some(told_over(words, &problem, &FIELDS));
            page::own(problem.name().status(), &page)
        }
    }
}
