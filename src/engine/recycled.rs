//! A long array by number, whose first blocks are given up one after the other: the memory of one that is given up is where a new
//! one lies next. So as many things as are in use take memory, however many there ever were.
//!
//! Reading costs three loads. What a reader has found stays memory of the same kind for ever, so nothing dangles; but it may have become
//! another thing's place while he looked. Always: whoever needs to know asks behind his reading whether his number is given up
//! (`Bookings::get` does), and whoever writes does so in a command, for which `reuse` waits.

use std::sync::OnceLock;

use super::sync::{AtomicU32, Mutex, Ordering, lock};

/// Things by number, in blocks of `PER_BLOCK`, which is a power of two: a place is found without a division.
pub struct RecycledSlab<T, const PER_BLOCK: usize> {
    /// In which piece of memory each block lies, counted from one; 0 where there is none.
    lies_in: Box<[AtomicU32]>,
    memory: Box<[OnceLock<Box<[T]>>]>,
    /// A plain lock: taken once for each block that is made or given up.
    pieces: Mutex<Pieces>,
}

/// A block's memory that nobody finds any more. Whoever has it waits for those who found it before, and gives it to `reuse`.
#[must_use = "memory that is not given to `reuse` is lost"]
pub struct GivenUp(u32);

#[derive(Default)]
struct Pieces {
    made: u32,
    /// Those that are in no use, with nothing in their places.
    spare: Vec<u32>,
    /// Blocks below this one were given up and are never made again.
    first: usize,
}

impl<T: Default, const PER_BLOCK: usize> RecycledSlab<T, PER_BLOCK> {
    /// Numbers up to `count_max`, of which `in_use_max` have memory at a time.
    #[must_use]
    pub fn new(count_max: usize, in_use_max: usize) -> Self {
        const { assert!(PER_BLOCK.is_power_of_two()) };
        Self {
            lies_in: (0..count_max.div_ceil(PER_BLOCK)).map(|_| AtomicU32::new(0)).collect(),
            memory: (0..in_use_max.div_ceil(PER_BLOCK)).map(|_| OnceLock::new()).collect(),
            pieces: Mutex::new(Pieces::default()),
        }
    }

    fn piece(&self, lies_in: u32) -> Option<&[T]> {
        let index = usize::try_from(lies_in).ok()?.checked_sub(1)?;
        Some(self.memory.get(index)?.get()?.as_ref())
    }

