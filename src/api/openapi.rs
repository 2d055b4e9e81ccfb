//! What all operations have in common in the API's description.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

/// The name of the scheme that operations with a token refer to: `security(("token" = []))`.
pub const TOKEN_SCHEME: &str = "token";

/// A refusal or a fault (RFC 9457). `type` is `/problems/NAME`; some problems have members of their own.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `problem` writes")]
struct Problem {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    instance: String,
    /// With `invalid-request`.
    errors: Option<Vec<FieldProblem>>,
}

/// What is wrong with one field.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `problem` writes")]
struct FieldProblem {
    field: String,
    message: String,
}

/// Completes a description: its title, the token, and the problem that every operation may answer.
#[must_use]
pub fn completed(mut api: OpenApi) -> OpenApi {
    api.info = InfoBuilder::new()
        .title("Kaichang")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Booking of all the sports venues of a city."))
        .build();
    let components = api.components.get_or_insert_default();
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    components.schemas.insert("FieldProblem".to_owned(), FieldProblem::schema());
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme(TOKEN_SCHEME, SecurityScheme::Http(token));
    for item in api.paths.paths.values_mut() {
        for operation in operations(item) {
            let problem = ResponseBuilder::new()
                .description("A problem, in the language of Accept-Language")
                .content(
                    "application/problem+json",
                    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
                )
                .build();
            operation.responses.responses.entry("default".to_owned()).or_insert(RefOr::T(problem));
        }
    }
    api
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch, &mut item.head]
        .into_iter()
        .flatten()
}
