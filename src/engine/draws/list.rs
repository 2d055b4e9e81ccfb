//! The list that is settled when a window closes: the entries by their ids, and what there is of what they ask for.

use std::collections::HashMap;

use super::round::{Entered, Row};
use crate::domain::catalogue::{Catalogue, Pitch, PitchKind, Release};
use crate::domain::draw::{Choices, DrawList, DrawOption, EntryInDraw, Hash, Takes};
use crate::domain::event::Stock;
use crate::domain::lottery::Wish;
use crate::domain::time::LocalDay;
use crate::domain::units::{UNIT_MINUTES, UnitSpan};

const NONE: u32 = u32::MAX;

/// A settled list, and what its numbers mean inside.
#[derive(Debug, PartialEq, Eq)]
pub struct SealedList {
    pub list: DrawList,
    pub root: Hash,
    pub stock: Stock,
    /// What each option is.
    wishes: Vec<Wish>,
    /// Which row each entry is, and which entry each row.
    rows: Vec<u32>,
    entries: Vec<u32>,
}

/// Something that there is so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::engine) enum Cell {
    HalfHour { leaf: u32, day: LocalDay, unit: u8 },
    Slot { session: u32, day: LocalDay, first: u8 },
}

/// What a wish takes.
pub(in crate::engine) fn cells_of(pitch: &Pitch, wish: &Wish) -> Vec<Cell> {
    let (day, span) = (wish.day, wish.span());
    match pitch.kind {
        PitchKind::Session { session, .. } => {
            slots_of(pitch, span).map(|slot| Cell::Slot { session, day, first: slot.first() }).collect()
        }
        PitchKind::Exclusive | PitchKind::Divisible | PitchKind::Part => {
            let units =
                move |leaf| (span.first()..span.end()).map(move |unit| Cell::HalfHour { leaf, day, unit });
            pitch.leaves.clone().flat_map(units).collect()
        }
    }
}

/// The slots of a session that a span covers.
pub(in crate::engine) fn slots_of(pitch: &Pitch, span: UnitSpan) -> impl Iterator<Item = UnitSpan> {
    let units = pitch.grid.slot_units();
    let firsts = (span.first()..span.end()).step_by(usize::from(units));
    firsts.filter_map(move |first| UnitSpan::new(first, units).ok())
}

impl SealedList {
    /// Settles a list of these rows. What there is of each cell, the caller knows: a stock that was read just now, or one that was
    /// recorded. Nothing when the stock is not one of these cells.
    pub(in crate::engine) fn of(
        catalogue: &Catalogue,
        release: &Release,
        rows: &[Row],
        wishes: &[Wish],
        stock: impl FnOnce(&[Cell], &[(&Pitch, Wish)]) -> Stock,
    ) -> Option<Self> {
        let mut taking: Vec<(u32, &Row)> =
            (0..).zip(rows).filter(|(_, row)| row.entered == Entered::Yes).collect();
        taking.sort_unstable_by_key(|(_, row)| row.id);
        let used = used_wishes(catalogue, &taking, wishes);
        let mut cells: Vec<Cell> = used.iter().flat_map(|(_, pitch, wish)| cells_of(pitch, wish)).collect();
        cells.sort_unstable();
        cells.dedup();
        let pitches: Vec<(&Pitch, Wish)> = used.iter().map(|(_, pitch, wish)| (*pitch, *wish)).collect();
        let stock = stock(&cells, &pitches);
        let number: HashMap<Cell, u32> = cells.iter().copied().zip(0..).collect();
        let mut option_of = vec![NONE; wishes.len()];
        let mut options = Vec::with_capacity(used.len());
        for ((wish_no, pitch, wish), option) in used.iter().zip(0..) {
            *option_of.get_mut(usize::try_from(*wish_no).ok()?)? = option;
            options.push(option_text(pitch, wish, &number));
        }
        let mut entries = Vec::with_capacity(taking.len());
        let mut entry_of_row = vec![NONE; rows.len()];
        for ((at, row), entry) in taking.iter().zip(0..) {
            *entry_of_row.get_mut(usize::try_from(*at).ok()?)? = entry;
            let ranked = row.choices.iter().map(|wish| option_of.get(usize::try_from(wish).ok()?).copied());
            let choices = Choices::of(&ranked.collect::<Option<Vec<_>>>()?).ok()?;
            entries.push(EntryInDraw { id: row.id, party: row.party, choices });
        }
        let list = DrawList {
            release: release.def.code.as_str().to_owned(),
            cells: stock.of_cells(&cells)?,
            options,
            entries,
        };
        let root = list.root();
        let wishes = used.iter().map(|(_, _, wish)| *wish).collect();
        let rows = taking.iter().map(|(at, _)| *at).collect();
        Some(Self { list, root, stock, wishes, rows, entries: entry_of_row })
    }

