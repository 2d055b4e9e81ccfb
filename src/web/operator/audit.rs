//! `/operator/audit`: what the staff of the whole city did, the newest first: all of it, or at one venue, by somebody, of one kind, on some days.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::city::City;
use super::frame::{Here, around};
use super::search::VenueSearch;
use crate::api::open_data::OpenData;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::domain::catalogue::Venue;
use crate::web::audit_filter::{AuditQuery, Filters};
use crate::web::audit_rows::{AuditRow, LogOf, VenueLink, rows};
use crate::web::format;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

const PATH: &str = "/operator/audit";
/// How many entries a page has.
const ENTRIES: usize = 50;
/// How many venues are offered where a search means several.
const VENUES_OFFERED: usize = 12;

#[derive(Template)]
#[template(path = "operator/audit.html")]
struct AuditPage {
    shell: Shell,
    head: Head,
    venue: String,
    /// Whose entries are shown, where it is one venue's.
    of: Option<String>,
    /// The venues that may be meant, where none is known for sure.
    meant: Vec<VenueLink>,
    is_unknown: bool,
    filters: Filters,
    entries: Vec<AuditRow>,
    older: Option<String>,
}

/// The log.
///
/// # Errors
/// As `City::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    State(open_data): State<OpenData>,
    visitor: Visitor,
    QueryOf(query): QueryOf<AuditQuery>,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let words = visitor.words;
    let catalogue = &city.world.catalogue;
    let search = VenueSearch::new(&open_data, catalogue, &query.venue);
    let found = if search.is_on() { search.of(catalogue) } else { Vec::new() };
    let name = |venue: &Venue| format::name(words, &venue.def.name).to_owned();
    let only = match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let filters = Filters::read(&desk, &city.world, words, &query, only.map(|venue| venue.no)).await?;
    let mut entries = if search.is_on() && only.is_none() {
        Vec::new()
    } else {
        desk.engine.audit_log().found(&filters.filter, query.before, ENTRIES + 1)
    };
    let has_more = entries.len() > ENTRIES;
    entries.truncate(ENTRIES);
    let older = entries.last().filter(|_| has_more).map(|last| filters.older(PATH, last.no));
    let offered = if found.len() > 1 { found.as_slice() } else { &[] };
    let link =
        |venue: &&Venue| VenueLink { name: name(venue), address: format!("{PATH}?venue={}", venue.def.code) };
    let of_whom = |id: &str| filters.of_whom(PATH, id);
    let shown = rows(&desk, &city.world, words, LogOf::City, of_whom, &entries).await?;
    let (shell, head) = around(&city, &visitor, Here::Audit, words.say("manage-audit"));
    let page = AuditPage {
        shell,
        head,
        of: only.map(name),
        meant: offered.iter().take(VENUES_OFFERED).map(link).collect(),
        is_unknown: search.is_on() && found.is_empty(),
        entries: shown,
        filters,
        older,
        venue: query.venue,
    };
    page::own(StatusCode::OK, &page)
}
