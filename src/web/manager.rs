//! The pages of a venue's staff: the front desk's day, its calendar and its gate, and what managers decide.
//!
//! `place` judges who may be where, by the API's own authority (`api::manager::authority`), before anything else is looked at.

pub mod booking;
pub mod calendar;
pub mod day;
pub mod frame;
pub mod people_rows;
pub mod place;
pub mod sell;
pub mod today;

use axum::Router;
use axum::routing::{get, post};

use super::pages::Pages;

/// The routes of these pages.
pub fn routes() -> Router<Pages> {
    Router::new()
        .route("/manage", get(today::venues))
        .route("/manage/{venue}", get(today::show))
        .route("/manage/{venue}/calendar", get(calendar::show))
        .route("/manage/{venue}/sell", get(sell::show).post(sell::send))
        .route("/manage/{venue}/bookings", get(day::show))
        .route("/manage/{venue}/bookings/{id}", get(booking::show))
        .route("/manage/{venue}/bookings/{id}/move", get(booking::to_move).post(booking::send_move))
        .route("/manage/{venue}/bookings/{id}/cancel", post(booking::cancel))
}
