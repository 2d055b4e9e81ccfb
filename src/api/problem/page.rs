//! A problem that a person reads: who asked with a browser for something that is no part of the API gets a page.
//!
//! What it looks like is for the pages to say, which stand above the API; here is only what they need to know.

use axum::http::Method;
use axum::http::header::{ACCEPT, HeaderMap};
use axum::http::request::Parts;
use axum::response::Response;

use super::{Problem, ProblemName};

/// Writes a page about a problem into the response that carried it.
pub type ProblemPage = fn(&ToShow<'_>, &AskedForPage, &mut Response);

/// What a page about a problem is to show.
#[derive(Debug, Clone, Copy)]
pub enum ToShow<'a> {
    /// What a request has met, with the request's id.
    Met { problem: &'a Problem, request_id: &'a str },
    /// A kind of problem, for who wants to know what it means.
    Explained(ProblemName),
}

/// The mark of an answer that explains a problem.
#[derive(Clone, Copy)]
pub(crate) struct Explained(pub(crate) ProblemName);

/// What a request for a page said of the page that it wants.
#[derive(Debug, Clone)]
pub struct AskedForPage {
    pub method: Method,
    pub path: String,
    pub query: Option<String>,
    pub headers: HeaderMap,
}

impl AskedForPage {
    /// Nothing when the request doesn't ask for HTML.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let accepts = parts.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let is_person = accepts.flat_map(|value| value.split(',')).any(|range| {
            let essence = range.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("text/html")
        });
        is_person.then(|| Self {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers.clone(),
        })
    }
}
