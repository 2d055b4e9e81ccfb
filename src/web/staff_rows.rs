//! The staff, as pages show them: a venue's to its manager, all to the operator.

use super::format;
use super::i18n::Words;
use crate::api::manager::people::People;
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::domain::event::Role;
use crate::domain::ids::{ResidentNo, VenueNo};
use crate::engine::world::World;

/// One of the staff.
pub struct StaffRow {
    pub id: String,
    pub name: String,
    pub phone_end: String,
    pub role: String,
    /// The name and the id of the venue; an operator has none.
    pub venue: Option<(String, String)>,
}

/// Shows these.
///
/// # Errors
/// A fault of ours.
pub async fn rows(
    desk: &Desk,
    world: &World,
    words: Words,
    staff: &[(ResidentNo, Role)],
) -> Result<Vec<StaffRow>, Problem> {
    let people = People::look_up(desk, staff.iter().map(|(no, _)| *no)).await?;
    let row = |(no, role): &(ResidentNo, Role)| {
        let person = people.get(*no);
        let (name, phone_end) = person.map_or((None, None), |person| (person.name, person.phone_end));
        let venue = venue_of(*role).and_then(|venue| world.catalogue.venue(venue));
        StaffRow {
            id: desk.ids.resident(*no).as_str().to_owned(),
            name: name.unwrap_or_else(|| words.say("no-name").into_owned()),
            phone_end: phone_end.unwrap_or_default(),
            role: role_told(words, *role),
            venue: venue.map(|venue| {
                (format::name(words, &venue.def.name).to_owned(), venue.def.code.as_str().to_owned())
            }),
        }
    };
    Ok(staff.iter().map(row).collect())
}

/// Where somebody works, if not for the whole city.
#[must_use]
pub const fn venue_of(role: Role) -> Option<VenueNo> {
    match role {
        Role::VenueManager(venue) | Role::FrontDesk(venue) => Some(venue),
        Role::Operator | Role::Resident => None,
    }
}

fn role_told(words: Words, role: Role) -> String {
    match role {
        Role::VenueManager(_) => words.say("role-manager"),
        Role::FrontDesk(_) => words.say("role-front-desk"),
        Role::Operator => words.say("role-operator"),
        Role::Resident => words.say("role-resident"),
    }
    .into_owned()
}
