//! Pages for people, made on the server: they work without a script and better with one.
//!
//! A page calls what the API's handlers call (`api`), in this process and under the same rules, and shows it: `resident`, `manager` and `operator` hold the
//! pages, `templates` what they look like, `messages` what they say. Around all of them: `visitor` (who looks, in which language),
//! `frame` (what every request and answer passes), `page` (a template becomes an answer), `shell` (what stands around the content),
//! `problem_page` (a refusal is shown).
//!
//! Always: GET changes nothing but the language's cookie; what changes something came from a page of this city (`forgery`) and
//! answers 303; what is somebody's own is stored in no cache; nothing is written into a page unescaped but drawings of ours.

pub mod address;
pub mod assets;
pub mod audit_filter;
pub mod audit_rows;
pub mod compressed;
#[cfg(test)]
mod contrast;
pub mod field;
pub mod field_names;
pub mod forgery;
pub mod form;
pub mod format;
pub mod frame;
pub mod i18n;
pub mod manager;
pub mod operator;
pub mod page;
pub mod pages;
pub mod policy;
pub mod problem_page;
pub mod rehearsal;
pub mod resident;
pub mod session_cookie;
pub mod shell;
pub mod staff_rows;
pub mod turned;
pub mod visitor;

use axum::Router;
use axum::middleware::from_fn_with_state;

pub use self::pages::Pages;

/// The routes of all pages and of what they are made of.
pub fn routes(pages: Pages) -> Router {
    let tokens = pages.form_tokens.clone();
    let framed = resident::routes()
        .merge(manager::routes())
        .merge(operator::routes())
        .with_state(pages)
        .layer(from_fn_with_state(tokens, frame::pass));
    framed.merge(assets::routes())
}
