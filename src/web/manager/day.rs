//! `/manage/{venue}/bookings`: all bookings of a day, whatever became of them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::{DayLink, Head, Here, around, days};
use super::people_rows::{PersonRow, rows_of_day};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::manager::authority::Task;
use crate::api::query::QueryOf;
use crate::api::resident::Desk;
use crate::api::written_time::WrittenDay;
use crate::web::format;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// A day, or today.
#[derive(Debug, Deserialize)]
pub struct DayQuery {
    date: Option<WrittenDay>,
}

#[derive(Template)]
#[template(path = "manager/day.html")]
struct DayPage {
    shell: Shell,
    head: Head,
    days: Vec<DayLink>,
    day: String,
    date: String,
    rows: Vec<PersonRow>,
}

/// The list.
///
/// # Errors
/// As `At::enter`, or a fault of ours.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    visitor: Visitor,
    QueryOf(query): QueryOf<DayQuery>,
    PathText(code): PathText,
) -> Result<Response, Turned> {
    let at = At::enter(&desk, &visitor, &code, Task::Counter)?;
    let words = visitor.words;
    let day = query.date.map_or(at.today(), |date| date.0);
    let (shell, head) = around(&at, &visitor, Here::Bookings, words.say("manage-bookings"))?;
    let page = DayPage {
        shell,
        head,
        days: days(words, at.today(), day, |day| at.address(&format!("/bookings?date={day}"))),
        day: format::day(words, day),
        date: day.to_string(),
        rows: rows_of_day(&desk, &at, words, day).await?,
    };
    page::own(StatusCode::OK, &page)
}
