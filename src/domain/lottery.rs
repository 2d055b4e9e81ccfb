//! The terms of a release that is drawn by lot: when one may enter, when it is drawn, until when winners pay.

use serde::{Deserialize, Serialize};

use super::draw::{CHOICES_MAX, Hash, is_value};
use super::ids::PitchNo;
use super::time::{LocalDay, UtcMillis};
use super::units::UnitSpan;

/// The longest time that somebody who moves up from the reserve may be given to pay: a week.
const RESERVE_MINUTES_MAX: u16 = 7 * 24 * 60;
/// A lottery's days of play are named one by one.
pub const LOTTERY_DAYS_MAX: i32 = 31;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotteryDef {
    /// The window in which one may enter.
    pub from: UtcMillis,
    pub until: UtcMillis,
    /// From when on it may be drawn.
    pub draw_at: UtcMillis,
    /// Until when winners pay.
    pub pay_by: UtcMillis,
    /// How long somebody who moves up from the reserve has at least, unless the rest is sold before.
    pub reserve_minutes: u16,
    /// How many slots an entry may name.
    pub choices_max: u8,
    /// How many an entry may be for.
    pub party_max: u16,
    /// Where the public value will come from, in words.
    pub beacon: String,
    /// What the seed is made from, together with a key of the city's.
    pub salt: Salt,
    /// The hash of the seed.
    pub commitment: Hash,
}

/// What tells a release's seed from any other's. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Salt(pub [u8; 16]);

#[derive(Debug, thiserror::Error)]
#[error("a salt has 32 hexadecimal digits")]
pub struct InvalidSalt;

impl TryFrom<String> for Salt {
    type Error = InvalidSalt;

    fn try_from(text: String) -> Result<Self, InvalidSalt> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(|_| InvalidSalt)?;
        bytes.try_into().map(Self).map_err(|_| InvalidSalt)
    }
}

impl From<Salt> for String {
    fn from(salt: Salt) -> Self {
        data_encoding::HEXLOWER.encode(&salt.0)
    }
}

/// A slot, or some that follow each other, as an entry names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wish {
    pub pitch: PitchNo,
    pub day: LocalDay,
    first: u8,
    count: u8,
}

impl Wish {
    #[must_use]
    pub const fn new(pitch: PitchNo, day: LocalDay, span: UnitSpan) -> Self {
        Self { pitch, day, first: span.first(), count: span.count() }
    }

    /// # Panics
    /// Never: it was made of a span.
    #[must_use]
    pub fn span(&self) -> UnitSpan {
        #[expect(clippy::expect_used, reason = "it was made of a span")]
        UnitSpan::new(self.first, self.count).expect("a wish has a span")
    }
}

impl LotteryDef {
    /// Whether the terms make sense by themselves.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.from < self.until
            && self.until <= self.draw_at
            && self.draw_at < self.pay_by
            && (1..=CHOICES_MAX).contains(&usize::from(self.choices_max))
            && (1..=RESERVE_MINUTES_MAX).contains(&self.reserve_minutes)
            && self.party_max > 0
            && is_value(&self.beacon)
    }

    /// Until when somebody pays who is given a slot at this moment, whose rest is sold from another on.
    #[must_use]
    pub fn deadline(&self, now: UtcMillis, rest_sold_at: UtcMillis) -> UtcMillis {
        let due = self.pay_by.max(now.plus_ms(i64::from(self.reserve_minutes) * 60_000));
        // A draw that came late keeps the rest from being sold until it is done with.
        if rest_sold_at > now { due.min(rest_sold_at) } else { due }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> LotteryDef {
        let at = |hour: i64| UtcMillis::new(hour * 3_600_000);
        LotteryDef {
            from: at(0),
            until: at(24),
            draw_at: at(30),
            pay_by: at(48),
            reserve_minutes: 120,
            choices_max: 3,
            party_max: 5,
            beacon: "the numbers of the evening".to_owned(),
            salt: Salt([1; 16]),
            commitment: Hash([2; 32]),
        }
    }

    #[test]
    fn a_window_is_followed_by_the_draw_and_the_draw_by_the_payment() {
        assert!(terms().is_sound());
        let wrong: [fn(&mut LotteryDef); 6] = [
            |terms| terms.until = terms.from,
            |terms| terms.draw_at = terms.until.plus_ms(-1),
            |terms| terms.pay_by = terms.draw_at,
            |terms| terms.choices_max = 9,
            |terms| terms.party_max = 0,
            |terms| terms.beacon = "two\nlines".to_owned(),
        ];
        for (no, change) in wrong.iter().enumerate() {
            let mut terms = terms();
            change(&mut terms);
            assert!(!terms.is_sound(), "{no}");
        }
    }

    #[test]
    fn who_moves_up_has_his_time_but_not_longer_than_until_the_rest_is_sold() {
        let hour = |hour: i64| UtcMillis::new(hour * 3_600_000);
        for (now, rest, due) in [(31, 72, 48), (47, 72, 49), (71, 72, 72), (80, 72, 82)] {
            assert_eq!(terms().deadline(hour(now), hour(rest)), hour(due), "{now}");
        }
    }

    #[test]
    fn terms_are_written_and_read() {
        let text = serde_json::to_string(&terms()).expect("JSON");
        assert!(text.contains("\"salt\":\"01010101010101010101010101010101\""), "{text}");
        assert_eq!(serde_json::from_str::<LotteryDef>(&text).expect("terms"), terms());
    }
}
