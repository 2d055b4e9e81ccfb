//! The hash chain over the records: what a published root proves.
//!
//! Links are closed at fixed sequences and cover the records' bytes, not the frames, so a link can be computed again after
//! the records were packed into other frames, and an auditor needs nothing but the records.

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::frame::{u32_at, u64_at};

/// A link is closed behind every record whose sequence is a multiple of this.
pub const LINK_RECORDS: u64 = 256;

/// How much of a link each frame repeats.
pub const LINK_PREFIX_BYTES: usize = 16;

/// A closed link.
pub type Link = [u8; 32];

/// What a record is to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The engine's.
    Data,
    /// The journal's own: a start, from which on older writers are not believed.
    Epoch,
}

/// The chain as far as the records have come.
#[derive(Clone, PartialEq, Eq)]
pub struct Chain {
    link: Link,
    // The open link's input is gathered: hashing it in one go is several times faster than record by record, and a position
    // takes it along. A link's records are bounded in number and length, and so is this.
    input: Vec<u8>,
}

/// What a closed link's input may keep of the memory it took: records are short, and the rare long ones are not to be paid for
/// ever after.
const INPUT_BYTES_KEPT: usize = 256 * 1024;

/// What stands before each record's bytes in a link's input: sequence, time and length.
const RECORD_HEAD_BYTES: usize = 20;

/// Set in the hashed length of a record that is the journal's own, so that it can't be taken for one of the engine's.
const EPOCH_BIT: u32 = 1 << 31;

impl Chain {
    /// The chain of a journal without records.
    #[must_use]
    pub fn new(uuid: &[u8; 16]) -> Self {
        let link = blake3::derive_key("kaichang journal chain 1", uuid);
        Self { link, input: link.to_vec() }
    }

    /// The chain behind the record before `next`, as it was taken apart by `link` and `open`; nothing when `open` is not what
    /// a chain can have gathered then.
    pub(super) fn from_parts(link: Link, open: &[u8], next: Sequence) -> Option<Self> {
        let last = next.get().checked_sub(1)?;
        let mut rest = open;
        for sequence in last - last % LINK_RECORDS + 1..next.get() {
            let (head, behind) = rest.split_at_checked(RECORD_HEAD_BYTES)?;
            if u64_at(head, 0) != sequence {
                return None;
            }
            let length = u32_at(head, 16) & !EPOCH_BIT;
            rest = behind.get(length as usize..)?;
        }
        if !rest.is_empty() {
            return None;
        }
        Some(Self { link, input: [link.as_slice(), open].concat() })
    }

    /// The records behind the last closed link, as the next link hashes them.
    #[must_use]
    pub(super) fn open(&self) -> &[u8] {
        &self.input[self.link.len()..]
    }

    /// The last closed link.
    #[must_use]
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// The part of the last closed link that stands in a frame.
    #[must_use]
    pub fn prefix(&self) -> [u8; LINK_PREFIX_BYTES] {
        let mut prefix = [0; LINK_PREFIX_BYTES];
        prefix.copy_from_slice(&self.link[..LINK_PREFIX_BYTES]);
        prefix
    }

    /// Adds the next record.
    ///
    /// # Panics
    /// When the record is longer than the journal takes.
    pub fn push(&mut self, kind: Kind, sequence: Sequence, at: UtcMillis, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).expect("a record is shorter than a frame");
        let tagged = match kind {
            Kind::Data => length,
            Kind::Epoch => length | EPOCH_BIT,
        };
        let mut head = [0; RECORD_HEAD_BYTES];
        head[..8].copy_from_slice(&sequence.get().to_le_bytes());
        head[8..16].copy_from_slice(&at.get().to_le_bytes());
        head[16..].copy_from_slice(&tagged.to_le_bytes());
        self.input.extend_from_slice(&head);
        self.input.extend_from_slice(bytes);
        if sequence.get().is_multiple_of(LINK_RECORDS) {
            self.close();
        }
    }

    fn close(&mut self) {
        self.link = *blake3::hash(&self.input).as_bytes();
        self.input.clear();
        self.input.shrink_to(INPUT_BYTES_KEPT);
        self.input.extend_from_slice(&self.link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: u64) -> Vec<u8> {
        vec![sequence.to_le_bytes()[0]; usize::try_from(sequence % 900).expect("small")]
    }

    #[test]
    fn a_link_is_the_hash_of_the_link_before_and_the_records_in_order() {
        let uuid = [7; 16];
        let mut chain = Chain::new(&uuid);
        let mut dull = blake3::derive_key("kaichang journal chain 1", &uuid);
        let at = UtcMillis::new(1_000);
        let mut open = dull.to_vec();
        for sequence in 1..=3 * LINK_RECORDS + 5 {
            let bytes = record(sequence);
            chain.push(Kind::Data, Sequence::new(sequence), at, &bytes);
            open.extend(sequence.to_le_bytes());
            open.extend(at.get().to_le_bytes());
            open.extend(u32::try_from(bytes.len()).expect("small").to_le_bytes());
            open.extend(&bytes);
            if sequence % 256 == 0 {
                dull = *blake3::hash(&open).as_bytes();
                open = dull.to_vec();
            }
            assert_eq!(chain.link(), &dull, "after {sequence}");
        }
    }

    #[test]
    fn the_chain_sees_a_changed_kind_time_byte_or_order() {
        let chain_of = |kind, at, first: &[u8], second: &[u8]| {
            let mut chain = Chain::new(&[0; 16]);
            chain.push(kind, Sequence::new(255), UtcMillis::new(at), first);
            chain.push(Kind::Data, Sequence::new(256), UtcMillis::new(at), second);
            *chain.link()
        };
        let plain = chain_of(Kind::Data, 1, b"one", b"two");
        assert_ne!(plain, chain_of(Kind::Epoch, 1, b"one", b"two"));
        assert_ne!(plain, chain_of(Kind::Data, 2, b"one", b"two"));
        assert_ne!(plain, chain_of(Kind::Data, 1, b"onf", b"two"));
        assert_ne!(plain, chain_of(Kind::Data, 1, b"two", b"one"));
        assert_ne!(plain, chain_of(Kind::Data, 1, b"on", b"etwo"));
    }
}
