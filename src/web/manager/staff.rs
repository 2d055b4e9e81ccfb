//! `/manage/{venue}/staff`: who works here. Who is added and who goes is the operator's to say.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Head, Here, around};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::manager::authority::{Task, in_city};
use crate::api::resident::Desk;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::staff_rows::{StaffRow, rows, venue_of};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "manager/staff.html")]
struct StaffPage {
    shell: Shell,
    head: Head,
    staff: Vec<StaffRow>,
    /// Where an operator adds somebody.
    add: Option<String>,
}

/// The list.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Manage)?;
    let mut here = desk.engine.staff_after(None, usize::MAX);
    here.retain(|(_, role)| venue_of(*role) == Some(at.venue));
    let (shell, head) = around(&at, &visitor, Here::Staff, visitor.words.say("manage-staff"))?;
    let page = StaffPage {
        shell,
        head,
        staff: rows(&desk, &at.world, visitor.words, &here).await?,
        add: in_city(at.who).is_ok().then(|| format!("/operator/staff/new?venue={}", at.code)),
    };
    page::own(StatusCode::OK, &page)
}
