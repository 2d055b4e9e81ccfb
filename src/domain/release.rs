//! Releases: what opens for booking when, under which rules.
//!
//! A release governs days of play of its pitches. Until it has opened for a day nothing of that day is bookable online (I8);
//! the counter sells from what is kept for it. The latest release that names a pitch and a day governs it.

use serde::{Deserialize, Serialize};

use super::calendar::{DayClock, moment_of};
use super::entitlement::EntitlementDef;
use super::ids::{Code, PitchNo, VenueNo};
use super::lottery::{LOTTERY_DAYS_MAX, LotteryDef};
use super::names::Names;
use super::queue::{QUEUE_DAYS_MAX, QueueDef};
use super::returned::ReturnDef;
use super::time::{LocalDay, UtcMillis};

/// The longest time before a day of play at which a rule may open it: with more, days are not open yet.
pub const DAYS_BEFORE_MAX: u8 = 28;
/// How many pitches one release may name.
pub const RELEASE_PITCHES_MAX: usize = 10_000;

/// When the days of play open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReleaseWhen {
    /// Each day of play so many days before, at this minute of the city's local time.
    Daily { days_before: u8, minute: u16 },
    /// All at one moment.
    Once { at: UtcMillis },
}

/// Who gets what when more is wanted than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseMode {
    FirstCome,
    /// Drawn by lot; what is left opens for who comes first, at the release's moment.
    Lottery,
    /// One queues for it from its moment on; who came before stands in an order by lot.
    Queue,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseDef {
    pub code: Code,
    pub name: Names,
    /// Whose it is; a release of the whole city has none.
    pub venue: Option<VenueNo>,
    /// Wholes; their parts go with them.
    pub pitches: Vec<PitchNo>,
    pub first_day: LocalDay,
    /// The last day of play that it governs; for ever when there is none.
    pub last_day: Option<LocalDay>,
    pub when: ReleaseWhen,
    pub mode: ReleaseMode,
    /// How many bookings of it one resident may have, a day of play.
    pub limit_per_resident: Option<u16>,
    /// Of the pitches of a sport, or of a session's places, so many of a hundred are sold at the counter only.
    pub counter_share_percent: u8,
    /// Of one that is drawn by lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lottery: Option<Box<LotteryDef>>,
    /// Of one that one queues for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Box<QueueDef>>,
    /// Of one where what is given back comes back to sale at a moment left to chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Box<ReturnDef>>,
    /// Of one that isn't for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Box<EntitlementDef>>,
}

impl ReleaseDef {
    /// Whether it governs this day of play.
    #[must_use]
    pub fn governs(&self, day: LocalDay) -> bool {
        self.first_day <= day && self.last_day.is_none_or(|last| day <= last)
    }

    /// When a day of play opens.
    #[must_use]
    pub fn opens_at(&self, zone: &jiff::tz::TimeZone, day: LocalDay) -> UtcMillis {
        match self.when {
            ReleaseWhen::Once { at } => at,
            ReleaseWhen::Daily { days_before, minute } => {
                moment_of(zone, day.plus_days(-i32::from(days_before)), minute)
            }
        }
    }

    /// How many of a session's places are sold online.
    #[must_use]
    pub fn online(&self, capacity: u16) -> u16 {
        let kept = kept_of(u32::from(capacity), self.counter_share_percent);
        capacity - u16::try_from(kept).unwrap_or(capacity)
    }

    /// How many of so many pitches are kept for the counter.
    #[must_use]
    pub const fn kept_pitches(&self, of: u32) -> u32 {
        kept_of(of, self.counter_share_percent)
    }

    /// How many bookings of it one resident may have, a day of play: no more than his household may have.
    #[must_use]
    pub fn limit_each(&self) -> Option<u16> {
        let household = self.who.as_deref().and_then(|who| who.limit_per_household);
        [self.limit_per_resident, household].into_iter().flatten().min()
    }

    /// Whether the rules make sense by themselves.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let when = match self.when {
            ReleaseWhen::Daily { days_before, minute } => days_before <= DAYS_BEFORE_MAX && minute < 24 * 60,
            ReleaseWhen::Once { .. } => true,
        };
        when && self.counter_share_percent <= 100
            && self.limit_per_resident != Some(0)
            && self.last_day.is_none_or(|last| self.first_day <= last)
            && (1..=RELEASE_PITCHES_MAX).contains(&self.pitches.len())
            && self.has_sound_mode()
            && self.returned.as_deref().is_none_or(ReturnDef::is_sound)
            && self.who.as_deref().is_none_or(EntitlementDef::is_sound)
    }

    /// Whether it has the terms of its mode and of no other, and days that come to an end where the mode asks for that.
    fn has_sound_mode(&self) -> bool {
        let has_days = |most| self.last_day.is_some_and(|last| last.days_since(self.first_day) < most);
        match (self.mode, &self.lottery, &self.queue) {
            (ReleaseMode::FirstCome, None, None) => true,
            (ReleaseMode::Lottery, Some(lottery), None) => lottery.is_sound() && has_days(LOTTERY_DAYS_MAX),
            (ReleaseMode::Queue, None, Some(queue)) => match self.when {
                ReleaseWhen::Once { at } => queue.is_sound(at) && has_days(QUEUE_DAYS_MAX),
                ReleaseWhen::Daily { .. } => false,
            },
            (ReleaseMode::FirstCome | ReleaseMode::Lottery | ReleaseMode::Queue, _, _) => false,
        }
    }

    /// When its queue opens, where one queues for it.
    #[must_use]
    pub fn queue_opens_at(&self) -> Option<UtcMillis> {
        match (self.when, &self.queue) {
            (ReleaseWhen::Once { at }, Some(_)) => Some(at),
            (ReleaseWhen::Once { .. } | ReleaseWhen::Daily { .. }, _) => None,
        }
    }
}

const fn kept_of(count: u32, percent: u8) -> u32 {
    count * percent as u32 / 100
}

/// Whether a day is over when a release would open for it, so that it never does.
#[must_use]
pub fn opens_too_late(opens_at: UtcMillis, clock: &DayClock) -> bool {
    opens_at >= clock.next_day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn def(when: ReleaseWhen) -> ReleaseDef {
        ReleaseDef {
            code: Code::new("r").expect("a code"),
            name: Names::new("放号", "release"),
            venue: None,
            pitches: vec![PitchNo::new(0)],
            first_day: LocalDay::new(20_000),
            last_day: None,
            when,
            mode: ReleaseMode::FirstCome,
            limit_per_resident: None,
            counter_share_percent: 25,
            lottery: None,
            queue: None,
            returned: None,
            who: None,
        }
    }

    #[test]
    fn a_daily_rule_opens_at_the_same_local_time_also_when_the_clocks_change() {
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
        let rule = def(ReleaseWhen::Daily { days_before: 7, minute: 7 * 60 });
        let opens = |day: &str| {
            let at = rule.opens_at(&zone, LocalDay::parse(day).expect("a day"));
            jiff::Timestamp::from_millisecond(at.get()).expect("a moment").to_string()
        };
        assert_eq!(opens("2026-03-30"), "2026-03-23T06:00:00Z");
        assert_eq!(opens("2026-04-05"), "2026-03-29T05:00:00Z", "summer time has begun");
    }

    #[test]
    fn a_share_is_kept_for_the_counter_and_the_rest_is_sold_online() {
        let rule = def(ReleaseWhen::Once { at: UtcMillis::new(0) });
        assert_eq!((rule.online(800), rule.online(1), rule.kept_pitches(10)), (600, 1, 2));
    }
}
