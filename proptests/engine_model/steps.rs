//! What may happen in the small city, drawn so that those who want something meet.

use proptest::prelude::*;

use crate::model::{Change, Closure, Place, Purpose, Wish};
use crate::small_city::*;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Claim {
        purpose: Purpose,
        wish: Wish,
        key: u8,
        is_written: bool,
    },
    Retry {
        of: usize,
    },
    Confirm {
        resident: u32,
        booking: usize,
        key: Option<u8>,
        late_min: i64,
        is_written: bool,
    },
    GiveUp {
        resident: u32,
        booking: usize,
        is_written: bool,
    },
    Cancel {
        resident: u32,
        booking: usize,
        is_written: bool,
    },
    TopUp {
        resident: u32,
        amount: i64,
    },
    /// Deletes an account, perhaps after all that is ahead was called off.
    Erase {
        resident: u32,
        calls_off: bool,
        is_written: bool,
    },
    CheckIn {
        venue: u32,
        booking: usize,
        is_written: bool,
    },
    /// Somewhere else, or so many half hours later or earlier on the same pitch and day.
    Move {
        venue: u32,
        booking: usize,
        to: Place,
        nearby: Option<i8>,
        keeps_price: bool,
        is_written: bool,
    },
    CancelByStaff {
        venue: u32,
        booking: usize,
        refund: Option<i64>,
        is_written: bool,
    },
    Change {
        change: Change,
        is_written: bool,
    },
    Close {
        closure: Closure,
        is_written: bool,
    },
    /// What time brings is not written at first, or at once.
    Advance {
        minutes: i64,
        is_written: bool,
    },
    Crash,
}

pub(crate) fn place() -> impl Strategy<Value = Place> {
    // Mostly slots that exist, so that residents meet; sometimes anything.
    let slot = prop_oneof![
        9 => (18u8..22, prop_oneof![3 => Just(2u8), 1 => Just(4u8)]).prop_map(|(hour, units)| (hour * 2, units)),
        1 => (0u8..48, 1u8..8),
    ];
    let day = prop_oneof![6 => 0i32..4, 1 => 4i32..7];
    (0..PITCHES.len(), day, slot).prop_map(|(pitch, day, (first, units))| Place { pitch, day, first, units })
}

pub(crate) fn wish() -> impl Strategy<Value = Wish> {
    let party = prop_oneof![8 => 1i64..4, 1 => -1i64..70_000];
    (0..RESIDENTS, place(), party).prop_map(|(resident, place, party)| Wish { resident, place, party })
}

fn claim() -> impl Strategy<Value = (Purpose, Wish)> {
    let purpose = prop_oneof![
        5 => Just(Purpose::Book),
        4 => Just(Purpose::Hold),
        2 => (0..VENUES).prop_map(|venue| Purpose::Counter { venue }),
    ];
    (purpose, wish(), 0u8..8).prop_map(|(purpose, mut wish, other)| {
        if let Purpose::Counter { venue } = purpose {
            wish.resident = staff_of(venue);
            // Mostly at one's own venue.
            while other > 0 && wish.place.venue() != venue {
                wish.place.pitch = (wish.place.pitch + 1) % PITCHES.len();
            }
        }
        (purpose, wish)
    })
}

fn change() -> impl Strategy<Value = Change> {
    let pitch = || 0..PITCHES.len();
    let open = prop_oneof![Just(OPEN), Just((38, 44)), Just((36, 42))];
    let prices = prop_oneof![Just(PRICES), Just((700, 200)), Just((0, 100))];
    let session = prop_oneof![Just(4usize), Just(6usize)];
    prop_oneof![
        1 => (pitch(), open).prop_map(|(pitch, open)| Change::Hours { pitch: whole_of(pitch), open }),
        1 => (pitch(), prices).prop_map(|(pitch, prices)| Change::Prices { pitch, prices }),
        2 => (session, 1u16..8).prop_map(|(pitch, capacity)| Change::Capacity { pitch, capacity }),
        1 => (pitch(), prop::bool::weighted(0.6))
            .prop_map(|(pitch, is_offered)| Change::Offered { pitch: whole_of(pitch), is_offered }),
        1 => (0..VENUES, any::<bool>()).prop_map(|(venue, is_checked)| Change::Admission { venue, is_checked }),
        2 => (0..releases_to_come().len()).prop_map(|which| Change::Release { which }),
    ]
}

fn closure() -> impl Strategy<Value = Closure> {
    (0..PITCHES.len(), 0i32..5, 36u8..42, 1u8..5, prop::bool::weighted(0.8)).prop_map(
        |(pitch, day, first, units, cancels)| Closure { place: Place { pitch, day, first, units }, cancels },
    )
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let written = || prop::bool::weighted(0.9);
    let resident = || 0..RESIDENTS;
    let venue = || 0..VENUES;
    let booking = || 0usize..32;
    let minutes = prop_oneof![10 => 0i64..90, 2 => Just(240i64), 2 => 0i64..1_000, 1 => 1_440i64..5_000];
    let refund =
        prop_oneof![2 => Just(None), 2 => (0i64..600).prop_map(Some), 1 => (-1i64..3_000).prop_map(Some)];
    prop_oneof![
        24 => (claim(), 0u8..40, written())
            .prop_map(|((purpose, wish), key, is_written)| Step::Claim { purpose, wish, key, is_written }),
        3 => (0usize..40).prop_map(|of| Step::Retry { of }),
        10 => (resident(), booking(), prop::option::of(0u8..40), prop_oneof![4 => Just(0i64), 1 => 0i64..300], written())
            .prop_map(|(resident, booking, key, late_min, is_written)| Step::Confirm {
                resident, booking, key, late_min, is_written
            }),
        3 => (resident(), booking(), written())
            .prop_map(|(resident, booking, is_written)| Step::GiveUp { resident, booking, is_written }),
        6 => (0..RESIDENTS + VENUES, booking(), written())
            .prop_map(|(resident, booking, is_written)| Step::Cancel { resident, booking, is_written }),
        1 => (resident(), 1i64..2_000).prop_map(|(resident, amount)| Step::TopUp { resident, amount }),
        1 => (resident(), prop::bool::weighted(0.7), written())
            .prop_map(|(resident, calls_off, is_written)| Step::Erase { resident, calls_off, is_written }),
        6 => (venue(), booking(), written())
            .prop_map(|(venue, booking, is_written)| Step::CheckIn { venue, booking, is_written }),
        10 => (venue(), booking(), place(), prop::option::of(-2i8..3), any::<bool>(), written())
            .prop_map(|(venue, booking, to, nearby, keeps_price, is_written)| Step::Move {
                venue, booking, to, nearby, keeps_price, is_written
            }),
        3 => (venue(), booking(), refund, written()).prop_map(|(venue, booking, refund, is_written)| {
            Step::CancelByStaff { venue, booking, refund, is_written }
        }),
        4 => (change(), written()).prop_map(|(change, is_written)| Step::Change { change, is_written }),
        2 => (closure(), written()).prop_map(|(closure, is_written)| Step::Close { closure, is_written }),
        8 => (minutes, prop::bool::weighted(0.8))
            .prop_map(|(minutes, is_written)| Step::Advance { minutes, is_written }),
        2 => Just(Step::Crash),
    ]
}
