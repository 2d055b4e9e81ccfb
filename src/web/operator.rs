//! The pages of who operates the city: how it does, its venues, districts, sports and holidays, its staff, and what they did.
//!
//! `city` judges who may be here, by the API's own authority (`api::manager::authority`), before anything else is looked at.

pub mod audit;
pub mod city;
pub mod dashboard;
pub mod frame;
pub mod holidays;
pub mod member;
pub mod named;
pub mod named_list;
pub mod new_staff;
pub mod new_venue;
pub mod search;
pub mod staff;
pub mod tiles;
pub mod venue;
pub mod venue_form;
pub mod venues;

use axum::Router;
use axum::routing::get;

use super::pages::Pages;
use crate::api::operator::named::Kind;

/// The routes of these pages.
pub fn routes() -> Router<Pages> {
    Router::new()
        .route("/operator", get(dashboard::show))
        .route("/operator/venues", get(venues::show))
        .route("/operator/venues/new", get(new_venue::show).post(new_venue::send))
        .route("/operator/venues/{venue}", get(venue::show).post(venue::send))
        .route(
            "/operator/districts",
            get(|desk, visitor, query| named_list::show(Kind::District, desk, visitor, query))
                .post(|desk, visitor, form| named_list::send(Kind::District, desk, visitor, form)),
        )
        .route(
            "/operator/districts/{district}",
            get(|desk, visitor, query, code| named::show(Kind::District, desk, visitor, query, code))
                .post(|desk, visitor, code, form| named::send(Kind::District, desk, visitor, code, form)),
        )
        .route(
            "/operator/sports",
            get(|desk, visitor, query| named_list::show(Kind::Sport, desk, visitor, query))
                .post(|desk, visitor, form| named_list::send(Kind::Sport, desk, visitor, form)),
        )
        .route(
            "/operator/sports/{sport}",
            get(|desk, visitor, query, code| named::show(Kind::Sport, desk, visitor, query, code))
                .post(|desk, visitor, code, form| named::send(Kind::Sport, desk, visitor, code, form)),
        )
        .route("/operator/holidays", get(holidays::show).post(holidays::send))
        .route("/operator/staff", get(staff::show))
        .route("/operator/staff/new", get(new_staff::show).post(new_staff::send))
        .route("/operator/staff/{id}", get(member::show).post(member::disable))
        .route("/operator/audit", get(audit::show))
}
