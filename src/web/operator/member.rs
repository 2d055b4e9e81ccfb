//! `/operator/staff/{id}`: one of the staff, from whom all rights can be taken.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::city::City;
use super::frame::{Here, around};
use crate::api::extract::PathText;
use crate::api::operator::staff::removed;
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::web::manager::frame::Head;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::staff_rows::{StaffRow, rows};
use crate::web::turned::{Turned, see_other};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "operator/member.html")]
struct MemberPage {
    shell: Shell,
    head: Head,
    one: StaffRow,
    is_oneself: bool,
}

/// One of the staff.
///
/// # Errors
/// As `City::enter`, `not-found` for who is none of the staff, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(id): PathText,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    let no = desk.ids.read_resident(&id).ok_or(Problem::NotFound)?;
    let role = desk.engine.staff_role(no).ok_or(Problem::NotFound)?;
    let one = rows(&desk, &city.world, visitor.words, &[(no, role)]).await?.pop().ok_or(Problem::NotFound)?;
    let (shell, head) = around(&city, &visitor, Here::Staff, one.name.as_str());
    page::own(StatusCode::OK, &MemberPage { shell, head, one, is_oneself: no == city.who.no })
}

/// Takes all rights from him.
///
/// # Errors
/// As `City::enter`, or why he keeps them.
pub async fn disable(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    PathText(id): PathText,
) -> Result<Response, Turned> {
    let city = City::enter(&desk, &visitor)?;
    removed(&desk, city.who, &id).await?;
    Ok(see_other("/operator/staff?done=disabled"))
}
