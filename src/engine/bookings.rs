//! Bookings by number, each on a cache line of its own, and the one word that decides what becomes of each.
//!
//! A transition sets an intent in the state by compare-and-swap, queues its record, and ends when that is durable; until
//! then no other transition starts. So a free names the booking: whoever has won the state frees its units, once.

mod forgotten;
#[cfg(not(feature = "loom"))]
mod rows;

pub use super::booking_state::BookingState;
pub use forgotten::OwnBookings;

use crossbeam::utils::CachePadded;

use super::recycled::RecycledSlab;
use super::sync::{AtomicI64, AtomicU32, Ordering, fence, yield_now};
use super::word::NO_BOOKING;
use crate::domain::event::NewBooking;
use crate::domain::ids::{BookingNo, PitchNo, ReleaseNo, ResidentNo};
use crate::domain::money::Minor;
use crate::domain::time::{LocalDay, UtcMillis};
use crate::domain::units::UnitSpan;

/// How many bookings a city may ever have.
#[cfg(not(feature = "loom"))]
const BOOKINGS_MAX: usize = 1 << 30;
/// How many of them it may keep in memory at a time.
#[cfg(not(feature = "loom"))]
const IN_MEMORY_MAX: usize = 1 << 28;
/// Few enough that a new block is still in the processor's cache when its places are filled.
#[cfg(not(feature = "loom"))]
const PER_BLOCK: usize = 1 << 12;
// The checker follows every atomic that is made.
#[cfg(feature = "loom")]
const BOOKINGS_MAX: usize = 2;
#[cfg(feature = "loom")]
const IN_MEMORY_MAX: usize = 1;
#[cfg(feature = "loom")]
const PER_BLOCK: usize = 1;

/// A booking's place.
#[repr(align(64))]
pub struct Entry {
    /// Eight bits of state, the others count its changes.
    state: AtomicU32,
    /// Of an alias, the booking that it stands for.
    resident: AtomicU32,
    pitch_and_payment: AtomicU32,
    day_and_release: AtomicU32,
    span_and_party: AtomicU32,
    /// The resident's next older booking.
    older_of_resident: AtomicU32,
    /// The next older booking of the whole's day.
    older_of_pitch_day: AtomicU32,
    /// The alias by which it stands in a day's list, since it was moved.
    place: AtomicU32,
    price: AtomicI64,
    created_at: AtomicI64,
    /// When a hold expires, when it was cancelled, or when somebody was checked in.
    changed_at: AtomicI64,
    refund: AtomicI64,
}

#[cfg(not(feature = "loom"))]
const _: () = assert!(size_of::<Entry>() == 64);

const STATE_BITS: u32 = 8;
const PAID_AT_COUNTER: u32 = 1 << 31;
const NO_RELEASE: u32 = 0xffff;

/// How a booking was paid, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payment {
    Wallet,
    Counter,
}

/// What a booking is, whatever becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Terms {
    pub resident: ResidentNo,
    pub pitch: PitchNo,
    pub day: LocalDay,
    pub span: UnitSpan,
    pub party_size: u16,
    pub price: Minor,
    pub payment: Payment,
    /// The release that governed it.
    pub release: Option<ReleaseNo>,
}

/// A booking as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Booking {
    pub no: BookingNo,
    pub state: BookingState,
    pub terms: Terms,
    pub created_at: UtcMillis,
    /// When a hold expires, when it was cancelled, or when somebody was checked in.
    pub changed_at: UtcMillis,
    pub refund: Minor,
    /// The alias by which it stands in a day's list, since it was moved.
    place: u32,
}

impl Booking {
    /// A booking as somebody else tells it who has it from the same records. It stands in no list.
    #[must_use]
    pub const fn told(
        no: BookingNo,
        state: BookingState,
        terms: Terms,
        (created_at, changed_at): (UtcMillis, UtcMillis),
        refund: Minor,
        was_moved: bool,
    ) -> Self {
        // Any number would do that is one.
        let place = if was_moved { no.get() } else { NO_BOOKING };
        Self { no, state, terms, created_at, changed_at, refund, place }
    }

    /// Whether it was moved from where it was booked.
    #[must_use]
    pub const fn is_moved(&self) -> bool {
        self.place != NO_BOOKING
    }
}

