//! Bookings that memory has no more: all below a number. Their places become nobody's, and others' memory.
//!
//! Whoever forgets is the committer, alone. He takes the bookings out of their residents' lists, shows the new bound, clears the places,
//! and lets a block's memory be used again when the commands have ended that may have found it. Whoever only looks waits for nobody and is
//! waited for by nobody: he looks at the bound behind his reading, and what is below it he has not seen.

use super::{Booking, Bookings, Entry, PER_BLOCK, next_word};
use crate::domain::ids::BookingNo;
use crate::engine::booking_state::BookingState;
use crate::engine::sync::{AtomicU32, Ordering, fence};
use crate::engine::word::{FORGOTTEN, NO_BOOKING};

/// How often a walk begins anew whose list is shortened under it. A list is shortened every few milliseconds at most.
const WALKS_MAX: u32 = 16;

/// What memory has of a resident's bookings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnBookings {
    /// From the newest on.
    pub kept: Vec<Booking>,
    /// Whether there were older ones, which are forgotten.
    pub had_more: bool,
}

impl IntoIterator for OwnBookings {
    type Item = Booking;
    type IntoIter = std::vec::IntoIter<Booking>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.into_iter()
    }
}

impl Entry {
    /// Makes the place what it was at first, but for its span: whoever reads it meanwhile has one, and sees at the end that nothing of what
    /// he read counts.
    fn clear(&self) {
        // ORDERING: Relaxed throughout, behind the Release in `forget`: who reads one of these sees the bound too.
        let before = self.state.load(Ordering::Relaxed);
        self.state.store(next_word(before, BookingState::Void), Ordering::Relaxed);
        for word in [&self.resident, &self.pitch_and_payment, &self.day_and_release] {
            word.store(0, Ordering::Relaxed);
        }
        for link in [&self.older_of_resident, &self.older_of_pitch_day, &self.place] {
            link.store(NO_BOOKING, Ordering::Relaxed);
        }
        for word in [&self.price, &self.created_at, &self.changed_at, &self.refund] {
            word.store(0, Ordering::Relaxed);
        }
    }

    /// The booking that an alias stands for.
    pub(in crate::engine) fn stands_for(&self) -> Option<BookingNo> {
        // ORDERING: Relaxed, published by the Release of the state, which was read before.
        let means = || BookingNo::new(self.resident.load(Ordering::Relaxed));
        (self.state() == BookingState::Alias).then(means)
    }
}

impl Bookings {
    /// Numbers below this one are forgotten.
    #[must_use]
    pub fn forgotten_below(&self) -> BookingNo {
        // ORDERING: Acquire pairs with the Release in `forget`: the lists are shortened for whoever sees the bound.
        BookingNo::new(self.below.load(Ordering::Acquire))
    }

    /// Whether a number is forgotten, with what it meant.
    #[must_use]
    pub fn is_forgotten(&self, no: BookingNo) -> bool {
        no < self.forgotten_below()
    }

    /// Whether a city can have so many bookings.
    #[must_use]
    pub const fn is_a_number(no: BookingNo) -> bool {
        no.index() <= super::BOOKINGS_MAX
    }

    /// How many numbers are in memory.
    #[must_use]
    pub fn count_in_memory(&self) -> u32 {
        self.count() - self.forgotten_below().get()
    }

    /// Gives no number below this one to anybody any more. Whoever took one before has queued its record or given it back when the
    /// commands have ended that are under way now.
    pub(in crate::engine) fn close_below(&self, no: BookingNo) {
        // ORDERING: Relaxed, made strong by the SeqCst fences of `begin_command` and `await_commands`: a command sees it or is waited for.
        self.closed_below.fetch_max(no.get(), Ordering::Relaxed);
    }

    /// A number for a new booking: the one that a lane has left over, unless it lies so far back that it may be forgotten. Within a command.
    #[must_use]
    pub fn left_over_or_new(&self, left_over: Option<BookingNo>) -> Option<BookingNo> {
        // ORDERING: Relaxed, as in `close_below`.
        let is_open = |no: &BookingNo| self.closed_below.load(Ordering::Relaxed) <= no.get();
        left_over.filter(is_open).or_else(|| self.allot())
    }

