//! Who one is: `GET /v1/residents/me`, for residents and for the staff.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::Desk;
use super::verified_view::VerifiedView;
use crate::api::answer::{Rfc3339, city_moment};
use crate::api::doorkeeper::SignedIn;
use crate::api::etag::own_with_etag;
use crate::api::problem::Problem;
use crate::api::query::{NoParameters, QueryOf};
use crate::domain::event::Role;
use crate::identity::personal::PersonalData;
use crate::identity::public_id::PublicId;

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    Resident,
    Manager,
    FrontDesk,
    Operator,
}

/// Who one is.
#[derive(Serialize, ToSchema)]
pub struct ProfileView {
    #[schema(value_type = String)]
    id: PublicId,
    /// Null for an account that was made for trials and is nobody's.
    name: Option<String>,
    /// In E.164; null as the name is.
    phone: Option<String>,
    role: RoleName,
    /// Of a manager or a front desk.
    venue: Option<String>,
    /// Null where it was not kept.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Rfc3339>,
    /// Of a resident.
    verified: Option<VerifiedView>,
}

impl ProfileView {
    /// # Errors
    /// A fault of ours.
    pub async fn of(desk: &Desk, who: &SignedIn) -> Result<Self, Problem> {
        let known = known_of(desk, who).await?;
        let world = desk.engine.world();
        let (role, venue) = match who.role {
            Role::Resident => (RoleName::Resident, None),
            Role::VenueManager(venue) => (RoleName::Manager, Some(venue)),
            Role::FrontDesk(venue) => (RoleName::FrontDesk, Some(venue)),
            Role::Operator => (RoleName::Operator, None),
        };
        let venue = venue.and_then(|venue| world.catalogue.venue(venue));
        let opened_at = desk.engine.residents().get(who.no).and_then(|account| account.opened_at());
        let (name, phone) = known.map(|known| (known.name, known.phone.as_str().to_owned())).unzip();
        Ok(Self {
            id: desk.ids.resident(who.no),
            name,
            phone,
            role,
            venue: venue.map(|venue| venue.def.code.as_str().to_owned()),
            verified: (who.role == Role::Resident).then(|| VerifiedView::of(desk, who.no)),
            created_at: opened_at.map(|at| city_moment(world.catalogue.zone(), at)),
        })
    }
}

/// What is known of the person behind a session; nothing of an account that was made for trials.
///
/// # Errors
/// A fault of ours.
pub async fn known_of(desk: &Desk, who: &SignedIn) -> Result<Option<PersonalData>, Problem> {
    match desk.engine.sealed_of(who.no) {
        Some(sealed) if !sealed.is_empty() => desk.personal_data(who.no, sealed).await.map(Some),
        Some(_) | None => Ok(None),
    }
}

/// Who one is.
#[utoipa::path(
    get,
    path = "/v1/residents/me",
    tag = "residents",
    security(("token" = [])),
    responses((status = 200, body = ProfileView))
)]
pub async fn me(
    State(desk): State<Arc<Desk>>,
    who: SignedIn,
    _none: QueryOf<NoParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(own_with_etag(&headers, &ProfileView::of(&desk, &who).await?))
}
