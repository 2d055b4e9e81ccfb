//! The pages of who operates the city: how it does, its venues, districts, sports and holidays, its staff, and what they did.
//!
//! `city` judges who may be here, by the API's own authority (`api::manager::authority`), before anything else is looked at.

pub mod audit;
pub mod city;
pub mod dashboard;
pub mod districts;
pub mod frame;
pub mod holidays;
pub mod member;
pub mod named;
pub mod new_staff;
pub mod new_venue;
pub mod search;
pub mod sports;
pub mod staff;
pub mod tiles;
pub mod venue;
pub mod venue_form;
pub mod venues;

use axum::Router;
use axum::routing::get;

use super::pages::Pages;

/// The routes of these pages.
pub fn routes() -> Router<Pages> {
    Router::new()
        .route("/operator", get(dashboard::show))
        .route("/operator/venues", get(venues::show))
        .route("/operator/venues/new", get(new_venue::show).post(new_venue::send))
        .route("/operator/venues/{venue}", get(venue::show).post(venue::send))
        .route("/operator/districts", get(districts::show).post(districts::send))
        .route("/operator/sports", get(sports::show).post(sports::send))
        .route("/operator/holidays", get(holidays::show).post(holidays::send))
        .route("/operator/staff", get(staff::show))
        .route("/operator/staff/new", get(new_staff::show).post(new_staff::send))
        .route("/operator/staff/{id}", get(member::show).post(member::disable))
        .route("/operator/audit", get(audit::show))
}
