//! `/manage/{venue}/pitches`: the pitches of a venue, with what is open and sold of them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Head, Here, around};
use super::place::At;
use crate::api::extract::PathText;
use crate::api::manager::authority::Task;
use crate::api::resident::Desk;
use crate::domain::change::Offered;
use crate::web::format;
use crate::web::page;
use crate::web::shell::Shell;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "manager/pitches.html")]
struct PitchesPage {
    shell: Shell,
    head: Head,
    rows: Vec<PitchRow>,
    add: String,
}

struct PitchRow {
    address: String,
    name: String,
    sport: String,
    is_part: bool,
    is_offered: bool,
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
    let words = visitor.words;
    let (shell, head) = around(&at, &visitor, Here::Pitches, words.say("manage-pitches"))?;
    let row = |pitch: &crate::domain::catalogue::Pitch| PitchRow {
        address: at.address(&format!("/pitches/{}", pitch.code)),
        name: format::name(words, &pitch.name).to_owned(),
        sport: at
            .world
            .catalogue
            .sport(pitch.sport)
            .map_or_else(String::new, |sport| format::name(words, &sport.name).to_owned()),
        is_part: pitch.whole != pitch.no,
        is_offered: pitch.offered == Offered::Yes,
    };
    let rows = at.pitches().into_iter().map(row).collect();
    page::own(StatusCode::OK, &PitchesPage { shell, head, rows, add: at.address("/pitches/new") })
}
