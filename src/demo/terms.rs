//! When a pitch of the demo is open and what it costs: by the kind of venue, the sport and a few draws for each venue.

use super::draw::Draw;
use super::plan::Setting;
use super::sound;
use crate::domain::definition::Terms;
use crate::domain::hours::{DayKinds, WeeklyHours};
use crate::domain::ids::SportNo;
use crate::domain::money::Minor;
use crate::domain::policy::{CancelRule, RefundStep};
use crate::domain::tariff::PriceBand;
use crate::domain::units::UNITS_PER_DAY;

/// The rule for school grounds: weekdays 19:00-21:00, holidays 8:00-21:00; weekends go by the holidays' hours.
pub(super) const SCHOOL_OPENS_ON_WORKDAYS: u8 = 38;
pub(super) const SCHOOL_OPENS_ON_FREE_DAYS: u8 = 16;
pub(super) const SCHOOL_CLOSES: u8 = 42;
/// In a school no slot is longer than an hour, so that both its windows are filled without a rest.
pub(super) const SCHOOL_SLOT_UNITS_MAX: u8 = 2;

/// Where mornings end and evenings begin, for prices.
const NOON: u8 = 24;
const EVENING: u8 = 36;
/// Until when courts in some parks are free of charge, as in Shanghai's published fees.
const FREE_UNTIL: u8 = 20;

/// When a venue opens and closes, in half hours; a pitch may open later, so that its slots fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub(super) workdays: u8,
    pub(super) free_days: u8,
    pub(super) close: u8,
}

impl Opening {
    /// The hours that slots of this length fill.
    pub(super) fn hours(self, slot_units: u8) -> WeeklyHours {
        let open = |earliest: u8| {
            let slots = (self.close - earliest) / slot_units;
            sound::span(self.close - slots * slot_units, self.close).mask()
        };
        WeeklyHours::of(&[
            (DayKinds::WORKDAYS, open(self.workdays)),
            (DayKinds::FREE_DAYS, open(self.free_days)),
        ])
    }
}

/// How a venue sells, whatever the sport.
pub(super) struct House {
    pub(super) setting: Setting,
    pub(super) opening: Opening,
    /// How dear it is, in per cent of what is usual.
    level_percent: u32,
    /// Whether it costs nothing to play in the morning.
    free_mornings: bool,
    cancel: CancelRule,
}

/// What is sold: the pitch's own part of its terms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    pub(super) sport: usize,
    pub(super) slot_units: u8,
    pub(super) max_slots: u8,
    pub(super) party_max: u16,
    pub(super) fee: Fee,
}

/// What a private venue takes at peak, in fen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fee {
    Hourly(u32),
    Place(u32),
}

impl House {
    pub(super) fn of(setting: Setting, draw: &mut Draw) -> Self {
        let opening = match setting {
            Setting::School => Opening {
                workdays: SCHOOL_OPENS_ON_WORKDAYS,
                free_days: SCHOOL_OPENS_ON_FREE_DAYS,
                close: SCHOOL_CLOSES,
            },
            Setting::Centre => *draw.pick(&[opening(14, 14, 44), opening(14, 14, 44), opening(16, 14, 44)]),
            Setting::Park => *draw.pick(&[opening(12, 12, 44), opening(14, 14, 44), opening(14, 12, 42)]),
            Setting::Community => {
                *draw.pick(&[opening(16, 16, 42), opening(18, 16, 42), opening(18, 18, 44)])
            }
            Setting::Club(_) => *draw.pick(&[opening(18, 18, 44), opening(20, 18, 44), opening(20, 16, 46)]),
        };
        Self {
            setting,
            opening,
            level_percent: *draw.pick(&[80, 90, 100, 100, 110, 120]),
            free_mornings: setting == Setting::Park && draw.chance(50),
            cancel: cancel_rule(setting, draw),
        }
    }

    /// The longest slot that this house sells.
    pub(super) fn slot_units(&self, usual: u8) -> u8 {
        if self.setting == Setting::School { usual.min(SCHOOL_SLOT_UNITS_MAX) } else { usual }
    }

    /// The terms of a pitch with such opening hours; its slots end when it closes.
    pub(super) fn terms(&self, offer: Offer, opening: Opening) -> Terms {
        let slot_units = self.slot_units(offer.slot_units);
        Terms {
            // The table has 32 entries.
            sport: SportNo::new(u16::try_from(offer.sport).unwrap_or(0)),
            grid: sound::grid(slot_units, opening.close),
            max_slots: offer.max_slots,
            party_max: offer.party_max,
            prices: self.prices(slot_units, offer.fee),
            cancel: self.cancel.clone(),
        }
    }

    fn prices(&self, slot_units: u8, fee: Fee) -> Vec<PriceBand> {
        let slot_fee = match fee {
            Fee::Hourly(fee) => u64::from(fee) * u64::from(slot_units) / 2,
            Fee::Place(fee) => u64::from(fee),
        };
        let band = |days, from, to, percent| PriceBand {
            days,
            span: sound::span(from, to),
            price: self.price(slot_fee, percent),
        };
        let midnight = UNITS_PER_DAY;
        if self.free_mornings {
            // No band is no price: the morning is free.
            return vec![
                band(DayKinds::ALL, FREE_UNTIL, EVENING, 60),
                band(DayKinds::ALL, EVENING, midnight, 100),
            ];
        }
        if self.setting == Setting::School {
            return vec![band(DayKinds::ALL, 0, midnight, 100), band(DayKinds::FREE_DAYS, 0, NOON, 70)];
        }
        vec![
            band(DayKinds::WORKDAYS, 0, NOON, 50),
            band(DayKinds::WORKDAYS, NOON, EVENING, 70),
            band(DayKinds::WORKDAYS, EVENING, midnight, 100),
            band(DayKinds::FREE_DAYS, 0, FREE_UNTIL, 75),
            band(DayKinds::FREE_DAYS, FREE_UNTIL, midnight, 100),
        ]
    }

    /// So much of a fee, in whole yuan and at least one.
    fn price(&self, slot_fee: u64, percent: u64) -> Minor {
        let public_percent: u64 = match self.setting {
            Setting::School => 35,
            Setting::Centre => 65,
            Setting::Park => 25,
            Setting::Community => 40,
            Setting::Club(_) => 100,
        };
        let fen = slot_fee * percent * public_percent * u64::from(self.level_percent) / 1_000_000;
        let yuan = (fen + 50) / 100;
        Minor::new(i64::try_from(yuan.max(1) * 100).unwrap_or(i64::MAX))
    }
}

fn cancel_rule(setting: Setting, draw: &mut Draw) -> CancelRule {
    let in_steps = match setting {
        Setting::School | Setting::Park | Setting::Community => 5,
        Setting::Centre => 20,
        Setting::Club(_) => 40,
    };
    if draw.chance(in_steps) {
        return sound::steps(vec![
            RefundStep { minutes_before: 24 * 60, percent: 100 },
            RefundStep { minutes_before: 2 * 60, percent: 50 },
        ]);
    }
    CancelRule::free_until(if draw.chance(90) { 120 } else { 30 })
}

const fn opening(workdays: u8, free_days: u8, close: u8) -> Opening {
    Opening { workdays, free_days, close }
}
