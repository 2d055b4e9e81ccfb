//! Why a page isn't shown: there is somewhere else to go first, or a problem, which `api::front` shows as a page.

use axum::http::header::{HeaderValue, LOCATION};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

use super::address::{encoded, is_local};
use super::visitor::Wants;
use crate::api::problem::Problem;

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// Why a page isn't shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turned {
    /// It is somebody's own; after the sign-in one comes back to it.
    ToSignIn {
        back_to: String,
    },
    Problem(Problem),
}

impl From<Problem> for Turned {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<askama::Error> for Turned {
    fn from(fault: askama::Error) -> Self {
        Self::Problem(Problem::internal(&fault))
    }
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        match self {
            Self::ToSignIn { back_to } => see_other(&format!("/sign-in?next={}", encoded(&back_to))),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// The same for a script too, which would otherwise take the page that it is led to for a part of its own.
#[must_use]
pub fn gone_on(wants: Wants, address: &str) -> Response {
    match wants {
        Wants::Page => see_other(address),
        Wants::Fragment => {
            let mut response = StatusCode::OK.into_response();
            let address = if is_local(address) { address } else { "/" };
            let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
            response.headers_mut().insert(HX_REDIRECT, location);
            response
        }
    }
}

/// The way on after something was done: to look at what it came to. Only to a page of this city.
#[must_use]
pub fn see_other(address: &str) -> Response {
    let address = if is_local(address) { address } else { "/" };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}
