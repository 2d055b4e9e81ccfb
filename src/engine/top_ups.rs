//! Top-ups of wallets by number.

use super::slab::Slab;
use super::snapshot::Row;
use super::snapshot::bytes::{Fields, Malformed, put};
use super::sync::{AtomicI64, AtomicU32, Ordering};
use super::word::NO_BOOKING;
use crate::domain::ids::{ResidentNo, TopUpNo};
use crate::domain::money::Minor;
use crate::domain::time::UtcMillis;

const TOP_UPS_MAX: usize = 1 << 26;
const PER_BLOCK: usize = 1 << 10;

const VOID: u32 = 0;
const PENDING: u32 = 1;
const PAID: u32 = 2;

/// A top-up's place.
pub struct Entry {
    state: AtomicU32,
    resident: AtomicU32,
    amount: AtomicI64,
    paid_at: AtomicI64,
    /// The resident's next older top-up.
    pub older: AtomicU32,
}

/// A top-up as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TopUp {
    pub no: TopUpNo,
    pub resident: ResidentNo,
    pub amount: Minor,
    pub paid_at: UtcMillis,
    pub is_pending: bool,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            state: AtomicU32::new(VOID),
            resident: AtomicU32::new(0),
            amount: AtomicI64::new(0),
            paid_at: AtomicI64::new(0),
            older: AtomicU32::new(NO_BOOKING),
        }
    }
}

impl Entry {
    /// Writes what the top-up is. By whoever has its number, before its record is queued.
    pub fn fill(&self, resident: ResidentNo, amount: Minor) {
        self.resident.store(resident.get(), Ordering::Relaxed);
        self.amount.store(amount.get(), Ordering::Relaxed);
        // ORDERING: Release publishes the fields to whoever sees the state.
        self.state.store(PENDING, Ordering::Release);
    }

    /// The top-up is durable. By the committer.
    pub fn note_paid(&self, at: UtcMillis) {
        // ORDERING: Relaxed, published by the Release of the state.
        self.paid_at.store(at.get(), Ordering::Relaxed);
        self.state.store(PAID, Ordering::Release);
    }

    /// The top-up came to nothing. By the committer.
    pub fn void(&self) {
        // ORDERING: Release, as every change of state; a void top-up shows nothing.
        self.state.store(VOID, Ordering::Release);
    }
}

// ORDERING: Relaxed in both: a snapshot is made of a state, and makes one, in which nobody else is at work.
impl Row for Entry {
    fn put_row(&self, out: &mut Vec<u8>) {
        put!(
            out,
            self.state.load(Ordering::Relaxed),
            self.resident.load(Ordering::Relaxed),
            self.amount.load(Ordering::Relaxed),
            self.paid_at.load(Ordering::Relaxed),
            self.older.load(Ordering::Relaxed),
        );
    }

    fn of_row(row: &mut Fields<'_>) -> Result<Self, Malformed> {
        let state = row.u32()?;
        if state != VOID && state != PAID {
            return Err(Malformed);
        }
        Ok(Self {
            state: AtomicU32::new(state),
            resident: AtomicU32::new(row.u32()?),
            amount: AtomicI64::new(row.i64()?),
            paid_at: AtomicI64::new(row.i64()?),
            older: AtomicU32::new(row.u32()?),
        })
    }
}

/// All top-ups.
pub struct TopUps {
    slab: Slab<Entry, PER_BLOCK>,
    next: AtomicU32,
}

impl TopUps {
    #[must_use]
    pub fn new() -> Self {
        Self { slab: Slab::new(TOP_UPS_MAX), next: AtomicU32::new(0) }
    }

    /// A number that nobody has; nothing when memory for top-ups is used up.
    #[must_use]
    pub fn allot(&self) -> Option<(TopUpNo, &Entry)> {
        // ORDERING: Relaxed, the number is all that is shared.
        let no = TopUpNo::new(self.next.fetch_add(1, Ordering::Relaxed));
        Some((no, self.slab.get_or_make(no.index())?))
    }

    #[must_use]
    pub fn entry(&self, no: TopUpNo) -> Option<&Entry> {
        self.slab.get(no.index())
    }

    /// The place of a number from the journal, made when it isn't there.
    #[must_use]
    pub fn place(&self, no: TopUpNo) -> Option<&Entry> {
        // ORDERING: Relaxed, the number is all that is shared.
        self.next.fetch_max(no.get().saturating_add(1), Ordering::Relaxed);
        self.slab.get_or_make(no.index())
    }

    /// A top-up as it stands, unless it is void.
    #[must_use]
    pub fn get(&self, no: TopUpNo) -> Option<TopUp> {
        let entry = self.entry(no)?;
        // ORDERING: Acquire pairs with the Release of every change of state.
        let state = entry.state.load(Ordering::Acquire);
        (state != VOID).then(|| TopUp {
            no,
            resident: ResidentNo::new(entry.resident.load(Ordering::Relaxed)),
            amount: Minor::new(entry.amount.load(Ordering::Relaxed)),
            paid_at: UtcMillis::new(entry.paid_at.load(Ordering::Relaxed)),
            is_pending: state == PENDING,
        })
    }

    /// Puts a top-up at a list's head. By the committer alone.
    pub fn link(newest: &AtomicU32, entry: &Entry, no: TopUpNo) {
        entry.older.store(newest.load(Ordering::Relaxed), Ordering::Relaxed);
        // ORDERING: Release publishes the link and the top-up to whoever walks the list.
        newest.store(no.get(), Ordering::Release);
    }

    /// A list from its newest top-up on.
    pub fn list(&self, newest: &AtomicU32) -> impl Iterator<Item = TopUp> {
        // ORDERING: Acquire pairs with the Release in `link`.
        let mut next = newest.load(Ordering::Acquire);
        std::iter::from_fn(move || {
            if next == NO_BOOKING {
                return None;
            }
            let top_up = self.get(TopUpNo::new(next))?;
            next = self.entry(top_up.no).map_or(NO_BOOKING, |entry| entry.older.load(Ordering::Acquire));
            Some(top_up)
        })
    }

    /// All places.
    pub(super) const fn slab(&self) -> &Slab<Entry, PER_BLOCK> {
        &self.slab
    }

    /// How many numbers are used.
    pub(super) fn count(&self) -> u32 {
        // ORDERING: Relaxed, a bound on numbers.
        self.next.load(Ordering::Relaxed)
    }

    /// Numbers below this one are used.
    pub(super) fn note_used(&self, count: u32) {
        // ORDERING: Relaxed, the number is all that is shared.
        self.next.fetch_max(count, Ordering::Relaxed);
    }

    /// All top-ups that are not void.
    pub fn iter(&self) -> impl Iterator<Item = TopUp> {
        // ORDERING: Relaxed, a bound on numbers; whether a top-up is there is said by its own state.
        (0..self.next.load(Ordering::Relaxed)).filter_map(|no| self.get(TopUpNo::new(no)))
    }
}

impl Default for TopUps {
    fn default() -> Self {
        Self::new()
    }
}
