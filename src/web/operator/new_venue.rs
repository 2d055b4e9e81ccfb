//! `/operator/venues/new`: a venue begins with a name and a place; its manager adds what is played there.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::{Here, around};
use super::venues::{Choice, district_choices};
use crate::api::headers::checked_key;
use crate::api::operator::venues::{AdmissionName, NewVenue, added};
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::api::written_names::WrittenNames;
use crate::web::field::{Faults, Field, Kind, told_over};
use crate::web::form::Form;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::problem_page::Told;
use crate::web::resident::book::made_key;
use crate::web::shell::Shell;
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

/// The fields of the form, by the names that the API's faults have.
const ID: &str = "id";
const NAME_ZH: &str = "name.zh-Hans";
const NAME_EN: &str = "name.en";
const DISTRICT: &str = "district";
const ADDRESS_ZH: &str = "address.zh-Hans";
const ADDRESS_EN: &str = "address.en";
const LATITUDE: &str = "latitude";
const LONGITUDE: &str = "longitude";
const FIELDS: [&str; 8] = [ID, NAME_ZH, NAME_EN, DISTRICT, ADDRESS_ZH, ADDRESS_EN, LATITUDE, LONGITUDE];

/// A venue as it is written. Everything is text, so that what can't be read is shown again as it was.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VenueForm {
    key: String,
    id: String,
    #[serde(rename = "name.zh-Hans")]
    name_zh: String,
    #[serde(rename = "name.en")]
    name_en: String,
    district: String,
    #[serde(rename = "address.zh-Hans")]
    address_zh: String,
    #[serde(rename = "address.en")]
    address_en: String,
    latitude: String,
    longitude: String,
    /// `open` or `checked`.
    admission: String,
}

#[derive(Template)]
#[template(path = "operator/new_venue.html")]
struct NewVenuePage {
    shell: Shell,
    head: Head,
    told: Option<Told>,
    key: String,
    names: Vec<Field>,
    districts: Vec<Choice>,
    district_fault: Option<String>,
    places: Vec<Field>,
    is_checked: bool,
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
    let mut names = vec![
        Field::new(NAME_ZH, words.say("name-zh"), &form.name_zh, Kind::Chinese),
        Field::new(NAME_EN, words.say("name-en"), &form.name_en, Kind::English),
        Field::new(ID, words.say("venue-id"), &form.id, Kind::Code).with_hint(words.say("venue-id-hint")),
    ];
    let mut places = vec![
        Field::new(ADDRESS_ZH, words.say("address-zh"), &form.address_zh, Kind::Chinese),
        Field::new(ADDRESS_EN, words.say("address-en"), &form.address_en, Kind::English),
        Field::new(LATITUDE, words.say("latitude"), &form.latitude, Kind::Degrees)
            .with_hint(words.say("latitude-hint")),
        Field::new(LONGITUDE, words.say("longitude"), &form.longitude, Kind::Degrees)
            .with_hint(words.say("longitude-hint")),
    ];
    faults.tell(&mut names);
    faults.tell(&mut places);
    let (shell, head) = around(city, visitor, Here::Venues, words.say("add-venue"));
    NewVenuePage {
        shell,
        head,
        told: None,
        // A new key each time: what was refused is judged anew.
        key: made_key(),
        names,
        districts: district_choices(city, visitor, &form.district, None),
        district_fault: faults.at(DISTRICT),
        places,
        is_checked: form.admission != "open",
    }
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

impl VenueForm {
    fn wanted(&self) -> NewVenue {
        let names = |zh_hans: &String, en: &String| WrittenNames {
            zh_hans: zh_hans.trim().to_owned(),
            en: en.trim().to_owned(),
        };
        // What is no number is no place, which is what its field then says.
        let degrees = |text: &String| text.trim().parse().unwrap_or(f64::NAN);
        NewVenue {
            id: self.id.trim().to_owned(),
            name: names(&self.name_zh, &self.name_en),
            district: self.district.clone(),
            address: names(&self.address_zh, &self.address_en),
            latitude: degrees(&self.latitude),
            longitude: degrees(&self.longitude),
            admission: if self.admission == "open" { AdmissionName::Open } else { AdmissionName::Checked },
        }
    }
}
