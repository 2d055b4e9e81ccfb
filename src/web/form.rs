//! What a form sends, read into a type as a query is. That it came from a page of ours is settled before (`frame`).

use std::collections::BTreeMap;

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

/// A form some of whose fields are named by what they stand for: the type's fields, and all of them by name.
#[derive(Debug)]
pub struct FormWithFields<T>(pub T, pub BTreeMap<String, String>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Turned;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Turned> {
        Ok(Self(query::read_form(&text_of(request).await?)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for FormWithFields<T> {
    type Rejection = Turned;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Turned> {
        let text = text_of(request).await?;
        Ok(Self(query::read_form(&text)?, query::read_form(&text)?))
    }
}

async fn text_of(request: Request) -> Result<String, Turned> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::UnsupportedMediaType.into());
    }
    let body = request.into_body().collect().await.map_err(|fault| Problem::internal(&fault))?.to_bytes();
    let no_text = |_| Problem::from(FieldFault::new("", Text::fixed("is not UTF-8", "不是 UTF-8 编码")));
    Ok(String::from_utf8(body.into()).map_err(no_text)?)
}
