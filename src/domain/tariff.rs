//! Prices: a band says what a slot costs that begins in it, by the kind of day.

use serde::{Deserialize, Serialize};

use super::grid::SlotGrid;
use super::hours::{DAY_KINDS, DayKind, DayKinds};
use super::money::Minor;
use super::units::{UNITS_PER_DAY, UnitSpan};

/// What a slot costs that begins within `span` on such days.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceBand {
    pub days: DayKinds,
    pub span: UnitSpan,
    pub price: Minor,
}

/// The price of a slot by kind of day and first half hour: bands made into a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tariff(Box<[[Minor; UNITS_PER_DAY as usize]; DAY_KINDS]>);

impl Tariff {
    /// Where bands overlap the later one holds; where there is none, the slot is free of charge.
    #[must_use]
    pub fn of(bands: &[PriceBand]) -> Self {
        let mut table = Box::new([[Minor::ZERO; UNITS_PER_DAY as usize]; DAY_KINDS]);
        for band in bands {
            for kind in DayKind::ALL.into_iter().filter(|kind| band.days.contains(*kind)) {
                for unit in band.span.first()..band.span.end() {
                    table[kind.index()][usize::from(unit)] = band.price;
                }
            }
        }
        Self(table)
    }

    /// What one slot costs that begins with this half hour.
    #[must_use]
    pub fn slot_price(&self, kind: DayKind, first_unit: u8) -> Minor {
        self.0[kind.index()][usize::from(first_unit)]
    }

    /// What all slots of a span on the grid cost, for so many places; nothing when it doesn't fit.
    #[must_use]
    pub fn price(&self, grid: SlotGrid, kind: DayKind, span: UnitSpan, places: u16) -> Option<Minor> {
        let mut sum = Minor::ZERO;
        let mut unit = span.first();
        while unit < span.end() {
            sum = sum.checked_add(self.slot_price(kind, unit))?;
            unit += grid.slot_units();
        }
        sum.checked_times(i64::from(places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn street_courts_cost_by_the_hour_of_the_day() {
        // Shanghai's published fees: mornings free, days 5 yuan, evenings 8 yuan.
        let band = |from, to, price| PriceBand {
            days: DayKinds::ALL,
            span: UnitSpan::between(from, to).expect("a span"),
            price: Minor::new(price),
        };
        let tariff = Tariff::of(&[band(14, 20, 0), band(20, 36, 500), band(36, 44, 800)]);
        let grid = SlotGrid::new(2, 0).expect("a grid");
        for (from, to, places, price) in
            [(14, 16, 1, 0), (18, 22, 1, 500), (34, 38, 1, 1300), (34, 38, 3, 3900), (0, 2, 1, 0)]
        {
            let span = UnitSpan::between(from, to).expect("a span");
            assert_eq!(
                tariff.price(grid, DayKind::Friday, span, places),
                Some(Minor::new(price)),
                "{from}-{to} for {places}"
            );
        }
    }
}
