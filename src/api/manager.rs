//! What a venue's staff do: pitches, hours, prices, closures, releases, bookings at the counter, figures, and the log of it all.
//!
//! `authority` alone decides who may do what where. Changes of the catalogue go through `change`, one at a time, and are there when
//! they are answered.

pub mod audit;
pub mod authority;
pub mod booking_changes;
mod change;
pub mod closure_view;
pub mod closures;
pub mod counter;
pub mod day_bookings;
pub mod draws;
pub mod hours;
pub mod new_pitch;
pub mod people;
pub mod pitch_view;
pub mod pitches;
pub mod releases;
pub mod retry;
pub mod stats;
mod succession;
pub mod venues;
pub mod verifications;
pub mod written_entitlement;
pub mod written_lottery;
pub mod written_queue;
mod written_returned;
pub mod written_rules;

use std::sync::Arc;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::doorkeeper::Doorkeeper;
use super::resident::Desk;

/// What these routes use. Each worker has one of its own.
#[derive(Clone)]
pub struct Managers {
    pub doorkeeper: Arc<Doorkeeper>,
    pub desk: Arc<Desk>,
}

impl FromRef<Managers> for Arc<Doorkeeper> {
    fn from_ref(state: &Managers) -> Self {
        Self::clone(&state.doorkeeper)
    }
}

impl FromRef<Managers> for Arc<Desk> {
    fn from_ref(state: &Managers) -> Self {
        Self::clone(&state.desk)
    }
}

/// The routes of managers.
pub fn routes(state: Managers) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(venues::venues))
        .routes(routes!(venues::venue, venues::change_venue))
        .routes(routes!(pitches::pitches, pitches::add_pitch))
        .routes(routes!(pitches::pitch, pitches::change_pitch))
        .routes(routes!(hours::set_hours))
        .routes(routes!(hours::set_prices))
        .routes(routes!(closures::close))
        .routes(routes!(closures::preview))
        .routes(routes!(closures::closures))
        .routes(routes!(releases::declare))
        .routes(routes!(releases::releases))
        .routes(routes!(draws::draw))
        .routes(routes!(day_bookings::bookings, counter::book))
        .routes(routes!(booking_changes::move_booking))
        .routes(routes!(booking_changes::cancel))
        .routes(routes!(verifications::verify))
        .routes(routes!(stats::stats))
        .routes(routes!(audit::of_venue))
        .routes(routes!(audit::of_city))
        .with_state(state)
}
