//! What time does: holds expire, bookings are over, what was given back comes back, keys are forgotten when a day begins.

use super::{Model, State};

/// Keys of bookings that are older are forgotten when a day begins.
const KEYS_KEPT_MIN: i64 = 48 * 60;

impl Model {
    pub(crate) fn advance(&mut self, minutes: i64) {
        let before = self.today();
        self.now_min += minutes;
        if self.today() != before {
            let (now, bookings) = (self.now_min, &self.bookings);
            self.keys.retain(|_, (_, booking)| now - bookings[*booking].made_min < KEYS_KEPT_MIN);
        }
        let now = self.now_min;
        let mut expired = Vec::new();
        for booking in &mut self.bookings {
            let is_over = booking.place.end_min() <= now;
            let is_checked = self.checked[booking.place.venue() as usize];
            if booking.state == State::Held && booking.expires_min <= now {
                booking.state = State::Expired;
                expired.push(booking.clone());
            } else if booking.state == State::Confirmed && is_over && is_checked {
                booking.state = State::Missed;
            } else if matches!(booking.state, State::Confirmed | State::CheckedIn) && is_over {
                booking.state = State::Completed;
            }
        }
        for booking in expired {
            self.give_back(&booking, booking.place);
        }
        self.come_back();
    }
}
