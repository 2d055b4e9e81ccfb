//! Checked values from the demo's own tables.
//!
//! Their constructors can refuse; the tables and the arithmetic of this module never give them a reason to, and the
//! tests make whole cities to prove it.
#![expect(
    clippy::expect_used,
    reason = "no input reaches these: a refusal is a mistake in the demo's tables"
)]

use crate::domain::grid::SlotGrid;
use crate::domain::ids::Code;
use crate::domain::money::Currency;
use crate::domain::policy::{CancelRule, RefundStep};
use crate::domain::units::UnitSpan;

pub(super) fn code(text: &str) -> Code {
    Code::new(text).expect("codes of the demo are of a-z, 0-9 and -")
}

pub(super) fn span(from: u8, to: u8) -> UnitSpan {
    UnitSpan::between(from, to).expect("spans of the demo lie within a day")
}

pub(super) fn yuan() -> Currency {
    Currency::new("CNY").expect("three capital letters")
}

/// A grid whose slots are so long and that one of them ends at `close`.
pub(super) fn grid(slot_units: u8, close: u8) -> SlotGrid {
    SlotGrid::new(slot_units, close % slot_units).expect("slots of the demo last one to eight half hours")
}

pub(super) fn steps(steps: Vec<RefundStep>) -> CancelRule {
    CancelRule::new(steps).expect("a few steps of at most 100 per cent")
}
