//! That somebody operates the city: the one place that asks, for all of these pages.

use std::sync::Arc;

use crate::api::doorkeeper::SignedIn;
use crate::api::manager::authority::in_city;
use crate::api::resident::Desk;
use crate::domain::time::UtcMillis;
use crate::engine::world::World;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// An operator in the city.
pub struct City {
    pub who: SignedIn,
    pub world: Arc<World>,
    pub now: UtcMillis,
}

impl City {
    /// Lets an operator in.
    ///
    /// # Errors
    /// The way to the sign-in, or `forbidden` for everybody else.
    pub fn enter(desk: &Desk, visitor: &Visitor) -> Result<Self, Turned> {
        let who = visitor.signed_in()?;
        in_city(who)?;
        Ok(Self { who, world: Arc::clone(&desk.engine.world()), now: desk.clock.now() })
    }
}
