//! Bookings by number, each on a cache line of its own, and the one word that decides what becomes of each.
//!
//! A transition sets an intent in the state by compare-and-swap, queues its record, and ends when that is durable; until
//! then no other transition starts. So a free names the booking: whoever has won the state frees its units, once.

use super::slab::Slab;
use super::sync::{AtomicI64, AtomicU32, Ordering};
use super::word::NO_BOOKING;
use crate::domain::event::BookingConfirmed;
use crate::domain::ids::{BookingNo, PitchNo, ResidentNo};
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;

/// How many bookings a city may keep in memory.
const BOOKINGS_MAX: usize = 1 << 28;
const PER_BLOCK: usize = 1 << 14;

/// Where a booking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BookingState {
    /// Nothing was ever here, or it was refused by the log.
    Void,
    /// Claimed, its record under way. Not shown.
    Pending,
    Confirmed,
    /// Confirmed, its cancellation under way. Shown as confirmed.
    Cancelling,
    Cancelled,
    /// Confirmed, its completion under way. Shown as confirmed.
    Completing,
    Completed,
}

impl BookingState {
    const ALL: [Self; 7] = [
        Self::Void,
        Self::Pending,
        Self::Confirmed,
        Self::Cancelling,
        Self::Cancelled,
        Self::Completing,
        Self::Completed,
    ];

    const fn word(self) -> u32 {
        self as u32
    }

    fn from_word(word: u32) -> Self {
        usize::try_from(word).ok().and_then(|index| Self::ALL.get(index)).copied().unwrap_or(Self::Void)
    }

    /// The states that a durable record makes of this one, and those that an intent does.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Void, Self::Pending)
                | (Self::Pending, Self::Confirmed | Self::Void)
                | (Self::Confirmed, Self::Cancelling | Self::Completing)
                | (Self::Cancelling, Self::Cancelled | Self::Confirmed)
                | (Self::Completing, Self::Completed | Self::Confirmed)
        )
    }

    /// Whether the booking holds its units.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed | Self::Cancelling | Self::Completing)
    }
}

/// A booking's place.
#[repr(align(64))]
pub struct Entry {
    state: AtomicU32,
    resident: AtomicU32,
    pitch: AtomicU32,
    day: AtomicU32,
    span_and_party: AtomicU32,
    /// The resident's next older booking.
    older_of_resident: AtomicU32,
    /// The next older booking of the whole's day.
    older_of_pitch_day: AtomicU32,
    price: AtomicI64,
    created_at: AtomicI64,
    cancelled_at: AtomicI64,
    refund: AtomicI64,
}

const _: () = assert!(size_of::<Entry>() == 64);

/// What a booking is, whatever becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Terms {
    pub resident: ResidentNo,
    pub pitch: PitchNo,
    pub day: LocalDay,
    pub span: UnitSpan,
    pub party_size: u16,
    pub price: Minor,
}

/// A booking as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Booking {
    pub no: BookingNo,
    pub state: BookingState,
    pub terms: Terms,
    pub created_at: UtcMillis,
    pub cancelled_at: UtcMillis,
    pub refund: Minor,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            state: AtomicU32::new(BookingState::Void.word()),
            resident: AtomicU32::new(0),
            pitch: AtomicU32::new(0),
            day: AtomicU32::new(0),
            span_and_party: AtomicU32::new(0),
            older_of_resident: AtomicU32::new(NO_BOOKING),
            older_of_pitch_day: AtomicU32::new(NO_BOOKING),
            price: AtomicI64::new(0),
            created_at: AtomicI64::new(0),
            cancelled_at: AtomicI64::new(0),
            refund: AtomicI64::new(0),
        }
    }
}

