//! What residents do: sign up, log in, pay, hold, book, cancel, show their tickets, take their data with them, and leave. Each sees and changes what is his own (I7).

pub mod accounts;
pub mod booking_view;
pub mod bookings;
pub mod challenge;
pub mod companions;
pub mod entries;
pub mod entry_view;
pub mod export;
pub mod holds;
pub mod leaving;
pub mod logins;
pub mod me;
pub mod my_bookings;
mod opening;
pub mod ordering;
pub mod party;
pub mod queue;
pub mod tickets;
pub mod verified_view;
pub mod wallet;
pub mod wallet_entries;

use std::sync::Arc;

use axum::extract::FromRef;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::doorkeeper::Doorkeeper;
use super::past::Past;
use super::problem::Problem;
use crate::domain::clock::Clock;
use crate::domain::event::RequestKey;
use crate::domain::ids::{ReleaseNo, ResidentNo};
use crate::engine::Engine;
use crate::engine::refusal::Refusal;
use crate::identity::challenge::Challenges;
use crate::identity::city_keys::CityKeys;
use crate::identity::password::PasswordPool;
use crate::identity::public_id::PublicIds;
use crate::identity::queue_number::QueueNumbers;
use crate::identity::resident_keys::ResidentKeys;
use crate::identity::ticket::Tickets;

/// What these routes use. Each worker has one of its own.
#[derive(Clone)]
pub struct Residents {
    pub doorkeeper: Arc<Doorkeeper>,
    pub desk: Arc<Desk>,
}

/// What it takes to serve a resident.
pub struct Desk {
    pub engine: Arc<Engine>,
    pub clock: Arc<dyn Clock>,
    pub ids: PublicIds,
    pub keys: CityKeys,
    pub resident_keys: Arc<ResidentKeys>,
    pub passwords: Arc<PasswordPool>,
    pub tickets: Tickets,
    pub queue_numbers: QueueNumbers,
    pub challenges: Challenges,
    pub past: Past,
}

impl FromRef<Residents> for Arc<Doorkeeper> {
    fn from_ref(state: &Residents) -> Self {
        Self::clone(&state.doorkeeper)
    }
}

impl FromRef<Residents> for Arc<Desk> {
    fn from_ref(state: &Residents) -> Self {
        Self::clone(&state.desk)
    }
}

/// The routes of residents.
pub fn routes(state: Residents) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(accounts::sign_up))
        .routes(routes!(me::me, leaving::leave))
        .routes(routes!(export::export))
        .routes(routes!(companions::add, companions::list))
        .routes(routes!(companions::remove))
        .routes(routes!(party::show, party::set))
        .routes(routes!(logins::log_in))
        .routes(routes!(logins::log_out))
        .routes(routes!(bookings::book, my_bookings::bookings))
        .routes(routes!(my_bookings::booking, bookings::cancel))
        .routes(routes!(holds::hold))
        .routes(routes!(holds::confirm))
        .routes(routes!(holds::give_up))
        .routes(routes!(entries::enter))
        .routes(routes!(entries::entry, entries::change, entries::withdraw))
        .routes(routes!(queue::join))
        .routes(routes!(challenge::challenge))
        .routes(routes!(queue::place, queue::leave))
        .routes(routes!(tickets::ticket))
        .routes(routes!(tickets::picture))
        .routes(routes!(wallet::wallet))
        .routes(routes!(wallet::top_up))
        .routes(routes!(wallet_entries::entries))
        .with_state(state)
}

impl Desk {
    /// The number of a release.
    ///
    /// # Errors
    /// `not-found`.
    pub fn release_no(&self, code: &str) -> Result<ReleaseNo, Problem> {
        let world = self.engine.world();
        world.catalogue.release_by_code(code).map(|release| release.no).ok_or(Problem::NotFound)
    }

    /// The problem that a refusal is.
    #[must_use]
    pub fn refuse(&self, refusal: Refusal) -> Problem {
        Problem::of_refusal(refusal, &self.engine.world().catalogue, self.clock.now())
    }

    /// By what a retry of this request is known: its key, and what it asks for.
    #[must_use]
    pub fn request_key(
        &self,
        account: ResidentNo,
        method: &str,
        path: &str,
        key: &str,
        asks_for: &[u8],
    ) -> RequestKey {
        let [a, b, c, d, e, f, g, h, ..] = self.keys.body_hash(asks_for);
        RequestKey {
            key: u128::from_le_bytes(self.keys.idempotency_hash(account, method, path, key)),
            body: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        }
    }
}
