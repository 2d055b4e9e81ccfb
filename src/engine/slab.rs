//! A long array that grows in blocks and never moves: a thing's place is its number, for ever.
//!
//! Reading costs two loads. Blocks are made on use, by whoever comes first.

use std::sync::OnceLock;

/// Things by number, in blocks of `PER_BLOCK`, which is a power of two: a place is found without a division.
pub struct Slab<T, const PER_BLOCK: usize> {
    blocks: Box<[OnceLock<Box<[T]>>]>,
}

impl<T: Default, const PER_BLOCK: usize> Slab<T, PER_BLOCK> {
    /// Room for so many things.
    #[must_use]
    pub fn new(count_max: usize) -> Self {
        const { assert!(PER_BLOCK.is_power_of_two()) };
        Self { blocks: (0..count_max.div_ceil(PER_BLOCK)).map(|_| OnceLock::new()).collect() }
    }

    /// The thing, when its block is there.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.blocks.get(index / PER_BLOCK)?.get()?.get(index % PER_BLOCK)
    }

    /// The thing, its block made when it isn't there; nothing beyond the slab's end.
    #[must_use]
    pub fn get_or_make(&self, index: usize) -> Option<&T> {
        self.blocks.get(index / PER_BLOCK)?.get_or_init(Self::block).get(index % PER_BLOCK)
    }

    /// The blocks that are there, each with its number.
    pub fn blocks(&self) -> impl Iterator<Item = (u32, &[T])> {
        (0..).zip(&self.blocks).filter_map(|(no, block)| Some((no, block.get()?.as_ref())))
    }

    /// Puts a whole block where none is. Returns whether there was room for it.
    pub fn put_block(&self, no: u32, block: Box<[T]>) -> bool {
        let place = usize::try_from(no).ok().and_then(|no| self.blocks.get(no));
        block.len() == PER_BLOCK && place.is_some_and(|place| place.set(block).is_ok())
    }

    fn block() -> Box<[T]> {
        (0..PER_BLOCK).map(|_| T::default()).collect()
    }

    /// All things whose blocks are there, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.blocks.iter().enumerate().filter_map(|(no, block)| Some((no, block.get()?))).flat_map(
            move |(no, block)| {
                block.iter().enumerate().map(move |(index, thing)| (no * PER_BLOCK + index, thing))
            },
        )
    }

    /// Bytes of the blocks that are there.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.blocks.iter().filter(|block| block.get().is_some()).count() * PER_BLOCK * size_of::<T>()
    }
}