    /// A resident's bookings as far as memory has them.
    #[must_use]
    pub fn of_resident(&self, newest: &AtomicU32) -> OwnBookings {
        for _ in 0..WALKS_MAX {
            if let Some(own) = self.try_of_resident(newest) {
                return own;
            }
        }
        // A list that leads to what is forgotten again and again was in a snapshot that nobody should have believed.
        OwnBookings { kept: Vec::new(), had_more: true }
    }

    /// Nothing when the list was shortened meanwhile, so that the walk can't go on.
    fn try_of_resident(&self, newest: &AtomicU32) -> Option<OwnBookings> {
        let mut kept = Vec::new();
        // ORDERING: Acquire pairs with the Release in `link` and `shorten`.
        let mut next = newest.load(Ordering::Acquire);
        while next < FORGOTTEN {
            let no = BookingNo::new(next);
            let entry = self.entry(no)?;
            next = entry.older_of_resident.load(Ordering::Acquire);
            kept.extend(self.get(no));
            // ORDERING: Acquire pairs with the Release in `forget`: who read a link that was cleared sees the bound.
            fence(Ordering::Acquire);
            if self.is_forgotten(no) {
                return None;
            }
        }
        Some(OwnBookings { kept, had_more: next == FORGOTTEN })
    }

    /// Takes the bookings below a number out of a resident's list, and marks its end. By the committer, before they are forgotten.
    pub fn shorten(&self, newest: &AtomicU32, below: BookingNo) {
        let (mut link, mut is_shorter) = (newest, false);
        loop {
            // ORDERING: Relaxed loads, the committer alone writes links. Release pairs with the Acquire of whoever walks: the links that
            // stay are as they were.
            let at = link.load(Ordering::Relaxed);
            if at >= FORGOTTEN {
                break;
            }
            let Some(entry) = self.entry(BookingNo::new(at)) else { break };
            if at < below.get() {
                is_shorter = true;
                link.store(entry.older_of_resident.load(Ordering::Relaxed), Ordering::Release);
            } else {
                link = &entry.older_of_resident;
            }
        }
        if is_shorter {
            link.store(FORGOTTEN, Ordering::Release);
        }
    }

    /// Forgets the bookings below a number, which are in no list any more. Gives the memory of each block that is forgotten whole, for
    /// which `wait` waits until no command can have found it. By the committer.
    pub fn forget(&self, below: BookingNo, wait: impl FnOnce()) {
        let before = self.below.load(Ordering::Relaxed);
        // ORDERING: Release pairs with the Acquire in `forgotten_below`; the fence, with that of whoever reads a place that is cleared or
        // filled anew.
        self.below.store(below.get().max(before), Ordering::Release);
        fence(Ordering::Release);
        for no in before..below.get() {
            if let Some(entry) = self.entry(BookingNo::new(no)) {
                entry.clear();
            }
        }
        let blocks = BookingNo::new(before).index() / PER_BLOCK..below.index() / PER_BLOCK;
        let given_up: Vec<_> = blocks.filter_map(|block| self.slab.give_up(block)).collect();
        if !given_up.is_empty() {
            wait();
            given_up.into_iter().for_each(|block| self.slab.reuse(block));
        }
    }

    /// Goes on where a snapshot says that everything below a number is forgotten. Returns whether memory really has nothing of it.
    #[cfg(not(feature = "loom"))]
    pub(in crate::engine) fn go_on_below(&self, below: BookingNo) -> bool {
        let is_void = |no| {
            let entry = self.entry(BookingNo::new(no));
            entry.is_none_or(|entry| entry.state() == BookingState::Void)
        };
        // Whole blocks that are forgotten are in no snapshot: only the last one may be there.
        let whole = below.index() / PER_BLOCK;
        let has_none =
            self.slab.blocks().all(|(block, _)| usize::try_from(block).is_ok_and(|at| at >= whole));
        let first = u32::try_from(whole * PER_BLOCK).unwrap_or(u32::MAX);
        let is_so = below.get() <= self.count() && has_none && (first..below.get()).all(is_void);
        if is_so {
            self.forget(below, || {});
        }
        is_so
    }
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;
    use crate::domain::ids::{PitchNo, ResidentNo};
    use crate::domain::money::Minor;
    use crate::domain::time::LocalDay;
    use crate::domain::units::UnitSpan;
    use crate::engine::bookings::{Payment, Terms};

    const BLOCK: u32 = 1 << 12;

