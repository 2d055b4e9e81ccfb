//! What is free of a sport, gathered by venue: for each a few times, how many there are, and from which price.

use crate::api::open_data::near::Near;
use crate::domain::catalogue::{Pitch, Venue};
use crate::domain::ids::{DistrictNo, SportNo, VenueNo};
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::engine::Engine;
use crate::engine::view::{Position, Slot, Wanted};
use crate::engine::world::World;

/// How many free slots are looked at: all that a sport has in an evening, and a bound for a day of a large city.
const SLOTS_MAX: usize = 20_000;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    pub day: LocalDay,
    pub sport: Option<SportNo>,
    pub district: Option<DistrictNo>,
    /// Half hours of the day: from, to.
    pub units: (u8, u8),
    pub near: Option<Near>,
}

/// A venue with what is free there.
pub struct FreeVenue<'a> {
    pub venue: &'a Venue,
    pub sport: SportNo,
    pub distance_m: Option<u32>,
    pub lowest: Minor,
    /// How many slots are free.
    pub count: u32,
    /// Different times, the earliest first, each with the pitch that is offered.
    pub times: Vec<(&'a Pitch, Slot)>,
}

/// The venues that have something free, the nearest first or else in the city's order; only those that `is_wanted`, each with so
/// many times.
pub fn free_venues<'a>(
    engine: &Engine,
    world: &'a World,
    search: &Search,
    times: usize,
    now: UtcMillis,
    is_wanted: impl Fn(&Venue) -> bool,
) -> Vec<FreeVenue<'a>> {
    let wanted = Wanted {
        day: search.day,
        sport: search.sport,
        district: search.district,
        from: search.units.0,
        to: search.units.1,
    };
    let (slots, _) = engine.free_slots(world, &wanted, Position { unit: 0, pitch: 0 }, SLOTS_MAX, now);
    let mut by_venue: Vec<Option<usize>> = vec![None; world.catalogue.venues().len()];
    let mut found: Vec<FreeVenue<'a>> = Vec::new();
    for (pitch, slot) in slots {
        let Some(place) = by_venue.get_mut(pitch.venue.index()) else { continue };
        let at = match *place {
            Some(at) => at,
            None => {
                let Some(venue) = venue_of(world, pitch.venue).filter(|venue| is_wanted(venue)) else {
                    continue;
                };
                let distance_m = search.near.map(|near| near.distance_m(venue.def.location));
                let times = Vec::with_capacity(times);
                let lowest = slot.price;
                found.push(FreeVenue { venue, sport: pitch.sport, distance_m, lowest, count: 0, times });
                *place.insert(found.len() - 1)
            }
        };
        let Some(free) = found.get_mut(at) else { continue };
        free.count += 1;
        free.lowest = free.lowest.min(slot.price);
        let is_new = free.times.last().is_none_or(|(_, last)| last.span.first() != slot.span.first());
        if is_new && free.times.len() < times {
            free.times.push((pitch, slot));
        }
    }
    found.sort_by_key(|free| (free.distance_m.unwrap_or(0), free.venue.no.get()));
    found
}

fn venue_of(world: &World, no: VenueNo) -> Option<&Venue> {
    world.catalogue.venue(no)
}
