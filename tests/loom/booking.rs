//! A booking's word: what becomes of it is decided once, and who looks while it is moved sees one place or the other.

use std::sync::Arc;

use kaichang::domain::ids::{BookingNo, PitchNo, ResidentNo};
use kaichang::domain::money::Minor;
use kaichang::domain::time::LocalDay;
use kaichang::domain::units::UnitSpan;
use kaichang::engine::bookings::{BookingState, Bookings, Entry, Payment, Terms};
use loom::thread;

const PLACE: BookingNo = BookingNo::new(9);

fn terms(pitch: u32, price: i64) -> Terms {
    Terms {
        resident: ResidentNo::new(1),
        pitch: PitchNo::new(pitch),
        day: LocalDay::new(20_000),
        span: UnitSpan::new(38, 2).expect("a span"),
        party_size: 1,
        price: Minor::new(price),
        payment: Payment::Wallet,
        release: None,
    }
}

/// A booking that stands so, alone in its city.
fn one_booking(state: BookingState) -> (Arc<Bookings>, BookingNo) {
    let bookings = Arc::new(Bookings::new());
    let no = bookings.allot().expect("room for one");
    bookings.entry(no).expect("its place").fill(&terms(1, 300), state);
    (bookings, no)
}

/// Few preemptions find what there is to find here; all of them would take hours.
fn model(check: impl Fn() + Send + Sync + 'static) {
    model_with(3, check);
}

fn model_with(preemptions: usize, check: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(check);
}

#[test]
fn of_a_payment_an_expiry_and_a_giving_up_exactly_one_wins() {
    model(|| {
        let entry = Arc::new(Entry::default());
        entry.fill(&terms(1, 300), BookingState::Held);
        let rival = |intent| {
            let entry = Arc::clone(&entry);
            thread::spawn(move || entry.advance(BookingState::Held, intent).is_ok().then_some(intent))
        };
        let rivals = [rival(BookingState::Confirming), rival(BookingState::Expiring)];
        let mine = entry.advance(BookingState::Held, BookingState::GivingUp);
        let mut winners: Vec<_> =
            rivals.into_iter().filter_map(|rival| rival.join().expect("no panic")).collect();
        winners.extend(mine.is_ok().then_some(BookingState::GivingUp));
        assert_eq!(winners, [entry.state()], "I1: one has it, and it is what it says");
    });
}

#[test]
fn who_looks_at_a_booking_that_is_moved_sees_one_place_or_the_other() {
    model(|| {
        let (bookings, no) = one_booking(BookingState::Moving);
        let committer = {
            let bookings = Arc::clone(&bookings);
            thread::spawn(move || {
                let entry = bookings.entry(no).expect("its place");
                entry.relocate(&terms(2, 500), PLACE).expect("nobody else moves it");
            })
        };
        let seen = bookings.get(no).expect("it is there");
        let is_new = seen.state == BookingState::Confirmed;
        assert_eq!(seen.terms, if is_new { terms(2, 500) } else { terms(1, 300) });
        assert_eq!(seen.is_moved(), is_new);
        let _ = committer.join();
        assert_eq!(bookings.get(no).expect("it is there").terms, terms(2, 500));
    });
}

#[test]
fn nothing_is_done_to_a_booking_that_was_moved_since_it_was_looked_at() {
    model(|| {
        let (bookings, no) = one_booking(BookingState::Confirmed);
        let mover = {
            let bookings = Arc::clone(&bookings);
            thread::spawn(move || {
                let entry = bookings.entry(no).expect("its place");
                if entry.intend(&terms(1, 300), BookingState::Confirmed, BookingState::Moving).is_ok() {
                    entry.relocate(&terms(2, 500), PLACE).expect("nobody else moves it");
                }
            })
        };
        // What would be given back is reckoned from the price that is seen here.
        let seen = bookings.get(no).expect("it is there");
        let entry = bookings.entry(no).expect("its place");
        let won = entry.intend(&seen.terms, BookingState::Confirmed, BookingState::Cancelling).is_ok();
        let _ = mover.join();
        if won {
            let after = bookings.get(no).expect("it is there");
            assert_eq!((after.state, after.terms), (BookingState::Cancelling, seen.terms), "I3");
        }
    });
}

#[test]
fn who_looks_while_a_booking_is_forgotten_and_another_lies_in_its_place_sees_the_one_that_he_means_or_none() {
    // A place has many words: three preemptions take minutes and find the same.
    model_with(2, || {
        let (bookings, no) = one_booking(BookingState::Completed);
        let looker = {
            let bookings = Arc::clone(&bookings);
            thread::spawn(move || bookings.get(no).map(|booking| booking.terms))
        };
        bookings.forget(BookingNo::new(no.get() + 1), || {});
        let next = bookings.allot().expect("memory for one is free again");
        bookings.entry(next).expect("its place").fill(&terms(2, 500), BookingState::Confirmed);
        let seen = looker.join().expect("no panic");
        assert!(seen.is_none_or(|seen| seen == terms(1, 300)), "{seen:?}");
        assert_eq!(bookings.get(no).map(|booking| booking.terms), None);
        assert_eq!(bookings.get(next).map(|booking| booking.terms), Some(terms(2, 500)));
    });
}
