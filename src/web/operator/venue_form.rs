//! A venue as a form writes it: a new one, and one whose details are changed. A change names only what differs from what stands there,
//! so that the log tells just that.

use serde::Deserialize;

use super::city::City;
use super::venues::{Choice, district_choices};
use crate::api::open_data::near::degrees;
use crate::api::operator::venues::{AdmissionName, NewVenue, VenueDetails};
use crate::api::written_names::WrittenNames;
use crate::domain::catalogue::{Catalogue, Venue};
use crate::domain::change::Admission;
use crate::domain::names::Names;
use crate::web::field::{Faults, Field, Kind};
use crate::web::visitor::Visitor;

/// The fields of the form, by the names that the API's faults have.
pub const ID: &str = "id";
const NAME_ZH: &str = "name.zh-Hans";
const NAME_EN: &str = "name.en";
pub const DISTRICT: &str = "district";
const ADDRESS_ZH: &str = "address.zh-Hans";
const ADDRESS_EN: &str = "address.en";
const LATITUDE: &str = "latitude";
const LONGITUDE: &str = "longitude";
pub const FIELDS: [&str; 8] = [ID, NAME_ZH, NAME_EN, DISTRICT, ADDRESS_ZH, ADDRESS_EN, LATITUDE, LONGITUDE];

/// A venue as it is written. Everything is text, so that what can't be read is shown again as it was.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct VenueForm {
    pub key: String,
    pub id: String,
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

/// The part of a page that a venue is written in.
pub struct VenueFields {
    pub names: Vec<Field>,
    pub districts: Vec<Choice>,
    pub district_fault: Option<String>,
    pub places: Vec<Field>,
    pub is_checked: bool,
}

impl VenueFields {
    #[must_use]
    pub fn of(city: &City, visitor: &Visitor, form: &VenueForm, faults: &Faults) -> Self {
        let words = visitor.words;
        let mut names = vec![
            Field::new(NAME_ZH, words.say("name-zh"), &form.name_zh, Kind::Chinese),
            Field::new(NAME_EN, words.say("name-en"), &form.name_en, Kind::English),
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
        Self {
            names,
            districts: district_choices(city, visitor, &form.district, None),
            district_fault: faults.at(DISTRICT),
            places,
            is_checked: form.admission != "open",
        }
    }
}

impl VenueForm {
    /// A venue as it stands.
    #[must_use]
    pub fn of(catalogue: &Catalogue, venue: &Venue) -> Self {
        let def = &venue.def;
        let (latitude, longitude) = degrees(def.location);
        let district = catalogue.district(def.district);
        Self {
            key: String::new(),
            id: def.code.as_str().to_owned(),
            name_zh: def.name.zh_hans.clone(),
            name_en: def.name.en.clone(),
            district: district.map_or_else(String::new, |district| district.code.as_str().to_owned()),
            address_zh: def.address.zh_hans.clone(),
            address_en: def.address.en.clone(),
            latitude: latitude.to_string(),
            longitude: longitude.to_string(),
            admission: match venue.admission {
                Admission::Open => "open".to_owned(),
                Admission::Checked => "checked".to_owned(),
            },
        }
    }

    fn admitted(&self) -> AdmissionName {
        if self.admission == "open" { AdmissionName::Open } else { AdmissionName::Checked }
    }

    /// A new venue.
    #[must_use]
    pub fn wanted(&self) -> NewVenue {
        NewVenue {
            id: self.id.trim().to_owned(),
            name: names(&self.name_zh, &self.name_en),
            district: self.district.clone(),
            address: names(&self.address_zh, &self.address_en),
            latitude: degrees_written(&self.latitude),
            longitude: degrees_written(&self.longitude),
            admission: self.admitted(),
        }
    }

    /// What is to be changed of a venue that stands there.
    #[must_use]
    pub fn changes(&self, catalogue: &Catalogue, venue: &Venue) -> VenueDetails {
        let was = Self::of(catalogue, venue);
        let differs = |zh: &String, en: &String, was: &Names| zh.trim() != was.zh_hans || en.trim() != was.en;
        let is_moved = self.latitude.trim() != was.latitude || self.longitude.trim() != was.longitude;
        let name = differs(&self.name_zh, &self.name_en, &venue.def.name);
        let address = differs(&self.address_zh, &self.address_en, &venue.def.address);
        VenueDetails {
            name: name.then(|| names(&self.name_zh, &self.name_en)),
            district: (self.district != was.district).then(|| self.district.clone()),
            address: address.then(|| names(&self.address_zh, &self.address_en)),
            latitude: is_moved.then(|| degrees_written(&self.latitude)),
            longitude: is_moved.then(|| degrees_written(&self.longitude)),
            admission: (self.admission != was.admission).then(|| self.admitted()),
        }
    }
}

fn names(zh_hans: &str, en: &str) -> WrittenNames {
    WrittenNames { zh_hans: zh_hans.trim().to_owned(), en: en.trim().to_owned() }
}

/// What is no number is no place, which is what its field then says.
fn degrees_written(text: &str) -> f64 {
    text.trim().parse().unwrap_or(f64::NAN)
}
