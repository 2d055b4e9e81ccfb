//! How far a venue is from where somebody stands.

#![expect(clippy::float_arithmetic, reason = "distances are no money")]

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::domain::definition::Location;

const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Where somebody stands, as `LAT,LON` in degrees. Used for one answer and kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    latitude: f64,
    longitude: f64,
}

impl Near {
    fn parse(text: &str) -> Option<Self> {
        let (latitude, longitude) = text.split_once(',')?;
        let near =
            Self { latitude: latitude.trim().parse().ok()?, longitude: longitude.trim().parse().ok()? };
        (near.latitude.abs() <= 90.0 && near.longitude.abs() <= 180.0).then_some(near)
    }

    /// Metres to a place, along the ground.
    #[must_use]
    pub fn distance_m(&self, place: Location) -> u32 {
        let (latitude, longitude) = degrees(place);
        let (from, to) = (self.latitude.to_radians(), latitude.to_radians());
        let north = ((to - from) / 2.0).sin().powi(2);
        let east = ((longitude - self.longitude).to_radians() / 2.0).sin().powi(2);
        let angle = 2.0 * (north + from.cos() * to.cos() * east).sqrt().min(1.0).asin();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "half the earth is 20,000 km"
        )]
        let metres = (EARTH_RADIUS_M * angle).round() as u32;
        metres
    }
}

/// A place in degrees.
#[must_use]
pub fn degrees(place: Location) -> (f64, f64) {
    (f64::from(place.latitude_e6) / 1e6, f64::from(place.longitude_e6) / 1e6)
}

/// The place of these degrees, to the millionth, if it is one on earth.
#[must_use]
pub fn place(latitude: f64, longitude: f64) -> Option<Location> {
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 180 million")]
    let e6 = |degrees: f64| (degrees * 1e6).round() as i32;
    Some(Location { latitude_e6: e6(latitude), longitude_e6: e6(longitude) })
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.latitude, self.longitude)
    }
}

impl<'de> Deserialize<'de> for Near {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsText;

        impl Visitor<'_> for AsText {
            type Value = Near;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("LAT,LON in degrees")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Near, E> {
                Near::parse(text).ok_or_else(|| E::custom("must be LAT,LON in degrees"))
            }
        }
        deserializer.deserialize_str(AsText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_map() {
        let civic_centre = Near::parse("22.5431,114.0579").expect("a place");
        let airport = Location { latitude_e6: 22_639_300, longitude_e6: 113_810_700 };
        let metres = civic_centre.distance_m(airport);
        assert!((27_300..27_900).contains(&metres), "{metres}");
        let here = Location { latitude_e6: 22_543_100, longitude_e6: 114_057_900 };
        assert_eq!(civic_centre.distance_m(here), 0);
    }

    #[test]
    fn only_places_on_earth_are_places() {
        assert_eq!(place(-22.5, 180.0).map(degrees), Some((-22.5, 180.0)));
        for (latitude, longitude) in [(90.1, 0.0), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(place(latitude, longitude), None);
        }
        for bad in ["", "22.5", "22.5,", "91,0", "0,181", "NaN,0", "inf,0", "a,b", "1,2,3"] {
            assert_eq!(Near::parse(bad), None, "{bad}");
        }
        assert!(Near::parse(" -22.5 , 114 ").is_some());
    }
}
