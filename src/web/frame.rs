//! What every page passes on its way in and on its way out.
//!
//! In: whatever changes something must come from a page of this city and carry its session's token (`forgery`). No route can
//! forget that, for no route is asked. Out: the policy, what the answer varies by, the chosen language's cookie, and fewer bytes
//! for who takes them. Problems pass here unwritten and are shown by `api::front` (`problem_page`).

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap,
    HeaderValue, SET_COOKIE, VARY,
};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use super::compressed::{BYTES_MIN, QUICK, gzip, takes_gzip};
use super::forgery::{FIELD, FormTokens, is_from_here};
use super::policy;
use super::visitor::{LANGUAGE_COOKIE, chosen_language, language_of};
use crate::api::headers::{SESSION_COOKIE, cookie};
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query::percent_decode;

/// What a page's answer varies by.
const VARIES_BY: HeaderValue =
    HeaderValue::from_static("accept-encoding, accept-language, cookie, hx-request");

/// A language is kept for a year.
const LANGUAGE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// Lets a request in and its answer out.
pub async fn pass(State(tokens): State<FormTokens>, request: Request, next: Next) -> Response {
    let chosen = chosen_language(request.uri().query());
    let language = language_of(request.uri().query(), request.headers());
    let takes_gzip = request.headers().get(ACCEPT_ENCODING).is_some() && takes_gzip(request.headers());
    let mut response = match let_in(&tokens, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let out = response.headers_mut();
    policy::add(out);
    out.insert(VARY, VARIES_BY);
    out.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    if let Some(language) = chosen {
        add_cookie(out, &format!("{LANGUAGE_COOKIE}={}; Max-Age={LANGUAGE_SECONDS}", language.tag()));
    }
    if takes_gzip { compressed(response).await } else { response }
}

/// Adds a cookie for all pages, which other sites' requests don't carry unless they are links.
pub fn add_cookie(headers: &mut HeaderMap, cookie: &str) {
    // Cookies are letters, digits and marks of ours.
    if let Ok(value) = HeaderValue::from_str(&format!("{cookie}; Path=/; SameSite=Lax")) {
        headers.append(SET_COOKIE, value);
    }
}

/// Reads what a request that changes something says of where it comes from.
async fn let_in(tokens: &FormTokens, request: Request) -> Result<Request, Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(request);
    }
    if !is_from_here(request.uri(), request.headers()) {
        return Err(Problem::Forbidden);
    }
    let Some(session) = cookie(request.headers(), SESSION_COOKIE).map(str::to_owned) else {
        return Ok(request);
    };
    let (parts, body) = request.into_parts();
    // `front` read it: there is nothing left that could wait or fail.
    let body = body.collect().await.map_err(|fault| Problem::internal(&fault))?.to_bytes();
    if !token_of(&body).is_some_and(|token| tokens.fits(&token, &session)) {
        return Err(foreign());
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// The token of a form, if it has exactly one.
fn token_of(form: &Bytes) -> Option<String> {
    let text = std::str::from_utf8(form).ok()?;
    let mut tokens =
        text.split('&').filter_map(|pair| pair.split_once('=')).filter(|(name, _)| *name == FIELD);
    let (_, token) = tokens.next()?;
    tokens.next().is_none().then(|| percent_decode(token).map(std::borrow::Cow::into_owned)).flatten()
}

fn foreign() -> Problem {
    let text = Text::fixed("is missing, or of another session", "缺失,或属于另一次登录");
    FieldFault::new(FIELD, text).into()
}

/// The answer as gzip, where that is worth it.
async fn compressed(response: Response) -> Response {
    let is_text =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_text || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // A page is one piece of memory.
    let Ok(body) = body.collect().await else {
        return Problem::internal(&"a page broke off").into_response();
    };
    let text = body.to_bytes();
    let short = (text.len() >= BYTES_MIN).then(|| gzip(&text, QUICK)).flatten();
    let Some(short) = short else { return Response::from_parts(parts, Body::from(text)) };
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(parts, Body::from(short))
}