impl Terms {
    /// What a new booking is.
    #[must_use]
    pub const fn of(event: &NewBooking, payment: Payment) -> Self {
        Self {
            resident: event.resident,
            pitch: event.pitch,
            day: event.day,
            span: event.span,
            party_size: event.party_size,
            price: event.price,
            payment,
            release: event.release,
        }
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            state: AtomicU32::new(BookingState::Void.code().into()),
            resident: AtomicU32::new(0),
            pitch_and_payment: AtomicU32::new(0),
            day_and_release: AtomicU32::new(0),
            span_and_party: AtomicU32::new(0),
            older_of_resident: AtomicU32::new(NO_BOOKING),
            older_of_pitch_day: AtomicU32::new(NO_BOOKING),
            place: AtomicU32::new(NO_BOOKING),
            price: AtomicI64::new(0),
            created_at: AtomicI64::new(0),
            changed_at: AtomicI64::new(0),
            refund: AtomicI64::new(0),
        }
    }
}

fn state_of(word: u32) -> BookingState {
    BookingState::of_code(word.to_le_bytes()[0])
}

impl Entry {
    /// Writes what the booking is. By whoever has its number, before its record is queued.
    pub fn fill(&self, terms: &Terms, state: BookingState) {
        // ORDERING: Release, who looks at a booking that lay here and reads a field of this one sees that the other is forgotten.
        fence(Ordering::Release);
        self.write(terms);
        let before = self.state.load(Ordering::Relaxed);
        // ORDERING: Release publishes what the booking is.
        self.state.store(next_word(before, state), Ordering::Release);
    }

    fn write(&self, terms: &Terms) {
        // ORDERING: Relaxed, published by the Release of the state that follows.
        self.resident.store(terms.resident.get(), Ordering::Relaxed);
        let payment = match terms.payment {
            Payment::Wallet => 0,
            Payment::Counter => PAID_AT_COUNTER,
        };
        self.pitch_and_payment.store(terms.pitch.get() | payment, Ordering::Relaxed);
        let release = terms.release.map_or(NO_RELEASE, |release| u32::from(release.get()));
        self.day_and_release.store(day_bits(terms.day) | release << 16, Ordering::Relaxed);
        let span = u32::from(terms.span.first()) | u32::from(terms.span.count()) << 8;
        self.span_and_party.store(span | u32::from(terms.party_size) << 16, Ordering::Relaxed);
        self.price.store(terms.price.get(), Ordering::Relaxed);
    }

    /// Writes a booking's new place, while nobody believes what he reads here. By the committer, of one that is moving.
    ///
    /// # Errors
    /// Where it stands instead.
    pub fn relocate(&self, terms: &Terms, place: BookingNo) -> Result<(), BookingState> {
        self.advance(BookingState::Moving, BookingState::Relocating)?;
        // ORDERING: Release, who reads a field of the new place sees that the state has changed (`Bookings::get`).
        fence(Ordering::Release);
        self.write(terms);
        self.place.store(place.get(), Ordering::Relaxed);
        self.advance(BookingState::Relocating, BookingState::Confirmed)
    }

    /// Makes this number stand for a booking in a day's list. By the committer.
    pub fn stand_for(&self, booking: BookingNo) {
        self.resident.store(booking.get(), Ordering::Relaxed);
        // ORDERING: Release publishes which booking is meant.
        self.state.store(next_word(0, BookingState::Alias), Ordering::Release);
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
        state_of(self.state.load(Ordering::Acquire))
    }