    fn book(bookings: &Bookings, newest: &AtomicU32, resident: u32) -> BookingNo {
        let no = bookings.allot().expect("room");
        let terms = Terms {
            resident: ResidentNo::new(resident),
            pitch: PitchNo::new(no.get() % 7),
            day: LocalDay::new(20_000),
            span: UnitSpan::new(38, 2).expect("a span"),
            party_size: 1,
            price: Minor::new(i64::from(no.get())),
            payment: Payment::Wallet,
            release: None,
        };
        let entry = bookings.entry(no).expect("its place");
        entry.fill(&terms, BookingState::Completed);
        Bookings::link(newest, entry.of_resident(), no);
        no
    }

    fn numbers(bookings: &Bookings, newest: &AtomicU32) -> (Vec<u32>, bool) {
        let own = bookings.of_resident(newest);
        (own.kept.iter().map(|booking| booking.no.get()).collect(), own.had_more)
    }

    #[test]
    fn a_list_keeps_what_is_not_forgotten_in_its_order_and_says_that_there_was_more() {
        let (bookings, newest) = (Bookings::new(), AtomicU32::new(NO_BOOKING));
        let all: Vec<_> = (0..6).map(|_| bookings.allot().expect("room")).collect();
        // Numbers are nearly in order, not always.
        for nth in [0, 4, 1, 5, 2, 3] {
            let entry = bookings.entry(all[nth]).expect("its place");
            entry.fill(&bookings_terms(), BookingState::Completed);
            Bookings::link(&newest, entry.of_resident(), all[nth]);
        }
        assert_eq!(numbers(&bookings, &newest), (vec![3, 2, 5, 1, 4, 0], false));
        bookings.shorten(&newest, BookingNo::new(3));
        bookings.forget(BookingNo::new(3), || {});
        assert_eq!(numbers(&bookings, &newest), (vec![3, 5, 4], true));
        assert!(bookings.get(BookingNo::new(2)).is_none() && bookings.place(BookingNo::new(2)).is_none());
        bookings.shorten(&newest, BookingNo::new(6));
        bookings.forget(BookingNo::new(6), || {});
        assert_eq!(numbers(&bookings, &newest), (vec![], true));
        book(&bookings, &newest, 1);
        assert_eq!(numbers(&bookings, &newest), (vec![6], true));
    }

    fn bookings_terms() -> Terms {
        let (bookings, newest) = (Bookings::new(), AtomicU32::new(NO_BOOKING));
        let no = book(&bookings, &newest, 1);
        bookings.get(no).expect("it was booked").terms
    }

    #[test]
    fn who_looks_while_others_forget_and_book_sees_each_booking_as_it_is_or_not_at_all() {
        let (bookings, newest) = (Bookings::new(), AtomicU32::new(NO_BOOKING));
        for _ in 0..2 * BLOCK {
            book(&bookings, &newest, 1);
        }
        let bytes = bookings.bytes();
        let last = AtomicU32::new(2 * BLOCK - 1);
        let is_over = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut seen = 0u64;
                    while is_over.load(Ordering::Acquire) == 0 || seen == 0 {
                        let newest = last.load(Ordering::Acquire);
                        for no in (newest.saturating_sub(3 * BLOCK)..=newest).rev().step_by(61) {
                            if let Some(booking) = bookings.get(BookingNo::new(no)) {
                                seen += 1;
                                let told = (booking.no.get(), booking.terms.price.get(), booking.terms.pitch);
                                assert_eq!(told, (no, i64::from(no), PitchNo::new(no % 7)));
                            }
                        }
                    }
                });
            }
            for round in 1..40 {
                let below = BookingNo::new(round * BLOCK / 2);
                bookings.shorten(&newest, below);
                bookings.forget(below, || {});
                for _ in 0..BLOCK / 2 {
                    last.store(book(&bookings, &newest, 1).get(), Ordering::Release);
                }
            }
            is_over.store(1, Ordering::Release);
        });
        assert!(bookings.bytes() <= bytes + bytes / 2, "forgotten blocks are used again");
        assert_eq!(bookings.of_resident(&newest).kept.len(), bookings.iter().count());
    }

    #[test]
    fn a_number_that_was_left_over_is_not_used_when_it_may_be_forgotten() {
        let bookings = Bookings::new();
        let no = bookings.allot();
        assert_eq!(bookings.left_over_or_new(no), no);
        bookings.close_below(BookingNo::new(1));
        assert_eq!(bookings.left_over_or_new(no), Some(BookingNo::new(1)));
    }
}
