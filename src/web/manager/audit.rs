//! `/manage/{venue}/audit`: what the staff did here, the newest first: all of it, or what somebody did, of one kind, on some days.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Head, Here, around};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::manager::authority::Task;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::web::audit_filter::{AuditQuery, Filters};
use crate::web::audit_rows::{AuditRow, LogOf, rows};
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many entries a page has.
const ENTRIES: usize = 50;

#[derive(Template)]
#[template(path = "manager/audit.html")]
struct AuditPage {
    shell: Shell,
    head: Head,
    action: String,
    filters: Filters,
    entries: Vec<AuditRow>,
    older: Option<String>,
}

/// The log.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<AuditQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let words = visitor.words;
    let filters = Filters::read(&desk, &at.world, words, &query, Some(at.venue)).await?;
    let mut found = desk.engine.audit_log().found(&filters.filter, query.before, ENTRIES + 1);
    let has_more = found.len() > ENTRIES;
    found.truncate(ENTRIES);
    let action = at.address("/audit");
    let of_whom = |id: &str| filters.of_whom(&action, id);
    let entries = rows(&desk, &at.world, words, LogOf::Venue, of_whom, &found).await?;
    let last = found.last().filter(|_| has_more);
    let older = last.map(|last| filters.older(&action, last.no));
    let (shell, head) = around(&at, &visitor, Here::Audit, words.say("manage-audit"))?;
    page::own(StatusCode::OK, &AuditPage { shell, head, action, filters, entries, older })
}
