//! Whether there is room for what is new: while the disk nears its limit nothing is sold, held, topped up or signed up, and all that
//! gives back goes on, so that a city can be wound down to the last cancellation on the room that is left.
//!
//! Whoever watches the disk says so here; a command looks at one word.

use super::lane::Permit;
use super::refusal::Refusal;
use super::state::{CommandLane, Engine};
use super::sync::Ordering;
use crate::domain::event::Event;

/// How much room the durable log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Enough,
    /// What is left is for what gives back.
    Short,
}

impl Engine {
    /// Says how much room there is from now on. Commands that have begun go on.
    pub fn set_room(&self, room: Room) {
        // ORDERING: Relaxed, a bound like the lanes' own: nothing is concluded from it but whether to begin.
        self.short_of_room.store(room == Room::Short, Ordering::Relaxed);
    }

    /// Refuses while nothing new is taken.
    ///
    /// # Errors
    /// `ShortOfRoom`.
    pub fn expect_room(&self) -> Result<(), Refusal> {
        // ORDERING: Relaxed, as in `set_room`.
        if self.short_of_room.load(Ordering::Relaxed) { Err(Refusal::ShortOfRoom) } else { Ok(()) }
    }

    /// A place in the lane for a command that takes something.
    pub(super) fn permit_for_new<'a>(&self, lane: &'a CommandLane) -> Result<Permit<'a, Event>, Refusal> {
        self.expect_room()?;
        Ok(lane.owner.permit()?)
    }
}
