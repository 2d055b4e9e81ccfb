//! The public keys of tickets: `GET /v1/gate/keys`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::Items;
use crate::api::etag::json_with_etag;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::api::resident::Desk;

/// A key that tickets are signed with.
#[derive(Serialize, ToSchema)]
pub struct TicketKeyView {
    /// As it stands in the ticket, in hexadecimal.
    #[schema(example = "1f0a77c2")]
    id: String,
    #[schema(example = "Ed25519")]
    algorithm: &'static str,
    /// The 32 bytes of the public key, in base64url without padding.
    public_key: String,
}

/// The keys that tickets are signed with, so that a gate can check them while it has no network.
#[utoipa::path(get, path = "/v1/gate/keys", tag = "gate", responses((status = 200, body = Items<TicketKeyView>)))]
pub async fn keys(
    State(desk): State<Arc<Desk>>,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (id, key) = desk.tickets.public_key();
    let key =
        TicketKeyView { id: id.to_string(), algorithm: "Ed25519", public_key: BASE64URL_NOPAD.encode(&key) };
    Ok(json_with_etag(&headers, &Items { items: vec![key], next: None }))
}
