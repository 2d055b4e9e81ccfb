//! A long array that grows in blocks and never moves: a thing's place is its number, for ever.
//!
//! Reading costs two loads. Blocks are made on use, by whoever comes first.

use std::sync::OnceLock;

/// Things by number.
pub struct Slab<T> {
    blocks: Box<[OnceLock<Box<[T]>>]>,
    per_block: usize,
}

impl<T: Default> Slab<T> {
    /// Room for so many things, in blocks of `per_block`.
    #[must_use]
    pub fn new(count_max: usize, per_block: usize) -> Self {
        Self { blocks: (0..count_max.div_ceil(per_block)).map(|_| OnceLock::new()).collect(), per_block }
    }

    /// The thing, when its block is there.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.blocks.get(index / self.per_block)?.get()?.get(index % self.per_block)
    }

    /// The thing, its block made when it isn't there; nothing beyond the slab's end.
    #[must_use]
    pub fn get_or_make(&self, index: usize) -> Option<&T> {
        let block = self.blocks.get(index / self.per_block)?;
        let block = block.get_or_init(|| (0..self.per_block).map(|_| T::default()).collect());
        block.get(index % self.per_block)
    }

    /// All things whose blocks are there, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.blocks.iter().enumerate().filter_map(|(no, block)| Some((no, block.get()?))).flat_map(
            move |(no, block)| {
                block.iter().enumerate().map(move |(index, thing)| (no * self.per_block + index, thing))
            },
        )
    }

    /// Bytes of the blocks that are there.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.blocks.iter().filter(|block| block.get().is_some()).count() * self.per_block * size_of::<T>()
    }
}
