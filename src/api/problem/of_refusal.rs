//! What the engine refuses, as the contract names it.

use super::{FieldFault, Problem, QueueTold, Text};
use crate::api::answer::{Money, city_moment};
use crate::domain::catalogue::Catalogue;
use crate::domain::time::UtcMillis;
use crate::engine::accounts::TOP_UP_MAX;
use crate::engine::refusal::{FieldError, InLine, Refusal, Wrong};

impl Problem {
    /// The problem that a refusal is, at this moment in a city that goes by this calendar and this currency.
    #[must_use]
    pub fn of_refusal(refusal: Refusal, catalogue: &Catalogue, now: UtcMillis) -> Self {
        let (zone, currency) = (catalogue.zone().clone(), catalogue.city().currency);
        match refusal {
            Refusal::Overloaded => Self::OVERLOADED,
            Refusal::ShortOfRoom => Self::SHORT_OF_ROOM,
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
            Refusal::NotReleased { releases_at } => {
                let wait_ms = releases_at.since_ms(now).max(0);
                Self::NotReleased {
                    releases_at: city_moment(&zone, releases_at),
                    retry_after_s: u32::try_from(wait_ms / 1000 + 1).unwrap_or(u32::MAX),
                    queue: None,
                }
            }
            Refusal::NotYourTurn { release, releases_at, in_line } => {
                let wait_ms = releases_at.since_ms(now).max(0);
                let release = catalogue.release(release);
                let told = release.map(|release| QueueTold {
                    release: release.def.code.as_str().to_owned(),
                    detail: detail_of(in_line),
                });
                Self::NotReleased {
                    releases_at: city_moment(&zone, releases_at),
                    retry_after_s: u32::try_from(wait_ms / 1000 + 1).unwrap_or(u32::MAX),
                    queue: told.map(Box::new),
                }
            }
            Refusal::HoldExpired => Self::HoldExpired,
            Refusal::TooEarly => Self::TooEarly,
            Refusal::TooLate => Self::TooLate,
            Refusal::AlreadyCancelled => Self::AlreadyCancelled,
            Refusal::AlreadyUsed => Self::AlreadyUsed { used_at: None },
            Refusal::PhoneTaken => Self::PhoneTaken,
            Refusal::TicketInvalid => Self::TicketInvalid,
            Refusal::NotEntitled(lack) => Self::NotEntitled(lack),
        }
    }
}

/// What somebody does whose turn it isn't.
fn detail_of(in_line: InLine) -> Text {
    match in_line {
        InLine::No => Text::fixed(
            "One queues for these slots. Come into the queue; nothing is booked past it.",
            "这些时段需排队预订。请先加入排队,不排队不能预订。",
        ),
        InLine::Waits => Text::fixed(
            "One queues for these slots, and it is not your turn yet. Your place is kept.",
            "这些时段需排队预订,还没有轮到您。您的位置会保留。",
        ),
        InLine::Over => Text::fixed(
            "One queues for these slots, and your turn is over. You can come into the queue again.",
            "这些时段需排队预订,您的预订时间已结束。您可以重新排队。",
        ),
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
        Wrong::Choices => Text::fixed(
            "must be at least one and no more than the release takes, each once",
            "至少一个,不得超过本次放号的上限,且不能重复",
        ),
        Wrong::NotOfRelease => {
            Text::fixed("names a slot that this release does not give out", "包含本次放号以外的时段")
        }
        Wrong::Refund => Text::fixed("must be from 0 to what was paid", "必须在 0 与实付金额之间"),
        Wrong::Amount => return FieldFault::out_of_range(error.field, 1, TOP_UP_MAX),
    };
    FieldFault::new(error.field, text)
}
