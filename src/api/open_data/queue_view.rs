//! The terms of a queue as they are answered, and what everybody polls while he waits.

use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::answer::{Rfc3339, city_moment};
use crate::domain::catalogue::Release;
use crate::domain::draw::Hash;
use crate::domain::time::UtcMillis;
use crate::engine::Engine;
use crate::engine::queues::Board;

/// How far a queue has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// Nobody can come yet.
    Announced,
    /// One can come; places are given by lot at the instant.
    Gathering,
    /// It is the turn of one after the other.
    Serving,
    /// Nothing is left at this moment. What is given back goes to those who wait, in their order.
    SoldOut,
    /// Its days are over.
    Over,
}

/// What everybody polls: the same few bytes for all.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueueBoard {
    pub state: QueueState,
    /// Up to which place it is the turn, or was. Before the instant 0.
    pub now_serving: u32,
    /// How many wait.
    pub waiting: u32,
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Rfc3339,
    /// How many came before the instant; null until then.
    pub early: Option<u32>,
    /// What gives those their places, in hexadecimal digits; null until then.
    pub seed: Option<String>,
}

/// The terms of a release that one queues for.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueView {
    pub state: QueueState,
    /// From when on one may come.
    #[schema(value_type = String, format = DateTime)]
    pub join_from: Rfc3339,
    /// Who has come by then gets a place by lot, who comes later in order of arrival.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Rfc3339,
    /// How long somebody has whose turn it is.
    pub minutes_to_act: u16,
    /// How many may have their turn at the same time.
    pub at_once: u32,
    /// Where more wait than may have their turn at once: whoever comes then solves a challenge whose number lies up to this one; null
    /// where none is asked for.
    pub proof_of_work: Option<u32>,
    /// The SHA-256 of the secret seed.
    pub commitment: String,
}

/// How a queue stands at this moment.
#[must_use]
pub fn state_of(release: &Release, board: &Board, now: UtcMillis) -> QueueState {
    let doors = release.def.queue.as_deref().map_or(now, |terms| terms.join_from);
    if board.has_ended {
        QueueState::Over
    } else if board.opened.is_none() && now < doors {
        QueueState::Announced
    } else if board.opened.is_none() {
        QueueState::Gathering
    } else if board.is_sold_out {
        QueueState::SoldOut
    } else {
        QueueState::Serving
    }
}

impl QueueBoard {
    /// How the queue of a release stands, if one queues for it.
    #[must_use]
    pub fn of(engine: &Engine, zone: &TimeZone, release: &Release, now: UtcMillis) -> Option<Self> {
        let board = engine.queues().board(release.no, now)?;
        Some(Self {
            state: state_of(release, &board, now),
            now_serving: board.served,
            waiting: board.waiting,
            opens_at: city_moment(zone, release.def.queue_opens_at()?),
            early: board.opened.map(|(_, early)| early),
            seed: board.opened.map(|(seed, _)| Hash(seed.0).to_string()),
        })
    }
}

impl QueueView {
    /// The terms, of a release that one queues for.
    #[must_use]
    pub fn of(engine: &Engine, zone: &TimeZone, release: &Release, now: UtcMillis) -> Option<Self> {
        let terms = release.def.queue.as_deref()?;
        let board = engine.queues().board(release.no, now)?;
        Some(Self {
            state: state_of(release, &board, now),
            join_from: city_moment(zone, terms.join_from),
            opens_at: city_moment(zone, release.def.queue_opens_at()?),
            minutes_to_act: terms.minutes_to_act,
            at_once: terms.at_once,
            proof_of_work: terms.proof_of_work,
            commitment: terms.commitment.to_string(),
        })
    }
}