    /// What an option is.
    pub(in crate::engine) fn wish(&self, option: u32) -> Option<Wish> {
        self.wishes.get(usize::try_from(option).ok()?).copied()
    }

    pub(super) fn row_of_entry(&self, entry: u32) -> Option<u32> {
        self.rows.get(usize::try_from(entry).ok()?).copied()
    }

    pub(super) fn entry_of_row(&self, row: u32) -> Option<u32> {
        self.entries.get(usize::try_from(row).ok()?).copied().filter(|entry| *entry != NONE)
    }
}

/// The wishes that somebody still has, by pitch, day and time, each with its number.
fn used_wishes<'a>(
    catalogue: &'a Catalogue,
    taking: &[(u32, &Row)],
    wishes: &[Wish],
) -> Vec<(u32, &'a Pitch, Wish)> {
    let mut is_used = vec![false; wishes.len()];
    for choice in taking.iter().flat_map(|(_, row)| row.choices.iter()) {
        if let Some(used) = usize::try_from(choice).ok().and_then(|choice| is_used.get_mut(choice)) {
            *used = true;
        }
    }
    let numbered = (0..).zip(wishes).zip(&is_used).filter(|(_, used)| **used);
    let mut used: Vec<_> =
        numbered.filter_map(|((no, wish), _)| Some((no, catalogue.pitch(wish.pitch)?, *wish))).collect();
    used.sort_unstable_by(|(_, one, wish), (_, other, later)| {
        let key = |pitch: &Pitch, wish: &Wish| (wish.day, wish.span().first(), wish.span().count(), pitch.no);
        one.code.cmp(&other.code).then_with(|| key(one, wish).cmp(&key(other, later)))
    });
    used
}

fn option_text(pitch: &Pitch, wish: &Wish, number: &HashMap<Cell, u32>) -> DrawOption {
    let mut cells: Vec<u32> =
        cells_of(pitch, wish).iter().filter_map(|cell| number.get(cell).copied()).collect();
    cells.sort_unstable();
    let is_session = matches!(pitch.kind, PitchKind::Session { .. });
    DrawOption {
        pitch: pitch.code.as_str().to_owned(),
        date: wish.day.to_string(),
        from: clock(wish.span().first()),
        to: clock(wish.span().end()),
        takes: if is_session { Takes::Party } else { Takes::One },
        cells,
    }
}

/// When a half hour begins, on the clock there.
fn clock(unit: u8) -> String {
    let minutes = u16::from(unit) * UNIT_MINUTES;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

impl Stock {
    /// A stock of these cells by what there is of each.
    pub(in crate::engine) fn by(cells: &[Cell], left: &HashMap<Cell, u16>) -> Self {
        let mut stock = Self::default();
        let mut half_hours = 0usize;
        for cell in cells {
            let left = left.get(cell).copied().unwrap_or(0);
            match cell {
                Cell::HalfHour { .. } => {
                    if half_hours.is_multiple_of(8) {
                        stock.half_hours.push(0);
                    }
                    if let Some(byte) = stock.half_hours.last_mut() {
                        *byte |= u8::from(left > 0) << (half_hours % 8);
                    }
                    half_hours += 1;
                }
                Cell::Slot { .. } => stock.places.push(left),
            }
        }
        stock
    }

    /// How much there is of each of these cells; nothing when the stock is of others.
    fn of_cells(&self, cells: &[Cell]) -> Option<Vec<u16>> {
        let half_hours = cells.iter().filter(|cell| matches!(cell, Cell::HalfHour { .. })).count();
        let slots = cells.len() - half_hours;
        if self.half_hours.len() != half_hours.div_ceil(8) || self.places.len() != slots {
            return None;
        }
        let bit = |at: usize| self.half_hours.get(at / 8).map(|byte| u16::from(byte >> (at % 8) & 1));
        let free: Option<Vec<u16>> = (0..half_hours).map(bit).collect();
        Some(free?.into_iter().chain(self.places.iter().copied()).collect())
    }
}
