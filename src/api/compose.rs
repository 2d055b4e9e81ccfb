//! All routes together, their description, and what answers where there is none.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::answer::json_bytes;
use super::openapi;
use super::problem::Problem;

/// Joins the audiences' routes, describes them at `/openapi.json` and `/docs`, and answers problems everywhere else.
/// `pages` are routes that are not part of the described API.
pub fn router(audiences: impl IntoIterator<Item = OpenApiRouter>, pages: Router) -> Router {
    let joined = audiences.into_iter().fold(OpenApiRouter::default(), OpenApiRouter::merge);
    let (routes, api) = joined.split_for_parts();
    routes
        .merge(described(openapi::completed(api)))
        .merge(pages)
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
}

/// Written once: the description doesn't change while the process lives.
fn described(api: OpenApi) -> Router {
    let written = Arc::new(api.to_json().map(Bytes::from));
    let description = move || {
        let written = Arc::clone(&written);
        async move {
            match &*written {
                Ok(written) => json_bytes(StatusCode::OK, written.clone()),
                Err(fault) => Problem::internal(fault).into_response(),
            }
        }
    };
    let docs = SwaggerUi::new("/docs").config(Config::from("/openapi.json"));
    Router::new().route("/openapi.json", get(description)).merge(Router::from(docs))
}
