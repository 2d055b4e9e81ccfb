//! What a form sends, read into a type as a query is. That it came from a page of ours is settled before (`frame`).

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::turned::Turned;
use crate::api::problem::{FieldFault, Problem, Text};
use crate::api::query;

/// A form's fields. Those that the type doesn't name are passed over.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Turned;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Turned> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Problem::UnsupportedMediaType.into());
        }
        let body = request.into_body().collect().await.map_err(|fault| Problem::internal(&fault))?.to_bytes();
        let text = std::str::from_utf8(&body).map_err(|_| {
            Problem::from(FieldFault::new("", Text::fixed("is not UTF-8", "不是 UTF-8 编码")))
        })?;
        Ok(Self(query::read_form(text)?))
    }
}
