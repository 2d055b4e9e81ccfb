//! `/operator/staff`: who works for the city and its venues, found by role, venue or telephone number.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::city::City;
use super::frame::{Here, around};
use super::search::VenueSearch;
use super::venues::Choice;
use crate::api::open_data::OpenData;
use crate::api::person::read_phone;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::event::{PhoneHash, Role};
use crate::domain::ids::ResidentNo;
use crate::web::address::encoded;
use crate::web::i18n::Words;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::staff_rows::{StaffRow, rows, venue_of};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many people a page has.
const PEOPLE: usize = 50;

#[derive(Debug, Deserialize)]
pub struct StaffQuery {
    /// A whole telephone number, or a venue's id or words.
    #[serde(default)]
    q: String,
    /// A role's name, or nothing for all.
    #[serde(default)]
    role: String,
    /// How many people stand on the pages before.
    #[serde(default)]
    from: usize,
    /// What was just done: `added` or `disabled`.
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "operator/staff.html")]
struct StaffPage {
    shell: Shell,
    head: Head,
    q: String,
    roles: Vec<Choice>,
    done: Option<String>,
    told: String,
    staff: Vec<StaffRow>,
    earlier: Option<String>,
    later: Option<String>,
    /// The form for somebody new, with the venue that was looked for.
    add: String,
}

/// The list.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    State(open_data): State<OpenData>,
    visitor: Visitor,
    QueryOf(query): QueryOf<StaffQuery>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let words = visitor.words;
    let has_role = |role: Role| query.role.is_empty() || query.role == role_value(role);
    let found: Vec<(ResidentNo, Role)> =
        found(&desk, &open_data, &city, &query.q).into_iter().filter(|(_, role)| has_role(*role)).collect();
    let shown: Vec<_> = found.iter().skip(query.from).take(PEOPLE).copied().collect();
    let at = |from: usize| {
        format!("/operator/staff?q={}&role={}&from={from}", encoded(&query.q), encoded(&query.role))
    };
    let later = query.from.saturating_add(PEOPLE);
    let venue = city.world.catalogue.venue_by_code(query.q.trim());
    let (shell, head) = around(&city, &visitor, Here::Staff, words.say("operator-staff"));
    let page = StaffPage {
        shell,
        head,
        roles: role_choices(words, &query.role),
        done: match query.done.as_str() {
            "added" => Some(words.say("staff-added").into_owned()),
            "disabled" => Some(words.say("staff-disabled").into_owned()),
            _ => None,
        },
        told: words.tell("staff-found", &[("count", found.len().into())]),
        staff: rows(&desk, &city.world, words, &shown).await?,
        earlier: (query.from > 0).then(|| at(query.from.saturating_sub(PEOPLE))),
        later: (later < found.len()).then(|| at(later)),
        add: venue.map_or_else(
            || "/operator/staff/new".to_owned(),
            |venue| format!("/operator/staff/new?venue={}", venue.def.code),
        ),
        q: query.q,
    };
    page::own(StatusCode::OK, &page)
}

/// Who is meant: the account with this telephone number, or who works at the venues that are found.
fn found(desk: &Desk, open_data: &OpenData, city: &City, text: &str) -> Vec<(ResidentNo, Role)> {
    let engine = &desk.engine;
    if let Ok(phone) = read_phone(text.trim()) {
        let hash = PhoneHash(phone.hash(desk.keys.phone()).bytes());
        let account = engine.account_by_phone(hash);
        let one = account.and_then(|(no, _)| Some((no, engine.staff_role(no)?)));
        return one.into_iter().collect();
    }
    let all = engine.staff_after(None, usize::MAX);
    let catalogue = &city.world.catalogue;
    let search = VenueSearch::new(open_data, catalogue, text);
    if !search.is_on() {
        return all;
    }
    let mut venues: Vec<_> = search.of(catalogue).into_iter().map(|venue| venue.no).collect();
    venues.sort_unstable();
    let is_there = |role: Role| venue_of(role).is_some_and(|venue| venues.binary_search(&venue).is_ok());
    all.into_iter().filter(|(_, role)| is_there(*role)).collect()
}

/// A role as forms and addresses name it.
#[must_use]
pub const fn role_value(role: Role) -> &'static str {
    match role {
        Role::VenueManager(_) => "manager",
        Role::FrontDesk(_) => "front_desk",
        Role::Operator => "operator",
        Role::Resident => "resident",
    }
}

fn role_choices(words: Words, chosen: &str) -> Vec<Choice> {
    let choices = [
        ("", words.say("every-role")),
        ("manager", words.say("role-manager")),
        ("front_desk", words.say("role-front-desk")),
        ("operator", words.say("role-operator")),
    ];
    let choice = |(value, text): (&str, std::borrow::Cow<'static, str>)| Choice {
        value: value.to_owned(),
        text: text.into_owned(),
        is_chosen: value == chosen,
    };
    choices.into_iter().map(choice).collect()
}
