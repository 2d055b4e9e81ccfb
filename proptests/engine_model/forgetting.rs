//! A city that forgets has what one has that forgets nothing, but for what is long over: and of that it has what it came to.

use kaichang::domain::ids::ResidentNo;
use kaichang::engine::audit::Digest;

use crate::memory_log::City;
use crate::small_city::{RESIDENTS, VENUES};

/// The first byte of the records that forget.
const FORGETS: u8 = 60;

/// What a city has besides its bookings and what they left behind.
fn rest(city: &City) -> Digest {
    let mut digest = city.engine.digest();
    digest.bookings.clear();
    digest.forgotten = Default::default();
    digest.residents.iter_mut().for_each(|resident| resident.carried = 0);
    digest
}

pub(super) fn check_against_one_that_forgets_nothing(forgetting: &City) {
    let kept = forgetting.kept.iter().filter(|(_, bytes)| bytes[0] != FORGETS);
    let all = City::from_log(kept.cloned().collect());
    let bookings = forgetting.engine.bookings();
    for booking in all.engine.bookings().iter() {
        let is_over = !booking.state.is_live();
        match bookings.get(booking.no) {
            Some(known) => assert_eq!(known, booking),
            None => assert!(bookings.is_forgotten(booking.no) && is_over, "{booking:?} is gone"),
        }
    }
    for no in (0..RESIDENTS + VENUES).map(ResidentNo::new) {
        let of = |city: &City| {
            let account = city.engine.residents().get(no).expect("an account");
            city.engine.bookings().of_resident(&account.newest_booking)
        };
        let (own, mut complete) = (of(forgetting), of(&all).kept);
        let count = complete.len();
        complete.retain(|booking| !bookings.is_forgotten(booking.no));
        assert_eq!(own.had_more, complete.len() < count, "{no} is told when there was more");
        assert_eq!(own.kept, complete, "{no}");
    }
    assert_eq!(rest(forgetting), rest(&all));
}
