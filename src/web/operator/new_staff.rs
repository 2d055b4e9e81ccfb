//! `/operator/staff/new`: somebody becomes a venue's manager, sits at its front desk, or operates the city.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::{Here, around};
use super::search::VenueSearch;
use crate::api::headers::checked_key;
use crate::api::open_data::OpenData;
use crate::api::operator::Operators;
use crate::api::operator::staff::{NewStaff, StaffRole, added};
use crate::api::problem::Problem;
use crate::api::query::QueryOf;
use crate::web::address::encoded;
use crate::web::field::{Faults, Field, Kind, told_over};
use crate::web::form::Form;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

const VENUE: &str = "venue";
const PHONE: &str = "phone";
const PASSWORD: &str = "password";
const NAME: &str = "name";
const FIELDS: [&str; 4] = [VENUE, PHONE, PASSWORD, NAME];

#[derive(Debug, Deserialize)]
pub struct NewQuery {
    /// The venue that somebody is wanted for.
    #[serde(default)]
    venue: String,
}

#[derive(Debug, Deserialize)]
pub struct StaffForm {
    key: String,
    role: StaffRole,
    /// A venue's id, or words that are one's alone.
    #[serde(default)]
    venue: String,
    phone: String,
    password: String,
    name: String,
}

#[derive(Template)]
#[template(path = "operator/new_staff.html")]
struct NewStaffPage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    key: String,
    role: StaffRole,
    venue: String,
    venue_fault: Option<String>,
    fields: Vec<Field>,
}

/// What is shown of somebody who is written down.
struct Written<'a> {
    role: StaffRole,
    venue: &'a str,
    phone: &'a str,
    name: &'a str,
}

/// The form.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(
    State(state): State<Operators>,
    visitor: Visitor,
    QueryOf(query): QueryOf<NewQuery>,
) -> Result<Response, Turned> {
    let city = City::enter(&state.desk, &visitor)?;
    let written = Written { role: StaffRole::FrontDesk, venue: &query.venue, phone: "", name: "" };
    page::own(StatusCode::OK, &page_of(&city, &visitor, &written, &Faults::default()))
}

fn page_of(city: &City, visitor: &Visitor, written: &Written<'_>, faults: &Faults) -> NewStaffPage {
    let words = visitor.words;
    let mut fields = vec![
        Field::new(NAME, words.say("name"), written.name, Kind::Text),
        Field::new(PHONE, words.say("phone"), written.phone, Kind::Phone).with_hint(words.say("phone-hint")),
        Field::new(PASSWORD, words.say("first-password"), "", Kind::NewPassword)
            .with_hint(words.say("first-password-hint")),
    ];
    faults.tell(&mut fields);
    let (shell, head) = around(city, visitor, Here::Staff, words.say("add-staff"));
    NewStaffPage {
        shell,
        head,
        told: None,
        // A new key each time: what was refused is judged anew.
        key: made_key(),
        role: written.role,
        venue: written.venue.to_owned(),
        venue_fault: faults.at(VENUE),
        fields,
    }
}

/// Makes somebody one of the staff.
///
/// # Errors
/// As `City::enter`, or a fault of ours; what can't be is told at its field.
pub async fn send(
    State(state): State<Operators>,
    State(open_data): State<OpenData>,
    visitor: Visitor,
    Form(form): Form<StaffForm>,
) -> Result<Response, Turned> {
    let city = City::enter(&state.desk, &visitor)?;
    let words = visitor.words;
    let key = checked_key(&form.key)?;
    let wanted = NewStaff {
        role: form.role,
        venue: venue_meant(&city, &open_data, form.role, &form.venue),
        phone: form.phone.trim().to_owned(),
        password: form.password,
        name: form.name.trim().to_owned(),
    };
    let phone = wanted.phone.clone();
    let problem = match added(&state, city.who, Some(key), wanted).await {
        Ok(_) => return Ok(see_other(&format!("/operator/staff?q={}&done=added", encoded(&phone)))),
        Err(fault @ (Problem::Internal { .. } | Problem::Forbidden)) => return Err(fault.into()),
        Err(problem) => problem,
    };
    let mut faults = Faults::of(words, &problem);
    let mut told = told_over(words, &problem, &FIELDS);
    // The venue is all that is looked for.
    for (met, field, text) in [
        (Problem::PhoneTaken, PHONE, words.say("staff-phone-taken")),
        (Problem::NotFound, VENUE, words.say("staff-venue-unknown")),
    ] {
        if problem == met {
            faults.add(field, text.as_ref());
            told.text = words.say("problem-text-invalid-request").into_owned();
        }
    }
    let written = Written { role: form.role, venue: &form.venue, phone: &form.phone, name: &form.name };
    let mut page = page_of(&city, &visitor, &written, &faults);
    page.told = Some(told);
    page::own(problem.name().status(), &page)
}

/// The venue that is meant, by its id; as it was written where no venue, or more than one, is found by it.
fn venue_meant(city: &City, open_data: &OpenData, role: StaffRole, text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || role == StaffRole::Operator {
        return None;
    }
    let found = VenueSearch::new(open_data, &city.world.catalogue, text).of(&city.world.catalogue);
    match found.as_slice() {
        [only] => Some(only.def.code.as_str().to_owned()),
        _ => Some(text.to_owned()),
    }
}
