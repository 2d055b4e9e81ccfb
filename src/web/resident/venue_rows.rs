//! Venues in a list, each with the times at which one can play there: a tap on one opens its sheet.

use super::free_venues::FreeVenue;
use super::links;
use crate::api::open_data::venue_view::clock_text;
use crate::domain::calendar::DayClock;
use crate::domain::catalogue::Pitch;
use crate::engine::view::Slot;
use crate::engine::world::World;
use crate::web::format;
use crate::web::i18n::Words;

/// A venue in a list.
pub struct VenueRow {
    pub name: String,
    pub address: String,
    pub district: String,
    pub distance: Option<String>,
    pub price: String,
    pub times: Vec<TimeChip>,
}

/// A time at a venue.
pub struct TimeChip {
    pub time: String,
    pub price: String,
    pub name: String,
    pub address: String,
}

impl VenueRow {
    /// The row of a venue on a day.
    #[must_use]
    pub fn of(words: Words, world: &World, clock: &DayClock, free: &FreeVenue<'_>) -> Self {
        let catalogue = &world.catalogue;
        let currency = catalogue.city().currency;
        let sport = catalogue.sport(free.sport).map_or("", |sport| sport.code.as_str());
        let district = catalogue.district(free.venue.def.district);
        let name = format::name(words, &free.venue.def.name);
        let chip = |(pitch, slot): &(&Pitch, Slot)| {
            let (from, to) = (clock_text(slot.span.first()), clock_text(slot.span.end()));
            let price = format::money(slot.price, currency);
            let pitch_name = format!("{name}, {}", format::name(words, &pitch.name));
            TimeChip {
                name: words.tell("slot-more", &[("to", to.into()), ("place", pitch_name.into())]),
                address: links::book(pitch.code.as_str(), clock, slot.span),
                time: from,
                price,
            }
        };
        Self {
            name: name.to_owned(),
            address: links::venue_day(free.venue.def.code.as_str(), sport, clock.day),
            district: district
                .map_or_else(String::new, |district| format::name(words, &district.name).to_owned()),
            distance: free.distance_m.map(|metres| distance_told(words, metres)),
            price: words.tell("from-price", &[("price", format::money(free.lowest, currency).into())]),
            times: free.times.iter().map(chip).collect(),
        }
    }
}

/// A distance, as exactly as one walks.
fn distance_told(words: Words, metres: u32) -> String {
    if metres < 1000 {
        let rounded = i64::from(metres.div_ceil(50) * 50);
        return words.tell("metres", &[("m", rounded.into())]);
    }
    let tenths = metres.div_ceil(100);
    words.tell("kilometres", &[("km", format!("{}.{}", tenths / 10, tenths % 10).into())])
}
