//! What is there without a connection: the page that says so, and the worker that keeps tickets.
//!
//! The worker stands at the root, so that it serves all pages; it is written with the addresses of this build's assets.

use std::sync::LazyLock;

use askama::Template;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::web::assets::{address, addresses};
use crate::web::page;
use crate::web::shell::{Place, Shell};
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

const WORKER: &str = include_str!("../assets/worker.js");

static WRITTEN: LazyLock<String> = LazyLock::new(|| {
    let needed = ["app.css", "page.js", "ticket.js", "saved.js", "icon.svg"].map(address);
    let mut all: Vec<&str> = addresses().collect();
    all.sort_unstable();
    let version = blake3::hash(all.join(" ").as_bytes()).to_hex();
    let list = serde_json::to_string(&needed).unwrap_or_default();
    WORKER.replace("\"{{assets}}\"", &list).replace("{{version}}", &version.as_str()[..12])
});

#[derive(Template)]
#[template(path = "resident/offline.html")]
struct OfflinePage {
    shell: Shell,
}

/// The page that is shown where there is no connection, with the tickets that this device has.
///
/// # Errors
/// A fault of ours.
pub async fn show(visitor: Visitor, headers: HeaderMap) -> Result<Response, Turned> {
    let shell =
        Shell::of(&visitor, visitor.words.say("offline"), Place::Elsewhere).with_modules(&["saved.js"]);
    page::public(&visitor, &headers, &OfflinePage { shell })
}

/// The worker.
pub async fn worker() -> Response {
    let mut response = WRITTEN.as_str().into_response();
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
