//! When a slot that was given back may be booked again, where a release says that this is left to chance.
//!
//! The moment lies within a window and follows from a secret seed and from what was given back when: so nobody can watch for it, and a
//! restart comes to the same. The seed is bound by its SHA-256 when the release is made and published when its last day is over: from
//! then on anybody can repeat every moment (`docs/returns.md` says it for strangers).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::draw::{Hash, Seed};
use super::lottery::Salt;
use super::time::{LocalDay, UtcMillis};
use super::units::{UNIT_MINUTES, UnitSpan};

/// The name of this rule; another one gets another name.
pub const RETURN_RULE: &str = "kaichang-return-1";
/// The longest window: a day.
pub const RETURN_MINUTES_MAX: u16 = 24 * 60;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnDef {
    /// Within how many minutes what is given back comes back to sale.
    pub within_minutes: u16,
    /// What the seed is made from, together with a key of the city's.
    pub salt: Salt,
    /// The hash of the seed.
    pub commitment: Hash,
}

/// What was given back, and when.
#[derive(Debug, Clone, Copy)]
pub struct GivenBack<'a> {
    /// The pitch's id.
    pub pitch: &'a str,
    pub day: LocalDay,
    pub span: UnitSpan,
    pub at: UtcMillis,
    /// When the slot begins.
    pub starts_at: UtcMillis,
}

impl ReturnDef {
    /// Whether the terms make sense by themselves.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        1 <= self.within_minutes && self.within_minutes <= RETURN_MINUTES_MAX
    }

    /// How long the window of something that was given back is: as the terms say, and never more than half of the time until it
    /// begins, so that it comes back while somebody can still come.
    #[must_use]
    pub fn window_ms(&self, given: &GivenBack<'_>) -> u64 {
        let until_start = u64::try_from(given.starts_at.since_ms(given.at)).unwrap_or(0);
        (u64::from(self.within_minutes) * 60_000).min(until_start / 2)
    }

    /// When it comes back to sale.
    #[must_use]
    pub fn comes_back_at(&self, seed: &Seed, given: &GivenBack<'_>) -> UtcMillis {
        given.at.plus_ms((drawn(seed, given) % (self.window_ms(given) + 1)).cast_signed())
    }

    /// When it comes back at the latest.
    #[must_use]
    pub fn comes_back_by(&self, given: &GivenBack<'_>) -> UtcMillis {
        given.at.plus_ms(self.window_ms(given).cast_signed())
    }
}

/// A number that nobody knows who doesn't know the seed.
fn drawn(seed: &Seed, given: &GivenBack<'_>) -> u64 {
    let minutes = u16::from(given.span.first()) * UNIT_MINUTES;
    let text = format!(
        "{RETURN_RULE}\n{}\n{}\n{}\n{:02}:{:02}\n{}\n",
        Hash(seed.0),
        given.pitch,
        given.day,
        minutes / 60,
        minutes % 60,
        given.at.get()
    );
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(text.as_bytes()));
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: Seed = Seed([7; 32]);

    fn def(within_minutes: u16) -> ReturnDef {
        ReturnDef { within_minutes, salt: Salt([0; 16]), commitment: SEED.commitment() }
    }

    fn given(at: i64, starts_after_ms: i64) -> GivenBack<'static> {
        GivenBack {
            pitch: "hall-a",
            day: LocalDay::parse("2026-11-28").expect("a day"),
            span: UnitSpan::new(38, 2).expect("a span"),
            at: UtcMillis::new(at),
            starts_at: UtcMillis::new(at + starts_after_ms),
        }
    }

    #[test]
    fn the_moment_is_what_a_stranger_computes_from_the_page_that_describes_it() {
        let at = 1_764_050_400_123;
        let moment = def(30).comes_back_at(&SEED, &given(at, 86_400_000));
        assert_eq!(moment.since_ms(UtcMillis::new(at)), 1_682_278);
    }

    #[test]
    fn moments_spread_evenly_over_the_window_and_never_leave_it() {
        let mut quarters = [0u32; 4];
        for at in 0..4_000 {
            let given = given(at, 86_400_000);
            let after = def(30).comes_back_at(&SEED, &given).since_ms(given.at);
            assert!((0..=1_800_000).contains(&after), "{after}");
            quarters[usize::try_from(after / 450_001).expect("a quarter")] += 1;
        }
        // Five standard errors of 4,000 in four equal parts.
        assert!(quarters.iter().all(|count| (863..=1_137).contains(count)), "{quarters:?}");
    }

    #[test]
    fn what_begins_soon_comes_back_by_half_of_the_time_that_is_left_and_what_has_begun_at_once() {
        for at in 0..200 {
            let soon = given(at, 600_000);
            let after = def(30).comes_back_at(&SEED, &soon).since_ms(soon.at);
            assert!((0..=300_000).contains(&after), "{after}");
            let begun = given(at, -1);
            assert_eq!(def(30).comes_back_at(&SEED, &begun), begun.at);
        }
    }

    #[test]
    fn a_window_of_nothing_and_one_of_more_than_a_day_make_no_sense() {
        let sound: Vec<bool> = [0, 1, 1440, 1441].map(|minutes| def(minutes).is_sound()).to_vec();
        assert_eq!(sound, [false, true, true, false]);
    }
}
