//! `/manage/{venue}/audit`: what the staff did here, the newest first.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{Head, Here, around};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::manager::authority::Task;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::web::audit_rows::{AuditRow, LogOf, rows};
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// How many entries a page has.
const ENTRIES: usize = 50;

#[derive(Debug, Deserialize)]
pub struct AuditQuery {
    /// Only entries before this one.
    before: Option<u32>,
}

#[derive(Template)]
#[template(path = "manager/audit.html")]
struct AuditPage {
    shell: Shell,
    head: Head,
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
    let mut found = desk.engine.audit_log().page(Some(at.venue), query.before, ENTRIES + 1);
    let has_more = found.len() > ENTRIES;
    found.truncate(ENTRIES);
    let entries = rows(&desk, &at.world, words, LogOf::Venue, &found).await?;
    let last = found.last().filter(|_| has_more);
    let older = last.map(|last| at.address(&format!("/audit?before={}", last.no)));
    let (shell, head) = around(&at, &visitor, Here::Audit, words.say("manage-audit"))?;
    page::own(StatusCode::OK, &AuditPage { shell, head, entries, older })
}
