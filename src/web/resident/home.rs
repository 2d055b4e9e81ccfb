//! `/`: what one comes for: the next booking, what is free tonight, what opens next.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "resident/home.html")]
struct HomePage {
    shell: Shell,
}

/// The page.
///
/// # Errors
/// A fault of ours.
pub async fn show(visitor: Visitor, headers: HeaderMap) -> Result<Response, Turned> {
    let shell = Shell::of(&visitor, visitor.words.say("nav-home"), Place::Home);
    page::public(&visitor, &headers, &HomePage { shell })
}
