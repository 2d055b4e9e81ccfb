//! Where somebody of the staff is, and that he may be there: the one place that asks, for all of these pages.

use std::sync::Arc;

use crate::api::doorkeeper::SignedIn;
use crate::api::manager::authority::{Task, at_venue};
use crate::api::problem::Problem;
use crate::api::resident::Desk;
use crate::domain::calendar::local_day;
use crate::domain::catalogue::{Pitch, Venue};
use crate::domain::ids::VenueNo;
use crate::domain::money::Currency;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::world::World;
use crate::web::turned::Turned;
use crate::web::visitor::Visitor;

/// Somebody at a venue where he may be.
pub struct At {
    pub who: SignedIn,
    pub world: Arc<World>,
    pub venue: VenueNo,
    /// The venue's id, as it stands in addresses.
    pub code: String,
    pub now: UtcMillis,
    /// Whether he may more than what is done at a counter.
    pub manages: bool,
}

impl At {
    /// Lets somebody in who may do this there.
    ///
    /// # Errors
    /// The way to the sign-in, `forbidden` for residents and for what is a manager's, `not-found` at another's venue.
    pub fn enter(desk: &Desk, visitor: &Visitor, code: &str, task: Task) -> Result<Self, Turned> {
        let who = visitor.signed_in()?;
        let world = Arc::clone(&desk.engine.world());
        let no = world.catalogue.venue_by_code(code).map(|venue| venue.no);
        let venue = at_venue(who, no, task)?.venue;
        let manages = at_venue(who, Some(venue), Task::Manage).is_ok();
        Ok(Self { who, world, venue, code: code.to_owned(), now: desk.clock.now(), manages })
    }

    /// The venue.
    ///
    /// # Errors
    /// None, for it was there a moment ago in the same world.
    pub fn venue(&self) -> Result<&Venue, Problem> {
        self.world.catalogue.venue(self.venue).ok_or(Problem::NotFound)
    }

    /// Its whole pitches, each followed by its parts.
    #[must_use]
    pub fn pitches(&self) -> Vec<&Pitch> {
        let catalogue = &self.world.catalogue;
        let of_venue = |pitch: &&Arc<Pitch>| pitch.venue == self.venue;
        let mut pitches: Vec<&Pitch> =
            catalogue.pitches().iter().filter(of_venue).map(AsRef::as_ref).collect();
        pitches.sort_by_key(|pitch| (pitch.whole, pitch.no));
        pitches
    }

    #[must_use]
    pub fn today(&self) -> LocalDay {
        local_day(self.world.catalogue.zone(), self.now)
    }

    #[must_use]
    pub fn currency(&self) -> Currency {
        self.world.catalogue.city().currency
    }

    /// The address of a page here.
    #[must_use]
    pub fn address(&self, rest: &str) -> String {
        format!("/manage/{}{rest}", self.code)
    }
}
