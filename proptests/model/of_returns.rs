//! What comes back later: what was given back of a release that leaves the moment to chance.

use kaichang::domain::returned::GivenBack;
use kaichang::domain::units::UnitSpan;

use super::{Booking, KeptBack, Model, Place};
use crate::small_city::*;

impl Model {
    /// A booking gives this place back.
    pub(super) fn give_back(&mut self, booking: &Booking, place: Place) {
        let Some(release) = booking.release.filter(|release| self.is_released(*release, place.day)) else {
            return;
        };
        let starts_min = booking.place.start_min();
        let Some(within) = self.releases[release].returned_within else { return };
        if starts_min <= self.now_min {
            return;
        }
        let given = GivenBack {
            pitch: PITCHES[place.pitch].0,
            day: day(place.day),
            span: UnitSpan::new(place.first, place.units).expect("a span"),
            at: moment(self.now_min),
            starts_at: moment(place.start_min()),
        };
        let comes_back_at = returned(within).comes_back_at(&RETURN_SEED, &given);
        let (party, is_counter) = (booking.party, booking.is_counter);
        self.kept_back.push(KeptBack { place, party, is_counter, comes_back_at });
        self.come_back();
    }

    /// What a booking that was moved from here to there gives back.
    pub(super) fn give_back_moved(&mut self, old: &Booking, to: &Place) {
        let from = old.place;
        if is_session(from.pitch) || from.pitch != to.pitch || from.day != to.day {
            self.give_back(old, from);
            return;
        }
        let left: Vec<u8> =
            (from.first..from.end()).filter(|unit| !(to.first..to.end()).contains(unit)).collect();
        for run in left.chunk_by(|one, next| one + 1 == *next) {
            let units = u8::try_from(run.len()).expect("few");
            self.give_back(old, Place { first: run[0], units, ..from });
        }
    }

    /// What is due comes back.
    pub(super) fn come_back(&mut self) {
        let (now, today) = (moment(self.now_min), self.today());
        self.kept_back.retain(|back| now < back.comes_back_at && today <= back.place.day);
    }
}
