//! The pages of a venue's staff: the front desk's day, its calendar and its gate, and what managers decide.
//!
//! `place` judges who may be where, by the API's own authority (`api::manager::authority`), before anything else is looked at.

pub mod audit;
pub mod booking;
pub mod calendar;
pub mod closures;
pub mod day;
pub mod frame;
pub mod gate;
pub mod new_pitch;
pub mod new_pitch_form;
pub mod people_rows;
pub mod pitch;
pub mod pitch_details;
pub mod pitches;
pub mod place;
pub mod refund_steps;
pub mod release;
pub mod release_form;
pub mod release_terms;
pub mod releases;
pub mod sell;
pub mod staff;
pub mod stats;
pub mod today;
pub mod week;

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
        .route("/manage/{venue}/gate", get(gate::show).post(gate::send))
        .route("/manage/{venue}/closures", get(closures::show).post(closures::send))
        .route("/manage/{venue}/closures/preview", post(closures::preview))
        .route("/manage/{venue}/releases", get(releases::show).post(releases::send))
        .route("/manage/{venue}/releases/new", get(releases::new))
        .route("/manage/{venue}/releases/{release}", get(release::show).post(release::draw))
        .route("/manage/{venue}/pitches", get(pitches::show))
        .route("/manage/{venue}/pitches/new", get(new_pitch::show).post(new_pitch::send))
        .route("/manage/{venue}/pitches/{pitch}", get(pitch::show))
        .route("/manage/{venue}/pitches/{pitch}/details", post(pitch::details))
        .route("/manage/{venue}/pitches/{pitch}/hours", post(pitch::hours))
        .route("/manage/{venue}/pitches/{pitch}/prices", post(pitch::prices))
        .route("/manage/{venue}/pitches/{pitch}/offered", post(pitch::offered))
        .route("/manage/{venue}/stats", get(stats::show))
        .route("/manage/{venue}/staff", get(staff::show))
        .route("/manage/{venue}/audit", get(audit::show))
}
