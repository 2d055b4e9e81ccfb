//! A template becomes an answer: what is somebody's own is kept nowhere, what everybody may see is asked for anew and comes
//! only when it has changed.

use askama::Template;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use super::turned::Turned;
use super::visitor::Visitor;
use crate::api::etag;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A page that everybody sees alike; whoever is signed in sees his own, which nobody keeps.
///
/// # Errors
/// A fault of ours.
pub fn public<T: Template>(visitor: &Visitor, headers: &HeaderMap, page: &T) -> Result<Response, Turned> {
    if visitor.who.is_some() {
        return own(StatusCode::OK, page);
    }
    let text = page.render()?;
    let tag = etag::tag(text.as_bytes());
    let mut response = if etag::has(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        html(StatusCode::OK, text)
    };
    let out = response.headers_mut();
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Letters and quotes are fit for a header.
    if let Ok(tag) = HeaderValue::from_str(&format!("W/{tag}")) {
        out.insert(ETAG, tag);
    }
    Ok(response)
}

/// A page that is somebody's own, or stands for this moment alone.
///
/// # Errors
/// A fault of ours.
pub fn own<T: Template>(status: StatusCode, page: &T) -> Result<Response, Turned> {
    let mut response = html(status, page.render()?);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn html(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HTML);
    response
}
