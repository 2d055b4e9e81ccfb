//! Where districts stand on a map of equal tiles: near to where they lie, no two on one tile, and always the same.
//!
//! Only where a district's venues are is looked at, so there is no border in it that could be drawn wrong. Each district wants the
//! tile that it lies on; who is nearer to a tile gets it, and the others the nearest that is left.

use crate::domain::definition::Location;

/// The most tiles in a row: of a city with few districts what a telephone shows without scrolling.
const COLUMNS_MAX: usize = 6;
const COLUMNS_OF_FEW: usize = 4;
const FEW: usize = 12;
/// A district's width in the units that tiles are measured by.
const TILE: i64 = 1000;

/// A map of tiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiles {
    pub columns: usize,
    /// From north to south, in each from west to east: the column from 1, and the district's place in the list that was given.
    pub rows: Vec<Vec<(usize, usize)>>,
}

impl Tiles {
    /// The map of districts with these centres. Those without one stand where there is room, last.
    #[must_use]
    pub fn of(centres: &[Option<Location>]) -> Self {
        let field = Field::around(centres);
        let (columns, rows) = field.shape(centres.len());
        let mut wishes = Vec::with_capacity(centres.len() * columns * rows);
        for (district, centre) in centres.iter().enumerate() {
            let wanted = centre.map(|centre| field.place(centre, columns, rows));
            for tile in 0..columns * rows {
                let distance = wanted.map_or(i64::MAX, |(x, y)| {
                    let (dx, dy) = (x - middle(tile % columns), y - middle(tile / columns));
                    dx * dx + dy * dy
                });
                wishes.push((distance, district, tile));
            }
        }
        wishes.sort_unstable();
        let mut tiles: Vec<Option<usize>> = vec![None; columns * rows];
        let mut is_placed = vec![false; centres.len()];
        for (_, district, tile) in wishes {
            let (Some(place), Some(placed)) = (tiles.get_mut(tile), is_placed.get_mut(district)) else {
                continue;
            };
            if place.is_none() && !*placed {
                (*place, *placed) = (Some(district), true);
            }
        }
        let in_row = |row: &[Option<usize>]| {
            let named =
                row.iter().zip(1usize..).filter_map(|(district, column)| Some((column, (*district)?)));
            named.collect::<Vec<_>>()
        };
        let rows = tiles.chunks(columns).map(in_row).filter(|row| !row.is_empty());
        Self { columns, rows: rows.collect() }
    }
}

fn middle(tile: usize) -> i64 {
    i64::try_from(tile).unwrap_or(0) * TILE + TILE / 2
}

/// The field in which all centres lie, in millionths of a degree.
struct Field {
    west: i64,
    east: i64,
    south: i64,
    north: i64,
}

impl Field {
    fn around(centres: &[Option<Location>]) -> Self {
        let known = || centres.iter().flatten();
        let longitudes = || known().map(|place| i64::from(place.longitude_e6));
        let latitudes = || known().map(|place| i64::from(place.latitude_e6));
        Self {
            west: longitudes().min().unwrap_or(0),
            east: longitudes().max().unwrap_or(0),
            south: latitudes().min().unwrap_or(0),
            north: latitudes().max().unwrap_or(0),
        }
    }

    /// Columns and rows, shaped as the field is, with half as many tiles again as there are districts.
    fn shape(&self, count: usize) -> (usize, usize) {
        let count = count.max(1);
        let tiles = if count == 1 { 1 } else { count + count / 2 };
        let (width, height) = (self.width().max(1), (self.north - self.south).max(1));
        let most = if count <= FEW { COLUMNS_OF_FEW } else { COLUMNS_MAX };
        let square = i64::try_from(tiles).unwrap_or(i64::MAX).saturating_mul(width) / height;
        let columns = usize::try_from(square.max(1).isqrt()).unwrap_or(1).clamp(1, most.min(tiles));
        (columns, tiles.div_ceil(columns))
    }

    /// A degree of longitude is the shorter, the farther from the equator: by the cosine, as Bhaskara approximated it.
    fn width(&self) -> i64 {
        let latitude = (self.south + self.north) / 2_000_000;
        let square = latitude * latitude;
        (self.east - self.west) * (32_400 - 4 * square) / (32_400 + square)
    }

    fn place(&self, place: Location, columns: usize, rows: usize) -> (i64, i64) {
        let part = |value: i64, from: i64, to: i64, tiles: usize| {
            let length = i64::try_from(tiles).unwrap_or(1) * TILE;
            // What lies on one line lies in the middle.
            if from == to { length / 2 } else { (value - from) * (length - TILE) / (to - from) + TILE / 2 }
        };
        let x = part(place.longitude_e6.into(), self.west, self.east, columns);
        (x, part(i64::from(place.latitude_e6), self.north, self.south, rows))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn at(latitude_e6: i32, longitude_e6: i32) -> Option<Location> {
        Some(Location { latitude_e6, longitude_e6 })
    }

    fn tile_of(tiles: &Tiles, district: usize) -> (usize, usize) {
        let rows = tiles.rows.iter().enumerate();
        let mut found =
            rows.flat_map(|(row, tiles)| tiles.iter().map(move |(column, one)| (row, *column, *one)));
        found.find(|(_, _, one)| *one == district).map(|(row, column, _)| (row, column)).expect("a tile")
    }

    #[test]
    fn districts_stand_to_each_other_as_they_lie() {
        let centres = [at(22_500_000, 113_900_000), at(22_800_000, 113_900_000), at(22_500_000, 114_500_000)];
        let tiles = Tiles::of(&centres);
        let ((south_row, west), (north_row, _), (_, east)) =
            (tile_of(&tiles, 0), tile_of(&tiles, 1), tile_of(&tiles, 2));
        assert!(north_row < south_row && west < east, "{tiles:?}");
    }

    #[test]
    fn every_district_has_a_tile_of_its_own_wherever_it_lies() {
        let same = vec![at(1, 1); 9];
        let spread = (0..25).map(|n| at(n * n * 1000 % 7919, n * 7001 % 9973)).collect();
        let line = (0..7).map(|n| at(0, n * 100_000)).collect();
        let nowhere = vec![None, at(5, 5), None];
        for centres in [same, spread, line, nowhere, vec![None], Vec::new()] {
            let tiles = Tiles::of(&centres);
            let stand: Vec<usize> = tiles.rows.iter().flatten().map(|(_, district)| *district).collect();
            let others: HashSet<usize> = stand.iter().copied().collect();
            assert_eq!((stand.len(), others.len()), (centres.len(), centres.len()), "{tiles:?}");
            assert!(tiles.rows.iter().flatten().all(|(column, _)| (1..=tiles.columns).contains(column)));
            assert!(tiles.rows.iter().all(|row| row.is_sorted_by(|one, next| one.0 < next.0)), "{tiles:?}");
            assert_eq!(tiles, Tiles::of(&centres), "the same each time");
        }
    }
}
