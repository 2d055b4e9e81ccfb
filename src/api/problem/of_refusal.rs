//! What the engine refuses, as the contract names it.

use super::{FieldFault, Problem, Text};
use crate::api::answer::Money;
use crate::domain::money::Currency;
use crate::engine::accounts::TOP_UP_MAX;
use crate::engine::refusal::{FieldError, Refusal, Wrong};

impl Problem {
    /// The problem that a refusal is, in a city that has this currency.
    #[must_use]
    pub fn of_refusal(refusal: Refusal, currency: Currency) -> Self {
        match refusal {
            Refusal::Overloaded => Self::OVERLOADED,
            Refusal::Invalid(errors) => Self::InvalidRequest(errors.into_iter().map(fault_of).collect()),
            Refusal::Forbidden => Self::Forbidden,
            Refusal::NotFound => Self::NotFound,
            Refusal::OtherBody => Self::IdempotencyMismatch,
            Refusal::SlotClosed => Self::SlotClosed,
            Refusal::SlotTaken => Self::SlotTaken,
            Refusal::SoldOut => Self::SoldOut,
            Refusal::QuotaExceeded(exceeded) => Self::QuotaExceeded {
                quota: exceeded.quota,
                limit: u64::from(exceeded.limit),
                used: u64::from(exceeded.used),
            },
            Refusal::InsufficientFunds { balance, price } => Self::InsufficientFunds {
                balance: Money::new(balance, currency),
                price: Money::new(price, currency),
            },
            Refusal::TooLate => Self::TooLate,
            Refusal::AlreadyCancelled => Self::AlreadyCancelled,
            Refusal::PhoneTaken => Self::PhoneTaken,
        }
    }
}

fn fault_of(error: FieldError) -> FieldFault {
    let text = match error.wrong {
        Wrong::OffGrid => Text::fixed("is not where a slot begins or ends", "不在时段的起止时间上"),
        Wrong::EndsBeforeStart => Text::fixed("must be after start", "必须晚于 start"),
        Wrong::OverMidnight => Text::fixed("must lie on the same day as start", "必须与 start 在同一天"),
        Wrong::TooFarAhead => Text::fixed("lies beyond the days that are open ahead", "超出可提前预订的天数"),
        Wrong::TooManySlots => {
            Text::fixed("is further from start than one booking may span", "超出单次预订的最长时长")
        }
        Wrong::PartySize => Text::fixed(
            "must be at least 1 and at most what the pitch takes",
            "必须至少为 1,且不超过场地上限",
        ),
        Wrong::Amount => return FieldFault::out_of_range(error.field, 1, TOP_UP_MAX),
    };
    FieldFault::new(error.field, text)
}
