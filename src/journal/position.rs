//! Where the journal stands behind a segment: all that is needed to go on from there without what stands before.
//!
//! A snapshot keeps one beside its state, so that a start reads only the segments behind it. Always: the chain is taken along with
//! the records of its open link, so that it is continued and checked exactly as if all had been read.

use crate::domain::time::UtcMillis;
use crate::engine::log::Sequence;

use super::chain::{Chain, LINK_RECORDS};
use super::error::JournalError;
use super::frame::{u32_at, u64_at};
use super::layout::segment_name;
use super::reader::Replay;
use super::segment::{SegmentHeader, array_at, uuid_text};

/// The form that `encode` writes, and the only one so far.
const VERSION: u32 = 1;

/// What stands before the records of the open link.
const HEAD_BYTES: usize = 92;

/// Behind the last record of a sealed segment.
#[derive(Clone, PartialEq, Eq)]
pub struct Position {
    segment: u64,
    state: Replay,
}

/// Why bytes are not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// Run the newer version.
    #[error(
        "the journal's position is of form {version}, and this version knows forms up to {VERSION}: run a newer version"
    )]
    Newer { version: u32 },

    /// What it was read from is damaged.
    #[error("the journal's position is damaged: {why}")]
    Damaged { why: &'static str },
}

impl Position {
    pub(super) const fn new(segment: u64, state: Replay) -> Self {
        Self { segment, state }
    }

    /// The segment behind which it is.
    #[must_use]
    pub const fn segment(&self) -> u64 {
        self.segment
    }

    /// The last record before it, of whatever kind.
    #[must_use]
    pub const fn last(&self) -> Sequence {
        self.state.last()
    }

    /// The time of that record.
    #[must_use]
    pub const fn at(&self) -> UtcMillis {
        self.state.at
    }

    /// The epoch in force there.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.state.epoch
    }

    /// The journal's.
    #[must_use]
    pub const fn uuid(&self) -> [u8; 16] {
        self.state.uuid
    }

    /// Whether a chain that began with the journal stands here: then it was of the very records that stand before.
    #[must_use]
    pub fn has_chain(&self, chain: &Chain) -> bool {
        self.state.chain == *chain
    }

    /// The chain as it stands here, to go on with.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.state.chain
    }

    /// The same place in a journal of another name that goes on with the same records.
    #[must_use]
    pub fn in_journal(&self, uuid: [u8; 16]) -> Self {
        Self { segment: self.segment, state: Replay { uuid, ..self.state.clone() } }
    }

    /// What is kept of it elsewhere, to know it again.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        *blake3::hash(&bytes).as_bytes()
    }

    pub(super) const fn state(&self) -> &Replay {
        &self.state
    }

    /// Appends it, little-endian throughout:
    ///
    /// ```text
    /// version 4 | UUID 16 | segment 8 | next sequence 8 | epoch 8 | time 8 | last closed link 32 | bytes that follow 8 |
    /// the records behind that link, as docs/journal.md says of the chain
    /// ```
    pub fn encode(&self, out: &mut Vec<u8>) {
        let open = self.state.chain.open();
        out.extend(VERSION.to_le_bytes());
        out.extend(self.state.uuid);
        out.extend(self.segment.to_le_bytes());
        out.extend(self.state.next.get().to_le_bytes());
        out.extend(self.state.epoch.to_le_bytes());
        out.extend(self.state.at.get().to_le_bytes());
        out.extend(self.state.chain.link());
        out.extend((open.len() as u64).to_le_bytes());
        out.extend(open);
    }

    /// Reads what `encode` wrote, all of it. Whoever keeps the bytes keeps a checksum of them too: only what can't be is seen
    /// here.
    ///
    /// # Errors
    /// `PositionError`.
    pub fn decode(bytes: &[u8]) -> Result<Self, PositionError> {
        let damaged = |why| PositionError::Damaged { why };
        let Some((head, open)) = bytes.split_at_checked(HEAD_BYTES) else {
            return Err(damaged("it ends too early"));
        };
        let version = u32_at(head, 0);
        if version > VERSION {
            return Err(PositionError::Newer { version });
        }
        if version != VERSION || u64_at(head, 84) != open.len() as u64 {
            return Err(damaged("its version or its length is not possible"));
        }
        let (segment, next) = (u64_at(head, 20), Sequence::new(u64_at(head, 28)));
        let Some(chain) = Chain::from_parts(array_at(head, 52), open, next) else {
            return Err(damaged("the records of its open link don't end where it stands"));
        };
        let state = Replay {
            uuid: array_at(head, 4),
            next,
            epoch: u64_at(head, 36),
            at: UtcMillis::new(u64_at(head, 44).cast_signed()),
            chain,
        };
        Ok(Self { segment, state })
    }

    /// Refuses a segment that is not the one that goes on from here.
    pub(super) fn expect_segment(&self, header: &SegmentHeader, file: &str) -> Result<(), JournalError> {
        let why = if header.uuid == self.state.uuid {
            let Some((_, what)) = self.state.other_than(header) else { return Ok(()) };
            format!("the {what} in {file} is another")
        } else {
            format!(
                "{file} belongs to journal {}, the snapshot to {}",
                uuid_text(&header.uuid),
                uuid_text(&self.uuid())
            )
        };
        Err(self.not_of_one_history(why))
    }

    /// The segment that goes on from here is not there.
    pub(super) fn without_next_segment(&self) -> JournalError {
        self.not_of_one_history(format!("{} is missing", segment_name(self.segment + 1)))
    }

    fn not_of_one_history(&self, why: String) -> JournalError {
        JournalError::OtherHistory { segment: self.segment, last: self.last(), why }
    }
}

