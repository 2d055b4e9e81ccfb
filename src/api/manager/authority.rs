//! Who of the staff may do what where: the one place that decides (I7).
//!
//! A manager may everything at the own venue, the front desk what is done at a counter there, an operator everything everywhere.
//! Another venue's things look as if they were not there. Asked when the request has been read, as the contract orders.

use crate::api::doorkeeper::SignedIn;
use crate::api::problem::Problem;
use crate::domain::event::Role;
use crate::domain::ids::{ResidentNo, VenueNo};

/// What somebody is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Bookings of a day, sold, moved and cancelled.
    Counter,
    /// Everything else.
    Manage,
}

/// Somebody may do it, at this venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    pub by: ResidentNo,
    pub venue: VenueNo,
}

/// Judges who asks to do something at a venue, or at one that is not there.
///
/// # Errors
/// `forbidden` for whose role doesn't do this at all, `not-found` for what is another venue's.
pub fn at_venue(who: SignedIn, venue: Option<VenueNo>, task: Task) -> Result<Authority, Problem> {
    let own = match (who.role, task) {
        (Role::Resident, _) | (Role::FrontDesk(_), Task::Manage) => return Err(Problem::Forbidden),
        (Role::Operator, _) => venue,
        (Role::VenueManager(own), _) | (Role::FrontDesk(own), Task::Counter) => Some(own),
    };
    match venue.filter(|venue| own == Some(*venue)) {
        Some(venue) => Ok(Authority { by: who.no, venue }),
        None => Err(Problem::NotFound),
    }
}

/// Judges who asks to do something for the whole city.
///
/// # Errors
/// `forbidden` for all but operators.
pub const fn in_city(who: SignedIn) -> Result<ResidentNo, Problem> {
    match who.role {
        Role::Operator => Ok(who.no),
        Role::Resident | Role::VenueManager(_) | Role::FrontDesk(_) => Err(Problem::Forbidden),
    }
}

/// The venues that are somebody's own: one, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    All,
    One(VenueNo),
}

/// Which venues somebody works for.
///
/// # Errors
/// `forbidden` for residents.
pub const fn own_venues(who: SignedIn) -> Result<Own, Problem> {
    match who.role {
        Role::Resident => Err(Problem::Forbidden),
        Role::Operator => Ok(Own::All),
        Role::VenueManager(own) | Role::FrontDesk(own) => Ok(Own::One(own)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_it_may_and_sees_nothing_of_others() {
        let (own, other) = (VenueNo::new(1), VenueNo::new(2));
        let (granted, forbidden, not_found) = ("granted", "forbidden", "not-found");
        for (role, task, at_own, at_other, at_none) in [
            (Role::Resident, Task::Counter, forbidden, forbidden, forbidden),
            (Role::Resident, Task::Manage, forbidden, forbidden, forbidden),
            (Role::FrontDesk(own), Task::Counter, granted, not_found, not_found),
            (Role::FrontDesk(own), Task::Manage, forbidden, forbidden, forbidden),
            (Role::VenueManager(own), Task::Counter, granted, not_found, not_found),
            (Role::VenueManager(own), Task::Manage, granted, not_found, not_found),
            (Role::Operator, Task::Counter, granted, granted, not_found),
            (Role::Operator, Task::Manage, granted, granted, not_found),
        ] {
            let who = SignedIn { no: ResidentNo::new(5), role, session_slot: 0, session_generation: 1 };
            for (venue, expected) in [(Some(own), at_own), (Some(other), at_other), (None, at_none)] {
                let said = match at_venue(who, venue, task) {
                    Ok(authority) => {
                        assert_eq!(Some(authority.venue), venue);
                        granted
                    }
                    Err(problem) => problem.name().as_str(),
                };
                assert_eq!(said, expected, "{role:?} {task:?} at {venue:?}");
            }
            assert_eq!(in_city(who).is_ok(), role == Role::Operator);
        }
    }
}
