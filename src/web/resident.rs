//! The pages of residents, and of everybody who looks for a place to play.

pub mod home;
pub mod me;
pub mod sign_in;
pub mod sign_up;

use axum::Router;
use axum::routing::{get, post};

use super::pages::Pages;

/// The routes of these pages.
pub fn routes() -> Router<Pages> {
    Router::new()
        .route("/", get(home::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::send))
        .route("/sign-up", get(sign_up::show).post(sign_up::send))
        .route("/sign-out", post(sign_in::out))
        .route("/me", get(me::show))
        .route("/me/text-size", post(me::text_size))
}
