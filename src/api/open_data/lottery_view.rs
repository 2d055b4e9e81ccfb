//! The terms of a lottery as they are answered, and how far its draw has come.

use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::{Rfc3339, city_moment};
use crate::domain::catalogue::Release;
use crate::domain::time::UtcMillis;
use crate::engine::Engine;
use crate::engine::draws::Stage;

/// How far a draw has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LotteryStatus {
    /// Nobody can enter yet.
    Announced,
    /// One can enter, change the entry and withdraw it.
    Open,
    /// Nobody can enter any more; the list is being settled.
    Closed,
    /// The list is settled and its root is published.
    Sealed,
    Drawn,
}

/// The terms of a release that is drawn by lot. What is left opens for who comes first, by the release's rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotteryView {
    pub status: LotteryStatus,
    /// The window in which one may enter.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Rfc3339,
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Rfc3339,
    /// From when on it may be drawn.
    #[schema(value_type = String, format = DateTime)]
    pub draw_at: Rfc3339,
    /// Until when winners pay.
    #[schema(value_type = String, format = DateTime)]
    pub pay_by: Rfc3339,
    /// How long somebody who moves up from the reserve has at least, unless the rest is sold before.
    pub reserve_minutes: u16,
    /// How many slots an entry may name.
    pub choices_max: u8,
    pub party_max: u16,
    /// Where the public value will come from.
    pub beacon: String,
    /// The SHA-256 of the secret seed.
    pub commitment: String,
    /// How many entries take part.
    pub entries: u64,
}

impl LotteryView {
    /// The view, of a release that is drawn by lot.
    #[must_use]
    pub fn of(engine: &Engine, zone: &TimeZone, release: &Release, now: UtcMillis) -> Option<Self> {
        let terms = release.def.lottery.as_deref()?;
        let moment = |at| city_moment(zone, at);
        let (status, entries) = match engine.draw_stage(release.no)? {
            Stage::Open { count } if now < terms.from => (LotteryStatus::Announced, count),
            Stage::Open { count } if now < terms.until => (LotteryStatus::Open, count),
            Stage::Open { count } => (LotteryStatus::Closed, count),
            Stage::Sealed(list) => (LotteryStatus::Sealed, list.list.entries.len()),
            Stage::Drawn(list, _) => (LotteryStatus::Drawn, list.list.entries.len()),
        };
        Some(Self {
            status,
            opens_at: moment(terms.from),
            closes_at: moment(terms.until),
            draw_at: moment(terms.draw_at),
            pay_by: moment(terms.pay_by),
            reserve_minutes: terms.reserve_minutes,
            choices_max: terms.choices_max,
            party_max: terms.party_max,
            beacon: terms.beacon.clone(),
            commitment: terms.commitment.to_string(),
            entries: u64::try_from(entries).unwrap_or(u64::MAX),
        })
    }
}
