//! `/operator/sports`: what can be played in the city.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::city::City;
use super::frame::Here;
use super::named::{List, NamedForm, NamedQuery, NamedRow, answered, listed};
use crate::api::headers::checked_key;
use crate::api::operator::sports::{NewSport, added};
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::web::form::Form;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

fn list(city: &City, visitor: &Visitor) -> List {
    let words = visitor.words;
    let catalogue = &city.world.catalogue;
    let row = |(no, sport): (usize, &Arc<crate::domain::definition::SportDef>)| {
        let pitches = catalogue.wholes().filter(|pitch| pitch.sport.index() == no).count();
        NamedRow::of(&sport.code, &sport.name, words.tell("pitch-count", &[("count", pitches.into())]))
    };
    List {
        here: Here::Sports,
        title: words.say("operator-sports"),
        add: words.say("add-sport"),
        path: "/operator/sports",
        rows: catalogue.sports().iter().enumerate().map(row).collect(),
    }
}

/// The list, with a form for one more.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<NamedQuery>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    listed(&city, &visitor, list(&city, &visitor), &query)
}

/// Adds one.
///
/// # Errors
/// As `show`; what can't be is told at its field.
pub async fn send(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    Form(form): Form<NamedForm>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let key = checked_key(&form.key)?;
    let wanted = NewSport { id: form.id.trim().to_owned(), name: form.names() };
    let done = added(&desk, city.who, Some(key), wanted).await;
    answered(&city, &visitor, list(&city, &visitor), &form, done.map(|_| ()))
}