    /// Moves the booking on, when it stands where the caller thinks: of many callers one wins.
    ///
    /// # Errors
    /// Where it stands instead.
    pub fn advance(&self, from: BookingState, to: BookingState) -> Result<(), BookingState> {
        debug_assert!(from.may_become(to), "{from:?} to {to:?}");
        // ORDERING: AcqRel, the winner sees what its forerunners wrote, and its own writes before go with the state.
        let mut word = self.state.load(Ordering::Acquire);
        loop {
            if state_of(word) != from {
                return Err(state_of(word));
            }
            let next = next_word(word, to);
            match self.state.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// Sets an intent on a booking that was looked at before, when it still stands there and is still what it was then: what was
    /// judged by its place or price must not be done to another. Of many callers one wins.
    ///
    /// # Errors
    /// Where it stands instead: `Relocating` when it was moved since.
    pub fn intend(&self, seen: &Terms, from: BookingState, intent: BookingState) -> Result<(), BookingState> {
        self.advance(from, intent)?;
        // With the intent set nobody moves it, and the AcqRel of `advance` shows what the last move wrote.
        if self.terms() == *seen {
            return Ok(());
        }
        let stepped_back = self.advance(intent, from);
        assert!(stepped_back.is_ok(), "I1: an intent was taken away from who set it");
        Err(BookingState::Relocating)
    }

    /// Notes when the booking was made. By the committer, before it is confirmed.
    pub fn note_created(&self, at: UtcMillis) {
        // ORDERING: Relaxed, published by the AcqRel of the `advance` that follows.
        self.created_at.store(at.get(), Ordering::Relaxed);
    }

    /// Notes when a hold expires, when the booking was cancelled, or when somebody was checked in. Before the step is shown.
    pub fn note_changed(&self, at: UtcMillis) {
        // ORDERING: Relaxed, as in `note_created`.
        self.changed_at.store(at.get(), Ordering::Relaxed);
    }

    /// Notes what a cancellation gave back. By the committer, before the booking is cancelled.
    pub fn note_refund(&self, refund: Minor) {
        // ORDERING: Relaxed, as in `note_created`.
        self.refund.store(refund.get(), Ordering::Relaxed);
    }

    fn terms(&self) -> Terms {
        // ORDERING: Relaxed, who read the state before read these with it; `Bookings::get` looks again.
        let packed = self.span_and_party.load(Ordering::Relaxed);
        let [first, count, party_low, party_high] = packed.to_le_bytes();
        #[expect(clippy::expect_used, reason = "the span was packed by fill, and is one word")]
        let span = UnitSpan::new(first, count).expect("a booking that is not void has a span");
        let pitch = self.pitch_and_payment.load(Ordering::Relaxed);
        let day = self.day_and_release.load(Ordering::Relaxed);
        let [.., release_low, release_high] = day.to_le_bytes();
        let release = u16::from_le_bytes([release_low, release_high]);
        Terms {
            resident: ResidentNo::new(self.resident.load(Ordering::Relaxed)),
            pitch: PitchNo::new(pitch & !PAID_AT_COUNTER),
            day: day_of_bits(day),
            span,
            party_size: u16::from_le_bytes([party_low, party_high]),
            price: Minor::new(self.price.load(Ordering::Relaxed)),
            payment: if pitch & PAID_AT_COUNTER == 0 { Payment::Wallet } else { Payment::Counter },
            release: (u32::from(release) != NO_RELEASE).then(|| ReleaseNo::new(release)),
        }
    }
}

fn next_word(before: u32, state: BookingState) -> u32 {
    (before >> STATE_BITS).wrapping_add(1) << STATE_BITS | u32::from(state.code())
}

/// Sixteen bits of days since 1970: until the year 2149.
fn day_bits(day: LocalDay) -> u32 {
    u32::from(u16::try_from(day.get()).unwrap_or(u16::MAX))
}

fn day_of_bits(word: u32) -> LocalDay {
    let [low, high, ..] = word.to_le_bytes();
    LocalDay::new(i32::from(u16::from_le_bytes([low, high])))
}

/// A place in the list of a whole's day, to go on from later: what is listed meanwhile stands before it.
#[derive(Debug, Clone, Copy)]
pub struct DayCursor {
    next: u32,
}

impl DayCursor {
    /// The newest place of a list.
    #[must_use]
    pub fn at(newest: &AtomicU32) -> Self {
        // ORDERING: Acquire pairs with the Release in `link`.
        Self { next: newest.load(Ordering::Acquire) }
    }

    #[must_use]
    pub const fn is_at_end(self) -> bool {
        self.next == NO_BOOKING
    }
}

/// All bookings.
pub struct Bookings {
    slab: RecycledSlab<Entry, PER_BLOCK>,
    /// Bookings whose numbers are below this one are forgotten.
    below: AtomicU32,
    /// Numbers below this one are given to nobody any more.
    closed_below: AtomicU32,
    /// Written by every booking: away from what everybody reads.
    next: CachePadded<AtomicU32>,
}

impl Bookings {
    #[must_use]
    pub fn new() -> Self {
        Self {
            slab: RecycledSlab::new(BOOKINGS_MAX, IN_MEMORY_MAX),
            below: AtomicU32::new(0),
            closed_below: AtomicU32::new(0),
            next: CachePadded::new(AtomicU32::new(0)),
        }
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

    /// The place of a number from the journal, made when it isn't there; nothing of one that is forgotten.
    #[must_use]
    pub fn place(&self, no: BookingNo) -> Option<&Entry> {
        if self.is_forgotten(no) {
            return None;
        }
        // ORDERING: Relaxed, the number is all that is shared.
        self.next.fetch_max(no.get().saturating_add(1), Ordering::Relaxed);
        self.slab.get_or_make(no.index())
    }

    /// A booking as it stands, unless it is void or forgotten.
    #[must_use]
    pub fn get(&self, no: BookingNo) -> Option<Booking> {
        let entry = self.entry(no)?;
        loop {
            // ORDERING: Acquire, the fields are read after the state.
            let before = entry.state.load(Ordering::Acquire);
            let state = state_of(before);
            if matches!(state, BookingState::Void | BookingState::Alias) {
                return None;
            }
            if state == BookingState::Relocating {
                yield_now();
                continue;
            }
            let booking = Booking {
                no,
                state,
                terms: entry.terms(),
                created_at: UtcMillis::new(entry.created_at.load(Ordering::Relaxed)),
                changed_at: UtcMillis::new(entry.changed_at.load(Ordering::Relaxed)),
                refund: Minor::new(entry.refund.load(Ordering::Relaxed)),
                place: entry.place.load(Ordering::Relaxed),
            };
            // ORDERING: Acquire pairs with the Release in `relocate`: who read a field of the new place sees the new state here;
            // and with those in `forget` and `fill`: who read a field of what came behind sees that the booking is forgotten.
            fence(Ordering::Acquire);
            if entry.state.load(Ordering::Relaxed) == before {
                return (self.below.load(Ordering::Relaxed) <= no.get()).then_some(booking);
            }
        }
    }

    /// The bookings of a whole's day, from the newest on. One that was moved stands in the list of its present day only.
    pub fn of_pitch_day(&self, newest: &AtomicU32) -> impl Iterator<Item = Booking> {
        self.walk(newest, Entry::of_pitch_day).filter_map(|(place, no)| self.listed(place, no))
    }

    /// The booking that a place of a day's list means, unless it stands elsewhere by now.
    fn listed(&self, place: BookingNo, no: BookingNo) -> Option<Booking> {
        let is_alias = place != no;
        self.get(no).filter(|booking| booking.place == if is_alias { place.get() } else { NO_BOOKING })
    }

    /// The bookings of at most so many places of a day's list, from a place in it on; as `of_pitch_day`.
    pub fn piece_of_day<'a>(
        &'a self,
        cursor: &'a mut DayCursor,
        places_max: usize,
    ) -> impl Iterator<Item = Booking> + 'a {
        let mut left = places_max;
        std::iter::from_fn(move || {
            while left > 0 {
                left -= 1;
                let (place, no, older) = self.step(cursor.next, Entry::of_pitch_day)?;
                cursor.next = older;
                if let Some(booking) = self.listed(place, no) {
                    return Some(booking);
                }
            }
            None
        })
    }

    /// A list's places from the newest on, each with the booking that it means.
    fn walk<'a>(
        &'a self,
        newest: &AtomicU32,
        older: fn(&Entry) -> &AtomicU32,
    ) -> impl Iterator<Item = (BookingNo, BookingNo)> + 'a {
        // ORDERING: Acquire pairs with the Release in `link`.
        let mut next = newest.load(Ordering::Acquire);
        std::iter::from_fn(move || {
            let (place, no, after) = self.step(next, older)?;
            next = after;
            Some((place, no))
        })
    }

    /// A place of a list, the booking that it means, and the next older place.
    fn step(&self, at: u32, older: fn(&Entry) -> &AtomicU32) -> Option<(BookingNo, BookingNo, u32)> {
        let place = Some(BookingNo::new(at)).filter(|_| at != NO_BOOKING)?;
        let entry = self.entry(place)?;
        // ORDERING: Acquire pairs with the Release in `link`.
        let after = older(entry).load(Ordering::Acquire);
        let is_alias = entry.state() == BookingState::Alias;
        let no = if is_alias { BookingNo::new(entry.resident.load(Ordering::Relaxed)) } else { place };
        Some((place, no, after))
    }

    /// Puts a booking at a list's head. By the committer alone.
    pub fn link(newest: &AtomicU32, older: &AtomicU32, no: BookingNo) {
        older.store(newest.load(Ordering::Relaxed), Ordering::Relaxed);
        // ORDERING: Release publishes the link and the booking to whoever walks the list.
        newest.store(no.get(), Ordering::Release);
    }

    /// All bookings that are neither void nor forgotten.
    pub fn iter(&self) -> impl Iterator<Item = Booking> {
        (self.forgotten_below().get()..self.count()).filter_map(|no| self.get(BookingNo::new(no)))
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

#[cfg(all(test, not(feature = "loom")))]
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
}