impl Entry {
    /// Writes what the booking is. By whoever has its number, before its record is queued.
    pub fn fill(&self, event: &BookingConfirmed) {
        // ORDERING: Relaxed, published by the Release of the state below.
        self.resident.store(event.resident.get(), Ordering::Relaxed);
        self.pitch.store(event.pitch.get(), Ordering::Relaxed);
        self.day.store(event.day.get().cast_unsigned(), Ordering::Relaxed);
        let span = u32::from(event.span.first()) | u32::from(event.span.count()) << 8;
        self.span_and_party.store(span | u32::from(event.party_size) << 16, Ordering::Relaxed);
        self.price.store(event.price.get(), Ordering::Relaxed);
        self.state.store(BookingState::Pending.word(), Ordering::Release);
    }

    /// The link of a resident's list.
    #[must_use]
    pub fn of_resident(&self) -> &AtomicU32 {
        &self.older_of_resident
    }

    /// The link of the list of a whole's day.
    #[must_use]
    pub fn of_pitch_day(&self) -> &AtomicU32 {
        &self.older_of_pitch_day
    }

    /// Where the booking stands.
    #[must_use]
    pub fn state(&self) -> BookingState {
        // ORDERING: Acquire pairs with the Release of every change: who sees a state sees the fields that go with it.
        BookingState::from_word(self.state.load(Ordering::Acquire))
    }

    /// Moves the booking on, when it stands where the caller thinks: of many callers one wins.
    ///
    /// # Errors
    /// Where it stands instead.
    pub fn advance(&self, from: BookingState, to: BookingState) -> Result<(), BookingState> {
        debug_assert!(from.may_become(to), "{from:?} to {to:?}");
        // ORDERING: AcqRel, the winner sees what its forerunners wrote, and its own writes before go with the state.
        self.state
            .compare_exchange(from.word(), to.word(), Ordering::AcqRel, Ordering::Acquire)
            .map(|_| ())
            .map_err(BookingState::from_word)
    }

    /// Notes when the booking was made. By the committer, before it is confirmed.
    pub fn note_created(&self, at: UtcMillis) {
        // ORDERING: Relaxed, published by the `advance` that follows.
        self.created_at.store(at.get(), Ordering::Relaxed);
    }

    /// Notes what a cancellation gave back. By the committer, before the booking is cancelled.
    pub fn note_cancelled(&self, at: UtcMillis, refund: Minor) {
        // ORDERING: Relaxed, published by the `advance` that follows.
        self.cancelled_at.store(at.get(), Ordering::Relaxed);
        self.refund.store(refund.get(), Ordering::Relaxed);
    }

    /// What the booking is. Meaningful unless it is void.
    #[must_use]
    pub fn terms(&self) -> Terms {
        // ORDERING: Relaxed, `fill` wrote them before the state that the caller has seen (`state`), and nothing changes
        // them after.
        let packed = self.span_and_party.load(Ordering::Relaxed);
        #[expect(clippy::cast_possible_truncation, reason = "each field is as wide as it was packed")]
        let (first, count, party_size) = (packed as u8, (packed >> 8) as u8, (packed >> 16) as u16);
        #[expect(clippy::expect_used, reason = "the span was packed by fill")]
        let span = UnitSpan::new(first, count).expect("a booking that is not void has a span");
        Terms {
            resident: ResidentNo::new(self.resident.load(Ordering::Relaxed)),
            pitch: PitchNo::new(self.pitch.load(Ordering::Relaxed)),
            day: LocalDay::new(self.day.load(Ordering::Relaxed).cast_signed()),
            span,
            party_size,
            price: Minor::new(self.price.load(Ordering::Relaxed)),
        }
    }
}

/// All bookings.
pub struct Bookings {
    slab: Slab<Entry>,
    next: AtomicU32,
}

impl Bookings {
    #[must_use]
    pub fn new() -> Self {
        Self { slab: Slab::new(BOOKINGS_MAX, PER_BLOCK), next: AtomicU32::new(0) }
    }

