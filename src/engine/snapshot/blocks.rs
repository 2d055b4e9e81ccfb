//! Slabs in snapshots: a piece for each block that is there, with the block's number before its rows.

use super::bytes::{Fields, Malformed, put};
use crate::engine::recycled::RecycledSlab;
use crate::engine::slab::Slab;

/// What stands in a slab and is kept in snapshots.
pub trait Row: Default {
    /// Appends its fields.
    fn put_row(&self, out: &mut Vec<u8>);

    /// What the row says.
    ///
    /// # Errors
    /// `Malformed` when that can't be.
    fn of_row(row: &mut Fields<'_>) -> Result<Self, Malformed>;
}

/// Gives a piece for each block.
fn put_blocks<'a, T: Row + 'a, E>(
    blocks: impl Iterator<Item = (u32, &'a [T])>,
    mut give: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut piece = Vec::new();
    for (no, block) in blocks {
        piece.clear();
        put!(piece, no);
        for thing in block {
            thing.put_row(&mut piece);
        }
        give(&piece)?;
    }
    Ok(())
}

impl<T: Row, const PER_BLOCK: usize> Slab<T, PER_BLOCK> {
    /// Gives a piece for each block.
    pub(in crate::engine) fn put_rows<E>(&self, give: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        put_blocks(self.blocks(), give)
    }

    /// Takes a piece.
    pub(in crate::engine) fn take_rows(&self, piece: &mut Fields<'_>) -> Result<(), Malformed> {
        let no = piece.u32()?;
        let mut block = Vec::with_capacity(PER_BLOCK);
        for _ in 0..PER_BLOCK {
            block.push(T::of_row(piece)?);
        }
        if self.put_block(no, block.into_boxed_slice()) { Ok(()) } else { Err(Malformed) }
    }
}

impl<T: Row, const PER_BLOCK: usize> RecycledSlab<T, PER_BLOCK> {
    /// Gives a piece for each block.
    pub(in crate::engine) fn put_rows<E>(&self, give: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        put_blocks(self.blocks(), give)
    }

    /// Takes a piece.
    pub(in crate::engine) fn take_rows(&self, piece: &mut Fields<'_>) -> Result<(), Malformed> {
        let no = piece.u32()?;
        let mut block = Vec::with_capacity(PER_BLOCK);
        for _ in 0..PER_BLOCK {
            block.push(T::of_row(piece)?);
        }
        if self.put_block(no, block.into_boxed_slice()) { Ok(()) } else { Err(Malformed) }
    }
}
