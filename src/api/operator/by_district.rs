//! How the city is used on a day, district by district, counted as a venue's statistics are.

use crate::api::manager::stats::Figures;
use crate::domain::definition::Location;
use crate::domain::time::LocalDay;
use crate::engine::Engine;
use crate::engine::world::World;

/// A district's venues, and how they are used.
#[derive(Debug, Clone, Copy, Default)]
pub struct DistrictFigures {
    pub venues: u32,
    /// The whole ones.
    pub pitches: u32,
    pub figures: Figures,
    /// The mean of where its venues lie; nowhere, while it has none.
    pub centre: Option<Location>,
}

/// The figures of each district, in the order of their numbers. Looks at every pitch: not for a thread that serves.
#[must_use]
pub fn by_district(engine: &Engine, world: &World, day: LocalDay) -> Vec<DistrictFigures> {
    let catalogue = &world.catalogue;
    let mut all = vec![(DistrictFigures::default(), (0i64, 0i64)); catalogue.districts().len()];
    for venue in catalogue.venues() {
        let Some((district, places)) = all.get_mut(venue.def.district.index()) else { continue };
        district.venues += 1;
        let location = venue.def.location;
        places.0 += i64::from(location.latitude_e6);
        places.1 += i64::from(location.longitude_e6);
        for pitch in venue.pitches.iter().filter_map(|no| catalogue.pitch(*no)) {
            district.pitches += 1;
            // A day of now: it is not forgotten.
            let bookings = engine.bookings_of_day(world, pitch, day).unwrap_or_default();
            district.figures += Figures::of(engine, world, (pitch, day), &bookings);
        }
    }
    all.into_iter()
        .map(|(district, (latitudes, longitudes))| {
            // A mean lies between what it is the mean of.
            let mean = |sum: i64| i32::try_from(sum.checked_div(i64::from(district.venues))?).ok();
            let centre = mean(latitudes)
                .zip(mean(longitudes))
                .map(|(latitude_e6, longitude_e6)| Location { latitude_e6, longitude_e6 });
            DistrictFigures { centre, ..district }
        })
        .collect()
}
