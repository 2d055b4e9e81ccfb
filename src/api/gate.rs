//! The gate: who is let in, and the keys by which a gate can tell a ticket without asking.

pub mod check_ins;
pub mod keys;

use std::sync::Arc;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::doorkeeper::Doorkeeper;
use super::resident::Desk;

/// What these routes use. Each worker has one of its own.
#[derive(Clone)]
pub struct Gates {
    pub doorkeeper: Arc<Doorkeeper>,
    pub desk: Arc<Desk>,
}

impl FromRef<Gates> for Arc<Doorkeeper> {
    fn from_ref(state: &Gates) -> Self {
        Self::clone(&state.doorkeeper)
    }
}

impl FromRef<Gates> for Arc<Desk> {
    fn from_ref(state: &Gates) -> Self {
        Self::clone(&state.desk)
    }
}

/// The routes of gates.
pub fn routes(state: Gates) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(check_ins::check_in)).routes(routes!(keys::keys)).with_state(state)
}
