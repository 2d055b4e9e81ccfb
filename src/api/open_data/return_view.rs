//! How what is given back of a release comes back to sale, as it is answered.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::catalogue::Release;
use crate::domain::draw::Hash;
use crate::engine::Engine;

/// What is given back comes back to sale at a moment left to chance.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnView {
    /// Within how many minutes, and never later than half of the time until it begins.
    within_minutes: u16,
    /// The SHA-256 of the secret seed by which the moments are drawn.
    commitment: String,
    /// The seed, in hexadecimal digits, once the release's last day is over; null until then.
    seed: Option<String>,
}

impl ReturnView {
    /// The terms, of a release that has them.
    #[must_use]
    pub fn of(engine: &Engine, release: &Release) -> Option<Self> {
        let terms = release.def.returned.as_deref()?;
        Some(Self {
            within_minutes: terms.within_minutes,
            commitment: terms.commitment.to_string(),
            seed: engine.returns().seed_shown(release.no).map(|seed| Hash(seed.0).to_string()),
        })
    }
}
