//! A million live bookings on the city of `city.rs`, and the floor of a start: reading files, checking their bytes with a CRC and inserting
//! as many equal keys into one hash map that has room for them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;
use std::time::Instant;

use kaichang::domain::definition::KindDef;
use kaichang::domain::event::{DaysOpened, Event, NewBooking, RequestKey};
use kaichang::domain::ids::{BookingNo, PitchNo, ResidentNo};
use kaichang::domain::money::Minor;
use kaichang::domain::time::LocalDay;
use kaichang::domain::units::UnitSpan;

use crate::bench_city::{DAY_0, DAYS_AHEAD, PRICE, UNITS, founding};
use crate::bench_files::read_and_checksum;

pub(crate) const BOOKINGS: u32 = 1_000_000;
pub(crate) const SLOTS_PER_PITCH: u32 = (DAYS_AHEAD as u32 + 1) * UNITS as u32;
pub(crate) const PITCHES: u32 = BOOKINGS.div_ceil(SLOTS_PER_PITCH);

#[expect(clippy::disallowed_methods, reason = "a measurement")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// As the engine's: keys are hashes already.
#[derive(Default)]
pub(crate) struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("keys are 16 bytes")
    }

    #[expect(clippy::cast_possible_truncation, reason = "any half of a hash is a hash")]
    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

/// A key like a hash, different for each booking.
pub(crate) fn key(no: u32) -> u128 {
    let mixed = u128::from(no).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    mixed ^ (mixed >> 61)
}

/// Every half hour of every pitch is booked, in an order that leaps from pitch to pitch.
fn booking(no: u32, residents: u32) -> Event {
    let slot = no / PITCHES;
    let day = i32::try_from(slot / u32::from(UNITS)).expect("few");
    let unit = u8::try_from(slot % u32::from(UNITS)).expect("few");
    Event::BookingConfirmed(NewBooking {
        no: BookingNo::new(no),
        resident: ResidentNo::new(no.wrapping_mul(7_919) % residents),
        pitch: PitchNo::new(no % PITCHES),
        day: LocalDay::new(DAY_0 + day),
        span: UnitSpan::new(unit, 1).expect("a span"),
        party_size: 1,
        price: Minor::new(PRICE),
        release: None,
        request: RequestKey { key: key(no), body: no.into() },
    })
}

/// All events of the city: so many residents, its open days and its bookings.
pub(crate) fn events(residents: u32) -> impl Iterator<Item = Event> {
    let days = DaysOpened { first: LocalDay::new(DAY_0), last: LocalDay::new(DAY_0 + i32::from(DAYS_AHEAD)) };
    founding(PITCHES, &KindDef::Exclusive, residents, 1_000 * PRICE)
        .into_iter()
        .chain([Event::DaysOpened(days)])
        .chain((0..BOOKINGS).map(move |no| booking(no, residents)))
}

/// Equal keys in a plain map: what the requests of all bookings are kept by at least.
pub(crate) type Keys = HashMap<u128, (u64, u32), BuildHasherDefault<AlreadyHashed>>;

/// Reads the files with a checksum, and inserts as many keys.
pub(crate) fn floor(dir: &Path) -> (u32, Keys) {
    let crc = read_and_checksum(dir);
    let mut keys = Keys::with_capacity_and_hasher(BOOKINGS as usize, BuildHasherDefault::default());
    for no in 0..BOOKINGS {
        keys.insert(key(no), (u64::from(no), no));
    }
    (crc, keys)
}

pub(crate) fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    format!("{:.2} ({:.2} to {:.2})", values[values.len() / 2], values[0], values[values.len() - 1])
}
