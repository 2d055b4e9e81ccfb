//! Bookings as a snapshot keeps them: each place's fields as they stand, its links in the lists too.

use super::{BookingState, Bookings, Entry, PER_BLOCK, state_of};
use crate::domain::units::UnitSpan;
use crate::engine::recycled::RecycledSlab;
use crate::engine::snapshot::Row;
use crate::engine::snapshot::bytes::{Fields, Malformed, put};
use crate::engine::sync::{AtomicI64, AtomicU32, Ordering};

// ORDERING: Relaxed throughout: a snapshot is made of a state, and makes one, in which nobody else is at work.
impl Row for Entry {
    fn put_row(&self, out: &mut Vec<u8>) {
        let void = Self::default();
        // What a place says that is nobody's depends on whose it was.
        let is_void = state_of(self.state.load(Ordering::Relaxed)) == BookingState::Void;
        let row = if is_void { &void } else { self };
        put!(
            out,
            u32::from(state_of(row.state.load(Ordering::Relaxed)).code()),
            row.resident.load(Ordering::Relaxed),
            row.pitch_and_payment.load(Ordering::Relaxed),
            row.day_and_release.load(Ordering::Relaxed),
            row.span_and_party.load(Ordering::Relaxed),
            row.older_of_resident.load(Ordering::Relaxed),
            row.older_of_pitch_day.load(Ordering::Relaxed),
            row.place.load(Ordering::Relaxed),
            row.price.load(Ordering::Relaxed),
            row.created_at.load(Ordering::Relaxed),
            row.changed_at.load(Ordering::Relaxed),
            row.refund.load(Ordering::Relaxed),
        );
    }

    fn of_row(row: &mut Fields<'_>) -> Result<Self, Malformed> {
        let code = u8::try_from(row.u32()?).map_err(|_| Malformed)?;
        let state = BookingState::of_code(code);
        // What is under way is in no snapshot.
        if state.code() != code || state.settled() != state {
            return Err(Malformed);
        }
        let entry = Self {
            state: AtomicU32::new(code.into()),
            resident: AtomicU32::new(row.u32()?),
            pitch_and_payment: AtomicU32::new(row.u32()?),
            day_and_release: AtomicU32::new(row.u32()?),
            span_and_party: AtomicU32::new(row.u32()?),
            older_of_resident: AtomicU32::new(row.u32()?),
            older_of_pitch_day: AtomicU32::new(row.u32()?),
            place: AtomicU32::new(row.u32()?),
            price: AtomicI64::new(row.i64()?),
            created_at: AtomicI64::new(row.i64()?),
            changed_at: AtomicI64::new(row.i64()?),
            refund: AtomicI64::new(row.i64()?),
        };
        let [first, count, ..] = entry.span_and_party.load(Ordering::Relaxed).to_le_bytes();
        let has_span = !matches!(state, BookingState::Void | BookingState::Alias);
        if has_span && UnitSpan::new(first, count).is_err() {
            return Err(Malformed);
        }
        Ok(entry)
    }
}

impl Bookings {
    /// All places.
    pub(in crate::engine) const fn slab(&self) -> &RecycledSlab<Entry, PER_BLOCK> {
        &self.slab
    }

    /// Numbers below this one are used.
    pub(in crate::engine) fn note_used(&self, count: u32) {
        // ORDERING: Relaxed, the number is all that is shared.
        self.next.fetch_max(count, Ordering::Relaxed);
    }
}