    /// The thing, when its block is there.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        // ORDERING: Acquire pairs with the Release in `make`: a block that lies where another lay is found behind the end of that one.
        let lies_in = self.lies_in.get(index / PER_BLOCK)?.load(Ordering::Acquire);
        self.piece(lies_in)?.get(index % PER_BLOCK)
    }

    /// The thing, its block made when it isn't there; nothing beyond the slab's end, and nothing of what was given up.
    #[must_use]
    pub fn get_or_make(&self, index: usize) -> Option<&T> {
        match self.get(index) {
            Some(thing) => Some(thing),
            None => self.make(index / PER_BLOCK)?.get(index % PER_BLOCK),
        }
    }

    /// Makes a block unless it is there.
    fn make(&self, block: usize) -> Option<&[T]> {
        let place = self.lies_in.get(block)?;
        let mut pieces = lock(&self.pieces);
        // ORDERING: Relaxed, written under the lock alone.
        let before = place.load(Ordering::Relaxed);
        if before != 0 {
            return self.piece(before);
        }
        if block < pieces.first {
            return None;
        }
        let lies_in = match pieces.spare.pop() {
            Some(spare) => spare,
            None => {
                let memory = self.memory.get(usize::try_from(pieces.made).ok()?)?;
                memory.get_or_init(|| (0..PER_BLOCK).map(|_| T::default()).collect());
                pieces.made += 1;
                pieces.made
            }
        };
        // ORDERING: Release pairs with the Acquire in `get`.
        place.store(lies_in, Ordering::Release);
        self.piece(lies_in)
    }

    /// Gives up a block and all before it, which were given up before: nobody finds it any more, though somebody may be looking at it
    /// still. By the committer alone, when every place of it is what it was at first.
    pub fn give_up(&self, block: usize) -> Option<GivenUp> {
        let mut pieces = lock(&self.pieces);
        pieces.first = pieces.first.max(block + 1);
        // ORDERING: Relaxed; who reads a place of a later block there has found that one through `make`, behind this.
        let lies_in = self.lies_in.get(block)?.swap(0, Ordering::Relaxed);
        (lies_in != 0).then_some(GivenUp(lies_in))
    }

    /// Nobody writes into this memory any more: a new block may lie in it.
    pub fn reuse(&self, given_up: GivenUp) {
        lock(&self.pieces).spare.push(given_up.0);
    }

    /// The blocks that are there, each with its number.
    pub fn blocks(&self) -> impl Iterator<Item = (u32, &[T])> {
        (0..)
            .zip(&self.lies_in)
            // ORDERING: Acquire, as in `get`.
            .filter_map(|(no, lies_in)| Some((no, self.piece(lies_in.load(Ordering::Acquire))?)))
    }

    /// Puts a whole block where none is. Returns whether there was room for it.
    pub fn put_block(&self, no: u32, things: Box<[T]>) -> bool {
        let Ok(block) = usize::try_from(no) else { return false };
        let Some(place) = self.lies_in.get(block) else { return false };
        let mut pieces = lock(&self.pieces);
        // ORDERING: Relaxed, written under the lock alone.
        if things.len() != PER_BLOCK || block < pieces.first || place.load(Ordering::Relaxed) != 0 {
            return false;
        }
        let memory = usize::try_from(pieces.made).ok().and_then(|made| self.memory.get(made));
        let is_put = memory.is_some_and(|memory| memory.set(things).is_ok());
        if is_put {
            pieces.made += 1;
            // ORDERING: Release, as in `make`.
            place.store(pieces.made, Ordering::Release);
        }
        is_put
    }

    /// Bytes of memory that were taken, for blocks that are there and for those to come.
    #[must_use]
    pub fn bytes(&self) -> usize {
        usize::try_from(lock(&self.pieces).made).unwrap_or(usize::MAX) * PER_BLOCK * size_of::<T>()
    }
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;

    fn value(slab: &RecycledSlab<AtomicU32, 4>, index: usize) -> Option<u32> {
        slab.get(index).map(|thing| thing.load(Ordering::Relaxed))
    }

    #[test]
    fn a_new_block_lies_where_one_lay_that_was_given_up() {
        let slab = RecycledSlab::<AtomicU32, 4>::new(64, 12);
        for index in 0..12 {
            let thing = slab.get_or_make(index).expect("room");
            thing.store(u32::try_from(index).expect("few"), Ordering::Relaxed);
        }
        assert!(slab.get_or_make(12).is_none(), "there is no more memory");
        let bytes = slab.bytes();
        let given_up = slab.give_up(0).expect("it was there");
        assert!(slab.get_or_make(12).is_none(), "somebody may be looking still");
        slab.reuse(given_up);
        assert!(slab.get_or_make(12).is_some());
        assert_eq!(slab.bytes(), bytes, "in the same memory");
        assert_eq!((value(&slab, 1), value(&slab, 4), value(&slab, 11)), (None, Some(4), Some(11)));
        assert!(slab.get_or_make(1).is_none(), "what was given up is never made again");
        assert_eq!(slab.blocks().map(|(no, _)| no).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_block_that_is_there_is_not_put_again() {
        let slab = RecycledSlab::<AtomicU32, 4>::new(64, 12);
        let put = |no, value| slab.put_block(no, (0..4).map(|_| AtomicU32::new(value)).collect());
        assert!(put(2, 7) && !put(2, 8));
        assert_eq!(value(&slab, 9), Some(7));
        assert!(!put(16, 7), "beyond its end");
        assert!(!slab.put_block(1, Box::default()), "not a block");
        let given_up = slab.give_up(1);
        assert!(given_up.is_none() && !put(1, 7), "it comes behind");
    }
}