impl std::fmt::Debug for Position {
    /// Without the records: they are many, and whoever reads logs has no business with them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Position")
            .field("uuid", &uuid_text(&self.uuid()))
            .field("segment", &self.segment)
            .field("last", &self.last())
            .field("epoch", &self.epoch())
            .finish_non_exhaustive()
    }
}

const _: () = assert!(HEAD_BYTES == 4 + 16 + 8 + 8 + 8 + 8 + 32 + 8);
const _: () =
    assert!(LINK_RECORDS * (super::layout::RECORD_BYTES_MAX as u64 + 20) < 16 << 20, "a position is small");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::chain::Kind;

    fn position(records: u64) -> Position {
        let mut state = Replay::new([7; 16]);
        for sequence in 1..=records {
            let bytes = vec![sequence.to_le_bytes()[0]; usize::try_from(sequence % 90).expect("small")];
            let kind = if sequence % 100 == 1 { Kind::Epoch } else { Kind::Data };
            state.at = UtcMillis::new(sequence.cast_signed() - 3);
            state.chain.push(kind, Sequence::new(sequence), state.at, &bytes);
            state.next = Sequence::new(sequence + 1);
        }
        state.epoch = 4;
        Position::new(9, state)
    }

    fn encoded(position: &Position) -> Vec<u8> {
        let mut bytes = Vec::new();
        position.encode(&mut bytes);
        bytes
    }

    #[test]
    fn a_position_is_read_back_as_it_was_written_wherever_the_link_stands() {
        for records in [0, 1, 2, 255, 256, 257, 511, 512, 700] {
            let written = position(records);
            let read = Position::decode(&encoded(&written)).expect("whole");
            assert!(read == written, "behind {records}");
            assert_eq!(
                (read.segment(), read.last().get(), read.epoch(), read.uuid()),
                (9, records, 4, [7; 16])
            );
        }
    }

    #[test]
    fn a_chain_that_goes_on_from_a_position_closes_the_same_links() {
        let whole = position(600);
        let mut half = Position::decode(&encoded(&position(400))).expect("whole").state;
        for sequence in 401..=600u64 {
            let bytes = vec![sequence.to_le_bytes()[0]; usize::try_from(sequence % 90).expect("small")];
            let kind = if sequence % 100 == 1 { Kind::Epoch } else { Kind::Data };
            half.chain.push(
                kind,
                Sequence::new(sequence),
                UtcMillis::new(sequence.cast_signed() - 3),
                &bytes,
            );
        }
        assert!(half.chain == whole.state.chain);
    }

    #[test]
    fn bytes_that_can_not_be_a_position_are_refused() {
        let bytes = encoded(&position(300));
        for length in 0..bytes.len() {
            assert!(Position::decode(&bytes[..length]).is_err(), "cut to {length}");
        }
        assert!(Position::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
        let mut earlier = bytes.clone();
        earlier[28] -= 1;
        assert!(matches!(Position::decode(&earlier), Err(PositionError::Damaged { .. })));
        let mut newer = bytes;
        newer[0] = 2;
        assert_eq!(Position::decode(&newer), Err(PositionError::Newer { version: 2 }));
    }
}
