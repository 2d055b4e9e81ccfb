//! One who has come, in as few bytes as it takes: a million of them may wait.

use crate::domain::ids::ResidentNo;

/// Whether somebody is in the line still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Left {
    No,
    /// He has left, or his account is gone.
    Himself,
    /// He has had what one may have.
    Served,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub resident: ResidentNo,
    /// How long after the doors were opened he came.
    pub came_after_ms: u32,
    /// How much he has booked or held in this turn.
    pub used: u16,
    pub left: Left,
    /// Whether he had a turn when he came before.
    pub had_turn: bool,
}

const _: () = assert!(size_of::<Row>() <= 12, "a million of these may wait");

impl Row {
    #[must_use]
    pub fn stays(&self) -> bool {
        self.left == Left::No
    }
}
