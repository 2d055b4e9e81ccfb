//! What the operator of the city does: staff, districts, sports, venues, holidays. For the role operator alone.
//!
//! Always: what is done here stands in the journal with who did it. A thing is known by the id that its maker gives, so a
//! retry needs no memory: under an Idempotency-Key, who makes what stands there already, just as he asks, is answered as if he
//! had made it now; whoever comes without a key or with something else is told that the id is taken.

pub mod by_district;
pub mod districts;
pub mod holidays;
pub mod named;
pub mod sports;
pub mod staff;
pub mod venues;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::http::header::HeaderValue;
use axum::response::Response;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::json;
use super::doorkeeper::Doorkeeper;
use super::headers::IDEMPOTENCY_REPLAYED;
use super::problem::{FieldFault, Problem, Text};
use super::resident::Desk;
use super::settled::{durably, with_lane};
use crate::domain::catalogue::{Catalogue, InvalidDefinition};
use crate::domain::event::Event;
use crate::domain::ids::ResidentNo;
use crate::engine::CommandLane;
use crate::engine::staff::NotChanged;

/// How long a change waits for the one before it.
const WAITING_MAX: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(1);

/// What these routes use. Each worker has one of its own.
#[derive(Clone)]
pub struct Operators {
    pub doorkeeper: Arc<Doorkeeper>,
    pub desk: Arc<Desk>,
}

impl FromRef<Operators> for Arc<Doorkeeper> {
    fn from_ref(state: &Operators) -> Self {
        Self::clone(&state.doorkeeper)
    }
}

impl FromRef<Operators> for Arc<Desk> {
    fn from_ref(state: &Operators) -> Self {
        Self::clone(&state.desk)
    }
}

/// The routes of operators.
pub fn routes(state: Operators) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(staff::add, staff::list))
        .routes(routes!(staff::remove))
        .routes(routes!(districts::add, districts::list))
        .routes(routes!(districts::rename))
        .routes(routes!(sports::add))
        .routes(routes!(sports::rename))
        .routes(routes!(venues::add))
        .routes(routes!(venues::change))
        .routes(routes!(holidays::set))
        .with_state(state)
}

/// When a thing was made that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Now,
    /// By the request that this one is a retry of.
    Before,
}

/// Adds a thing to the catalogue, or finds that it was added just so before.
///
/// # Errors
/// Why it isn't there; `invalid-request` when its id is another's.
async fn make(
    desk: &Desk,
    by: ResidentNo,
    key: Option<&str>,
    event: Event,
    stands_just_so: impl Fn(&Catalogue) -> bool,
) -> Result<Made, Problem> {
    match change(desk, by, event).await {
        Ok(()) => Ok(Made::Now),
        Err(NotMade::Invalid(InvalidDefinition::CodeTaken(_))) => {
            if key.is_some() && stands_just_so(&desk.engine.world().catalogue) {
                return Ok(Made::Before);
            }
            Err(FieldFault::new("id", Text::fixed("is taken", "已被使用")).into())
        }
        Err(NotMade::Invalid(InvalidDefinition::TooMany(_))) => Err(Problem::OVERLOADED),
        Err(NotMade::Invalid(invalid)) => Err(Problem::internal(&invalid)),
        Err(NotMade::Problem(problem)) => Err(problem),
    }
}

/// Why a change was not made.
enum NotMade {
    Invalid(InvalidDefinition),
    Problem(Problem),
}

impl From<NotMade> for Problem {
    /// Of a change that has nothing that could be invalid any more.
    fn from(refused: NotMade) -> Self {
        match refused {
            NotMade::Problem(problem) => problem,
            NotMade::Invalid(invalid) => Self::internal(&invalid),
        }
    }
}

/// Changes the catalogue, after who is changing it now.
async fn change(desk: &Desk, by: ResidentNo, event: Event) -> Result<(), NotMade> {
    let began = desk.clock.monotonic();
    loop {
        let pushed = with_lane(|lane: &CommandLane| desk.engine.change_catalogue(lane, by, event.clone()));
        match pushed {
            Ok(ticket) => return durably(ticket).await.map_err(NotMade::Problem),
            Err(NotChanged::Busy) if desk.clock.monotonic().saturating_sub(began) < WAITING_MAX => {
                tokio::time::sleep(LOOK).await;
            }
            Err(NotChanged::Busy | NotChanged::Overloaded) => {
                return Err(NotMade::Problem(Problem::OVERLOADED));
            }
            Err(NotChanged::Invalid(invalid)) => return Err(NotMade::Invalid(invalid)),
        }
    }
}

/// A thing that was made.
fn created<T: Serialize>(made: Made, view: &T) -> Response {
    let mut response = json(StatusCode::CREATED, view);
    if made == Made::Before {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}
