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

    /// Bands that make this tariff: the fewest for each kind of day, with days that cost alike in one band. What is free of
    /// charge has none.
    #[must_use]
    pub fn bands(&self) -> Vec<PriceBand> {
        let mut bands: Vec<(UnitSpan, Minor, Vec<DayKind>)> = Vec::new();
        for kind in DayKind::ALL {
            let prices = &self.0[kind.index()];
            let mut first = 0;
            for end in 1..=UNITS_PER_DAY {
                let price = prices[usize::from(first)];
                if end < UNITS_PER_DAY && prices[usize::from(end)] == price {
                    continue;
                }
                if let Ok(span) = UnitSpan::between(first, end)
                    && price != Minor::ZERO
                {
                    match bands.iter_mut().find(|band| band.0 == span && band.1 == price) {
                        Some(band) => band.2.push(kind),
                        None => bands.push((span, price, vec![kind])),
                    }
                }
                first = end;
            }
        }
        let band =
            |(span, price, kinds): (_, _, Vec<_>)| PriceBand { days: DayKinds::of(&kinds), span, price };
        bands.into_iter().map(band).collect()
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

    #[test]
    fn bands_made_from_a_tariff_make_the_same_tariff() {
        let band = |days, from, to, price| PriceBand {
            days,
            span: UnitSpan::between(from, to).expect("a span"),
            price: Minor::new(price),
        };
        let tariff = Tariff::of(&[
            band(DayKinds::ALL, 14, 44, 500),
            band(DayKinds::FREE_DAYS, 20, 48, 800),
            band(DayKinds::WORKDAYS, 36, 40, 0),
        ]);
        assert_eq!(Tariff::of(&tariff.bands()), tariff);
        assert_eq!(Tariff::of(&[band(DayKinds::ALL, 0, 48, 0)]).bands(), []);
        let one = band(DayKinds::ALL, 0, 48, 7);
        assert_eq!(Tariff::of(std::slice::from_ref(&one)).bands(), [one]);
    }
}
