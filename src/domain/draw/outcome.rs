//! From a list and the mixed seed to who gets what.

use sha2::{Digest, Sha256};

use super::{DrawList, EntryId, EntryInDraw, Hash};

/// What a draw came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Places in the list's entries, the first drawn first.
    pub order: Vec<u32>,
    /// For each place of the order the option that it got. Those without are the reserve, in this order.
    pub won: Vec<Option<u32>>,
}

/// Draws: shuffles the entries by what the mixed seed makes of each id, and gives each in turn its dearest choice that is free.
#[must_use]
pub fn draw(list: &DrawList, mixed: &Hash) -> Outcome {
    let order = shuffled(&list.entries, mixed);
    let mut left = list.cells.clone();
    let won = order
        .iter()
        .map(|at| entry(list, *at).and_then(|entry| take_dearest(list, entry, &mut left)))
        .collect();
    Outcome { order, won }
}

/// What is left of each cell when these options are taken by these entries.
#[must_use]
pub fn left_over(list: &DrawList, taken: impl Iterator<Item = (u32, u32)>) -> Vec<u16> {
    let mut left = list.cells.clone();
    for (at, option) in taken {
        let Some((entry, option)) = entry(list, at).zip(option_of(list, option)) else { continue };
        for cell in &option.cells {
            if let Some(left) = index(*cell).and_then(|cell| left.get_mut(cell)) {
                *left = left.saturating_sub(option.takes.of(entry.party));
            }
        }
    }
    left
}

impl DrawList {
    /// Whether these options can all be had by these entries.
    #[must_use]
    pub fn has_room_for(&self, taken: &[(u32, u32)]) -> bool {
        let mut sold = vec![0u32; self.cells.len()];
        for (at, option) in taken {
            let Some((entry, option)) = entry(self, *at).zip(option_of(self, *option)) else { return false };
            for cell in &option.cells {
                if let Some(sold) = index(*cell).and_then(|cell| sold.get_mut(cell)) {
                    *sold += u32::from(option.takes.of(entry.party));
                }
            }
        }
        sold.iter().zip(&self.cells).all(|(sold, there_is)| *sold <= u32::from(*there_is))
    }

    /// The dearest choice of an entry that is free in what is left; it is taken.
    pub fn give(&self, at: u32, left: &mut [u16]) -> Option<u32> {
        take_dearest(self, entry(self, at)?, left)
    }
}

impl Outcome {
    /// The hash that binds the outcome.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut hash = Sha256::new();
        for (at, won) in self.order.iter().zip(&self.won) {
            hash.update(at.to_le_bytes());
            hash.update(won.unwrap_or(u32::MAX).to_le_bytes());
        }
        Hash(hash.finalize().into())
    }
}

fn shuffled(entries: &[EntryInDraw], mixed: &Hash) -> Vec<u32> {
    let mut before = Sha256::new();
    before.update(mixed.0);
    let ticket = |id: EntryId| -> [u8; 32] {
        let mut hash = before.clone();
        hash.update(id.get().to_be_bytes());
        hash.finalize().into()
    };
    let mut drawn: Vec<(u64, u32)> = (0..)
        .zip(entries)
        .map(|(at, entry)| {
            let [a, b, c, d, e, f, g, h, ..] = ticket(entry.id);
            (u64::from_be_bytes([a, b, c, d, e, f, g, h]), at)
        })
        .collect();
    // Eight bytes of a ticket are compared first: two that agree in them are rarer than a day of the week in a universe, and are
    // told apart by the rest.
    drawn.sort_unstable_by(|(one, at), (other, later)| {
        one.cmp(other).then_with(|| {
            let id = |at: u32| index(at).and_then(|at| entries.get(at)).map(|entry| entry.id);
            let whole = |at: u32| id(at).map(|id| (ticket(id), id));
            whole(*at).cmp(&whole(*later))
        })
    });
    drawn.into_iter().map(|(_, at)| at).collect()
}

fn take_dearest(list: &DrawList, entry: &EntryInDraw, left: &mut [u16]) -> Option<u32> {
    entry.choices.iter().find(|choice| {
        let Some(option) = option_of(list, *choice) else { return false };
        let needed = option.takes.of(entry.party);
        let has_room =
            |cell: &u32| index(*cell).and_then(|cell| left.get(cell)).is_some_and(|left| *left >= needed);
        if !option.cells.iter().all(has_room) {
            return false;
        }
        for cell in &option.cells {
            if let Some(left) = index(*cell).and_then(|cell| left.get_mut(cell)) {
                *left -= needed;
            }
        }
        true
    })
}

fn entry(list: &DrawList, at: u32) -> Option<&EntryInDraw> {
    list.entries.get(index(at)?)
}

fn option_of(list: &DrawList, option: u32) -> Option<&super::DrawOption> {
    list.options.get(index(option)?)
}

fn index(no: u32) -> Option<usize> {
    usize::try_from(no).ok()
}