    /// A number that nobody has, with its place; nothing when memory for bookings is used up.
    #[must_use]
    pub fn allot(&self) -> Option<BookingNo> {
        // ORDERING: Relaxed, the number is all that is shared.
        let no = self.next.fetch_add(1, Ordering::Relaxed);
        self.slab.get_or_make(usize::try_from(no).ok()?).map(|_| BookingNo::new(no))
    }

    /// The place of a number that was allotted or replayed.
    #[must_use]
    pub fn entry(&self, no: BookingNo) -> Option<&Entry> {
        self.slab.get(no.index())
    }

    /// The place of a number from the journal, made when it isn't there.
    #[must_use]
    pub fn place(&self, no: BookingNo) -> Option<&Entry> {
        // ORDERING: Relaxed, the number is all that is shared.
        self.next.fetch_max(no.get().saturating_add(1), Ordering::Relaxed);
        self.slab.get_or_make(no.index())
    }

    /// A booking as it stands, unless it is void.
    #[must_use]
    pub fn get(&self, no: BookingNo) -> Option<Booking> {
        let entry = self.entry(no)?;
        let state = entry.state();
        // ORDERING: Relaxed, the Acquire in `state` shows what was written before it. A refund may be seen a moment
        // before its state is: it means something in that state only.
        (state != BookingState::Void).then(|| Booking {
            no,
            state,
            terms: entry.terms(),
            created_at: UtcMillis::new(entry.created_at.load(Ordering::Relaxed)),
            cancelled_at: UtcMillis::new(entry.cancelled_at.load(Ordering::Relaxed)),
            refund: Minor::new(entry.refund.load(Ordering::Relaxed)),
        })
    }

    /// A list from its newest booking on.
    pub fn list<'a>(
        &'a self,
        newest: &AtomicU32,
        older: fn(&Entry) -> &AtomicU32,
    ) -> impl Iterator<Item = Booking> + 'a {
        // ORDERING: Acquire pairs with the Release in `link`.
        let mut next = newest.load(Ordering::Acquire);
        std::iter::from_fn(move || {
            if next == NO_BOOKING {
                return None;
            }
            let no = BookingNo::new(next);
            let booking = self.get(no)?;
            next = self.entry(no).map_or(NO_BOOKING, |entry| older(entry).load(Ordering::Acquire));
            Some(booking)
        })
    }

    /// Puts a booking at a list's head. By the committer alone.
    pub fn link(newest: &AtomicU32, older: &AtomicU32, no: BookingNo) {
        older.store(newest.load(Ordering::Relaxed), Ordering::Relaxed);
        // ORDERING: Release publishes the link and the booking to whoever walks the list.
        newest.store(no.get(), Ordering::Release);
    }

    /// All bookings that are not void.
    pub fn iter(&self) -> impl Iterator<Item = Booking> {
        (0..self.count()).filter_map(|no| self.get(BookingNo::new(no)))
    }

    /// How many numbers are used.
    #[must_use]
    pub fn count(&self) -> u32 {
        // ORDERING: Relaxed, a bound on numbers; whether a booking is there is said by its own state.
        self.next.load(Ordering::Relaxed)
    }

    /// Bytes of memory that bookings take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.slab.bytes()
    }
}

impl Default for Bookings {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_cancel_and_a_completion_one_wins() {
        let entry = Entry::default();
        entry.advance(BookingState::Void, BookingState::Pending).expect("the first");
        entry.advance(BookingState::Pending, BookingState::Confirmed).expect("durable");
        entry.advance(BookingState::Confirmed, BookingState::Cancelling).expect("the first");
        assert_eq!(
            entry.advance(BookingState::Confirmed, BookingState::Completing),
            Err(BookingState::Cancelling)
        );
    }

    #[test]
    fn what_is_over_stays_so() {
        for state in BookingState::ALL {
            for next in BookingState::ALL {
                let is_over = matches!(state, BookingState::Cancelled | BookingState::Completed);
                assert!(!(is_over && state.may_become(next)), "{state:?} to {next:?}");
            }
        }
    }
}
