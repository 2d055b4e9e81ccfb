//! `prices.csv`: what a slot costs, by the time at which it begins and the kind of day.
//!
//! A blank cell is no price. Where a pitch is open there has to be one, if only 0: a cell that was forgotten must not give
//! an evening away. Times may not overlap, for the same reason.

use super::cells::price;
use super::cells_of_time::half_hour;
use super::files::DAY_COLUMNS;
use super::keyed::{Keyed, Line};
use super::plan::Work;
use super::table::{Row, Table};
use crate::domain::grid::SlotGrid;
use crate::domain::hours::{DAY_KINDS, DayKind, DayKinds, WeeklyHours};
use crate::domain::money::Minor;
use crate::domain::tariff::{PriceBand, Tariff};
use crate::domain::units::{UNIT_MINUTES, UnitMask, UnitSpan};

/// The prices that the file says.
pub(super) struct PricesOfAll<'a>(Keyed<'a, PriceLine>);

/// A line's times and prices.
#[derive(Clone)]
pub(super) struct PriceLine {
    span: UnitSpan,
    prices: [Option<Minor>; DAY_KINDS],
}

impl<'a> PricesOfAll<'a> {
    pub(super) fn read(work: &mut Work<'_>, table: Option<&'a Table>) -> Self {
        let mut keyed = Keyed::none();
        for row in table.into_iter().flat_map(Table::rows) {
            let line = read_line(work, &row);
            keyed.add(work, row, line);
        }
        for lines in keyed.groups() {
            check_overlaps(work, lines);
        }
        Self(keyed)
    }

    /// The lines about a pitch: its own, those of the whole that it is a part of, or its venue's.
    pub(super) fn of(&self, venue: &str, whole: &str, pitch: &str) -> Option<Prices<'_, 'a>> {
        let lines = self.0.own(pitch).or_else(|| self.0.own(whole)).or_else(|| self.0.of_venue(venue));
        lines.map(Prices)
    }

    pub(super) const fn lines(&self) -> &Keyed<'a, PriceLine> {
        &self.0
    }
}

/// The prices of one pitch.
pub(super) struct Prices<'p, 'a>(&'p [Line<'a, PriceLine>]);

impl Prices<'_, '_> {
    /// The tariff, unless a line of it is faulty.
    pub(super) fn tariff(&self) -> Option<Tariff> {
        let mut bands = Vec::new();
        for line in self.0 {
            let line = line.value.as_ref()?;
            for (kind, price) in DayKind::ALL.into_iter().zip(line.prices) {
                if let Some(price) = price {
                    bands.push(PriceBand { days: DayKinds::of(&[kind]), span: line.span, price });
                }
            }
        }
        Some(Tariff::of(&bands))
    }

    /// Tells where a pitch is open and no line has a price.
    pub(super) fn check_cover(&self, work: &mut Work<'_>, pitch: &str, hours: &WeeklyHours, grid: SlotGrid) {
        let Some(first) = self.0.first() else { return };
        for (kind, column) in DayKind::ALL.into_iter().zip(DAY_COLUMNS) {
            let with_price = self.0.iter().filter_map(|line| line.value.as_ref());
            let priced = with_price
                .filter(|line| line.prices[kind.index()].is_some())
                .fold(UnitMask::EMPTY, |mask, line| mask.union(line.span.mask()));
            let open = hours.on(kind);
            let is_gap = |slot: &UnitSpan| {
                let begins = UnitSpan::new(slot.first(), 1).map(UnitSpan::mask).unwrap_or_default();
                slot.mask().without(open) == UnitMask::EMPTY && !priced.overlaps(begins)
            };
            if let Some(slot) = grid.slots().find(is_gap) {
                let minute = u16::from(slot.first()) * UNIT_MINUTES;
                let text = format!(
                    "{pitch} is open on {column} at {:02}:{:02}, and no line has a price for it: write 0 where it \
                     costs nothing",
                    minute / 60,
                    minute % 60
                );
                return first.row.fault(column, text, &mut work.faults);
            }
        }
    }

    /// Whether a line is faulty.
    pub(super) fn are_faulty(&self) -> bool {
        self.0.iter().any(|line| line.value.is_none())
    }
}

fn read_line(work: &mut Work<'_>, row: &Row<'_>) -> Option<PriceLine> {
    let currency = work.catalogue.city().currency;
    let from = row.read("from", &mut work.faults, half_hour);
    let to = row.read("to", &mut work.faults, half_hour);
    let span = from.zip(to).and_then(|(from, to)| {
        let span = UnitSpan::between(from, to).map_err(|_| "a time after that of from".to_owned());
        row.read("to", &mut work.faults, |_| span)
    });
    let mut prices = [None; DAY_KINDS];
    let mut is_good = true;
    for (place, column) in prices.iter_mut().zip(DAY_COLUMNS) {
        if row.text(column).is_empty() {
            continue;
        }
        *place = row.read(column, &mut work.faults, price(currency));
        is_good &= place.is_some();
    }
    Some(PriceLine { span: span?, prices }).filter(|_| is_good)
}

fn check_overlaps(work: &mut Work<'_>, lines: &[Line<'_, PriceLine>]) {
    for (index, line) in lines.iter().enumerate() {
        let Some(value) = &line.value else { continue };
        for before in &lines[..index] {
            let Some(other) =
                before.value.as_ref().filter(|other| other.span.mask().overlaps(value.span.mask()))
            else {
                continue;
            };
            let both =
                (0..DAY_KINDS).find(|kind| value.prices[*kind].is_some() && other.prices[*kind].is_some());
            if let Some(kind) = both {
                let text = format!("line {} has a price for some of these times already", before.row.line);
                line.row.fault(DAY_COLUMNS[kind], text, &mut work.faults);
                break;
            }
        }
    }
}
