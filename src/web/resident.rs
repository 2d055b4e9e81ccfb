//! The pages of residents, and of everybody who looks for a place to play.

pub mod book;
pub mod booking;
pub mod booking_card;
pub mod bookings;
pub mod companions;
pub mod entry;
pub mod entry_form;
pub mod find;
pub mod free_venues;
pub mod grid_day;
pub mod grid_view;
pub mod home;
pub mod leaving;
pub mod links;
pub mod me;
pub mod offline;
pub mod opening;
pub mod queue;
pub mod refund;
pub mod releases;
pub mod report;
pub mod sign_in;
pub mod sign_up;
pub mod ticket;
pub mod venue;
pub mod venue_rows;
pub mod wallet;
pub mod who;
pub mod wish;

use axum::Router;
use axum::routing::{get, post};

use super::pages::Pages;

/// The routes of these pages.
pub fn routes() -> Router<Pages> {
    Router::new()
        .route("/", get(home::show))
        .route("/venues/{venue}", get(venue::show))
        .route("/book", get(book::show).post(book::send))
        .route("/bookings", get(bookings::show))
        .route("/bookings/{id}", get(booking::show))
        .route("/bookings/{id}/cancel", post(booking::cancel))
        .route("/bookings/{id}/pay", post(booking::pay))
        .route("/bookings/{id}/companions", post(booking::companions))
        .route("/bookings/{id}/ticket", get(ticket::show))
        .route("/wallet", get(wallet::show).post(wallet::top_up))
        .route("/releases", get(releases::list))
        .route("/releases/{release}", get(releases::show))
        .route("/releases/{release}/report", get(report::show))
        .route("/releases/{release}/entry", get(entry::show).post(entry::send))
        .route("/releases/{release}/queue", get(queue::show).post(queue::send))
        .route("/find", get(find::show))
        .route("/offline", get(offline::show))
        .route("/sw.js", get(offline::worker))
        .route("/sign-in", get(sign_in::show).post(sign_in::send))
        .route("/sign-up", get(sign_up::show).post(sign_up::send))
        .route("/sign-out", post(sign_in::out))
        .route("/me", get(me::show))
        .route("/me/text-size", post(me::text_size))
        .route("/me/companions", post(companions::add))
        .route("/me/companions/remove", post(companions::remove))
        .route("/me/data", get(leaving::data))
        .route("/me/delete", get(leaving::show).post(leaving::send))
        .route("/me/deleted", get(leaving::deleted))
}
