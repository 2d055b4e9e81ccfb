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
        put!(
            out,
            u32::from(state_of(self.state.load(Ordering::Relaxed)).code()),
            self.resident.load(Ordering::Relaxed),
            self.pitch_and_payment.load(Ordering::Relaxed),
            self.day_and_release.load(Ordering::Relaxed),
            self.span_and_party.load(Ordering::Relaxed),
            self.older_of_resident.load(Ordering::Relaxed),
            self.older_of_pitch_day.load(Ordering::Relaxed),
            self.place.load(Ordering::Relaxed),
            self.price.load(Ordering::Relaxed),
            self.created_at.load(Ordering::Relaxed),
            self.changed_at.load(Ordering::Relaxed),
            self.refund.load(Ordering::Relaxed),
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
