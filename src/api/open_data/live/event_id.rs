//! The ids of events: the journal's epoch and a position in the ring of changes.
//!
//! Who has seen an event with this id knows all that changed before its position. An epoch is one start of the server; the ring is
//! not kept beyond it, so an id of an earlier start says only that its holder knows nothing for certain.

use std::fmt;

/// An event's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    pub epoch: u64,
    pub position: u64,
}

impl EventId {
    /// The id of who knows nothing yet; no start has this epoch.
    pub const NOTHING: Self = Self { epoch: 0, position: 0 };

    /// Reads an id as it is written; anything else is no id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, position) = text.split_once('-')?;
        let number = |text: &str| -> Option<u64> {
            let is_written_so = text.bytes().all(|sign| sign.is_ascii_digit());
            text.parse().ok().filter(|_| is_written_so)
        };
        Some(Self { epoch: number(epoch)?, position: number(position)? })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written_and_nothing_else_is() {
        let id = EventId { epoch: 12, position: u64::MAX };
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        for none in ["", "-", "12", "12-", "-3", "+1-2", "1-2-3", "1 - 2", "1-99999999999999999999"] {
            assert_eq!(EventId::parse(none), None, "{none}");
        }
    }
}
